"""The values of expressions at random points, in thirty digits; what expressions have in common is computed once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, reduce
from operator import add, mul
from random import Random
from typing import Any

import mpmath
import sympy as sp

COUNT = 8
"""How many points there are."""
DIGITS, ZERO = 30, 1e-20

Values = list[Any]
"""A number for each point."""


class Points:
    """Random points, and the values of expressions there.

    Args:
        known: what symbols stand for; all others are random.
    """

    def __init__(self, known: Mapping[Any, Any]) -> None:
        self.known, self.random = known, Random(0)
        self.values: dict[Any, Values] = {}
        self.under_way: set[Any] = set()

    def vanishes(self, expr: Any) -> bool:
        """Whether an expression is zero at all points."""
        with mpmath.workdps(DIGITS):
            return all(abs(each) < ZERO for each in self.value(expr))

    def value(self, expr: Any) -> Values:
        """The values of an expression."""
        if expr not in self.values:
            self.values[expr] = self._symbol(expr) if expr.is_Symbol else self._computed(expr)
        return self.values[expr]

    def _symbol(self, symbol: Any) -> Values:
        if symbol in self.known and symbol not in self.under_way:
            self.under_way.add(symbol)
            return self.value(self.known[symbol])
        return [mpmath.mpf(self.random.randrange(-999, 1000) or 1) / 500 for _ in range(COUNT)]

    def _computed(self, expr: Any) -> Values:
        if isinstance(expr, (sp.Add, sp.Mul)):
            operation = add if isinstance(expr, sp.Add) else mul
            return [reduce(operation, each) for each in zip(*map(self.value, expr.args), strict=True)]
        if isinstance(expr, sp.Heaviside):
            return [mpmath.mpf(each > 0) for each in self.value(expr.args[0])]
        if isinstance(expr, sp.Piecewise):
            return self._cases(expr)
        function = _function(expr.func, len(expr.args)) if expr.args else sp.lambdify([], expr, "mpmath")
        return [function(*each) for each in zip(*map(self.value, expr.args), strict=True)] if expr.args else [function()] * COUNT

    def _cases(self, expr: Any) -> Values:
        """Case by case: the first one whose condition holds at a point."""
        symbols = sorted(expr.free_symbols, key=str)
        function = sp.lambdify(symbols, expr, "mpmath")
        return [function(*each) for each in zip(*map(self.value, symbols), strict=True)]


@cache
def _function(kind: Any, count: int) -> Any:
    """A function or a power on numbers."""
    arguments = [sp.Dummy() for _ in range(count)]
    return sp.lambdify(arguments, kind(*arguments), "mpmath")
