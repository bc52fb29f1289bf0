"""A statement of a program as lines of NumPy: for one t, for all t at once, or at the steps of a clock alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.clocks import Clock
from derive.algebra.nodes import Expr
from derive.algebra.shapes import Shape
from derive.notation.write import text
from derive.program.aliases import viewed
from derive.program.arrays import sides
from derive.program.clocked import Only, Where, clock_of, split
from derive.program.layout import Beside, Layout, Statement
from derive.program.lines import Branch, Line
from derive.program.spelling import NumPy, times
from derive.system import Kind, Variable


def rows(statement: Statement, layout: Layout) -> str:
    """The rows (and columns) of the array that a statement writes."""
    first = layout.variables[statement.names[0]]
    pack = layout.packs.get(first.name)
    return times(len(pack.members), first.shape[0]) if pack else sides(first)


def own_rows(statement: Statement, layout: Layout) -> str:
    """The rows (and columns) that a statement writes, which may be some of those of its array."""
    first = layout.variables[statement.names[0]]
    return times(len(statement.names), first.shape[0]) if first.name in layout.packs else sides(first)


def home(statement: Statement, layout: Layout) -> str:
    """The pack or variable that a statement writes."""
    pack = layout.packs.get(statement.names[0])
    return pack.name if pack else statement.names[0]


def is_piece(statement: Statement, layout: Layout) -> bool:
    """Whether a statement writes a part of a pack."""
    pack = layout.packs.get(statement.names[0])
    return pack is not None and pack.members != statement.names


@dataclass(frozen=True)
class Assignment:
    """A statement and how its lines are written.

    Attributes:
        writer: writes expressions at the place where the statement stands.
        target: what is assigned to, outside loops.
    """

    writer: NumPy
    statement: Statement
    target: str = ""

    @property
    def right(self) -> Expr:
        """What is computed, over packs where there are some."""
        return self.writer.prepared(self.statement.right(self.writer.layout))

    @property
    def told(self) -> Expr:
        """What is computed as the first of the equations has it."""
        return self.statement.equations[0].right

    @property
    def variable(self) -> Variable:
        """The first variable that is defined."""
        return self.writer.system[self.statement.names[0]]

    # For one t

    def step(self) -> list[Line | Branch]:
        """The lines for one t, in branches where clocks decide."""
        return self._step(self.right, self.told, "=", False)

    def _step(self, right: Expr, told: Expr, sign: str, is_added_to: bool) -> list[Line | Branch]:
        if isinstance(right, (Only, Where)):
            clock = self._clock(clock_of(right))
            lines = [tuple(self._step(*both, sign, is_added_to)) for both in zip(right.args[1:], told.args[1:], strict=True)]
            return [Branch(clock.now, clock.written("t"), *lines)]
        (rest, branches), (rest_told, branches_told) = split(right), split(told)
        if not branches:
            return [*self._plain(right, told, sign, is_added_to)]
        pairs = list(zip(branches, branches_told, strict=True))
        if rest != 0 or not isinstance(branches[0], Where):
            zeros = nodes.Zeros(*self.variable.shape)
            pairs.insert(0, (zeros, zeros) if rest == 0 else (rest, rest_told))
        signs = [sign, *("+=" for _ in pairs[1:])]
        return [line for both, own in zip(pairs, signs, strict=True) for line in self._step(*both, own, True)]

    def _plain(self, right: Expr, told: Expr, sign: str, is_added_to: bool) -> list[Line]:
        """The lines of what has no branches; `is_added_to` says that others add to it in place."""
        target = self.writer.target(self.statement.left)
        written = self.writer.write(right) if sign == "+=" else self._right(right)
        if sign == "=" and "[" not in target and (is_added_to or self._lies_in_register(right)):
            written = self._owned(right, written)
        return [(self._put(target, sign, written), self._comment(told, sign))]

    # For all t at once

    def at_once(self, sign: str = "=") -> list[Line]:
        """The lines for all t, or for the steps of a clock; with the sign += what is added for a chunk of the steps."""
        if isinstance(self.right, Only):
            return [self._at_steps(self.right, self.told, "=")]
        (rest, branches), (rest_told, branches_told) = split(self.right), split(self.told)
        if branches and rest == 0:
            rest = rest_told = nodes.Zeros(*self.variable.shape)
        written = self._owned(rest, self._right(rest)) if branches and "[" not in self.target else self._right(rest)
        lines = self._summed(rest, rest_told) or [(f"{self.target} {sign} {written}", self._comment(rest_told))]
        return [*lines, *(self._at_steps(*both, "+=") for both in zip(branches, branches_told, strict=True))]

    def _summed(self, right: Expr, told: Expr) -> list[Line]:
        """A product and what is added to it, in place; nothing where the right side is no such sum, or is no array of its own."""
        first, *rest = right.args if isinstance(right, sp.Add) else (right,)
        is_whole = same(self.writer.system.shape(first), self.variable.shape)
        if not rest or not is_whole or not self.writer.is_product_at_all(first) or "[" in self.target:
            return []
        line = (f"{self.target} = {self.writer.write(first)}", self._comment(told))
        return [line, (f"{self.target} += {self.writer.write(nodes.add(*rest))}", "")]

    def _at_steps(self, right: Expr, told: Expr, sign: str) -> Line:
        own = replace(self, writer=self.writer.at_steps(clock_of(right)))
        target = own.writer.target(self.statement.left) if sign == "=" else own.writer.ticked(self.target.removesuffix("[:]"))
        return self._put(target, sign, own._right(right.args[1])), self._comment(told, sign)

    def _put(self, target: str, sign: str, written: str) -> str:
        """The line that gives a target a value, or adds one to it."""
        return f"{target} {sign} {written}"

    # Right sides

    def _owned(self, right: Expr, written: str) -> str:
        """A value with memory of its own, so that others can be added to it and what it is computed from may change; of the dtype of all."""
        is_view = isinstance(viewed(right, self.writer.system), (sp.Indexed, sp.Symbol, Beside))
        has_dtype = any(nodes.name_of(leaf) in self.writer.storage.filled for leaf in nodes.leaves(right))
        return f"np.array({written}, dtype)" if self.writer.forms.fills(right) and (is_view or not has_dtype) else written

    def _lies_in_register(self, right: Expr) -> bool:
        """Whether a value may be a view of an array of which each step writes over what the one before has left."""
        leaf = viewed(right, self.writer.system)
        return isinstance(leaf, sp.Indexed) and nodes.sequence_name(leaf) in self.writer.storage.registers

    def _right(self, right: Expr) -> str:
        """A right side with all the axes that the left one has."""
        writer, variable = self.writer, self.variable
        if variable.name not in writer.layout.varying:
            return self._fixed(right)
        if isinstance(right, nodes.Zeros):
            return writer.zeros(right, self.statement.equations[0].left)
        if not isinstance(self.statement.left, Beside) and not same(writer.system.shape(right), variable.shape):
            right = nodes.Broadcast(right, *variable.shape)
        if not writer.forms.fills(right) or writer.forms.has_steps(right) != writer.forms.has_steps(variable.symbol):
            return writer.spread(right, own_rows(self.statement, writer.layout), self.statement.equations[0].left)
        return writer.write(right)

    def _fixed(self, right: Expr) -> str:
        """A value that is the same in all sequences: what it is computed from, or an adjoint as the sum of all contributions."""
        writer, variable = self.writer, self.variable
        if variable.kind is Kind.ADJOINT:
            right = writer.forms.collected(right)
        if isinstance(right, nodes.Constant) or (nodes.leaves(right) and same(writer.system.shape(right), variable.shape)):
            return writer.write(right)
        return writer.write(nodes.Broadcast(right, *variable.shape))

    def _comment(self, told: Expr, sign: str = "=") -> str:
        """The equations that a line computes, and at which steps."""
        first, *alike = self.statement.equations
        system = self.writer.system
        line = f"({first.number}) {text(first.left, system)} {sign} {text(nodes.rewrite(told, _inside), system)}"
        line += "".join(f", ({each.number}) {text(each.left, system)}" for each in alike) + (" alike" if alike else "")
        clocks = dict.fromkeys(clock_of(part) for part in nodes.parts(told) if isinstance(part, Only))
        return line + "".join(f" where {self._clock(clock).written('t')}" for clock in clocks)

    def _clock(self, name: str) -> Clock:
        clock = self.writer.system[name].clock
        assert clock is not None
        return clock


def _inside(part: Expr) -> Expr | None:
    return nodes.rewrite(part.args[1], _inside) if isinstance(part, Only) else None


def same(one: Shape, other: Shape) -> bool:
    """Whether two shapes are one."""
    return all(a == b or sp.expand(a - b) == 0 for a, b in zip(one, other, strict=True))
