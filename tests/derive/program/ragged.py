"""A ragged module on trial: a batch of sequences of different lengths against each of them alone, run by the module for one length."""

from __future__ import annotations

from typing import Any

import numpy as np

import derive
from derive.program.arguments import ends
from derive.program.finals import finals
from derive.program.prepare import prepare
from derive.system import System, Variable
from tests.derive.numeric import module

Arrays = dict[str, np.ndarray]


class Batch:
    """A system's two modules and random arguments; NaN stands where no step is."""

    def __init__(self, system: System, lengths: tuple[int, ...], steps: int, seed: int = 0) -> None:
        derivation = derive.bptt(system)
        self.system, self.forward, self.lengths, self.steps = system, derivation.forward, np.array(lengths), steps
        self.module, self.alone = module(derive.emit(derivation, ragged=True)), module(derive.emit(derivation))
        rng = np.random.default_rng(seed)
        self.params, self.inputs, self.initial = self.alone.example(steps, len(lengths), rng)
        self.counted = {} if any(each.is_sequence for each in system.inputs) else {"steps": steps}
        self.padded = {name: self.blanked(array, self.forward[name]) for name, array in self.inputs.items()}
        self.outputs, self.tape = self.module.forward(self.params, self.padded, self.initial, **self.counted, lengths=self.lengths)
        given = {name: self.outputs[name] for name in ([] if system.loss else system.outputs)}
        self.weights = {name: rng.normal(size=array.shape) for name, array in given.items()}
        carried = {each.name for each in finals(prepare(derivation)).values()}
        self.final = {name: rng.normal(size=array.shape) for name, array in self.initial.items() if name in carried}
        own = {name: self.blanked(array, self.forward[name]) for name, array in self.weights.items()}
        self.grads = self.module.backward(self.params, self.tape, own, **self.told(self.final))

    def told(self, final: Arrays) -> dict[str, Any]:
        """Gradients by final states as an argument."""
        return {"final_gradients": final} if final else {}

    def blanked(self, array: np.ndarray, variable: Variable) -> np.ndarray:
        """An array with NaN where sequences have no step."""
        made = array.copy()
        if variable.is_sequence:
            made[np.arange(self.steps)[:, None] >= self.lengths] = np.nan
        return made

    def part(self, arrays: Arrays, at: int) -> Arrays:
        """What belongs to one sequence, as a batch of one."""
        found = {}
        for name, array in arrays.items():
            is_sequence = self.forward[name].is_sequence
            found[name] = array[: self.lengths[at], at : at + 1] if is_sequence else array[at : at + 1]
        return found

    def state_part(self, arrays: Arrays, at: int) -> Arrays:
        """The values of states of one sequence, some of which are at several times."""
        return {name: array[at : at + 1] if self._is_single(name) else array[:, at : at + 1] for name, array in arrays.items()}

    def _is_single(self, name: str) -> bool:
        low, high = self.forward.reach[name]
        return max(-low, high) == 1

    def disagreements(self) -> list[str]:
        """Where outputs, final states or gradients are not those of each sequence alone."""
        wrong: list[str] = []
        summed = {name: np.zeros_like(array) for name, array in self.grads.params.items()}
        for at, length in enumerate(self.lengths):
            counted = {"steps": length} if self.counted else {}
            outputs, tape = self.alone.forward(self.params, self.part(self.inputs, at), self.state_part(self.initial, at), **counted)
            grads = self.alone.backward(self.params, tape, self.part(self.weights, at), **self.told(self.state_part(self.final, at)))
            names = self.system.outputs
            last = {each.name: name for name, each in ends(self.forward).items()}
            own = {
                last[name]: array for name, array in self.state_part({each: self.outputs[name] for each, name in last.items()}, at).items()
            }
            own |= self.part({name: self.outputs[name] for name in names}, at)
            wrong += self._differences(f"sequence {at}: ", own, outputs)
            wrong += self._differences(f"sequence {at}: gradient by ", self.part(self.grads.inputs, at), grads.inputs)
            wrong += self._differences(f"sequence {at}: gradient by ", self.state_part(self.grads.initial, at), grads.initial)
            for name, array in grads.params.items():
                summed[name] = summed[name] + array
        for kind, arrays in (("", {name: self.outputs[name] for name in self.system.outputs}), ("gradient by ", self.grads.inputs)):
            for name, array in arrays.items():
                if self.forward[name].is_sequence and array[np.arange(self.steps)[:, None] >= self.lengths].any():
                    wrong.append(f"{kind}{name} is not 0 behind the last steps")
        return wrong + self._differences("gradient by ", self.grads.params, summed)

    @staticmethod
    def _differences(kind: str, own: Arrays, others: Arrays) -> list[str]:
        if list(own) != list(others):
            own = {name: own[name] for name in others if name in own}
        wrong = [f"{kind}{name} is missing" for name in others if name not in own]
        for name, array in own.items():
            scale = max(1.0, np.abs(others[name]).max(initial=0))
            if array.shape != others[name].shape or not np.allclose(array, others[name], rtol=1e-12, atol=1e-12 * scale):
                wrong.append(f"{kind}{name}: {array.shape} off by {np.abs(array - others[name]).max():.1e} of {scale:.1e}")
        return wrong
