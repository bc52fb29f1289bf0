"""How much a function may take that is carried out: each operation is charged before there is memory for what it makes.

The law: a value that an operation is given has at most `LARGEST` entries, and so has what it gives; an axis of no entries counts as one, since
a sum over it has as many as the others have.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from verify.claims.bundle import Bundle

LARGEST = 10_000
"""How many entries a value may have, be it an array, a list of lists, a range or a text."""
STEPS, ENTRIES = 200_000, 8_000_000
"""How many expressions and statements may be carried out, and how many entries all of them may make together, of eight bytes each."""
ENTRIES_A_STEP = 64
"""How many entries are as much work as a step."""
DEEPEST, DIGITS = 20, 12
"""How many lists may stand within one another, and how many digits a whole number may have."""
NUMBERS = "biuf"


class OverBudget(Exception):
    """What is too much, in words."""


class Budget:
    """What may still be made and done."""

    def __init__(self) -> None:
        self.steps, self.entries = STEPS, ENTRIES

    def charge(self, entries: int = 0) -> None:
        """Count a step, and the entries that it goes through or makes.

        Raises:
            OverBudget: there have been too many.
        """
        self.steps -= 1 + entries // ENTRIES_A_STEP
        self.entries -= entries
        if self.steps < 0 or self.entries < 0:
            raise OverBudget(f"it takes more than {STEPS} steps, or makes more than {ENTRIES} numbers")

    def result(self, entries: int, work: int = 0) -> None:
        """Count a step that makes a value of so many entries, going through `work` of them.

        Raises:
            OverBudget: these are too many.
        """
        if entries > LARGEST:
            raise OverBudget(f"more than {LARGEST} entries are too large here")
        self.charge(max(entries, work))

    def checked(self, value: Any) -> Any:
        """A value that keeps to the law.

        Raises:
            OverBudget: it is too large, or nested too deep.
            TypeError: it is nothing that is carried out here.
        """
        if isinstance(value, int) and abs(value) > 10**DIGITS:
            raise OverBudget(f"a whole number of more than {DIGITS} digits is too large here")
        self.result(size(value))
        return value


def size(value: Any) -> int:
    """The entries of a value: a list that stands in another one twice counts twice.

    Raises:
        OverBudget: they are more than a value may have, or lists are nested too deep.
        TypeError: it is nothing that is carried out here.
    """
    return _size(value, {}, 0)


def _size(value: Any, known: dict[int, int], depth: int) -> int:
    if isinstance(value, (np.ndarray, np.generic)):
        if value.dtype.kind not in NUMBERS:
            raise TypeError(f"{value.dtype} is not carried out here")
        return extent(value.shape)
    if isinstance(value, (str, range)):
        return max(len(value), 1)
    if isinstance(value, (list, tuple, dict)):
        if depth > DEEPEST:
            raise OverBudget(f"lists more than {DEEPEST} deep are too deep here")
        if id(value) not in known:
            parts: Iterable[Any] = (each for pair in value.items() for each in pair) if isinstance(value, dict) else value
            known[id(value)] = 1 + _bounded_sum(_size(each, known, depth + 1) for each in parts)
        return known[id(value)]
    if value is None or isinstance(value, (bool, int, float, Bundle)):
        return 1
    raise TypeError(f"a value of type {type(value).__name__} is not carried out here")


def _bounded_sum(sizes: Iterable[int]) -> int:
    total = 0
    for each in sizes:
        total += each
        if total > LARGEST:
            raise OverBudget(f"more than {LARGEST} entries are too large here")
    return total


def extent(shape: Iterable[int]) -> int:
    """The entries of an array, where an axis of none counts as one."""
    return math.prod(max(side, 1) for side in shape)
