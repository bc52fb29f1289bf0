r"""What becomes of each formula of a page: none is passed over in silence.

`page.py` keeps one list of all that looks like mathematics: what stands in displays and in lines of prose, in code blocks, and lines of
prose that read like an equation. Each of it has a `Fate` in the end; `UNUSED` is remarked on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from derive.notation.habits.derivatives import is_of_loss
from derive.notation.habits.meant import SIM
from derive.notation.surroundings.regions import Region
from derive.notation.written import Written


class Fate(Enum):
    """What a formula is for."""

    EQUATION = "an equation"
    DEFINITION = "the definition of a function"
    DECLARATION = "a declaration"
    BUILT_IN = "says of a built-in function what it is"
    BY_NAME = "a layer by its name, Linear(x), which another equation writes out"
    IN_NUMBERS = "of which number the page says that it is"
    RESTATED = "an equation, or a part of one, that stands elsewhere"
    RANGE = "over what an index runs, or what kind of value a name is"
    MENTION = "a name or a value of which nothing is said"
    CASE = "what is so at other steps than an equation"
    CONTINUOUS = "a differential equation, in the place of which its steps are read"
    STEP = "an equation of a single step, in the place of which that of all steps is read"
    OTHER_FORM = "another form of a value of which an equation is read"
    OTHER_MODEL = "an equation of another model, beside which the page has its own"
    GRADIENT = "an equation of a gradient"
    DRAWN = "how a value is drawn at random"
    SUPPOSED = "a supposition or an example"
    UNUSED = "not used"


ADVICE = {
    Fate.STEP: "it is of a single step, and the one equation of all steps that is read says it",
    Fate.IN_NUMBERS: "the page says which number it is, and that is read",
    Fate.BY_NAME: "another equation gives the same value with its weights, and that one is read",
    Fate.CONTINUOUS: "it is a differential equation; what is read is the equation of its steps",
    Fate.GRADIENT: "it is of a gradient and no part of the cell; gradients are derived, and `bptt check-gradient` judges those that are written",
    Fate.OTHER_FORM: "it is passed over, as the page gives the same value in another way, or computes no step by it; if it belongs to the cell, "
    "write what it is at each step",
    Fate.OTHER_MODEL: "it is passed over, as the words around it and the other equation of the same value tell that it is of another model; if it is "
    "meant, leave the other one out",
    Fate.DRAWN: "what is drawn at random is given from outside here, as an input is; derivatives are those for the numbers that were drawn",
    Fate.SUPPOSED: "the sentence supposes it, or gives it as an example; if it holds for the cell, write it on a line of its own",
    Fate.UNUSED: "if it belongs to the cell, write it as an equation on a line of its own, where the others stand",
}
"""What is said of formulas of which nothing is used, by their fate."""


@dataclass(frozen=True)
class Formula:
    """A formula of a page: its text, its line (from 1) and its fate."""

    text: str
    line: int
    fate: Fate


NAME = r"[^\W\d_][\u0300-\u036f\u20d7]?[^\W_]*(?:'+)?(?:_(?:\{[^{}]*\}|\w+)|\^\{[^{}]*\}|\([^()]*\)|\[[^\[\]]*\])*"
DRESSED = re.compile(
    r"\\(?:mathbf|mathrm|mathit|mathcal|boldsymbol|bm|text|operatorname|tilde|hat|bar|vec|dot|overline|widetilde|widehat|left|right)(?![A-Za-z])|[{}&\\\s]"
)
LINE = re.compile(r"[\s>]*(?:[-*+]\s+|\d+[.)]\s+)?(?P<left>[^=<>!:≤≥\s][^=<>!:≤≥]{0,80}?)\s*(?:(?<![<>!:])=(?![=>])|:=|≔|←)\s*\S.*")
SPAN = re.compile(r"`([^`\n]+)`")
TIMED = re.compile(r"(?<![^\W_])_?[\[({]?t(?![A-Za-z])|[ₜ]")
SCRIPTS = re.compile(r"[_^]\s*(?:\{[^{}]*\}|\\[A-Za-z]+|\S)")
DERIVATIVE = re.compile(
    r"\\[dt]?frac\s*\{\s*\\partial[^{}]*\}\s*\{\s*\\partial[^{}]*\}|\\partial\s*\w+\s*/\s*\\partial\s*\w+|∂\s*\w+\s*/\s*∂\s*\w+"
)
OF_KIND = re.compile(r"\\in(?![A-Za-z])|∈|\\forall(?![A-Za-z])|\\mathbb\s*\{?\s*[RNZC]|\\(?:[lcv]?dots)(?![A-Za-z])|…")
RANGE = re.compile(r"\s*[a-zTNK]\s*=\s*(?:-?\w+\s*)?(?:,|\\[lcv]?dots|…|\.\.|$)")
SIZES = re.compile(r"[\s\w]*(?:(?:\\times|×|x)[\s\w]*)+|\s*[A-Za-z]\s*[+\-−]\s*\d+\s*|[-+−\d\s.,]*")
EQUAL = re.compile(r"(?<![<>!:])=|:=|\\(?:coloneqq|triangleq|leftarrow|gets|equiv|approx|propto|doteq)(?![A-Za-z])|[≡≔←≜≈∝]")
COMPARISON = re.compile(r"[<>≤≥]|\\(?:[lg]t|[lg]eq?(?:slant)?)(?![A-Za-z])")
OPERATION = re.compile(
    r"[+/⊙∘·×*]|(?<=[\w})\]])\s*[-−]\s*(?=[\w\\({\[])|\\(?:odot|circ|otimes|cdot|times|[dtc]?frac|sum|prod|int|sqrt)(?![A-Za-z])"
)
WORDS = re.compile(r"\\(?:text\w*|mbox|hbox|label|tag\*?|intertext)\s*\{[^{}]*\}")
LOOK = re.compile(r"\\(?:left|right|mathbf|boldsymbol|bm|mathrm|,|;|!|:|quad|qquad|displaystyle)(?![A-Za-z])|[\s{}$&]")
VERBATIM = re.compile(r"\\begin\{(verbatim|lstlisting|minted|comment)\*?\}.*?\\end\{\1\*?\}", re.DOTALL)
COMMENT = re.compile(r"(?<!\\)%[^\n]*")
LONGEST = 500


def aside(latex: str, is_inline: bool) -> Fate:
    """The fate of mathematics that is no equation which counts; a comparison says something where it is displayed."""
    text = DERIVATIVE.sub("L", WORDS.sub(" ", latex)).strip(" \n\t.,;")
    if RANGE.match(text) or (OF_KIND.search(text) and not EQUAL.search(text)):
        return Fate.RANGE
    if (equal := EQUAL.search(latex)) and is_of_loss(latex[: equal.start()]):
        return Fate.GRADIENT
    if SIM.search(text) and not is_inline:
        return Fate.DRAWN
    if EQUAL.search(text) or (COMPARISON.search(text) and not is_inline):
        return Fate.UNUSED
    while (bare := SCRIPTS.sub("", text)) != text:
        text = bare
    if SIZES.fullmatch(text) or not re.search(r"[^\W\d]", text):
        return Fate.MENTION
    return Fate.UNUSED if OPERATION.search(text) else Fate.MENTION


def squeezed(latex: str) -> str:
    """A formula without what is for the eye only, to find it again in another one."""
    return LOOK.sub("", latex).rstrip(".,;")


def reads_like_an_equation(line: str) -> bool:
    """Whether a line of prose is an equation: its left side is a name with its index, or a function of something."""
    found = LINE.fullmatch(line[:LONGEST])
    return found is not None and re.fullmatch(NAME, DRESSED.sub("", found["left"])) is not None and not re.search(r"\w\s+\w", found["left"])


def stray(text: str, marked: Iterable[Region]) -> Iterator[Written]:
    """The lines and the words of a page in LaTeX that read like equations and stand outside its mathematics."""
    for line in _body(text, marked):
        spans = [line[found.start(1) : found.end(1)] for found in SPAN.finditer(line.plain)]
        yield from (each for each in spans if TIMED.search(each.plain) and reads_like_an_equation(each.plain))
        if reads_like_an_equation(line.plain) and not line.plain.lstrip().startswith("#"):
            bare = line.plain.strip().rstrip(",.;").rstrip()
            begin = line.plain.index(bare)
            yield line[begin : begin + len(bare)]


def _body(text: str, marked: Iterable[Region]) -> Iterator[Written]:
    """The lines of the body of a page in LaTeX, with blanks where its mathematics, its code and its comments stand."""
    found = re.search(r"\\begin\s*\{document\}", text)
    kept = list(text)
    spans = [each.span() for pattern in (VERBATIM, COMMENT) for each in pattern.finditer(text)]
    spans += [(each.source.columns[0], each.source.columns[-1] + 1) for each in marked if each.source.columns]
    for start, end in [*spans, (0, found.end() if found else 0)]:
        kept[start:end] = [character if character in "\r\n" else " " for character in kept[start:end]]
    at = 0
    for line in "".join(kept).splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        yield Written(bare, tuple(range(at, at + len(bare))))
        at += len(line)
