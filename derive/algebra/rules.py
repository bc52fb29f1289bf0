"""The rule book: one row per operation, with what is claimed of it and how it is spelled.

Three kinds of rows, by the kind of the operation in `nodes.py`:

    slope(tanh, lambda x, y: 1 - y**2, ...)            elementwise: dy/dx in terms of the argument x and the value y = tanh(x)
    tangent(softmax, lambda x, y, dx: ...)             composite: the change of y when x changes by dx, linear in dx
    tangent(maximum, lambda a, b, y, da, db: ...)      the same with two arguments
    transposed(MatMul, lambda g, shape, A, B: (...))   linear: for each operand u the map with <g, op(u)> = <map(g), u>
    transposed(Solve, ..., change=...)                 linear but in its coefficients, which have None; the change as of a composite function

`g` has the shape of the operation's value, each result the shape of its operand; `shape(A)` gives a shape where one is needed. A term
where y stands is computed from a value that the forward pass already has, which is why slopes prefer y to x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import (
    Broadcast,
    Expr,
    Linear,
    MatMul,
    MeanRows,
    OverTime,
    Slice,
    Solve,
    Stack,
    SumColumns,
    SumRows,
    Transpose,
    Zeros,
    add,
    mul,
    neg,
)  # fmt: skip
from derive.algebra.shapes import Shape
from derive.errors import MissingRule

Claim = Callable[..., Any]
"""A slope, a tangent or a transposition, see the head of this file."""


@dataclass(frozen=True)
class Rule:
    """A row of the rule book.

    Attributes:
        name: as the derivation names it.
        claim: the slope, tangent or transposition, see the head of this file.
        change: of a linear operation that has coefficients, its tangent.
        latex, numpy: the spelling of a function's name; its text is the name in `nodes.FUNCTIONS`.
    """

    name: str
    claim: Claim
    latex: str = ""
    numpy: str = ""
    change: Claim | None = None


RULES: dict[type[Expr], Rule] = {}


def rule(operation: type[Expr]) -> Rule:
    """The row of an operation.

    Raises:
        MissingRule: it has none.
    """
    try:
        return RULES[operation]
    except KeyError:
        raise MissingRule(f"there is no rule for {operation.__name__}", advice="add a row to derive/algebra/rules.py") from None


def slope(operation: type[Expr], claim: Claim, latex: str, numpy: str) -> None:
    """Claim the derivative of an elementwise function."""
    RULES[operation] = Rule(f"slope of {operation.__name__}", claim, latex, numpy)


def tangent(operation: type[Expr], claim: Claim, latex: str, numpy: str) -> None:
    """Claim the change of a composite function."""
    RULES[operation] = Rule(f"tangent of {operation.__name__}", claim, latex, numpy)


def transposed(operation: type[Linear], name: str, claim: Claim, change: Claim | None = None) -> None:
    """Claim the transposition of a linear operation, and the tangent of one that has coefficients."""
    assert (change is not None) == (operation.coefficients > 0), f"{name} has coefficients and no tangent, or the other way round"
    RULES[operation] = Rule(f"transpose {name}", claim, change=change)


def flip(matrix: Expr) -> Expr:
    """The transposed matrix; of a transposed one the matrix itself."""
    return matrix.args[0] if isinstance(matrix, Transpose) else Transpose(matrix)


def reduce_to(g: Expr, own: Shape, wanted: Shape) -> Expr:
    """g of shape `own`, summed over each side that is 1 in `wanted` and not in `own`: the transposition of broadcasting."""
    if wanted[0] == 1 and own[0] != 1:
        g = SumRows(g)
    return SumColumns(g) if wanted[1] == 1 and own[1] != 1 else g


def _slices(g: Expr, shape: Callable[[Expr], Shape], *blocks: Expr) -> tuple[Expr, ...]:
    """The rows of g that belong to each of the stacked blocks."""
    ends = [sp.Integer(0)]
    for block in blocks:
        ends.append(ends[-1] + shape(block)[0])
    return tuple(Slice(g, start, stop) for start, stop in zip(ends, ends[1:], strict=False))


def _padded(g: Expr, shape: Callable[[Expr], Shape], whole: Expr, start: Expr, stop: Expr) -> tuple[Expr, ...]:
    """g with rows of zeros above and below, as many rows as the whole that was sliced."""
    rows, columns = shape(whole)
    above = [] if start == 0 else [Zeros(start, columns)]
    below = [] if sp.expand(rows - stop) == 0 else [Zeros(rows - stop, columns)]
    blocks = [*above, g, *below]
    return (blocks[0] if len(blocks) == 1 else Stack(*blocks),)


def _change_of_solve(A: Expr, B: Expr, X: Expr, dA: Expr, dB: Expr) -> Expr:
    """A X is B, so dA X + A dX is dB, and dX is A^-1 (dB - dA X): one more solve with the same matrix."""
    moved = sp.Integer(0) if dA == 0 else neg(MatMul(dA, X))
    return Solve(A, add(dB, moved))


def _inverse(value: Expr) -> Expr:
    return sp.Pow(value, -1, evaluate=False)


def _between(x: Expr, bound: Expr) -> Expr:
    """1 where -bound < x < bound, else 0."""
    return mul(nodes.step(add(x, bound)), nodes.step(add(bound, neg(x))))


def _chosen(da: Expr, db: Expr, second: Expr) -> Expr:
    """The change of one of two, or of what lies between them; `second` is how much of it is that of the second one, from 0 to 1."""
    return add(mul(da, add(1, neg(second))), mul(db, second))


def _slope_of_mish(x: Expr) -> Expr:
    """With s = sigmoid(x) and q = 1 - s, tanh(softplus(x)) is s (1 + q) / (1 + q^2), and no exponential overflows."""
    s = nodes.sigmoid(x)
    q = add(1, neg(s))
    below = _inverse(add(1, sp.Pow(q, 2, evaluate=False)))
    return mul(s, below, add(1, q, mul(4, x, sp.Pow(q, 2, evaluate=False), below)))


def _slope_of_gelu(x: Expr) -> Expr:
    scale, cube = nodes.GELU
    inner = nodes.tanh(mul(scale, add(x, mul(cube, x**3))))
    outer = mul(sp.Rational(1, 2), x, add(1, neg(inner**2)), add(scale, mul(3 * scale * cube, x**2)))
    return add(mul(sp.Rational(1, 2), add(1, inner)), outer)


transposed(MatMul, "a product", lambda g, shape, A, B: (MatMul(g, flip(B)), MatMul(flip(A), g)))
transposed(Transpose, "a transposition", lambda g, shape, A: (flip(g),))
transposed(Solve, "a solve", lambda g, shape, A, B: (None, Solve(flip(A), g)), change=_change_of_solve)
transposed(SumRows, "a sum over rows", lambda g, shape, A: (Broadcast(g, *shape(A)),))
transposed(SumColumns, "a sum over columns", lambda g, shape, A: (Broadcast(g, *shape(A)),))
transposed(MeanRows, "a mean over rows", lambda g, shape, A: (Broadcast(mul(g, _inverse(shape(A)[0])), *shape(A)),))
transposed(Broadcast, "a broadcast", lambda g, shape, A, m, n: (reduce_to(g, (m, n), shape(A)),))
transposed(Stack, "a stack", _slices)
transposed(Slice, "a slice", _padded)
transposed(OverTime, "a sum over time", lambda g, shape, A: (g,))

slope(nodes.tanh, lambda x, y: add(1, neg(y**2)), r"\tanh", "np.tanh")
slope(nodes.sigmoid, lambda x, y: mul(y, add(1, neg(y))), r"\sigma", "sigmoid")
slope(nodes.relu, lambda x, y: nodes.step(x), r"\operatorname{relu}", "relu")
slope(nodes.softplus, lambda x, y: nodes.sigmoid(x), r"\operatorname{softplus}", "softplus")
slope(nodes.exp, lambda x, y: y, r"\exp", "np.exp")
slope(nodes.log, lambda x, y: _inverse(x), r"\log", "np.log")
slope(nodes.sqrt, lambda x, y: mul(sp.Rational(1, 2), _inverse(y)), r"\operatorname{sqrt}", "np.sqrt")
slope(nodes.sin, lambda x, y: nodes.cos(x), r"\sin", "np.sin")
slope(nodes.cos, lambda x, y: neg(nodes.sin(x)), r"\cos", "np.cos")
slope(nodes.sinh, lambda x, y: nodes.cosh(x), r"\sinh", "np.sinh")
slope(nodes.cosh, lambda x, y: nodes.sinh(x), r"\cosh", "np.cosh")
slope(nodes.arctan, lambda x, y: _inverse(add(1, sp.Pow(x, 2, evaluate=False))), r"\arctan", "np.arctan")
slope(nodes.expm1, lambda x, y: nodes.exp(x), r"\operatorname{expm1}", "np.expm1")
slope(nodes.log1p, lambda x, y: _inverse(add(1, x)), r"\operatorname{log1p}", "np.log1p")
slope(nodes.logsigmoid, lambda x, y: nodes.sigmoid(neg(x)), r"\operatorname{logsigmoid}", "logsigmoid")
slope(nodes.absolute, lambda x, y: nodes.sign(x), r"\operatorname{abs}", "absolute")
slope(nodes.step, lambda x, y: sp.Integer(0), r"\operatorname{step}", "unit_step")
slope(nodes.sign, lambda x, y: sp.Integer(0), r"\operatorname{sign}", "sign")
slope(
    nodes.hard_sigmoid, lambda x, y: mul(sp.Rational(1, 5), _between(x, sp.Rational(5, 2))), r"\operatorname{hardsigmoid}", "hard_sigmoid"
)
slope(nodes.hard_tanh, lambda x, y: _between(x, sp.Integer(1)), r"\operatorname{hardtanh}", "hard_tanh")
slope(
    nodes.leaky_relu,
    lambda x, y: add(sp.Rational(1, 100), mul(sp.Rational(99, 100), nodes.step(x))),
    r"\operatorname{leakyrelu}",
    "leaky_relu",
)
slope(nodes.elu, lambda x, y: add(1, mul(y, nodes.step(neg(x)))), r"\operatorname{elu}", "elu")
slope(nodes.silu, lambda x, y: add(nodes.sigmoid(x), mul(y, add(1, neg(nodes.sigmoid(x))))), r"\operatorname{silu}", "silu")
slope(nodes.softsign, lambda x, y: sp.Pow(add(1, nodes.absolute(x)), -2, evaluate=False), r"\operatorname{softsign}", "softsign")
slope(nodes.mish, lambda x, y: _slope_of_mish(x), r"\operatorname{mish}", "mish")
slope(
    nodes.hard_swish,
    lambda x, y: add(
        mul(_between(x, sp.Integer(3)), add(mul(sp.Rational(1, 3), x), sp.Rational(1, 2))), 1, neg(nodes.step(add(3, neg(x))))
    ),
    r"\operatorname{hardswish}",
    "hard_swish",
)
slope(nodes.gelu, lambda x, y: _slope_of_gelu(x), r"\operatorname{gelu}", "gelu")

tangent(nodes.softmax, lambda x, y, dx: mul(y, add(dx, neg(SumRows(mul(y, dx))))), r"\operatorname{softmax}", "softmax")
tangent(nodes.log_softmax, lambda x, y, dx: add(dx, neg(SumRows(mul(nodes.softmax(x), dx)))), r"\log\operatorname{softmax}", "log_softmax")
tangent(nodes.maximum, lambda a, b, y, da, db: _chosen(da, db, nodes.step(add(b, neg(a)))), r"\max", "maximum")
tangent(nodes.minimum, lambda a, b, y, da, db: _chosen(da, db, nodes.step(add(a, neg(b)))), r"\min", "minimum")
tangent(nodes.logaddexp, lambda a, b, y, da, db: _chosen(da, db, nodes.sigmoid(add(b, neg(a)))), r"\operatorname{logaddexp}", "logaddexp")
tangent(nodes.logsumexp_rows, lambda x, y, dx: SumRows(mul(nodes.softmax(x), dx)), r"\operatorname{logsumexp}", "logsumexp_rows")
tangent(nodes.hardmax, lambda x, y, dx: sp.Integer(0), r"\operatorname{hardmax}", "hardmax")
tangent(nodes.max_rows, lambda x, y, dx: SumRows(mul(nodes.hardmax(x), dx)), r"\max", "max_rows")
tangent(nodes.min_rows, lambda x, y, dx: SumRows(mul(nodes.hardmax(neg(x)), dx)), r"\min", "min_rows")
tangent(nodes.rms, lambda x, y, dx: MeanRows(mul(x, dx, _inverse(y))), r"\operatorname{rms}", "rms")
tangent(
    nodes.rms_norm,
    lambda x, y, dx: mul(add(dx, neg(mul(y, MeanRows(mul(y, dx))))), _inverse(nodes.rms(x))),
    r"\operatorname{rmsnorm}",
    "rms_norm",
)
tangent(nodes.spread, lambda x, y, dx: MeanRows(mul(nodes.layer_norm(x), dx)), r"\operatorname{spread}", "spread")
tangent(
    nodes.layer_norm,
    lambda x, y, dx: mul(add(dx, neg(MeanRows(dx)), neg(mul(y, MeanRows(mul(y, dx))))), _inverse(nodes.spread(x))),
    r"\operatorname{layernorm}",
    "layer_norm",
)
