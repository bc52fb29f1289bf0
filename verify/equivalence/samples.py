"""Runs of a system with chosen numbers of one digit behind the point, several sequences at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import Boundary, Role, System, Variable
from verify.evaluate import Run, run

Array = np.ndarray[Any, Any]
Time = int | None


@dataclass(frozen=True)
class Sample:
    """Numbers for a system.

    Attributes:
        system: what is run.
        sizes: the number that each size stands for.
        steps: T.
        given: parameters and constants as (rows, columns), inputs as (T, sequences, rows, columns).
        boundary: by name and time the values outside 1..T.
    """

    system: System
    sizes: Mapping[Expr, int]
    steps: int
    given: Mapping[str, Array]
    boundary: Mapping[tuple[str, int], Array]

    @cached_property
    def run(self) -> Run:
        """The values of all variables."""
        with np.errstate(all="ignore"):
            return run(self.system, self.steps, self.given, self.boundary)

    def output(self, name: str) -> Array:
        """The values of an output, (T, sequences, rows, columns)."""
        return self.run.sequence(name)

    def shortened(self, steps: int) -> Sample:
        """The first steps of the first sequence."""
        sequences = {each.name for each in self.system.inputs if each.is_sequence}
        given = {name: array[:steps, 0] if name in sequences else array for name, array in self.given.items()}
        return replace(self, steps=steps, given=given)


def sample(system: System, sizes: Mapping[Expr, int], steps: int, sequences: int, starts_at_zero: bool, seed: int) -> Sample:
    """Random numbers for a system."""
    rng, numbers = np.random.default_rng(seed), {**numbered(system, sizes), nodes.T: steps}
    given: dict[str, Array] = {}
    for each in system.parameters:
        given[each.name] = _rounded(rng.uniform(-2, 2, shape(each, numbers)))
    for each in system.constants:
        given[each.name] = _rounded(rng.uniform(-1, 1, shape(each, numbers))) if each.start is None else constant(each, numbers)
    for each in system.inputs:
        leading = (steps, sequences) if each.is_sequence else (sequences,)
        given[each.name] = _rounded(rng.uniform(-1.5, 1.5, (*leading, *shape(each, numbers))))
    boundary = {}
    for variable, time in outside(system, steps):
        drawn = _rounded(rng.uniform(-1, 1, shape(variable, numbers)))
        boundary[variable.name, time] = 0 * drawn if starts_at_zero and variable.role is Role.DEFINED else drawn
    return Sample(system, numbers, steps, given, boundary)


def outside(system: System, steps: int) -> list[tuple[Variable, int]]:
    """The values outside 1..T that are given, T being `steps`."""
    found = []
    for each in system.states:
        low, high = system.reach[each.name]
        if each.boundary is not Boundary.ZERO:
            found += [(each, time) for time in (*range(low + 1, 1), *range(steps + 1, steps + high + 1))]
    return found


def constant(variable: Variable, numbers: Mapping[Expr, int]) -> Array:
    """The value that a constant is known to have."""
    return np.full(shape(variable, numbers), float(variable.start or 0))


def shape(variable: Variable, numbers: Mapping[Expr, int]) -> tuple[int, int]:
    """The shape of a variable in numbers."""
    rows, columns = (int(sp.sympify(side).xreplace(dict(numbers))) for side in variable.shape)
    return rows, columns


def symbols(system: System) -> list[Expr]:
    """The sizes of a system that can be chosen."""
    found = {each for v in system.variables.values() for side in v.shape for each in sp.sympify(side).free_symbols}
    return sorted(found - {nodes.T}, key=str)


def numbered(system: System, sizes: Mapping[Expr, int]) -> dict[Expr, int]:
    """The sizes as numbers, those that are sliced at least as long as their slices reach."""
    found = {each: sizes.get(each, 1) for each in symbols(system)}
    for equation in system.equations:
        for part in nodes.parts(equation.right):
            if isinstance(part, nodes.Slice) and (whole := system.shape(part.args[0])[0]).is_Symbol:
                found[whole] = max(found[whole], int(part.args[2].xreplace(found)))
    return found


def _rounded(array: Array) -> Array:
    """Numbers with one digit behind the point, none of them zero."""
    found = np.round(array, 1)
    return np.where(found == 0, 0.1, found)
