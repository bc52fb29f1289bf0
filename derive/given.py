"""What a function takes that works with a system: one, or what has one, as a Derivation does."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from derive.errors import InputError
from derive.system import System


class HasSystem(Protocol):
    """Something that was made of a system and still has it."""

    @property
    def system(self) -> System:
        """As it was written."""


def system_of(given: System | HasSystem) -> System:
    """The system that is given, or that what is given was made of.

    Raises:
        InputError: it has none.
    """
    found = given if isinstance(given, System) else getattr(given, "system", None)
    if isinstance(found, System):
        return found
    is_name = isinstance(given, (str, Path))
    told = f"the text {str(given)!r}" if is_name else f"of type {type(given).__name__}"
    advice = f"give derive.cell({str(given) if is_name else 'lstm'!r}), or derive.read(...) of equations"
    raise InputError(f"a system or a derivation is needed, and this is {told}", advice=advice)
