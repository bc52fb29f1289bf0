"""The methods of verification, a file each; a new method is a new file here.

NAME        what it is called
SEES        what it can see
JUDGES      the equations of the gradients, or the text emitted from them
judge       (subject) -> list of Verdicts
CARRIES_SLOPES    if it is there, the method takes a slope that is declared as it is; others, which see values alone, are not asked about such
IS_LARGE    if it is there, `judge` takes a Trial of any sizes as well
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType


def methods() -> list[ModuleType]:
    """All methods, by file name."""
    return [import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)]
