r"""Derivatives that a page takes for those of functions without one of use: H'(u) = max(0, 1 - |u|) of the step function H."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from derive.notation.tree import Cases, Definition, Name, Number, Sloped, Statement, Tree, rewritten

ACCENTS = ("", "_tilde", "_hat", "_bar")
"""What stands on the name of a function whose derivative is another one."""


def slope_of(name: Name, statements: Iterable[Statement]) -> Definition | None:
    """The definition of the derivative of a function, None if there is none."""
    spellings = [f"{name.whole}{accent}_prime" for accent in ACCENTS]
    defined = (each for each in statements if isinstance(each, Definition))
    return next((each for each in defined if each.name.whole in spellings and len(each.operands) == 1), None)


def is_flat(function: Definition) -> bool:
    """Whether a function of one operand is a number in each of its cases."""
    body = function.body
    return len(function.operands) == 1 and isinstance(body, Cases) and all(isinstance(value, Number) for value, _ in body.values)


def with_slope(function: Definition, slope: Definition) -> Definition:
    """A function with its slope declared."""
    (own,), (other,) = function.operands, slope.operands

    def change(node: Tree) -> Tree | None:
        return own if isinstance(node, Name) and node == other else None

    return replace(function, body=Sloped(function.body, rewritten(slope.body, change), place=function.body.place))
