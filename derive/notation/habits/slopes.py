r"""Derivatives that a page takes for those of functions without one of use: H'(u) = max(0, 1 - |u|) of the step function H."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from derive.notation.tree import Bracketed, Call, Cases, Definition, Equation, Name, Number, Row, Sloped, Statement, Tree, rewritten

ACCENTS = ("", "_tilde", "_hat", "_bar")
"""What stands on the name of a function whose derivative is another one."""


def slope_of(name: Name, statements: Iterable[Statement]) -> Definition | None:
    """The definition of the derivative of a function, by the function or by a value that an equation gives by it alone; None if there is none."""
    statements = list(statements)
    spellings = [f"{name.whole}{accent}_prime" for accent in ACCENTS]
    for equation in statements:
        if isinstance(equation, Equation) and isinstance(equation.left, Name) and _applies(equation.right, name):
            spellings.append(f"{equation.left.whole}_prime")
    defined = (each for each in statements if isinstance(each, Definition))
    return next((each for each in defined if each.name.whole in spellings and len(each.operands) == 1), None)


def _applies(right: Tree, function: Name) -> bool:
    """Whether a right side is a function of something, which is not known for one yet: a name before brackets."""
    if isinstance(right, Call):
        return right.function == function
    return isinstance(right, Row) and right.first == function and len(right.rest) == 1 and isinstance(right.rest[0][1], Bracketed)


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
