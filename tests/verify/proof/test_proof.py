"""The proof checker accepts what is right, in whatever form, and refuses what is wrong; it says so when it cannot decide."""

from __future__ import annotations

from dataclasses import replace

import pytest

import derive
from derive.algebra.nodes import MatMul, OverTime, Stack, Transpose, add, mul, neg, parameter, sequence, t
from derive.system import Boundary, Equation, Kind, Role, Variable
from tests.derive.cells.covering import COVERING, covered, each_third
from tests.verify import hand_written
from tests.verify.building import T, bar, changed, disagreeing, gradients, n, network, outer, pbar, up, verdict
from tests.verify.hand_written import rnn
from verify.proof import prove
from verify.verdict import Outcome

AGREES, DISAGREES, CANNOT_SEE = Outcome.AGREES, Outcome.DISAGREES, Outcome.CANNOT_SEE
h, a, x, p, target = map(sequence, ("h", "a", "x", "p", "target"))
U, W = parameter("U"), parameter("W")


@pytest.mark.parametrize("pair", hand_written.ALL, ids=lambda pair: pair.__name__)
def test_gradients_written_by_hand_are_proved(pair):
    proof = prove(*pair())
    assert proof.outcome is AGREES, proof.text()
    assert {each.subject for each in proof.verdicts} == set(pair()[0].variables)


@pytest.mark.parametrize("name", covered(derive.cell_names(), COVERING[1::3]))
def test_derived_gradients_are_proved_before_simplification(name):
    """After it they are proved with all else that is said of a cell, in test_every_cell."""
    derivation = derive.bptt(derive.cell(name))
    proof = prove(derivation.forward, derivation.transposed)
    assert proof.outcome is AGREES, proof.text()


@pytest.mark.parametrize("page", ["h_t = tanh(W x_t + U h_{t-1})", "h_t = tanh(W x_t + U h_{t-1} + V h_{t-2})"])
def test_learned_initial_values_are_judged_as_given_ones_are(page):
    """What the batch adds to their gradient is no matter of the equations."""
    derivation = derive.bptt(derive.read(f"{page}\nboundary h = parameter"))
    assert prove(derivation.forward, derivation.adjoint).outcome is AGREES
    first = next(each for each in derivation.adjoint.equations if each.left == bar("h")[0])
    wrong = changed(derivation.adjoint, first.left, neg(first.right))
    assert disagreeing(prove(derivation.forward, wrong)) == ["h"]


@pytest.mark.parametrize("name", each_third(["rnn", "lstm", "gru", "clockwork", "mlstm", "bahdanau_decoder"]))
@pytest.mark.parametrize("heads", [("readout", "softmax_cross_entropy"), ("readout", "squared_error")], ids="-".join)
def test_derived_gradients_are_proved_before_and_after_simplification(name, heads):
    system = derive.cell(name)
    for head in heads:
        system = derive.follow(system, derive.head(head))
    derivation = derive.bptt(system)
    for adjoint in (derivation.transposed, derivation.adjoint):
        proof = prove(derivation.forward, adjoint)
        assert proof.outcome is AGREES, proof.text()


