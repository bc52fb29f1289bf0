"""The functions of `nodes.py` on arrays of other numbers, by their definitions and expansions alone.

`by_name` also takes the place of the functions that an emitted module brings along: their texts lean on exp(a + b) = exp(a) exp(b) to avoid
overflow, which drawn functions do not keep.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, reduce
from operator import add, mul
from typing import Any, Protocol

import numpy as np
import sympy as sp

from derive.algebra import nodes
from derive.errors import InputError
from verify.numbers.scalars import Scalar, first_largest, rational

Array = np.ndarray[Any, Any]
X = sp.Symbol("x", real=True)
SPELLED = {"abs": "absolute", "max": "maximum", "min": "minimum"}
"""The functions that an emitted module gives another name, as Python has theirs."""
IN_NUMPY = ("tanh", "exp", "log", "sqrt", "sin", "cos", "sinh", "cosh", "arctan", "expm1", "log1p")


class Transcendental(Protocol):
    """The functions that are given with the numbers; all others are made of them."""

    def exp(self, a: Any) -> Any:
        """The exponential."""

    def log(self, a: Any) -> Any:
        """The logarithm."""

    def sin(self, a: Any) -> Any:
        """The sine."""

    def cos(self, a: Any) -> Any:
        """The cosine."""

    def atan(self, a: Any) -> Any:
        """The angle whose tangent it is."""


class Functions:
    """All functions on arrays of one kind of numbers.

    Args:
        number: the kind.
        given: its exp, log, sin, cos and atan.
    """

    def __init__(self, number: type[Scalar], given: Transcendental) -> None:
        self.number, self.given = number, given

    def elementwise(self, function: type[nodes.Elementwise]) -> Callable[[Array], Array]:
        """An elementwise function on arrays."""
        form = _of_exponentials(function.__name__)
        made: Callable[[Array], Array] = np.frompyfunc(lambda x: self.value(form, self.number.own(x)), 1, 1)
        return made

    def composite(self, function: type[nodes.Composite]) -> Callable[..., Array]:
        """A function of columns, (..., rows, batch), by its expansion."""
        names, form = _of_symbols(function.__name__)
        return lambda *arrays: self.column(form, dict(zip(names, arrays, strict=True)))

    def by_name(self) -> dict[str, Callable[..., Array]]:
        """All functions by their names in an emitted module."""
        made = {
            name: self.elementwise(each) if issubclass(each, nodes.Elementwise) else self.composite(each)
            for name, each in nodes.FUNCTIONS.items()
        }
        return {SPELLED.get(name, name): function for name, function in made.items()}

    def value(self, expr: sp.Expr, x: Scalar) -> Any:
        """A scalar definition at a number.

        Raises:
            InputError: it has a function that these numbers do not know.
        """
        if isinstance(expr, sp.Symbol):
            return x
        if expr.is_number:
            return self.number.of(expr)
        if isinstance(expr, sp.Piecewise):
            conditions = ((value, condition == True or self.value(condition.lhs, x) > condition.rhs) for value, condition in expr.args)  # noqa: E712
            return self.value(next(value for value, holds in conditions if holds), x)
        if isinstance(expr, sp.Pow):
            return self.value(expr.base, x) ** rational(expr.exp)
        inside = [self.value(each, x) for each in expr.args]
        match expr:
            case sp.Add():
                return reduce(add, inside)
            case sp.Mul():
                return reduce(mul, inside)
            case sp.Max():
                return max(inside)
            case sp.Min():
                return min(inside)
            case sp.Abs():
                return abs(inside[0])
            case sp.sign():
                return self.number.of(int(inside[0] > 0) - int(inside[0] < 0))
            case sp.exp() | sp.log() | sp.sin() | sp.cos() | sp.atan():
                return getattr(self.given, type(expr).__name__)(inside[0])
        raise InputError(f"{expr.func} has no value in these numbers", advice="add it to verify/numbers/functions.py")

    def column(self, expr: sp.Expr, values: Mapping[sp.Symbol, Array]) -> Array:
        """An expansion on arrays whose last axes are rows and batch."""
        if isinstance(expr, sp.Symbol):
            return values[expr]
        if expr.is_number:
            return np.asarray(self.number.of(expr), object)
        if isinstance(expr, nodes.hardmax):
            return np.asarray(first_largest(self.column(expr.args[0], values), self.elementwise(nodes.step)))
        if isinstance(expr, nodes.Composite):
            return self.column(type(expr).expansion(*expr.args), values)
        inside = [self.column(each, values) for each in expr.args]
        match expr:
            case sp.Add():
                return np.asarray(reduce(add, inside))
            case sp.Mul():
                return np.asarray(reduce(mul, inside))
            case sp.Pow():
                return np.asarray(inside[0] ** rational(expr.exp))
            case nodes.SumRows():
                return np.asarray(inside[0].sum(axis=-2, keepdims=True))
            case nodes.MeanRows():
                return np.asarray(inside[0].sum(axis=-2, keepdims=True) / inside[0].shape[-2])
            case nodes.Elementwise():
                return self.elementwise(type(expr))(inside[0])
        raise InputError(f"there is no meaning for {type(expr).__name__} in a column", advice="add it to verify/numbers/functions.py")


@cache
def _of_exponentials(name: str) -> sp.Expr:
    """The definition of an elementwise function of `X`, without hyperbolic functions."""
    definition = nodes.FUNCTIONS[name].definition(X)
    return definition.rewrite(sp.exp) if definition.has(sp.tanh, sp.sinh, sp.cosh) else definition


@cache
def _of_symbols(name: str) -> tuple[tuple[sp.Symbol, ...], sp.Expr]:
    """A composite function of symbols, with them."""
    function = nodes.FUNCTIONS[name]
    names = sp.symbols(f"a:{function.arity}", real=True)
    return names, function(*names)
