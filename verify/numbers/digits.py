"""Decimal numbers of as many digits as `mpmath.workdps` says, for the arrays of an emitted module."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Self

import mpmath

from verify.numbers.scalars import Scalar, rational


class Digits(Scalar):
    """A number of mpmath; a float of a literal stands for the decimal that is written."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    @classmethod
    def of(cls, value: Any) -> Self:
        if isinstance(value, mpmath.mpf):
            return cls(value)
        exact = rational(value)
        return cls(mpmath.mpf(exact.numerator) / exact.denominator)

    def plus(self, other: Self) -> Self:
        return type(self)(self.value + other.value)

    def times(self, other: Self) -> Self:
        return type(self)(self.value * other.value)

    def inverse(self) -> Self:
        return type(self)(1 / self.value)

    def power(self, exponent: Fraction) -> Self:
        if exponent.denominator == 1:
            return type(self)(self.value**exponent.numerator)
        return type(self)(self.value ** (mpmath.mpf(exponent.numerator) / exponent.denominator))

    def is_positive(self) -> bool:
        return bool(self.value > 0)

    def __repr__(self) -> str:
        return str(mpmath.nstr(self.value, 15))


class Precise:
    """The functions of mpmath on them."""

    def exp(self, a: Digits) -> Digits:
        """The exponential."""
        return Digits(mpmath.exp(a.value))

    def log(self, a: Digits) -> Digits:
        """The natural logarithm."""
        return Digits(mpmath.log(a.value))

    def sin(self, a: Digits) -> Digits:
        """The sine."""
        return Digits(mpmath.sin(a.value))

    def cos(self, a: Digits) -> Digits:
        """The cosine."""
        return Digits(mpmath.cos(a.value))
