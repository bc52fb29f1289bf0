"""A Derivation to the source of a module that computes with functions of the Python array API standard alone.

So it runs without change on the arrays of each library that has them: NumPy, CuPy, PyTorch, JAX. It is `derive.program.numpy` with two
differences: the spellings of `standard.py`, and that nothing is written into an array, for there are libraries whose arrays cannot change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

from derive.algebra import nodes
from derive.algebra.clocks import Clock
from derive.calculus.bptt import Derivation
from derive.errors import InputError, MissingRule
from derive.program import module, step
from derive.program.arguments import expected, given, initial_shapes, input_shapes, sized
from derive.program.arrays import is_column, sides
from derive.program.assignments import home
from derive.program.blocks import Local
from derive.program.chunks import Item
from derive.program.frame import Frame
from derive.program.identifiers import identifier
from derive.program.layout import Statement
from derive.program.lines import INDENT, Line, annotated
from derive.program.numpy import Source, check
from derive.program.prepare import Part, prepare
from derive.program.spelling import NumPy, Place
from derive.program.standard import Pieces, Rebound, Standard, extent, pieces, standard
from derive.program.standard_functions import CHECKED, HELPERS, SOURCES
from derive.program.standard_step import Step
from derive.program.tape import tape_told
from derive.system import Boundary, System, Variable


def emit(derivation: Derivation, checkpoint: bool = False) -> str:
    """The source of a module that runs a derivation's forward and backward pass on arrays of any library that keeps to the standard.

    It imports `array_api_compat`, which has the namespaces of libraries that do not say theirs or depart from the standard, and NumPy for
    the random numbers of `init`.

    Raises:
        MissingRule, InputError: as `derive.program.numpy.emit`; or `checkpoint` is asked for.
    """
    if checkpoint:
        raise InputError("checkpoints are for the targets numpy, torch and jax", advice="leave them out")
    program = prepare(derivation)
    check(program)
    writer = Collected(program)
    tape = tape_told(writer.tape, program.layout, writer.storage)
    streaming = step.streaming(derivation, Step)
    frame = Common(HELPERS, CHECKED)
    return module.assemble(program, writer.forward(), writer.backward(), tape, streaming, frame=frame)


@dataclass(frozen=True)
class Common(Frame):
    """What is around the passes of a module for all libraries."""

    told: str = """Inside, a value is (rows, batch), so that W @ x reads as in
the equations, and t counts from 0: h[t] is the value of step t + 1, h[-1] the initial one; while a loop runs, h is a list. No array is written
into."""
    functions: Mapping[str, str] = field(default_factory=lambda: SOURCES)
    head: str = """
from __future__ import annotations

import math
import sys
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace, device
"""
    library: str = "functions of the Python array API standard"
    dtypes: str = """all from one library (NumPy, CuPy, PyTorch, JAX, or another that keeps to the standard),
