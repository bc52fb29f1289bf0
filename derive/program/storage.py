"""Where each sequence of a program is kept: over all t, for one step, or from one step to the next.

A sequence that is kept over time is an array (T, rows, batch), counted from 0: h[t] is the value of step t + 1. Boundary values stand in
further rows behind those of the steps: what is read after the last step first, then what is read before the first one, so that h[-1] is
the initial state and h[t - 1] reads as in the equation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.program.layout import Statement
from derive.program.prepare import Part, Program
from derive.system import Boundary, Equation, Kind, Role, System


@dataclass(frozen=True)
class Storage:
    """The storage of a program's sequences."""

    program: Program

    @cached_property
    def reach(self) -> dict[str, tuple[int, int]]:
        """By sequence, the least and greatest offset at which any part reads it outside a register; of a state, at which any equation does, since
        as many values are given, also where what reads them is not computed.
        """
        whole = self.program.derivation.forward
        given = [each.name for each in whole.states if each.boundary is not Boundary.ZERO]
        found: dict[str, tuple[int, int]] = {name: whole.reach[name] for name in given}
        for part in (self.program.forward, self.program.backward):
            for name, (low, high) in part.system.reach.items():
                if name not in self.registers:
                    before = found.get(name, (0, 0))
                    found[name] = (min(low, before[0]), max(high, before[1]))
        return found

    @cached_property
    def registers(self) -> frozenset[str]:
        """Sequences of which only the value of the step before is wanted, so that one array serves."""
        return frozenset(name for part in (self.program.forward, self.program.backward) for name in self._registers(part))

    def _registers(self, part: Part) -> list[str]:
        found = []
        for block, statements in zip(part.blocks, part.statements, strict=True):
            written = {name: at for at, statement in enumerate(statements) for name in statement.names}
            inner = block.names
            for name in written:
                if not block.is_loop or part.system[name].boundary is not Boundary.ZERO or name in self.program.layout.packs:
                    continue
                if name in self._other(part).readers:
                    continue
                readers = part.system.readers.get(name, [])
                inside = all((e.name in inner and not e.is_boundary) or self._at_the_end(e, leaf, block.direction) for e, leaf in readers)
                steps = [(e, nodes.offset(leaf)) for e, leaf in readers if not e.is_boundary]
                in_time = all(by == -block.direction and written.get(e.name, -1) <= written[name] for e, by in steps)
                if readers and inside and in_time and name not in part.system.outputs:
                    found.append(name)
        return found

    @staticmethod
    def _at_the_end(equation: Equation, leaf: Expr, direction: int) -> bool:
        """Whether a boundary equation reads the value that is there when the loop is over."""
        return equation.is_boundary and leaf.indices[0] == (1 if direction < 0 else nodes.T)

    @cached_property
    def kept(self) -> frozenset[str]:
        """Sequences (and packs) that are kept over time."""
        layout = self.program.layout
        alone = {name for part in (self.program.forward, self.program.backward) for name in self._kept(part)}
        packs = {pack.name for name, pack in layout.packs.items() if name in alone}
        return frozenset(alone | packs | {name for name, pack in layout.packs.items() if pack.name in packs})

    @cached_property
    def filled(self) -> frozenset[str]:
        """Sequences whose values loops put into arrays, which have the module's dtype."""
        blocks = (*self.program.forward.blocks, *self.program.backward.blocks)
        return frozenset(name for block in blocks if block.is_loop for name in block.names if name in self.kept)

    @cached_property
    def multiplied(self) -> frozenset[str]:
        """Sequences of columns (and packs) whose values are factors of a matrix product at all t at once."""
        layout = self.program.layout
        found = {name for part in (self.program.forward, self.program.backward) for name in self._factors(part)}
        return frozenset(layout.packs[name].name if name in layout.packs else name for name in found)

    @staticmethod
    def _factors(part: Part) -> Iterator[str]:
        """The sequences that are read at t as factors of matrix products outside loops."""
        for equation in (equation for block in part.blocks if not block.is_loop for equation in block.equations):
            for product in (each for each in nodes.parts(equation.right) if isinstance(each, nodes.MatMul)):
                for factor in (each.args[0] if isinstance(each, nodes.Transpose) else each for each in product.args):
                    if isinstance(factor, sp.Indexed) and nodes.offset(factor) == 0 and part.system.shape(factor)[1] == 1:
                        yield nodes.name_of(factor)

    def _kept(self, part: Part) -> set[str]:
        read_there = self._other(part).readers
        found = {
            name for name in part.system.readers if part.system[name].is_sequence and part.system[name].role in (Role.INPUT, Role.CLOCK)
        }
        for block, statements in zip(part.blocks, part.statements, strict=True):
            inner = block.names
            for statement in statements:
                for name in statement.names:
                    if not part.system[name].is_sequence or name in self.registers:
                        continue
                    if not block.is_loop or name in read_there or self._read_outside(part, name, inner) or self._in_pieces(statement):
                        found.add(name)
        return found

    def asked(self, part: Part) -> set[str]:
        """The sequences of a part that others want at all steps: what goes out, states with a value at the end, and what the other part reads."""
        forward = self.program.derivation.forward
        if part is self.program.forward:
            return {*part.system.outputs, *(each.name for each in forward.states), *self._other(part).readers}
        given = {each.name for each in forward.inputs}
        return {name for name, each in part.system.variables.items() if each.kind is Kind.ADJOINT and each.of in given}

    def _other(self, part: Part) -> System:
        """The system of the other part."""
        return (self.program.backward if part is self.program.forward else self.program.forward).system

    @cached_property
    def _ends(self) -> frozenset[str]:
        """The states, whose values at the last step go out."""
        return frozenset(each.name for each in self.program.derivation.forward.states)

    def _read_outside(self, part: Part, name: str, inside: frozenset[str]) -> bool:
        if name in self._ends or name in part.system.outputs or part.system.reach[name] != (0, 0):
            return True
        return any(e.name not in inside or e.is_boundary for e, _ in part.system.readers.get(name, ()))

    def _in_pieces(self, statement: Statement) -> bool:
        """Whether a statement writes a part of a pack only."""
        pack = self.program.layout.packs.get(statement.names[0])
        return pack is not None and pack.members != statement.names

    def rows(self, name: str) -> tuple[int, int]:
        """How many boundary rows a sequence has: (after the last step, before the first one)."""
        low, high = self.reach.get(name, (0, 0))
        return high, -low
