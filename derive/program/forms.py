"""The forms of values in code, and what of an expression must change form where values of different forms meet.

    FIXED     (rows, columns)               the same in all sequences of a batch
    COLUMN    ([T,] rows, batch)            a varying value with one column
    MATRIX    ([T,] rows, columns, batch)   a varying value with other columns, such as a row

There is an axis T where the value is one at each t and the code stands outside of loops. So axes are counted from the end, and whatever
lacks T, or has a batch axis of 1, fits what has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

import sympy as sp

from derive.algebra import nodes, shapes
from derive.algebra.nodes import Expr, MatMul, OverTime, Transpose, mul
from derive.system import Kind, System


class Form(Enum):
    """How a value lies in an array, see the head of this file."""

    FIXED = "fixed"
    COLUMN = "column"
    MATRIX = "matrix"


class OverAll(nodes.Linear):
    """OverAll(E): the sum of E over t and the batch; a fixed value."""


class OverBatch(nodes.Linear):
    """OverBatch(E): the sum of E over the batch; a fixed value."""


class Wide(nodes.Node):
    """Wide(E): E in the form MATRIX."""


class Row(nodes.Node):
    """Row(v^T): the transposed column v, written as v lies in memory, among factors of which one has rows."""


class Fixed(nodes.Node):
    """Fixed(E): E, which is the same at all steps and is computed before the first one."""


def varying(forward: System, adjoint: System) -> frozenset[str]:
    """The names whose values differ between the sequences of a batch.

    These are sequences, inputs, and what is computed from them. The adjoint of a value varies as the value does: where that is the same
    in all sequences, the adjoint is the sum of what they contribute.
    """
    found = {name for system in (forward, adjoint) for name, each in system.variables.items() if each.is_sequence}
    found |= {each.name for each in forward.inputs}
    for equation in forward.order:
        if any(nodes.name_of(leaf) in found for leaf in equation.reads):
            found.add(equation.name)
    found |= {name for name, each in adjoint.variables.items() if each.kind in (Kind.ADJOINT, Kind.UPSTREAM) and each.of in found}
    for equation in adjoint.order:
        if adjoint[equation.name].kind is not Kind.ADJOINT and any(nodes.name_of(leaf) in found for leaf in equation.reads):
            found.add(equation.name)
    return frozenset(found)


@dataclass(frozen=True)
class Forms:
    """The forms of expressions over a system's variables, at one place of the code.

    Attributes:
        varying: the names whose values differ between the sequences of a batch.
        in_loop: whether the code stands in a loop over t.
        clocks: sequences that are the same in all sequences of a batch; their batch axis is 1.
        positions: those of them that are the one-hot column of t.
    """

    system: System
    varying: frozenset[str]
    in_loop: bool
    clocks: frozenset[str] = frozenset()
    positions: frozenset[str] = frozenset()

    def varies(self, expr: Expr) -> bool:
        """Whether a value has a batch axis."""
        if isinstance(expr, (OverAll, OverBatch)):
            return False
        if isinstance(expr, (sp.Indexed, sp.Symbol)):
            return nodes.name_of(expr) in self.varying
        return any(self.varies(part) for part in expr.args)

    def fills(self, expr: Expr) -> bool:
        """Whether the batch axis of a value has a place for each sequence."""
        if isinstance(expr, (OverAll, OverBatch)):
            return False
        if isinstance(expr, (sp.Indexed, sp.Symbol)):
            return nodes.name_of(expr) in self.varying - self.clocks
        return any(self.fills(part) for part in expr.args)

    def has_steps(self, expr: Expr) -> bool:
        """Whether a value has an axis T here."""
        return not self.in_loop and is_sequence(expr)

    def form(self, expr: Expr) -> Form:
        """The form of a value."""
        if isinstance(expr.base if isinstance(expr, sp.Pow) else expr, Wide):
            return Form.MATRIX
        if not self.varies(expr):
            return Form.FIXED
        return Form.COLUMN if self.columns(expr) == 1 else Form.MATRIX

    def columns(self, expr: Expr) -> Expr:
        """The number of columns."""
        return sp.expand(self.system.shape(expr)[1])

    def is_number(self, expr: Expr) -> bool:
        """Whether a value is a number, the same in all sequences: it fits any form."""
        return not self.varies(expr) and self.system.shape(expr) == shapes.SCALAR

    def is_position(self, expr: Expr) -> bool:
        """Whether a value is the one-hot column of t."""
        return isinstance(expr, sp.Indexed) and expr.indices[0] == nodes.t and nodes.sequence_name(expr) in self.positions

    # Operands of one form

    def widened(self, expr: Expr) -> Expr:
        """A sum or product in the form MATRIX, with all its operands in that form."""
        if isinstance(expr, sp.Add):
            return sp.Add(*(self.wide(term) for term in expr.args), evaluate=False)
        factors = list(self._factors(expr))
        for place, each in enumerate(factors):
            if isinstance(each, Transpose) and self.form(each.args[0]) is Form.COLUMN and not self.has_steps(each) and len(factors) > 1:
                others = [other for at, other in enumerate(factors) if at != place]
                if any(self.form(other) is Form.MATRIX and not isinstance(other, Transpose) for other in others):
                    factors[place] = Row(each)
        return sp.Mul(*factors, evaluate=False)

    def wide(self, expr: Expr) -> Expr:
        """A value in the form MATRIX; a number stays as it is."""
        if self.is_number(expr) or self.form(expr) is Form.MATRIX:
            return expr
        if isinstance(expr, sp.Pow):
            return sp.Pow(Wide(expr.base), expr.exp, evaluate=False)
        if isinstance(expr, sp.Mul) and expr.args[0].is_Number:
            return sp.Mul(expr.args[0], Wide(mul(*expr.args[1:])), evaluate=False)
        return Wide(expr)

    def _factors(self, expr: Expr) -> Iterator[Expr]:
        """The factors of a product in the form MATRIX; neighbours of one column are multiplied first."""
        flat = [each for factor in expr.args for each in (factor.args if self.is_outer(factor) else (factor,))]
        for narrow, group in groupby(flat, key=lambda each: not self.is_number(each) and self.columns(each) == 1):
            if narrow:
                yield self.wide(mul(*group))
            else:
                yield from map(self.wide, group)

    def is_outer(self, expr: Expr) -> bool:
        """Whether a value is the product of a column with a row."""
        return isinstance(expr, MatMul) and self.varies(expr) and self.columns(expr.args[0]) == 1 and self.columns(expr) != 1

    # Sums over the batch

    def collected(self, expr: Expr) -> Expr:
        """The adjoint of what is the same in all sequences, as the sum of what they contribute."""
        if isinstance(expr, sp.Add):
            return nodes.add(*map(self.collected, expr.args))
        if self._is_collected(expr) or isinstance(expr, nodes.Zeros):
            return expr
        if isinstance(expr, OverTime):
            return OverAll(expr.args[0])
        if isinstance(expr, sp.Mul) and expr.args[0].is_Number:
            return mul(expr.args[0], self.collected(mul(*expr.args[1:])))
        if isinstance(expr, nodes.Stack):
            return nodes.Stack(*map(self.collected, expr.args))
        if isinstance(expr, nodes.Solve):
            matrix, right = expr.args
            return OverBatch(expr) if self.varies(matrix) else nodes.Solve(matrix, self.collected(right))
        if isinstance(expr, nodes.Linear) and not expr.multilinear:
            return nodes.rebuild(expr, (self.collected(expr.args[0]), *expr.args[1:]))
        return OverBatch(expr)

    def _is_collected(self, expr: Expr) -> bool:
        """Whether it reads an adjoint that is the same in all sequences."""
        names = [str(leaf) for leaf in nodes.leaves(expr) if isinstance(leaf, sp.Symbol)]
        return any(self.system[name].kind is Kind.ADJOINT and name not in self.varying for name in names)


def is_sequence(expr: Expr) -> bool:
    """Whether a value is one at each t, also among the operations of this file."""
    if isinstance(expr, (OverAll, OverBatch)):
        return False
    if isinstance(expr, (sp.Indexed, OverTime)) or not expr.args:
        return nodes.is_sequence(expr)
    return any(is_sequence(part) for part in expr.args)
