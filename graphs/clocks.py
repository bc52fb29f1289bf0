"""Clocks in an unrolled system: their values are known there, and what is multiplied by 0 is not read."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.clocks import Clock
from derive.algebra.nodes import Expr
from derive.system import System


def with_known_clocks(finite: System, steps: int) -> System:
    """The unrolled system with the number that each scalar clock is at each step in its place."""
    clocks = {name: each.clock for name, each in finite.variables.items() if each.clock and each.clock.form.rows == 1}
    if not clocks:
        return finite
    return replace(finite, equations=tuple(replace(each, right=_known(each.right, clocks, steps)) for each in finite.equations))


def _known(expr: Expr, clocks: dict[str, Clock], steps: int) -> Expr:
    if isinstance(expr, sp.Indexed):
        clock = clocks.get(nodes.sequence_name(expr))
        time = expr.indices[0]
        if clock is None or not time.is_Integer:
            return expr
        return sp.Integer(int(clock.column(int(time), steps)[0, 0])) if 1 <= time <= steps else sp.Integer(0)
    inside = tuple(_known(each, clocks, steps) for each in expr.args)
    if isinstance(expr, (sp.Add, sp.Mul)) and all(each.is_Number for each in inside):
        return expr.func(*inside)
    if isinstance(expr, sp.Add):
        return nodes.add(*inside)
    if isinstance(expr, sp.Mul):
        return nodes.mul(*inside)
    return nodes.rebuild(expr, inside) if inside else expr
