"""Which values lie in one array: the one place that says of a value, as it is written in code, whether it has memory of its own."""

from __future__ import annotations

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.program.forms import Row, Wide
from derive.system import System

VIEWS = (nodes.Transpose, nodes.Slice, nodes.Broadcast, nodes.SumColumns, Row, Wide)
"""The operations of which NumPy may give a view of the operand, or the operand itself; what all others give is new."""


def viewed(value: Expr, system: System) -> Expr:
    """What a value may be a view of: a leaf, or an operation that gives a new array."""
    while isinstance(value, VIEWS) or _is_column_of(value, system):
        value = value.args[0]
    return value


def array_of(value: Expr, system: System) -> Expr:
    """The value whose array a value lies in; an equation may give what is there a second name."""
    while True:
        value = viewed(value, system)
        if not isinstance(value, (sp.Symbol, sp.Indexed)) or not system.defines(nodes.name_of(value)):
            return value
        right = system.equation(nodes.name_of(value)).right
        if not isinstance(viewed(right, system), (sp.Symbol, sp.Indexed)):
            return value
        value = right


def _is_column_of(value: Expr, system: System) -> bool:
    """Whether a value is column t of a matrix, its product with the one-hot column of t."""
    if not isinstance(value, nodes.MatMul) or not isinstance(value.args[1], sp.Indexed):
        return False
    clock = system[nodes.sequence_name(value.args[1])].clock
    return clock is not None and clock.kind == "position"
