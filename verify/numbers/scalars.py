"""What every kind of number shares: operators between its own and Python's numbers, and the rational number that a literal stands for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Self

import numpy as np
import sympy as sp


def rational(value: Any) -> Fraction:
    """The rational number that a number stands for; a float stands for the shortest decimal that rounds to it, 0.1 for 1/10."""
    if isinstance(value, sp.Rational):
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, (int, Fraction)):
        return Fraction(value)
    return Fraction(repr(float(value)))


def first_largest(columns: Any, step: Callable[[Any], Any]) -> Any:
    """1 at the first entry of each column that is as large as any, 0 at the others, in any numbers that have a step function.

    Both arrays are (..., rows, columns); `step` is 1 where a number is positive, else 0.

    The rows are gone through with the largest so far: `step` of the difference says whether the next one takes its place.
    """
    largest = columns[..., :1, :]
    marks = [step(largest) * 0 + 1]
    for row in range(1, columns.shape[-2]):
        following = columns[..., row : row + 1, :]
        is_larger = step(following - largest)
        largest = largest * (1 - is_larger) + following * is_larger
        marks = [*(each * (1 - is_larger) for each in marks), is_larger]
    return np.concatenate(marks, axis=-2)


def solved(matrix: Any, right: Any) -> Any:
    """A^-1 B over the last two axes of arrays of objects, (..., n, n) and (..., n, k), by elimination (Gauss 1810).

    Raises:
        ZeroDivisionError: the matrix is singular.
    """
    runs = np.broadcast_shapes(matrix.shape[:-2], right.shape[:-2])
    found = np.empty((*runs, *right.shape[-2:]), object)
    matrix, right = (np.broadcast_to(each, (*runs, *each.shape[-2:])) for each in (matrix, right))
    for at in np.ndindex(runs):
        found[at] = _eliminated(matrix[at], right[at])
    return found


def _eliminated(matrix: Any, right: Any) -> Any:
    """A^-1 B of one matrix: below each pivot, the largest that there is, then above it."""
    rows = np.concatenate([matrix, right], axis=1).astype(object)
    count = len(rows)
    for column in range(count):
        sizes = [_size(each) for each in rows[column:, column]]
        best = column + max(range(len(sizes)), key=sizes.__getitem__)
        if not sizes[best - column]:
            raise ZeroDivisionError("a singular matrix")
        rows[[column, best]] = rows[[best, column]]
        rows[column] = rows[column] / rows[column, column]
        for other in range(count):
            if other != column:
                rows[other] = rows[other] - rows[column] * rows[other, column]
    return rows[:, count:]


def _size(number: Any) -> Any:
    """How good a pivot a number is, 0 if it is zero; of numbers that are not ordered, and of symbols, all others are alike."""
    if isinstance(number, Scalar):
        return number.weight()
    return int(number != 0) if isinstance(number, sp.Basic) else abs(number)


class Scalar(ABC):
    """A number that stands in the arrays of an emitted module; NumPy calls its operators."""

    __slots__ = ()

    @classmethod
    @abstractmethod
    def of(cls, value: Any) -> Self:
        """One of these numbers from another one of Python, NumPy or SymPy."""

    @abstractmethod
    def plus(self, other: Self) -> Self:
        """The sum."""

    @abstractmethod
    def times(self, other: Self) -> Self:
        """The product."""

    @abstractmethod
    def inverse(self) -> Self:
        """One over the number."""

    @abstractmethod
    def power(self, exponent: Fraction) -> Self:
        """A power."""

    @abstractmethod
    def is_positive(self) -> bool:
        """Whether it is more than zero."""

    def sloped(self, argument: Self, slope: Self) -> Self:
        """The number whose change is the slope times that of an argument.

        Raises:
            NotImplementedError: these numbers carry no changes.
        """
        raise NotImplementedError

    def weight(self) -> Any:
        """How good a pivot it is: 0 if it is zero."""
        return 1

    @classmethod
    def own(cls, value: Any) -> Self:
        """The number itself, or one made of another."""
        return value if isinstance(value, cls) else cls.of(value)

    def _joined(self, other: Any, operation: Callable[[Self, Self], Self]) -> Any:
        """An operation with another number; with an array NumPy does it entry by entry."""
        return NotImplemented if isinstance(other, np.ndarray) else operation(self, self.own(other))

    def __add__(self, other: Any) -> Any:
        return self._joined(other, lambda a, b: a.plus(b))

    def __sub__(self, other: Any) -> Any:
        return self._joined(other, lambda a, b: a.plus(-b))

    def __rsub__(self, other: Any) -> Any:
        return self._joined(other, lambda a, b: b.plus(-a))

    def __mul__(self, other: Any) -> Any:
        return self._joined(other, lambda a, b: a.times(b))

    def __truediv__(self, other: Any) -> Any:
        return self._joined(other, lambda a, b: a.times(b.inverse()))

    def __rtruediv__(self, other: Any) -> Any:
        return self._joined(other, lambda a, b: b.times(a.inverse()))

    def __pow__(self, exponent: Any) -> Self:
        return self.power(rational(exponent))

    def __neg__(self) -> Self:
        return self.times(self.of(-1))

    def __abs__(self) -> Self:
        return -self if self < 0 else self

    def __gt__(self, other: Any) -> bool:
        return self.plus(-self.own(other)).is_positive()

    def __lt__(self, other: Any) -> bool:
        return self.own(other) > self

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __le__(self, other: Any) -> bool:
        return not self > other

    __radd__, __rmul__ = __add__, __mul__
