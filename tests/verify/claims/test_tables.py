"""Gradients that are returned in tables by a gate or a parameter: each entry is judged, or the function is refused."""

from __future__ import annotations

from functools import cache

import pytest

import derive
import verify
from derive.calculus.bptt import Derivation
from derive.errors import InputError
from verify.claims import Findings, Judgement

BY_GATE = """
import numpy as np

class LSTM:
    def backward(self, dh_all):
        T, N, H = dh_all.shape
        W = {"f": self.W_f, "i": self.W_i, "o": self.W_o, "g": self.W_g}
        U = {"f": self.U_f, "i": self.U_i, "o": self.U_o, "g": self.U_g}
        dW = {k: np.zeros_like(W[k]) for k in "fiog"}
        dU = {k: np.zeros_like(U[k]) for k in "fiog"}
        db = {k: np.zeros(H) for k in "fiog"}
        dh_next, dc_next = np.zeros((N, H)), np.zeros((N, H))
        for t in reversed(range(T)):
            h_prev = self.h[t-1] if t else self.h0
            c_prev = self.c[t-1] if t else self.c0
            f, i, o, g, c = self.f[t], self.i[t], self.o[t], self.g[t], self.c[t]
            dh = dh_all[t] + dh_next
            tc = np.tanh(c)
            dc = dc_next + dh * o * (1 - tc * tc)
            d = {"f": dc * c_prev * f * (1 - f), "i": dc * g * i * (1 - i),
                 "o": dh * tc * o * (1 - o), "g": dc * i * (1 - g * g)}
            dh_next = 0
            for k in "fiog":
                dW[k] += d[k].T @ self.x[t]
                dU[k] += d[k].T @ h_prev
                db[k] += d[k].sum(0)
                dh_next = dh_next + d[k] @ U[k]
            dc_next = dc * f
        return dh_next, dc_next, dW, dU, db
"""
ADDED = "dW[k] += d[k].T @ self.x[t]"
BY_PARAMETER = """
import numpy as np

def backward(dh_all, x, h, h_0, W, U):
    grads = {"W": np.zeros_like(W), "U": np.zeros_like(U)}
    dh = np.zeros_like(h_0)
    for t in reversed(range(len(x))):
        da = (dh_all[t] + dh) * (1 - h[t] ** 2)
        grads["W"] += np.outer(da, x[t])
        grads["U"] += np.outer(da, h[t - 1] if t else h_0)
        dh = U.T @ da
    grads["h"] = dh
    return grads
"""


@cache
def derivation(cell: str) -> Derivation:
    return derive.bptt(derive.cell(cell))


def judged(text: str, cell: str = "lstm") -> Findings:
    return verify.check_function(derivation(cell), text, "mine.py")


def test_each_entry_of_a_table_by_gate_is_judged():
    found = judged(BY_GATE)
    assert {each.text for each in found.findings} == {"dh_next", "dc_next", *(f"d{letter}_{k}" for letter in "WUb" for k in "fiog")}
    assert {each.judgement for each in found.findings} == {Judgement.RIGHT}


def test_a_slip_in_a_table_by_gate_is_found_at_its_line():
    found = judged(BY_GATE.replace(ADDED, ADDED.replace("x[t]", "x[t - 1]")))
    wrong = [each for each in found.findings if each.judgement is Judgement.WRONG]
    assert {each.text for each in wrong} == {f"dW_{k}" for k in "fiog"}
    assert {(each.line, each.nearest) for each in wrong} == {(24, ADDED)}


@pytest.mark.parametrize("factor", ["3 *", "-"])
def test_a_factor_in_a_table_by_gate_is_found(factor):
    found = judged(BY_GATE.replace(ADDED, ADDED.replace("+= d", f"+= {factor} d")))
    assert {each.text for each in found.findings if each.judgement is Judgement.WRONG} == {f"dW_{k}" for k in "fiog"}


def test_a_table_that_a_method_gives_its_object_is_judged():
    text = BY_GATE.replace(
        "        return dh_next, dc_next, dW, dU, db", "        self.dW, self.dU, self.db = dW, dU, db\n        return dh_next"
    )
    assert {each.judgement for each in judged(text).findings} == {Judgement.RIGHT}
    wrong = {each.text for each in judged(text.replace(ADDED, f"{ADDED} * 2")).findings if each.judgement is Judgement.WRONG}
    assert wrong == {f"dW_{k}" for k in "fiog"}


def test_an_entry_of_which_nothing_is_known_is_refused():
    with pytest.raises(InputError, match="nothing is known of the result dW_q"):
        judged(BY_GATE.replace("return", "dW['q'] = dW['f']\n        return"))


def test_a_table_by_parameters_has_their_names():
    assert {each.text: each.judgement for each in judged(BY_PARAMETER, "rnn").findings} == dict.fromkeys("WUh", Judgement.RIGHT)
    with pytest.raises(InputError, match="nothing is known of the result h; call it dh"):
        judged(BY_PARAMETER.replace("return grads", "dW = grads['W']\n    return dW, grads"), "rnn")
