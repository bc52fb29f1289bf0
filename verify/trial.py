"""A random run of an emitted module: its gradients, and its loss as a function of each array.

The defaults can see: several steps, initial states that are not zero, all sizes different, no symmetric weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from types import ModuleType
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]
GROUPS = ("params", "inputs", "initial")
"""What an emitted module is given, in the order of its arguments."""
IMAGINARY = 1e-25j
"""How far beside the real axis the complex step goes."""
DRAWS, SHRINK, LARGEST = 20, 0.8, 100.0
"""How often values are drawn, by how much smaller each time, until no output is larger."""


def forward(module: ModuleType, steps: int, params: Arrays, inputs: Arrays, initial: Arrays) -> Any:
    """Outputs and tape; a module without a sequence among its inputs is told how many steps there are."""
    told = {"steps": steps} if "steps" in signature(module.forward).parameters else {}
    return module.forward(params, inputs, initial, **told)


def judged(module: ModuleType, kind: str, name: str) -> bool:
    """Whether a module gives the gradient by an array: it is no constant."""
    return kind != "params" or name not in getattr(module, "CONSTANTS", ())


def label_of(kind: str, name: str) -> str:
    """What the gradient by an array is called: "W", "x", "h_0"."""
    return f"{name}_0" if kind == "initial" else name


@dataclass(frozen=True)
class Trial:
    """Random values for an emitted module.

    Args:
        module: the module.
        steps, batch: T and the number of sequences.
        seed: of all random values.
        scale: a factor on the parameters; small ones make gradients vanish.
        last_only: whether the loss reads the last step only.
    """

    module: ModuleType
    steps: int = 7
    batch: int = 2
    seed: int = 0
    scale: float = 1.0
    last_only: bool = False

    @cached_property
    def values(self) -> tuple[Arrays, Arrays, Arrays]:
        """Parameters, inputs and initial values; drawn again, and smaller, where a function is not defined at one of them or values explode.

        That is asked beside the real axis, where functions overflow first.
        """
        rng = np.random.default_rng(self.seed)
        for attempt in range(DRAWS):
            scales = self.scale * SHRINK**attempt, SHRINK**attempt, SHRINK**attempt
            groups = zip(scales, self.module.example(self.steps, self.batch, rng), strict=True)
            params, inputs, initial = ({name: scale * array for name, array in group.items()} for scale, group in groups)
            over_complex = ({name: array + IMAGINARY for name, array in group.items()} for group in (params, inputs, initial))
            with np.errstate(all="ignore"):
                outputs, _ = self.run(*over_complex)
            if all(np.abs(array).max(initial=0.0) <= LARGEST for array in outputs.values()):
                break
        return params, inputs, initial

    @cached_property
    def weights(self) -> Arrays:
        """The derivatives of the loss by the outputs; a module with a loss of its own is given none."""
        outputs, _ = self.run(*self.values)
        rng = np.random.default_rng(self.seed + 1)
        weights = {name: rng.normal(size=outputs[name].shape) for name in self.module.OUTPUTS}
        for each in weights.values() if self.last_only else ():
            if each.shape[:2] == (self.steps, self.batch):
                each[:-1] = 0
        return weights

    def run(self, params: Arrays, inputs: Arrays, initial: Arrays) -> Any:
        """Outputs and tape."""
        return forward(self.module, self.steps, params, inputs, initial)

    @property
    def has_loss(self) -> bool:
        """Whether the module computes its own loss."""
        return bool(self.module.LOSS)

    def loss(self, params: Arrays, inputs: Arrays, initial: Arrays) -> Any:
        """The loss: the sum of the outputs times the weights, or the module's own."""
        outputs, _ = self.run(params, inputs, initial)
        if self.has_loss:
            return outputs[self.module.LOSS].sum()
        return sum((outputs[name] * weights).sum() for name, weights in self.weights.items())

    @cached_property
    def magnitude(self) -> float:
        """The sum of the absolute values of the loss's terms, to which its rounding is relative."""
        outputs, _ = self.run(*self.values)
        if self.has_loss:
            return float(abs(outputs[self.module.LOSS]).sum())
        return float(sum(abs(outputs[name] * weights).sum() for name, weights in self.weights.items()))

    def gradients(self) -> dict[str, Array]:
        """The gradients that the module claims, by label: "W", "x", "h_0"."""
        params, inputs, initial = self.values
        _, tape = self.run(params, inputs, initial)
        found = self.module.backward(params, tape, {} if self.has_loss else self.weights)
        return {label: getattr(found, kind)[name] for kind, name, label in self.labels()}

    def labels(self) -> Iterator[tuple[str, str, str]]:
        """(kind, name, label) of each array."""
        for kind, group in zip(GROUPS, self.values, strict=True):
            yield from ((kind, name, label_of(kind, name)) for name in group if judged(self.module, kind, name))

    def moved(self, kind: str, name: str, at: tuple[int, ...], by: complex) -> Any:
        """The loss when one entry is moved."""
        values = dict(zip(GROUPS, self.values, strict=True))
        array = values[kind][name].astype(np.result_type(values[kind][name], type(by)))
        array[at] += by
        values[kind] = {**values[kind], name: array}
        return self.loss(values["params"], values["inputs"], values["initial"])
