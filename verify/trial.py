"""A random run of an emitted module: its gradients, and its loss as a function of each array.

The defaults can see: several steps, initial states that are not zero, all sizes different, no symmetric weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from inspect import signature
from types import ModuleType
from typing import Any

import numpy as np

from derive.errors import InputError
from derive.limits import NUMBERS

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]
GROUPS = ("params", "inputs", "initial")
"""What an emitted module is given, in the order of its arguments."""
IMAGINARY = 1e-25j
"""How far beside the real axis the complex step goes."""
LONG, MANY, LARGER = 20, 4, 12
"""T and the number of sequences of a large run, and by how much its sizes are larger than those of the module's own example."""
DRAWS, SHRINK, LARGEST, HUGE = 40, 0.8, 100.0, 1e50
"""How often values are drawn, by how much smaller each time, until no output is larger, nor what the backward pass multiplies with."""


class BrokenTextError(InputError):
    """An emitted text is wrong whatever its numbers are: it does not load, or leaves out what it must give."""


def gradient(found: Any, kind: str, name: str) -> Array:
    """The gradient by an array, of those that `backward` gave.

    Raises:
        BrokenTextError: it is not among them.
    """
    given: Mapping[str, Array] = getattr(found, kind)
    if name not in given:
        raise BrokenTextError(f"the emitted code does not give the gradient by {label_of(kind, name)}")
    return given[name]


def forward(module: ModuleType, steps: int, params: Arrays, inputs: Arrays, initial: Arrays) -> Any:
    """Outputs and tape; a module without a sequence among its inputs is told how many steps there are."""
    told = {"steps": steps} if _is_told_steps(module.forward) else {}
    return module.forward(params, inputs, initial, **told)


@lru_cache(maxsize=64)
def _is_told_steps(function: Callable[..., Any]) -> bool:
    """Whether a function has an argument for the number of steps; to look takes as long as a small run."""
    return "steps" in signature(function).parameters


def judged(module: ModuleType, kind: str, name: str) -> bool:
    """Whether a module gives the gradient by an array: it has a backward pass, and the array is no constant."""
    return hasattr(module, "backward") and (kind != "params" or name not in getattr(module, "CONSTANTS", ()))


def unit(shape: tuple[int, ...], at: Sequence[int]) -> Array:
    """Zeros, with 1 at one entry."""
    array = np.zeros(shape)
    array[tuple(at)] = 1
    return array


def random_direction(array: Array, rng: np.random.Generator) -> Array:
    """A random array of the same shape, of length 1."""
    found = rng.normal(size=np.shape(array))
    return np.asarray(found / np.sqrt((found**2).sum()))


def parts_by_size(array: Array, span: float) -> list[Array]:
    """An array cut into parts whose entries differ in size by no more than a factor, those that are zero by themselves, as arrays of truth.

    What is along a random direction through a part shows an error in the smallest of its entries too.
    """
    sizes = np.abs(array).ravel()
    number, parts, smallest = -1, np.zeros(array.size, int), None
    for at in sorted(range(array.size), key=sizes.__getitem__):
        if smallest is None or not sizes[at] <= span * smallest:
            number, smallest = number + 1, sizes[at]
        parts[at] = number
    return [(parts == each).reshape(array.shape) for each in range(number + 1)]


def label_of(kind: str, name: str) -> str:
    """What the gradient by an array is called: "W", "x", "h_0"."""
    return f"{name}_0" if kind == "initial" else name


def large(module: ModuleType, **wanted: int) -> Trial:
    """A run of the size of a real model.

    Args:
        module: the module.
        wanted: sizes by their names in the module, T and batch; those that are not given are larger than the module's own by LARGER.

    Raises:
        InputError: the module has no such size.
    """
    sizes = {name: LARGER * each.default for name, each in signature(module.example).parameters.items() if each.default is not each.empty}
    unknown = next((name for name in wanted if name not in {"T", "batch", *sizes}), None)
    if unknown:
        raise InputError(f"there is no size {unknown}", advice=f"the sizes are T, batch, {', '.join(sizes)}")
    chosen = {"T": LONG, "batch": MANY, **sizes, **wanted}
    largest = max((chosen[name] for name in sizes), default=1)
    NUMBERS.check(max(chosen["T"] * chosen["batch"] * largest, largest**2))
    return Trial(module, chosen.pop("T"), chosen.pop("batch"), sizes=chosen)


@dataclass(frozen=True)
class Trial:
    """Random values for an emitted module.

    Args:
        module: the module.
        steps, batch: T and the number of sequences.
        seed: of all random values.
        scale: a factor on the parameters; small ones make gradients vanish.
        last_only: whether the loss reads the last step only.
        sizes: other ones than the module's own small ones, by name.
    """

    module: ModuleType
    steps: int = 7
    batch: int = 2
    seed: int = 0
    scale: float = 1.0
    last_only: bool = False
    sizes: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def values(self) -> tuple[Arrays, Arrays, Arrays]:
        """Parameters, inputs and initial values; drawn again, and smaller, where a function is not defined at one of them or values explode,
        be it on the way.

        That is asked beside the real axis, where functions overflow first, unless only floats go through the module.
        """
        rng = np.random.default_rng(self.seed)
        for attempt in range(DRAWS):
            scales = self.scale * SHRINK**attempt, SHRINK**attempt, SHRINK**attempt
            groups = zip(scales, self.module.example(self.steps, self.batch, rng, **self.sizes), strict=True)
            params, inputs, initial = ({name: scale * array for name, array in group.items()} for scale, group in groups)
            beside = 0.0 if self.is_real else IMAGINARY
            moved = ({name: array + beside for name, array in group.items()} for group in (params, inputs, initial))
            with np.errstate(all="ignore"):
                outputs, tape = self.run(*moved)
            explodes = any(np.abs(each).max(initial=0.0) > HUGE for each in tape if isinstance(each, np.ndarray))
            if not explodes and all(np.abs(array).max(initial=0.0) <= LARGEST for array in outputs.values()):
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
    def is_real(self) -> bool:
        """Whether no complex numbers go through the module."""
        return bool(getattr(self.module, "FLOATS_ONLY", False))

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

    @property
    def has_number(self) -> bool:
        """Whether the loss is a number: a cell may explode at all values that are drawn."""
        with np.errstate(all="ignore"):
            return bool(np.isfinite(self.loss(*self.values)))

    def gradients(self) -> dict[str, Array]:
        """The gradients that the module claims, by label: "W", "x", "h_0"."""
        params, inputs, initial = self.values
        if not hasattr(self.module, "backward"):
            return {}
        _, tape = self.run(params, inputs, initial)
        found = self.module.backward(params, tape, {} if self.has_loss else self.weights)
        return {label: gradient(found, kind, name) for kind, name, label in self.labels()}

    def labels(self) -> Iterator[tuple[str, str, str]]:
        """(kind, name, label) of each array by which the module gives the gradient."""
        for kind, group in zip(GROUPS, self.values, strict=True):
            yield from ((kind, name, label_of(kind, name)) for name in group if judged(self.module, kind, name))

    def line(self, kind: str, name: str, direction: Array) -> Callable[[complex], Any]:
        """The loss when an array is moved along a direction, as a function of how far."""
        values = dict(zip(GROUPS, self.values, strict=True))
        own = values[kind][name]

        def loss(by: complex) -> Any:
            moved = {**values, kind: {**values[kind], name: own + by * direction}}
            return self.loss(*(moved[each] for each in GROUPS))

        return loss
