"""What is on trial: a forward system, the gradients claimed for it, and the emitted source. The only file that calls derive's face."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

import derive
from derive.system import System


class Judged(Enum):
    """What of a subject a method judges."""

    EQUATIONS = "derived equations"
    TEXT = "emitted text"


@dataclass(frozen=True)
class Subject:
    """A claim to be judged.

    Attributes:
        name: of the cell or network.
        forward: its recurrence equations.
        adjoint: the claimed equations of its gradients.
        source: the emitted NumPy module.
    """

    name: str
    forward: System
    adjoint: System
    source: str

    @cached_property
    def module(self) -> ModuleType:
        """The emitted module, loaded; what it takes for its values without having written it is no number, so that no run may seem right by it."""
        module = loaded(self.name, self.source)
        module.__dict__["np"] = _WITHOUT_LEFTOVERS
        return module


def loaded(name: str, source: str) -> ModuleType:
    """An emitted module. Its source was emitted from parsed equations; no text of a user is run."""
    module = ModuleType(name)
    exec(compile(source, f"<emitted {name}>", "exec"), module.__dict__)
    return module


def _unwritten(shape: Any, dtype: Any = float) -> Any:
    """An array that holds no numbers, for one that holds what was in memory before."""
    array = np.empty(shape, dtype)
    if np.issubdtype(array.dtype, np.inexact):
        array.fill(np.nan)
    return array


_WITHOUT_LEFTOVERS = ModuleType("numpy")
_WITHOUT_LEFTOVERS.__dict__.update({**vars(np), "empty": _unwritten})


def subject(derivation: derive.Derivation) -> Subject:
    """The claims that a derivation makes."""
    return Subject(derivation.system.name, derivation.forward, derivation.adjoint, derive.emit(derivation))


def network(system: System, heads: tuple[str, ...]) -> ModuleType:
    """The emitted module of a cell with heads on top."""
    for name in heads:
        system = derive.follow(system, derive.head(name))
    made = subject(derive.bptt(system))
    return loaded(made.name, made.source)
