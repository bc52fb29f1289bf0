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
    r"hyperbolic[ -]tangents?|tanh|双曲正切": "tanh",
    r"logistic(?:[ -]sigmoids?)?|sigmoids?|S\s*型": "sigmoid",
    r"ReLUs?|rectif\w+(?:[ -]linear(?: units?)?)?|relu|线性整流": "relu",
    r"softmax": "softmax",
    r"softplus": "softplus",
    r"identity|恒等": "identity",
    r"Heaviside(?:[ -]step)?|unit[ -]step|(?:单位)?阶跃": "step",
}
"""How prose calls a function."""
SAID = re.compile("|".join(f"(?P<f{place}>{words})" for place, words in enumerate(WORDS)), re.IGNORECASE)
LINK = re.compile(
    r"(?:\\(?:cdot|bullet|mathrm|text|operatorname)\b|[\s$,:=(){}\\，：（]|\([\w\\]\)|"
    r"(?:is|are|be|being|take|we take|use|choose|pick|denot\w+|represent\w*|stands? for|means?|refers? to|can|could|may|"
    r"usually|often|typically|always|here|taken|to be|to|"
    r"chosen|set|defined|given by|as|the|a|an|our|some|"
    r"both|all|each|element-?wise|point-?wise|applied|activations?|non-?linear\w*|squashing|functions?|"
    r"e\.g\.|such as|like|of|with|standard|usual|original|default|well-known)(?![a-z])|"
    r"为|是|表示|取|通常|一般|常|多|用|选|选择|激活|非线性|函数|逐元素|逐点|的|代表|指|即|成|作为|采用|使用|我们|这里|此处|标准|一律|都|均|全部|统一|默认|一般取|本节|本文|"
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
    for name in asked.values():
        found = tuple(dict.fromkeys(function for clause in words for function in _of(name, clause)))
        if found and not (name.whole in ("sigma", "σ") and found == ("sigmoid",)):
            yield name, found


def _of(name: Name, clause: str) -> Iterator[str]:
    """The functions that a clause says a name to be."""
    pattern = _pattern(name)
    for mention in pattern.finditer(clause):
        behind = LINK.match(clause, mention.end())
        if not (behind and SAID.match(clause, behind.end())):
            behind = LISTED.match(clause, mention.end()) or behind
        at = behind.end() if behind else mention.end()
        if TOO.match(clause, mention.end()) and (first := SAID.search(clause)):
            yield _function(first)
        if (negated := NOT.match(clause, mention.end())) and (first := SAID.match(clause, negated.end())):
            yield from (_function(word) for word in SAID.finditer(clause, first.end()))
        while (word := SAID.match(clause, at)) and not OF_OPERAND.match(clause, word.end()):
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
                chosen = [
                    rf"{shown}(x) = \{each}(x)" if piece.is_latex else f"{shown}(x) = {each}(x)" for each in functions if each in NAMES
                ]
                sign = "$$" if piece.is_latex else ""
                remedies = tuple(((end, end, f"\n\n{sign}{each}{sign}\n"),) for each in chosen)
                raise Wrong(f"{shown} is {' or '.join(functions)} by what the page says", f"choose one: write {chosen[0]}",
                            piece.offset(name.place.start), remedies=remedies)  # fmt: skip
