"""Numbers that the oracle can compute with: floats, complex floats, high precision, fractions; see numbers/ for integers modulo a prime.

An `Arithmetic` makes arrays of its numbers and says what the elementwise functions are on them, from their `definition` in `nodes.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Elementwise, Expr
from derive.errors import InputError
from verify.numbers.scalars import first_largest, rational, solved

Array = np.ndarray[Any, Any]
Function = Callable[[Array], Array]


@dataclass(frozen=True)
class Arithmetic:
    """A kind of numbers.

    Attributes:
        name: what they are called.
        number: makes one of them from a Python, NumPy or SymPy number.
        dtype: of the arrays that hold them.
        function: an elementwise function on arrays of them; raises InputError where it has no value in these numbers.
        exponent: makes an exponent that is no integer; None for one of these numbers. It raises InputError where there are no such powers.
        sloped: makes of a value, an argument and a slope the number of that value whose change is the slope times that of the argument; None
            where numbers do not carry changes.
    """

    name: str
    number: Callable[[Any], Any]
    dtype: Any
    function: Callable[[type[Elementwise]], Function]
    exponent: Callable[[Any], Any] | None = None
    sloped: Callable[[Any, Any, Any], Any] | None = None

    def array(self, value: Any) -> Array:
        """An array of these numbers from nested sequences or an array of others."""
        raw = np.asarray(value)
        if raw.dtype == self.dtype and self.dtype is not object:
            return raw
        return np.array([self.number(each) for each in raw.ravel().tolist()], dtype=self.dtype).reshape(raw.shape)

    def zeros(self, shape: tuple[int, int]) -> Array:
        """Zeros of these numbers."""
        return np.full(shape, self.number(0), dtype=self.dtype)

    def power(self, base: Array, exponent: Expr) -> Array:
        """The powers of numbers, elementwise."""
        if exponent.is_Integer:
            return np.asarray(base ** int(exponent) if self.dtype is object else base ** float(exponent))
        return np.asarray(base ** (self.exponent or self.number)(exponent))

    def declared(self, value: Array, argument: Array, slope: Array) -> Array:
        """The values of a function, each with the declared slope by its argument where these numbers carry derivatives."""
        return value if self.sloped is None else np.asarray(np.frompyfunc(self.sloped, 3, 1)(value, argument, slope))

    def solve(self, matrix: Array, right: Array) -> Array:
        """What the matrix has to be multiplied by to give what is right of it, over the last two axes; of floats NaN if there is none.

        Raises:
            ZeroDivisionError: the matrix is singular, in other numbers than floats.
        """
        runs = np.broadcast_shapes(matrix.shape[:-2], right.shape[:-2])
        matrix, right = (np.broadcast_to(each, (*runs, *each.shape[-2:])) for each in (matrix, right))
        if self.dtype is object:
            return np.asarray(solved(matrix, right))
        try:
            return np.asarray(np.linalg.solve(matrix, right))
        except np.linalg.LinAlgError:
            return np.full(right.shape, np.nan, self.dtype)

    def first_largest(self, columns: Array) -> Array:
        """1 at the first entry of each column that is as large as any, 0 at the others; both (..., rows, columns)."""
        return np.asarray(first_largest(columns, self.function(nodes.step)))


def _shifted_sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)) without overflow: exp of -|x| only."""
    small = np.exp(np.where(x.real >= 0, -x, x))
    return np.asarray(np.where(x.real >= 0, 1, small) / (1 + small))


def _shifted_softplus(x: Array) -> Array:
    """log(1 + exp(x)) without overflow: x + log(1 + exp(-x)) where x > 0."""
    return np.where(x.real > 0, x, 0) + _log1p(np.exp(np.where(x.real > 0, -x, x)))


def _log1p(x: Array) -> Array:
    """log(1 + x); NumPy's loses the real part of small complex numbers."""
    if not np.iscomplexobj(x):
        return np.asarray(np.log1p(x))
    return np.asarray(0.5 * np.log1p(x.real * (2 + x.real) + x.imag**2) + 1j * np.arctan2(x.imag, 1 + x.real))