of one floating dtype and on one device, on which new ones are made. Shapes and dtypes are checked; values are not, as that would wait for the
device"""
    array: str = "Any"
    shape: str = 'tuple(getattr(arrays.get(name), "shape", ()))'
    drawn: tuple[str, str, str] = (
        "xp=np, dtype=None, device=None",
        "",
        "{name: xp.asarray(array, dtype=dtype or xp.float64, device=device) for name, array in params.items()}",
    )

    def ahead(self, body: str) -> str:
        return ""

    def imported(self, code: str) -> str:
        return self.head if re.search(r"\bmath\.", code) else self.head.replace("import math\n", "", 1)

    def learned(self, system: System) -> list[str]:
        arrays = ["params", "inputs", *(["initial or {}"] if given(system) else [])]
        return [
            *map(standard, sized(system)),
            f"xp, like = kind_of({', '.join(arrays)})",
            f'params = checked("params", params, {expected(system)}, like)',
            f'inputs = checked("inputs", inputs, {input_shapes(system)}, like)',
            *([f'initial = completed("initial", initial, {initial_shapes(system)}, xp, like)'] if given(system) else []),
        ]


class Collected(Source):
    """The bodies of the emitted functions: each step's values are collected in lists, and stacked when a loop is over."""

    common = ("T", "batch", "xp", "like")
    kind = "xp, like"
    assignment = Rebound
    in_chunks = False

    def _writer(self, system: System, place: Place, of_steps: bool = True) -> Standard:
        return Standard(system, self.layout, self.storage, place)

    def _settled(self, lines: list[str]) -> list[str]:
        return together(needed([standard(line) for line in lines]))

    def _mask(self, clock: Clock) -> str:
        if not clock.now:
            return MASKS[clock.kind]
        return f"xp.asarray([float({clock.now}) for t in range(T)], **like)[:, None, None]"

    def _ticks(self, clock: Clock) -> str:
        return f"[t for t in range(T) if {clock.now}]"

    # What is given

    def _input(self, variable: Variable) -> list[str]:
        read = f'xp.moveaxis(inputs["{variable.name}"], {int(variable.is_sequence)}, -1)'
        return [f"{identifier(variable.name)} = {self._with_boundary(variable.name, read) if variable.is_sequence else read}"]

    def _with_boundary(self, name: str, value: str) -> str:
        """The values at all steps, and behind them those before the first one or after the last."""
        behind = self._behind(name)
        return f"xp.concat([{value}, xp.stack({behind})])" if behind else value

    def _behind(self, name: str) -> str:
        """The boundary values of a sequence as the code of a list; "" if it has none."""
        after, before = self.storage.rows(name)
        if not after + before:
            return ""
        variable, count = self.layout.variables[name], after + before
        extent = f"({sides(variable)}, batch)"
        if name in self.finals:
            return self._list(f'final["{self.finals[name].name}"]', variable, count)
        if variable.boundary is Boundary.ZERO:
            return f"[xp.zeros({extent}, **like)]{f' * {count}' if count > 1 else ''}"
        if variable.boundary is Boundary.PARAMETER:
            own = f'params["{name}_0"]'
            each = f"xp.broadcast_to({'each' if count > 1 else own}[..., None], {extent})"
            return f"[{each} for each in xp.unstack({own})]" if count > 1 else f"[{each}]"
        if after and before:
            raise MissingRule(f"{name} is read both before the first step and after the last one", advice=f"declare boundary {name} = zero")
        return self._list(f'initial["{name}"]', variable, count)

    @staticmethod
    def _list(given: str, variable: Variable, count: int) -> str:
        return f"steps_before({given})" if count > 1 else f"[{given}.T]" if is_column(variable) else f"[xp.moveaxis({given}, 0, -1)]"

    # Blocks

    def _pieces(self, part: Part) -> dict[str, dict[tuple[str, ...], str]]:
        """The packs that a part writes in pieces."""
        return pieces((each for statements in part.statements for each in statements), self.layout)

    def _whole(self, part: Part, item: Item, allocated: set[str], local: Local = None) -> list[str]:
        lines: list[Line] = []
        for each in item.statements:
            writer = self._writer(part.system, Place(0, self._views(part)))
            writer.pieces = self._held(part, allocated)
            base = writer.pieces.base(each, self.layout)
            lines += self.assignment(writer, each, base).at_once()
            if len(each.names) == 1 and (behind := self._with_boundary(each.names[0], base)) != base:
                lines.append((f"{base} = {behind}", ""))
            lines += [(line, "") for line in self._finished(part, (each,), allocated)]
        return annotated(lines)

    def _loop(self, part: Part, item: Item, allocated: set[str], local: Local = None) -> list[str]:
        views, direction = self._views(part), item.block.direction
        writer = self._writer(part.system, Place(direction, views))
        held = self._held(part, allocated)
        lists = {held.base(each, self.layout): each for each in item.statements if self._is_kept(each)}
        guarded = frozenset(base for base, each in lists.items() if each.is_guarded)
        writer.pieces = replace(held, lists=frozenset(lists), guarded=guarded)
        before, lines = [], []
        for each in item.statements:
            base = held.base(each, self.layout)
            lines += self.assignment(writer, each).step()
            if each.names[0] in self.storage.registers:
                before.append(f"{base} = {self._first(each.names[0], each)}")
            elif base in lists:
                before.append(f"{base} = {self._empty(each)}")
                lines += [(line, "") for line in self._unpacked(part, each, f"{base}[t]") if not each.is_guarded]
        head = "for t in range(T):" if direction > 0 else "for t in reversed(range(T)):"
        stacks = [f"{base} = xp.stack({base})" for base in lists]
        return [
            *before,
            head,
            *(INDENT + line for line in annotated(lines)),
            *stacks,
            *self._finished(part, tuple(lists.values()), allocated),
        ]

    def _held(self, part: Part, written: set[str]) -> Pieces:
        """How values are held when those of some names have been written."""
        own = self._pieces(part)
        return Pieces(own, whole=frozenset(name for name, each in own.items() if written.issuperset(each.values())))

    def _is_kept(self, statement: Statement) -> bool:
        return statement.names[0] in self.storage.kept and statement.names[0] not in self.storage.registers

    def _empty(self, statement: Statement) -> str:
        """A list for the values at the steps, and behind them the boundary values; what is computed at some steps alone is 0 elsewhere."""
        step = "None"
        if statement.is_guarded:
            step = f"xp.zeros({extent(statement, self.layout)}, **like)"
        behind = self._behind(statement.names[0])
        return f"[{step}] * T{f' + {behind}' if behind else ''}"

    def _first(self, name: str, statement: Statement) -> str:
        variable = self.layout.variables[name]
        if name in self.finals:
            return self._list(f'final["{self.finals[name].name}"]', variable, 1)[1:-1]
        return f"xp.zeros(({sides(variable)}, batch), **like)"

    def _finished(self, part: Part, statements: tuple[Statement, ...], written: set[str]) -> list[str]:
        """The lines after statements that give names to the members of what they wrote, and make a pack one array when its last piece is there."""
        own, lines = self._pieces(part), []
        held = Pieces(own)
        for each in statements:
            written.add(held.base(each, self.layout))
            lines += self._unpacked(part, each, held.base(each, self.layout))
        for name in dict.fromkeys(home(each, self.layout) for each in statements):
            if name in own and written.issuperset(own[name].values()):
                lines.append(f"{identifier(name)} = xp.concat([{', '.join(own[name].values())}], axis=-2)")
        return lines

    def _unpacked(self, part: Part, statement: Statement, written: str) -> list[str]:
        """A line that gives the members of what a statement writes their names, where the part reads them one by one."""
        views = self._views(part)
        if len(statement.names) == 1 or not views & set(statement.names):
            return []
        names = ", ".join(identifier(name) if name in views else "_" for name in statement.names)
        return [f"{names} = unpacked({written}, {len(statement.names)})"]

    # Results

    def _final(self, state: Variable, lag: int, writer: NumPy) -> str:
        base = identifier(state.name)
        if lag == 1:
            return f"batch_major({base}[T - 1, ...])"
        return f"time_major(xp.concat([{base}[-{lag}:, ...], {writer.read(state.name, nodes.t)}])[-{lag}:, ...])"

    def _first_values(self, state: Variable, lead: int) -> str:
        base = identifier(state.name)
        return f"batch_major({base}[0, ...])" if lead == 1 else f"time_major({base}[:{lead}, ...])"

    def _outward(self, variable: Variable, writer: NumPy) -> str:
        if variable.is_sequence:
            return f"time_major({writer.read(variable.name, nodes.t)})"
        return f"batch_major({writer.read(variable.name, None)})"

    @staticmethod
    def _copy(value: str) -> str:
        return f"1 * {value}"

    def _over_batch(self, values: list[str]) -> str:
        return self._in_one([f"xp.sum({value}, axis=-1)" for value in values])

    def _joined(self, values: list[str], variable: Variable) -> str:
        return self._in_one([f"batch_major({value})" for value in values])

    @staticmethod
    def _in_one(values: list[str]) -> str:
        """Arrays as one with an axis in front, or a single one as it is."""
        return f"xp.stack([{', '.join(values)}])" if len(values) > 1 else values[0]


