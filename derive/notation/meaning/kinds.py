"""What kind each value is (a number, a column, a row, a matrix), and with it what each product on a page means.

By convention an input is a vector, a parameter with a capital letter a matrix, one with a small letter a number where it multiplies and a vector
else; a vector is a column, on a page of rows a row. How the kinds of a page are found is said in `kind_inference.py`. Then W * h is a matrix
product and f * c an elementwise one. A value with a second index k is of the kind that it has for each k.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, MatMul, MeanRows, SumColumns, SumRows, Transpose
from derive.errors import ShapeError
from derive.evidence import Evidence, Ground
from derive.notation.letters import GREEK, GREEK_NAMES
from derive.notation.meaning.entries import Entry, component
from derive.notation.meaning.surface import (
    Diagonal,
    Inverse,
    Juxtaposed,
    Largest,
    LogSumExp,
    Mean,
    OverIndex,
    Smallest,
    Square,
    Starred,
    Total,
)
from derive.notation.write import Text

TWO_READINGS = "this product has two readings"
"""What is wrong with * between two matrices."""


class Kind(NamedTuple):
    """Whether there is more than one row, and more than one column."""

    rows: bool
    columns: bool

    @property
    def told(self) -> str:
        """In words."""
        return {NUMBER: "a number", COLUMN: "a column", ROW: "a row", MATRIX: "a matrix"}[self]


NUMBER, COLUMN, ROW, MATRIX = Kind(False, False), Kind(True, False), Kind(False, True), Kind(True, True)
NAMES = {"scalar": NUMBER, "vector": COLUMN, "row": ROW, "matrix": MATRIX}

OVER_ROWS: Mapping[type[Expr], type[Expr]] = {
    Total: SumRows, Mean: MeanRows, Largest: nodes.max_rows, Smallest: nodes.min_rows, LogSumExp: nodes.logsumexp_rows,
}  # fmt: skip
"""What is of all entries, as what is of the rows of each column."""

Read = tuple[Expr, Kind | None]
"""An expression of the algebra and its kind, None as long as it is not known."""


def is_greek(name: str) -> bool:
    """Whether a name begins with a small Greek letter, written or spelled."""
    letter = name.split("_")[0].rstrip("0123456789")
    return (letter in GREEK or letter in GREEK_NAMES) and letter[0].islower()


@dataclass
class Kinds:
    """The kinds of the names of a page.

    Attributes:
        table: by name; what is not in it is not known yet.
        guess: how bold to be with what is unknown: from 1 on, a product with it is a column; from 2 on, it is a number if it is added to one.
        place: how an error names the equation that is read.
        is_rows: whether vectors of the page are rows, as in x W.
        evidence: by name, what decided.
        exponentials: the names that are defined as an exponential of a matrix.
        has_matrix_sign: whether the page writes matrix products as A @ B, so that A * B is one of entries.
        has_matrix_stars: whether it says sizes by which a product A * B can only be a matrix product.
    """

    table: dict[str, Kind] = field(default_factory=dict)
    guess: int = 0
    place: str = ""
    is_rows: bool = False
    evidence: dict[str, Evidence] = field(default_factory=dict)
    exponentials: set[str] = field(default_factory=set)
    has_matrix_sign: bool = False
    has_matrix_stars: bool = False

    @property
    def vector(self) -> Kind:
        """The kind of a vector of the page."""
        return ROW if self.is_rows else COLUMN

    def decide(self, name: str, kind: Kind, ground: Ground, why: str) -> None:
        """Set a kind, with what it rests on."""
        self.table[name] = kind
        self.evidence[name] = Evidence(ground, why)

    def read(self, expr: Expr) -> Read:
        """The expression in the algebra, its products decided, and its kind.

        Raises:
            ShapeError: a product has two readings, or none.
        """
        if isinstance(expr, (sp.Indexed, sp.Symbol)) or not expr.args:
            return expr, self.of_leaf(expr)
        inside = [self.read(part) for part in expr.args if not isinstance(expr, OverIndex)]
        rule = self.RULES.get(type(expr))
        if isinstance(expr, nodes.Node) and expr.one_row:
            return self.summed_rows(expr, inside)
        if rule is not None:
            return rule(self, expr, inside)
        if isinstance(expr, nodes.Constant):
            return expr, MATRIX
        made = (
            _flattened(expr, [each for each, _ in inside]) if isinstance(expr, sp.Mul) else nodes.rebuild(expr, tuple(e for e, _ in inside))
        )
        if isinstance(expr, nodes.Composite) and self._is_of_rows(inside):
            return Transpose(nodes.rebuild(expr, tuple(Transpose(each) for each, _ in inside))), inside[0][1]
        if isinstance(expr, sp.Add):
            self.refuse_number_beside_matrix(made, inside)
        if isinstance(expr, (sp.Add, sp.Mul, nodes.Composite)):
            evidence = [kind for each, kind in inside if not each.is_Number]
            return made, self.joined(evidence or [NUMBER], is_sum=isinstance(expr, sp.Add))
        return made, inside[0][1]

    def _is_of_rows(self, inside: list[Read]) -> bool:
        """Whether a function of columns is meant of the rows of its operand: of a row, and on a page of rows of a matrix too."""
        return len(inside) == 1 and (inside[0][1] == ROW or (self.is_rows and inside[0][1] == MATRIX))

    def joined(self, kinds: Iterable[Kind | None], is_sum: bool = False) -> Kind | None:
        """The kind of an elementwise operation, by broadcasting; something unknown may be more than a number."""
        every = list(kinds)
        known = [each for each in every if each is not None]
        kind = Kind(any(k.rows for k in known), any(k.columns for k in known)) if known else None
        return None if kind == NUMBER and len(known) < len(every) and not (is_sum and self.guess > 1) else kind

    def of_leaf(self, leaf: Expr) -> Kind | None:
        """The kind of a name or a number."""
        if isinstance(leaf, sp.Indexed):
            return self.table.get(nodes.sequence_name(leaf))
        if leaf.is_Number or (isinstance(leaf, sp.Symbol) and leaf.is_integer):
            return NUMBER
        return self.table.get(str(leaf))

    def product(self, expr: Expr, inside: list[Read]) -> Read:
        """A matrix product, or a multiple if one of the two is a number.

        A column before a weight is a row, x W is W^T x; two columns side by side are multiplied entry by entry, w @ x is their dot product.
        """
        (left, one), (right, other) = inside
        if NUMBER in (one, other):
            return _times(left, right), other if one == NUMBER else one
        if isinstance(expr.args[0], Diagonal):
            return _times(left.args[0], right), other
        if isinstance(expr.args[1], Diagonal) and one is not None:
            return _times(left, Transpose(right.args[0])), one
        if one is None or other is None:
            if self.is_rows:
                return MatMul(left, right), (Kind(False, other.columns) if other and self.guess else ROW if self.guess else None)
            unknown = COLUMN if self.guess else None
            return MatMul(left, right), (Kind(one.rows, False) if one and self.guess else unknown)
        if self.is_rows and one == other == ROW and isinstance(expr, Juxtaposed):
            return _times(left, right), ROW
        if one == MATRIX and isinstance(expr.args[0], sp.Add):
            self.refuse_number_in_factor(left)
        if one == MATRIX and other != NUMBER and self.is_exponential(left):
            raise ShapeError(f"{_written(left)} is the exponential of a matrix, or of its entries", place=self.place,
                             advice="the first is not in the notation: if the matrix is diagonal, say so or declare it, vector A; "
                             "for the second write exp(A) ⊙ 1, the product of each entry")  # fmt: skip
        if (one, other) == (COLUMN, MATRIX) and not nodes.is_of_parameters(left) and nodes.is_of_parameters(right):
            return MatMul(Transpose(right), left), COLUMN
        if one == other == COLUMN and isinstance(expr, Juxtaposed) and not any(isinstance(each, MatMul) for each in (left, right)):
            return _times(left, right), COLUMN
        if one == other == COLUMN and isinstance(expr, MatMul) and nodes.is_of_parameters(left) != nodes.is_of_parameters(right):
            return MatMul(Transpose(left), right), NUMBER
        if not one.columns and other.rows:
            self.refuse(expr, left, right, one, other)
        return nodes.product(left, right), Kind(one.rows, other.columns)

    def is_exponential(self, expr: Expr) -> bool:
        """Whether a factor is, or is defined as, exp of a multiple of a parameter that is a matrix."""
        if isinstance(expr, (sp.Symbol, sp.Indexed)):
            return nodes.name_of(expr) in self.exponentials
        return isinstance(expr, nodes.exp) and any(
            isinstance(leaf, sp.Symbol) and self.table.get(str(leaf)) == MATRIX for leaf in nodes.leaves(expr.args[0])
        )

    def starred(self, expr: Expr, inside: list[Read]) -> Read:
        """The product that the kinds of the two factors allow."""
        (left, one), (right, other) = inside
        if one is None or other is None:
            return _times(left, right), self.joined((one, other)) if self.guess else None
        if self.is_rows and (one, other) == (ROW, MATRIX) and nodes.is_of_parameters(right):
            return MatMul(left, right), ROW
        if isinstance(expr.args[0], Diagonal) and other == COLUMN:
            return self.product(expr, inside)
        is_elementwise = one == other != MATRIX or NUMBER in (one, other) or (one, other) in ((COLUMN, MATRIX), (MATRIX, ROW))
        if self.has_matrix_sign and MATRIX in (one, other) and not nodes.is_of_parameters(left):
            return _times(left, right), MATRIX
        if self.has_matrix_stars and one == other == MATRIX and nodes.is_of_parameters(left) != nodes.is_of_parameters(right):
            return nodes.product(left, right), MATRIX
        if (one, other) == (MATRIX, MATRIX) or ((one, other) == (MATRIX, COLUMN) and not nodes.is_of_parameters(left)):
            self.both(left, right)
        if is_elementwise:
            return _times(left, right), self.joined((one, other))
        return nodes.product(left, right), Kind(one.rows, other.columns)

    def refuse(self, expr: Expr, left: Expr, right: Expr, one: Kind, other: Kind) -> None:
        """A column and a matrix that is computed have no matrix product."""
        what = f"both factors are {one.told[2:]}s" if one == other else f"the factors are {one.told} and {other.told}"
        raise ShapeError(f"{what}, which have no matrix product",
                         place=f"{self.place}, in {_written(MatMul(left, right))}",
                         advice=f"an elementwise product is written {_written(_times(left, right))}")  # fmt: skip

    def refuse_number_beside_matrix(self, made: Expr, inside: list[Read]) -> None:
        """A number added to an outer product may be meant on its diagonal, and is on all entries by what is written."""
        numbers = [each for each, kind in inside if kind == NUMBER]
        outer = next((part for each, kind in inside if kind == MATRIX for part in nodes.parts(each) if _is_outer(part)), None)
        if numbers and outer is not None and len(numbers) < len(inside):
            one = _written(numbers[0])
            raise ShapeError("a number is added to a matrix", place=f"{self.place}, in {_written(made)}",
                             advice=f"write {one} * I if it is meant on the diagonal; if on each entry, {one} * outer(u, u) "
                             "and the lines constant u = 1 and vector u")  # fmt: skip

    def refuse_number_in_factor(self, total: Expr) -> None:
        """1 - A before a factor: the unit matrix may be meant."""
        number = next((each for each in total.args if self.read(each)[1] == NUMBER and each != 0), None)
        if number is not None:
            one = _written(number)
            raise ShapeError("a number is added to a matrix that multiplies", place=f"{self.place}, in {_written(total)}",
                             advice=f"write {one} * I if it is meant on the diagonal, or give the sum a name if on each entry")  # fmt: skip

    def both(self, left: Expr, right: Expr) -> None:
        """A product that may be of matrices and of entries."""
        raise ShapeError(TWO_READINGS, place=f"{self.place}, in {_written(_times(left, right), ' * ')}",
                         advice=f"write {_written(MatMul(left, right), ' @ ')} for the matrix product or "
                         f"{_written(_times(left, right), ' ⊙ ')} for the elementwise one")  # fmt: skip

    def total(self, expr: Expr, inside: list[Read]) -> Read:
        """The sum, mean or largest of all entries, by what there is to sum."""
        ((operand, kind),) = inside
        if kind == NUMBER:
            return operand, NUMBER
        over_rows = OVER_ROWS[type(expr)]
        if kind is not None and kind.columns:
            operand = SumColumns(operand) if over_rows is SumRows else Transpose(over_rows(Transpose(operand)))
        return (operand if kind == ROW else over_rows(operand)), NUMBER

    def diagonal(self, expr: Expr, inside: list[Read]) -> Read:
        """A column on the diagonal: the unit matrix, each row by the column's entry; in a product its factor is multiplied so."""
        ((vector, kind),) = inside
        return sp.Mul(
            Transpose(vector) if kind == ROW else vector,
            nodes.Identity(sp.Dummy("rows of diag", integer=True, positive=True)),
            evaluate=False,
        ), MATRIX

    def transposed(self, expr: Expr, inside: list[Read]) -> Read:
        ((operand, kind),) = inside
        if kind == NUMBER:
            return operand, kind
        return Transpose(operand), None if kind is None else Kind(kind.columns, kind.rows)

    def stacked(self, expr: Expr, inside: list[Read]) -> Read:
        """Blocks below each other; rows side by side."""
        if self.is_rows and all(kind in (ROW, MATRIX) for _, kind in inside):
            stack = nodes.rebuild(expr, tuple(Transpose(each) for each, _ in inside))
            return Transpose(stack), inside[0][1]
        return nodes.rebuild(expr, tuple(each for each, _ in inside)), Kind(
            True, any(kind is not None and kind.columns for _, kind in inside)
        )

    def sliced(self, expr: Expr, inside: list[Read]) -> Read:
        kind = inside[0][1]
        if self.is_rows and kind == ROW:
            return Transpose(nodes.rebuild(expr, (Transpose(inside[0][0]), *expr.args[1:]))), kind
        return nodes.rebuild(expr, (inside[0][0], *expr.args[1:])), kind

    def entry(self, expr: Expr, inside: list[Read]) -> Read:
        """A component of a column or an entry of a matrix, which is a number."""
        (whole, kind), indices = inside[0], expr.args[1:]
        if kind is not None and (kind, len(indices)) not in ((COLUMN, 1), (MATRIX, 2)):
            name, count = _written(whole), "one index" if len(indices) == 1 else f"{len(indices)} indices"
            advice = {
                NUMBER: f"declare vector {name} or matrix {name}, or write a product with *",
                MATRIX: f"an entry is written {name}[0, 1], a row {name}[0:1]",
                COLUMN: f"a component is written {name}[0]; declare matrix {name} if it is one",
                ROW: "take the component of the column, before it is transposed",
            }[kind]
            raise ShapeError(f"{name} is {kind.told} and has {count} in brackets", place=self.place, advice=advice)
        return component(whole, *indices), NUMBER

    def summed_rows(self, expr: Expr, inside: list[Read]) -> Read:
        kind = inside[0][1]
        return nodes.rebuild(expr, (inside[0][0],)), None if kind is None else Kind(False, kind.columns)

    def summed_columns(self, expr: Expr, inside: list[Read]) -> Read:
        kind = inside[0][1]
        return nodes.rebuild(expr, (inside[0][0],)), None if kind is None else Kind(kind.rows, False)

    def over_index(self, expr: Expr, inside: list[Read]) -> Read:
        body, kind = self.read(expr.args[-1])
        return OverIndex(*expr.args[:-1], body), kind

    def powered(self, expr: Expr, inside: list[Read]) -> Read:
        (base, kind), (exponent, _) = inside
        if kind == MATRIX and exponent.is_negative and exponent != -1:
            one = _written(base)
            raise ShapeError("this power of a matrix may be one of its inverse or of each entry", place=f"{self.place}, in {_written(expr)}",
                             advice=f"write products of inv({one}) for the first, 1 / {one}^{-exponent} for the second")  # fmt: skip
        if kind == MATRIX and exponent.is_Integer and 1 < exponent <= nodes.POWER and nodes.is_of_parameters(base):
            return nodes.matrix_power(base, int(exponent), sp.Dummy("rows of a power", integer=True, positive=True)), MATRIX
        return nodes.rebuild(expr, (base, exponent)), kind

    def squared(self, expr: Expr, inside: list[Read]) -> Read:
        ((base, kind),) = inside
        return sp.Pow(base, 2, evaluate=False), kind

    def inverted(self, expr: Expr, inside: list[Read]) -> Read:
        """A^{-1}: the inverse of a matrix, of another value one over each entry."""
        ((base, kind),) = inside
        if kind == MATRIX:
            return nodes.inverse(base, sp.Dummy("rows of an inverse", integer=True, positive=True)), MATRIX
        return sp.Pow(base, -1, evaluate=False), kind

    def solved(self, expr: Expr, inside: list[Read]) -> Read:
        """What is solved for has the kind of what the matrix times it is."""
        (matrix, kind), (right, other) = inside
        if kind not in (MATRIX, None):
            raise ShapeError(f"{_written(matrix)} is {kind.told}, which has no inverse as a matrix has", place=self.place,
                             advice=f"declare matrix {_written(matrix)}, or write a quotient")  # fmt: skip
        return nodes.rebuild(expr, (matrix, right)), other

    RULES: ClassVar[Mapping[type[Expr], Callable[[Kinds, Expr, list[Read]], Read]]] = {}


