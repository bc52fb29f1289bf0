"""The modules of all targets beside the NumPy module for sequences of one length: the same outputs, final states and gradients.

The module of each target is given what NumPy's is given, at lengths below and above the largest lag; where sequences have lengths of their own,
the reference is NumPy's module run on each sequence alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np

import derive
from derive.calculus.bptt import Derivation
from derive.program.finals import finals
from derive.program.prepare import prepare
from derive.system import System
from verify.subject import Subject, subject
from verify.trial import Trial

Arrays = dict[str, np.ndarray]
Results = dict[str, np.ndarray]
"""By what they are called: "output h", "params W"."""
SIZES = ((1, 1), (2, 3), (3, 1), (6, 3))
"""(T, batch) of the runs."""
TOLERANCE, NOISE = 1e-9, 1e4


class Reference:
    """The NumPy module of a derivation at one size, and random arguments for it."""

    def __init__(self, derivation: Derivation, steps: int, batch: int) -> None:
        self.derivation, self.system, self.steps, self.batch = derivation, derivation.forward, steps, batch
        self.module = subject(derivation).module
        self.given = Trial(self.module, steps, batch, seed=steps).values
        self.weights, self.final = self._weights()

    def _weights(self) -> tuple[Arrays, Arrays]:
        """Gradients of the loss by outputs, and by the final states that carry one."""
        rng = np.random.default_rng(self.steps + 7)
        outputs, _ = self.run(self.module, self.given, self.steps)
        weights = {} if self.module.LOSS else {name: rng.normal(size=outputs[name].shape) for name in self.module.OUTPUTS}
        carried = {each.name for each in finals(prepare(self.derivation)).values()}
        return weights, {name: rng.normal(size=each.shape) for name, each in self.given[2].items() if name in carried}

    @staticmethod
    def run(module: ModuleType, given: tuple[Arrays, Arrays, Arrays], steps: int) -> Any:
        from verify.trial import forward

        return forward(module, steps, *given)

    def results(self, module: ModuleType, given: tuple[Arrays, ...] | None = None) -> Results:
        """What a module with the interface of NumPy's gives."""
        given = given or self.given
        outputs, tape = self.run(module, given, self.steps)
        found = {f"output {name}": np.asarray(each) for name, each in outputs.items()}
        if not hasattr(module, "backward"):
            return found
        told = {"final_gradients": self.final} if self.final else {}
        return found | _named(module.backward(given[0], tape, self.weights, **told))

    def alone(self, lengths: tuple[int, ...]) -> Results:
        """What each sequence of these lengths gives alone, put together."""
        made: Results = {}
        for at, length in enumerate(lengths):
            params, inputs, initial = self.given
            part = {name: self._part(each, name, at, length) for name, each in inputs.items()}
            first = {name: self._state(each, name, at) for name, each in initial.items()}
            outputs, tape = self.run(self.module, (params, part, first), length)
            weights = {name: self._part(each, name, at, length) for name, each in self.weights.items()}
            final = {name: self._state(each, name, at) for name, each in self.final.items()}
            grads = self.module.backward(params, tape, weights, **({"final_gradients": final} if final else {}))
            for name, each in {**{f"output {key}": value for key, value in outputs.items()}, **_named(grads)}.items():
                self._put(made, name, np.asarray(each), at)
        return made

    def _put(self, made: Results, name: str, array: np.ndarray, at: int) -> None:
        """Add what belongs to one sequence at its place."""
        kind, own = name.split(" ", 1)
        if kind == "params":
            made[name] = made.get(name, 0) + array
            return
        axis = self._axis(kind, own)
        shape = list(array.shape)
        shape[axis] = self.batch
        if self._is_sequence(own) and kind != "initial":
            shape[0] = self.steps
        whole = made.setdefault(name, np.zeros(shape))
        place = (slice(None),) * axis + (slice(at, at + 1),)
        whole[place][tuple(map(slice, array.shape))] = array

    def _axis(self, kind: str, name: str) -> int:
        if kind == "initial" or (kind == "output" and name not in self.system.variables):
            state = name if kind == "initial" else name.rpartition("_")[0]
            low, high = self.system.reach[state]
            return int(max(-low, high) > 1)
        return int(self._is_sequence(name))

    def _is_sequence(self, name: str) -> bool:
        return name in self.system.variables and self.system[name].is_sequence

    def _part(self, array: np.ndarray, name: str, at: int, length: int) -> np.ndarray:
        return array[:length, at : at + 1] if self._is_sequence(name) else array[at : at + 1]

    def _state(self, array: np.ndarray, name: str, at: int) -> np.ndarray:
        return array[:, at : at + 1] if self._axis("initial", name) else array[at : at + 1]


def _named(grads: Any) -> Results:
    return {f"{kind} {name}": np.asarray(each) for kind in ("params", "inputs", "initial") for name, each in getattr(grads, kind).items()}


def disagreements(system: System, targets: tuple[str, ...]) -> Iterator[str]:
    """Where the module of a target does not give what NumPy's gives; that a target refuses the system is none."""
    derivation = derive.bptt(system)
    judged = [each for name in targets for each in subject(derivation, name).runs]
    broken = [f"{each.target.name}: {each.obstacle}" for each in judged if each.obstacle.startswith("it could not be emitted")]
    yield from broken
    for steps, batch in SIZES:
        with np.errstate(all="ignore"):
            reference = Reference(derivation, steps, batch)
            rounding = _rounding(reference)
            for each in judged:
                if not each.obstacle:
                    yield from (
                        f"{each.target.name} ({each.target.told}), T = {steps}: {told}" for told in _of_one(each, reference, rounding)
                    )


def _of_one(judged: Subject, reference: Reference, rounding: Mapping[str, float]) -> Iterator[str]:
    try:
        own = reference.results(judged.module)
    except Exception as error:
        yield f"{type(error).__name__}: {error}"
        return
    lengths = judged.target.lengths(reference.steps, reference.batch)
    right = reference.results(reference.module) if set(lengths) == {reference.steps} else reference.alone(lengths)
    wanted = [name for name in right if judged.target.has_gradients or name.removeprefix("output ") in judged.forward.outputs]
    for name in wanted:
        if name not in own:
            if judged.target.has_gradients or name != f"output {judged.forward.loss}":
                yield f"{name} is missing"
        elif own[name].shape != right[name].shape:
            yield f"{name} has shape {own[name].shape} for {right[name].shape}"
        else:
            largest = np.abs(right[name]).max(initial=0.0)
            off = np.abs(own[name] - right[name]).max(initial=0.0)
            if not off <= max(TOLERANCE * largest, NOISE * rounding.get(name, 0.0), 1e-300) and np.isfinite(largest):
                yield f"{name} is off by {off:.1e} of {largest:.1e}"


def _rounding(reference: Reference) -> dict[str, float]:
    """How much the results change with the last digits of what is given."""
    rng = np.random.default_rng(3)
    moved = tuple({name: each * (1 + 2e-16 * rng.normal(size=each.shape)) for name, each in group.items()} for group in reference.given)
    right, other = reference.results(reference.module), reference.results(reference.module, moved)
    return {name: float(np.abs(right[name] - other[name]).max(initial=0.0)) for name in right}
