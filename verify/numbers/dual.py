"""Floats with tangents along several directions at once, which carry derivatives forward (Wengert 1964)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Self

import numpy as np

from verify.numbers.scalars import Scalar


class Dual(Scalar):
    """value + the sum of tangent_k e_k with e_j e_k = 0; where a float overflows it is infinite, as in an array."""

    __slots__ = ("tangent", "value")

    def __init__(self, value: Any, tangent: Any = 0.0) -> None:
        self.value, self.tangent = value, tangent

    @classmethod
    def of(cls, value: Any) -> Self:
        return cls(np.float64(value))

    def plus(self, other: Self) -> Self:
        return type(self)(self.value + other.value, self.tangent + other.tangent)

    def times(self, other: Self) -> Self:
        return type(self)(self.value * other.value, self.value * other.tangent + self.tangent * other.value)

    def inverse(self) -> Self:
        inverse = 1 / self.value
        return type(self)(inverse, -(self.tangent * inverse) * inverse)

    def power(self, exponent: Fraction) -> Self:
        if not exponent:
            return type(self).of(1)
        if exponent < 0:
            return self.inverse().power(-exponent)
        slope = float(exponent) * self.value ** float(exponent - 1)
        return type(self)(self.value ** float(exponent), slope * self.tangent)

    def is_positive(self) -> bool:
        return bool(self.value > 0)

    def sloped(self, argument: Self, slope: Self) -> Self:
        return type(self)(self.value, slope.value * argument.tangent)

    def weight(self) -> Any:
        return abs(self.value)

    def through(self, value: Any, slope: Any) -> Self:
        """A function of it, by its value and its derivative here."""
        return type(self)(value, slope * self.tangent)


class OnDuals:
    """The functions of which all others are made."""

    def exp(self, a: Dual) -> Dual:
        """The exponential."""
        value = np.exp(a.value)
        return a.through(value, value)

    def log(self, a: Dual) -> Dual:
        """The logarithm."""
        return a.through(np.log(a.value), 1 / a.value)

    def sin(self, a: Dual) -> Dual:
        """The sine."""
        return a.through(np.sin(a.value), np.cos(a.value))

    def cos(self, a: Dual) -> Dual:
        """The cosine."""
        return a.through(np.cos(a.value), -np.sin(a.value))

    def atan(self, a: Dual) -> Dual:
        """The angle whose tangent it is."""
        return a.through(np.arctan(a.value), 1 / (1 + a.value**2))


def along(direction: np.ndarray[Any, Any], axis: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What moves an array of numbers along a direction: duals of the value 0, whose tangents are along an axis."""
    made = np.empty(direction.shape, object)
    for at in np.ndindex(direction.shape):
        made[at] = Dual(np.float64(0), direction[at] * axis)
    return made
