"""Solves with matrices and inverses: the gradients are proved in every form, wrong ones are refused, and the text of every target agrees."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.util import find_spec

import mpmath
import numpy as np
import pytest
import sympy as sp

import derive
from derive.algebra import nodes
from derive.algebra.nodes import Identity, MatMul, OverTime, Solve, Transpose, add, mul, neg, parameter, sequence, t
from derive.errors import InputError, NotationError, ShapeError
from derive.soundness import checked
from tests.derive.cells.covering import covered, each_third
from tests.verify.building import bar, changed, disagreeing, gradients, m, n, network, outer, pbar, up, verdict
from verify.arithmetic import COMPLEX, FLOAT, FRACTION, HIGH_PRECISION
from verify.asked import asked
from verify.methods import complex_step, dot_product, fifty_digits, prime_field, unrolled
from verify.mutations import mutations
from verify.numbers.dual import Dual
from verify.numbers.residue import Residue
from verify.numbers.scalars import solved
from verify.proof import prove
from verify.proof.witness import Witness
from verify.subject import loaded, subject
from verify.targets import TARGETS
from verify.verdict import Outcome, overall

PAGES = {
    "state": "matrix H\nH_t = H_{t-1} + k_t k_t^T\nk_t = W x_t\ny_t = V solve(H_t + L, k_t)\noutput y",
    "inverse": "matrix S\nS_t = inv(S_{t-1} + k_t c^T)\nk_t = W x_t\ny_t = V S_t k_t\noutput y",
    "parameters": "h_t = tanh((S + inv(Q + 3 * R)) inv(P) (W x_t + U h_{t-1}))",
    "transposed": "y_t = solve(A^T, x_t)\nz_t = solve(A, y_t)\noutput y, z",
    "symmetric": "matrix K\nK_t = tanh(D) ⊙ K_{t-1}\nh_t = tanh(solve(K_t K_t^T + 2 * E, W x_t + U h_{t-1}))\nshape D = (n_h, n_h)",
    "blocks": "matrix A\nA_t = E + [x_t; h_{t-1}] [x_t; h_{t-1}]^T Z\nh_t = tanh(V solve(A_t, [x_t; h_{t-1}]))",
    "lags": "matrix S\nS_t = inv(diag(f_t)) S_{t-1} + k_t x_t^T\nf_t = 1 + sigmoid(F x_t)\nk_t = W x_t\ny_t = S_t x_t\noutput y",
    "leads": "h_t = tanh(solve(A + diag(x_t), h_{t+1}) + W x_t)",
    "nested": "h_t = solve(A + inv(B + x_t b^T), h_{t-1} * x_t)",
    "columns": "matrix M\nM_t = solve(A, M_{t-1} + x_t c^T)\ny_t = M_t^T x_t\noutput y",
}
HERE = [name for name in TARGETS if name not in ("torch", "jax") or find_spec(name)]
h, x = map(sequence, ("h", "x"))
A = parameter("A")


@pytest.mark.parametrize("page", each_third(PAGES.values()))
def test_derived_gradients_are_proved_and_equal_on_the_unrolled_graph(page):
    derivation = derive.bptt(derive.read(page))
    proof = prove(derivation.forward, derivation.adjoint)
    assert proof.outcome is Outcome.AGREES, proof.text()
    assert prove(derivation.forward, derivation.transposed).outcome is Outcome.AGREES
    made = replace(subject(derivation), obstacle="")
    assert overall(unrolled.judge(made, lengths=(1, 2))) is Outcome.AGREES


@pytest.mark.parametrize("page", covered(("state", "inverse", "symmetric", "blocks", "transposed"), ("state",)))
def test_wrong_gradients_of_solves_are_refused(page):
    """Each mistake in an equation that solves: the proof refuses it, or what is claimed is the same value at other numbers too."""
    derivation = derive.bptt(derive.read(PAGES[page]))
    solving = {str(each.left) for each in derivation.adjoint.equations if any(isinstance(part, Solve) for part in nodes.parts(each.right))}
    own = [each for each in mutations(derivation.adjoint) if each.equation in solving]
    assert len(own) > 5
    for mutation in own[::2]:
        assert prove(derivation.forward, mutation.system).outcome is not Outcome.AGREES, mutation.name


def hand_written():
    """h_t = A^-1 x_t, by hand."""
    forward = network({h[t]: Solve(A, x[t])}, {"h": (n, 1), "x": (n, 1), "A": (n, n)})
    back = Solve(Transpose(A), bar("h")[t])
    return forward, {bar("h")[t]: up("h")[t], bar("x")[t]: back, pbar("A"): neg(outer(back, h[t]))}


def test_gradients_written_by_hand_are_proved_in_any_form():
    forward, equations = hand_written()
    inverse = Transpose(Solve(A, Identity(n)))
    for own in (
        equations,
        {**equations, bar("x")[t]: MatMul(inverse, bar("h")[t])},
        {**equations, pbar("A"): neg(OverTime(MatMul(Solve(Transpose(A), up("h")[t]), Transpose(Solve(A, x[t])))))},
        {**equations, pbar("A"): neg(OverTime(Transpose(MatMul(h[t], Transpose(bar("x")[t])))))},
        {**equations, bar("x")[t]: Transpose(MatMul(Transpose(bar("h")[t]), Solve(A, Identity(n))))},
    ):
        proof = prove(forward, gradients(forward, own))
        assert proof.outcome is Outcome.AGREES, proof.text()


WRONG = {
    "not transposed": {bar("x")[t]: Solve(A, bar("h")[t])},
    "multiplied": {bar("x")[t]: MatMul(Transpose(A), bar("h")[t])},
    "sign": {pbar("A"): outer(Solve(Transpose(A), bar("h")[t]), h[t])},
    "factors turned": {pbar("A"): neg(outer(h[t], Solve(Transpose(A), bar("h")[t])))},
    "argument for value": {pbar("A"): neg(outer(Solve(Transpose(A), bar("h")[t]), x[t]))},
    "inverse not transposed": {pbar("A"): neg(outer(Solve(A, bar("h")[t]), h[t]))},
    "twice the matrix": {bar("x")[t]: Solve(mul(2, Transpose(A)), bar("h")[t])},
    "entry by entry": {bar("x")[t]: MatMul(Transpose(sp.Pow(A, -1, evaluate=False)), bar("h")[t])},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_wrong_gradients_written_by_hand_are_refused_with_numbers(wrong):
    forward, equations = hand_written()
    claim = gradients(forward, equations)
    for left, right in wrong.items():
        claim = changed(claim, left, right)
    found = [each for each in prove(forward, claim).verdicts if each.outcome is Outcome.DISAGREES]
    assert found
    assert all(each.witness for each in found)


@pytest.mark.parametrize(("matrix", "outcome"), [
    (add(MatMul(A, Transpose(A)), parameter("W"), Transpose(parameter("W"))), Outcome.AGREES),
    (MatMul(A, parameter("W")), Outcome.DISAGREES),
    (add(MatMul(A, Transpose(A)), parameter("W")), Outcome.DISAGREES),
])  # fmt: skip
def test_a_solve_with_a_symmetric_matrix_is_its_own_transposition_and_no_other_is(matrix, outcome):
    forward = network({h[t]: Solve(matrix, x[t])}, {"h": (n, 1), "x": (n, 1), "A": (n, n), "W": (n, n)})
    claim = gradients(forward, {bar("h")[t]: up("h")[t], bar("x")[t]: Solve(matrix, bar("h")[t])})
    assert verdict(prove(forward, claim), "x").outcome is outcome


def test_a_matrix_that_is_not_square_is_refused_before_anything_is_compared():
    forward = replace(network({h[t]: MatMul(A, x[t])}, {"h": (n, 1), "x": (m, 1), "A": (n, m)}), loss="")
    wrong = forward.with_equations(replace(each, right=Solve(A, x[t])) for each in forward.equations)
    claim = gradients(
        forward, {bar("h")[t]: up("h")[t], bar("x")[t]: MatMul(Transpose(A), bar("h")[t]), pbar("A"): outer(bar("h")[t], x[t])}
    )
    proof = prove(wrong, claim)
    assert proof.outcome is not Outcome.AGREES
    assert "a solve with a matrix of n_h rows and n_x columns" in proof.verdicts[0].detail


@pytest.mark.parametrize("name", covered(HERE, ("numpy", "ragged")))
def test_the_text_of_every_target_agrees(name):
    for page in ("state", "columns", "transposed") if name in ("numpy", "array_api") else ("state",):
        judged = subject(derive.bptt(derive.read(PAGES[page])), name)
        assert not judged.obstacle
        for method in (dot_product, complex_step, prime_field, fifty_digits):
            found = overall(asked(method, judged))
            assert found is not Outcome.DISAGREES
            assert found is Outcome.AGREES or TARGETS[name].floats_only or not TARGETS[name].has_gradients


def test_a_text_that_solves_with_the_matrix_not_transposed_is_refused():
    judged = subject(derive.bptt(derive.read(PAGES["state"])))
    slipped = replace(judged, source=judged.source.replace(".swapaxes(-3, -2)", ""))
    assert slipped.source != judged.source
    for method in (dot_product, complex_step, prime_field, fifty_digits):
        assert overall(asked(method, slipped)) is Outcome.DISAGREES


@pytest.mark.parametrize("arithmetic", [FLOAT, COMPLEX, HIGH_PRECISION, FRACTION], ids=lambda each: each.name)
def test_the_oracle_solves_in_all_numbers(arithmetic):
    rng = np.random.default_rng(0)
    matrices, right = rng.integers(-4, 5, (5, 3, 3)), rng.integers(-4, 5, (3, 2))
    with mpmath.workdps(30):
        found = arithmetic.solve(arithmetic.array(matrices), arithmetic.array(right))
        off = arithmetic.array(matrices) @ found - arithmetic.array(right)
    assert found.shape == (5, 3, 2)
    assert np.abs(off).max() < 1e-12


def test_elimination_takes_a_pivot_that_is_there_and_carries_derivatives():
    turned = np.array([[0, 1], [1, 0]])
    for number in (lambda value: Residue.of(value), lambda value: Dual.of(value), lambda value: sp.Integer(value)):
        made = np.vectorize(lambda value, number=number: number(int(value)), otypes=[object])
        found = solved(made(turned), made(np.array([[2], [3]])))
        assert [getattr(each, "value", each) for each in found.ravel()] == [3, 2]
    moving = np.array([[Dual(np.float64(2), 1.0), Dual(np.float64(1))], [Dual(np.float64(1)), Dual(np.float64(3))]])
    found = solved(moving, np.array([[Dual.of(1)], [Dual.of(2)]]))
    inverse = np.linalg.inv([[2.0, 1], [1, 3]])
    wanted = -inverse @ [[1, 0], [0, 0]] @ inverse @ [[1.0], [2]]
    assert np.allclose([each.tangent for each in found.ravel()], wanted.ravel())


def test_a_singular_matrix_is_an_error_and_no_number():
    zeros = np.zeros((2, 2))
    assert np.isnan(FLOAT.solve(zeros, np.ones((2, 1)))).all()
    for arithmetic in (HIGH_PRECISION, FRACTION):
        with pytest.raises(ZeroDivisionError, match="singular"):
            arithmetic.solve(arithmetic.array(zeros), arithmetic.array(np.ones((2, 1))))
    made = loaded("solve", derive.emit(derive.bptt(derive.read("h_t = solve(A, x_t) + B h_{t-1}"))))
    params, inputs, initial = made.example(3, 2, np.random.default_rng(0))
    params["A"] = np.zeros_like(params["A"])
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        made.forward(params, inputs, initial)


def test_a_claim_whose_matrix_is_singular_everywhere_is_not_proved():
    """Nothing is claimed of values that there are nowhere."""
    derivation = derive.bptt(singular())
    assert Witness(derivation.forward, derivation.adjoint).is_nowhere
    assert prove(derivation.forward, derivation.adjoint).outcome is Outcome.CANNOT_SEE


def singular():
    """h_t = (A - A)^-1 x_t."""
    return network({h[t]: Solve(add(MatMul(A, Identity(n)), neg(A)), x[t])}, {"h": (n, 1), "x": (n, 1), "A": (n, n)})


REFUSED = {
    "h_t = tanh(solve(W, x_t))\nshape W = (3, 2)": (ShapeError, "the matrix is not square, so that it has no inverse: 3 against 2"),
    "h_t = inv(x_t) * h_{t-1}": (ShapeError, "x_t is a column, which has no inverse as a matrix has"),
    "h_t = inv(b) * x_t\nscalar b": (ShapeError, "b is a number, which has no inverse as a matrix has"),
    "h_t = A^{-2} x_t + U h_{t-1}": (ShapeError, "this power of a matrix may be one of its inverse or of each entry"),
    "h_t = solve(A) + x_t": (NotationError, "solve takes 2 operands and has 1"),
    "h_t = solve(A, [x_t; h_{t-1}])\nshape A = (n_x, n_x)": (InputError, "differ"),
}


@pytest.mark.parametrize("page", REFUSED)
def test_what_has_no_inverse_is_refused_in_one_line(page):
    kind, fact = REFUSED[page]
    with pytest.raises(kind, match=re.escape(fact)):
        checked(derive.read(page))


@pytest.mark.parametrize(("written", "meant"), [
    ("A^{-1} x_t", "solve(A, x_t)"),
    ("inv(A) (B x_t)", "solve(A, B x_t)"),
    ("inv(A) @ x_t", "solve(A, x_t)"),
    ("inv(A) * x_t", "solve(A, x_t)"),
    ("B A^{-1} x_t", "B solve(A, x_t)"),
    ("(A + B)^{-1} x_t", "solve(A + B, x_t)"),
    ("b^{-1} * x_t", "1 / b * x_t"),
    ("x_t * b^{-1}", "x_t / b"),
    ("(A / (1 + abs(A))) x_t", "(A ⊙ (1 / (1 + abs(A)))) x_t"),
])  # fmt: skip
def test_an_inverse_is_that_of_a_matrix_and_of_other_values_that_of_each_entry(written, meant):
    one, two = (derive.read(f"h_t = {each} + U h_{{t-1}}") for each in (written, meant))
    assert one.equations[0].right == two.equations[0].right


@pytest.mark.parametrize("exponent", [-2, -1, 0, 1, 2, 3, 7])
def test_a_power_of_a_matrix_is_its_products(exponent):
    power = nodes.matrix_power(A, exponent, n)
    values = np.random.default_rng(3).normal(size=(3, 3))

    def value(expr):
        if isinstance(expr, Identity):
            return np.eye(3)
        if isinstance(expr, MatMul):
            return value(expr.args[0]) @ value(expr.args[1])
        return np.linalg.solve(value(expr.args[0]), value(expr.args[1])) if isinstance(expr, Solve) else values

    assert np.allclose(value(power), np.linalg.matrix_power(values, exponent))
    with pytest.raises(ValueError, match="at most"):
        nodes.matrix_power(A, 1000, n)


def test_an_unrolled_solve_with_values_that_are_zero_outside_is_zero_where_these_are_what_is_solved_for():
    page = "boundary h = zero\nh_t = x_t + solve(A, h_{t-1}) + B h_{t-2}"
    first, second = (each.right for each in derive.unroll(derive.read(page), 2).equations)
    assert not any(isinstance(part, Solve) for part in nodes.parts(first))
    assert any(isinstance(part, Solve) for part in nodes.parts(second))


def test_nothing_is_left_of_the_disagreement_of_a_right_claim():
    forward, equations = hand_written()
    assert not disagreeing(prove(forward, gradients(forward, equations)))
