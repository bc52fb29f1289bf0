"""Expressions and assignments of a program with functions of the Python array API standard, none of which writes into an array.

What a loop over t computes is a list with a place for each step, behind them the boundary values, so that h[t - 1] reads as in the equation;
when the loop is over it becomes an array. Of a pack that several statements write, each of them has an array or list of its own. An index
says what it takes of all axes, `...` of those that are left, as the standard demands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.algebra.rules import RULES
from derive.calculus.names import fresh
from derive.errors import MissingRule
from derive.program.arrays import sides
from derive.program.assignments import Assignment, home, is_piece
from derive.program.clocked import clock_of
from derive.program.identifiers import identifier
from derive.program.layout import Layout, Statement, pack_name
from derive.program.lines import Line
from derive.program.numbers import is_number, is_of_python
from derive.program.spelling import NumPy, steps_of, times
from derive.program.standard_functions import SOURCES


def standard(line: str) -> str:
    """A line that learns sizes or names parameters, with what the standard has for NumPy's functions."""
    return re.sub(r"np\.shape\(([^()]*)\)", r"\1.shape", line).replace("np.ndim(", "ndim(").replace("np.concatenate(", "xp.concat(")


Names = tuple[str, ...]


@dataclass(frozen=True)
class Pieces:
    """How the values of a part are held at one place.

    Attributes:
        of: by pack that several statements write, the names that each of these writes, in the order of the pack, and what they are called.
        lists: names of values, packs and pieces that are lists over the steps here.
        guarded: those of them that are computed at the steps of a clock alone.
        whole: the packs in pieces that stand as one array by now.
    """

    of: Mapping[str, Mapping[Names, str]] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    guarded: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()

    def base(self, statement: Statement, layout: Layout) -> str:
        """The name of the array or list that a statement writes."""
        name = home(statement, layout)
        return self.of.get(name, {}).get(statement.names, identifier(name))


def pieces(statements: Iterable[Statement], layout: Layout) -> dict[str, dict[Names, str]]:
    """By pack that some statements write in pieces, the names that each of these writes and what they are called."""
    found: dict[str, list[Names]] = {}
    for each in statements:
        if is_piece(each, layout):
            found.setdefault(home(each, layout), []).append(each.names)
    taken = {*layout.variables, *(pack.name for pack in layout.packs.values())}
    named: dict[str, dict[Names, str]] = {}
    for name, own in found.items():
        members = layout.packs[own[0][0]].members
        named[name] = {}
        for names in sorted(own, key=lambda names, members=members: members.index(names[0])):  # type: ignore[misc]
            called = fresh(pack_name(names), taken) if len(names) > 1 else names[0]
            taken.add(called)
            named[name][names] = identifier(called)
    return named


def extent(statement: Statement, layout: Layout) -> str:
    """The axes of what a statement gives at one step, "(3 * n_h, batch)"."""
    first = layout.variables[statement.names[0]]
    return f"({times(len(statement.names), first.shape[0]) if len(statement.names) > 1 else sides(first)}, batch)"


