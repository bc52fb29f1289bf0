r"""The ways in which people write the gradient of a loss by a value, as names of gradients, on the trees of a derivation.

    \frac{\partial L}{\partial h_t},  \nabla_{h_t} L,  dh_t                  in LaTeX are h_bar_t, as \bar{h}_t is
    \delta h_t                                                              is delta_h_t, which may be a name of the author's own
    dL/dh_t,  ∂L/∂h_t                                                        in plain text are hbar_t
    \frac{\partial L_t}{\partial h_t}                                        is what the loss of the step itself gives, directh_t

Which of the names that come out of it are gradients, and of what, is said by `names.value_of`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.calculus.names import marked
from derive.notation.claims.chains import is_chain, over_time
from derive.notation.claims.names import is_loss, step_of
from derive.notation.letters import ACCENTS, GREEK_NAMES
from derive.notation.pieces import Piece
from derive.notation.tree import (
    Bracketed,
    Call,
    Derivative,
    Equation,
    Name,
    Number,
    Operator,
    Power,
    Product,
    Row,
    Slope,
    Spelling,
    Sum,
    Transposed,
    Tree,
    parts,
    rewritten,
)

DIRECT = "direct"
"""What begins the name of the derivative of the loss of one step."""
PART = "part"
"""What begins the name of a part of a gradient, \\Delta h beside \\delta h."""
JOINED = re.compile(r"^([A-Za-z])(hat|tilde)$")
"""A letter with its accent behind it, yhat."""
SMALL, LARGE = ("delta", "δ"), ("Delta", "Δ")
Factors = list[tuple[Operator, Tree]]


@dataclass(frozen=True)
class _Marks:
    r"""What the page writes behind a d or a delta in LaTeX.

    Attributes:
        letters: those of the values of the cell, and of what is defined as dz_t = ...; a d before another one is a factor.
        small: the letters behind a small delta; a large one before them is a part of that gradient.
    """

    letters: frozenset[str]
    small: frozenset[str]

    @staticmethod
    def of(pieces: Iterable[Piece], values: Collection[str]) -> _Marks:
        """The marks of a page."""
        lefts, small = set[str](), set[str]()
        for piece in pieces:
            left = piece.statement.left if isinstance(piece.statement, Equation) else None
            if isinstance(left, Row) and len(left.rest) == 1 and _mark(left.first) == "d" and (value := _marked(left.rest[0])):
                lefts.add(_letter(value))
            rows = (part for part in parts(piece.statement) if isinstance(part, Row))
            small |= {_letter(value) for row in rows for mark, value in _pairs(_factors(row)) if mark in SMALL}
        return _Marks(frozenset({each.split("_")[0] for each in values} | lefts), frozenset(small))

    def name(self, mark: str, value: Name) -> str:
        """The letters of the gradient that a mark and a value are; "" if they are two factors."""
        letter = _letter(value)
        if mark in LARGE and letter in self.small:
            return PART + value.base
        is_latin = len(value.base) == 1 and value.base.isascii() and not value.spelling.is_command
        if mark != "d" and (letter in self.letters or is_latin):
            return f"delta_{value.base}"
        return f"{value.base}_bar" if letter in self.letters else ""

    def joined(self, node: Tree) -> Tree | None:
        """A row of factors in which each mark and its value are one name; None for something else."""
        if not isinstance(node, Row):
            return None
        factors, made = _factors(node), list[tuple[Operator, Tree]]()
        at = 0
        while at < len(factors):
            operator, factor = factors[at]
            value = _marked(factors[at + 1]) if at + 1 < len(factors) else None
            letters = self.name(mark, value) if value is not None and (mark := _mark(factor)) else ""
            if value is not None and letters:
                whole = replace(value, base=letters, spelling=Spelling(), place=factor.place.to(value.place))
                factor, at = _with_value(factors[at + 1][1], whole), at + 1
            else:
                factor = rewritten(factor, self.joined)
            made.append((operator, factor))
            at += 1
        first = made[0][1]
        return Row(first, tuple(made[1:]), place=node.place) if len(made) > 1 else first


def naming(pieces: Iterable[Piece], values: Collection[str]) -> Callable[[Piece], Piece]:
    """What gives gradients names, in a piece of a derivation.

    Args:
        pieces: all that the page says in LaTeX.
        values: the values of the cell, but for its loss, by name.
    """
    marks = _Marks.of(pieces, values)

    def named(piece: Piece) -> Piece:
        statement = rewritten(piece.statement, _slope)
        if not piece.is_latex:
            statement = rewritten(statement, _summed)
        if is_chain(statement, values) and not is_chain(timed := over_time(statement, values), values):
            statement = timed
        if not is_chain(statement, values):
            statement = rewritten(statement, lambda node: _gradient(node, values, piece.is_latex))
        return replace(piece, statement=rewritten(statement, marks.joined) if piece.is_latex else statement)

    return named


def _gradient(node: Tree, values: Collection[str], is_latex: bool) -> Name | None:
    """The name of a derivative of a loss; None for something else."""
    if not isinstance(node, Derivative) or not is_loss(node.top, values):
        return None
    value = node.bottom
    base = f"{value.base}_bar" if is_latex else marked(value.base, "bar")
    base = DIRECT + value.base if step_of(node.top, values)[1] else base
    return replace(value, base=base, spelling=Spelling(), place=node.place)


def _slope(node: Tree) -> Tree | None:
    """The slope of tanh and of the logistic function as an expression; None for something else."""
    if not isinstance(node, Slope):
        return None
    operand = rewritten(node.operand, _slope)
    value, one = Call(node.function, (operand,), place=node.place), Number("1", place=node.place)
    if node.function.whole == "tanh":
        return Bracketed(Sum(((1, one), (-1, Power(value, Fraction(2), place=node.place))), place=node.place), place=node.place)
    if node.function.whole in ("sigmoid", "σ", "sigma"):
        rest = Bracketed(Sum(((1, one), (-1, value)), place=node.place), place=node.place)
        return Bracketed(Product(value, ((Operator.ENTRIES, rest),), place=node.place), place=node.place)
    return replace(node, operand=operand)


def _summed(node: Tree) -> Tree | None:
    """A row of factors with a row or a column of ones, 1ᵀ(M) and (M)1, as sums of the entries of M; None for something else."""
    if not isinstance(node, Row):
        return None
    made = list[tuple[Operator, Tree]]()
    is_row = False
    for operator, factor in _factors(node):
        inner = rewritten(factor, _summed)
        if made and factor == Number("1"):
            operator, before = made.pop()
            inner = Call(Name("sum_columns"), (before,), place=before.place.to(factor.place))
        elif is_row:
            operator, before = made.pop()
            inner = Call(Name("sum_rows"), (inner,), place=before.place.to(factor.place))
        is_row = factor == Transposed(Number("1"))
        made.append((operator, inner))
    first = made[0][1]
    return Row(first, tuple(made[1:]), place=node.place) if len(made) > 1 else first


def _factors(row: Row) -> Factors:
    return [(Operator.BESIDE, row.first), *row.rest]


def _mark(factor: Tree) -> str:
    """The d or the delta that a factor is; "" if it is something else."""
    is_bare = isinstance(factor, Name) and not factor.labels and factor.time is None and factor.step is None and not factor.second
    return factor.base if is_bare and isinstance(factor, Name) and factor.base in ("d", *SMALL, *LARGE) else ""


def _marked(factor: tuple[Operator, Tree]) -> Name | None:
    """The value behind a mark, which may have a power or be transposed; None if it is something else."""
    operator, value = factor
    while isinstance(value, Transposed | Power):
        value = value.base
    return value if operator is Operator.BESIDE and isinstance(value, Name) else None


def _with_value(factor: Tree, value: Name) -> Tree:
    """A factor with another value in the place of its own."""
    if isinstance(factor, Transposed | Power):
        return replace(factor, base=_with_value(factor.base, value), place=value.place.to(factor.place))
    return value


def _pairs(factors: Factors) -> Iterator[tuple[str, Name]]:
    """The marks with their values."""
    for (_, mark), value in zip(factors, factors[1:], strict=False):
        if (found := _mark(mark)) and (name := _marked(value)) is not None:
            yield found, name


def _letter(value: Name) -> str:
    """The letter of a value, without accents and indices."""
    return value.base.split("_")[0]


def spelled(pieces: Iterable[Piece], names: Collection[str]) -> list[Piece]:
    r"""The pieces, with names as the cell spells them: an accent before a label or behind it, \hat{y} for yhat; in plain text Greek letters too."""
    known = {part for name in names for part in name.split("_")}
    table = str.maketrans({letter: name for letter, name in GREEK_NAMES.items() if name in known and letter not in known})
    counts = Counter(map(_accented, names))
    accents = {key: name for name in names if counts[key := _accented(name)] == 1 and key[1]}

    def own(whole: str) -> str:
        """The name of a value of the cell or of its gradient, whose accents stand elsewhere; with the number of its step, if it has one."""
        letters, marks = _accented(whole)
        bare = tuple(each for each in marks if each != "bar")
        if whole in names or not marks:
            return whole
        if found := accents.get((letters, marks)):
            return found
        if len(bare) == len(marks) - 1 and (found := accents.get((letters, bare))):
            return f"{found}_bar"
        base, _, index = whole.rpartition("_")
        return f"{own(base)}_{index}" if base and (index.isdecimal() or index == "T") else whole

    def change(node: Tree) -> Tree | None:
        if isinstance(node, Call):
            return replace(node, operands=rewritten(node.operands, change))
        if not isinstance(node, Name):
            return None
        made = replace(node, base=node.base.translate(table), labels=tuple(each.translate(table) for each in node.labels))
        whole = own(made.whole)
        return made if whole == made.whole else replace(made, base=whole, labels=())

    def in_latex(node: Tree) -> Tree | None:
        whole = own(node.whole) if isinstance(node, Name) else ""
        return replace(node, base=whole, labels=()) if isinstance(node, Name) and whole != node.whole else None

    return [replace(each, statement=rewritten(each.statement, in_latex if each.is_latex else change)) for each in pieces]


def at_end(pieces: Iterable[Piece], names: Collection[str]) -> list[Piece]:
    r"""The pieces with T for \tau, as Goodfellow, Bengio and Courville call the last step, where the cell has nothing of that name."""

    def change(node: Tree) -> Tree | None:
        is_last = isinstance(node, Name) and node.labels and node.labels[-1] in ("tau", "τ")
        return replace(node, labels=(*node.labels[:-1], "T")) if isinstance(node, Name) and is_last else None

    if any(part in ("tau", "τ") for name in names for part in name.split("_")):
        return list(pieces)
    return [replace(each, statement=rewritten(each.statement, change)) for each in pieces]


def _accented(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The letter of a name with its labels, and its accents, wherever they stand in it."""
    parts = [part for each in name.split("_") for part in JOINED.sub(r"\1_\2", each).split("_")]
    return tuple(each for each in parts if each not in ACCENTS), tuple(sorted(each for each in parts if each in ACCENTS))
