"""Other things than the gradient that people rightly call so: transposed, of the mean over the steps, the direction of descent.

Another convention is a line of `CONVENTIONS`.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.algebra import nodes
from derive.algebra.nodes import Expr, mul
from verify.evaluation import Array


@dataclass(frozen=True)
class Convention:
    """What is claimed where the gradient is meant: the gradient is `factor` times it, transposed or as it is.

    Attributes:
        told: what it is, in words.
        factor: a number, or T.
        is_transposed: whether its rows are the columns of the gradient.
        of_parameters: whether only gradients by parameters are meant so.
    """

    told: str
    factor: Expr | int = 1
    is_transposed: bool = False
    of_parameters: bool = True

    def gradient(self, claimed: Expr) -> Expr:
        """The gradient, from an expression for what is claimed, (rows, columns)."""
        return mul(self.factor, nodes.Transpose(claimed) if self.is_transposed else claimed)

    def array(self, claimed: Array, steps: int) -> Array:
        """The gradient, from an array of what is claimed at so many steps."""
        number = float(steps if self.factor == nodes.T else self.factor)
        return number * (claimed.T if self.is_transposed else claimed)


CONVENTIONS = (
    Convention("the transposed gradient", is_transposed=True, of_parameters=False),
    Convention("the gradient of the mean over the steps, 1/T of it", nodes.T),
    Convention("minus the gradient, the direction of descent", -1),
    Convention("the transposed gradient of the mean over the steps", nodes.T, is_transposed=True),
    Convention("minus the transposed gradient", -1, is_transposed=True),
)
