"""One random run of a subject over other numbers than floats: its emitted text beside the oracle, at the same values.

The text is run for a whole batch, the oracle sequence by sequence by the meaning of the equations. So a slip of the printer, of the schedule or
of the batch shows as a difference between the two. Arrays have the shapes that the emitted module gives them: a parameter (rows, columns) or
(rows,), a sequence (T, batch, rows) or, of matrices, (T, batch, rows, columns); what is the same at each t, and an initial value, lacks T.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

from derive.system import Boundary, Role, Variable
from verify.arithmetic import Arithmetic
from verify.evaluate import Run, run
from verify.subject import Subject
from verify.trial import GROUPS, Array, forward, gradient, judged, label_of, unit
from verify.verdict import Outcome, Verdict

Place = tuple[str, str]
"""Where an array is given: "params", "inputs" or "initial", and its name."""
Values = Mapping[Place, Array]


@dataclass(frozen=True)
class Crosscheck:
    """A subject over one kind of numbers.

    Attributes:
        subject: what is judged.
        text: its emitted module over these numbers.
        arithmetic: the numbers for the oracle.
        values: all arrays that are given, of these numbers.
        weights: the derivatives of the loss by the outputs; none if the subject has a loss of its own.
        steps, batch: T and the number of sequences.
    """

    subject: Subject
    text: ModuleType
    arithmetic: Arithmetic
    values: Values
    weights: Mapping[str, Array]
    steps: int
    batch: int

    @property
    def lengths(self) -> tuple[int, ...]:
        """The number of steps of each sequence."""
        return self.subject.target.lengths(self.steps, self.batch)

    def labels(self) -> Iterator[tuple[str, Place]]:
        """What gradients are called, "W", "x", "h_0", with the places of their arrays."""
        yield from ((label_of(*place), place) for place in self.values if judged(self.text, *place))

    @cached_property
    def _pass(self) -> Any:
        """Outputs and tape of the text."""
        return forward(self.text, self.steps, *(self._group(kind) for kind in GROUPS))

    def _group(self, kind: str) -> dict[str, Array]:
        return {name: each for (of, name), each in self.values.items() if of == kind}

    @cached_property
    def outputs(self) -> Mapping[str, Array]:
        """The outputs and final states of the text."""
        found: Mapping[str, Array] = self._pass[0]
        return found

    @cached_property
    def gradients(self) -> dict[Place, Array]:
        """The gradients of the text."""
        if not hasattr(self.text, "backward"):
            return {}
        found = self.text.backward(self._group("params"), self._pass[1], {} if self.text.LOSS else self.weights)
        return {(kind, name): gradient(found, kind, name) for _, (kind, name) in self.labels()}

    def oracle(self, values: Values, sequence: int) -> Run:
        """One sequence of the batch by the meaning of the equations."""
        forward, length = self.subject.forward, self.lengths[sequence]
        given: dict[str, Any] = {}
        boundary: dict[tuple[str, int], Array] = {}
        for each in forward.variables.values():
            name = each.name
            if each.role in (Role.PARAMETER, Role.CONSTANT):
                given[name] = _matrix(values["params", name])
            elif each.role is Role.INPUT:
                own = values["inputs", name]
                given[name] = [_matrix(value[sequence]) for value in own[:length]] if each.is_sequence else _matrix(own[sequence])
            if each in forward.states and each.boundary is not Boundary.ZERO:
                boundary |= self._outside(each, values, sequence)
        return run(forward, length, given, boundary, self.arithmetic)

    def _outside(self, variable: Variable, values: Values, sequence: int) -> dict[tuple[str, int], Array]:
        """The values of a state outside 1..T, by time."""
        name, (low, high) = variable.name, self.subject.forward.reach[variable.name]
        last = self.lengths[sequence]
        times = [*range(low + 1, 1), *range(last + 1, last + high + 1)]
        if variable.boundary is Boundary.PARAMETER:
            own = values["params", f"{name}_0"].reshape(len(times), -1)
            return {(name, time): _matrix(value) for time, value in zip(times, own, strict=True)}
        own = values["initial", name]
        own = own[None] if len(times) == 1 else own
        return {(name, time): _matrix(value[sequence]) for time, value in zip(times, own, strict=True)}

    @cached_property
    def meant(self) -> dict[str, Array]:
        """What the outputs and final states of the text should be, by the oracle."""
        return self.meant_of(self.outputs)

    def meant_of(self, names: Iterable[str]) -> dict[str, Array]:
        """What outputs and final states of these names should be."""
        found = [self.oracle(self.values, sequence) for sequence in range(self.batch)]
        return {
            name: np.stack([self._padded(self._as_output(each, name), name) for each in found], self._batch_axis(name)) for name in names
        }

    def _padded(self, value: Array, name: str) -> Array:
        """The values of a sequence, with zeros behind its last step."""
        variable = self.subject.forward.variables.get(name)
        if variable is None or not variable.is_sequence:
            return value
        behind = self.arithmetic.zeros((self.steps - len(value), value[0].size))
        return np.concatenate([value, behind.reshape(-1, *value.shape[1:])])

    def _batch_axis(self, name: str) -> int:
        variable = self.subject.forward.variables.get(name)
        return int(len(self._end(name)[1]) > 1 if variable is None else variable.is_sequence)

    def _end(self, final: str, steps: int = 0) -> tuple[str, range]:
        """The state of which "h_T" or "h_1" is the end, and the times whose values it holds: the last ones, or where it is read ahead the first."""
        state = final.rpartition("_")[0]
        low, high = self.subject.forward.reach[state]
        return state, range(1, high + 1) if high else range(steps + low + 1, steps + 1)

    def _as_output(self, found: Run, name: str) -> Array:
        """A value with the axes that the text gives it, without the batch."""
        variable = self.subject.forward.variables.get(name)
        if variable is None:
            state, times = self._end(name, found.steps)
            value = np.stack([found.value(state, time) for time in times])
            value = value[0] if len(times) == 1 else value
        else:
            value = found.sequence(name) if variable.is_sequence else found.value(name)
        return value[..., 0] if value.shape[-1] == 1 else value

    def judged_outputs(self, method: str, differ: Callable[[Array, Array], bool]) -> Iterator[Verdict]:
        """A verdict for each output and final state of the text that differs from what it should be; for all where these are all that there is."""
        for name, array in self.outputs.items():
            if array.shape != self.meant[name].shape or differ(array, self.meant[name]):
                yield Verdict(name, method, Outcome.DISAGREES, f"the output {name} is not what its equations say", {"T": self.steps})
            elif not hasattr(self.text, "backward"):
                yield Verdict(name, method, Outcome.AGREES, f"it is what its equations say at T = {self.steps}")

    def wrong_gradient(self, method: str, place: Place, differs: Callable[[Array], bool]) -> Verdict:
        """The verdict on a gradient that is wrong: by its shape, or at its first entry that differs.

        Args:
            method: that found it.
            place: of the array.
            differs: whether the gradient along a direction, an array of 0 and 1, is not the derivative of the loss.
        """
        shape, claimed = self.values[place].shape, self.gradients[place].shape
        if claimed != shape:
            return Verdict(label_of(*place), method, Outcome.DISAGREES, f"the gradient has shape {claimed}, its array {shape}")
        at = next((list(at) for at in np.ndindex(shape) if differs(unit(shape, at).astype(int).astype(object))), [])
        told = f"entry {at} is not the derivative of the loss, at T = {self.steps}, {self.batch} sequences"
        return Verdict(label_of(*place), method, Outcome.DISAGREES, told, {"T": self.steps, "batch": self.batch, "entry": at})

    def oracle_loss(self, values: Values) -> Any:
        """The loss by the meaning of the equations."""
        total: Any = 0
        for sequence in range(self.batch):
            found = self.oracle(values, sequence)
            if self.text.LOSS:
                total = total + self._as_output(found, self.text.LOSS).sum()
            for name, weights in self.weights.items():
                is_sequence = self.subject.forward[name].is_sequence
                own = weights[: self.lengths[sequence], sequence] if is_sequence else weights[sequence]
                total = total + (self._as_output(found, name) * own).sum()
        return total


def _matrix(value: Any) -> Array:
    """A number, a column or a matrix as a matrix."""
    array = np.asarray(value)
    return array.reshape(-1, 1) if array.ndim < 2 else array


def normalized(values: Values, subject: Subject) -> dict[Place, Array]:
    """The values with the columns of distributions, which must sum to 1, divided by their sums."""
    made = dict(values)
    for each in subject.forward.inputs:
        if each.is_distribution:
            array = made["inputs", each.name]
            made["inputs", each.name] = array / array.sum(axis=-1, keepdims=True)
    return made
