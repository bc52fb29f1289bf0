"""What a target is to a method of verification: text that is emitted, and a way to run it as one runs the NumPy module.

A method asks a module for `example`, `forward`, `backward`, `OUTPUTS`, `LOSS` and `CONSTANTS`, and gives and takes arrays (T, batch, rows) of NumPy.
A target whose module has other functions, or other arrays, says how these are had from it; nothing in a method is about a target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

Arrays = dict[str, Any]


def all_steps(steps: int, batch: int) -> tuple[int, ...]:
    """The lengths of sequences of one length."""
    return (steps,) * batch


@dataclass(frozen=True)
class Target:
    """A target of emission.

    Attributes:
        name: what it is called on the command line.
        told: what of it is run, in a few words.
        as_numpy: the emitted module with the interface of NumPy's; InputError where it cannot be run, with the reason.
        options: of `derive.emit`, by which its text is emitted.
        lengths: (T, batch) to the lengths of the sequences of a run.
        functions: of the text that are judged, by name.
        floats_only: whether only floats go through it, neither complex numbers nor objects.
        beside: the same text run in another way, which is judged as well.
    """

    name: str
    told: str
    as_numpy: Callable[[ModuleType], ModuleType]
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    lengths: Callable[[int, int], tuple[int, ...]] = all_steps
    functions: tuple[str, ...] = ("forward", "backward")
    floats_only: bool = False
    beside: tuple[Target, ...] = ()

    @property
    def has_gradients(self) -> bool:
        """Whether its module has a backward pass."""
        return "backward" in self.functions


def with_passes(module: ModuleType, forward: Callable[..., Any], backward: Callable[..., Any] | None, **more: Any) -> ModuleType:
    """A module with other passes, or with none backward, and other names by `more`."""
    made = ModuleType(module.__name__)
    names = {**vars(module), "forward": forward, "backward": backward, **more}
    made.__dict__.update({name: each for name, each in names.items() if each is not None or name != "backward"})
    return made


def told_steps(function: Callable[..., Any], steps: int | None) -> dict[str, int]:
    """The number of steps as an argument of a function, if it has one for it."""
    return {"steps": steps} if steps is not None and "steps" in signature(function).parameters else {}


class Axes:
    """Which axes of the inputs and initial values of a module are of steps, and which of sequences.

    Of two examples that differ in T or in the batch alone, arrays differ in that axis.
    """

    def __init__(self, module: ModuleType) -> None:
        self.of_steps, self.of_batch = _axes(module, 2, 1), _axes(module, 1, 2)

    def is_sequence(self, name: str) -> bool:
        """Whether an input has a value for each step."""
        return ("inputs", name) in self.of_steps

    def size(self, inputs: Arrays, initial: Arrays, steps: int | None) -> tuple[int, int]:
        """T, which `steps` says where no input does, and the number of sequences, which is 1 where no array says it."""
        given = {"inputs": inputs, "initial": initial}
        told, batch = (
            next((np.shape(given[kind][name])[at] for (kind, name), at in axes.items() if name in given[kind]), None)
            for axes in (self.of_steps, self.of_batch)
        )
        return told or steps or 1, batch or 1


def _axes(module: ModuleType, steps: int, batch: int) -> dict[tuple[str, str], int]:
    """By ("inputs" or "initial", name), the axis in which an example of that size differs from one of one step and one sequence."""
    groups = [module.example(*size, np.random.default_rng(0))[1:] for size in ((1, 1), (steps, batch))]
    found: dict[tuple[str, str], int] = {}
    for kind, one, other in zip(("inputs", "initial"), *groups, strict=True):
        for name in one:
            differ = [at for at, sides in enumerate(zip(one[name].shape, other[name].shape, strict=True)) if sides[0] != sides[1]]
            found |= {(kind, name): differ[0]} if differ else {}
    return found
