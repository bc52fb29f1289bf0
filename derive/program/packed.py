"""Expressions over packed sequences in NumPy: the steps of all sequences of a batch side by side, as the columns of one array.

There is no axis of steps. A value at all steps is (rows, columns), and so what computes it reads as what computes one step of a batch does;
within a loop it is the columns of the sequences that are running, `now`, or those of some steps before, `lag`. A value that is one for each
sequence is (rows, batch), and `columns` tells which of its columns belongs to which step.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, OverTime
from derive.program.arrays import is_column
from derive.program.clocked import Only, clock_of
from derive.program.forms import OverAll, OverBatch, is_sequence
from derive.program.layout import Layout
from derive.program.products import Products
from derive.program.spelling import NumPy, Place, steps_of
from derive.program.storage import Storage
from derive.system import System


def numbered(name: str, steps: int) -> str:
    """A name for what is so many steps away: lag, lag_2."""
    return name if steps == 1 else f"{name}_{steps}"


class Packed(NumPy):
    """Writes expressions of one part of a program at one place.

    Attributes:
        of_steps: whether the value is one at each step, and not one for each sequence.
        ticking: where the columns stand that a sum over time takes; "" for all.
    """

    def __init__(self, system: System, layout: Layout, storage: Storage, place: Place, of_steps: bool, ticking: str = "") -> None:
        super().__init__(system, layout, storage, place)
        self.forms = replace(self.forms, in_loop=True, clocks=frozenset(), positions=frozenset())
        self.of_steps, self.ticking = of_steps, ticking
        self.in_loop = of_steps and place.in_loop
        at_once = f"len({place.steps})" if place.steps else "columns.count"
        self.width = "batch" if not of_steps else "width" if self.in_loop else at_once

    def at_steps(self, clock: str) -> Packed:
        return Packed(self.system, self.layout, self.storage, replace(self.place, steps=steps_of(clock)), True)

    # Reads

    def stored(self, names: tuple[str, ...], time: Expr | None) -> str:
        written = super().stored(names, time)
        if time is None:
            return self._at_columns(written, names[0]) if names[0] in self.layout.varying else written
        return self._indexed(written, names[0], ":width") if names[0] in self.storage.registers and self.in_loop else written

    def _at_columns(self, written: str, name: str) -> str:
        """A value that is one for each sequence, at the steps where the code stands."""
        return self._indexed(written, name, self._sequence_at()) if self.of_steps else written

    def _sequence_at(self) -> str:
        """The place of the sequence of each column."""
        if self.in_loop:
            return ":width"
        return f"columns.sequence[{self.place.steps}]" if self.place.steps else "columns.sequence"

    def _indexed(self, written: str, name: str, columns: str, rows: str = "") -> str:
        """Some columns of an array that is the value of that name, or a pack of such."""
        is_matrix = name in self.layout.variables and not is_column(self.layout.variables[name])
        return f"{written}[{'...' if is_matrix else rows or ':'}, {columns}]"

    def _in_time(self, base: str, rows: str, time: Expr) -> str:
        name, offset = self._original(base), time - nodes.t
        if nodes.t not in time.free_symbols:
            step = str((time - 1).subs(nodes.T, sp.Symbol("columns.lengths")))
            return self._indexed(base, name, f"columns.single({step})", rows)
        if not self.in_loop:
            return self._whole(base, rows, int(offset))
        if offset > 0:
            return self._indexed(base, name, f"{numbered('leading', int(offset))}[now]", rows)
        return self._indexed(base, name, "now" if offset == 0 else numbered("lag", int(-offset)), rows)

    def _whole(self, base: str, rows: str, offset: int) -> str:
        name, steps = self._original(base), self.place.steps
        if offset:
            index = numbered("lagged" if offset < 0 else "leading", abs(offset))
            return self._indexed(base, name, f"{index}[{steps}]" if steps else index, rows)
        if steps or any(self.storage.rows(name)):
            return self._indexed(base, name, steps or ":columns.count", rows)
        return f"{base}[{rows}]" if rows else base

    def ticked(self, target: str) -> str:
        return f"{target}[..., {self.place.steps}]"

    # Products and sums over steps: over the columns, of each sequence or of all

    def _is_at_all(self, expr: Expr) -> bool:
        return self.of_steps and not self.in_loop and is_sequence(expr)

    def _is_summed(self, expr: Expr, axis: str) -> bool:
        return is_sequence(expr) if axis == "t" else super()._is_summed(expr, axis)

    def _total(self, kind: type[Expr], expr: Expr) -> tuple[str, int]:
        if not isinstance(expr, Only):
            return super()._total(kind, expr)
        if not is_sequence(expr.args[1]):
            return self._total(kind, nodes.mul(self.system[clock_of(expr)].symbol, expr.args[1]))
        inner = Packed(self.system, self.layout, self.storage, self.place, self.of_steps, steps_of(clock_of(expr)))
        return inner._total(kind, expr.args[1])

    def _product_total(self, kind: type[Expr], expr: Expr) -> tuple[str, int]:
        if kind is OverTime:
            return self._plain_total(kind, expr)
        return Products._product_total(self._inside, OverBatch, expr) if kind is OverAll else super()._product_total(kind, expr)

    def _plain_total(self, kind: type[Expr], expr: Expr) -> tuple[str, int]:
        inside = self._inside
        if kind is OverAll:
            return Products._plain_total(inside, OverBatch, expr)
        if kind is OverBatch:
            return super()._plain_total(kind, expr)
        written = f"by_sequence({inside.write(expr)}, {inside._sequence_at()}, batch)"
        return f"{written}[..., {self._sequence_at()}]" if self.of_steps else written, 5

    @property
    def _inside(self) -> Packed:
        """The writer for what is summed over time."""
        return Packed(self.system, self.layout, self.storage, Place(0, self.place.views, self.ticking), True)
