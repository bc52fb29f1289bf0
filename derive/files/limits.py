"""How much is read of one file: the same limits for all formats, and each array is counted before there is memory for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from derive.errors import FormatError, InputError

if TYPE_CHECKING:
    import numpy as np

LARGEST = 2**30
"""How many bytes the arrays of a file may take together, if the caller gives no other number."""
MOST = 10_000
"""How many arrays a file may hold, and how many entries its folders may have together."""
TEXT = 10_000_000
"""How many bytes a text may have: a page, a table in JSON, the header of a file of arrays."""
NAME, AXES = 250, 32
"""How many characters the name of an array may have, and how many axes an array."""
NUMBERS = frozenset("?bhilqBHILQefdFD")
"""What arrays may hold: truth values, whole numbers, floating-point numbers to eight bytes, and complex ones of two of these."""


class Allowance:
    """What may still be read of a file.

    Args:
        largest: how many bytes its arrays may take together.
        advice: what to do where they take more.
        only: how the names of the arrays begin that are wanted; the others are not read.
    """

    def __init__(self, largest: int = LARGEST, advice: str = "", only: str = "") -> None:
        self.largest, self.left, self.advice, self.only = largest, largest, advice, only
        self.names: set[str] = set()

    def wants(self, name: str) -> bool:
        """Whether an array is to be read."""
        return name.startswith(self.only)

    def charge(self, name: str, dtype: np.dtype[Any], shape: Sequence[int]) -> int:
        """The bytes of an array that is about to be made, which are no longer allowed to others.

        Raises:
            FormatError: it is no array of numbers, or there is one of that name already.
            InputError: the arrays of the file would be more than are allowed, or take more.
        """
        shown = clipped(name)
        if not (0 < len(name) <= NAME and name.isprintable()):
            raise FormatError(f"{shown} is no name of an array")
        if name in self.names:
            raise FormatError(f"there are two arrays {shown}")
        if dtype.char not in NUMBERS:
            raise FormatError(f"{shown} holds {clipped(dtype)}, which are no numbers")
        is_shape = len(shape) <= AXES and all(type(side) is int and side >= 0 for side in shape)
        if not is_shape or math.prod(max(side, 1) for side in shape) * dtype.itemsize >= 2**63:
            raise FormatError(f"{shown} has the shape {clipped(shape)}")
        self.fitting(name, math.prod(max(side, 1) for side in shape) * dtype.itemsize)
        self.names.add(name)
        if len(self.names) > MOST:
            raise InputError(f"it holds more than {MOST} arrays", advice="name the layer that is wanted, --only PREFIX")
        size = math.prod(shape) * dtype.itemsize
        self.left -= self.fitting(name, size)
        return size

    def fitting(self, name: str, size: int) -> int:
        """A number of bytes, if as many are still allowed.

        Raises:
            InputError: they are not.
        """
        if size > self.left:
            raise InputError(f"with {clipped(name)}, which takes {size:,} bytes, its arrays take more than the limit of {self.largest:,} bytes",
                             advice=self.advice)  # fmt: skip
        return size


def clipped(value: object, most: int = 80) -> str:
    """What a file says, in a message: in one line, and its beginning only."""
    text = str(value)[: most + 1]
    shown = "".join(each if each.isprintable() else "?" for each in text[:most])
    return shown + "..." * (len(text) > most)
