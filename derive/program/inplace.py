"""A statement in a loop as calls that write into arrays which are there before it, so that a step makes none.

    np.matmul(U, h[t - 1], out=a)          # a_t = p_t + U h_{t-1}
    a += p[here]
    np.multiply(f[t], c[t - 1], out=c[t])  # c_t = f_t * c_{t-1} + i_t * g_t
    np.multiply(i[t], g[t], out=spare)
    np.add(c[t], spare, out=c[t])

For functions that take no such array, and for operands that are smaller than the statement, a step makes new ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.algebra.rules import rule
from derive.program.arrays import sides
from derive.program.assignments import Assignment, same
from derive.program.buffers import Buffers
from derive.program.forms import Row, Wide
from derive.program.functions import writes_out
from derive.program.layout import Beside
from derive.program.lines import Line
from derive.program.spelling import times

SIGNS = {"add": "+=", "subtract": "-=", "multiply": "*=", "divide": "/="}
"""The functions of two values that are computed in place, with their operators."""


@dataclass(frozen=True)
class InPlace(Assignment):
    """A statement whose lines in a loop write into arrays that are there."""

    def _plain(self, right: Expr, told: Expr, sign: str, is_added_to: bool) -> list[Line]:
        writer, target = self.writer, self.writer.target(self.statement.left)
        if self.variable.name not in writer.layout.varying:
            return super()._plain(right, told, sign, is_added_to)
        # A name for what another array holds; nothing else writes through it, as the statement has no branches.
        if "[" not in target and isinstance(self.right, sp.Indexed) and "[" in (read := self._right(right)):
            return [(f"{target} = {read}", self._comment(told))]
        is_register = self.variable.name in writer.storage.registers
        if "[" not in target and not is_register:
            self._buffers.rows.setdefault(target, self._rows)
        if sign == "+=":
            before, operand = self._operand(right, (target,))
            lines = [*before, _call("add", target, operand, target)]
        elif is_register and self.variable.name in map(nodes.name_of, nodes.leaves(right)):
            before, operand = self._operand(right, (target,))
            lines = [*before, _put(target, operand)]
        else:
            lines = self._into(right, target, (target,))
        first, *rest = lines
        return [(first, self._comment(told, sign)), *((line, "") for line in rest)]

    @property
    def _buffers(self) -> Buffers:
        assert self.writer.place.buffers is not None
        return self.writer.place.buffers

    @property
    def _rows(self) -> str:
        """The rows (and columns) of the value."""
        count = len(self.statement.names)
        return times(count, self.variable.shape[0]) if count > 1 else sides(self.variable)

    def _into(self, expr: Expr, target: str, busy: tuple[str, ...]) -> list[str]:
        """The lines that compute a value in an array; `busy` are those that hold others, and this one."""
        expr = self._elementwise(expr)
        if not self._is_computed(expr):
            return [_put(target, self._right(expr))]
        match expr:
            case sp.Add():
                return self._sum(self._operands_of(expr), target, busy)
            case sp.Mul():
                return self._product(expr, target, busy)
            case sp.Pow() if expr.exp == -1:
                return self._folded(sp.Integer(1), [("divide", expr.base)], target, busy)
            case sp.Pow():
                lines, base = self._within(expr.base, target, busy)
                return [*lines, f"np.square({base}, out={target})" if expr.exp == 2 else
                        f"np.power({base}, {self.writer.write(expr.exp)}, out={target})"]  # fmt: skip
            case nodes.MatMul():
                left, right = map(self.writer.write, expr.args)
                return [f"np.matmul({left}, {right}, out={target})"]
        lines, operand = self._within(expr.args[0], target, busy)
        return [*lines, f"{rule(type(expr)).numpy}({operand}, out={target})"]

    def _sum(self, terms: tuple[Expr, ...], target: str, busy: tuple[str, ...]) -> list[str]:
        signed = [self.writer.signed(term) for term in terms]
        added = [term for is_negative, term in signed if not is_negative]
        if not added:
            return [*self._sum(tuple(term for _, term in signed), target, busy), f"np.negative({target}, out={target})"]
        first, others = self._head(added)
        taken = [term for is_negative, term in signed if is_negative]
        return self._folded(first, [*(("add", term) for term in others), *(("subtract", term) for term in taken)], target, busy)

    def _product(self, expr: Expr, target: str, busy: tuple[str, ...]) -> list[str]:
        if expr.args[0] == -1:
            lines, operand = self._within(self.writer.signed(expr)[1], target, busy)
            return [*lines, f"np.negative({operand}, out={target})"]
        factors = self._operands_of(expr)
        above = [each for each in factors if not _is_inverse(each)] or [sp.Integer(1)]
        first, others = self._head(above)
        below = [each.base for each in factors if _is_inverse(each)]
        return self._folded(first, [*(("multiply", each) for each in others), *(("divide", each) for each in below)], target, busy)

    def _head(self, operands: list[Expr]) -> tuple[Expr, list[Expr]]:
        """With which of some operands to begin, one that is computed in the array of the whole if there is one; and the others."""
        at = next((place for place, each in enumerate(operands) if self._is_computed(each)), 0)
        return operands[at], [*operands[:at], *operands[at + 1 :]]

    def _folded(self, first: Expr, rest: list[tuple[str, Expr]], target: str, busy: tuple[str, ...]) -> list[str]:
        """A value, and functions of what is there so far and of others, one after the other."""
        lines, value = self._within(first, target, busy)
        for function, each in rest:
            before, operand = self._operand(each, busy) if value == target else self._within(each, target, busy)
            lines += [*before, _call(function, value, operand, target)]
            value = target
        return lines

    def _within(self, expr: Expr, target: str, busy: tuple[str, ...]) -> tuple[list[str], str]:
        """A value as an operand, computed in an array that is free: the lines before it, and its code."""
        is_computed = self._is_computed(self._elementwise(expr))
        return (self._into(expr, target, busy), target) if is_computed else ([], self._written(expr))

    def _operand(self, expr: Expr, busy: tuple[str, ...]) -> tuple[list[str], str]:
        """A value as an operand, computed in a spare array: the lines before it, and its code."""
        if not self._is_computed(self._elementwise(expr)):
            return [], self._written(expr)
        spare = self._buffers.spare(self._rows, busy)
        return self._into(expr, spare, (*busy, spare)), spare

    def _written(self, expr: Expr) -> str:
        """An operand as an argument."""
        written = self.writer.write(expr)
        return written[1:-1] if expr.is_Number and written.startswith("(") else written

    def _elementwise(self, expr: Expr) -> Expr:
        """The product of a column with a row as that of their entries."""
        is_outer = isinstance(expr, nodes.MatMul) and self.writer.forms.is_outer(expr)
        return sp.Mul(*expr.args, evaluate=False) if is_outer else expr

    def _operands_of(self, expr: Expr) -> tuple[Expr, ...]:
        """The operands of a sum or product, in one form."""
        return tuple(self.writer.of_one_form(expr).args)

    def _is_computed(self, expr: Expr) -> bool:
        """Whether a value is computed by calls that take an array for it, and has the rows and columns of the statement."""
        match expr:
            case sp.Add() | sp.Mul() | sp.Pow():
                is_call = True
            case nodes.MatMul():
                is_call = self.writer.is_plain_product(expr) and self.writer.forms.fills(expr.args[1])
            case nodes.Elementwise():
                is_call = writes_out(rule(type(expr)).numpy)
            case _:
                is_call = False
        return (
            is_call and self.writer.forms.fills(expr) and same(self.writer.system.shape(nodes.rewrite(expr, _first)), self.variable.shape)
        )


def _first(part: Expr) -> Expr | None:
    """Of leaves side by side the first one, of a value in another form the value."""
    return nodes.rewrite(part.args[0], _first) if isinstance(part, (Beside, Wide, Row)) else None


def _is_inverse(factor: Expr) -> bool:
    return isinstance(factor, sp.Pow) and factor.exp == -1


def _put(target: str, written: str) -> str:
    """The line that copies a value into an array."""
    return f"{target} = {written}" if "[" in target else f"{target}[:] = {written}"


def _call(function: str, value: str, operand: str, target: str) -> str:
    """The line that computes a function of two values in an array; where that is the first one, and has a name, by an operator."""
    is_own = value == target and "[" not in target
    return f"{target} {SIGNS[function]} {operand}" if is_own else f"np.{function}({value}, {operand}, out={target})"
