"""Expressions and assignments of a program in NumPy.

Values are feature-major: (rows, batch) within a step, (T, rows, batch) for the whole sequence, so that W @ x reads as in the equations and
rows are the second axis from the end in both; matrices have an axis of columns between rows and batch. What is the same for all sequences
of a batch is (rows, columns).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from derive.algebra import nodes, shapes
from derive.algebra.nodes import Expr
from derive.algebra.rules import RULES
from derive.notation.write import ATOM, POWER, joined_signs
from derive.program.buffers import Buffers
from derive.program.forms import Form, Forms, Row, Wide
from derive.program.identifiers import identifier, original
from derive.program.layout import Beside, Layout
from derive.program.numbers import is_number, literal
from derive.program.products import SUMS, Products
from derive.program.storage import Storage
from derive.system import System

SPAN = "span"
"""The number of steps of a chunk, in code."""


@dataclass
class Place:
    """Where code stands: in a loop over t (`direction`), for all t at once (0), or for those in the array named `steps`.

    `views` are members of packs with names of their own, `local` what is kept for the steps of a chunk alone; None where there are no chunks.
    `buffers` are the arrays that steps write into; None where each makes new ones.
    """

    direction: int = 0
    views: frozenset[str] = frozenset()
    steps: str = ""
    local: frozenset[str] | None = None
    buffers: Buffers | None = None

    @property
    def in_loop(self) -> bool:
        """Whether there is a t."""
        return self.direction != 0


def steps_of(clock: str) -> str:
    """The name of the array of the steps at which a clock is 1."""
    return f"at_{clock}"


class NumPy(Products):
    """Writes expressions of one part of a program at one place.

    Attributes:
        width: the length of the last axis, as code.
        library: the name of the module whose functions are called.
    """

    width = "batch"
    library = "np"

    def __init__(self, system: System, layout: Layout, storage: Storage, place: Place) -> None:
        super().__init__(system.variables, system.shapes)
        self.system, self.layout, self.storage, self.place = system, layout, storage, place
        positions = frozenset(name for name, clock in system.clocks.items() if clock.kind == "position")
        self.forms = Forms(system, layout.varying, place.in_loop, frozenset(system.clocks), positions)
        self.length = f"len({place.steps})" if place.steps else "T" if place.local is None else SPAN

    def at_steps(self, clock: str) -> NumPy:
        """The writer for the steps of a clock, all at once."""
        return type(self)(self.system, self.layout, self.storage, replace(self.place, steps=steps_of(clock)))

    def prepared(self, right: Expr) -> Expr:
        """A right side as it is to be written at this place."""
        return right

    def ticked(self, target: str) -> str:
        """The part of a sequence at the steps of the place."""
        return f"{target}[{self.place.steps}]"

    # What is special to arrays with a batch axis

    def _write(self, expr: Expr) -> tuple[str, int]:
        if isinstance(expr, Beside):
            return self.target(expr), ATOM
        if isinstance(expr, Row):
            return self._write(expr.args[0].args[0])
        if isinstance(expr, Wide):
            return self._wide(expr.args[0]), ATOM
        if isinstance(expr, SUMS):
            return self._total(type(expr), expr.args[0])
        if isinstance(expr, nodes.MatMul):
            return self._matmul(expr)
        if isinstance(expr, nodes.Solve):
            return self._solved(*expr.args)
        if isinstance(expr, nodes.Zeros):
            return self.zeros(expr), ATOM
        if isinstance(expr, nodes.Stack) and self.forms.varies(expr):
            return self._stacked(expr), ATOM
        if isinstance(expr, nodes.Slice):
            return self._sliced(expr), ATOM
        if isinstance(expr, nodes.Broadcast):
            return self._broadcast(expr), ATOM
        if isinstance(expr, nodes.Transpose) and self.forms.varies(expr):
            return self._transposed(expr.args[0]), ATOM
        if isinstance(expr, (sp.Add, sp.Mul)):
            return super()._write(self.of_one_form(expr))
        if isinstance(expr, nodes.Composite) and self._is_matrix(expr):
            if len(expr.args) > 1:
                return self.call(type(expr), [self.write(self.forms.wide(each)) for each in expr.args]), ATOM
            return self.swapped(self.call(type(expr), [self._swapped(expr.args[0])]), -3, -2), ATOM
        if isinstance(expr, (nodes.SumRows, nodes.MeanRows, nodes.SumColumns)):
            return self._reduced(expr), ATOM
        if isinstance(expr, (nodes.Elementwise, nodes.Composite)) and any(map(is_number, expr.args)):
            return self._of_numbers(expr), ATOM
        return super()._write(expr)

    def _of_numbers(self, expr: Expr) -> str:
        """A function of what is no array, as that of an array of one entry; so it has the dtype of the others."""
        return self.call(type(expr), [self.filled("(1, 1)", each) if is_number(each) else self.write(each) for each in expr.args])

    def of_one_form(self, expr: Expr) -> Expr:
        """A sum or product with operands whose arrays have the same axes."""
        is_done = any(isinstance(part, (Row, Wide)) for part in expr.args)
        return self.forms.widened(expr) if self._is_matrix(expr) and not is_done else expr

    def _swapped(self, matrix: Expr) -> str:
        """A matrix with its axes swapped, so that its rows stand where those of a column do."""
        is_twice = isinstance(matrix, nodes.Transpose) and self._is_matrix(matrix.args[0])
        return self.write(matrix.args[0]) if is_twice else self.swapped(self.write(matrix, ATOM), -3, -2)

    def _is_matrix(self, expr: Expr) -> bool:
        return self.forms.form(expr) is Form.MATRIX

    def _steps(self, expr: Expr) -> str:
        """The axis T of a value as it stands in an index."""
        return ":, " if self.forms.has_steps(expr) else ""

    def _wide(self, expr: Expr) -> str:
        """A column as a matrix of one column, or a fixed value with a batch axis."""
        is_fixed = self.forms.form(expr) is Form.FIXED
        return self.part(self.write(expr, ATOM), "..., None" if is_fixed else f"{self._steps(expr)}:, None")

    def _transposed(self, expr: Expr) -> str:
        """A column as a row, a row as a column, a matrix with its axes swapped."""
        written = self.write(expr, ATOM)
        if self.system.shape(expr) == shapes.SCALAR:
            return written
        if not self._is_matrix(expr):
            return self.part(written, f"{self._steps(expr)}None")
        return self.part(written, f"{self._steps(expr)}0") if self.system.shape(expr)[0] == 1 else self.swapped(written, -3, -2)

    def _reduced(self, expr: Expr) -> str:
        """A sum over rows or columns."""
        inner = self.write(expr.args[0])
        if isinstance(expr, (nodes.SumRows, nodes.MeanRows)):
            function = "sum" if isinstance(expr, nodes.SumRows) else "mean"
            return f"{self.library}.{function}({inner}, axis={-3 if self._is_matrix(expr.args[0]) else -2}, keepdims=True)"
        match self.forms.form(expr.args[0]):
            case Form.FIXED:
                return f"{self.library}.sum({inner}, axis=-1, keepdims=True)"
            case Form.COLUMN:
                return inner
            case Form.MATRIX:
                return f"{self.library}.sum({inner}, axis=-2)"

    def zeros(self, shape: Expr, like: Expr | None = None) -> str:
        """Zeros of some rows and columns: fixed ones, or in the form of what they are `like`."""
        rows, columns = shape.args
        return self.filled(self._extent(rows, columns, like))

    def spread(self, expr: Expr, rows: str, like: Expr) -> str:
        """A value as an array of its own, of so many rows (and columns), with all the axes of what it is `like`."""
        value = self.forms.wide(expr) if self._is_matrix(like) else expr
        steps = f"{self.length}, " if self.forms.has_steps(like) else ""
        return self.filled(f"({steps}{rows}, {self.width})", value)

    def _extent(self, rows: Expr, columns: Expr, like: Expr | None) -> str:
        """The axes of an array of some rows and columns, in the form of what it is `like`."""
        sides = [self.size(rows), *([self.size(columns)] if columns != 1 or like is None else [])]
        if like is not None:
            sides = [*([self.length] if self.forms.has_steps(like) else []), *sides, self.width]
        return f"({', '.join(sides)})"

    def _broadcast(self, expr: Expr) -> str:
        inner, rows, columns = expr.args
        if not self.forms.varies(inner):
            return self.filled(f"({self.size(rows)}, {self.size(columns)})", inner)
        if columns != 1:
            return f"{self.library}.broadcast_to({self.write(self.forms.wide(inner))}, {self._extent(rows, columns, inner)})"
        return self.call(nodes.Broadcast, [self.write(inner), self.size(rows)]) if self.system.shape(inner)[0] == 1 else self.write(inner)

    def _stacked(self, expr: Expr) -> str:
        """Blocks below each other, all of them with the axes of the whole."""
        blocks = []
        for each in expr.args:
            rows, columns = self.system.shape(each)
            if isinstance(each, nodes.Zeros):
                blocks.append(self.zeros(each, expr))
            elif self.forms.fills(each) and self.forms.has_steps(each) == self.forms.has_steps(expr):
                blocks.append(self.write(each))
            else:
                value = self.forms.wide(each) if self._is_matrix(expr) else each
                blocks.append(self.filled(self._extent(rows, columns, expr), value))
        return self.joined(blocks, -3 if self._is_matrix(expr) else -2)

    def _sliced(self, expr: Expr) -> str:
        """Some rows: the first axis of a value at one t, the second one of a whole sequence."""
        whole, start, stop = expr.args
        return self.part(self.write(whole, ATOM), f"{self._steps(whole)}{'' if start == 0 else self.write(start)}:{self.write(stop)}")

    def flat(self, column: Expr) -> str:
        written = self.write(column)
        return f"flat_{written}" if isinstance(column, sp.Indexed) and written.startswith("previous(") else f"flat({written})"

    # Reads

    def read(self, name: str, time: Expr | None) -> str:
        return self.stored((name,), time)

    def target(self, left: Expr) -> str:
        """Names that lie side by side, or a single one, as they are read and written."""
        leaves = left.args if isinstance(left, Beside) else (left,)
        names = tuple(nodes.name_of(leaf) for leaf in leaves)
        return self.stored(names, leaves[0].indices[0] if isinstance(leaves[0], sp.Indexed) else None)

    def stored(self, names: tuple[str, ...], time: Expr | None) -> str:
        """The values of names that lie side by side, at a time."""
        run = None if len(names) == 1 and names[0] in self.place.views else self.layout.run(names)
        base = identifier(run[0].name if run else names[0])
        rows = self._rows(run[0].members, run[1], len(names)) if run else ""
        if time is None or names[0] in self.storage.registers or original(base) not in self.storage.kept:
            return self.part(base, rows) if rows else base
        return self._in_time(base, rows, time)

    def _rows(self, members: tuple[str, ...], start: int, count: int) -> str:
        """The rows of a part of a pack, ":n_h"; "" for all of it."""
        if count == len(members):
            return ""
        size = self.layout.variables[members[0]].shape[0]
        since = "" if start == 0 else times(start, size)
        until = "" if start + count == len(members) else times(start + count, size)
        return f"{since}:{until}"

    def _in_time(self, base: str, rows: str, time: Expr) -> str:
        if nodes.t not in time.free_symbols:
            index = str(time - 1)
        elif self.place.in_loop:
            index = "here" if self._is_local(base) else str(time)
        else:
            return self._whole(base, rows, int(time - nodes.t))
        return self.part(base, f"{index}, {rows}" if rows else index)

    def _whole(self, base: str, rows: str, offset: int) -> str:
        """A sequence at all t, or at those of the place; `offset` steps before or after."""
        if self.place.steps:
            index = str(sp.Symbol(self.place.steps) + offset)
            return f"{base}[{index}, {rows}]" if rows else f"{base}[{index}]"
        if self._is_local(base):
            return self.part(base, f":, {rows}") if rows else base
        if self.place.local is not None and offset:
            return f"shifted({self.part(base, f':, {rows}') if rows else base}, at, {offset})"
        if self.place.local is not None:
            return self.part(base, f"at, {rows}" if rows else "at")
        after, before = self.storage.rows(self._original(base))
        if offset < 0:
            part = self.part(base, f":, {rows}") if rows else base
            return f"previous({part}, T, {-offset})" if offset != -1 else f"previous({part}, T)"
        span = f"{offset}:T + {offset}" if offset else ":T" if after + before else ""
        pieces = ", ".join(each for each in ([span or ":", rows] if rows else [span]) if each)
        return self.part(base, pieces) if pieces else base

    def _is_local(self, base: str) -> bool:
        """Whether an array is that of a chunk alone."""
        return self.place.local is not None and original(base) in self.place.local

    def _original(self, base: str) -> str:
        """The variable or pack of which that is the Python name."""
        return original(base)

    # Spelling

    def part(self, array: str, index: str) -> str:
        return f"{array}[{index}]"

    def swapped(self, array: str, axis: int, other: int) -> str:
        return f"{array}.swapaxes({axis}, {other})"

    def summed(self, expr: Expr, axes: str) -> str:
        return f"{self.write(expr, ATOM)}.sum({axes})"

    def einsum(self, letters: str, *operands: str, path: str = "") -> str:
        return f'np.einsum("{letters}", {", ".join(operands)}{path})'

    def filled(self, extent: str, value: Expr | None = None) -> str:
        """A new array that holds one value everywhere, 0 if none is given."""
        return f"np.zeros({extent}, dtype)" if value is None else f"np.full({extent}, {self.write(value)}, dtype)"

    def joined(self, blocks: list[str], axis: int) -> str:
        """Arrays as one, along an axis."""
        return f"np.concatenate([{', '.join(blocks)}], axis={axis})"

    def equality(self, left: str, right: str) -> str:
        return f"{left} = {right}"

    def group(self, inner: str) -> str:
        return f"({inner})"

    def number(self, value: Expr) -> str:
        return literal(value)

    def size(self, symbol: Expr) -> str:
        return str(symbol)

    def sum(self, terms: list[tuple[bool, str]]) -> str:
        return joined_signs(terms)

    def times(self, factors: list[tuple[bool, str]]) -> str:
        return " * ".join(written for _, written in factors)

    def quotient(self, above: str, below: Expr) -> str:
        return f"{above} / {self.write(below, POWER)}"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}**{exponent}" if exponent.isdigit() else f"{base}**({exponent})"

    def matmul(self, left: str, right: str) -> str:
        return f"{left} @ {right}"

    def transpose(self, inner: str) -> str:
        return f"{inner}.T"

    def stack(self, blocks: list[str]) -> str:
        return self.joined(blocks, -2)

    def slice(self, inner: str, start: str, stop: str) -> str:
        return f"{inner}[{start}:{stop}]"

    def over_time(self, inner: str) -> str:
        return f"total({inner})"

    def call(self, operation: type[Expr], operands: list[str]) -> str:
        if operation is nodes.Broadcast:
            return f"np.repeat({operands[0]}, {operands[1]}, axis=-2)"
        if operation is nodes.Identity:
            return f"np.eye({operands[0]}, dtype=dtype)"
        if operation is nodes.Lower:
            return f"np.tri({operands[0]}, dtype=dtype)"
        return f"{RULES[operation].numpy}({', '.join(operands)})"


def times(count: int, size: Expr) -> str:
    """A multiple of a size in Python: n_h, 2 * n_h."""
    if count == 1 or size.is_Integer:
        return str(count * size)
    return f"{count} * {size}" if size.is_Symbol else f"{count} * ({size})"
