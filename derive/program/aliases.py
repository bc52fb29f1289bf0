"""Which values of a system lie in one array."""

from __future__ import annotations

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import System


def array_of(value: Expr, system: System) -> Expr:
    """The value whose array a value lies in: transpositions and slices are views, and an equation may give a value a second name."""
    while True:
        if isinstance(value, (nodes.Transpose, nodes.Slice)):
            value = value.args[0]
        elif (
            isinstance(value, (sp.Symbol, sp.Indexed))
            and system.defines(nodes.name_of(value))
            and _is_view(right := system.equation(nodes.name_of(value)).right)
        ):
            value = right
        else:
            return value


def _is_view(right: Expr) -> bool:
    return isinstance(right, (sp.Symbol, sp.Indexed, nodes.Transpose, nodes.Slice))
