"""Whether two right sides are one and the same, multiplied out: S (I - b k k^T) + b v k^T, and S + b (v - S k) k^T.

Greek letters count as numbers here, which stand anywhere in a product, and all else keeps its place in it.
"""

from __future__ import annotations

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.notation.meaning.kinds import is_greek
from derive.notation.meaning.surface import Juxtaposed

MOST = 60
"""How many parts a right side may have that is multiplied out."""


def are_alike(one: Expr, other: Expr) -> bool:
    """Whether two right sides are the same when their products are multiplied out."""
    if any(sum(1 for _ in nodes.parts(each)) > MOST for each in (one, other)):
        return False
    return bool(sp.expand(_expanded(one) - _expanded(other)) == 0)


def _expanded(expr: Expr) -> sp.Expr:
    """An expression as a sum of products of letters; what is neither is one letter."""
    if expr.is_Number:
        return expr
    if expr.is_Add:
        return sp.Add(*map(_expanded, expr.args))
    if isinstance(expr, Juxtaposed):
        return sp.expand(sp.Mul(*map(_expanded, expr.args)))
    if expr.is_Mul and sum(not each.is_Number for each in expr.args) == 1:
        return sp.expand(sp.Mul(*map(_expanded, expr.args)))
    if isinstance(expr, sp.Symbol) and str(expr) == "I":
        return sp.Integer(1)
    is_leaf = isinstance(expr, (sp.Symbol, sp.Indexed))
    return sp.Symbol(str(expr), commutative=is_leaf and is_greek(nodes.name_of(expr)))
