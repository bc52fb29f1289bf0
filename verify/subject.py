"""What is on trial: a forward system, the gradients claimed for it, and the emitted source. The only file that calls derive's face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

import derive
from derive.errors import InputError
from derive.shown import Shown
from derive.system import Boundary, Role, System
from verify.targets import target as target_named
from verify.targets.plain import PLAIN
from verify.targets.target import Target
from verify.trial import BrokenTextError


class Judged(Enum):
    """What of a subject a method judges."""

    EQUATIONS = "derived equations"
    TEXT = "emitted text"


@dataclass(frozen=True, repr=False)
class Subject(Shown):
    """A claim to be judged.

    Attributes:
        name: of the cell or network.
        forward: its recurrence equations.
        adjoint: the claimed equations of its gradients.
        source: the emitted module; "" where there is none.
        target: what it is emitted for, and how it is run.
        obstacle: why there is no module that can be run, "" if there is one.
    """

    name: str
    forward: System
    adjoint: System
    source: str
    target: Target = PLAIN
    obstacle: str = ""

    @property
    def summary(self) -> str:
        """Of what, and for which target."""
        return f"{self.name}, target {self.target.name}"

    def text(self) -> str:
        """The emitted module, or why there is none."""
        return self.source or self.obstacle

    @cached_property
    def module(self) -> ModuleType:
        """The emitted module over floats, with the interface of NumPy's; what it takes for its values without having written it is no number,
        so that no run may seem right by it.

        Raises:
            InputError: there is none, or it cannot be run.
            BrokenTextError: it does not load.
        """
        if self.obstacle:
            raise InputError(self.obstacle, place=self.target.name)
        module = loaded(self.name, self.source)
        module.__dict__["np"] = _WITHOUT_LEFTOVERS
        made = self.target.as_numpy(module)
        made.__dict__["FLOATS_ONLY"] = self.target.floats_only
        return made

    def over(self, module: ModuleType) -> ModuleType:
        """The same of its text loaded over other numbers than floats.

        Raises:
            InputError: no other numbers go through the target.
        """
        if self.target.floats_only:
            raise InputError(f"only floats go through {self.target.name}")
        module.__dict__["example"] = self.module.example
        return self.target.as_numpy(module)

    @property
    def runs(self) -> tuple[Subject, ...]:
        """The subject by each way in which its target is run."""
        return self, *(replace(self, target=each) for each in self.target.beside)

    @property
    def labels(self) -> Iterator[str]:
        """What the gradients are called that a module gives: "W", "x", "h_0"; if it gives none, its outputs."""
        if not self.target.has_gradients:
            yield from (name for name in self.forward.outputs if name != self.forward.loss)
            return
        yield from (each.name for each in self.forward.variables.values() if each.role in (Role.PARAMETER, Role.INPUT))
        yield from (f"{each.name}_0" for each in self.forward.states if each.boundary is not Boundary.ZERO)


EMITTED = "<emitted "
"""How the names begin of the files in tracebacks that are emitted texts."""


def loaded(name: str, source: str) -> ModuleType:
    """An emitted module. Its source was emitted from parsed equations; no text of a user is run.

    Raises:
        BrokenTextError: it is no Python, or stops while it is loaded.
        InputError: it needs a package that is not installed.
    """
    module = ModuleType(name)
    try:
        exec(compile(source, f"{EMITTED}{name}>", "exec"), module.__dict__)
    except ModuleNotFoundError as error:
        raise InputError(f"{error.name} is not installed", advice=f"pip install {error.name}") from error
    except Exception as error:
        raise BrokenTextError(f"the emitted text does not load: {type(error).__name__}: {error}") from error
    return module


def _unwritten(shape: Any, dtype: Any = float) -> Any:
    """An array that holds no numbers, for one that holds what was in memory before."""
    array = np.empty(shape, dtype)
    if array.dtype.kind in "fc":
        array.fill(np.nan)
    return array


_WITHOUT_LEFTOVERS = ModuleType("numpy")
_WITHOUT_LEFTOVERS.__dict__.update({**vars(np), "empty": _unwritten})


def derived(source: System | derive.Derivation) -> derive.Derivation:
    """The derivation of a system; a derivation as it is.

    Raises:
        InputError: it is neither.
    """
    return derive.bptt(source)


def subject(derivation: derive.Derivation, target: str = "numpy") -> Subject:
    """The claims that a derivation makes, with the text that is emitted for a target; where it cannot be emitted or run, the claim says why.

    Raises:
        InputError: there is no such target.
    """
    chosen = target_named(target)
    made = Subject(derivation.system.name, derivation.forward, derivation.adjoint, "", chosen)
    try:
        made = replace(made, source=derive.emit(derivation, **chosen.options))
    except InputError as error:
        return replace(made, obstacle=_told(error))
    except Exception as error:
        return replace(made, obstacle=f"it could not be emitted: {type(error).__name__}: {error}")
    try:
        made.module  # noqa: B018
    except InputError as error:
        return made if isinstance(error, BrokenTextError) else replace(made, obstacle=_told(error))
    except Exception:
        return made  # a text that fails is for the methods to refuse
    return made


def _told(error: InputError) -> str:
    return f"{error.fact}; {error.advice}" if error.advice else error.fact


def network(system: System, heads: tuple[str, ...]) -> ModuleType:
    """The emitted module of a cell with heads on top.

    Raises:
        InputError: it cannot be emitted.
    """
    for name in heads:
        system = derive.follow(system, derive.head(name))
    return loaded(system.name, derive.emit(derive.bptt(system)))
