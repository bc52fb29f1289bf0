"""A slope, and the error of a softmax with cross-entropy, are accepted in any equal form, and in no other."""

from __future__ import annotations

import pytest
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import MatMul, SumRows, Transpose, add, mul, neg, parameter, sequence, t
from derive.system import System
from tests.verify.building import bar, disagreeing, gradients, k, m, n, network, outer, pbar, up, verdict
from verify.proof import Proof, prove
from verify.verdict import Outcome

AGREES, DISAGREES = Outcome.AGREES, Outcome.DISAGREES
h, a, x, p, target = map(sequence, ("h", "a", "x", "p", "target"))
U = parameter("U")


def one_function(function: type, slope: sp.Expr) -> Proof:
    """h_t = f(a_t), a_t = U h_{t-1}, with a claimed slope."""
    forward = network({a[t]: MatMul(U, h[t - 1]), h[t]: function(a[t])}, {"h": (n, 1), "a": (n, 1), "U": (n, n)})
    claims = {
        bar("h")[t]: add(up("h")[t], MatMul(Transpose(U), bar("a")[t + 1])),
        bar("h")[0]: MatMul(Transpose(U), bar("a")[1]),
        bar("a")[t]: mul(bar("h")[t], slope),
        pbar("U"): outer(bar("a")[t], h[t - 1]),
    }
    return prove(forward, gradients(forward, claims))


y, z = h[t], a[t]
ONE_OVER = {each: sp.Pow(each, -1, evaluate=False) for each in (y, z)}
SLOPES = {
    nodes.tanh: [
        add(1, neg(y**2)),
        add(1, neg(nodes.tanh(z) ** 2)),
        mul(add(1, neg(y)), add(1, y)),
        mul(4, nodes.sigmoid(mul(2, z)), nodes.sigmoid(mul(-2, z))),
    ],
    nodes.sigmoid: [mul(y, add(1, neg(y))), add(y, neg(y**2)), mul(nodes.sigmoid(z), nodes.sigmoid(neg(z)))],
    nodes.softplus: [nodes.sigmoid(z), add(1, neg(nodes.sigmoid(neg(z)))), add(1, neg(nodes.exp(neg(y))))],
    nodes.exp: [y, nodes.exp(z)],
    nodes.log: [ONE_OVER[z], nodes.exp(neg(y))],
    nodes.sqrt: [mul(sp.Rational(1, 2), ONE_OVER[y]), mul(sp.Rational(1, 2), y, ONE_OVER[z])],
    nodes.relu: [nodes.step(z), mul(sp.Rational(1, 2), add(1, nodes.sign(z)))],
    nodes.absolute: [nodes.sign(z), add(mul(2, nodes.step(z)), -1)],
    nodes.hard_tanh: [mul(nodes.step(add(z, 1)), nodes.step(add(1, neg(z))))],
    nodes.hard_sigmoid: [mul(sp.Rational(1, 5), nodes.step(add(z, sp.Rational(5, 2))), nodes.step(add(sp.Rational(5, 2), neg(z))))],
    nodes.leaky_relu: [add(sp.Rational(1, 100), mul(sp.Rational(99, 100), nodes.step(z)))],
    nodes.sin: [nodes.cos(z)],
    nodes.cos: [neg(nodes.sin(z)), neg(mul(nodes.sin(z), nodes.step(z) + nodes.step(neg(z))))],
}


@pytest.mark.parametrize(("function", "slope"), [(f, s) for f, forms in SLOPES.items() for s in forms], ids=str)
def test_a_slope_is_accepted_in_any_equal_form(function, slope):
    proof = one_function(function, slope)
    assert verdict(proof, "a").agrees, proof.text()


