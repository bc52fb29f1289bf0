"""What the modules of one kind have around their passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from derive.program.arguments import learned
from derive.program.functions import SOURCES, overflowing
from derive.system import System

HEAD = """
from __future__ import annotations

import math
import sys
import threading
from typing import NamedTuple

import numpy as np
"""


@dataclass(frozen=True)
class Frame:
    """What the modules of one kind have around their passes.

    Attributes:
        helpers: sources of functions by name.
        checked: the source of the function that checks arrays.
        columns, read: what `forward` has to learn from its arguments, see `arguments.learned`.
        argument: a further argument of `forward`, which is None if it is not given; "" for none.
        example: the line of the check of gradients that makes it.
        told: how arrays lie inside.
        returns: what `forward` gives, in words.
        functions: sources of what the library lacks, by name.
        head: the imports.
        library, dtypes, array: what it computes with, which arrays come and go, both in words, and their type.
        shape: the shape of one of some arrays by name, () if there is none.
        drawn: the arguments of `init` that say which arrays it makes, how they follow from NumPy's, and what it returns.
    """

    helpers: Mapping[str, str]
    checked: str
    columns: str = ""
    read: str = ""
    argument: str = ""
    example: str = ""
    told: str = """Inside, a value is (rows, batch), so that W @ x reads as in the equations, and t counts
from 0: h[t] is the value of step t + 1, h[-1] the initial one."""
    returns: str = "The outputs and final states by name, and the tape for `backward`; `initial` None is zeros"
    functions: Mapping[str, str] = field(default_factory=lambda: SOURCES)
    head: str = HEAD
    library: str = "NumPy"
    dtypes: str = "in float32 or float64"
    array: str = "np.ndarray"
    shape: str = "np.shape(arrays.get(name))"
    drawn: tuple[str, str, str] = ("dtype=np.float64", ".astype(dtype)", "params")

    def learned(self, system: System) -> list[str]:
        """The first lines of `forward`."""
        return learned(system, self.columns, self.read)

    def ahead(self, body: str) -> str:
        """What stands before a function with that body."""
        return overflowing(body)

    def imported(self, code: str) -> str:
        """The imports of a module with that code."""
        return self.head
