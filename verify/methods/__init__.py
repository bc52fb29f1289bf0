"""The methods of verification, a file each: `NAME`, `SEES`, and `judge(subject) -> list of Verdicts`. A new method is a new file here."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType


def methods() -> list[ModuleType]:
    """All methods, by file name."""
    return [import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)]
