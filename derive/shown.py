"""How results show themselves: in one short line on a console, and as a whole in a notebook.

    Brief            a dataclass that prints in one line, its fields cut short
    Shown            a result: a line that says what it is, and a page for Jupyter, made by `derive.display`, which knows the formats
    ShownAsFormula   one that LaTeX can show too

A System cannot import the rooms that print it, since they import System. So the way up is taken only when a notebook asks. A dataclass takes its
`repr` from these with `repr=False`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import import_module

from derive.errors import abbreviated

LONGEST, PART = 300, 60
"""How many characters a result may print, and one of its fields."""


class Brief:
    """Something that prints in one short line: its kind, and each field or how many values that has."""

    def __repr__(self) -> str:
        told = (
            ", ".join(f"{each.name}={_brief(getattr(self, each.name))}" for each in fields(self) if each.repr) if is_dataclass(self) else ""
        )
        return abbreviated(f"{type(self).__name__}({told})", LONGEST)


def _brief(value: object) -> str:
    """A value of a field; of what holds many values, how many they are."""
    if isinstance(value, str):
        return abbreviated(repr(value[: 4 * PART]), PART)
    if isinstance(value, Collection) and len(value) > 3:
        return f"<{len(value)} values>"
    return abbreviated(str(value) if isinstance(value, Enum) else repr(value), PART)


class Shown(Brief):
    """A result that a notebook can show."""

    @property
    def summary(self) -> str:
        """What it is, in a few words; "" where its fields say it."""
        return ""

    def __repr__(self) -> str:
        summary = self.summary
        return abbreviated(f"<{type(self).__name__} {summary}>", LONGEST) if summary else super().__repr__()

    def _repr_html_(self) -> str:
        return str(import_module("derive.display").html(self))


class ShownAsFormula(Shown):
    """A result that LaTeX can show."""

    def _repr_latex_(self) -> str:
        return str(import_module("derive.display").latex(self))
