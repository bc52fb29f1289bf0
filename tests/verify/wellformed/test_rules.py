"""Each rule of docs/checker.md: what breaks it is refused by the proof, and no other method that judges equations agrees to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

import derive
from derive.algebra import nodes
from derive.algebra.clocks import Clock
from derive.algebra.nodes import Broadcast, MatMul, OverTime, Slice, Stack, SumRows, Transpose, add, mul, parameter, sequence, t, tanh
from derive.errors import InputError
from derive.system import Boundary, Equation, Kind, Role
from tests.derive.cells.covering import each_cell
from tests.verify.building import T, bar, changed, gradients, n, network, outer, pbar, up
from tests.verify.hand_written import rnn
from verify.evaluate import run_adjoint
from verify.methods import unrolled
from verify.proof import prove
from verify.subject import Subject
from verify.verdict import Outcome, overall
from verify.wellformed import circle_in, claim_faults, equation_faults, system_fault

h, a, x, c = map(sequence, ("h", "a", "x", "c"))
U = parameter("U")
HERE = sp.Symbol("n_zzz", integer=True, positive=True)


def refused(forward, adjoint) -> str:
    """Why a claim is refused, by the proof and, if anything can be unrolled, by the unrolled graph."""
    proof = prove(forward, adjoint)
    assert proof.outcome is not Outcome.AGREES
    verdicts = unrolled.judge(Subject("forged", forward, adjoint, ""), lengths=(1, 2))
    assert overall(verdicts) is not Outcome.AGREES
    return next(each.detail for each in proof.verdicts if not each.agrees)


@pytest.mark.parametrize("name", each_cell())
def test_what_is_derived_is_well_formed(name):
    derivation = derive.bptt(derive.cell(name))
    assert system_fault(derivation.forward) == ""
    for adjoint in (derivation.transposed, derivation.adjoint):
        assert claim_faults(derivation.forward, adjoint) == []
        assert list(equation_faults(derivation.forward, adjoint)) == []
        assert circle_in(each for each in adjoint.equations if not each.is_boundary) == ""


RIGHT = {pbar("b"): OverTime(bar("a")[t]), pbar("W"): outer(bar("a")[t], x[t]), bar("h")[0]: MatMul(Transpose(U), bar("a")[1])}


@pytest.mark.parametrize(("left", "more"), [
    (pbar("b"), mul(7, bar("h")[0])),
    (pbar("b"), mul(7, bar("h")[T + 1])),
    (pbar("W"), MatMul(bar("h")[0], Transpose(x[1]))),
    (pbar("b"), bar("h")[t]),
    (pbar("b"), h[-3]),
    (pbar("b"), h[T + 1]),
    (bar("h")[0], up("h")[0]),
    (bar("h")[0], bar("h")[T + 1]),
    (bar("h")[0], bar("a")[t]),
    (bar("h")[0], bar("a")[2 * t]),
    (bar("h")[0], bar("a")[T - t]),
])  # fmt: skip
def test_a_gradient_is_read_where_it_has_one_meaning(left, more):
    forward, adjoint = rnn()
    assert prove(forward, changed(adjoint, left, RIGHT[left])).outcome is Outcome.AGREES
    assert "not well formed: " in refused(forward, changed(adjoint, left, add(RIGHT[left], more)))


def test_gradients_by_initial_values_go_in_no_circle():
    """Each of the two reads the other one, which is zero to who takes all adjoints outside 1..T for zero."""
    derivation = derive.bptt(derive.cell("lstm"))
    adjoint = derivation.adjoint
    right = {each.left: each.right for each in adjoint.equations}
    for one, other in (("h", "c"), ("c", "h")):
        adjoint = changed(adjoint, bar(one)[0], add(right[bar(one)[0]], bar(other)[0]))
    assert "which is no value" in refused(derivation.forward, adjoint)


def test_the_oracle_reads_no_gradient_by_an_initial_value():
    forward, adjoint = rnn()
    values = {"x": [[[1.0]]], "W": [[1.0]], "U": [[1.0]], "b": [1.0]}
    from verify.evaluate import run

    ahead = run(forward, 1, values, {("h", 0): [1.0]})
    wrong = changed(adjoint, pbar("b"), add(RIGHT[pbar("b")], bar("h")[0]))
    with pytest.raises(InputError, match="nothing reads"):
        run_adjoint(wrong, ahead, {"up_h": [[[1.0]]]})


@pytest.mark.parametrize("time", [t + 1, t - 1, T - t, -t, t**2, 2 * t, T, sp.Integer(1)])
@pytest.mark.parametrize("name", ["h", "a"])
def test_a_forward_equation_stands_at_t(name, time):
    forward, adjoint = rnn()
    moved = [replace(each, left=each.left.base[time]) if each.name == name else each for each in forward.equations]
    assert f"an equation for {name}[" in refused(replace(forward, equations=tuple(moved)), adjoint)


def altered(system, name, **fields):
    return replace(system, variables={**system.variables, name: replace(system[name], **fields)})


@pytest.mark.parametrize("fields", [
    {"shape": (sp.Integer(1), sp.Integer(1))}, {"role": Role.CONSTANT}, {"role": Role.CLOCK, "clock": Clock("first")}, {"boundary": Boundary.GIVEN},
    {"is_sequence": False}, {"is_distribution": True}, {"start": 1.0}, {"of": "x"}, {"kind": Kind.TANGENT},
], ids=str)  # fmt: skip
def test_an_upstream_gradient_is_like_its_output(fields):
    forward, adjoint = rnn()
    refused(forward, altered(adjoint, "up_h", **fields))


@pytest.mark.parametrize("name", ["up_h", "hbar"])
def test_no_gradient_is_there_twice(name):
    forward, adjoint = rnn()
    twin = replace(adjoint[name], name="twin")
    assert "twice" in (told := refused(forward, adjoint.with_equations(adjoint.equations, [twin]))) or "adjoints" in told


@pytest.mark.parametrize("size", ["t", "T", "n h", ""])
def test_a_size_is_not_called_as_times_are(size):
    forward, adjoint = rnn()
    symbol = sp.Symbol(size, integer=True, positive=True)
    forward, adjoint = (altered(altered(each, "x", shape=(symbol, sp.Integer(1))), "W", shape=(n, symbol)) for each in (forward, adjoint))
    refused(forward, adjoint)
    assert system_fault(forward)


@pytest.mark.parametrize("size", [nodes.t, T, n - 1, n / 2, sp.Integer(0), sp.Rational(1, 2), sp.Integer(-1)])
def test_what_is_given_has_a_size(size):
    forward, adjoint = rnn()
    refused(*(altered(altered(each, "x", shape=(size, sp.Integer(1))), "W", shape=(n, size)) for each in (forward, adjoint)))


@pytest.mark.parametrize("wrong", [
    Broadcast(SumRows(x[t]), HERE, 1), Broadcast(x[t], n, 1), tanh(h[t], h[t]), Transpose(h[t], h[t]), MatMul(U, h[t], h[t]), SumRows(x[t], h[t]),
    Slice(Stack(h[t], x[t]), n, n + HERE), Slice(Stack(h[t], x[t]), 1, 0), Stack(h[t], U), nodes.Zeros(n), nodes.Identity(n, n), nodes.Node(h[t]),
    sp.Pow(h[t], n, evaluate=False), sp.tanh(h[t]), mul(h[t], t), mul(h[t], HERE), sp.Float("nan"), sp.zoo, OverTime(OverTime(h[t])),
    sequence("h")[t, 1], parameter("h"), sp.Symbol("U"), sequence("U")[t], nodes.maximum(h[t]), nodes.softmax(h[t], h[t]),
    MatMul(h[t], h[t]), nodes.Solve(h[t], h[t]), SumRows(Broadcast(sp.Integer(1), HERE, 1)), SumRows(Broadcast(SumRows(x[t]), HERE, 1)),
    SumRows(Slice(h[t], 1, n + 1)),
], ids=str)  # fmt: skip
def test_an_expression_has_the_operands_and_sides_that_it_can_have(wrong):
    """Added to a right side and taken away again, so that only its form can be wrong."""
    forward, adjoint = rnn()
    right = next(each.right for each in adjoint.equations if each.left == bar("a")[t])
    claim = changed(adjoint, bar("a")[t], sp.Add(right, mul(wrong, h[t]), mul(-1, wrong, h[t]), evaluate=False))
    assert "not well formed" in refused(forward, claim)
    equations = [replace(each, right=sp.Add(each.right, wrong, evaluate=False)) if each.name == "a" else each for each in forward.equations]
    assert system_fault(replace(forward, equations=tuple(equations)))


def test_values_depend_on_themselves_by_no_way_at_all():
    """One step ahead and one back come back to the same step, at every T but the smallest."""
    y = sequence("y")
    pairs = {"back and ahead": (h[t + 1], y[t - 1]), "the same step": (h[t], y[t]), "its own sum": (OverTime(h[t]), y[t])}
    for one, other in pairs.values():
        circle = [Equation(y[t], add(one, x[t]), 1), Equation(h[t], other, 2)]
        assert "depend on their own values" in circle_in(circle)
    for one, other in ((h[t - 1], y[t - 1]), (h[t + 1], y[t]), (h[t - 2], y[t + 1]), (OverTime(x[t]), y[t])):
        assert circle_in([Equation(y[t], add(one, x[t]), 1), Equation(h[t], other, 2)]) == ""


def test_a_system_says_what_its_loss_reads():
    forward, adjoint = rnn()
    assert "no output" in system_fault(replace(forward, outputs=()))
    assert "twice" in system_fault(replace(forward, outputs=("h", "h")))
    assert "no value that changes" in system_fault(replace(forward, outputs=("nothing",)))
    assert "is no number" in system_fault(replace(forward, loss="h"))
    refused(forward, replace(adjoint, outputs=("h",)))


@pytest.mark.parametrize("fields", [
    {"is_sequence": True}, {"boundary": Boundary.ZERO}, {"is_distribution": True}, {"start": float("inf")}, {"clock": Clock("first")},
    {"kind": Kind.ADJOINT}, {"of": "h"}, {"role": Role.DEFINED},
], ids=str)  # fmt: skip
def test_a_parameter_is_one(fields):
    forward, _ = rnn()
    assert system_fault(altered(forward, "W", **fields))


def test_names_that_look_alike_are_refused():
    forward, _ = rnn()
    bold = "\N{MATHEMATICAL BOLD CAPITAL W}"
    assert "look alike" in system_fault(forward.with_equations(forward.equations, [replace(forward["W"], name=bold)]))


def test_a_claim_with_no_value_anywhere_is_not_proved():
    forward = network({h[t]: mul(x[t], x[t])}, {"h": (n, 1), "x": (n, 1)})
    zero = add(x[t], mul(-1, x[t]))
    right = {bar("h")[t]: up("h")[t], bar("x")[t]: mul(2, bar("h")[t], x[t])}
    assert prove(forward, gradients(forward, right)).outcome is Outcome.AGREES
    for nothing in (mul(zero, sp.Pow(zero, -1, evaluate=False)), mul(zero, nodes.log(zero))):
        assert prove(forward, gradients(forward, {**right, bar("x")[t]: add(right[bar("x")[t]], nothing)})).outcome is not Outcome.AGREES