class Standard(NumPy):
    """Writes expressions of one part of a program at one place; `pieces` says how its values are held there."""

    library = "xp"
    pieces = Pieces()

    def at_steps(self, clock: str) -> NumPy:
        made = super().at_steps(clock)
        made.pieces = self.pieces  # type: ignore[attr-defined]
        return made

    # Reads

    def stored(self, names: Names, time: Expr | None) -> str:
        pack = self.layout.packs.get(names[0])
        if pack is None:
            return super().stored(names, time)
        own = self.pieces.of.get(pack.name, {})
        is_whole = pack.name in self.pieces.whole and self.pieces.lists.isdisjoint(own.values()) and names not in own
        if own and not is_whole:
            parts = [(base, piece, tuple(name for name in names if name in piece)) for piece, base in own.items()]
            read = [self._of_piece(base, piece, inside, time) for base, piece, inside in parts if inside]
            return read[0] if len(read) == 1 else self.joined(read, -2)
        if identifier(pack.name) in self.pieces.lists:
            return self._of_piece(identifier(pack.name), pack.members, names, time)
        return super().stored(names, time)

    def _of_piece(self, base: str, piece: Names, names: Names, time: Expr | None) -> str:
        """Names that lie side by side in an array or list of some."""
        is_one = len(names) == 1 < len(piece) and names[0] in self.place.views
        if is_one and base in self.pieces.lists and base not in self.pieces.guarded and time == nodes.t:
            return identifier(names[0])
        if is_one and base not in self.pieces.lists:
            base, piece = identifier(names[0]), names
        rows = self._rows(piece, piece.index(names[0]), len(names))
        if time is None or names[0] not in self.storage.kept:
            return self.part(base, rows) if rows else base
        return self._in_time(base, rows, time)

    def _in_time(self, base: str, rows: str, time: Expr) -> str:
        if base not in self.pieces.lists:
            return super()._in_time(base, rows, time)
        return self.part(f"{base}[{time}]", rows) if rows else f"{base}[{time}]"

    def _whole(self, base: str, rows: str, offset: int) -> str:
        if not self.place.steps:
            return super()._whole(base, rows, offset)
        read = f"at_steps({base}, {self.place.steps}{f', {offset}' if offset else ''})"
        return self.part(read, f":, {rows}") if rows else read

    def _original(self, base: str) -> str:
        return base if any(base in own.values() for own in self.pieces.of.values()) else super()._original(base)

    def _of_numbers(self, expr: Expr) -> str:
        if len(expr.args) == 1 and is_of_python(expr):
            return f"math.{type(expr).__name__}({self.write(expr.args[0])})"
        return super()._of_numbers(expr)

    # Spelling

    def is_product_at_all(self, expr: Expr) -> bool:
        """Nothing is: a product of a matrix with columns at all steps is written as any other."""
        return False

    def part(self, array: str, index: str) -> str:
        return f"{array}[{index}]" if "..." in index else f"{array}[{index}, ...]"

    def swapped(self, array: str, axis: int, other: int) -> str:
        return f"xp.moveaxis({array}, {axis}, {other})"

    def summed(self, expr: Expr, axes: str) -> str:
        return f"xp.sum({self.write(expr)}, {axes})"

    def einsum(self, letters: str, *operands: str, path: str = "") -> str:
        if len(operands) > 1:
            return f'einsum("{letters}", {", ".join(operands)})'
        at = ", ".join("t" if letter == "t" else ":" for letter in letters.partition("->")[0])
        return f"xp.stack([{operands[0]}[{at}] for t in range(T)])"

    def filled(self, extent: str, value: Expr | None = None) -> str:
        if isinstance(value, nodes.Broadcast):
            return self.filled(extent, value.args[0])
        if value is None:
            return f"xp.zeros({extent}, **like)"
        return f"xp.full({extent}, {self.write(value)}, **like)" if is_number(value) else f"xp.broadcast_to({self.write(value)}, {extent})"

    def joined(self, blocks: list[str], axis: int) -> str:
        return f"xp.concat([{', '.join(blocks)}], axis={axis})"

    def flat(self, column: Expr) -> str:
        return f"flat({self.write(column)})"

    def call(self, operation: type[Expr], operands: list[str]) -> str:
        if operation is nodes.Identity:
            return f"xp.eye({operands[0]}, **like)"
        if operation is nodes.Lower:
            return f"xp.tril(xp.ones(({operands[0]}, {operands[0]}), **like))"
        function = RULES[operation].numpy if operation in RULES else ""
        if function and not function.startswith("np.") and function not in SOURCES:
            raise MissingRule(f"{function} has no form in the array API standard", advice="add it to derive/program/standard_functions.py")
        return re.sub(r"^np\.(arc)?", lambda found: "xp.a" if found[1] else "xp.", super().call(operation, operands))


@dataclass(frozen=True)
class Rebound(Assignment):
    """A statement whose lines give names new values: nothing is added in place, and nothing is put into an array."""

    def _put(self, target: str, sign: str, written: str) -> str:
        return f"{target} = {written}" if sign == "=" else f"{target} = {target} + {written}"

    def _owned(self, right: Expr, written: str) -> str:
        return written

    def _at_steps(self, right: Expr, told: Expr, sign: str) -> Line:
        own = replace(self, writer=self.writer.at_steps(clock_of(right)))
        made = f"placed({own._right(right.args[1])}, {steps_of(clock_of(right))}, T)"
        return self._put(self.target, sign, made), self._comment(told, sign)
