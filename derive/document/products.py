"""Which product each product of a system is, by the sizes of its factors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.algebra.shapes import ONE, SCALAR
from derive.system import System


class ProductOf(NamedTuple):
    """A product in an equation.

    Attributes:
        equation: the number of the equation.
        expr: the product.
        kind: the name of the sentence that says which product it is.
    """

    equation: int
    expr: Expr
    kind: str


def products(system: System) -> Iterator[ProductOf]:
    """The products in the equations of a system, each once, in their order."""
    seen: set[Expr] = set()
    for equation in system.equations:
        for part in nodes.parts(equation.right):
            kind = _kind(part, system)
            if kind and part not in seen:
                seen.add(part)
                yield ProductOf(equation.number, part, kind)


def _kind(part: Expr, system: System) -> str:
    """Which product it is; "" if it is none, or one by a number that is written out."""
    if isinstance(part, nodes.MatMul):
        (rows, inner), (_, columns) = map(system.shape, part.args)
        if inner == ONE:
            return "outer product"
        return "inner product" if rows == columns == ONE else "matrix product"
    if isinstance(part, nodes.Solve):
        return "inverse product"
    factors = [each for each in part.args if not each.is_Number] if isinstance(part, sp.Mul) else []
    if len(factors) < 2:
        return ""
    found = [system.shape(each) for each in factors]
    wide = {each for each in found if each != SCALAR}
    if len(wide) < 2:
        return "number product" if not wide else "product by entries" if SCALAR not in found else "product by a number"
    return "product repeated"
