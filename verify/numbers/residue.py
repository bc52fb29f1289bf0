"""Integers modulo a prime, each with a tangent, and functions drawn at random on them.

A number a + b e with e^2 = 0 carries a derivative b exactly (Clifford 1873; Wengert 1964). exp(a), log(a), atan(a), sin(a) and cos(a) are no
numbers modulo a prime; all that a derivation may use of them are their derivatives and exp(a) exp(-a) = 1, sin^2 + cos^2 = 1. So exp(a) is drawn
at random for each a, log(a) and atan(a) likewise, and sin(a), cos(a) are a random point of the circle; the other functions follow by their
definitions. An identity that holds in these numbers for random arguments is one of polynomials, up to the chance that Schwartz (1980) and Zippel
(1979) bound.

Squares stand for positive numbers. The prime is chosen so that what derivations lean on holds: -1 is no square, so that of a and -a one is
positive; all primes below 80 are squares (by quadratic reciprocity, since it is -1 modulo each of them and modulo 8), so that x / 100 has the
sign of x; products have the product of the signs; each positive number has one positive root. Sums of positive numbers need not be positive.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import count
from math import prod
from random import Random
from typing import Any, Self

import sympy as sp

from derive.errors import InputError
from verify.numbers.scalars import Scalar, rational

PRIME: int = 2**145 * prod(sp.primerange(80)) - 1
"""A prime of 247 bits."""
HALF = pow(2, -1, PRIME)


@lru_cache(maxsize=100_000)
def _is_square(value: int) -> bool:
    return pow(value, (PRIME - 1) // 2, PRIME) == 1


class NoSquareError(ArithmeticError):
    """A number has no square root modulo the prime; at other random arguments it may."""


class Residue(Scalar):
    """value + tangent * e, both modulo the prime."""

    __slots__ = ("tangent", "value")

    def __init__(self, value: int, tangent: int = 0) -> None:
        self.value, self.tangent = value % PRIME, tangent % PRIME

    @classmethod
    def of(cls, value: Any) -> Self:
        exact = rational(value)
        return cls(exact.numerator * pow(exact.denominator, -1, PRIME))

    def plus(self, other: Self) -> Self:
        return type(self)(self.value + other.value, self.tangent + other.tangent)

    def times(self, other: Self) -> Self:
        return type(self)(self.value * other.value, self.value * other.tangent + self.tangent * other.value)

    def inverse(self) -> Self:
        if not self.value:
            raise ZeroDivisionError("a quotient by zero")
        inverse = pow(self.value, -1, PRIME)
        return type(self)(inverse, -self.tangent * inverse * inverse)

    def power(self, exponent: Fraction) -> Self:
        """A power whose exponent has a power of two as denominator.

        Raises:
            InputError: another exponent.
            NoSquareError: the root of a number that is no square.
        """
        if exponent.denominator == 1:
            base = self if exponent >= 0 else self.inverse()
            whole = abs(exponent.numerator)
            slope = whole * pow(base.value, whole - 1, PRIME) if whole else 0
            return type(self)(pow(base.value, whole, PRIME), slope * base.tangent)
        if exponent.denominator % 2:
            raise InputError(f"a power {exponent} has no value modulo a prime", advice="see what high precision says")
        return self.root().power(exponent * 2)

    def sloped(self, argument: Self, slope: Self) -> Self:
        return type(self)(self.value, slope.value * argument.tangent)

    def weight(self) -> int:
        return int(self.value != 0)

    def root(self) -> Self:
        """The positive square root.

        Raises:
            NoSquareError: there is none.
        """
        if not self.is_positive():
            raise NoSquareError("a square root has no value modulo the prime")
        root = pow(self.value, (PRIME + 1) // 4, PRIME)
        return type(self)(root, self.tangent * pow(2 * root, -1, PRIME))

    def is_positive(self) -> bool:
        """Whether it is a square, by Euler's criterion."""
        return _is_square(self.value)

    def __eq__(self, other: object) -> bool:
        return (self.value, self.tangent) == (other.value, other.tangent) if isinstance(other, Residue) else self == self.own(other)

    def __hash__(self) -> int:
        return hash((self.value, self.tangent))

    def __repr__(self) -> str:
        return f"{self.value}" + (f" + {self.tangent} e" if self.tangent else "")


class Drawn:
    """Functions drawn at random, the same value for the same argument.

    Args:
        seed: of what is drawn.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def draw(self, name: str, argument: int) -> int:
        """A random residue, not zero, for a function at an argument."""
        return Random(f"{self.seed} {name} {argument}").randrange(1, PRIME)

    def exp(self, a: Residue) -> Residue:
        """Drawn, with exp(-a) = 1 / exp(a), the derivative exp(a), and the signs of exp(a), exp(a) + 1 and exp(a) - 1."""
        if not a.value:
            return Residue(1, a.tangent)
        value = self.above_one(a.value) if a > 0 else pow(self.above_one((-a).value), -1, PRIME)
        return Residue(value, value * a.tangent)

    def above_one(self, argument: int) -> int:
        """A positive number drawn for an argument, with positive numbers beside it.

        Two squares that differ by 1 are those of (c - 1/c) / 2 and (c + 1/c) / 2 for some c, so that it is left to see whether the number below
        is a square too.
        """
        drawn = (self.draw(f"exp {attempt}", argument) for attempt in count())
        squares = (((c - pow(c, -1, PRIME)) * HALF) ** 2 % PRIME for c in drawn)
        return next(value for value in squares if _is_square(value - 1))

    def log(self, a: Residue) -> Residue:
        """Drawn, with the derivative 1 / a."""
        return Residue(self.draw("log", a.value) if a.value != 1 else 0, a.inverse().value * a.tangent)

    def circle(self, a: Residue) -> tuple[int, int]:
        """The sine and cosine: a point of the circle drawn by its half angle's tangent, which turns with the sign."""
        half = self.draw("half angle", a.value) if a > 0 else -self.draw("half angle", (-a).value)
        scale = pow(1 + half * half, -1, PRIME)
        return (2 * half * scale, (1 - half * half) * scale) if a.value else (0, 1)

    def sin(self, a: Residue) -> Residue:
        """Drawn, with the derivative cos(a)."""
        sine, cosine = self.circle(a)
        return Residue(sine, cosine * a.tangent)

    def cos(self, a: Residue) -> Residue:
        """Drawn, with the derivative -sin(a)."""
        sine, cosine = self.circle(a)
        return Residue(cosine, -sine * a.tangent)

    def atan(self, a: Residue) -> Residue:
        """Drawn, odd, with the sign of a and the derivative 1 / (1 + a^2)."""
        if not a.value:
            return Residue(0, a.tangent)
        drawn = pow(self.draw("atan", a.value if a > 0 else (-a).value), 2, PRIME)
        return Residue(drawn if a > 0 else -drawn, (a * a + 1).inverse().value * a.tangent)
