"""Derivatives of one value of a cell by another, by differences of runs of the cell in which a value is set from outside.

The law: what is set is not computed; what is held keeps the value that it has; all else follows from both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import Boundary, Equation, Role, System
from verify.evaluate import run
from verify.evaluation import Array
from verify.proof.witness import REACH, Setting

STEP_LOSS = "loss of a step"
"""The name of the loss of each step, which no page can have."""
STEP = 1e-5
"""How far a value is moved to both sides."""
Place = tuple[str, int | None]
"""A value by its name and time; the loss has the name "", and no time where all steps count."""


class Jacobians:
    """Derivatives at one choice of numbers.

    Args:
        forward: the cell.
        setting: the numbers.
        seeds: the derivatives of the loss by the outputs, by their names; of a cell without a loss of its own.
    """

    def __init__(self, forward: System, setting: Setting, seeds: dict[str, str]) -> None:
        self.forward, self.setting, self.steps = _with_step_losses(_open(forward)), setting, setting.steps
        self.seeds = {} if forward.loss else seeds
        outside = [*range(1 - REACH, 1), *range(self.steps + 1, self.steps + REACH + 1)]
        zero = [each for each in forward.variables.values() if each.is_sequence and each.boundary is Boundary.ZERO]
        nothing = {(each.name, time): np.zeros([setting.size(side) for side in each.shape]) for each in zero for time in outside}
        self.natural: dict[Place, Array] = nothing | {key: value for key, value in setting.values.items() if key[0] in forward.variables}
        self.known: dict[tuple[Place, Place, bool], Any] = {}

    def value(self, place: Place) -> Any:
        """A value: a column as a vector, a single number as one."""
        found = self.natural[place]
        return self.shaped(found, place[0])

    def shaped(self, value: Array, name: str) -> Any:
        """An array without the axes that a value has not."""
        shape = self.forward[name].shape
        return value.reshape(value.shape[: value.ndim - 2] + tuple(n for n, side in zip(value.shape[-2:], shape, strict=True) if side != 1))

    def derivative(self, top: Place, bottom: Place, is_immediate: bool) -> Any:
        """The derivative, with the axes of the upper value before those of the lower one.

        Args:
            is_immediate: whether all values of earlier steps than that of the upper one are held, but for the lower one.
        """
        if (top, bottom, is_immediate) not in self.known:
            self.known[top, bottom, is_immediate] = self._derivative(top, bottom, is_immediate)
        return self.known[top, bottom, is_immediate]

    def _derivative(self, top: Place, bottom: Place, is_immediate: bool) -> Any:
        own = self.natural[bottom]
        count = own.size
        moves = np.concatenate([np.eye(count), -np.eye(count)]).reshape(2 * count, *own.shape)
        before = (top[1] or 0) if is_immediate and top[0] else 0
        found = self.run(bottom, own + STEP * moves, before)
        values = self.of(top, found, 2 * count)
        slopes = (values[:count] - values[count:]) / (2 * STEP)
        axes = np.moveaxis(slopes, 0, -1)
        inner = self.shaped(own, bottom[0]).shape
        return axes.reshape(axes.shape[:-1] + inner)

    def run(self, bottom: Place, values: Array, before: int) -> dict[Place, Array]:
        """All values where one is set, and those of steps before a step are held."""
        given: dict[str, Any] = {}
        boundary: dict[tuple[str, int], Any] = {}
        for name, variable in self.forward.variables.items():
            if variable.role is Role.DEFINED or variable.role is Role.CLOCK:
                continue
            if not variable.is_sequence:
                given[name] = self.natural[name, None]
            else:
                given[name] = [self.natural[name, time] for time in range(1, self.steps + 1)]
        for (name, time), value in self.natural.items():
            is_outside = time is not None and not 1 <= time <= self.steps
            is_held = time is not None and 1 <= time < before and self.forward[name].role is Role.DEFINED
            if time is not None and (is_outside or is_held):
                boundary[name, time] = value
        name, when = bottom
        if when is None:
            given[name] = values
        elif self.forward[name].role is Role.DEFINED or not 1 <= when <= self.steps:
            boundary[name, when] = values
        else:
            given[name] = [values if time == when else each for time, each in enumerate(given[name], start=1)]
            given[name] = np.stack(np.broadcast_arrays(*given[name]))
        with np.errstate(all="ignore"):
            return dict(run(self.forward, self.steps, given, boundary).values)

    def of(self, top: Place, found: dict[Place, Array], count: int) -> Array:
        """The upper value in all runs, (runs, ...)."""
        name, time = top
        if name:
            value = found[top]
            return np.asarray(self.shaped(np.broadcast_to(value, (count, *value.shape[-2:])), name))
        times = range(1, self.steps + 1) if time is None else [time]
        if self.forward.loss:
            is_whole = time is None and not self.forward[self.forward.loss].is_sequence
            of_steps = self.forward.loss if self.forward[self.forward.loss].is_sequence else STEP_LOSS
            values = [found[self.forward.loss, None]] if is_whole else [found[of_steps, each] for each in times]
            parts = [each[..., 0, 0] for each in values]
        else:
            parts = [
                (found[output, each] * self.setting.values[seed, each]).sum(axis=(-2, -1))
                for each in times
                for output, seed in self.seeds.items()
            ]
        return np.asarray(np.broadcast_to(sum(parts), (count,)))


def has_step_losses(forward: System) -> bool:
    """Whether the loss is one of each step, or a sum of such."""
    return not forward.loss or forward[forward.loss].is_sequence or _step_loss(forward) is not None


def _with_step_losses(forward: System) -> System:
    """The cell with the loss of each step, where its loss is their sum."""
    if not forward.loss or forward[forward.loss].is_sequence or (of_step := _step_loss(forward)) is None:
        return forward
    variable = replace(forward[forward.loss], name=STEP_LOSS, is_sequence=True)
    equation = Equation(variable.symbol, of_step, 0)
    return replace(forward, variables={**forward.variables, STEP_LOSS: variable}, equations=(*forward.equations, equation))


def _step_loss(forward: System) -> Expr | None:
    """What is summed over all steps in the loss, if each of its terms is a multiple of such a sum."""
    found: list[Expr] = []
    for term in sp.Add.make_args(forward.equation(forward.loss).right):
        sums = [each for each in sp.Mul.make_args(term) if isinstance(each, nodes.OverTime)]
        rest = [each for each in sp.Mul.make_args(term) if each not in sums]
        if len(sums) != 1 or any(isinstance(part, nodes.OverTime) for each in rest for part in nodes.parts(each)):
            return None
        found.append(sp.Mul(*rest, sums[0].args[0]))
    return nodes.add(*found)


def _open(forward: System) -> System:
    """The cell, whose values outside 1..T are given where they are zero, so that derivatives by them are those of other cells."""
    given = {
        name: replace(each, boundary=Boundary.GIVEN) if each.is_sequence and each.boundary is Boundary.ZERO else each
        for name, each in forward.variables.items()
    }
    return replace(forward, variables=given)
