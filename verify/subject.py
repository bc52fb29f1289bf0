"""What is on trial: a forward system, the gradients claimed for it, and the emitted source. The only file that calls derive's face."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from types import ModuleType

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
        """The emitted module, loaded. Its source was emitted from parsed equations; no text of a user is run."""
        module = ModuleType(self.name)
        exec(compile(self.source, f"<emitted {self.name}>", "exec"), module.__dict__)
        return module


def subject(derivation: derive.Derivation) -> Subject:
    """The claims that a derivation makes."""
    return Subject(derivation.system.name, derivation.forward, derivation.adjoint, derive.emit(derivation))


def network(system: System, heads: tuple[str, ...]) -> ModuleType:
    """The emitted module of a cell with heads on top."""
    for name in heads:
        system = derive.follow(system, derive.head(name))
    return subject(derive.bptt(system)).module
