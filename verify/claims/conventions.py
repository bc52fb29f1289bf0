"""Other things than the gradient that people rightly call so: transposed, of the mean over the steps, the direction of descent.

The law: a convention is one of a whole backward pass. All gradients by parameters have the same sign and scale, and all by matrices are transposed
or none is; what differs from the others is a slip. Another convention is a line of `SCALES`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, mul
from verify.evaluation import Array

Choice = TypeVar("Choice")
COUNT = sp.Symbol("N", integer=True, positive=True)
"""How many sequences there are."""
SCALES: tuple[tuple[Expr, str], ...] = (
    (sp.Integer(1), "the {}gradient"),
    (nodes.T, "the {}gradient of the mean over the steps, 1/T of it"),
    (sp.Integer(-1), "minus the {}gradient, the direction of descent"),
    (COUNT, "the {}gradient of the mean over the sequences, 1/N of it"),
)
"""What the gradient is, as so many times what is claimed; with the words for it."""


@dataclass(frozen=True)
class Convention:
    """What is claimed where the gradient is meant: the gradient is `factor` times it, transposed or as it is.

    Attributes:
        factor: a number, T or `COUNT`.
        is_transposed: whether its rows are the columns of the gradient.
    """

    factor: Expr = sp.S.One
    is_transposed: bool = False

    @property
    def told(self) -> str:
        """What is claimed, in words."""
        told: str = dict(SCALES)[self.factor]
        return told.format("transposed " * self.is_transposed)

    def gradient(self, claimed: Expr) -> Expr:
        """The gradient, from an expression for what is claimed, (rows, columns)."""
        return mul(self.factor, nodes.Transpose(claimed) if self.is_transposed else claimed)

    def claimed(self, gradient: Expr) -> Expr:
        """What is claimed, from an expression for the gradient."""
        return mul(1 / self.factor, nodes.Transpose(gradient) if self.is_transposed else gradient)

    def array(self, claimed: Array, steps: int, count: int = 1) -> Array:
        """The gradient, from an array of what is claimed of so many sequences of so many steps."""
        return float(self.factor.subs({nodes.T: steps, COUNT: count})) * (claimed.T if self.is_transposed else claimed)

    def claimed_array(self, gradient: Array, steps: int, count: int = 1) -> Array:
        """What is claimed, from an array of the gradient."""
        return (gradient.T if self.is_transposed else gradient) / float(self.factor.subs({nodes.T: steps, COUNT: count}))


PLAIN = Convention()
CONVENTIONS = tuple(Convention(factor, is_transposed) for is_transposed in (False, True) for factor, _ in SCALES)
OF_EQUATIONS = tuple(each for each in CONVENTIONS if not each.factor.has(COUNT))
"""Those of a page of equations, which is about one sequence."""


def agreed(votes: Collection[Collection[Choice]], usual: Choice) -> Choice:
    """What more than half of all have, each of which may have several; else what is usual."""
    choices = [usual, *(each for vote in votes for each in vote)]
    best = max(choices, key=lambda each: sum(each in vote for vote in votes))
    return best if 2 * sum(best in vote for vote in votes) > len(votes) else usual


def convention_of(fits: Sequence[Collection[Convention]], matrices: Iterable[Collection[Convention]]) -> Convention:
    """The convention of a backward pass.

    Args:
        fits: of each gradient by a parameter, the conventions in which it is right.
        matrices: the same of those by matrices, which alone say whether gradients are transposed.
    """
    layouts = [{each.is_transposed for each in found} for found in matrices if found]
    is_transposed = agreed(layouts, False)
    scales = [[each.factor for each in found] for found in fits if found]
    return Convention(agreed(scales, PLAIN.factor), is_transposed)


def told_apart(own: Convention, common: Convention, others: Sequence[str]) -> str:
    """What is claimed in one convention where others have another one.

    Args:
        own, common: the two conventions.
        others: the values by which the other gradients are that have the common one.
    """
    is_one = len(others) == 1
    those = f"{'that' if is_one else 'those'} by {', '.join(others[:6])} {'is' if is_one else 'are'}"
    if own.factor == common.factor:
        layout = "transposed" if common.is_transposed else "not transposed"
        return f"it is {own.told}, where {those if others else 'what is read here is'} {layout}"
    told = f"where {those} {common.told}" if others else "and most gradients by parameters here are not"
    return f"it is {own.told}, {told}"
