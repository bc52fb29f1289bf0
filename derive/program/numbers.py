"""Numbers in emitted code: literals of float64, and which values are computed from numbers and sizes alone, so that they are no arrays.

What a page computes from numbers is a number, or the page is refused: log(0), and 10^400, which is larger than any float64.
"""

from __future__ import annotations

import math

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import InputError
from derive.notation.write import text
from derive.program.forms import Fixed
from derive.system import System

EXACT = 2**53
"""Up to which integers are written as such: all of them are numbers of float64, and of the integers of every library."""


def literal(value: Expr) -> str:
    """A number as code, rounded to float64 where it is none.

    Raises:
        InputError: it is larger than all of those, or it is not zero and rounds to that.
    """
    number = _rounded(value)
    if value.is_Integer and abs(value) <= EXACT:
        return str(int(value))
    if value.is_Rational and sp.Rational(number) != value and abs(value.p) <= EXACT and value.q <= EXACT:
        return f"({value.p} / {value.q})"
    return repr(number)


def _rounded(value: Expr, place: str = "") -> float:
    try:
        number = value.p / value.q if value.is_Rational else float(value)
    except OverflowError:
        number = math.inf
    if math.isinf(number) or (number == 0 and value != 0):
        size = "larger" if math.isinf(number) else "smaller"
        raise InputError(f"a number is {size} than float64 has any: about 10^{_magnitude(value)}", place=place,
                         advice="scale what it multiplies")  # fmt: skip
    return number


def _magnitude(value: Expr) -> int:
    """The power of ten next to a number."""
    return int(sp.floor(sp.log(abs(value), 10).evalf(20)))


def is_number(expr: Expr) -> bool:
    """Whether a value is computed from numbers and sizes alone, and is no array in code."""
    if isinstance(expr, (nodes.Constant, nodes.Broadcast, Fixed)) or nodes.leaves(expr):
        return False
    if isinstance(expr, (nodes.Elementwise, nodes.Composite)):
        return is_of_python(expr)
    return all(map(is_number, expr.args))


def is_of_python(expr: Expr) -> bool:
    """Whether it is a function of a number that Python has, and that has a value whatever the sizes in it are."""
    if isinstance(expr, (nodes.sqrt, nodes.log)):
        return bool(expr.args[0].is_positive) and is_number(expr.args[0])
    return isinstance(expr, (nodes.tanh, nodes.sin, nodes.cos)) and is_number(expr.args[0])


def refuse_undefined(system: System) -> None:
    """Refuse a system that computes from numbers alone what is no number of float64.

    Raises:
        InputError: it does, and which part of which equation.
    """
    known: dict[Expr, Expr] = {}
    for equation in (*system.order, *(each for each in system.equations if each.is_boundary)):
        right = nodes.replace(equation.right, known)
        known |= {equation.left: right} if _is_constant(right) else {}
        place = f"equation ({equation.number}), {equation.name}"
        for part in nodes.parts(right):
            if part.is_Number:
                _rounded(part, place)
            elif isinstance(part, sp.Mul):
                factors = [each for each in part.args if each.is_Number]
                _rounded(nodes.mul(*factors) if all(_rounded(each, place) for each in factors) else sp.Integer(0), place)
            if part.args and _is_constant(part) and math.isnan(_value(part)):
                raise InputError(f"{text(part, system)} is no number of float64", place=place, advice="write a number in its place")


def _is_constant(expr: Expr) -> bool:
    """Whether a value is computed from numbers alone."""
    is_known = expr.is_Number or isinstance(expr, (sp.Add, sp.Mul, sp.Pow, nodes.Elementwise, nodes.Composite))
    return is_known and all(map(_is_constant, expr.args))


def _value(expr: Expr) -> float:
    """The value of a constant; NaN where it is no number of float64, or something in it is none."""
    if expr.is_Number:
        return float(expr)
    operands = [_value(part) for part in expr.args]
    try:
        match expr:
            case sp.Add():
                value = math.fsum(operands)
            case sp.Mul():
                value = math.prod(operands)
            case sp.Pow():
                value = math.pow(*operands)
            case _:
                value = _applied(type(expr), operands)
    except (ValueError, OverflowError, ZeroDivisionError, TypeError):
        return math.nan
    return value if math.isfinite(value) else math.nan


def _applied(function: type[Expr], operands: list[float]) -> float:
    """A function of numbers, by its meaning; the value of an expansion over one row, where sums are what they sum."""
    numbers = [sp.Float(each, 30) for each in operands]
    if issubclass(function, nodes.Elementwise):
        return float(sp.N(function.definition(numbers[0]), 30))
    if function is nodes.hardmax:
        return 1.0
    return _value_of_one_row(function.expansion(*numbers))


def _value_of_one_row(expr: Expr) -> float:
    one_row = nodes.rewrite(expr, lambda part: part.args[0] if isinstance(part, nodes.Linear) else None)
    while one_row != expr:
        expr, one_row = one_row, nodes.rewrite(one_row, lambda part: part.args[0] if isinstance(part, nodes.Linear) else None)
    return _value(expr)
