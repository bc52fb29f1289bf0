"""Sizes: the shape of an expression, and the inference of all shapes of a system from its equations.

A shape is (rows, columns); each is a positive integer, a size symbol such as n_h, or a sum of those. Elementwise operations broadcast:
a side that is 1 fits any other. The law of `shape`: the shape of a well-formed expression, or a `ShapeError` that names the term and the
two sizes that clash.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import ShapeError

Shape = tuple[Expr, Expr]
ONE = sp.Integer(1)
SCALAR: Shape = (ONE, ONE)

Meet = Callable[[Expr, Expr, Expr, str], Expr]
"""meet(one, other, term, what): the common size of two that must be equal, or a ShapeError about the term."""


def told(shape: Shape) -> str:
    """A shape as a person reads it: "(n_h, 1)"."""
    return f"({shape[0]}, {shape[1]})"


def clash(one: Expr, other: Expr, term: Expr, what: str) -> ShapeError:
    """The error for two sizes that should be equal; `place` and the spelling of the term are added by whoever knows them."""
    error = ShapeError(f"{what}: {one} against {other}")
    error.term = term  # type: ignore[attr-defined]
    return error


def _equal(one: Expr, other: Expr, term: Expr, what: str) -> Expr:
    if one is not other and one != other and sp.expand(one - other) != 0:
        raise clash(one, other, term, what)
    return one


def _broadcast(sizes: Iterable[Expr], term: Expr, what: str, meet: Meet) -> Expr:
    common: Expr = ONE
    for each in sizes:
        if each == ONE:
            continue
        common = each if common == ONE else meet(common, each, term, what)
    return common


def shape(expr: Expr, known: Mapping[str, Shape], meet: Meet = _equal) -> Shape:
    """The shape of an expression, from the shapes of the names in it.

    Raises:
        ShapeError: two sizes in it do not fit; its `term` is the part concerned.
    """
    if expr.is_Number:
        return SCALAR
    if isinstance(expr, sp.Indexed):
        return known[nodes.sequence_name(expr)]
    if isinstance(expr, sp.Symbol):
        return SCALAR if expr.is_integer else known[expr.name]
    if isinstance(expr, nodes.Constant):
        return expr.args[0], expr.args[-1]
    if isinstance(expr, (nodes.Slice, nodes.Broadcast)):
        return _reshaped(expr, shape(expr.args[0], known, meet))
    operands = [shape(part, known, meet) for part in expr.args]
    if isinstance(expr, nodes.MatMul):
        (rows, inner), (other, columns) = operands
        meet(inner, other, expr, "the columns of the left factor and the rows of the right one differ")
        return rows, columns
    if isinstance(expr, nodes.Solve):
        (rows, columns), (other, width) = operands
        rows = meet(rows, columns, expr, "the matrix is not square, so that it has no inverse")
        return meet(rows, other, expr, "the rows of the matrix and of what is solved for differ"), width
    if isinstance(expr, nodes.Declared):
        _, own, _ = operands
        for other, (at, side) in itertools.product(operands, enumerate(own)):
            if other[at] != ONE:
                meet(side, other[at], expr, "what a declared slope is of and the slope differ in size")
        return own
    if isinstance(expr, nodes.Transpose):
        return operands[0][1], operands[0][0]
    if isinstance(expr, nodes.Node) and expr.one_row:
        return ONE, operands[0][1]
    if isinstance(expr, nodes.SumColumns):
        return operands[0][0], ONE
    if isinstance(expr, nodes.Stack):
        return sp.Add(*(rows for rows, _ in operands)), _common([c for _, c in operands], expr, meet)
    if isinstance(expr, sp.Pow):
        return operands[0]
    if len(operands) == 1:
        return operands[0]
    return (
        _broadcast((rows for rows, _ in operands), expr, "the rows of its terms differ", meet),
        _broadcast((columns for _, columns in operands), expr, "the columns of its terms differ", meet),
    )


def _reshaped(expr: Expr, inner: Shape) -> Shape:
    if isinstance(expr, nodes.Slice):
        return expr.args[2] - expr.args[1], inner[1]
    return expr.args[1], expr.args[2]


def _common(sizes: list[Expr], term: Expr, meet: Meet) -> Expr:
    first = sizes[0]
    for each in sizes[1:]:
        first = meet(first, each, term, "the columns of the stacked blocks differ")
    return first


def _without_number(size: Expr) -> Expr:
    """A size without what is taken from it: n_x of n_x - 1, the columns of what multiplies x_t[1:]."""
    return size - size.as_coeff_Add()[0]


class Inference:
    """Shapes found by unification: each name starts with two unknown sizes, each equation makes some of them equal.

    Args:
        single: by name, whether its values are known to have one row, and one column.
        fixed: names whose number of rows is not to become 1 by inference (the inputs).
        declared: shapes that were written down by the author, with unknown sizes as `unknown` makes them.
    """

    def __init__(self, single: Mapping[str, tuple[bool, bool]], fixed: Iterable[str], declared: Mapping[str, Shape]) -> None:
        self.bound: dict[Expr, Expr] = {}
        self.names: dict[Expr, Expr] = {}
        self.rigid = {self.unknown(name) for name in fixed if name not in declared}
        self.shapes: dict[str, Shape] = {}
        for name, (one_row, one_column) in single.items():
            own = ONE if one_row else self.unknown(name), ONE if one_column else self.unknown(name, "columns")
            self.shapes[name] = declared.get(name, own)
        for name, (rows, _) in declared.items():
            if self.unknown(name) not in rows.free_symbols:
                self.bound[self.unknown(name)] = rows

    @staticmethod
    @lru_cache(nodes.KEPT)
    def unknown(name: str, side: str = "rows") -> sp.Symbol:
        """The number of rows or columns of a name, to be found."""
        return sp.Symbol(f"{side} of {name}", integer=True, positive=True)

    def resolve(self, one: Expr) -> Expr:
        """The size with everything put in that is known by now."""
        while True:
            resolved = self.bound.get(one, one) if isinstance(one, sp.Symbol) else one.xreplace(self.bound)
            if resolved == one:
                return resolved
            one = resolved

    def meet(self, one: Expr, other: Expr, term: Expr, what: str) -> Expr:
        """Make two sizes equal, or raise a ShapeError about the term."""
        one, other = self.resolve(one), self.resolve(other)
        difference = sp.expand(one - other)
        if difference == 0:
            return one
        for unknown in sorted(difference.free_symbols, key=str):
            value = sp.expand(unknown - difference / difference.coeff(unknown))
            refused = value == ONE and unknown in self.rigid
            is_possible = self._possible(value) or (unknown.name.startswith("columns of ") and self._possible(_without_number(value)))
            if " of " in unknown.name and unknown not in value.free_symbols and is_possible and not refused:
                self.bound[unknown] = value
                if unknown in self.rigid:
                    self.rigid |= value.free_symbols
                return self.resolve(one)
        raise clash(self.named(one), self.named(other), term, what)

    @staticmethod
    def _possible(value: Expr) -> bool:
        """Whether a size can have this value: a positive integer for all positive sizes in it."""
        terms = sp.Add.make_args(value)
        return all(each.could_extract_minus_sign() is False and each.is_integer for each in terms) and value != 0

    def equation(self, left: Expr, right: Expr) -> None:
        """Make the shapes of the two sides of an equation equal (a right side of 1 row or column is broadcast)."""
        rows, columns = shape(right, _Resolved(self), self.meet)
        (own_rows, own_columns) = shape(left, _Resolved(self), self.meet)
        self.meet(own_rows, rows, right, "the left side has other rows than the right one")
        self.meet(own_columns, columns, right, "the left side has other columns than the right one")

    def named(self, one: Expr) -> Expr:
        """A size in words for an error: n_x for the unknown rows of x."""
        return one.xreplace({s: nodes.size(s.name.split(" of ")[1]) for s in one.free_symbols if " of " in s.name})

    def result(self, order: Iterable[str], given: Iterable[str] = ()) -> dict[str, Shape]:
        """The shapes, each size named after the first of `order` that has it as its rows, or else of `given` that has it as its columns."""
        for name in order:
            rows = self.resolve(self.shapes[name][0])
            if isinstance(rows, sp.Symbol) and " of " in rows.name and rows not in self.names:
                self.names[rows] = nodes.size(name)
        for name in given:
            columns = self.resolve(self.shapes[name][1])
            if isinstance(columns, sp.Symbol) and " of " in columns.name and columns not in self.names:
                self.names[columns] = nodes.size(f"{name}_columns")
        return {name: (self.finished(rows), self.finished(columns)) for name, (rows, columns) in self.shapes.items()}

    def finished(self, size: Expr) -> Expr:
        """A size by its name; of columns that nothing is known of, there is one."""
        size = self.resolve(size).xreplace(self.names)
        return size.xreplace({s: ONE for s in size.free_symbols if s.name.startswith("columns of ")})

    def settled(self, expr: Expr) -> Expr:
        """An expression with the sizes in it by their names.

        Raises:
            ShapeError: nothing says what one of them is.
        """

        def change(part: Expr) -> Expr | None:
            if isinstance(part, (nodes.Node, sp.Indexed, sp.Number)) or not all(each.is_integer for each in part.free_symbols):
                return None
            if not part.is_integer:
                return None
            found = sp.expand(self.finished(part))
            if any(" of " in symbol.name for symbol in found.free_symbols):
                raise ShapeError(f"nothing says how large {part} is", advice="declare a shape, such as shape A = (h, h)")
            return found

        return nodes.rewrite(expr, change)


class _Resolved(Mapping[str, Shape]):
    """The shapes of an inference, as far as they are known at the moment of reading."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def __getitem__(self, name: str) -> Shape:
        rows, columns = self.inference.shapes[name]
        return self.inference.resolve(rows), self.inference.resolve(columns)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self.inference.shapes)

    def __len__(self) -> int:
        return len(self.inference.shapes)