@pytest.mark.parametrize(("function", "slope"), [
    (nodes.hard_tanh, nodes.step(add(z, 1))), (nodes.hard_tanh, mul(nodes.step(add(z, 1)), nodes.step(add(z, -1)))),
    (nodes.tanh, add(1, neg(y))), (nodes.tanh, add(1, neg(z**2))), (nodes.sigmoid, y), (nodes.sigmoid, add(1, neg(y))), (nodes.softplus, y),
    (nodes.exp, z), (nodes.log, ONE_OVER[y]), (nodes.sqrt, ONE_OVER[y]), (nodes.relu, y), (nodes.sin, neg(nodes.cos(z))),
    (nodes.tanh, add(1, neg(h[t - 1] ** 2))),
], ids=str)  # fmt: skip
def test_a_wrong_slope_is_refused_with_numbers(function, slope):
    found = verdict(one_function(function, slope), "a")
    assert found.outcome is DISAGREES
    assert found.witness["required"] != pytest.approx(found.witness["claimed"])
    assert found.witness["n_h"] == 1


def cross_entropy(is_distribution: bool, error: sp.Expr | None = None) -> tuple[System, System]:
    """Softmax with cross-entropy: the error that goes back is p * sum(target) - target, or p - target where the target sums to one."""
    V, y, loss = parameter("V"), sequence("y"), sequence("loss")
    forward = network(
        {y[t]: MatMul(V, x[t]), p[t]: nodes.softmax(y[t]), loss[t]: neg(SumRows(mul(target[t], nodes.log(p[t]))))},
        {"x": (m, 1), "y": (k, 1), "p": (k, 1), "target": (k, 1), "loss": (1, 1), "V": (k, m)},
        ("loss",),
        "loss",
        target={"is_distribution": is_distribution},
    )
    return forward, gradients(
        forward,
        {
            bar("loss")[t]: sp.Integer(1),
            bar("p")[t]: neg(mul(target[t], sp.Pow(p[t], -1, evaluate=False))),
            bar("y")[t]: add(mul(p[t], SumRows(target[t])), neg(target[t])) if error is None else error,
            bar("target")[t]: neg(nodes.log(p[t])),
            bar("x")[t]: MatMul(Transpose(V), bar("y")[t]),
            pbar("V"): outer(bar("y")[t], x[t]),
        },
    )


def test_the_error_of_a_softmax_needs_a_target_that_sums_to_one():
    short, general = add(p[t], neg(target[t])), None
    assert prove(*cross_entropy(True, short)).outcome is AGREES
    assert prove(*cross_entropy(False, general)).outcome is AGREES
    assert disagreeing(prove(*cross_entropy(False, short))) == ["y"]
    assert disagreeing(prove(*cross_entropy(True, add(target[t], neg(p[t]))))) == ["y"]


def test_the_sum_of_a_softmax_is_one():
    error = add(mul(p[t], SumRows(p[t])), neg(mul(target[t], SumRows(p[t]))))
    assert prove(*cross_entropy(True, error)).outcome is AGREES


def lagged_loss(seed: sp.Expr) -> Proof:
    """loss_t = sum(h_{t-1}), so that hbar_t has the adjoint of the next step's loss."""
    loss = sequence("loss")
    forward = network({h[t]: x[t], loss[t]: SumRows(h[t - 1])}, {"x": (n, 1), "h": (n, 1), "loss": (1, 1)}, ("loss",), "loss")
    claims = {bar("loss")[t]: sp.Integer(1), bar("h")[t]: seed, bar("h")[0]: sp.Integer(1), bar("x")[t]: bar("h")[t]}
    return prove(forward, gradients(forward, claims))


def test_the_adjoint_of_the_next_loss_is_not_one_at_the_last_step():
    assert lagged_loss(nodes.Broadcast(bar("loss")[t + 1], n, 1)).outcome is AGREES
    wrong = lagged_loss(nodes.Broadcast(sp.Integer(1), n, 1))
    assert disagreeing(wrong) == ["h"]
    assert verdict(wrong, "h").witness["t"] == verdict(wrong, "h").witness["T"]
