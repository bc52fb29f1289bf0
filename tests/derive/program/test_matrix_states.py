"""Sequences whose values are matrices or rows: emitted code against the meaning of the equations."""

from __future__ import annotations

import pytest
import sympy as sp

import derive
from derive.algebra import nodes
from derive.algebra.nodes import (
    Broadcast,
    MatMul,
    Slice,
    Stack,
    SumColumns,
    SumRows,
    Transpose,
    add,
    mul,
    neg,
    parameter,
    sequence,
    sigmoid,
    softmax,
    tanh,
)
from derive.system import Boundary
from tests.derive.cells.covering import each_third
from tests.derive.program.batches import build, judged
from verify.methods import complex_step, finite_difference, proof, unrolled
from verify.subject import subject

t = nodes.t
v_, k_, x_, m_ = (nodes.size(name) for name in "vkxm")
C, S, F, R, h, v, k, q, x, f, i, beta, y, X = (
    sequence(name) for name in ["C", "S", "F", "R", "h", "v", "k", "q", "x", "f", "i", "beta", "y", "X"]
)
W, V, U, w, u, a, b = (parameter(name) for name in "WVUwuab")


def outer(one, other):
    return MatMul(one, Transpose(other))


LEAVES = {"v": (v_, 1), "k": (k_, 1), "q": (k_, 1)}
MLSTM = {
    f[t]: sigmoid(MatMul(Transpose(w), x[t])),
    i[t]: nodes.exp(MatMul(Transpose(u), x[t])),
    v[t]: MatMul(W, x[t]),
    k[t]: MatMul(U, x[t]),
    q[t]: MatMul(V, x[t]),
    C[t]: add(mul(f[t], C[t - 1]), mul(i[t], outer(v[t], k[t]))),
    h[t]: tanh(MatMul(C[t], q[t])),
}
CELLS = {
    "mLSTM": build(
        MLSTM,
        {
            "f": (1, 1),
            "i": (1, 1),
            "x": (x_, 1),
            "w": (x_, 1),
            "u": (x_, 1),
            "W": (v_, x_),
            "U": (k_, x_),
            "V": (k_, x_),
            "C": (v_, k_),
            "h": (v_, 1),
            **LEAVES,
        },
        ("h",),
    ),
    "linear attention": build(
        {S[t]: add(S[t - 1], outer(v[t], k[t])), h[t]: MatMul(S[t], q[t])}, {"S": (v_, k_), "h": (v_, 1), **LEAVES}, ("h",)
    ),
    "a matrix as output": build({S[t]: add(S[t - 1], outer(v[t], k[t]))}, {"S": (v_, k_), "v": (v_, 1), "k": (k_, 1)}, ("S",)),
    "fast weights": build(
        {S[t]: add(mul(a, S[t - 1]), mul(b, outer(v[t], k[t]))), h[t]: tanh(MatMul(S[t], q[t]))},
        {"a": (1, 1), "b": (v_, 1), "S": (v_, k_), "h": (v_, 1), **LEAVES},
        ("h",),
    ),
    "DeltaNet": build(
        {S[t]: add(S[t - 1], outer(mul(beta[t], add(v[t], neg(MatMul(S[t - 1], k[t])))), k[t])), h[t]: MatMul(S[t], q[t])},
        {"beta": (1, 1), "S": (v_, k_), "h": (v_, 1), **LEAVES},
        ("h",),
    ),
    "a gate that is a matrix": build(
        {F[t]: sigmoid(add(MatMul(W, C[t - 1]), MatMul(U, x[t]))), C[t]: add(mul(F[t], C[t - 1]), outer(v[t], k[t]))},
        {"F": (v_, k_), "W": (v_, v_), "U": (v_, x_), "x": (x_, 1), "C": (v_, k_), "v": (v_, 1), "k": (k_, 1)},
        ("C",),
    ),
    "from left and right": build(
        {C[t]: tanh(add(MatMul(MatMul(W, C[t - 1]), V), outer(v[t], k[t])))},
        {"C": (v_, k_), "W": (v_, v_), "V": (k_, k_), "v": (v_, 1), "k": (k_, 1)},
        ("C",),
    ),
    "rows": build(
        {R[t]: tanh(add(MatMul(R[t - 1], W), Transpose(x[t]))), h[t]: Transpose(R[t])},
        {"R": (1, x_), "W": (x_, x_), "x": (x_, 1), "h": (x_, 1)},
        ("h", "R"),
    ),
    "rows and columns": build(
        {S[t]: add(mul(sp.Rational(1, 2), S[t - 1]), MatMul(v[t], R[t])), h[t]: MatMul(S[t], Transpose(R[t]))},
        {"S": (v_, k_), "v": (v_, 1), "R": (1, k_), "h": (v_, 1)},
        ("h",),
    ),
    "sums over rows and columns": build(
        {S[t]: tanh(add(S[t - 1], outer(v[t], k[t]))), h[t]: add(SumColumns(S[t]), MatMul(W, Transpose(SumRows(S[t]))))},
        {"S": (v_, k_), "v": (v_, 1), "k": (k_, 1), "W": (v_, k_), "h": (v_, 1)},
        ("h",),
    ),
    "softmax of columns": build({S[t]: softmax(add(S[t - 1], outer(v[t], k[t])))}, {"S": (v_, k_), "v": (v_, 1), "k": (k_, 1)}, ("S",)),
    "stacks and slices": build(
        {S[t]: add(outer(v[t], k[t]), mul(sp.Rational(1, 2), Stack(Slice(S[t - 1], 1, v_), Slice(X[t], 0, 1))))},
        {"S": (v_, k_), "v": (v_, 1), "k": (k_, 1), "X": (m_, k_)},
        ("S",),
    ),
    "transposed": build({S[t]: tanh(add(MatMul(W, Transpose(S[t - 1])), X[t]))}, {"S": (v_, v_), "W": (v_, v_), "X": (v_, v_)}, ("S",)),
    "products of two matrices": build(
        {S[t]: tanh(add(MatMul(MatMul(S[t - 1], Transpose(X[t])), X[t]), outer(v[t], k[t])))},
        {"S": (v_, k_), "X": (v_, k_), "v": (v_, 1), "k": (k_, 1)},
        ("S",),
    ),
    "two lags": build({S[t]: add(mul(W, S[t - 1]), mul(v[t], S[t - 2]))}, {"S": (v_, k_), "W": (v_, k_), "v": (v_, 1)}, ("S",)),
    "a learned beginning": build(
        {S[t]: add(mul(W, S[t - 1]), outer(v[t], k[t]))},
        {"S": (v_, k_), "W": (v_, k_), "v": (v_, 1), "k": (k_, 1)},
        ("S",),
        S={"boundary": Boundary.PARAMETER},
    ),
    "nothing before the first step": build(
        {S[t]: add(mul(W, S[t - 1]), outer(v[t], k[t]))},
        {"S": (v_, k_), "W": (v_, k_), "v": (v_, 1), "k": (k_, 1)},
        ("S",),
        S={"boundary": Boundary.ZERO},
    ),
    "fixed columns in products": build(
        {S[t]: add(mul(w, S[t - 1]), X[t]), h[t]: add(MatMul(S[t], u), b), y[t]: MatMul(Transpose(w), S[t])},
        {"S": (v_, k_), "X": (v_, k_), "w": (v_, 1), "u": (k_, 1), "b": (v_, 1), "h": (v_, 1), "y": (1, k_)},
        ("h", "y"),
    ),
    "a broadcast": build({S[t]: add(mul(sp.Rational(1, 2), S[t - 1]), Broadcast(v[t], v_, k_))}, {"S": (v_, k_), "v": (v_, 1)}, ("S",)),
    "a loss of its own": build(
        {S[t]: tanh(add(S[t - 1], outer(v[t], k[t]))), y[t]: SumRows(SumColumns(mul(W, S[t])))},
        {"S": (v_, k_), "v": (v_, 1), "k": (k_, 1), "W": (v_, k_), "y": (1, 1)},
        ("y",),
        "y",
    ),
}


@pytest.mark.parametrize("cell", each_third(CELLS))
def test_emitted_matrices_are_what_the_equations_mean(cell, capsys):
    assert judged(CELLS[cell]) == []


@pytest.mark.parametrize("cell", each_third(["mLSTM", "DeltaNet", "a gate that is a matrix", "from left and right"]))
def test_methods_judge_cells_with_matrices(cell):
    claim = subject(derive.bptt(CELLS[cell]))
    for method in (complex_step, finite_difference):
        assert [each for each in method.judge(claim) if not each.agrees] == [], method.NAME
    assert [each for each in unrolled.judge(claim, (1, 2)) if not each.agrees] == []


@pytest.mark.parametrize("cell", ["linear attention", "DeltaNet", "from left and right"])
def test_the_proof_holds_for_matrices(cell):
    assert [each for each in proof.judge(subject(derive.bptt(CELLS[cell]))) if not each.agrees] == []


def test_an_outer_product_in_a_loop_is_a_broadcast():
    source = derive.emit(derive.bptt(CELLS["linear attention"]))
    assert "np.multiply(v[t][:, None], k[t], out=S[t])" in source
