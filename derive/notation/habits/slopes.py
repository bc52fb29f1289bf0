r"""Derivatives that a page takes for those of functions without one of use: H'(u) = max(0, 1 - |u|) of the step function H."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from derive.notation.meaning.calls import canonical
from derive.notation.tree import (
    Bracketed,
    Call,
    Cases,
    Definition,
    Equation,
    Name,
    Number,
    Row,
    Sloped,
    Statement,
    Sum,
    Tree,
    parts,
    rewritten,
)

ACCENTS = ("", "_tilde", "_hat", "_bar")
"""What stands on the name of a function whose derivative is another one."""
A = Name("a")


def slope_of(name: Name, statements: Iterable[Statement]) -> Definition | None:
    """The definition of the derivative of a function, by the function or by a value that an equation gives by it alone; None if there is none."""
    statements = list(statements)
    defined = [each for each in statements if isinstance(each, Definition) and len(each.operands) == 1]
    spellings = [f"{name.whole}{accent}_prime" for accent in ACCENTS]
    if own := next((each for each in defined if each.name.whole in spellings), None):
        return own
    for equation in statements:
        if isinstance(equation, Equation) and isinstance(equation.left, Name) and (operand := _operand(equation.right, name)):
            found = next((each for each in defined if each.name.whole == f"{equation.left.whole}_prime"), None)
            return _by_operand(found, operand) if found else None
    return None


def _operand(right: Tree, function: Name) -> Tree | None:
    """What a right side is a function of, which is not known for one yet: a name before brackets; None for another right side."""
    if isinstance(right, Call):
        return right.operands[0] if right.function == function and len(right.operands) == 1 else None
    if not isinstance(right, Row) or right.first != function or len(right.rest) != 1:
        return None
    inner = right.rest[0][1]
    return inner.inner if isinstance(inner, Bracketed) else None


def _by_operand(slope: Definition, operand: Tree) -> Definition | None:
    """The derivative of a value by a name in the operand of its function as one by the operand, ds/du = f(u - c) for s = H(u - c).

    None where the two are not the same, or the operand is not all that is read.
    """
    (by,) = slope.operands
    if operand == by or (isinstance(operand, Name) and replace(operand, time=None) == by):
        return slope
    is_shifted = isinstance(operand, Sum) and [sign for sign, each in operand.terms if each == by] == [1]
    body = rewritten(slope.body, lambda node: A if node == operand else None)
    if not is_shifted or sum(each == by for each in parts(operand)) != 1 or any(each == by for each in parts(body)):
        return None
    return replace(slope, operands=(A,), body=body)


def is_flat(function: Definition) -> bool:
    """Whether a function of one operand is a number in each of its cases."""
    body = function.body
    return len(function.operands) == 1 and isinstance(body, Cases) and all(isinstance(value, Number) for value, _ in body.values)


def is_slope_of(equation: Equation, statement: Statement) -> bool:
    """Whether a statement defines the derivative of what an equation defines, by one name."""
    is_it = isinstance(statement, Definition) and isinstance(equation.left, Name) and statement.name.whole == f"{equation.left.whole}_prime"
    return is_it and isinstance(statement, Definition) and len(statement.operands) == 1


def _beyond(right: Tree) -> Tree | None:
    """What is above zero where a right side is 1, which is 0 else; None for another right side."""
    if isinstance(right, Call) and canonical(right.function.whole) == "step" and len(right.operands) == 1:
        return right.operands[0]
    if not isinstance(right, Cases) or len(right.values) != 2:
        return None
    (one, when), (nought, _) = right.values
    values = [each.text.rstrip(".0") or "0" for each in (one, nought) if isinstance(each, Number)]
    if values != ["1", "0"] or len(when) != 1 or [sign for sign, _ in when[0].rest] != [">"]:
        return None
    ((_, bound),) = when[0].rest
    is_at_zero = isinstance(bound, Number) and bound.is_zero
    return when[0].first if is_at_zero else Sum(((1, when[0].first), (-1, bound)), place=when[0].place)


def by_cases(equation: Equation, statements: Iterable[Statement]) -> Equation:
    """An equation of what is 1 beyond a threshold and 0 else, as the step function with the slope that the page takes for it; itself without one.

    Args:
        equation: s = 1 if v > c else 0, say.
        statements: what the page says, s'(v) = ... among it.
    """
    right = equation.right
    found = next((each for each in statements if isinstance(each, Definition) and is_slope_of(equation, each)), None)
    operand = _beyond(right)
    if found is None or operand is None or (slope := _by_operand(found, operand)) is None:
        return equation
    (by,) = slope.operands
    body = rewritten(slope.body, lambda node: operand if node == by else None)
    return replace(equation, right=Sloped(Call(Name("step"), (operand,), place=right.place), body, place=right.place))


def with_slope(function: Definition, slope: Definition) -> Definition:
    """A function with its slope declared."""
    (own,), (other,) = function.operands, slope.operands

    def change(node: Tree) -> Tree | None:
        return own if isinstance(node, Name) and node == other else None

    return replace(function, body=Sloped(function.body, rewritten(slope.body, change), place=function.body.place))