Kinds.RULES = {
    Juxtaposed: Kinds.product, MatMul: Kinds.product, Starred: Kinds.starred, **dict.fromkeys(OVER_ROWS, Kinds.total),
    Transpose: Kinds.transposed, nodes.Stack: Kinds.stacked, nodes.Slice: Kinds.sliced, Entry: Kinds.entry,
    Diagonal: Kinds.diagonal, SumColumns: Kinds.summed_columns, OverIndex: Kinds.over_index, sp.Pow: Kinds.powered,
    Square: Kinds.squared, Inverse: Kinds.inverted, nodes.Solve: Kinds.solved,
}  # fmt: skip


def _is_outer(expr: Expr) -> bool:
    """Whether it is the product of a column and a row, by a transposition of values."""
    return (
        isinstance(expr, MatMul)
        and isinstance(expr.args[1], Transpose)
        and bool(any(isinstance(leaf, sp.Indexed) for leaf in nodes.leaves(expr.args[1])))
    )


def _flattened(expr: Expr, operands: list[Expr]) -> Expr:
    """A product whose first factor was undecided until now, and is elementwise, as one product."""
    first = 1 if operands[0] == -1 else 0
    if isinstance(expr.args[first], (Starred, Juxtaposed)) and isinstance(operands[first], sp.Mul):
        operands[first : first + 1] = operands[first].args
    return sp.Mul(*operands, evaluate=False)


def _times(left: Expr, right: Expr) -> Expr:
    """The elementwise product as its author wrote it."""
    return sp.Mul(*(left.args if isinstance(left, sp.Mul) else (left,)), right, evaluate=False)


def _written(expr: Expr, sign: str = "") -> str:
    """An expression as text; a product at its root with another sign."""
    text = Text({})
    if not sign:
        return text.write(expr)
    return sign.join(text.write(each, 4) for each in expr.args)
