r"""What a page says in words of the kinds and sizes of its names: "a scalar $\alpha$", `$W \in \mathbb{R}^{h \times d}$`, "行向量 $x_t$".

Takes the words of a page and its formulas, gives what is said of each name. A sentence counts where it names a symbol and a kind and nothing but
words of linking stands between the two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from derive.notation.latex import parser as latex
from derive.notation.plain.parser import parse
from derive.notation.tree import Bracketed, Equation, Name, Row, Tree
from derive.notation.written import Wrong

KINDS: Mapping[str, str] = {
    r"row vectors?|行向量": "row",
    r"diagonal(?!i[sz])(?: (?:weight |recurrent |state |transition )?matri(?:x|ces))?|对角(?!线|元)(?:矩阵|阵)?": "diagonal",
    r"scalars?(?:[ -]valued)?|(?:real |single |positive |learned |learnable )*numbers?|标量|实数|一个数|数值": "scalar",
    r"(?:column )?vectors?|(?:列)?向量": "vector",
    r"square (?:(?:weight|recurrent|state|transition) )?matri(?:x|ces)|方阵": "square",
    r"matri(?:x|ces)|矩阵": "matrix",
}
"""How prose calls a kind, those that are part of another one behind it."""
STEM = re.compile("vector|diagonal|scalar|number|matri|向量|对角|标量|实数|一个数|数值|矩阵|方阵")
"""What all words for kinds have in them."""
KIND = re.compile("|".join(f"(?P<k{place}>{words})" for place, words in enumerate(KINDS)), re.IGNORECASE)
FORMULA = re.compile(r"\$([^$\n]{1,200})\$|\\\(([^\n]{1,200}?)\\\)|`([^`\n]{1,80})`")
SENTENCE = re.compile(
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\bet al)[.;!。；](?=[)\]”\"]?(?:\s|$))|[。；！]|\n\s*\n|\n(?=\s*[-*•])"
    r"|\n(?=[ \t]*\S{1,12}(?:[ \t]*:\s|[ \t]{2,}\S))|\\item\b"
    r"|[,，]\s*(?:but|and not|while|whereas|而(?!是)|但)"
)
BREAK = re.compile(r"(?<=\S)[ \t]*\n[ \t]*(?=\S)")
"""The end of a line within a sentence."""
BEFORE = re.compile(
    r"(?:[\s,，、:：()（）]|and the like|and so on|etc\.?|(?:is|are|be|being|both|all|each|here|denotes?|just|only|taken|assumed|to|as|a|an|the|one|"
    r"simple|real|two|three|four|trained|free|learned|learnable|trainable|fixed|constant|input|hidden|state|weight|of|single|positive|small)(?![a-zA-Z])|"
    r"(?:firing |time |learning )?(?:threshold|rate|constant|step|size|factor|coefficient|gain|decay|temperature)s?|"
    r"\$?\w{1,3}\$?\s*(?:维|-?dimensional)|两个|三个|四个|可训练|阈值|系数|常数|步长|因子|时间常数|学习率|衰减率|温度|为|是|均|都|皆|一个|个|的|可学习|固定|"
    r"窥视?孔|peephole|权[重值](?!矩阵|向量)|[(（][^()（）]{1,20}[)）]|也|取|则|仍|还|必须|应|限制|约束|限定|设|被|成)*",
    re.IGNORECASE,
)
"""What may stand between a name and the kind behind it."""
BEHIND = re.compile(
    r"(?:[\s:：(（]|的|为|is|called|gates?|decays?|factors?|rates?|constants?|weights?|parameters?|states?|inputs?|size|values?|"
    r"outputs?|targets?|signals?|observations?|measurements?|readings?|errors?|gains?|steps?|bias|门|权重|参数|输入|状态|输出|目标|观测|信号|误差|步长|增益)*",
    re.IGNORECASE,
)
"""What may stand between a kind and the name behind it."""
VERB = re.compile(r"\b(?:is|are|be|being|denotes?|as)\b|为|是|均|都")
EXAMPLE = re.compile(r"(?:\be\.g\.|\bfor example|\bsuch as|例如|比如|如)[\s,\\~:：$`(]*$")
"""What makes the name behind it one of several of its kind."""
LIKE = re.compile(r"and the like|and so on|etc|等")
ONE = re.compile(r"(?<![a-zA-Z])an?(?![a-zA-Z])", re.IGNORECASE)
KIND_WORDS = "row|column|vector|matri|scalar|number|diagonal|行向|列向|向量|矩阵|标量|实数|对角"
FULL = re.compile(r"\b(?:full|dense|unstructured) (?:\w+ )?matri|满矩阵|满阵|稠密", re.IGNORECASE)
"""What says of a matrix that it is no diagonal one."""
UNSURE = re.compile(r"\b(?:if|when|not|suppose[ds]?)\b|若|如果|假设|不是", re.IGNORECASE)
"""What stands before a kind that is denied, or only supposed."""
AND = re.compile(
    r"\s*(?:,|，|、|and|or|和|与|及|以及)\s*"
    rf"(?:the\s+(?:(?!{KIND_WORDS})[a-z]+\s+){{0,2}}|(?:(?!{KIND_WORDS})[\u4e00-\u9fff]){{0,6}}\s*)?"
)
REAL = re.compile(
    r"(?:\\in(?![A-Za-z])|∈)\s*(?:\\mathbb\s*\{?\s*R\s*\}?|\\R(?![A-Za-z])|ℝ|\\mathcal\s*\{?\s*R\s*\}?|R(?=\s*\^|\s*$|\s*[,，]))\s*(?:\^\s*(?:\{(?P<sizes>[^{}]*(?:\{[^{}]*\}[^{}]*)*)\}|(?P<one>\w|\\\w+))|(?P<raised>[¹²³\u02b0-\u02b8\u02e1-\u02e4\u1d2c-\u1d6a\u1d9b-\u1dbf\u2070-\u207f×]+))?"
)
SIDE = r"\s*\w+(?:\s*[*+]\s*\w+)*\s*"
SHAPE = re.compile(
    rf"(?P<link>[^`$().;。]{{1,60}}?)[`$]?(?:\((?P<sizes>{SIDE},{SIDE})\)|(?P<product>\d*[^\W_]\s*(?:\\times(?![A-Za-z])|×)\s*\d*[^\W_](?![\w^×])))[`$]?"
)
"""What stands behind a name of which a shape is said: "`W`: the kernel, shape `(input_dim, units)`"."""
SHAPE_LINK = re.compile(
    r".*(?:\b(?:shape|size|dimension)s?\b|形状|维度|尺寸).*|(?:[\s:：=,]|\b(?:is|are|has|both|all)\b|都|均|皆|是|为)+", re.IGNORECASE
)
"""What may stand between a name and its shape; words for sizes with anything beside."""
OF_SIZE = re.compile(r"\b(?:shape|size|dimension)s?\b|形状|维度|尺寸", re.IGNORECASE)
"""A word without which two names of values in parentheses are no shape: "x, (h, c)"."""
OF_STEPS = ("T", "L", "S", "seq_len", "steps", "time")
"""What people call the number of steps in the shape of an array."""
DOTS = re.compile(r"\\[lc]?dots|…|\.\.\.")
ALL_NUMBERS = re.compile(
    r"(?<!not )\ball (?:the |of the )?(?:quantities|variables|signals|symbols)(?: here| below| involved)? are (?:real[- ]valued |real )?"
    r"(?:scalars?\b|(?<=real )numbers\b)"
    r"|(?<!not )\ball of (?:these|them|this) (?:are|is) (?:just |plain |simple |real |single |ordinary )*(?:scalars?|numbers)\b"
    r"(?=[\s,;:)]*(?:$|no\b|\n|and (?:no|not)\b|rather than))"
    r"|\beverything (?:here |below )?is (?:an? )?(?:(?:plain|single|real|ordinary) )?(?:scalars?|numbers?)\b"
    r"|(?:所有|全部|(?:以上|上述|上面|文中|本文|这里|式中)?各)(?:的)?(?:个)?(?:量|变量|符号|信号)(?:都|均|皆|全)?(?:是|为)(?:标量|实数)"
    r"|(?:^|(?<=[，。；：\n]))\s*(?:这里|式中|文中)?全(?:部|都)?(?:是|为)标量"
    r"|(?:以上|上述|上面|文中|本文|这里|式中)(?:的)?(?:所有|全部)?(?:的)?(?:量|变量|符号|信号)?(?:都|均|皆|全)(?:是|为)(?:标量|实数)"
    r"|\b(?:alle|sämtliche) (?:größen|variablen) sind (?:skalare?|reelle zahlen)"
    r"|\btoutes les (?:grandeurs|variables) sont (?:des )?(?:scalaires|réelles)"
    r"|\btodas las (?:variables|cantidades|magnitudes) son escalares|\btutte le (?:grandezze|variabili) sono scalari|все величины[ —–-]+скаляр",
    re.IGNORECASE,
)
"""That all names of a page are numbers."""
NOT_SO = re.compile(
    r"\b(?:if|when|were|would|suppose|assum\w+ for|unlike|toy|in (?:the )?(?:section|chapter|example|figure)|for (?:example|intuition)|not)\b"
    r"|如果|假如|若|假设|不同于|与[^，。]*不同|第\s*\S+\s*节|例子|并非|不是",
    re.IGNORECASE,
)
"""What says before it that it is not so on this page, or only supposed."""
LIMITED = re.compile(
    r"\s*(?:in (?:time|this (?:toy|example|case|section))|at each (?:pixel|position|site)|for now)\b|\s*(?:的情形|的例子)", re.IGNORECASE
)
"""What limits it behind."""
EXCEPT = re.compile(r"\b(?:except|apart from|other than|but(?: for)?|save|excluding|besides)\b|除(?!以)|但", re.IGNORECASE)
"""What begins the names of which it is not true."""
OF_NUMBERS = ("scalar", "umber", "标量", "实数", "kalar", "zahlen", "calaires", "éelles", "scalari", "calares", "скаляр")
"""What it has in it."""
WORD = re.compile(r"[^\W\d\u3400-\u9fff][\u0300-\u036f]?[^\W\u3400-\u9fff]*(?:_\{[^{}]*\})?")
"""A name in plain text, or a word."""
NO_ARTICLE = re.compile(r"\s*(?:,|and)\s+\w(?!\w)|\s*[\u3400-\u9fff，、]|\s+(?:is|are|denotes?)\b")
"""What stands behind a letter that is no article."""
BOTH = re.compile(r"\s*(?:both|二者|两者)\s*(?:are|都?是|均为|皆为)\s*", re.IGNORECASE)
"""What speaks of the two names in the sentence before."""
TIMES = re.compile(r"\\times(?![A-Za-z])|×|\*|\bx\b")


@dataclass(frozen=True)
class Said:
    """What a page says of a name.

    Attributes:
        name: it, without its indices.
        kind: "scalar", "vector", "row", "matrix", "square" or "diagonal"; "number" of what is compared with numbers; "" if sizes are said.
        sizes: rows and columns as they are written, () if none are said.
        words: what stands on the page.
        is_of_step: whether sizes are surely those of one step and not of a whole sequence.
        is_alike: whether it is said of another name, of which this one is the like.
    """

    name: str
    kind: str
    sizes: tuple[str, ...]
    words: str
    is_of_step: bool = False
    is_alike: bool = False


@lru_cache(2)
def sentences(words: str) -> tuple[str, ...]:
    """The sentences of prose, each in one line, a clause of contrast by itself."""
    return tuple(BREAK.sub(" ", each) if "\n" in each else each for each in SENTENCE.split(words))


def said(words: str, formulas: Iterable[str], known: Collection[str]) -> list[Said]:
    """What a page says of its names.

    Args:
        words: its prose, with formulas inside sentences as they stand.
        formulas: all its formulas.
        known: the names in its equations, without their indices.
    """
    found: dict[tuple[str, bool], Said] = {}
    every = (
        *_of_sizes((words, *formulas), known),
        *_of_kinds(words, known),
        *_of_bounds(words, known),
        *_of_shapes(words, known),
        *_of_all(words, known),
    )
    heard = sentences(words) if any(each.kind == "diagonal" for each in every) else ()
    full = {name for each in heard if FULL.search(each) for *_, names in mentions(each, known) for name in names}
    for each in sorted(every, key=lambda each: each.is_alike):
        if each.kind != "diagonal" or each.name not in full:
            found.setdefault((each.name, bool(each.sizes)), each)
    return list(found.values())


LONGEST_LIST = 400
"""How many characters the names in front of one size have at most."""


def _of_sizes(texts: Iterable[str], known: Collection[str]) -> Iterator[Said]:
    r"""What X \in \mathbb{R}^{n \times d} says."""
    for text in texts:
        for real in REAL.finditer(text):
            far = max(real.start() - LONGEST_LIST, 0)
            start = max(text.rfind(sign, far, real.start()) for sign in ("$", "\n", ";", "(", r"\quad", "where", "其中", "。"))
            left = text[max(start, far) : real.start()]
            left = re.sub(r"^(?:\$|\\q?quad|where|其中|[\s;(。])+", "", left)
            written = real["sizes"] or real["one"] or unicodedata.normalize("NFKC", (real["raised"] or "").replace("ˣ", "×"))
            sizes = tuple(each.strip() for each in TIMES.split(written)) if written else ("1", "1")
            if len(sizes) == 1:
                sizes = (*sizes, "1")
            if len(sizes) == 2:
                for name in _names(left):
                    if name in known:
                        yield Said(name, "scalar" if sizes == ("1", "1") else "", sizes, " ".join(f"{left}{real[0]}".split()))


BOUND = re.compile(
    r"^(?:\s*[-0-9.]+\s*(?:<|\\leq?(?![a-z])|\\lt))?(?P<name>[^<>]*?)(?:[<>]|\\[lg](?:eq?|t)(?![a-z])|\\in\s*(?=[(\[])|∈\s*(?=[(\[])|\\ll|\\gg)"
    r"\s*(?:[-0-9.]+|[(\[]\s*[-0-9.]+\s*,\s*(?:[-0-9.]+|\\infty)\s*[)\]])\s*$"
)
"""0 < gamma < 1, lambda > 0, beta in (0, 1): what is compared with numbers is one."""


def _of_bounds(words: str, known: Collection[str]) -> Iterator[Said]:
    for formula in FORMULA.finditer(words):
        written = formula[1] or formula[2] or formula[3]
        if bound := BOUND.match(written):
            yield from (Said(name, "number", (), _told(written)) for name in _names(bound["name"]) if name in known)


def _of_all(words: str, known: Collection[str]) -> Iterator[Said]:
    """What "all quantities are scalars" says."""
    stems = [stem for stem in OF_NUMBERS if stem in words]
    telling = (each for each in (sentences(words) if stems else ()) if any(stem in each for stem in stems))
    for sentence in telling:
        found = ALL_NUMBERS.search(sentence)
        if not found or NOT_SO.search(sentence[: found.start()]) or LIMITED.match(sentence, found.end()):
            continue
        spared = EXCEPT.search(sentence)
        others = {name for *_, names in mentions(sentence[spared.start() :], known) for name in names} if spared else set()
        if others or not spared:
            yield from (Said(name, "scalar", (), _told(found[0])) for name in known if name not in others)
            return


def _of_shapes(words: str, known: Collection[str]) -> Iterator[Said]:
    """What "`x_t` has shape `(batch, input_dim)`" and "`Wz`, `Wr` are `(D, H)`" say."""
    for sentence in sentences(words):
        if not ("(" in sentence and "," in sentence) and "×" not in sentence and r"\times" not in sentence:
            continue
        found = list(mentions(sentence, known))
        for place, (_, end, names) in enumerate(found):
            shape = SHAPE.match(sentence, end)
            is_next = place + 1 == len(found) or (shape and found[place + 1][0] >= shape.end("link"))
            if not shape or not is_next or not SHAPE_LINK.fullmatch(shape["link"].strip("`$")):
                continue
            written = shape["sizes"].split(",") if shape["sizes"] else TIMES.split(shape["product"])
            sizes = tuple(each.replace("*", "").replace(" ", "") for each in written)
            if sizes[0] not in OF_STEPS and not ({*sizes} <= {*known} and not OF_SIZE.search(shape["link"])):
                group = [*names, *_listed_before(sentence, found, place)]
                yield from (Said(name, "", sizes, _told(sentence[found[place][0] : shape.end()]), is_of_step=True) for name in group)


def _listed_before(sentence: str, found: list[tuple[int, int, list[str]]], place: int) -> Iterator[str]:
    """The names before one that are in a list with it: `Wz`, `Wr` and `Wn`."""
    while place and AND.fullmatch(sentence[found[place - 1][1] : found[place][0]]):
        place -= 1
        yield from found[place][2]


def _of_kinds(words: str, known: Collection[str]) -> Iterator[Said]:
    """What "alpha is a scalar" and "the scalar alpha" say; "X and beta a scalar" says nothing of X."""
    for before, sentence in pairwise(("", *sentences(words))):
        if not STEM.search(sentence.lower()):
            continue
        if (both := BOTH.match(sentence)) and (word := KIND.match(sentence, both.end())):
            them = list(dict.fromkeys(name for *_, names in mentions(before, known) for name in names))
            yield from (Said(name, _kind(word), (), _told(f"{before}; {sentence}")) for name in them if len(them) == 2)
        found = list(mentions(sentence, known))
        for place, (_, end, names) in enumerate(found):
            link = BEFORE.match(sentence, end)
            word = KIND.match(sentence, link.end() if link else end)
            if word and _kind(word) == "diagonal" and UNSURE.search(sentence[: word.start()]):
                continue
            if not word or (not VERB.search(sentence[end : word.start()]) and _leads(sentence, word.end(), found)):
                continue
            group = [*names]
            if link and re.search(r"\(\s*(?:all|均为|都是|皆为)\s*$", link[0]):
                group = [*names, *_listed_before(sentence, found, place)]
                group = group if len(group) > 1 else [name for *_, earlier in found[: place + 1] for name in earlier]
            if not link or not ONE.search(link[0]):
                group += _listed_before(sentence, found, place)
            if LIKE.search(sentence[end : word.start()]) or EXAMPLE.search(sentence[: found[place][0]]):
                alike = [
                    other for name in names for other in known if other[: other.find("_") + 2] == name[: name.find("_") + 2] and "_" in name
                ]
                yield from (Said(name, _kind(word), (), _told(sentence), is_alike=True) for name in alike)
            yield from (Said(name, _kind(word), (), _told(sentence)) for name in group)
        for word in KIND.finditer(sentence):
            link = BEHIND.match(sentence, word.end())
            at = link.end() if link else word.end()
            for start, end, names in found:
                if start == at:
                    yield from (Said(name, _kind(word), (), _told(sentence)) for name in names)
                    between = AND.match(sentence, end)
                    at = between.end() if between else -1


def _leads(sentence: str, end: int, found: Iterable[tuple[int, int, list[str]]]) -> bool:
    """Whether a kind that ends there is that of the name behind it: "the vector w, the number b"."""
    link = BEHIND.match(sentence, end)
    at = link.end() if link else end
    return any(start == at for start, _, _ in found)


def _kind(word: re.Match[str]) -> str:
    return list(KINDS.values())[int((word.lastgroup or "k0")[1:])]


def _told(sentence: str) -> str:
    return " ".join(sentence[:400].split())[:100]


def mentions(sentence: str, known: Collection[str]) -> Iterator[tuple[int, int, list[str]]]:
    """Where names stand in a sentence, in formulas or as words: start, end, names."""
    at = 0
    for formula in FORMULA.finditer(sentence):
        yield from _words(sentence, at, formula.start(), known)
        written = re.split(r"\\in(?![A-Za-z])|∈|[<>]|\\[lg]eq?(?![A-Za-z])", formula[1] or formula[2] or formula[3])[0]
        names = [name for name in _names(written) if name in known]
        if names:
            yield formula.start(), formula.end(), names
        at = formula.end()
    yield from _words(sentence, at, len(sentence), known)


def _words(sentence: str, start: int, end: int, known: Collection[str]) -> Iterator[tuple[int, int, list[str]]]:
    letters, step = _letters(frozenset(known)), _step(LETTER.get())
    for word in WORD.finditer(sentence, start, end):
        is_article = word[0] in ("a", "A", "I") and not NO_ARTICLE.match(sentence, word.end())
        if not is_article and (not word[0].isascii() or step.sub("", word[0]) in letters):
            yield from ((word.start(), word.end(), [name]) for name in _names(word[0]) if name in known)


@lru_cache(20)
def _letters(known: frozenset[str]) -> set[str]:
    return {name.replace("_", "") for name in known}


@lru_cache(20)
def _step(time: str) -> re.Pattern[str]:
    """What a name in words has beside its letters: its step, and what sets indices apart."""
    return re.compile(rf"_(?:{time}|\{{{time}(?:[-+]\d)?\}})$|[{{}}_,\s]")


def _names(written: str) -> list[str]:
    """The names in a list of names; none if something else stands there."""
    found = []
    for each in re.split(r",(?![^{]*\})|，|、|\band\b", written):
        bare = each.strip(" \t\n$.:&~,")
        if not bare or DOTS.fullmatch(bare):
            continue
        name = name_of(bare)
        if name is None:
            return []
        found.append(name)
    return found


LETTER: ContextVar[str] = ContextVar("the letter of the time in the words of a page", default="t")


@contextmanager
def spoken(letter: str) -> Iterator[None]:
    """While the words of a page are heard: names in them have their steps by this letter, x_k."""
    token = LETTER.set(letter)
    try:
        yield
    finally:
        LETTER.reset(token)


CONTINUOUS = ([Bracketed(Name("t"))], [Bracketed(Name("tau"))])
"""What stands behind a value of continuous time, u(t), where the steps have another letter."""


def name_of(written: str) -> str | None:
    """The name that stands there, without its index; None if something else does."""
    return _name_of(written, LETTER.get())


@lru_cache(2000)
def _name_of(written: str, letter: str) -> str | None:
    for reader in (_value, _left):
        try:
            made = reader(written, letter)
        except Wrong:
            continue
        if isinstance(made, Row) and [each for _, each in made.rest] in CONTINUOUS:
            made = made.first
        if isinstance(made, Name):
            return made.whole
    return None


def _value(written: str, letter: str) -> Tree:
    """A value in LaTeX."""
    return latex.value(written, (), letter)


def _left(written: str, letter: str) -> Tree:
    """A name in the plain notation, or what else stands there."""
    statement = parse(f"{written} = 0", letter)[0]
    return statement.left if isinstance(statement, Equation) else statement