PAGES = {
    "second lag": "h_t = tanh(W x_t + U h_{t-1} + V h_{t-2} + b)",
    "both directions": "g_t = tanh(W x_t + U g_{t-1})\nk_t = tanh(R x_t + S k_{t+1})\nh_t = A g_t + B k_t",
    "lag of a lead": "g_t = sigmoid(R x_t)\nh_t = tanh(W x_t + U h_{t-1} + V g_{t+1})",
    "lag of an input": "h_t = tanh(W x_{t-1} + U h_{t-1})",
    "stack": "h_t = tanh(W [x_t; h_{t-1}] + b)",
    "normalized": "a_t = W x_t + U h_{t-1}\nh_t = a_t / sqrt(sum(a_t * a_t) + 1)",
    "attention over entries": "e_t = softmax(W h_{t-1})\nh_t = e_t * tanh(x_t)",
    "kinks": "h_t = relu(W x_t + U h_{t-1}) + abs(x_t)",
    "growth": "s_t = exp(V x_t)\nh_t = softplus(W x_t + U h_{t-1}) * sqrt(s_t)",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_derived_gradients_of_unusual_recurrences_are_proved(page):
    derivation = derive.bptt(derive.read(f"{page}\n\noutput h"))
    for adjoint in (derivation.transposed, derivation.adjoint):
        proof = prove(derivation.forward, adjoint)
        assert proof.outcome is AGREES, proof.text()


def test_a_refusal_names_the_terms_that_are_missing_and_wrong():
    forward, adjoint = rnn()
    without_recurrence = verdict(prove(forward, changed(adjoint, bar("h")[t], up("h")[t])), "h")
    assert without_recurrence.detail == "hbar[t][i]: missing sum_k abar[t+1][k] U[k,i]"
    wrong_sign = verdict(prove(forward, changed(adjoint, bar("x")[t], neg(MatMul(Transpose(W), bar("a")[t])))), "x")
    assert wrong_sign.detail == "xbar[t][i]: -sum_k abar[t][k] W[k,i] should be sum_k abar[t][k] W[k,i]"
    extra = verdict(prove(forward, changed(adjoint, bar("h")[0], add(MatMul(Transpose(U), bar("a")[1]), bar("a")[2]))), "h")
    assert extra.detail == "hbar[0][i]: extra abar[2][i]"


def test_one_wrong_equation_is_blamed_and_no_other():
    forward, adjoint = hand_written.lstm()
    wrong = changed(adjoint, bar("f")[t], mul(bar("c")[t], sequence("c")[t]))
    assert disagreeing(prove(forward, wrong)) == ["f"]


def test_a_witness_is_as_small_as_it_can_be():
    """A missing transposition does not show at size 1, a wrong lead not at T = 1."""
    forward, adjoint = rnn()
    transposed = verdict(prove(forward, changed(adjoint, bar("h")[0], MatMul(U, bar("a")[1]))), "h")
    assert (transposed.witness["n_h"], transposed.witness["T"]) == (2, 1)
    lead = verdict(prove(forward, changed(adjoint, bar("h")[t], add(up("h")[t], mul(2, MatMul(Transpose(U), bar("a")[t + 1]))))), "h")
    assert (lead.witness["n_h"], lead.witness["T"], lead.witness["t"]) == (1, 2, 1)


@pytest.mark.parametrize(("left", "right", "told_"), [
    (bar("h")[0], None, "has no equation"),
    (bar("h")[t], None, "has no equation"),
    (pbar("b"), None, "has no equation"),
    (bar("x")[t], MatMul(W, bar("a")[t]), "not well formed"),
    (bar("x")[t], sequence("nothing")[t], "nothing is not defined"),
    (bar("h")[0], bar("h")[0], "depends on itself"),
    (bar("h")[-1], MatMul(Transpose(U), bar("a")[1]), "hbar[-1] is no gradient"),
    (bar("h")[0], MatMul(Transpose(U), bar("a")[0]), "it reads abar[0], which is no value"),
    (bar("h")[0], MatMul(Transpose(U), bar("a")[t]), "it is for one time and reads abar[t]"),
    (bar("h")[t], add(up("h")[t], MatMul(Transpose(U), bar("a")[1])), "it is for each t and reads abar[1]"),
    (bar("h")[0], add(up("h")[0], MatMul(Transpose(U), bar("a")[1])), "it reads up_h[0], which is no value"),
    (bar("h")[0], add(up("h")[1], MatMul(Transpose(U), bar("a")[1])), "extra"),
])  # fmt: skip
def test_a_wrong_boundary_or_equation_is_refused(left, right, told_):
    forward, adjoint = rnn()
    proof = prove(forward, changed(adjoint, left, right))
    wrong = [each for each in proof.verdicts if not each.agrees]
    assert [each.outcome for each in wrong] == [DISAGREES]
    assert told_ in wrong[0].detail


def test_every_initial_value_of_a_second_lag_is_asked_for():
    forward, adjoint = hand_written.second_lag()
    assert "hbar[-1] has no equation" in verdict(prove(forward, changed(adjoint, bar("h")[-1], None)), "h").detail
    first_only = verdict(prove(forward, changed(adjoint, bar("h")[0], MatMul(Transpose(U), bar("a")[1]))), "h")
    assert first_only.detail == "hbar[0][i]: missing sum_k abar[2][k] V[k,i]"


def test_a_final_value_is_asked_for():
    forward, adjoint = hand_written.both_directions()
    assert "hbar" not in (found := verdict(prove(forward, changed(adjoint, bar("g")[T + 1], None)), "g").detail)
    assert "gbar[T + 1] has no equation" in found


def test_an_adjoint_that_reads_itself_at_the_same_t_is_refused():
    forward, adjoint = rnn()
    circle = changed(adjoint, bar("h")[t], add(up("h")[t], bar("x")[t]))
    circle = circle.with_equations([*circle.equations], [replace(circle["xbar"], shape=circle["hbar"].shape)])
    assert prove(forward, circle).outcome is DISAGREES


def test_an_equation_twice_is_refused():
    forward, adjoint = rnn()
    again = adjoint.with_equations([*adjoint.equations, adjoint.equations[0]])
    assert "has 2 equations" in verdict(prove(forward, again), "h").detail


def test_a_missing_adjoint_or_upstream_gradient_is_refused():
    forward, adjoint = rnn()
    for name, subject in (("bbar", "b"), ("up_h", "h")):
        left = [each for each in adjoint.equations if each.name != name]
        variables = {key: each for key, each in adjoint.variables.items() if key != name}
        assert subject in disagreeing(prove(forward, replace(adjoint, equations=tuple(left), variables=variables)))


def test_an_upstream_gradient_of_what_is_no_output_is_refused():
    forward, adjoint = rnn()
    invented = Variable("up_x", Role.INPUT, forward["x"].shape, True, Boundary.ZERO, Kind.UPSTREAM, "x")
    claim = changed(adjoint, bar("x")[t], add(up("x")[t], MatMul(Transpose(W), bar("a")[t])))
    found = verdict(prove(forward, claim.with_equations(claim.equations, [invented])), "x")
    assert (found.outcome, found.detail) == (DISAGREES, "the upstream gradient of x is given, and no loss reads it")


def test_a_forward_value_cannot_be_redefined_by_a_claim():
    forward, adjoint = rnn()
    claim = changed(adjoint, h[t], up("h")[t])
    claim = claim.with_equations(claim.equations, [replace(claim["h"], role=Role.DEFINED)])
    assert verdict(prove(forward, claim), "h").outcome is DISAGREES


def shifted_sum(boundary: Boundary) -> Outcome:
    """Ubar = sum_t abar_{t+1} h_t^T leaves out the step that reads the initial state."""
    forward, adjoint = rnn()
    forward, adjoint = (each.with_equations(each.equations, [replace(each["h"], boundary=boundary)]) for each in (forward, adjoint))
    adjoint = adjoint if boundary is Boundary.GIVEN else changed(adjoint, bar("h")[0], None)
    return prove(forward, changed(adjoint, pbar("U"), outer(bar("a")[t + 1], h[t]))).outcome


def test_a_sum_over_time_may_be_shifted_only_if_the_initial_state_is_zero():
    assert shifted_sum(Boundary.GIVEN) is DISAGREES
    assert shifted_sum(Boundary.ZERO) is AGREES


def test_products_may_be_written_otherwise():
    """(A B)^T is B^T A^T, a product is distributed over a sum, a stack of products is a product with a stack."""
    forward, adjoint = rnn()
    transposed = changed(adjoint, pbar("U"), OverTime(Transpose(MatMul(h[t - 1], Transpose(bar("a")[t])))))
    assert prove(forward, transposed).outcome is AGREES
    split = mul(bar("h")[t], add(1, neg(h[t])))
    assert prove(forward, changed(adjoint, bar("a")[t], add(split, mul(split, h[t])))).outcome is AGREES
    stacked, claim = hand_written.stacked_gates()
    whole = outer(bar("a")[t], Stack(x[t], h[t - 1]))
    by_block = Transpose(Stack(Transpose(outer(bar("a")[t], x[t])), Transpose(outer(bar("a")[t], h[t - 1]))))
    assert whole != by_block
    assert prove(stacked, changed(claim, pbar("W"), by_block)).outcome is AGREES
    wrong_order = Transpose(Stack(Transpose(outer(bar("a")[t], h[t - 1])), Transpose(outer(bar("a")[t], x[t]))))
    found = verdict(proof := prove(stacked, changed(claim, pbar("W"), wrong_order)), "W")
    assert disagreeing(proof) == ["W"]
    assert found.outcome is CANNOT_SEE
    assert "the order of the sizes n_x and n_h" in found.detail


def test_a_sum_over_time_in_the_forward_system_is_differentiated():
    mean, v = parameter("mean"), parameter("v")
    forward = network(
        {mean: OverTime(mul(h[t], h[t])), sequence("y")[t]: mul(mean, v, h[t])},
        {"h": (n, 1), "y": (n, 1), "mean": (n, 1), "v": (n, 1)},
        ("y",),
    )
    claims = {
        bar("y")[t]: up("y")[t],
        pbar("mean"): OverTime(mul(bar("y")[t], v, h[t])),
        pbar("v"): OverTime(mul(bar("y")[t], mean, h[t])),
        bar("h")[t]: add(mul(bar("y")[t], mean, v), mul(2, pbar("mean"), h[t])),
    }
    assert prove(forward, gradients(forward, claims)).outcome is AGREES
    claims[bar("h")[t]] = add(mul(bar("y")[t], mean, v), mul(pbar("mean"), h[t]))
    assert disagreeing(prove(forward, gradients(forward, claims))) == ["h"]


def test_what_is_beyond_the_checker_is_not_passed():
    forward, adjoint = rnn()
    at_one_time = forward.with_equations([*forward.equations, Equation(h[0], x[1], 9)])
    proof = prove(at_one_time, adjoint)
    assert {each.outcome for each in proof.verdicts} == {CANNOT_SEE}
    assert "an equation for h[0], where one for h[t] must stand" in proof.verdicts[0].detail
    helper = Variable("q", Role.DEFINED, forward["h"].shape, kind=Kind.OPERAND)
    named = adjoint.with_equations([*adjoint.equations, Equation(sequence("q")[t], bar("h")[t], 9)], [helper])
    assert prove(forward, named).outcome is CANNOT_SEE


def test_a_proof_tells_each_identity():
    forward, adjoint = rnn()
    proof = prove(forward, adjoint)
    lefts = ["Wbar[i,j]", "xbar[t][i]", "Ubar[i,j]", "hbar[t][i]", "hbar[0][i]", "bbar[i]", "abar[t][i]"]
    assert sorted(each.left for each in proof.identities) == sorted(lefts)
    told_ = next(each for each in proof.identities if each.left == "abar[t][i]")
    assert (told_.required, told_.claimed) == ("hbar[t][i] tanh'(a[t][i])", "hbar[t][i] - hbar[t][i] h[t][i]^2")
    assert all(each.left in proof.text() for each in proof.identities)


@pytest.mark.parametrize("name", ["hbar", "abar_h", "bbar", "Wbar", "xbar"])
def test_an_adjoint_of_another_shape_is_refused(name):
    """Also of one to which the right side would be broadcast."""
    derivation = derive.bptt(derive.cell("rnn"))
    rows, columns = derivation.adjoint[name].shape
    for shape in ((rows, 2 * columns), (rows + 1, columns), (columns, rows)):
        other = replace(derivation.adjoint[name], shape=shape)
        wrong = replace(derivation.adjoint, variables={**derivation.adjoint.variables, name: other})
        assert derivation.adjoint[name].of in disagreeing(prove(derivation.forward, wrong))
