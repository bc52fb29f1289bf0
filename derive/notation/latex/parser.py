r"""An equation in LaTeX to its tree. The grammar is `latex.lark`; what stands beside what is said in `rows.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import lark

from derive.notation import tree
from derive.notation.derivation import IN_DERIVATION, equalities
from derive.notation.habits.means import with_means
from derive.notation.latex import moments, parts
from derive.notation.latex.builder import WORDS, parser
from derive.notation.latex.checks import ENDED, check_ends, check_left, check_words, end
from derive.notation.latex.conditions import compared
from derive.notation.latex.indices import is_sign, number
from derive.notation.latex.parts import Function, Name, Part, Sign
from derive.notation.latex.rows import OWN, row
from derive.notation.latex.words import JOINED, joined
from derive.notation.moments import Moment
from derive.notation.plain.names import TIME
from derive.notation.statements import chain, refuse_lonely, stated
from derive.notation.tree import Comparison, Statement, Tree
from derive.notation.written import Wrong

READABLE = {
    "RPAR": ")", "RSQB": "]", "RCURLY": r"\}", "RBRACE": "}", "LBRACE": "{", "RBAR": r"\right|",
    "RNORM": r"\rVert", "RANGLE": r"\rangle", "END": r"\end", "LETTER": "a letter", "NUMBER": "a number",
}  # fmt: skip


def parse(
    text: str, own: Collection[str] = (), time: str = "t", words: Collection[str] = (), has_lags: bool = False
) -> tuple[Statement, ...]:
    r"""What an equation in LaTeX says.

    Args:
        text: the LaTeX, without dollar signs.
        own: the functions that its page defines.
        time: the letter of the time.
        words: the names of several letters that the page writes without a command.
        has_lags: whether the page writes h_{t-1} with its braces, so that h_t-1 is what it looks like, a difference.

    Returns:
        One statement, or several if it is a chain.

    Raises:
        Wrong: it cannot be understood; at a column.
    """
    text = text[: end(text)]
    with _page(own, time, words):
        made = tuple(_statements(_formula(text)))
    ends = {found[1] for found in ENDED.finditer(text)} - {"t", "T"}
    made = tuple(with_means(each, ends) for each in made) if ends else made
    for each in made:
        check_ends(text, each)
    if not has_lags:
        refuse_lonely(made, text)
    return made


def value(text: str, own: Collection[str] = (), time: str = "t") -> Tree:
    """A value in LaTeX, such as one of the sides of an equation.

    Raises:
        Wrong: it cannot be understood; at a column.
    """
    with _page(own, time):
        return row(_unended(_formula(text)))


def comparison(text: str, own: Collection[str] = (), time: str = "t") -> Comparison:
    """A comparison in LaTeX, such as the condition of a case.

    Raises:
        Wrong: it is none, or cannot be understood; at a column.
    """
    with _page(own, time):
        made = _unended(_formula(text))
        if (found := compared(made, row)) is None:
            raise Wrong("the condition of a case is not understood", r"write x & x > 0 \\ or x & \text{otherwise}", 0)
    return found


def moment(text: str, own: Collection[str] = (), time: str = "t", at: int = 0) -> Moment | None:
    """The steps of a condition in LaTeX, such as that of a case; None if it is a condition on something else.

    Raises:
        Wrong: it is on t, and no clock tells of such steps, or it cannot be understood; at a column, counted from `at`.
    """
    try:
        with _page(own, time):
            return moments.moment(_unended(_formula(text)))
    except Wrong as wrong:
        raise wrong.moved(lambda column: at + column) from None


@contextmanager
def _page(own: Collection[str], time: str, words: Collection[str] = ()) -> Iterator[None]:
    """While a formula is read: the functions of its page, the letter of the time, and names of several letters."""
    functions, letter, several = OWN.set(own), TIME.set(time), JOINED.set(words)
    try:
        yield
    finally:
        OWN.reset(functions)
        TIME.reset(letter)
        JOINED.reset(several)


def _formula(text: str) -> tuple[Part, ...]:
    """The parts of a formula."""
    check_words(text, WORDS)
    check_left(text)
    try:
        return parser().parse(text)  # type: ignore[return-value]
    except lark.exceptions.VisitError as wrong:
        raise wrong.orig_exc from None
    except lark.exceptions.UnexpectedInput as unexpected:
        raise _unexpected(unexpected, text) from None


def _unended(formula: tuple[Part, ...]) -> list[Part]:
    """The parts without the mark at their end."""
    kept = list(formula)
    while kept and isinstance(kept[-1], Sign) and kept[-1].kind in ("COMMA", "SEMICOLON", "DOT", "NEWLINE", "CELL"):
        kept.pop()
    return kept


def _statements(formula: tuple[Part, ...]) -> tuple[Statement, ...]:
    """What the parts of an equation say.

    Raises:
        Wrong: they are no equation.
    """
    kept = _unended(formula)
    if IN_DERIVATION.get():
        kept = [each for part in kept for each in _signs(part)]
    sides = [
        [each for each in side if not (isinstance(each, Sign) and each.kind in ("CELL", "NEWLINE"))]
        for side in parts.split(kept, ("EQUAL",))
    ]
    if parts.has(kept, "MAPS"):
        return (_mapped(kept),)
    equals = [each.place for each in kept if isinstance(each, Sign) and each.kind == "EQUAL"]
    if not equals:
        raise Wrong("there is no = here", "an equation reads like h_t = \\tanh(W x_t + U h_{t-1} + b)", kept[0].place.start if kept else 0)
    if not sides[0]:
        raise Wrong("nothing stands before the =", "write what it is that the right side says", equals[0].start)
    if len(values := parts.split(sides[0], ("COMMA",))) > 1:
        if len(sides) == 2 and number(sides[1]):
            return tuple(stated(row(each, is_left=True), row(sides[1])) for each in values)
        raise _untold(len(values), sides[-1], sides[0][0].place.start)
    if not sides[-1]:
        raise Wrong("nothing stands behind the =", "write what the left side is", equals[-1].stop)
    if IN_DERIVATION.get():
        is_added = len(sides[0]) > 1 and is_sign(sides[0][-1], "PLUS")
        return equalities([row(sides[0][: -1 if is_added else None], is_left=True), *(row(each) for each in sides[1:] if each)], is_added)
    _check_left(joined(sides[0]))
    heads = [row(each, is_left=True) for each in sides[:-1] if each]
    last = parts.only(sides[-1][0]) if len(sides[-1]) == 1 else None
    if isinstance(last, Function) and last.name != "sum" and not last.over:
        return chain([*heads, tree.Name(last.name, place=last.place)])
    return chain([*heads, row(sides[-1])])


def _signs(part: Part) -> Sequence[Part]:
    """The signs in braces, {+=}; another part as it is."""
    inner = parts.inside(part)
    return inner if all(isinstance(each, Sign) and each.kind in ("PLUS", "EQUAL") for each in inner) else (part,)


def _untold(count: int, right: list[Part], at: int) -> Wrong:
    """What is wrong with several names before one value."""
    first = parts.only(right[0]) if right else None
    whole = f"the equations that {first.base} stands for" if isinstance(first, Name) and first.is_word else "an equation for each of them"
    return Wrong(f"{count} names are defined by one value", f"write {whole}, on lines of their own", at)


def _mapped(formula: list[Part]) -> Statement:
    r"""A function f: x \mapsto f(x).

    Raises:
        Wrong: it is something else that becomes something.
    """
    left, *rest = parts.split(formula, ("MAPS",))
    names = [parts.only(each) for each in left if not isinstance(each, Sign)]
    is_one = len(rest) == 1 and bool(rest[0]) and len(left) == 3 and isinstance(left[1], Sign) and left[1].kind == "COLON"
    if not is_one or len(names) != 2 or not all(isinstance(each, Name) and not each.has_index for each in names):
        at = next(each.place for each in formula if isinstance(each, Sign) and each.kind == "MAPS")
        raise Wrong("this says what becomes of a value, and not what is defined", r"write h_t = \tanh(W x_t + U h_{t-1} + b)", at.start)
    name, operand = (each.tree for each in names if isinstance(each, Name))
    body = row(rest[0])
    return tree.Definition(name, (operand,), body, place=name.place.to(body.place))


def _check_left(left: list[Part]) -> None:
    r"""Refuse letters side by side as what is defined: loss_t is a product in LaTeX."""
    if len(left) > 1 and all(isinstance(part, Name) and not part.after for part in left):
        word = "".join(part.base for part in left if isinstance(part, Name))
        last = left[-1]
        assert isinstance(last, Name)
        index = "" if last.time is None else "_t" if not last.time else f"_{{t{last.time:+d}}}"
        raise Wrong("letters side by side are a product, which cannot be defined", rf"a name of several letters is written \mathrm{{{word}}}{index}",
                    left[0].place.start)  # fmt: skip


def _unexpected(unexpected: lark.exceptions.UnexpectedInput, text: str) -> Wrong:
    token = getattr(unexpected, "token", None)
    at_end = token is not None and token.type == "$END"
    column = len(text) if at_end or unexpected.pos_in_stream is None else unexpected.pos_in_stream
    found = "the formula ends" if at_end else f"{str(token) if token is not None else text[column]!r} is not expected"
    names = {*(getattr(unexpected, "accepts", None) or getattr(unexpected, "expected", None) or ())}
    wanted = [READABLE[name] for name in sorted(names) if name in READABLE]
    return Wrong(
        f"{found} here", f"expected {' or '.join(wanted[:4])}" if wanted else "an equation reads like h_t = \\tanh(W x_t + b)", column
    )
