"""The blocks of a part of a program as lines of NumPy: loops over t, what is computed for the whole sequence, and both chunk by chunk."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from itertools import groupby

import sympy as sp

from derive.algebra import nodes
from derive.errors import MissingRule
from derive.program.arrays import is_column
from derive.program.assignments import Assignment, home, is_piece, rows
from derive.program.buffers import Buffers
from derive.program.chunks import Item, Run, joined, runs, whole
from derive.program.finals import finals
from derive.program.identifiers import identifier
from derive.program.inplace import InPlace
from derive.program.layout import Beside, Statement
from derive.program.lines import INDENT, Line, annotated
from derive.program.prepare import Part, Program
from derive.program.spelling import SPAN, NumPy, Place
from derive.program.storage import Storage
from derive.system import Boundary, System

Local = frozenset[str] | None
"""What is kept for the steps of a chunk alone; None where there are no chunks."""


class Blocks:
    """Writes the blocks of the parts of a program.

    Attributes:
        span: how many steps a loop has, as code.
        common: what stands on the tape before sizes and values.
        kind: what the functions that make arrays are told of these, as code.
        assignment: writes the lines of a statement.
        in_chunks: whether loops may go over chunks of the steps.
    """

    span = "T"
    common: tuple[str, ...] = ("T", "batch", "dtype")
    kind = "dtype"
    assignment: type[Assignment] = InPlace
    in_chunks = True

    def __init__(self, program: Program) -> None:
        self.program, self.layout = program, program.layout
        self.storage = Storage(program)
        self.finals = finals(program)
        self.buffers = Buffers(())
        self._seen: dict[int, tuple[Part, frozenset[str]]] = {}

    def _writer(self, system: System, place: Place, of_steps: bool = True) -> NumPy:
        """What writes expressions: of values at steps, or of those that are one for a sequence."""
        return NumPy(system, self.layout, self.storage, place)

    def _blocks(self, part: Part) -> list[str]:
        lines: list[str] = []
        allocated: set[str] = set()
        self.buffers = Buffers(map(identifier, [*self.layout.variables, *(pack.name for pack in self.layout.packs.values())]))
        for run in runs(part, self.storage) if self.in_chunks else whole(part):
            own = self._chunks(part, run, allocated) if run.local else self._items(part, run.items, allocated)
            lines += ["", *self.buffers.new(), *own]
        return lines

    def _items(self, part: Part, items: Iterable[Item], allocated: set[str], local: Local = None) -> list[str]:
        """The lines of items one after the other."""
        lines: list[str] = []
        for is_loop, group in groupby(items, key=lambda item: item.block.is_loop):
            for item in group if is_loop else [joined(group)]:
                lines += [""] if lines else []
                lines += (self._loop if is_loop else self._whole)(part, item, allocated, local)
        return lines

    def _chunks(self, part: Part, run: Run, allocated: set[str]) -> list[str]:
        """A loop over chunks."""
        statements = [each for item in run.items for each in item.statements]
        wide = [each for each in statements if home(each, self.layout) not in run.local]
        sums = dict.fromkeys(identifier(home(each, self.layout)) for each in wide if not part.system[each.names[0]].is_sequence)
        before = [f"{' = '.join(sums)} = 0"] if sums else []
        before += self._before_loop(part, (each for each in wide if part.system[each.names[0]].is_sequence), allocated)
        body = self._items(part, run.items, allocated, run.local)
        if any(re.search(rf"\b{SPAN}\b", line.partition("#")[0]) for line in body):
            body.insert(0, f"{SPAN} = at.stop - at.start")
        head = "for at in chunks(T, batch):" if run.direction > 0 else "for at in reversed(chunks(T, batch)):"
        return [*before, head, *(INDENT + line if line else "" for line in body)]

    def _whole(self, part: Part, item: Item, allocated: set[str], local: Local = None) -> list[str]:
        lines: list[Line] = []
        for statement in item.statements:
            is_sequence = part.system[statement.names[0]].is_sequence
            writer = self._writer(part.system, Place(0, self._views(part), local=local), is_sequence)
            name, target = home(statement, self.layout), writer.target(statement.left)
            is_array = is_sequence and (self._is_filled(statement) or (local is not None and name not in local))
            if is_array and name not in allocated:
                lines += [(line, "") for line in [*self._array(statement, local), *self._unpack(part, name)]]
                allocated.add(name)
            target = identifier(name) if not is_array else target if "[" in target else f"{target}[:]"
            lines += self.assignment(writer, statement, target).at_once("=" if local is None or is_sequence else "+=")
            lines += [] if is_array else [(line, "") for line in self._unpack(part, name)]
        return annotated(lines)

    def _is_filled(self, statement: Statement) -> bool:
        """Whether what a statement computes for all t is a part of an array only."""
        name = home(statement, self.layout)
        return self.storage.rows(name) != (0, 0) or is_piece(statement, self.layout) or statement.is_guarded

    def _loop(self, part: Part, item: Item, allocated: set[str], local: Local = None) -> list[str]:
        direction = item.block.direction
        writer = self._writer(part.system, Place(direction, self._views(part), local=local, buffers=self.buffers))
        body = annotated(line for each in item.statements for line in self.assignment(writer, each).step())
        steps, names = (f"range({self.span})", "t") if local is None else ("counted(at)", "here, t")
        head = f"for {names} in {steps}:" if direction > 0 else f"for {names} in reversed({steps}):"
        own = [each for each in item.statements if local is None or home(each, self.layout) in local]
        before = self._before_loop(part, own, allocated, local)
        return [*before, head, *(INDENT + line for line in [*self._at_t(body), *body])]

    def _at_t(self, body: list[str]) -> list[str]:
        """The lines at the head of a loop's body."""
        return []

    def _before_loop(self, part: Part, statements: Iterable[Statement], allocated: set[str], local: Local = None) -> list[str]:
        """The arrays that a loop fills, and what it carries from step to step."""
        lines: list[str] = []
        for statement in statements:
            name = home(statement, self.layout)
            if statement.names[0] in self.storage.registers:
                lines.append(f"{identifier(name)} = {self._first(name, statement)}")
            elif name in self.storage.kept and name not in allocated:
                lines += [*self._array(statement, local), *self._unpack(part, name)]
                allocated.add(name)
        return lines

    def _first(self, name: str, statement: Statement) -> str:
        """What is carried to the first step of a loop."""
        if name not in self.finals:
            return f"np.zeros(({rows(statement, self.layout)}, batch), dtype)"
        given = f'final["{self.finals[name].name}"]'
        moved = f"{given}.T" if is_column(self.layout.variables[name]) else f"np.moveaxis({given}, 0, -1)"
        return f'np.array({moved}, dtype, order="C")'

    def _array(self, statement: Statement, local: Local = None) -> list[str]:
        """The array that a statement fills; what is computed at the steps of a clock alone is 0 elsewhere."""
        name, filled = home(statement, self.layout), "np.zeros" if statement.is_guarded else "empty"
        return self._allocate(name, rows(statement, self.layout), filled, SPAN if name in (local or ()) else "T")

    @cached_property
    def _packs(self) -> dict[str, tuple[str, ...]]:
        """The members of the packs by their names."""
        return {pack.name: pack.members for pack in self.layout.packs.values()}

    def _views(self, part: Part) -> frozenset[str]:
        """The members of packs kept over time of which a part reads or writes two or more one by one."""
        if id(part) not in self._seen:
            self._seen[id(part)] = part, self._used_alone(part)
        return self._seen[id(part)][1]

    def _used_alone(self, part: Part) -> frozenset[str]:
        used: dict[str, set[str]] = {}
        for statement in (each for block in part.statements for each in block):
            right = statement.right(self.layout)
            together = {leaf for inner in nodes.parts(right) if isinstance(inner, Beside) for leaf in inner.args}
            alone = [leaf for leaf in nodes.leaves(right) if leaf not in together and isinstance(leaf, sp.Indexed)]
            for leaf in [*alone, *([statement.left] if len(statement.names) == 1 else [])]:
                pack = self.layout.packs.get(nodes.name_of(leaf))
                if pack is not None and pack.name in self.storage.kept:
                    used.setdefault(pack.name, set()).add(nodes.name_of(leaf))
        return frozenset(name for members in used.values() if len(members) > 1 for name in members)

    def _unpack(self, part: Part, pack: str) -> list[str]:
        """A line that gives the members of a pack their names, where the part uses them."""
        if pack not in self._packs:
            return []
        members, views = self._packs[pack], self._views(part)
        names = ", ".join(identifier(member) if member in views else "_" for member in members)
        return [f"{names} = unpacked({identifier(pack)}, {len(members)})"] if views & set(members) else []

    # Arrays

    def _allocate(self, name: str, rows: str, filled: str = "empty", steps: str = "T") -> list[str]:
        """An array for a sequence (or pack) over some steps, with its boundary values."""
        after, before = self.storage.rows(name)
        extra = after + before
        span = f"{steps} + {extra}" if extra else steps
        base = identifier(name)
        is_flat = filled == "empty" and name in self.storage.multiplied
        lines = [f"{base} = {'rows_first' if is_flat else filled}(({span}, {rows}, batch), dtype)"]
        if not extra:
            return lines
        boundary = self.layout.variables[name].boundary
        if name in self.finals:
            return [*lines, self._boundary(name, extra, f'final["{self.finals[name].name}"]')]
        if boundary is Boundary.ZERO:
            return [*lines, f"{base}[T:] = 0"]
        if boundary is Boundary.PARAMETER:
            return [*lines, f'{base}[T:] = params["{name}_0"][..., None]']
        if after and before:
            raise MissingRule(f"{name} is read both before the first step and after the last one", advice=f"declare boundary {name} = zero")
        return [*lines, self._boundary(name, extra, f'initial["{name}"]')]

    def _boundary(self, name: str, extra: int, given: str) -> str:
        """The line that puts given values into the rows of an array behind those of the steps."""
        base = identifier(name)
        if not is_column(self.layout.variables[name]):
            return f"{base}[T:] = np.moveaxis({given}, 1, -1)" if extra > 1 else f"{base}[-1] = np.moveaxis({given}, 0, -1)"
        return f"{base}[T:] = {given}.transpose(0, 2, 1)" if extra > 1 else f"{base}[-1] = {given}.T"
