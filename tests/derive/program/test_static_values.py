"""Values without an index that are computed from sequences: emitted code against the meaning of the equations."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import derive
from derive.algebra import nodes
from derive.algebra.nodes import MatMul, OverTime, SumRows, T, Transpose, add, mul, parameter, sequence, softmax, tanh
from derive.errors import RecurrenceError
from derive.system import Role
from tests.derive.cells.covering import each_third
from tests.derive.program.batches import Emitted, build, judged
from verify.methods import complex_step, finite_difference, proof, unrolled
from verify.subject import subject

t = nodes.t
h_, x_, y_, c_ = (nodes.size(name) for name in "hxyc")
h, x, e, s, p, l, y, a = (sequence(name) for name in ["h", "x", "e", "s", "pos", "last", "y", "a"])
W, U, V, H, z, c, o, b, M, loss = (parameter(name) for name in ["W", "U", "V", "H", "z", "c", "o", "b", "M", "loss"])
GIVEN = {"role": Role.INPUT}
RNN = {h[t]: tanh(add(MatMul(W, x[t]), MatMul(U, h[t - 1])))}
SIZES = {"h": (h_, 1), "x": (x_, 1), "W": (h_, x_), "U": (h_, h_)}
CELLS = {
    "sequence to one": build(
        {**RNN, z: OverTime(mul(l[t], h[t])), o: add(MatMul(V, z), b)},
        {**SIZES, "last": (1, 1), "z": (h_, 1), "V": (y_, h_), "b": (y_, 1), "o": (y_, 1)},
        ("o",),
    ),
    "a sum inside a function": build({**RNN, o: tanh(MatMul(V, OverTime(h[t])))}, {**SIZES, "V": (y_, h_), "o": (y_, 1)}, ("o", "h")),
    "attention over all steps": build(
        {**RNN, H: OverTime(MatMul(h[t], Transpose(p[t]))), a[t]: softmax(MatMul(Transpose(H), MatMul(V, h[t]))), y[t]: MatMul(H, a[t])},
        {**SIZES, "H": (h_, T), "pos": (T, 1), "V": (h_, h_), "a": (T, 1), "y": (h_, 1)},
        ("y",),
    ),
    "a sum that is read at each t": build(
        {**RNN, y[t]: mul(OverTime(h[t]), x[t], MatMul(Transpose(b), h[t]))},
        {"h": (h_, 1), "x": (h_, 1), "W": (h_, h_), "U": (h_, h_), "b": (h_, 1), "y": (h_, 1)},
        ("y",),
    ),
    "a sum over steps before": build({**RNN, z: OverTime(mul(h[t - 1], b))}, {**SIZES, "z": (h_, 1), "b": (h_, 1)}, ("z",)),
    "weights inside a sum": build({**RNN, z: OverTime(MatMul(V, h[t]))}, {**SIZES, "z": (y_, 1), "V": (y_, h_)}, ("z",)),
    "a sum of outer products": build(
        {z: OverTime(MatMul(x[t], Transpose(h[t]))), o: MatMul(MatMul(W, z), V)},
        {"x": (x_, 1), "h": (h_, 1), "z": (x_, h_), "W": (y_, x_), "V": (h_, c_), "o": (y_, c_)},
        ("o",),
    ),
    "a loop after a sum": build(
        {**RNN, z: OverTime(h[t]), s[t]: tanh(add(MatMul(V, s[t - 1]), MatMul(M, z)))},
        {**SIZES, "z": (h_, 1), "V": (y_, y_), "M": (y_, h_), "s": (y_, 1)},
        ("s",),
    ),
    "an input without steps": build(
        {h[t]: tanh(add(MatMul(W, x[t]), MatMul(U, h[t - 1]), MatMul(V, c)))}, {**SIZES, "V": (h_, c_), "c": (c_, 1)}, ("h",), c=GIVEN
    ),
    "a matrix without steps": build(
        {h[t]: tanh(add(MatMul(W, x[t]), MatMul(M, h[t - 1])))}, {"h": (h_, 1), "x": (x_, 1), "W": (h_, x_), "M": (h_, h_)}, ("h",), M=GIVEN
    ),
    "one to sequence": build(
        {h[t]: tanh(add(MatMul(V, c), MatMul(U, h[t - 1])))}, {"h": (h_, 1), "U": (h_, h_), "V": (h_, c_), "c": (c_, 1)}, ("h",), c=GIVEN
    ),
    "autonomous": build({h[t]: tanh(MatMul(U, h[t - 1]))}, {"h": (h_, 1), "U": (h_, h_)}, ("h",)),
    "autonomous, without parameters": build({h[t]: mul(sp.Rational(1, 2), tanh(h[t - 1]))}, {"h": (h_, 1)}, ("h",)),
    "products of static values": build(
        {**RNN, z: OverTime(h[t]), o: add(MatMul(V, tanh(z)), mul(b, SumRows(mul(z, z))))},
        {**SIZES, "z": (h_, 1), "V": (y_, h_), "b": (y_, 1), "o": (y_, 1)},
        ("o",),
    ),
    "a loss without steps": build(
        {**RNN, z: OverTime(h[t]), loss: SumRows(mul(z, z, b))}, {**SIZES, "z": (h_, 1), "b": (h_, 1), "loss": (1, 1)}, ("loss",), "loss"
    ),
    "a loss that is its parameter": build(
        {**RNN, z: OverTime(SumRows(h[t])), loss: add(z, b)}, {**SIZES, "z": (1, 1), "b": (1, 1), "loss": (1, 1)}, ("loss",), "loss"
    ),
    "a sum in a sum": build({**RNN, z: OverTime(mul(h[t], OverTime(tanh(h[t]))))}, {**SIZES, "z": (h_, 1)}, ("z",)),
    "both directions": build(
        {**RNN, s[t]: tanh(add(MatMul(V, s[t + 1]), OverTime(h[t]))), z: OverTime(mul(h[t], s[t]))},
        {**SIZES, "s": (h_, 1), "V": (h_, h_), "z": (h_, 1)},
        ("z",),
    ),
}


@pytest.mark.parametrize("cell", each_third(CELLS))
def test_emitted_static_values_are_what_the_equations_mean(cell, capsys):
    assert judged(CELLS[cell]) == []


@pytest.mark.parametrize(
    "cell", ["sequence to one", "a sum over steps before", "weights inside a sum", "an input without steps", "autonomous"]
)
def test_methods_judge_static_values(cell):
    claim = subject(derive.bptt(CELLS[cell]))
    for method in (complex_step, finite_difference):
        assert [each for each in method.judge(claim) if not each.agrees] == [], method.NAME
    assert [each for each in unrolled.judge(claim, (1, 2, 3)) if not each.agrees] == []


@pytest.mark.parametrize("cell", ["sequence to one", "attention over all steps", "an input without steps", "autonomous"])
def test_the_proof_of_static_values_does_not_fail(cell):
    assert [each for each in proof.judge(subject(derive.bptt(CELLS[cell]))) if each.outcome.value == "disagrees"] == []


def test_a_sum_of_what_needs_it_is_refused():
    with pytest.raises(RecurrenceError, match="sums h over all t, and h is computed from z"):
        build({h[t]: tanh(add(x[t], z)), z: OverTime(h[t])}, {"h": (h_, 1), "x": (h_, 1), "z": (h_, 1)}, ("z",))
    with pytest.raises(RecurrenceError, match="sums h over all t, and h is computed from z"):
        build({h[t]: tanh(add(x[t], s[t - 1])), s[t]: mul(z, x[t]), z: OverTime(h[t])},
              {"h": (h_, 1), "s": (h_, 1), "x": (h_, 1), "z": (h_, 1)}, ("z",))  # fmt: skip


def test_the_number_of_steps_must_be_said_where_no_input_has_it():
    made = Emitted(derive.bptt(CELLS["autonomous"]), 4, 3)
    assert made.outputs["h"].shape[:2] == (4, 3)
    with pytest.raises(ValueError, match="steps: say how many"):
        made.module.forward(made.params, {}, made.initial)
    assert made.module.forward(made.params, {}, steps=2)[0]["h"].shape[:2] == (2, 1)


def test_outputs_without_steps_are_one_for_each_sequence():
    made = Emitted(derive.bptt(CELLS["sequence to one"]), 5, 3)
    assert made.outputs["o"].shape[0] == 3
    assert np.ndim(made.outputs["o"]) == 2
