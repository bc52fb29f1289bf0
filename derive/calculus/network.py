"""A network as it grows: systems put on top of one another, in time that grows with their equations and not with the square of it.

What a part needs of what is below it are names that are taken, the variable that it reads, and sizes that became one. These are kept up to date part
by part; the equations are written anew once, in the end.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.algebra.shapes import Shape
from derive.calculus.names import fresh
from derive.calculus.renaming import renamed, rewritten, sizes_of
from derive.errors import RecurrenceError, ShapeError
from derive.system import Boundary, Equation, Role, System, Variable


class Network:
    """Systems that are joined.

    Args:
        lowest: what stands below all others.
    """

    def __init__(self, lowest: System) -> None:
        self.lowest, self.top = lowest, lowest
        self.equations: list[Equation] = list(lowest.equations)
        self.variables: dict[str, Variable] = dict(lowest.variables)
        self.sizes, self.sizes_named = Sizes(), dict.fromkeys(_size_names(lowest))

    def follow(self, upper: System) -> None:
        """Put a system on top, whose first input is the first output of the one below.

        Raises:
            RecurrenceError: it has no input, or needs one value where the one below has a sequence.
            ShapeError: two sizes that are numbers differ.
        """
        if not upper.inputs:
            raise RecurrenceError(f"{upper.name} has no input", advice="put it first, or give it one")
        self.attach(upper, {upper.inputs[0].name: self.top.outputs[0]})

    def attach(self, upper: System, wires: Mapping[str, str]) -> None:
        """Put a system on top, whose inputs (the keys) are values of what is there; the outputs and the loss are then its own.

        Raises:
            RecurrenceError: an input that is one value for the whole sequence is given a sequence.
            ShapeError: two sizes that are numbers differ.
        """
        values = {entry: self.variables[name] for entry, name in wires.items()}
        for entry, value in values.items():
            if value.is_sequence and not upper[entry].is_sequence:
                raise RecurrenceError(
                    f"{entry} of {upper.name} is one value, and {value.name} of {self.lowest.name} has one at each t",
                    advice="put last or mean between the two, which make one value of a sequence",
                )
        if values and not any(each.is_sequence for each in values.values()) and _has_no_memory(upper):
            upper = _still(upper)
        own = renamed(upper, self._away(upper, wires))
        names = dict(zip(upper.variables, own.variables, strict=True))
        entries = {names[entry]: value for entry, value in values.items()}

        def change(part: Expr) -> Expr | None:
            name = nodes.name_of(part) if isinstance(part, (sp.Indexed, sp.Symbol)) else ""
            if name not in entries or part.is_integer:
                return None
            return entries[name].at(part.indices[0]) if isinstance(part, sp.Indexed) else entries[name].symbol

        equations = tuple(replace(each, right=nodes.rewrite(each.right, change), line=0) for each in own.equations)
        variables = {name: each for name, each in own.variables.items() if name not in entries}
        sizes = sizes_of(own)
        for name, value in entries.items():
            self.sizes.unify(own[name].shape, value.shape)
        self.top = self.sizes.applied(replace(own, equations=equations, variables=variables))
        self.sizes.forget(sizes)
        self.equations += self.top.equations
        self.variables |= self.top.variables
        self.sizes_named |= dict.fromkeys(_size_names(self.top))

    def _away(self, system: System, wires: Mapping[str, str]) -> dict[str, str]:
        """Names for the variables and sizes of a system that are not taken; clocks are common to all."""
        names: dict[str, str] = {}
        new: dict[str, None] = {}
        own = [name for name, each in system.variables.items() if each.role is not Role.CLOCK and name not in wires]
        for name in [*own, *wires, *_size_names(system)]:
            if name not in names:
                names[name] = fresh(name, ChainMap[str, Any](new, self.variables, self.sizes_named))
                new[names[name]] = None
        return names

    def system(self) -> System:
        """The network as one system."""
        joined = replace(
            self.lowest,
            equations=tuple(self.equations),
            variables=self.variables,
            outputs=self.top.outputs,
            loss=self.top.loss,
        )
        return numbered(self.sizes.applied(ended(joined)))


class Sizes:
    """Sizes that became one: by size, what it is now."""

    def __init__(self) -> None:
        self.table: dict[Expr, Expr] = {}

    def unify(self, own: Shape, other: Shape) -> None:
        """Let two shapes be one, of which the first follows the second where it can.

        Raises:
            ShapeError: two sizes are different numbers, or neither follows from the other.
        """
        for one, two in zip(own, other, strict=True):
            a, b = self.now(one), self.now(two)
            if a == b or sp.expand(a - b) == 0:
                continue
            new = _same(a, b)
            if not new:
                raise ShapeError(f"a value of {b} rows cannot be one of {a} rows", advice="join parts of one size")
            self.table |= new

    def forget(self, sizes: Iterable[Expr]) -> None:
        """Let go of sizes that no longer stand anywhere, so that their names are free."""
        gone = {each for each in sizes if each in self.table}
        self.table = {size: self.now(value) for size, value in self.table.items() if size not in gone}

    def now(self, size: Expr) -> Expr:
        """What a size is by now."""
        while old := {each: self.table[each] for each in size.free_symbols if each in self.table}:
            size = size.xreplace(old)
        return size

    def applied(self, system: System) -> System:
        """The system with each size as it is by now."""
        if not self.table:
            return system
        table = {size: self.now(size) for size in self.table}

        def change(part: Expr) -> Expr | None:
            return table.get(part, part) if isinstance(part, sp.Symbol) and part.is_integer else None

        def moved(each: Variable) -> Variable:
            rows, columns = (side.xreplace(table) for side in each.shape)
            return replace(each, shape=(rows, columns))

        return replace(
            system,
            equations=tuple(rewritten(each, change) for each in system.equations),
            variables={name: moved(each) for name, each in system.variables.items()},
        )


def _same(a: Expr, b: Expr) -> dict[Expr, Expr]:
    """What sizes to replace so that a is b; sums of as many sizes are one if their terms are. Nothing if there is no way."""
    for symbol, other in ((a, b), (b, a)):
        if isinstance(symbol, sp.Symbol) and symbol != nodes.T and symbol not in other.free_symbols:
            return {symbol: other}
    own, others = (sorted(each.args, key=str) if isinstance(each, sp.Add) else [] for each in (a, b))
    if len(own) != len(others) or not all(isinstance(each, sp.Symbol) for each in (*own, *others)):
        return {}
    return dict(zip(own, others, strict=True))


def attach(lower: System, upper: System, wires: Mapping[str, str]) -> System:
    """Both systems as one, as `Network.attach` joins them."""
    network = Network(lower)
    network.attach(upper, wires)
    return network.system()


def _has_no_memory(system: System) -> bool:
    """Whether each value depends on what is given at the same t only."""
    is_summed = any(isinstance(part, nodes.OverTime) for each in system.equations for part in nodes.parts(each.right))
    return not system.states and not is_summed and all(each.role is not Role.CLOCK for each in system.variables.values())


def _still(system: System) -> System:
    """The system, which has no memory, at one time only."""

    def change(part: Expr) -> Expr | None:
        return nodes.parameter(nodes.sequence_name(part)) if isinstance(part, sp.Indexed) else None

    return replace(
        system,
        equations=tuple(rewritten(each, change) for each in system.equations),
        variables={name: replace(each, is_sequence=False) for name, each in system.variables.items()},
    )


def ended(system: System) -> System:
    """The system in which an input that is read after the last step is zero there, as it is where a page reads it so."""
    ahead = [each for each in system.inputs if each.is_sequence and system.reach[each.name][1] > 0]
    return system.with_equations(system.equations, [replace(each, boundary=Boundary.ZERO) for each in ahead])


def numbered(system: System) -> System:
    """The system with its equations numbered from 1."""
    return replace(system, equations=tuple(replace(each, number=place) for place, each in enumerate(system.equations, 1)))


def _size_names(system: System) -> list[str]:
    return [_size_name(size) for size in sizes_of(system)]


def _size_name(size: Expr) -> str:
    """The name of the variable whose size it is, n_h of h."""
    return str(size)[2:]
