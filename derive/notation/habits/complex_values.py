r"""Complex values, e^{i\theta} and \Re(C x), which the notation does not have: they are refused, with how to write them as pairs of real ones."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from derive.notation.pieces import Piece
from derive.notation.tree import Bracketed, Call, Equation, Name, Negative, OverIndex, Product, Row, Sum, Tree, names, parts
from derive.notation.written import Wrong

REMEDY = (
    "write them as pairs of real ones: for h_t = e^{iθ} h_{t-1} the two equations a_t = cos(θ) * a_{t-1} - sin(θ) * b_{t-1} and "
    "b_t = sin(θ) * a_{t-1} + cos(θ) * b_{t-1}"
)
FIELD = re.compile(r"(?:\\in(?![A-Za-z])|∈)\s*(?:\\mathbb\s*\{?\s*C(?![A-Za-z])|ℂ|\\C(?![A-Za-z]))")
UNITS = ("i", "j")
"""The letters of the imaginary unit."""
PARTS = ("Re", "Im", "conj", "real", "imag")
"""Functions of complex values."""


def refuse_complex(pieces: Collection[Piece], page: str) -> None:
    """Refuse complex values.

    Args:
        pieces: the equations of a page.
        page: its text, which may say of a name that it is one.

    Raises:
        Wrong: there is one; at an offset of the page.
    """
    if found := FIELD.search(page):
        raise Wrong("complex values are not in the notation", REMEDY, found.start())
    defined = {name.base for piece in pieces if isinstance(piece.statement, Equation) for name in names(piece.statement.left)}
    for piece in pieces:
        bound = {part.letter for part in parts(piece.statement) if isinstance(part, OverIndex)}
        for name in _units(piece.statement):
            if name.base not in defined | bound:
                raise Wrong(
                    f"{name.base} is the imaginary unit here, and complex values are not in the notation",
                    REMEDY,
                    piece.offset(name.place.start),
                )
        for name in _parts(piece.statement):
            shown = piece.shown(name.place) or name.base
            raise Wrong(f"{shown} is of a complex value, and these are not in the notation", REMEDY, piece.offset(name.place.start))


def _units(statement: Tree) -> Iterator[Name]:
    """The bare i and j that are factors in what an exponential function is of."""
    for part in parts(statement):
        if isinstance(part, Call) and part.function.whole == "exp":
            for operand in part.operands:
                yield from _factors(operand)


def _factors(tree: Tree) -> Iterator[Name]:
    match tree:
        case Bracketed():
            yield from _factors(tree.inner)
        case Negative():
            yield from _factors(tree.operand)
        case Sum():
            for _, each in tree.terms:
                yield from _factors(each)
        case Row() | Product():
            for each in (tree.first, *(each for _, each in tree.rest)):
                if isinstance(each, Name) and each.whole in UNITS and each.time is None:
                    yield each
                else:
                    yield from _factors(each)


def _parts(statement: Tree) -> Iterator[Name]:
    """The names of functions of complex values, where they are applied."""
    for part in parts(statement):
        if isinstance(part, Call) and part.function.whole in PARTS:
            yield part.function
        elif isinstance(part, Row) and isinstance(part.first, Name) and "fraktur" in (part.first.spelling.fonts or ()):
            yield part.first