MASKS = {
    "position": "xp.eye(T, **like)[:, :, None]",
    "position_back": "xp.flip(xp.eye(T, **like), axis=0)[:, :, None]",
    "before": "xp.tril(xp.ones((T, T), **like), k=-1)[:, :, None]",
    "before_back": "xp.flip(xp.tril(xp.ones((T, T), **like), k=-1), axis=0)[:, :, None]",
}
"""The values of clocks that have a row for each step."""

STACKED = re.compile(r"(\w+) = xp\.stack\(\1\)")
NAMED = re.compile(r"(\s*)([\w, ]+) = (unpacked\(.*\)|xp\.concat\(\[[\w, ]+\], axis=-2\))")


def needed(lines: list[str]) -> list[str]:
    """The lines without those that stack, join or name what nobody reads behind them."""
    kept: list[str] = []
    read: set[str] = set()
    for line in reversed(lines):
        if match := NAMED.fullmatch(line):
            names = [name if name in read else "_" for name in match[2].split(", ")]
            if not read.intersection(names):
                continue
            line = f"{match[1]}{', '.join(names)} = {match[3]}"
        elif (match := STACKED.fullmatch(line)) and match[1] not in read:
            continue
        kept.append(line)
        read |= set(re.findall(r"\w+", line.partition("  #")[0]))
    return kept[::-1]


def together(lines: list[str]) -> list[str]:
    """The lines, with neighbours that stack the steps of a value as one."""
    written: list[str] = []
    for is_stack, run in groupby(lines, key=lambda line: bool(STACKED.fullmatch(line))):
        own = list(run)
        names = ", ".join(line.partition(" ")[0] for line in own)
        written += [f"{names} = map(xp.stack, ({names}))"] if is_stack and len(own) > 1 else own
    return written
