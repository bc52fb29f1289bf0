"""Numbers for a function on trial: the values of a cell for several sequences at once, and the true gradients of a loss that is chosen.

The loss is the cell's own, or the sum of the products of random numbers and the values that a function is given gradients by, or both. A single
step is a run with T = 1 whose states have initial values that are given.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import InputError
from derive.system import Boundary, Kind, Role, System, Variable
from verify.evaluate import Run, run, run_adjoint
from verify.evaluation import Array

Shape = tuple[Expr, Expr]
"""The rows and columns of a value, as symbols."""
REACH = 5
"""How far beyond 1..T sequences are given values."""


@dataclass(frozen=True)
class Backward:
    """A cell, its intermediates named, and the equations of its gradients."""

    forward: System
    adjoint: System

    @cached_property
    def bars(self) -> dict[str, str]:
        """The names of the gradients, by those of the values."""
        return {each.of: each.name for each in self.adjoint.variables.values() if each.kind is Kind.ADJOINT}

    @cached_property
    def seeds(self) -> dict[str, str]:
        """The names of the derivatives of the loss by the outputs, by those of the outputs."""
        return {each.of: each.name for each in self.adjoint.variables.values() if each.kind is Kind.UPSTREAM}


@dataclass(frozen=True)
class Scene:
    """How many numbers there are.

    Attributes:
        steps, count: T, and how many sequences.
        sizes: the number for each size of the cell.
        least: the least number that may be drawn.
        one_hot: the inputs whose columns are zero but for one entry.
        from_zero: the states that are zero before the first step.
    """

    steps: int
    count: int
    sizes: Mapping[Expr, int]
    least: float = -0.9
    one_hot: frozenset[str] = frozenset()
    from_zero: frozenset[str] = frozenset()


@dataclass
class Case:
    """The values of a cell, and gradients.

    Attributes:
        scene: how many numbers.
        seeded: the cell with all outputs and states read by the loss.
        own: the cell with its own loss, or None.
    """

    scene: Scene
    seeded: Backward
    own: Backward | None = None
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def __post_init__(self) -> None:
        forward, steps = self.seeded.forward, self.scene.steps
        self.given = {v.name: self.draw(v) for v in (*forward.inputs, *forward.parameters, *forward.constants)}
        held = [v for v in forward.variables.values() if v.is_sequence and v.boundary is not Boundary.ZERO]
        outside = [*range(1 - REACH, 1), *range(steps + 1, steps + REACH + 1)]
        self.boundary = {(v.name, time): self.draw(v, at_once=False) for v in held for time in outside}
        with np.errstate(all="ignore"):
            self.ahead = run(forward, steps, self.given, self.boundary)
        self.known: dict[tuple[frozenset[str], frozenset[str], bool], dict[tuple[str, int | None], Array]] = {}
        self.upstream = {name: self.draw(forward[name]) for name in self.seeded.seeds}

    def draw(self, variable: Variable, at_once: bool = True) -> Array:
        """Random numbers, (T, N, rows, columns) of a sequence, (N, rows, columns) at one time, (rows, columns) of what is the same at each t.

        The columns of a distribution sum to 1; a constant that has a value has that.
        """
        scene = self.scene
        shape = tuple(int(side.xreplace({**scene.sizes, nodes.T: scene.steps})) for side in variable.shape)
        if variable.role is Role.CONSTANT and variable.start is not None:
            return np.full(shape, variable.start)
        if variable.is_sequence:
            shape = (*([scene.steps] if at_once else []), scene.count, *shape)
        if variable.name in scene.one_hot:
            return np.swapaxes(np.eye(shape[-2])[self.random.integers(shape[-2], size=(*shape[:-2], shape[-1]))], -1, -2)
        if not at_once and variable.name in scene.from_zero:
            return np.zeros(shape)
        drawn = self.random.uniform(scene.least, 0.9, shape)
        return np.abs(drawn) / np.abs(drawn).sum(axis=-2, keepdims=True) if variable.is_distribution else drawn

    @property
    def has_values(self) -> bool:
        """Whether all values are numbers."""
        return all(np.isfinite(each).all() for each in self.ahead.values.values())

    def value(self, name: str, time: int | None) -> Array:
        """A value, (N, rows, columns); (rows, columns) of what is the same at each t."""
        found = self.ahead.values[name, time]
        return found if time is None else np.broadcast_to(found, (self.scene.count, *found.shape[-2:]))

    def gradients(self, read: Collection[str], later: Collection[str], with_loss: bool) -> dict[tuple[str, int | None], Array]:
        """The true gradients by each value.

        Args:
            read: the values at each of whose steps the loss has a derivative that is given.
            later: those that have one at the last step.
            with_loss: whether the cell's own loss counts too.
        """
        chosen = frozenset(read), frozenset(later), with_loss
        if chosen not in self.known:
            self.known[chosen] = self._gradients(*chosen)
        return self.known[chosen]

    def _gradients(self, read: Collection[str], later: Collection[str], with_loss: bool) -> dict[tuple[str, int | None], Array]:
        total: dict[tuple[str, int | None], Array] = {}
        upstream = {bar: self.seed(name, read, later) for name, bar in self.seeded.seeds.items()}
        parts = [(self.seeded, self.ahead, upstream)]
        if with_loss and self.own is not None:
            parts.append((self.own, self._of_own(self.own), {}))
        for each, ahead, given in parts:
            with np.errstate(all="ignore"):
                back = run_adjoint(each.adjoint, ahead, given).values
            names = {bar: name for name, bar in each.bars.items()}
            for (bar, time), array in back.items():
                if bar in names:
                    key = names[bar], time
                    total[key] = total.get(key, 0) + self._summed(array, time)
        return total

    def _of_own(self, own: Backward) -> Run:
        with np.errstate(all="ignore"):
            return run(
                own.forward, self.scene.steps, self.given, {key: v for key, v in self.boundary.items() if key[0] in own.forward.variables}
            )

    def _summed(self, array: Array, time: int | None) -> Array:
        """A gradient by what all sequences share is the sum over them."""
        if time is not None:
            return np.broadcast_to(array, (self.scene.count, *array.shape[-2:]))
        return np.asarray(array.sum(axis=0)) if array.ndim > 2 else array

    def seed(self, name: str, read: Collection[str], later: Collection[str]) -> Array:
        """The derivative of the loss by a value at each step, as far as it is given, (T, N, rows, columns)."""
        drawn = self.upstream[name]
        found = drawn.copy() if name in read else np.zeros_like(drawn)
        if name in later:
            found[-1] += self.last(name)
        return found

    def last(self, name: str) -> Array:
        """What is given at the last step, (N, rows, columns)."""
        return np.asarray(0.7 - self.upstream[name][-1])


def scenes(forward: System, count: int, is_step: bool) -> list[Scene]:
    """T = 1, 2, 3 with all sizes 1 or all different, on positive numbers or on both signs: the small ones first.

    The last one has as many different numbers of steps, sequences and rows as can be.
    """
    symbols = sorted({s for v in forward.variables.values() for side in v.shape for s in side.free_symbols if s != nodes.T}, key=str)
    ones, unequal, last = (
        dict.fromkeys(symbols, 1),
        *({symbol: first + place for place, symbol in enumerate(symbols)} for first in (2, 4)),
    )
    lengths = (1,) if is_step else (1, 2, 3)
    chosen = [(sizes, least) for least in (0.2, -0.9) for sizes in (ones, unequal)] + [(last, -0.9)]
    return [Scene(steps, count, sizes, least) for sizes, least in chosen for steps in lengths]


def opened(system: System) -> System:
    """A cell with all values read by the loss, and initial values of all states that are given."""
    read = [name for name, each in system.variables.items() if each.role is Role.DEFINED and each.is_sequence and name != system.loss]
    states = {each.name for each in system.states}
    variables = {name: replace(each, boundary=Boundary.GIVEN) if name in states else each for name, each in system.variables.items()}
    return replace(system, outputs=tuple(read), loss="", variables=variables)


def lagged(system: System) -> int:
    """How far back the cell reads."""
    return max((-low for low, _ in system.reach.values()), default=0)


def vector(value: Array, shape: Shape) -> Array:
    """A column or a row as a vector, behind all other axes."""
    if shape[1] == 1:
        return value[..., 0]
    return value[..., 0, :] if shape[0] == 1 else value


def refuse_without_values(forward: System) -> InputError:
    """The error of a cell that has no values at the numbers that were tried."""
    return InputError("its values are not finite at any of the random numbers that were tried", place=forward.name,
                      advice="functions such as log may have no value there")  # fmt: skip
