"""Emitted code against the oracle: outputs and all gradients, sequence by sequence of a batch, for values of all forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

import derive
from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.soundness import checked
from derive.system import Boundary, Equation, Kind, Role, System, Variable
from tests.derive.numeric import module
from verify.evaluate import run, run_adjoint

Arrays = dict[str, np.ndarray]


def build(
    equations: Mapping[Expr, Expr], shapes: Mapping[str, tuple[Any, Any]], outputs: tuple[str, ...], loss: str = "", **changes: Any
) -> System:
    """A system; what has no equation is an input if it is read at a time, else a parameter. `changes` are fields of variables by name."""
    made = [Equation(left, right, number) for number, (left, right) in enumerate(equations.items(), start=1)]
    defined = {each.name for each in made}
    read = [part for each in made for part in (each.left, *each.reads)]
    sequences = {nodes.sequence_name(part) for part in read if isinstance(part, sp.Indexed)}
    variables = {}
    for name, (rows, columns) in shapes.items():
        role = Role.DEFINED if name in defined else Role.INPUT if name in sequences else Role.PARAMETER
        own = {"role": role, "shape": (sp.sympify(rows), sp.sympify(columns)), "is_sequence": name in sequences, **changes.get(name, {})}
        variables[name] = Variable(name, **own)
    return checked(System("built", tuple(made), variables, outputs, loss))


def _moved(array: np.ndarray, axis: int) -> np.ndarray:
    """A value of one sequence, with an axis of columns if it has none."""
    return array if array.ndim == axis + 2 else array[..., None]


class Emitted:
    """A derivation's emitted module with random arguments, all sizes different; `source` is its text where that has been emitted before."""

    def __init__(
        self, derivation: derive.Derivation, steps: int, batch: int, seed: int = 0, dtype: Any = np.float64, source: str = ""
    ) -> None:
        system = derivation.system
        self.forward, self.adjoint = derivation.forward, derivation.adjoint
        self.source = source or derive.emit(derivation)
        self.module = module(self.source)
        self.steps, self.batch = steps, batch
        params, inputs, initial = self.module.example(steps, batch, np.random.default_rng(seed))
        self.params, self.inputs, self.initial = ({n: a.astype(dtype) for n, a in group.items()} for group in (params, inputs, initial))
        is_told = any(each.is_sequence for each in system.inputs)
        self.outputs, self.tape = self.module.forward(self.params, self.inputs, self.initial, **({} if is_told else {"steps": steps}))
        rng = np.random.default_rng(seed + 1)
        self.weights = {name: rng.normal(size=self.outputs[name].shape).astype(dtype) for name in system.outputs}
        self.grads = self.module.backward(self.params, self.tape, *([] if system.loss else [self.weights]))

    def disagreements(self) -> list[str]:
        """Where outputs or gradients are not what the equations and the claimed adjoint equations mean, one sequence after the other."""
        wrong: list[str] = []
        summed = {name: np.zeros_like(array) for name, array in self.grads.params.items()}
        for at in range(self.batch):
            forward, adjoint = self._runs(at)
            for name in self.forward.outputs:
                wrong += self._compared(f"output {name}", self._one(self.outputs, name, at), self._value(forward, name))
            bars = {each.of: each.name for each in self.adjoint.variables.values() if each.kind is Kind.ADJOINT}
            for each in self.forward.inputs:
                wrong += self._compared(
                    f"input {each.name}", self._one(self.grads.inputs, each.name, at), self._value(adjoint, bars[each.name])
                )
            for name, array in self.grads.initial.items():
                times = self._times(name)
                own = array[:, at] if len(times) > 1 else array[at][None]
                wrong += self._compared(f"initial {name}", _moved(own, 1), np.stack([adjoint.value(bars[name], time) for time in times]))
            for name in summed:
                state = name.removesuffix("_0")
                value = adjoint.value(bars[name]) if name in bars else adjoint.value(bars[state], 0)
                summed[name] += value.reshape(summed[name].shape)
        for name, array in summed.items():
            wrong += self._compared(f"parameter {name}", self.grads.params[name], array)
        return wrong

    def _compared(self, what: str, own: np.ndarray, other: np.ndarray) -> list[str]:
        if own.shape != other.shape:
            return [f"{what}: shape {own.shape} for {other.shape}"]
        return [] if np.allclose(own, other, rtol=1e-9, atol=1e-9) else [f"{what}: off by {np.abs(own - other).max():.1e}"]

    def _times(self, name: str) -> range:
        low, high = self.forward.reach[name]
        return range(low + 1, 1) if low else range(self.steps + 1, self.steps + high + 1)

    def _one(self, arrays: Arrays, name: str, at: int) -> np.ndarray:
        is_sequence = self.forward[name].is_sequence
        return _moved(arrays[name][:, at] if is_sequence else arrays[name][at], int(is_sequence))

    def _value(self, found: Any, name: str) -> np.ndarray:
        of = self.adjoint[name] if name in self.adjoint.variables else self.forward[name]
        return found.sequence(name) if of.is_sequence else found.value(name)

    def _runs(self, at: int) -> tuple[Any, Any]:
        given = {name: array for name, array in self.params.items() if name in self.forward.variables}
        given |= {each.name: self._one(self.inputs, each.name, at) for each in self.forward.inputs}
        boundary: dict[tuple[str, int], Any] = {}
        for each in self.forward.states:
            if each.boundary is Boundary.PARAMETER:
                boundary[each.name, 0] = self.params[f"{each.name}_0"]
            elif each.name in self.initial:
                times, array = self._times(each.name), self.initial[each.name]
                boundary |= {(each.name, time): (array[place, at] if len(times) > 1 else array[at]) for place, time in enumerate(times)}
        forward = run(self.forward, self.steps, given, boundary)
        seeds = {each.name: each.of for each in self.adjoint.variables.values() if each.kind is Kind.UPSTREAM}
        return forward, run_adjoint(self.adjoint, forward, {name: self._one(self.weights, of, at) for name, of in seeds.items()})


def judged(system: System, lengths: tuple[int, ...] = (1, 2, 5)) -> list[str]:
    """What is wrong with the emitted code of a system, at several lengths and sizes of the batch; its own check of its gradients too."""
    derivation, wrong = derive.bptt(system), []
    source = derive.emit(derivation)
    for steps in lengths:
        trial = Emitted(derivation, steps, batch=1 + steps % 3, seed=steps, source=source)
        wrong += [f"T = {steps}: {each}" for each in trial.disagreements()]
    if not trial.module.check_gradients(T=3):
        wrong.append("check_gradients")
    single = Emitted(derivation, 3, 2, dtype=np.float32, source=source)
    arrays = {**single.outputs, **single.grads.params, **single.grads.inputs, **single.grads.initial}
    return wrong + [f"{name} is {array.dtype}" for name, array in arrays.items() if array.dtype != np.float32]
