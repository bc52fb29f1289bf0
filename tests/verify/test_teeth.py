"""Mistakes in a system and in a text: all that change something are refused, and what is counted is what happened."""

from __future__ import annotations

import ast

import pytest

import derive
import verify
from tests.derive.cells.covering import covered
from tests.derive.derivations import derivation
from verify.kill_table import Exact, KillTable, Mutant
from verify.mutations import MISTAKES, mutations
from verify.source_mutations import source_mutations
from verify.subject import subject

EXTREMES = "h_t = tanh(W x_t + U h_{t-1} + b)\nm_t = max(h_t)\nn_t = min(V h_t)\no_t = h_t * m_t + max(h_{t-1}) * n_t"


@pytest.mark.parametrize(
    ("cell", "every"),
    [("rnn", 30), *covered((("rnn", 12), ("gru", 100), ("lstm", 150), ("layer_norm_rnn", 80), ("retnet", 12), (EXTREMES, 40)), ())],
)  # fmt: skip
def test_every_mistake_is_refused_and_none_that_changes_nothing(cell, every):
    found = verify.teeth(derivation(cell), every)
    assert found.holds, found.to_dict()
    assert found.unproved == []
    assert {each.where for each in found.mutants} == {"system", "text"}


def test_a_text_with_each_kind_of_mistake():
    source = subject(derive.bptt(derive.cell("lstm"))).source
    found = list(source_mutations(source))
    assert {each.kind for each in found} == {
        "statement left out", "term dropped", "sign", "counted twice", "factor dropped", "transpose", "lag", "swapped", "boundary",
        "steps not summed", "batch not summed", "stale state",
    }  # fmt: skip
    texts = [each.source for each in found]
    assert len(set(texts)) == len(texts)
    assert ast.unparse(ast.parse(source)) not in texts
    told = [each.name.partition(": ")[2] for each in found]
    assert "np.multiply(f[t], c[t - 1], out=c[t]) -> np.multiply(f[t], c[t], out=c[t])" in told
    assert "np.multiply(f[t], c[t - 1], out=c[t]) -> np.multiply(1, c[t - 1], out=c[t])" in told
    assert "np.add(dLdh[t], hbar_next, out=hbar) -> np.add(dLdh[t], 0, out=hbar)" in told
    assert "np.add(dLdh[t], hbar_next, out=hbar) -> np.subtract(dLdh[t], hbar_next, out=hbar)" in told
    assert "cbar += cbar_next -> cbar -= cbar_next" in told
    assert "np.multiply(cbar, f[t], out=cbar_next) -> np.multiply(cbar, i[t], out=cbar_next)" in told
    assert "np.add(c[t], spare, out=c[t]) -> after np.tanh(c[t], out=tanh_c[t])" in told
    assert "np.matmul(U, h[t - 1], out=a) -> after a += p[here]" in told
    assert "for here, t in counted(at): -> for here, t in counted(at)[1:]:" in told


def test_a_system_with_each_kind_of_mistake():
    found = list(mutations(derive.bptt(derive.cell("lstm")).adjoint))
    assert {each.kind for each in found} == {"equation left out", *MISTAKES}
    told = [each.name for each in found if each.kind == "boundary"]
    assert "bbar_f: sum_t abar_f[t] from t = 2 only" in told
    assert "hbar[0]: without the term U_f^T abar_f[1]" in told


@pytest.mark.parametrize("cell", ["rnn", "layer_norm_rnn"])
def test_what_changes_nothing_is_known_by_evaluation(cell):
    judged = subject(derive.bptt(derive.cell(cell)))
    exact = Exact(judged)
    assert exact.same_values(judged.adjoint)
    assert exact.same_results(judged.source.replace("for t in range(T)", "for t in list(range(T))"))
    assert not exact.same_results(judged.source.replace("h[-1] = initial", "h[-1] = 0.5 * initial"))
    assert not exact.same_results(judged.source.replace("def backward", "def backwards"))


def test_survivors_and_false_alarms_are_told():
    mutants = (
        Mutant("system", "sign", "one", False, {"proof": True, "unrolled graph": False}),
        Mutant("system", "sign", "two", False, {"proof": False, "unrolled graph": True}),
        Mutant("system", "lag", "three", False, {"proof": False, "unrolled graph": False}),
        Mutant("system", "lag", "four", True, {"proof": True, "unrolled graph": False}),
    )
    found = KillTable("tiny", mutants)
    assert [each.description for each in found.survivors] == ["three"]
    assert [each.description for each in found.unproved] == ["two", "three"]
    assert [each.description for each in found.false_alarms] == ["four"]
    assert not found.holds
    table = found.blocks()[1]
    assert table.rows == (("sign", "1/2", "1/2", "2/2", "0"), ("lag", "0/1", "0/1", "0/1", "1"), ("all", "1/3", "1/3", "2/3", "1"))
