"""An emitted module on trial: random arguments for it, its outputs against the equations, its gradients against the complex step."""

from __future__ import annotations

from typing import Any

import numpy as np

import derive
from derive.system import Boundary, Role, System
from tests.derive.numeric import Values, module, size_symbols


class Trial:
    """A system, its emitted module, and random arguments: `params`, `inputs`, `initial` and the gradients of the outputs, `weights`.

    With the source of the module it is not emitted again.
    """

    def __init__(
        self,
        system: System | str,
        steps: int = 4,
        batch: int = 2,
        seed: int = 0,
        size: int | None = None,
        scale: float = 0.7,
        source: str = "",
    ):
        self.system = derive.read(system) if isinstance(system, str) else system
        self.source = source or derive.emit(derive.bptt(self.system))
        self.module = module(self.source)
        self.steps, self.batch = steps, batch
        self.sizes = {symbol: size or 2 + at for at, symbol in enumerate(size_symbols(self.system))}
        rng = np.random.default_rng(seed)
        rows = {str(symbol).removeprefix("n_"): count for symbol, count in self.sizes.items()}
        self.params = {name: rng.normal(0, scale, array.shape) for name, array in self.module.init(rows).items()}
        self.inputs, self.initial = {}, {}
        for each in self.system.inputs:
            draw = rng.normal(size=(steps, batch, self.rows(each.name)))
            self.inputs[each.name] = np.exp(draw) / np.exp(draw).sum(axis=-1, keepdims=True) if each.is_distribution else draw
        for each in self.system.states:
            if each.boundary is Boundary.GIVEN:
                span = self.span(each.name)
                self.initial[each.name] = rng.normal(size=(*([span] if span > 1 else []), batch, self.rows(each.name)))
        outputs, _ = self.forward()
        self.weights = {name: rng.normal(size=outputs[name].shape) for name in self.module.OUTPUTS}

    def rows(self, name: str) -> int:
        """The rows of a variable in this trial."""
        return int(self.system[name].shape[0].subs(self.sizes))

    def span(self, name: str) -> int:
        """How many values outside 1..T of a sequence are read."""
        low, high = self.system.reach[name]
        return max(-low, high)

    def forward(self) -> tuple[dict[str, np.ndarray], Any]:
        """Outputs and tape."""
        return self.module.forward(self.params, self.inputs, self.initial)

    def loss(self) -> np.ndarray:
        """The number that the gradients are of."""
        outputs, _ = self.forward()
        if self.module.LOSS:
            return outputs[self.module.LOSS].sum()
        return sum((outputs[name] * self.weights[name]).sum() for name in self.module.OUTPUTS)

    def gradients(self) -> dict[str, dict[str, np.ndarray]]:
        """What the module says: by group, by name."""
        _, tape = self.forward()
        found = self.module.backward(self.params, tape, *([] if self.module.LOSS else [self.weights]))
        return {"params": found.params, "inputs": found.inputs, "initial": found.initial}

    def complex_step(self) -> dict[str, dict[str, np.ndarray]]:
        """The same by Im loss(v + i e) / e with e = 1e-30, entry by entry: exact to rounding."""
        found: dict[str, dict[str, np.ndarray]] = {}
        for group in ("params", "inputs", "initial"):
            arrays = getattr(self, group)
            found[group] = {name: np.zeros(array.shape) for name, array in arrays.items()}
            for name, array in arrays.items():
                arrays[name] = array.astype(complex)
                for at in np.ndindex(array.shape):
                    arrays[name][at] += 1e-30j
                    found[group][name][at] = self.loss().imag / 1e-30
                    arrays[name][at] = array[at]
                arrays[name] = array
        return found

    def by_equations(self, sequence: int) -> Values:
        """One sequence of the batch run by the meaning of its equations alone."""
        given: dict[Any, np.ndarray] = {}
        for each in self.system.variables.values():
            name = each.name
            if each.role is Role.PARAMETER:
                given[name] = self.params[name].reshape(self.rows(name), -1)
            elif each.role is Role.INPUT:
                given.update({(name, t + 1): self.inputs[name][t, sequence][:, None] for t in range(self.steps)})
            if each in self.system.states and each.boundary is not Boundary.ZERO:
                given.update(self._outside(name, sequence))
        return Values(self.system, given, self.sizes, self.steps)

    def _outside(self, name: str, sequence: int) -> dict[Any, np.ndarray]:
        is_parameter = self.system[name].boundary is Boundary.PARAMETER
        values = self.params[f"{name}_0"] if is_parameter else self.initial[name]
        rows = values.reshape(self.span(name), -1, self.rows(name))
        low, high = self.system.reach[name]
        times = range(low + 1, 1) if low else range(self.steps + 1, self.steps + high + 1)
        return {(name, time): rows[at, 0 if is_parameter else sequence][:, None] for at, time in enumerate(times)}


def disagreements(trial: Trial, tolerance: float = 1e-10) -> list[str]:
    """What is wrong with an emitted module, in words; nothing if it is right."""
    wrong = []
    outputs, _ = trial.forward()
    for sequence in range(trial.batch):
        values = trial.by_equations(sequence)
        for name in trial.module.OUTPUTS:
            expected = np.stack([values(name, t + 1)[:, 0] for t in range(trial.steps)])
            if not np.allclose(outputs[name][:, sequence], expected, rtol=tolerance, atol=tolerance):
                wrong.append(f"output {name}")
    own, true = trial.gradients(), trial.complex_step()
    for group, arrays in true.items():
        if list(arrays) != [name for name in arrays if name in own[group]] or len(own[group]) != len(arrays):
            wrong.append(f"{group}: gradients of {list(own[group])}, wanted {list(arrays)}")
            continue
        for name, array in arrays.items():
            if own[group][name].shape != array.shape:
                wrong.append(f"{group} {name}: shape {own[group][name].shape} for {array.shape}")
            elif not np.allclose(own[group][name], array, rtol=tolerance, atol=tolerance * max(1.0, np.abs(array).max())):
                wrong.append(f"{group} {name}: off by {np.abs(own[group][name] - array).max():.1e} of {np.abs(array).max():.1e}")
    return wrong
