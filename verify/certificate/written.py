"""A system as plain data for JSON; `reading` is its inverse.

A system has its variables, its equations as pairs of expressions, outputs and loss. An expression is a list, the operation first:

    ["+", ["matrix", "b"], ["MatMul", ["matrix", "W"], ["at", "x", ["size", "t"]]]]
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import Role, System, Variable

SUMS: dict[str, type[Expr]] = {"+": sp.Add, "*": sp.Mul, "^": sp.Pow}
"""Sums, products and powers by how they are written."""
OPERATIONS: dict[str, type[nodes.Node]] = {
    **{each.__name__: each for kind in (nodes.Linear, nodes.Constant) for each in kind.__subclasses__() if each is not nodes.Constant},
    "Declared": nodes.Declared,
    **nodes.FUNCTIONS,
}
"""All other operations by name."""
OPTIONAL = ("is_sequence", "of", "is_distribution", "start", "clock")
"""The fields of a variable that are left out where they have their usual values."""


def system_data(system: System) -> dict[str, Any]:
    """A system as data."""
    return {
        "variables": [_variable_data(each) for each in system.variables.values()],
        "equations": [[data(each.left), data(each.right)] for each in system.equations],
        "outputs": list(system.outputs),
        "loss": system.loss,
    }


def _variable_data(variable: Variable) -> dict[str, Any]:
    usual = Variable("", Role.DEFINED, variable.shape)
    own: dict[str, Any] = {"name": variable.name, "role": variable.role.value, "shape": [data(side) for side in variable.shape]}
    own |= {field: getattr(variable, field) for field in OPTIONAL if getattr(variable, field) != getattr(usual, field)}
    own |= {field: getattr(variable, field).value for field in ("boundary", "kind")}
    return own | ({"clock": variable.clock.name} if variable.clock else {})


def data(expr: Expr) -> Any:
    """An expression as nested lists."""
    if isinstance(expr, sp.Indexed):
        return ["at", nodes.sequence_name(expr), data(expr.indices[0])]
    if isinstance(expr, sp.Symbol):
        return ["size" if expr.is_integer else "matrix", str(expr)]
    if expr.is_Number:
        return ["decimal", float(expr)] if expr.is_Float else ["number", int(expr.p), int(expr.q)]
    name = next((name for name, kind in (SUMS | OPERATIONS).items() if type(expr) is kind), None)
    assert name is not None, f"no name for {type(expr).__name__}"
    return [name, *map(data, expr.args)]
