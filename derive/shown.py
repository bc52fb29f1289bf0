"""How results show themselves in a notebook: asked for by Jupyter, told by `derive.display`, which knows the formats.

A System cannot import the rooms that print it, since they import System. So the way up is taken only when a notebook asks.
"""

from __future__ import annotations

from importlib import import_module


class Shown:
    """Something that a notebook can show."""

    def _repr_latex_(self) -> str:
        return str(import_module("derive.display").latex(self))

    def _repr_html_(self) -> str:
        return str(import_module("derive.display").html(self))
