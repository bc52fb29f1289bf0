"""The degrees of what a program computes, as a quotient of polynomials in its random arguments.

Run over degrees in place of residues, a program tells how likely it is that an identity which does not hold, holds modulo the prime at random
arguments: at most the degree over the prime (Schwartz 1980; Zippel 1979). A degree is a bound: nothing is cancelled.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any, Self

from verify.numbers.scalars import Scalar

Quotient = tuple[int, int]
"""The degrees of a numerator and a denominator."""


def _sum(a: Quotient, b: Quotient) -> Quotient:
    return max(a[0] + b[1], b[0] + a[1]), a[1] + b[1]


def _product(a: Quotient, b: Quotient) -> Quotient:
    return a[0] + b[0], a[1] + b[1]


class Degree(Scalar):
    """The degrees of a value and of its tangent.

    Attributes:
        branches: how many comparisons and square roots there were; `Counted` gives each run its own count.
    """

    __slots__ = ("tangent", "value")
    branches = 0

    def __init__(self, value: Quotient, tangent: Quotient) -> None:
        self.value, self.tangent = value, tangent

    @classmethod
    def of(cls, value: Any) -> Self:
        return cls((0, 0), (0, 0))

    @classmethod
    def variable(cls) -> Self:
        """Of one of the random arguments."""
        return cls((1, 0), (1, 0))

    @property
    def largest(self) -> int:
        """The largest degree in it."""
        return max(*self.value, *self.tangent)

    def plus(self, other: Self) -> Self:
        return type(self)(_sum(self.value, other.value), _sum(self.tangent, other.tangent))

    def times(self, other: Self) -> Self:
        slope = _sum(_product(self.value, other.tangent), _product(self.tangent, other.value))
        return type(self)(_product(self.value, other.value), slope)

    def inverse(self) -> Self:
        value = self.value[1], self.value[0]
        return type(self)(value, _product(self.tangent, _product(value, value)))

    def power(self, exponent: Fraction) -> Self:
        type(self).branches += exponent.denominator.bit_length() - 1
        made = type(self).of(1)
        for _ in range(ceil(abs(exponent))):
            made = made.times(self)
        return made.inverse() if exponent < 0 else made

    def sloped(self, argument: Self, slope: Self) -> Self:
        return type(self)(self.value, _product(slope.value, argument.tangent))

    def is_positive(self) -> bool:
        type(self).branches += 1
        return True


class Counted:
    """Functions on degrees: each value is a new random argument; how often they are called, and at what degree at most.

    Attributes:
        calls: how many arguments functions had.
        largest: the largest degree of one.
        number: the degrees of this run, which count their branches.
    """

    def __init__(self) -> None:
        self.calls = self.largest = 0
        self.number: type[Degree] = type("Degree", (Degree,), {"__slots__": ()})

    def exp(self, a: Degree) -> Degree:
        """A new argument, whose tangent is it times that of a."""
        return self._made(a, 1)

    def sin(self, a: Degree) -> Degree:
        """Two thirds of a degree in the half angle's tangent, and so for the cosine."""
        return self._made(a, 2)

    def atan(self, a: Degree) -> Degree:
        """A new argument, whose tangent is that of a by 1 + a^2."""
        made, slope = self._made(a, 1), a.times(a).plus(self.number.of(1)).inverse()
        return self.number(made.value, _product(a.tangent, slope.value))

    def _made(self, a: Degree, degree: int) -> Degree:
        self.calls, self.largest = self.calls + 1, max(self.largest, a.largest)
        value = degree, degree if degree > 1 else 0
        return self.number(value, _product(value, _product(a.tangent, (a.value[1], a.value[0]))))

    log, cos = exp, sin
