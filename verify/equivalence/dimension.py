"""How many independent functions the weights of a system make, whatever the correspondence with another one.

The dimension of a kind of system is the rank of the derivative of its outputs, for many inputs, by its weights and the values it starts from.
What has fewer weights than another one has dimensions cannot make all of its functions. Derivatives are by complex steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from derive.algebra.nodes import Expr
from derive.errors import InputError
from derive.system import Role, System
from verify.arithmetic import COMPLEX
from verify.equivalence.samples import Sample, constant, numbered, outside, sample, shape
from verify.evaluate import run

Array = np.ndarray[Any, Any]
POINTS = 5
"""At how many random weights the rank is taken; the greatest counts."""
STEPS = 4
STEP = 1e-30


def dimension(system: System, sizes: Mapping[Expr, int], steps: int, least: float) -> tuple[int, int]:
    """The dimension of a kind of system at these sizes and T, and how many weights and starting values it has.

    Args:
        least: the least singular value that counts, of a matrix whose rows have length 1.

    Raises:
        InputError: it has no values for random inputs.
    """
    count = Unknowns(system, sizes, steps).count
    ranks = []
    for seed in range(POINTS):
        drawn = sample(system, sizes, steps, 2 * count // steps + 4, True, seed)
        unknowns = Unknowns(system, sizes, steps)
        problem = Problem(drawn, system, unknowns, {name: name for name in system.variables})
        weights = np.random.default_rng(seed).uniform(-1, 1, (1, count))
        slopes = problem.outputs(weights[:, None, :] + 1j * STEP * np.eye(count)).imag[0] / STEP
        if np.isfinite(slopes).all():
            ranks.append(int(np.linalg.matrix_rank(slopes / _lengths(slopes), tol=least)))
    if not ranks:
        raise InputError("its outputs have no derivatives at random weights", place=system.name)
    return max(ranks), count


def _lengths(rows: Array) -> Array:
    """The length of each row, 1 where it is zero."""
    found = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(found == 0, 1, found)


def length(*systems: System) -> int:
    """A number of steps in which each lag and lead is read."""
    reaches = [by for system in systems for low, high in system.reach.values() for by in (-low, high)]
    return max(STEPS, 2 + max(reaches, default=0))


class Unknowns:
    """The numbers that are looked for: the entries of parameters and of the values outside 1..T that are given."""

    def __init__(self, system: System, sizes: Mapping[Expr, int], steps: int) -> None:
        self.numbers = numbered(system, sizes)
        self.shapes: dict[tuple[str, int | None], tuple[int, int]] = {(v.name, None): shape(v, self.numbers) for v in system.parameters}
        self.shapes |= {(v.name, time): shape(v, self.numbers) for v, time in outside(system, steps) if v.role is Role.DEFINED}
        self.count = sum(rows * columns for rows, columns in self.shapes.values())

    def split(self, numbers: Array) -> dict[tuple[str, int | None], Array]:
        """The arrays, with the axes before the last one kept, and one for the sequences."""
        found, start = {}, 0
        for key, (rows, columns) in self.shapes.items():
            part = numbers[..., start : start + rows * columns]
            found[key] = part.reshape(*numbers.shape[:-1], 1, rows, columns)
            start += rows * columns
        return found


class Problem:
    """Outputs as a function of the unknowns."""

    def __init__(self, source: Sample, target: System, unknowns: Unknowns, names: Mapping[str, str]) -> None:
        self.system, self.unknowns, self.steps = target, unknowns, source.steps
        self.names = [names[name] for name in source.system.outputs]
        common = {v.name for v in (*source.system.inputs, *source.system.constants) if v.name in names}
        fixed = {names[name]: source.given[name] for name in common}
        known = {each.name: constant(each, unknowns.numbers) for each in target.constants if each.start is not None}
        self.fixed = {**known, **fixed}
        self.outside = {(names[name], time): array for (name, time), array in source.boundary.items() if name in common}

    def outputs(self, numbers: Array) -> Array:
        """All outputs of each of the runs."""
        arrays = self.unknowns.split(numbers)
        given = {name: array for (name, time), array in arrays.items() if time is None}
        boundary = {(name, time): array for (name, time), array in arrays.items() if time is not None}
        with np.errstate(all="ignore"):
            made = run(self.system, self.steps, {**given, **self.fixed}, {**boundary, **self.outside}, COMPLEX)
        found = [np.moveaxis(made.sequence(name), 0, numbers.ndim - 1) for name in self.names]
        return np.concatenate([each.reshape(*numbers.shape[:-1], -1) for each in found], axis=-1)
