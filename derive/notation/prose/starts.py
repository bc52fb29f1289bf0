"""What prose says of what is before the first step, or behind the last one: that it is zero, or that it is learned.

What it says of that and cannot be understood is told too, for a state whose initial value is given from outside else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from derive.notation.meaning.lower import Line
from derive.notation.prose.nouns import nouns, states_meant
from derive.notation.prose.said import BREAK, FORMULA, LETTER, mentions, name_of, sentences
from derive.notation.prose.sentences import OF_OTHERS, SUPPOSED, is_supposed
from derive.notation.prose.words import FENCE

NOUGHT = r"[$`]?(?:0|\\(?:mathbf|boldsymbol|bm|vec|bar)\s*\{?\s*0\s*\}?)(?![\w.])"
ZERO = re.compile(
    r"(?<!time )(?<!step )\bzero(?:s|es|ed)?\b(?![\s-]*(?:mean|order|padd))|全(?:部?用|部?为|部?是|部)?\s*[零0]|(?<!从)零(?!均值|阶)"
    r"|\bvanish(?:es)?\b|\bat rest\b|\bat the origin\b|\bnulle?s?\b|\bcero\b|\bnul[oa]s?\b|(?<![А-Яа-я])нул[а-я]+|ゼロ"
    r"|\bno (?:spikes?|outputs?|activity|memory|history|past|input)\b(?= before)"
    rf"|\b0 at\b|(?:=|\\equiv|\bto|\bat|\bis|\bas|\bbe|\bare|[为成是取到作置设归]|[都均]从)\s*{NOUGHT}",
    re.IGNORECASE,
)
BEFORE_START = r"(?<![\w\\])[tnk]\s*(?:(?:=|≤|<=?|\\l(?:eq?|t)(?![a-z]))\s*0|(?:<|\\lt(?![a-z]))\s*1)(?![\w.])"
"""A condition on the step that is so before the first one."""
FIRST = re.compile(
    r"\bat\s+(?:the\s+)?(?:first|initial)\s+(?:time\s+)?steps?\b|\bno \w+ before\b"
    r"|\binitial(?:i[sz]\w*)?\b|\bstart(?:s|ed|ing)?\b|\bbegin(?:s|ning)?\b|\bat rest\b|初始|初值|此前|开始|起初|最初|开头"
    r"|\bbefore the (?:start|beginning|first)\b"
    r"|\bbetween (?:sequences|episodes|samples|utterances|sentences)\b|\binit_\w*state\b|首个?时刻|第(?:一|1)个?(?:时刻|时间步)"
    r"|\b(?:at|on|after) (?:power-?up|start-?up|wake-?up|reset)\b|上电|通电|复位时|重启"
    r"|\b(?:clear|seed)(?:ed|s)?\b|\b(?:zero|0),? before\b|\bbefore (?:each|every|any)\b|\bbefore (?:the )?(?:first|stimul\w+|onset|start)"
    rf"|{BEFORE_START}|(?:[句首头]|序列|第一个?[^，。；]{{0,2}})首?之?前"
    r"|\bAnfangs\w*|\binici\w+|\binizial\w+|(?<![А-Яа-я])начальн\w+|初期",
    re.IGNORECASE,
)
"""That something is so to begin with."""
LEARNED = (
    r"(?:learn(?:ed|t|able)?\b|train(?:ed|able)|nn\.Parameter\b|optimi[sz]ed\b|estimated\b|fitted\b"
    r"|part of the (?:learned |trained )?parameters|parameters? of the (?:model|network|cell)\b|to be (?:learned|trained)"
    r"|(?:more|additional|extra|further|free) parameters\b|(?:chosen|found|set) by the optimi[sz]er\b"
    r"|可学习|可训练|(?:一起|一并|一同|同时)(?:学习|训练|优化|估计)|待(?:学习|训练)"
    r"|(?:作为|当作?|作)(?:[^，。；]{0,6})参数|appris\w*|entraîn\w+|gelernt\w*|trainierbar\w*|aprendid\w+|entrenable\w*|addestra\w+|обуча\w+"
    r"|学[習习](?:可能|対象|され|し))"
)
ALL_LEARNED = re.compile(
    r"\b(?:learn(?:ed|t|able)|trainable|trained) initial (?:hidden |cell )?(?:states?|values?)\b"
    rf"|\binitial (?:hidden |cell )?(?:states?|values?) (?:is|are) (?:also |all )?{LEARNED}|(?:可学习|可训练)的初始(?:隐|隐藏)?(?:状态|值)"
    rf"|\b(?:states?|rows?|vectors?|values?|activations?|context|memory) before the (?:first|start|beginning)\b[^.;,]{{0,20}} (?:is|are) "
    rf"(?:also |all |an? )*{LEARNED}",
    re.IGNORECASE,
)
"""That all initial values are parameters, where no name says of which."""
ZERO_OR_LEARNED = re.compile(f"{ZERO.pattern}|{LEARNED}", re.IGNORECASE)
STEMS = (
    "0", "ero", "零", "₀", "nul", "Nul", "NUL", "нул", "ゼロ", "anish", "before", "learned", "learnt", "learnable", "learn ", "Learned", "rain",
    "aram", "ptimi", "stimat", "itted", "学习", "训练", "参数", "学習", "appri", "entra", "gelernt", "prendid", "ntren", "addestra", "обуча",
    "ZERO", "LEARN",
)  # fmt: skip
"""What it has in it."""
LEARNED_BEHIND = re.compile(
    rf"(?:\s*(?:(?:is|are|being|itself|also|a|an|为|是|都|作为)\s*)+|[ \t]{{2,}}|\s*[:：—–]\s*){LEARNED}", re.IGNORECASE
)
LEARNED_BEFORE = re.compile(
    rf"{LEARNED}\s*(?:的)?\s*(?:(?:the|an?|initial|first|hidden|cell|states?|values?|vectors?)\s*"
    r"|the\s+(?!weight|param|matri|bias|network)[a-z]+\s*|初始|隐藏?|状态|值|向量)*$",
    re.IGNORECASE,
)
"""What stands beside an initial value that is a parameter."""
BY_OTHERS = re.compile(rf"{OF_OTHERS}|\b(?:unlike|who|they)\b", re.IGNORECASE)
"""What says of an initial value that somebody else has it so."""
OTHER_THING = re.compile(
    r"\b(?:inputs?|tokens?|symbols?|targets?|labels?|frames?|padd\w*|means?|rates?|index|indices|count\w*|losses|loss|scores?|"
    r"probabilit\w+|thresholds?|noise|variances?|embeddings?|momentum|optimi[sz]\w*|training|accurac\w+|errors?|observations?|shocks?|residuals?|innovations?)\b"
    r"|输入|符号|词|目标|标签|帧|均值|损失|概率|阈值|噪声|方差|嵌入|动量|优化|训练|误差",
    re.IGNORECASE,
)
"""What a sentence without a name may speak of that is no state."""
OTHER_SUBJECT = re.compile(
    r"\b(?:network|model|we|units?|layers?|weights?|matri\w+|loss|not|never|only if)\b|网络|模型|权重|不是|非", re.IGNORECASE
)
"""What is learned then in the place of an initial value that stands before it, or that it is not."""
GIVEN = re.compile(r"\b(?:given|supplied|provided|comes? from|produced|computed)\b|给定|给出|提供|vorgegeben|fourni|задан", re.IGNORECASE)
DENIED = re.compile(r"\b(?:no|not|without|never|instead of|rather than)\b[^.,;]*$|(?:没有|不用|不|无)[^，。；]*$", re.IGNORECASE)
"""What stands before what is denied."""
ZERO_BEHIND = re.compile(
    r"(?:\s|(?:一般|通常|都|均|全部|初始化))*(?:(?:取|为|是|置|设为|初始化为)\s*(?:全\s*)?[零0]"
    rf"|=\s*{NOUGHT}|(?:is|are|set to|starts at|equals)\s+(?:zero|0)\b(?![\s-]*mean))"
)
"""What stands behind an initial value that is zero, whatever else the sentence speaks of."""
DOUBTFUL = re.compile(
    r"\b(?:rather than|instead|without|zero input|tokens?|counters?|random\w*|cross\w*|decay\w*|gates?|(?:last|final) states?|mask\w*|overwrit\w+)\b"
    r"|覆盖|\b(?:close to|carried|unlike)\b|保留|传入|给出|偏差|评价|指标|上一批",
    re.IGNORECASE,
)
"""What else a sentence may say that is of zero and of a state to begin with; it is told then, and nothing is made of it."""
STATE = re.compile(
    r"\b(?:states?|memory|memories|activations?|cells?|potentials?|membranes?|neurons?|spikes?|modules?"
    r"|both|they|all of them|context (?:layers?|units?))\b|状态|记忆|初值|电位|两者|二者|它们|\binit_\w*state\b|(?:内容|上下文|承接|隐藏?)(?:层|单元)"
    r"|两个|都是|均为|\bwhich (?:also |all |both )?(?:begin|start)s?\b"
    r"|\bZust[aä]nd\w*|\bétats?\b|\bestados?\b|\bstat[oi]\b|состояни\w+|状態",
    re.IGNORECASE,
)
OTHER = re.compile(
    r"\b(?:not|never|non(?!-)|weights?|bias(?:es)?|(?<!learned )(?<!learnable )(?<!trained )(?<!trainable )parameters?|gradients?|"
    r"learning|entries)\b|不(?:为|是|等于|取|设|清|置|归)*\s*(?:零|0|全零)|非零|权重|权值|偏置|参数|梯度"
    r"|\bpas\b|\bnicht\b|(?<![А-Яа-я])не(?![А-Яа-я])",
    re.IGNORECASE,
)
"""What else may be zero to begin with."""
SUBJECT = re.compile(r"(?:(?<![\w])(?!a )[^\W\d_\u3400-\u9fff](?:_\w+)?|[$`][^$`\n]{1,80}[$`])\s*$")
"""A name before a zero, which is that of this name."""
PADDED = re.compile(
    r"\bpadded\s+(?:on the \w+ )?with\s+(?:a\s+)?(?:zero|0)|\bzero[- ]padded\b|补零|(?<!全)用\s*[0零]\s*填充", re.IGNORECASE
)
"""That what is read before the first step is zero there."""
MAY_TELL = re.compile(r"0|ero|零|₀|nul|нул|ゼロ|vanish|at rest|at the origin")
"""What a sentence has that may say that something is zero."""
NOUGHTS = ("0", "₀", "⁰")
"""What a sentence has that names a value before the first step."""
SIZES = re.compile(r"`+\([^`()]*\)`+")
"""The shape of an array, set as code."""
EMPHASIS = re.compile(r"\*\*|(?<=\w)__|__(?=\w)")
NONE = re.compile(rf"[$`]([^$`]+?)(?:=|\\equiv)\s*{NOUGHT}\s*[.,]?\s*[$`]")
"""A formula that says of names that they are zero."""
INDEX = r"(?:\(0\)|\[0\]|<\s*0\s*>|\\langle\s*0\s*\\rangle|0|-1|[TNnL]\s*\+\s*1|t\s*=\s*0)"
INITIAL = re.compile(
    rf"(?P<name>.+?)(?:\s*[_^]\s*(?:\{{\s*{INDEX}\s*\}}|0)|[(\[]\s*{INDEX}\s*[)\]]|₀|⁰|(?<=[A-Za-z])0)(?P<above>\s*\^\s*(?:\{{[^{{}}]*\}}|\w))?\)?"
)
"""A name with the index of what is before the first step, or behind the last one."""
DEFAULT = re.compile(
    r"\bstates?\b[^.;,\n]{0,60}[.;:,\n]?\s*(?:defaults? to (?:all )?zeros?\b|zeros? (?:if|when|unless) (?:None|not|omitted|absent|given|passed))"
    r"|\bif (?:(?:the )?(?:initial )?(?:states?|tuple|h_?0)|it|they) (?:is|are) (?:omitted|None|left out|not (?:given|passed|provided|supplied))\b"
    r"[^.;]{0,20}\b(?:they|it|states?|h_?0)\b[^.;]{0,20}\bzeros?\b"
    r"|(?:默认|缺省)[^。；\n]{0,20}(?:状态|hx|h_?0)[^。；\n]{0,10}(?:全\s*)?(?:(?<![0-9])0(?![0-9])|零)",
    re.IGNORECASE,
)
"""That initial states are zero where none are given, as they are for whoever calls the cell without them."""
ALSO = re.compile(
    r"\b(?:and )?so (?:does|do|is|are)\b|\bas (?:is|are|does|do)\b|\band the same (?:goes|holds) for\b|\blikewise\b|同样|也(?:是|为|取|如此)",
    re.IGNORECASE,
)
"""That something else is zero as well, which is said behind it or before it."""
LAYER = re.compile(r"\^\s*\{?\s*\(?(\d)\)?\s*\}?$")
"""The number of a layer above a name."""
TYPED = re.compile(
    r"(?<![\w\\^])(?P<name>[^\W\d_\u3400-\u9fff]+[\u0300-\u036f]?(?:_[^\W\d_\u3400-\u9fff]+)*)"
    r"(?:_\{?T\s*\+\s*1\}?|\([TNn]\s*\+\s*1\)|\[[TNn]\s*\+\s*1\]|_?\{?0\}?|₀|⁰|\(0\)|\[0\]|\^0|\^\{?\(0\)\}?)(?![A-Za-z0-9_(\[])"
)
"""The same in plain text."""


SENTENCE = re.compile(
    r"[.!?;](?=[)\]”\"]?(?:\s|$))|[。；！？]|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)、]))|\n(?=[ \t]*\S{1,12}(?:[ \t]*:\s|[ \t]{2,}\S))|\\item\b"
)
"""What ends a sentence with all its clauses."""
LISTED = re.compile(r"[$`\s]*(?:,|and|or|和|与|、|，|及|以及)?[$`\s]*(?:the\s+)?(?:[a-z]+\s+){0,3}[$`\s]*")
"""What stands between two initial values of a list."""
NEAR = 80
"""How many characters before and behind a phrase are looked at."""


MADE = re.compile(
    r"^[ \t]*(?:self\.)?(?P<name>[A-Za-z]+)_?(?:0|init|prev)\s*=\s*"
    r"(?:(?P<parameter>(?:(?:torch\.)?nn\.)?Parameter\()|(?:(?:torch|np|numpy|tf|jnp)\.)?zeros(?:_like)?\()",
    re.MULTILINE,
)
"""A line of code that makes a value before the first step, a parameter or zeros."""


ZEROS = re.compile(r"`\s*(?P<name>[A-Za-z]\w*?)(?:_?(?:0|init|prev))?\s*=\s*(?:\w+\.)*zeros(?:_like)?\(")
"""Code in a sentence that makes zeros of a value."""
OTHERWISE = re.compile(r"[$`]?\s+is\s+(?:the|an?)\s+(?!zero|null|vector|all|\w+ vector)[a-z<]", re.IGNORECASE)
"""What stands behind an initial value of which something else is said than that it is zero: y_0 is the start symbol."""


BUT = re.compile(r"\bbut\b|而是")
"""What stands between what is denied of an initial value and what it is."""
BESIDE = re.compile(r"与[^，。；]{1,12}(?=一[起并同]|$)|\b(?:along|together|jointly) with\b[^.,;]*")
"""With what an initial value is learned."""
NOT_AT = re.compile(r"\b(?:and|but) not (?:between|after|within|in|at)\b[^.,;]*", re.IGNORECASE)
"""When an initial value is not set."""
ASIDE = re.compile(r"\s[(（][^()（）]*[)）]")
COMMENT = re.compile(r"(?:/\*|//|#)[^\n]*?\b(?P<name>[A-Za-z]\w*)\s*=\s*0(?![\w.])[^\n]*")
"""A comment in code that says that a value is zero."""


def starts(words: str, states: Collection[str], computed: Collection[str], declared: Collection[str]) -> Iterator[Line]:
    """What prose says of the values before the first step, as lines that declare it.

    Args:
        words: the prose of a page.
        states: the names that are read before the first step.
        computed: the names that equations define.
        declared: what the page declares, "boundary h".
    """
    words = EMPHASIS.sub("", words) if "**" in words or "__" in words else words
    telling = [part for each in sentences(words) if MAY_TELL.search(each) for part in _parts(NOT_AT.sub(" ", each), states)]
    parts = [part for each in _whole(words) for part in _parts(each, states)]
    learned = [name for part in parts for name in _learned(part, states)]
    learned = [name for name in learned if f"boundary {name}" not in declared]
    is_initial = any(stem in words for stem in ("nitial", "NITIAL", "初始", "before the"))
    if not learned and is_initial and (found := ALL_LEARNED.search(words)) and not _is_doubtful(words, found):
        learned = [name for name in states if name in computed and f"boundary {name}" not in declared]
    yield from (Line("boundary", (name,), "parameter") for name in dict.fromkeys(learned))
    other = {
        *learned,
        *(name for part in parts if _is_both(part) for *_, names in _starts(part, states) for name in names),
    }
    is_nought = any(stem in words for stem in ("zero", "ZERO", "0", "零"))
    by_default = states if is_nought and DEFAULT.search(BREAK.sub(" ", words)) else ()
    table = nouns(words, states) if telling else {}
    zero = dict.fromkeys(
        name
        for name in (
            *(name for each in telling for name in _zero(each, states, table)),
            *by_default,
            *_unnamed(words, states, computed, table),
        )
        if f"boundary {name}" not in declared and name not in other
    )
    yield from (Line("boundary", (name,), "zero") for name in zero)


def in_code(text: str, states: Collection[str]) -> Iterator[Line]:
    """What the code on a page makes of the values before the first step, as lines that declare it: `self.h0 = nn.Parameter(...)`.

    Args:
        text: the page.
        states: the names that are read before the first step.
    """
    for made in (made for block in FENCE.finditer(text) for made in MADE.finditer(block[0])):
        if made["name"] in states:
            yield Line("boundary", (made["name"],), "parameter" if made["parameter"] else "zero")
    for comment in (comment for block in FENCE.finditer(text) for comment in COMMENT.finditer(block[0])):
        if comment["name"] in states and FIRST.search(comment[0]):
            yield Line("boundary", (comment["name"],), "zero")


def not_understood(words: str, given: Collection[str]) -> Iterator[str]:
    """The sentences that say something of initial values, zero or learned, which are taken as given from outside all the same."""
    stems = [stem for stem in STEMS if stem in words]
    for sentence in SENTENCE.split(words) if stems else ():
        if not any(stem in sentence for stem in stems) or not ZERO_OR_LEARNED.search(sentence):
            continue
        is_first = FIRST.search(sentence) and not OTHER.search(sentence) and _is_of(sentence, given) and not _is_of_another(sentence)
        if is_first or any(_starts(sentence, given)):
            yield " ".join(sentence.split())


def _is_of_another(sentence: str) -> bool:
    """Whether a name stands before a zero, so that it is zero and nothing else."""
    found = (SUBJECT.search(sentence, 0, each.start()) for each in ZERO.finditer(sentence))
    return any(each and not re.match(rf"{LETTER.get()}(?!\w)", each[0].strip("$` ")) for each in found)


def _is_of(sentence: str, states: Collection[str]) -> bool:
    """Whether a sentence speaks of states, by name or in a word, or of nothing else that is known."""
    is_other = OTHER_THING.search(FIRST.sub(" ", sentence)) is not None
    return STATE.search(sentence) is not None or any(mentions(sentence, states)) or not is_other


def _is_doubtful(words: str, found: re.Match[str]) -> bool:
    """Whether it is denied that initial values are learned, or said of others, or zero is spoken of beside."""
    before = words[max(found.start() - NEAR, 0) : found.start()]
    is_denied = DENIED.search(before) or BY_OTHERS.search(before)
    return is_denied is not None or _is_both(words[max(found.start() - NEAR, 0) : found.end() + NEAR])


def _parts(sentence: str, states: Collection[str]) -> list[str]:
    """A sentence; one that speaks of zero and of learning cut at commas, each part with an initial value of its own."""
    if not _is_both(sentence):
        return [sentence]
    made: list[str] = []
    for part in re.split(r"[,，]", sentence):
        if not made or (any(_starts(part, states)) and any(_starts(made[-1], states))):
            made.append(part)
        else:
            made[-1] += f",{part}"
    return made


def _is_both(sentence: str) -> bool:
    """Whether a sentence speaks of zero and of learning, other than in a formula that says of a name that it is zero."""
    return ZERO.search(NONE.sub(" ", sentence)) is not None and re.search(LEARNED, sentence, re.IGNORECASE) is not None


def _whole(words: str) -> list[str]:
    """The sentences of prose that speak of something before the first step, each whole."""
    every = SENTENCE.split(words) if any(nought in words for nought in NOUGHTS) else []
    return [each for each in every if any(nought in each for nought in NOUGHTS)]


def _zero(sentence: str, states: Collection[str], table: Mapping[str, str]) -> Iterator[str]:
    """The states that a sentence says are zero before the first step, or behind the last one; `table` is what nouns of the page mean."""
    stated = [name for formula in NONE.findall(sentence) for name in _initial(formula, states)]
    if re.search(BEFORE_START, sentence):
        stated += [name for formula in NONE.findall(sentence) for side in formula.split("=") if (name := name_of(side)) and name in states]
    if FIRST.search(sentence):
        stated += [made["name"] for made in ZEROS.finditer(sentence) if made["name"] in states]
    found = [each for each in _starts(sentence, states) if not is_supposed(sentence, each[0]) and not OTHERWISE.match(sentence, each[1])]
    near = [place for place, (_, end, _) in enumerate(found, start=1) if ZERO_BEHIND.match(sentence, end)]
    behind = [name for place in near for *_, names in _together(sentence, found[:place]) for name in names]
    rest = NONE.sub(" ", sentence)
    is_other = OTHER.search(sentence) or re.search(LEARNED, sentence, re.IGNORECASE)
    if PADDED.search(sentence):
        yield from (*stated, *(name for _, _, names in mentions(sentence, states) for name in names))
    elif stated or not ZERO.search(rest) or is_other:
        yield from (*stated, *behind, *_also(sentence, states, [*stated, *behind]))
    elif initial := [name for *_, names in found for name in names]:
        yield from (*initial, *_also(sentence, states, initial))
    elif FIRST.search(sentence):
        own = ASIDE.sub(lambda found: found[0] if ZERO.search(found[0]) else " ", sentence)
        own = own if any(mentions(own, states)) else sentence
        clauses = re.split(r",(?=\s)|，", own)
        others = [each for each in clauses if FIRST.search(each) and not ZERO.search(each) and any(mentions(each, states))]
        is_apart = bool(others) and any(map(FIRST.search, filter(ZERO.search, clauses)))
        telling = [each for each in clauses if ZERO.search(each)] if is_apart else [own]
        known = {*states, *(f"{name}_0" for name in states)}
        named = [name for each in telling for _, _, names in mentions(each, known) for name in names]
        yield from (name.removesuffix("_0") for name in named)
        is_of_states = STATE.search(sentence) or not OTHER_THING.search(FIRST.sub(" ", sentence))
        if not named and not is_apart and is_of_states and not _is_of_another(sentence) and not DOUBTFUL.search(sentence):
            called = () if STATE.search(sentence) else [*states_meant(sentence, table, (), ())]
            yield from called or states


def _unnamed(words: str, states: Collection[str], computed: Collection[str], table: Mapping[str, str]) -> Iterator[str]:
    """The states of which a sentence says by a noun that they are zero to begin with: the initial trend is zero."""
    telling = [each for each in SENTENCE.split(words) if MAY_TELL.search(each) and ZERO.search(each) and FIRST.search(each)]
    for sentence in (each for part in telling for each in re.split(r",(?=\s)|，", part) if ZERO.search(each)):
        is_other = OTHER.search(sentence) or DOUBTFUL.search(sentence) or SUPPOSED.search(sentence)
        if not is_other and not any(_starts(sentence, states)) and not any(mentions(sentence, states)):
            yield from states_meant(sentence, table, states, computed)


def _also(sentence: str, states: Collection[str], zero: Collection[str]) -> Iterator[str]:
    """The states of which a sentence says that they are so too, beside those that it says are zero."""
    if not zero or not (also := ALSO.search(sentence)):
        return
    named = [name for _, _, names in mentions(sentence[also.end() :], states) for name in names]
    yield from named or (states if STATE.search(sentence, also.end()) else ())


def _learned(sentence: str, states: Collection[str]) -> Iterator[str]:
    """The states whose initial values a sentence says are parameters."""
    found = list(_starts(sentence, states))
    for start, end, names in found:
        is_denied = DENIED.search(sentence[:start]) or BY_OTHERS.search(sentence[:start])
        if LEARNED_BEHIND.match(sentence, end) or (LEARNED_BEFORE.search(sentence[:start]) and not is_denied):
            yield from names
    rest = NONE.sub(" ", sentence)
    if GIVEN.search(sentence) or (ZERO.search(rest) and not OTHER.search(rest)):
        return
    stated = {name for formula in NONE.findall(sentence) for name in _initial(formula, states)}
    for word in re.finditer(LEARNED, sentence, re.IGNORECASE):
        before = [each for each in found if each[1] <= word.start()]
        between = BESIDE.sub(" ", BUT.split(sentence[before[-1][1] : word.start()])[-1]) if before else ""
        if before and not OTHER_SUBJECT.search(between) and not FORMULA.search(SIZES.sub(" ", between)):
            yield from (name for _, _, names in _together(sentence, before) for name in names if name not in stated)


def _together(sentence: str, found: list[tuple[int, int, list[str]]]) -> list[tuple[int, int, list[str]]]:
    """The last initial value and those that stand in a list with it: h_0 and c_0."""
    at = len(found) - 1
    while at and LISTED.fullmatch(sentence[found[at - 1][1] : found[at][0]]):
        at -= 1
    return found[at:]


def _starts(sentence: str, states: Collection[str]) -> Iterator[tuple[int, int, list[str]]]:
    """Where the initial values of states stand in a sentence, in formulas or as words: start, end, names."""
    found = []
    plain = sentence
    for formula in FORMULA.finditer(sentence):
        plain = f"{plain[: formula.start()]}{' ' * (formula.end() - formula.start())}{plain[formula.end() :]}"
        found.append((formula.start(), formula.end(), list(_initial(next(filter(None, formula.groups())), states))))
    for typed in TYPED.finditer(plain):
        name = name_of(typed["name"])
        found.append((typed.start(), typed.end(), [name] if name in states else []))  # type: ignore[list-item]
    return (each for each in sorted(found) if each[2])


def _initial(written: str, states: Iterable[str]) -> Iterator[str]:
    """The states whose initial values stand in a formula, h_0 = c_0 or h_0, c_0; of all layers where one is named by a letter, h_0^{(l)}."""
    is_next = re.compile(rf"(?<![A-Za-z]){LETTER.get()}\s*\+\s*1")
    for side in re.split(r"[=,，、](?![^{]*\})", written):
        found = None if is_next.search(side) else INITIAL.fullmatch(side.strip().removeprefix("("))
        name = name_of(f"{found['name']}{found['above'] or ''}") or name_of(LAYER.sub(r"_{\1}", found["name"])) if found else None
        if name and name in states:
            yield name
        elif name and found and found["above"]:
            yield from (each for each in states if each.startswith(f"{name.rpartition('_')[0]}_"))
