"""Slopes of elementwise expressions are the derivatives of what they mean, however functions, products and powers are nested."""

from __future__ import annotations

import pytest
import sympy as sp

import derive
from derive.algebra import nodes
from derive.calculus.linearize import linearize, slopes

RIGHT_SIDES = (
    "tanh(sin(x_t))",
    "sigmoid(exp(x_t * y_t) + z_t) * y_t",
    "sqrt(softplus(x_t)) / (1 + y_t^2)",
    "x_t^4 * log(x_t) / x_t",
    "tanh(x_t)^3 * sin(y_t) / tanh(x_t)^2",
    "0.1 * x_t - (y_t - 2 * x_t)^3",
    "silu(gelu(x_t) - elu(y_t) * cos(z_t))",
    "softsign(x_t * tanh(y_t * sigmoid(z_t)))",
)


def meant(expr: nodes.Expr) -> sp.Expr:
    """An elementwise expression of numbers by the definitions of its functions, over a symbol for each read."""
    if isinstance(expr, sp.Indexed):
        return sp.Symbol(nodes.sequence_name(expr), real=True)
    parts = tuple(map(meant, expr.args))
    if isinstance(expr, nodes.Elementwise):
        return type(expr).definition(*parts)
    return expr.func(*parts) if parts else expr


@pytest.mark.parametrize("right", RIGHT_SIDES)
def test_slopes_are_the_derivatives_of_the_definitions(right):
    expr = derive.read(f"h_t = {right}").equation("h").right
    found = slopes(expr)
    assert [part for part, _ in found] == nodes.leaves(expr)
    point = dict(zip(sp.symbols("x y z", real=True), (0.7, -0.4, 1.3), strict=True))
    for part, slope in found:
        expected = sp.diff(meant(expr), meant(part)).subs(point)
        assert abs(float(meant(slope).subs(point)) - float(expected)) < 1e-12, part


def test_a_power_against_its_inverse_leaves_no_division():
    (_, slope), _ = slopes(derive.read("h_t = x_t^4 * y_t / x_t").equation("h").right)
    assert meant(slope).subs({sp.Symbol("x", real=True): 0}) == 0


def test_a_change_spreads_from_the_step_at_which_a_value_is_read():
    tangent = linearize(derive.read("h_t = 2 * h_{t-1} + 3 * x_{t-2} - x_{t+1}"))
    reads = {(nodes.sequence_name(read), nodes.offset(read)) for read in tangent.equations[0].reads}
    assert {offset for _, offset in reads} == {-1, -2, 1}
    assert not {name for name, _ in reads} & {"h", "x"}
