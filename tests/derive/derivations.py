"""Derivations and emitted texts of cells, networks, layers and pages, made once in a run and read by many tests."""

from __future__ import annotations

from functools import cache

import derive
from derive.network import load
from derive.system import System


@cache
def system(told: str) -> System:
    """The system of a name, a network or a page of equations."""
    return derive.read(told) if " = " in told else load(told)


@cache
def derivation(told: str) -> derive.Derivation:
    """Its derivation."""
    return derive.bptt(system(told))


@cache
def source(told: str, target: str = "numpy", **options: bool) -> str:
    """The text that is emitted from it."""
    return derive.emit(derivation(told), target, **options)
