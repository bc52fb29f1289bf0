"""What stands on a page and is not decided yet: products that may be of matrices or of entries, calls, second indices.

The parser makes these; `calls.py`, `kinds.py` and `second_index.py` replace them by the operations of the algebra, in this order.
"""

from __future__ import annotations

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, Node


class Juxtaposed(Node):
    """Juxtaposed(A, B): A B, a matrix product, or a multiple if one of the two is a number."""


class Starred(Node):
    """Starred(A, B): A * B, a matrix product or an elementwise one, as the kinds of the two allow."""


class Call(Node):
    """Call(name, a, b, ...): name(a, b, ...)."""


class Total(Node):
    """Total(A): the sum of all entries of A."""


class Square(Node):
    """Square(A): the square of each entry of A, also where A is a matrix, of which A^2 is a product."""


class Mean(Node):
    """Mean(A): the mean of all entries of A."""


class Largest(Node):
    """Largest(A): the largest of all entries of A."""


class Smallest(Node):
    """Smallest(A): the smallest of all entries of A."""


class LogSumExp(Node):
    """LogSumExp(A): the logarithm of the sum of the exponentials of all entries of A."""


class Diagonal(Node):
    """Diagonal(a): the matrix with the column a on its diagonal and 0 elsewhere."""


class Inverse(Node):
    """Inverse(A): A^{-1}, the inverse of a matrix, or one over each entry of another value."""


class Sloped(Node):
    """Sloped(f(x), s) or Sloped(y, s, x): a function whose derivative by x is declared to be s."""


class OverIndex(Node):
    """OverIndex(kind, k, range, body): sum_k body or softmax_k(body); the range is `ALL`, `BEFORE` or `UP_TO`."""


ALL, BEFORE, UP_TO, SUM, SOFTMAX = (sp.Symbol(name, integer=True) for name in ("all", "before", "up to", "sum", "softmax"))


def letter(name: str) -> sp.Symbol:
    """A second index."""
    return sp.Symbol(name, integer=True)


def letters(expr: Expr) -> set[sp.Symbol]:
    """The second indices at which an expression reads sequences."""
    return {index for part in nodes.parts(expr) if isinstance(part, sp.Indexed) for index in part.indices if _is_letter(index)}


def _is_letter(index: Expr) -> bool:
    return isinstance(index, sp.Symbol) and index not in (nodes.t, nodes.T)
