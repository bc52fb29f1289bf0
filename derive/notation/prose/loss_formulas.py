r"""A loss that stands in a sentence as a formula without a name, as an equation.

    trained with the cross-entropy $-\sum_t d_t^\top \log y_t$      L = -sum_t d_t^T log(y_t)
    the loss is the sum of (p_t - y_t)^2 over all days              L = sum_t (p_t - y_t)^2
    Fit: sum over t of |p_t - y_t|                                  L = sum_t abs(p_t - y_t)

It is made where one sentence of the page has one such formula, which is a sum over all steps and reads a value that an equation defines.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from derive.notation.latex import parser as latex
from derive.notation.meaning.calls import NAMES as FUNCTIONS
from derive.notation.pieces import Piece, Source
from derive.notation.plain import parser as plain
from derive.notation.plain.names import SUM_IN_WORDS
from derive.notation.prose.losses import LOSS, MEAN, NAMES
from derive.notation.prose.said import FORMULA, LETTER, sentences
from derive.notation.prose.sentences import DENIED, OF_OTHERS, SUPPOSED
from derive.notation.tree import Bracketed, Declaration, Equation, Name, OverIndex, Reach, Tree, names, parts
from derive.notation.written import Written, Wrong

FIT = re.compile(rf"{LOSS.pattern}|\bfit(?:s|ted|ting)?\b|\bcross[- ]entropy\b|\blikelihood\b|交叉熵|似然", re.IGNORECASE)
"""What says that a formula is what is minimised."""
SUMS = ("sum", "Sum", "Σ", "∑")
"""What a sentence with a sum has in it."""
ELSEWHERE = re.compile(
    rf"{OF_OTHERS}|\\cite|\b(?:baselines?|pre-?train\w*|metrics?|evaluat\w+|auxiliary|others?)\b"
    r"|基线|预训练|评价|指标|文献|以前|早期",
    re.IGNORECASE,
)
"""What says that the loss is that of another network, of a part of the training, or none that is trained with."""
IN_LATEX = re.compile(r"\s*(?:[-−]\s*)?(?:\\[dt]?frac\s*(?:\{[^{}]*\}\s*\{[^{}]*\}|\d\s*\w)\s*|[0-9./]+\s*)?(?:\\sum(?![A-Za-z])|∑)")
TYPED = re.compile(rf"(?<![\w$`])(?:[-−]\s*)?(?:(?:[0-9./]+|½)\s*\*?\s*)?(?:sum_|[Σ∑]|{SUM_IN_WORDS}\s)")
"""What a sum begins with, in LaTeX and in plain text."""
OF_ALL = re.compile(
    r"\bsums?\s+of\s+(?:the\s+)?(?:\$(?P<latex>[^$\n]{1,200})\$|`(?P<code>[^`\n]{1,200})`|(?P<typed>[(|‖][^,;]{1,200}?))\s+"
    r"(?:over|for|at)\s+(?:all|every|each|the|time|t)\b",
    re.IGNORECASE,
)
"""What is summed over all steps in words."""
LONGEST = 200
"""How many characters a formula in plain text has at most, and how many sentences and formulas of one are looked at."""
MOST = 3
"""How many sums in plain text are tried in a sentence."""
CUT = re.compile(r"(?=[,;，；。]|\.(?:\s|$)|\s)|$")
"""Where a formula in plain text may end."""


def loss_in_formula(words: str, pieces: Sequence[Piece], text: str) -> tuple[list[Piece], str] | None:
    """The equation of the loss that a sentence of a page has as a formula without a name, with its declaration, and the text of this formula.

    Args:
        words: the prose of a page.
        pieces: what its formulas say.
        text: the page.

    Returns:
        None where there is no such formula or more than one, or where an equation gives a loss.
    """
    equations = [each.statement for each in pieces if isinstance(each.statement, Equation)]
    lefts = {each.left.whole for each in equations if isinstance(each.left, Name) and each.left.time == 0}
    known = {name.whole for each in equations for name in names(each)}
    is_asked = any(isinstance(each.statement, Declaration) and each.statement.key in ("loss", "output") for each in pieces)
    letter = next((each for each in ("L", "loss") if each not in known), None)
    if not lefts or is_asked or letter is None or known & NAMES & {each.left.whole for each in equations if isinstance(each.left, Name)}:
        return None
    has_sum = any(sign in words for sign in SUMS)
    telling = [each for each in sentences(words) if any(sign in each for sign in SUMS)] if has_sum else []
    found = [each for sentence in telling[:LONGEST] for each in _formulas(sentence, known)]
    found = [(written, value) for written, value in found if _is_loss(value, lefts)]
    if len(found) != 1:
        return None
    written, value = found[0]
    at = max(text.find(written.strip()[:20]), 0)
    shown = Written(" ".join(written.split()), (at,))
    statements = Equation(Name(letter), value), Declaration("loss", (Name(letter),))
    return [Piece(shown, Written("", (at,)), each, Source(text), is_latex=False) for each in statements], written


def _formulas(sentence: str, known: Collection[str]) -> Iterator[tuple[str, Tree]]:
    """The sums in a sentence that says what is minimised, each with its text."""
    if not FIT.search(sentence) or any(each.search(FORMULA.sub(" ", sentence)) for each in (MEAN, DENIED, SUPPOSED, ELSEWHERE)):
        return
    if said := OF_ALL.search(sentence):
        written, is_latex = said["latex"] or said["code"] or said["typed"], said["latex"] is not None
        if value := _value(written, is_latex, known):
            yield written, OverIndex("sum", "t", Reach.ALL, Bracketed(value))
        return
    rest = sentence
    for formula in islice(FORMULA.finditer(sentence), LONGEST):
        rest = f"{rest[: formula.start()]}{' ' * len(formula[0])}{rest[formula.end() :]}"
        is_latex, written = formula[3] is None, formula[1] or formula[2] or formula[3]
        if (IN_LATEX if is_latex else TYPED).match(written) and (value := _value(written, is_latex, known)):
            yield written, value
    for typed in islice(TYPED.finditer(rest), MOST):
        ends = sorted({cut.start() for cut in CUT.finditer(rest, typed.end(), typed.end() + LONGEST)}, reverse=True)
        whole = ((rest[typed.start() : end], _value(rest[typed.start() : end], False, known)) for end in ends)
        yield from [(written, value) for written, value in whole if value is not None][:1]


def _value(written: str, is_latex: bool, known: Collection[str]) -> Tree | None:
    """What a formula is that has no left side; None where it cannot be read, or has words for names."""
    try:
        if is_latex:
            return latex.value(written, (), LETTER.get())
        (made,) = plain.parse(f"L = {written}", LETTER.get())
    except (Wrong, ValueError):
        return None
    value = made.right if isinstance(made, Equation) else None
    is_known = value is not None and all(
        name.whole in known or name.time is not None or name.second or len(name.base) == 1 or name.whole in FUNCTIONS
        for name in names(value)
    )
    return value if is_known else None


def _is_loss(value: Tree, lefts: Collection[str]) -> bool:
    """Whether it is a sum over all steps of what reads a value that an equation defines, and reads nothing of one step beside."""
    sums = [each for each in parts(value) if isinstance(each, OverIndex) and each.letter == "t" and each.reach is Reach.ALL]
    inside = [name for each in sums for name in names(each) if name.time is not None]
    is_within = len(inside) == len([name for name in names(value) if name.time is not None])
    return is_within and any(name.whole in lefts for name in inside)
