"""What the weights of a system can do, whatever the correspondence: how many independent functions they make, and which outputs they reach.

The dimension of a kind of system is the rank of the derivative of its outputs, for many inputs, by its weights and the values it starts from.
What has fewer weights than another one has dimensions cannot make all of its functions. Where this decides nothing, the target's weights are
fitted to outputs of the source by the method of Levenberg and Marquardt, from many random starts at once, and what remains is compared with
what remains where outputs of the target itself are fitted in the same way. Derivatives are by complex steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive.algebra.nodes import Expr
from derive.errors import InputError
from derive.system import Role, System
from verify.arithmetic import COMPLEX
from verify.equivalence.samples import Sample, constant, numbered, outside, sample, shape
from verify.evaluate import run

Array = np.ndarray[Any, Any]
STARTS, ROUNDS = 12, 100
POINTS = 5
"""At how many random weights the rank is taken; the greatest counts."""
STEPS = 4
STEP = 1e-30
REACHED = 1e-6
"""What remains, relative to the outputs, where a fit has succeeded."""
MISSED = 1e-3
"""What remains where it has failed: a thousand times as much."""


@dataclass(frozen=True)
class Fit:
    """What remained of two fits, as root mean square of the errors relative to that of the outputs.

    Attributes:
        residual: where the source's outputs were fitted.
        control: where outputs of the target itself were.
        outputs, unknowns: how many numbers were fitted, by how many.
    """

    residual: float
    control: float
    outputs: int
    unknowns: int

    @property
    def is_missed(self) -> bool:
        """Whether no weights were found, though the method finds those of the target's own outputs."""
        return self.residual > MISSED and self.control < REACHED

    @property
    def is_reached(self) -> bool:
        """Whether weights were found."""
        return self.residual < REACHED


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


def fit(source: Sample, target: System, names: Mapping[str, str], sizes: Mapping[Expr, int]) -> Fit:
    """Fit a target to the source's outputs.

    Args:
        source: a run.
        target: the system whose weights are looked for.
        names: by input, constant and output of the source, that of the target.
        sizes: of the target.

    Raises:
        InputError: the target has no values for these inputs.
    """
    rng = np.random.default_rng(0)
    unknowns = Unknowns(target, sizes, source.steps)
    wanted = np.concatenate([source.output(name).ravel() for name in source.system.outputs])
    problem = Problem(source, target, unknowns, names)
    own = problem.outputs(unknowns.draw(rng, 1).astype(complex))[0].real
    residuals = [problem.least(goal, unknowns.draw(rng, STARTS)) for goal in (wanted, own)]
    return Fit(residuals[0], residuals[1], len(wanted), unknowns.count)


class Unknowns:
    """The numbers that are looked for: the entries of parameters and of the values outside 1..T that are given."""

    def __init__(self, system: System, sizes: Mapping[Expr, int], steps: int) -> None:
        self.numbers = numbered(system, sizes)
        self.shapes: dict[tuple[str, int | None], tuple[int, int]] = {(v.name, None): shape(v, self.numbers) for v in system.parameters}
        self.shapes |= {(v.name, time): shape(v, self.numbers) for v, time in outside(system, steps) if v.role is Role.DEFINED}
        self.count = sum(rows * columns for rows, columns in self.shapes.values())

    def draw(self, rng: np.random.Generator, runs: int) -> Array:
        """Random starts."""
        return rng.normal(size=(runs, self.count))

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

    def least(self, goal: Array, starts: Array) -> float:
        """What remains at the best of the starts, relative to the goal."""
        count, scale = starts.shape[1], float(np.sqrt(np.mean(goal**2))) or 1.0
        damping, now = np.full(len(starts), 1e-2), starts
        errors = self.errors(now, goal)
        for _ in range(ROUNDS):
            moved = now[:, None, :] + 1j * STEP * np.eye(count)
            values = self.outputs(moved)
            slopes, wrong = np.nan_to_num(values.imag / STEP), np.nan_to_num(values[:, 0].real - goal)
            normal = slopes @ slopes.swapaxes(1, 2)
            diagonal = np.einsum("sii->si", normal)
            damped = normal + np.eye(count) * (damping[:, None] * diagonal + 1e-12)[:, None, :]
            trial = now - np.linalg.solve(damped, slopes @ wrong[:, :, None])[:, :, 0]
            found = self.errors(trial, goal)
            better = found < errors
            now, errors = np.where(better[:, None], trial, now), np.where(better, found, errors)
            damping = np.clip(np.where(better, damping / 5, damping * 4), 1e-12, 1e8)
            if errors.min() < REACHED * scale / 100:
                break
        return float(errors.min()) / scale

    def errors(self, numbers: Array, goal: Array) -> Array:
        """The root mean square of the errors of each run; infinite where there is no value."""
        wrong = self.outputs(numbers.astype(complex)).real - goal
        return np.asarray(np.nan_to_num(np.sqrt(np.mean(wrong**2, axis=-1)), nan=np.inf, posinf=np.inf))