_ON_FLOATS: dict[type, Function] = {
    nodes.sigmoid: _shifted_sigmoid,
    nodes.softplus: _shifted_softplus,
    nodes.relu: lambda x: np.where(x.real > 0, x, 0),
    nodes.absolute: lambda x: np.where(x.real < 0, -x, x),
    nodes.sign: lambda x: np.sign(x.real).astype(x.dtype),
    nodes.step: lambda x: (x.real > 0).astype(x.dtype),
    nodes.hard_sigmoid: lambda x: np.where(x.real > 2.5, 1, np.where(x.real < -2.5, 0, x / 5 + 0.5)),
    nodes.hard_tanh: lambda x: np.where(abs(x.real) > 1, np.sign(x.real), x),
    nodes.leaky_relu: lambda x: np.where(x.real > 0, x, x / 100),
    nodes.elu: lambda x: np.where(x.real > 0, x, np.expm1(np.where(x.real > 0, 0, x))),
    nodes.expm1: np.expm1,
    nodes.log1p: _log1p,
    nodes.logsigmoid: lambda x: -_shifted_softplus(-x),
    nodes.mish: lambda x: np.asarray(x * np.tanh(_shifted_softplus(x))),
    nodes.hard_swish: lambda x: np.where(x.real > 3, x, np.where(x.real < -3, 0, x * (x / 6 + 0.5))),
    nodes.silu: lambda x: np.asarray(x * _shifted_sigmoid(x)),
    nodes.softsign: lambda x: np.asarray(x / (1 + np.where(x.real < 0, -x, x))),
}
"""Functions whose definition overflows in floats, or has no analytic continuation: the complex step needs one beside the real line."""

_ON_FRACTIONS: dict[type, Callable[[Any], Any]] = {
    nodes.relu: lambda x: max(x, Fraction(0)),
    nodes.absolute: abs,
    nodes.sign: lambda x: Fraction((x > 0) - (x < 0)),
    nodes.step: lambda x: Fraction(int(x > 0)),
    nodes.hard_sigmoid: lambda x: max(Fraction(0), min(Fraction(1), x / 5 + Fraction(1, 2))),
    nodes.hard_tanh: lambda x: max(Fraction(-1), min(Fraction(1), x)),
    nodes.leaky_relu: lambda x: max(x, x / 100),
    nodes.softsign: lambda x: x / (1 + abs(x)),
    nodes.hard_swish: lambda x: x * max(Fraction(0), min(Fraction(1), x / 6 + Fraction(1, 2))),
}


@cache
def _definition(name: str, module: str) -> Callable[[Any], Any]:
    x = sp.Symbol("x", real=True)
    return sp.lambdify(x, nodes.FUNCTIONS[name].definition(x), modules=module)  # type: ignore[no-any-return]


def _on_floats(function: type[Elementwise]) -> Function:
    own = _ON_FLOATS.get(function) or _definition(function.__name__, "numpy")

    def value(array: Array) -> Array:
        """Its values; what is no number has none, whatever the cases of the definition say of it."""
        found, lost = np.asarray(own(array)), np.isnan(array)
        return np.where(lost, np.nan, found) if lost.any() else found

    return value


def _each(function: Callable[[Any], Any]) -> Function:
    return lambda array: np.array([function(each) for each in array.ravel()], dtype=object).reshape(array.shape)


def _on_fractions(function: type[Elementwise]) -> Function:
    if function not in _ON_FRACTIONS:
        raise InputError(f"{function.__name__} has no value in fractions", advice="use FLOAT or HIGH_PRECISION")
    return _each(_ON_FRACTIONS[function])


def _exact(value: Any) -> Fraction:
    """A fraction; a float that is given stands for itself, a decimal in an equation for what is written."""
    return Fraction(value) if isinstance(value, float) else rational(value)


def _no_power(exponent: Any) -> Any:
    raise InputError(f"the power {exponent} has no value in fractions", advice="use FLOAT or HIGH_PRECISION")


def _high_precision(value: Any) -> Any:
    if isinstance(value, (sp.Rational, sp.Float, Fraction)):
        exact = _exact(value)
        return mpmath.mpf(exact.numerator) / exact.denominator
    return mpmath.mpf(value)


FLOAT = Arithmetic("float64", float, np.float64, lambda function: _on_floats(function))
COMPLEX = Arithmetic("complex128", complex, np.complex128, FLOAT.function)
HIGH_PRECISION = Arithmetic("mpmath", _high_precision, object, lambda function: _each(_definition(function.__name__, "mpmath")))
"""As many digits as `mpmath.workdps` says around the run."""
FRACTION = Arithmetic("fractions", _exact, object, _on_fractions, _no_power)
