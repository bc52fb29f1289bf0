r"""Functions of which only prose says what they are: "where $\phi$ is the hyperbolic tangent", "激活函数 $f$ 为 ReLU".

A symbol is a function only where the page says of that symbol that it is one: nothing but words of linking stands between the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from derive.notation.letters import GREEK, GREEK_NAMES
from derive.notation.meaning.calls import NAMES
from derive.notation.pieces import Piece
from derive.notation.tree import Bracketed, Call, Listed, Name, Operator, Row, Statement, parts
from derive.notation.written import Wrong

WORDS = {
    r"leaky[- ]ReLUs?|leaky[- ]rectif\w+(?:[ -]linear(?: units?)?)?": "leaky_relu",
    r"hard[- ](?:logistic[- ])?sigmoids?": "hard_sigmoid",
    r"hard[- ]tanh|hard hyperbolic tangents?": "hard_tanh",
    r"GELUs?": "gelu",
    r"SiLUs?|swish": "silu",
    r"ELUs?": "elu",
    r"softsign": "softsign",
    r"arctan|inverse tangent|反正切": "arctan",
    r"hyperbolic[ -]tangents?|tanh|双曲正切": "tanh",
    r"logistic(?:[ -]sigmoids?)?|sigmoids?|S\s*型": "sigmoid",
    r"ReLUs?|rectif\w+(?:[ -]linear(?: units?)?)?|relu|线性整流": "relu",
    r"softmax": "softmax",
    r"softplus": "softplus",
    r"identity|恒等": "identity",
    r"Heaviside(?:[ -]step)?|unit[ -]step|(?<!time )step(?= functions?\b)|(?:hard )?threshold(?:ing)?(?= functions?\b)"
    r"|(?:单位)?阶跃|阈值(?=函数)": "step",
}
"""How prose calls a function."""
SAID = re.compile("|".join(f"(?P<f{place}>{words})" for place, words in enumerate(WORDS)), re.IGNORECASE)
LINK = re.compile(
    r"(?:\(\s*(?:\\cdot|\\bullet|[·\w\\])\s*\)|\\(?:cdot|bullet|mathrm|text|operatorname)\b|[\s$`,:=(){}\\，：（]|"
    r"(?:is|are|be|being|take|we take|use|choose|pick|denot\w+|represent\w*|stands? for|means?|refers? to|can|could|may|"
    r"usually|often|typically|always|here|taken|to be|to|"
    r"chosen|set|defined|given by|as|the|a|an|our|some|"
    r"both|all|each|element-?wise|point-?wise|applied|activations?|non-?linear\w*|squashing|functions?|"
    r"e\.g\.|such as|like|of|with|standard|usual|original|default|well-known)(?![a-z])|"
    r"为|是|表示|取|通常|一般|常|多|用|选|选择|激活|非线性|函数|逐元素|逐点|的|代表|指|即|成|作为|采用|使用|我们|这里|此处|标准|一律|都|均|分别|依次|全部|统一|默认|一般取|本节|本文|本书|は|には|として|"
    r"没有写死|没有规定|没有指定|未指定|我|用的|就|直接|改用|这次|实验中|具体)*",
    re.IGNORECASE,
)
"""What may stand between a symbol and the function that it is."""
BEHIND = re.compile(
    r"(?:[\s$({\\（]|functions?|activations?|non-?linearit\w+|激活|函数|非线性|记为|记作|denoted(?: by)?|written|by|as)*", re.IGNORECASE
)
"""What may stand between a function and the symbol behind it: "the sigmoid function $\\sigma$"."""
OTHER = re.compile(
    r"[\s$),，}]*(?:(?:activation |激活)?(?:functions?|函数)[\s,，]*)?(?:or|and|/|或者?|、|和|及)\s*(?:the |a |an )?[$\\]*"
    r"(?:(?:text|mathrm|operatorname)\s*\{)?",
    re.IGNORECASE,
)
APPLIED = re.compile(r"\s*(?:\\left\s*|\\[bB]igg?l?\s*)?[(\[{]")
"""What stands behind a function that is applied: \\tanh(W x) says nothing of W."""
CHANGED_BEFORE = re.compile(
    r"(?:(?:(?:clipped|capped|truncated|scaled|rescaled|shifted|twice|half|modified|steep(?:er)?|noisy|parametric|smoothed|两倍的?|缩放的?|截断的?|改进的?)"
    r"|(?:the |a |an ))[\s-]*)+",
    re.IGNORECASE,
)
"""What stands before a function and makes another one of it."""
CHANGED = re.compile(
    r"[\s$)}\]]*(?:(?:functions?|activations?|non-?linearit\w+|函数)[\s,，]*)?(?:\((?=[^()]*(?:clip|temperature|scale|slope)))?[\s,，]*"
    r"(?:(?:which (?:is|was)|but|and then|then) )?"
    r"(?:clipped|capped|truncated|scaled|rescaled|shifted|squared|halved|doubled|leaking|minus|plus|times|multiplied|divided|"
    r"raised to|(?:negative )?slope|"
    r"with (?:an? |the |its )?(?:\w+ )?(?:temperature|slope|gain|leak|scale|offset|ceiling|cap)\b|of (?:twice|half|two|minus)\b|"
    r"applied (?:to )?(?:twice|half|two|minus)\b|的\s*(?:[两二三四五六七八九十0-9.]+倍|一半|平方)|减去?|加上|乘以|除以|截断|缩放|平移|平方|温度)",
    re.IGNORECASE,
)
"""What behind a function makes another one of it: "ReLU clipped at six", "tanh 的两倍"."""
NOUNS = (
    r"(?:functions?|mappings?|maps?|networks?|perceptrons?|MLPs?|operators?|non-?linearit\w+|activations?|transformations?|"
    r"(?:fully[- ]connected|dense|neural|hidden) layers?|函数|映射|感知机|网络|算子|非线性变换|全连接层)"
)
IS_FUNCTION = re.compile(
    r"[\s$`)}]*(?:returns?\b|返回|(?:(?:is|are|denotes?|represents?|stands? for|being)\b|[:：]|为|是|表示|代表)"
    r"(?:(?!matri|weight|linear |affine |kernel|parameter)[^.,;:$，。；：()（）矩权线参]){0,60}?"
    rf"(?<![A-Za-z]){NOUNS}(?![A-Za-z]|\s*(?:matri|weight|parameter|'s)))",
    re.IGNORECASE,
)
"""What stands behind a name that is said to be a function, of whatever kind."""
OF_FUNCTION = re.compile(rf"(?<![A-Za-z]){NOUNS}[\s$`]*(?:called|denoted(?: by)?|named|记为|记作)?[\s$`]*$", re.IGNORECASE)
"""What stands before one."""
NEAR = 40
"""How far before a name it is looked for."""
BETWEEN = re.compile(
    r"(?:\s*\(\s*(?:\\cdot|\\bullet|[·\w\\])\s*\))?[\s$`]*(?:functions?|函数)?[\s$`]*(?:,\s*and|,|，|、|and|和|与|及|以及)[\s$`\\]*(?:the |a |an )?"
)
"""What stands between two names, or two functions, of a list."""
TOO = re.compile(r"[\s$`},]*(?:too|as well|likewise|also|equally)\b", re.IGNORECASE)
"""That a symbol is the same function as the one before."""
NOT = re.compile(
    r"[\s$),，}]*(?:不是|并非|is not|isn't|are not)\s*(?:the |a |an )?[$\\]*(?:(?:text|mathrm|operatorname)\s*\{)?", re.IGNORECASE
)
"""What says of a symbol that it is not the function behind: "σ 不是 sigmoid，用的是 ReLU"."""
OF_OPERAND = re.compile(r"\}*(?:\\left\s*)?\(")
"""What stands behind a function whose definition begins there: "\\sigma(a)$, $\\operatorname{softplus}(a) = ..." says nothing of sigma."""
ALSO = r"[^.;。]{{0,60}}?(?:(?<![a-z])or(?![a-z])|或)[^.;。]{{0,60}}?{name}\s*(?:\\left\s*)?\("
"""A definition of the same function as another one that it may be: "tanh or, in that work, $f(x) = x$"."""
LISTED = re.compile(
    r"(?:[\s$`]*(?:,|and|,\s*and|和|与|、)[\s$`]*\\?[^\W\d]\w*(?:\s*_\s*\{[^{}]*\})?)*[\s$`]*(?:(?:is|are|denotes?|为|是)\b|[:：])[^.;。；$]{0,80}?"
    r"(?:activation|non-?linear\w*|squashing|transfer) functions?\b[^.;。；$]{0,60}?[\s$\\]*"
    r"(?=(?:tanh|sigmoid|softmax|hyperbolic|logistic|relu|identity))",
    re.IGNORECASE,
)
"""What may stand between one of several symbols and the function that all of them are: "g and h are the activation functions, here tanh"."""
OTHERWISE = "as it is defined"
CHANGED_ONE = "a change of it"
"""What stands behind the function that a name would be in what is said of it: that it is defined elsewhere too, or that words change it."""
CLAUSE = re.compile(r"[.;。；](?=\s|$)|。|；|\n\s*\n|\n(?=\s*[-*$\\])")


def applied(statement: Statement) -> Iterator[Name]:
    """The names in a statement that stand before brackets, functions and factors."""
    for part in parts(statement):
        if isinstance(part, Call):
            yield part.function
        elif isinstance(part, Row):
            factors = [part.first, *(each for operator, each in part.rest if operator is Operator.BESIDE)]
            for before, behind in zip(factors, factors[1:], strict=False):
                if isinstance(before, Name) and before.time is None and isinstance(behind, Bracketed | Listed):
                    yield before


def said(page: str, names: Iterable[Name]) -> Iterator[tuple[Name, tuple[str, ...]]]:
    """What the prose of a page says of these names: each name with the function that it is, or with several of which it may be one."""
    asked = {name.whole: name for name in names if name.whole not in NAMES or name.whole in ("sigma", "σ")}
    words = CLAUSE.split(page) if asked else []
    in_turn = {name: function for clause in words for name, function in _in_turn(asked, clause)} if len(asked) > 1 else {}
    for name in asked.values():
        every = (function for clause in words for function in _of(name, clause))
        found = (in_turn[name.whole],) if name.whole in in_turn else tuple(dict.fromkeys(every))
        if found and not (name.whole in ("sigma", "σ") and found == ("sigmoid",)):
            yield name, found


def _in_turn(asked: Mapping[str, Name], clause: str) -> Iterator[tuple[str, str]]:
    """What a clause says of several names one after another: "f and g are tanh and softmax, respectively"."""
    places = sorted((mention.start(), mention.end(), name) for name, each in asked.items() for mention in _pattern(each).finditer(clause))
    group: list[tuple[int, int, str]] = []
    for place in places:
        group = [*group, place] if group and BETWEEN.fullmatch(clause[group[-1][1] : place[0]]) else [place]
        link = LINK.match(clause, place[1])
        functions: list[str] = []
        at = link.end() if link else place[1]
        while word := SAID.match(clause, at):
            functions.append(_function(word))
            between = BETWEEN.match(clause, word.end())
            at = between.end() if between else len(clause)
        if len(functions) == len(group) > 1:
            yield from zip((name for *_, name in group), functions, strict=True)


def _of(name: Name, clause: str) -> Iterator[str]:
    """The functions that a clause says a name to be."""
    pattern = _pattern(name)
    for mention in pattern.finditer(clause):
        behind = LINK.match(clause, mention.end())
        if not (behind and SAID.match(clause, behind.end())):
            behind = LISTED.match(clause, mention.end()) or behind
        at = behind.end() if behind else mention.end()
        if (changed := CHANGED_BEFORE.match(clause, at)) and (word := SAID.match(clause, changed.end())):
            yield from (_function(word), CHANGED_ONE)
        if TOO.match(clause, mention.end()) and (first := SAID.search(clause)):
            yield _function(first)
        if (negated := NOT.match(clause, mention.end())) and (first := SAID.match(clause, negated.end())):
            yield from (_function(word) for word in SAID.finditer(clause, first.end()))
        while (word := SAID.match(clause, at)) and not OF_OPERAND.match(clause, word.end()):
            if CHANGED.match(clause, word.end()):
                yield from (_function(word), CHANGED_ONE)
                break
            yield _function(word)
            if re.compile(ALSO.format(name=pattern.pattern)).match(clause, word.end()):
                yield OTHERWISE
            other = OTHER.match(clause, word.end())
            if other is None:
                break
            at = other.end()
    for word in SAID.finditer(clause):
        if APPLIED.match(clause, word.end()):
            continue
        between = BEHIND.match(clause, word.end())
        symbol = pattern.match(clause, between.end() if between else word.end())
        if symbol and not SAID.match(clause, symbol.end()):
            yield _function(word)


def is_function(name: Name, words: str) -> bool:
    """Whether prose says that a name is a function, of whatever kind."""
    return any(
        IS_FUNCTION.match(words, mention.end()) or OF_FUNCTION.search(words, max(0, mention.start() - NEAR), mention.start())
        for mention in _pattern(name).finditer(words)
    )


def _function(word: re.Match[str]) -> str:
    return list(WORDS.values())[int((word.lastgroup or "f0")[1:])]


def _pattern(name: Name) -> re.Pattern[str]:
    """A name as prose writes it."""
    base = name.base
    command = GREEK_NAMES.get(base, base)
    letters = [re.escape(base), rf"\\(?:var)?{re.escape(command)}", *([GREEK[base]] if base in GREEK else [])]
    below = "".join(rf"(?:\s*_\s*\{{?\s*(?:\\\w+\s*\{{)?\s*\\?{re.escape(each)}\s*\}}*)" for each in name.labels)
    return re.compile(rf"(?<![\w\\])(?:{'|'.join(letters)}){below}(?![\w_])")


def as_written(name: Name, piece: Piece) -> Name:
    """A function as the page writes it: the letter sigma, which is read as the function that it mostly is."""
    is_sigma = name.whole == "sigmoid" and piece.shown(name.place) in (r"\sigma", "σ")
    return replace(name, base="σ") if is_sigma else name


def refuse_open(pieces: Iterable[Piece], several: Mapping[str, tuple[str, ...]], end: int) -> None:
    """Refuse a function that is one of several by what the page says.

    Args:
        pieces: what the page says.
        several: by name, the functions that one may be.
        end: the length of the page.

    Raises:
        Wrong: an equation applies it; at an offset of the page.
    """
    for piece in pieces if several else ():
        for name in applied(piece.statement):
            if functions := several.get(as_written(name, piece).whole):
                shown = piece.shown(name.place)
                place = piece.offset(name.place.start)
                if CHANGED_ONE in functions:
                    one = rf"{shown}(x) = 2 \{functions[0]}(x)" if piece.is_latex else f"{shown}(x) = 2 {functions[0]}(x)"
                    raise Wrong(
                        f"{shown} is a changed {functions[0]} by what the page says", f"write it as an equation, such as {one}", place
                    )
                chosen = [
                    rf"{shown}(x) = \{each}(x)" if piece.is_latex else f"{shown}(x) = {each}(x)" for each in functions if each in NAMES
                ]
                sign = "$$" if piece.is_latex else ""
                remedies = tuple(((end, end, f"\n\n{sign}{each}{sign}\n"),) for each in chosen)
                raise Wrong(f"{shown} is {' or '.join(functions)} by what the page says", f"choose one: write {chosen[0]}",
                            place, remedies=remedies)  # fmt: skip
