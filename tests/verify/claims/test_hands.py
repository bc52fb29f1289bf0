"""Backward functions as courses and repositories write them: what is right agrees, and a slip is found at its line."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import pytest

import derive
import verify
from derive.calculus.bptt import Derivation
from derive.errors import InputError
from derive.notation.read import system
from tests.derive.cells.covering import covered, each_third
from tests.verify.claims.hands import CELLS, HANDS
from verify.claims import Findings, Judgement

SLIPS = [(name, *slip) for name, hand in HANDS.items() for slip in hand.slips]
QUICK = ("min-char-rnn", "CS231n rnn_step_backward", "deeplearning.ai lstm_cell_backward", "aliases in loops")
ELSEWHERE = {
    "dy[targets[t]] += 1", "do * o * (1 - o)", "(n[t] - prev)", "drh + dz @ U_z", "Whh.T @ delta[t]", "dc_prev = dc * i",
    "d_i = dc * g * (1 - i)", "do * o",
}  # fmt: skip
"""What is put in the place of what is right where another line may be mended as well, or where two changes mend it."""
REFUSED = {"dx = dz.dot(Wh.T)"}
"""Where one of the functions of the file can no longer be carried out."""


@cache
def derivation(cell: str) -> Derivation:
    return derive.bptt(system(CELLS[cell], "mine"))


def judged(name: str, text: str) -> Findings:
    return verify.check_function(derivation(HANDS[name].cell), text, "mine.py")


@pytest.mark.parametrize("name", each_third(HANDS))
def test_a_right_function_raises_no_alarm(name):
    found = judged(name, HANDS[name].text)
    assert {each.judgement for each in found.findings} == {Judgement.RIGHT}
    assert all(each.line for each in found.findings)


@pytest.mark.parametrize(("name", "right", "wrong"), covered(SLIPS, [each for each in SLIPS if each[0] in QUICK][1::9]))
def test_a_slip_is_found_at_its_line(name, right, wrong):
    text = HANDS[name].text
    assert text.count(right) == 1
    found = judged(name, text.replace(right, wrong))
    bad = [each for each in found.findings if each.judgement is not Judgement.RIGHT]
    if wrong == "delta_o = target - p":
        assert {each.detail for each in bad} == {"it is minus the gradient, the direction of descent"}
        return
    assert Judgement.WRONG in {each.judgement for each in bad}
    line = text[: text.index(right)].count("\n") + 1
    if wrong not in ELSEWHERE | REFUSED:
        assert {each.line for each in bad} == {line}, [each.told for each in bad]


def test_the_line_of_a_slip_is_shown_with_what_stands_there_and_what_should():
    name = "CS231n rnn_step_backward alone"
    found = judged(name, HANDS[name].text.replace("dprev_h = dtanh @ Wh.T", "dprev_h = dtanh @ Wh"))
    wrong = next(each for each in found.findings if each.judgement is Judgement.WRONG)
    assert (wrong.line, wrong.nearest) == (7, "dprev_h = dtanh @ Wh.T")
    assert wrong.detail.endswith("line 7 has dprev_h = dtanh @ Wh")
    assert "line" in str(found.blocks()[1])


def test_a_forward_function_of_another_cell_is_refused():
    text = HANDS["CS231n rnn_step_backward"].text.replace("np.tanh(prev_h", "np.sin(prev_h")
    with pytest.raises(InputError, match="forward function is of another cell"):
        judged("CS231n rnn_step_backward", text)


def test_a_part_of_a_cache_of_which_nothing_is_known_is_named():
    text = "def backward(dnext_h, cache):\n    x, prev_h, Wx, Wh, stuff = cache\n    dWx = x.T @ (dnext_h * stuff)\n    return dWx, x"
    with pytest.raises(InputError, match="nothing is known of stuff"):
        judged("CS231n rnn_step_backward alone", text)


def test_a_gradient_that_is_zero_but_for_rounding_is_no_slip():
    """With a single class softmax is 1, and all gradients are zero."""
    page = CELLS["char"]
    text = "def backward(h, p, target, Why):\n    dy = p - target\n    dWhy = sum(np.outer(d, s) for d, s in zip(dy, h))\n    return dWhy"
    found = verify.check_function(derive.bptt(system(page, "mine")), text, "mine.py")
    assert found.holds


def test_the_search_for_a_slip_and_for_the_form_of_arrays_is_bounded(monkeypatch):
    from verify.claims import arrays, calling
    from verify.claims.source import Source

    monkeypatch.setattr("verify.claims.budget.STEPS", 20_000)
    monkeypatch.setattr(arrays, "MOST", 60_000)
    for inner, most in (("a = a + 1.0", 100_000), ("a = W * 0.0", 200_000)):
        body = f"    for i in range(40):\n        for j in range(40):\n            {inner}\n    dWxh = Wxh * 3\n    return dWxh"
        text = f"def backward(x, h, Wxh, dh):\n{body}"
        source = Source(text, "mine.py")
        callee = calling.Callee.of(calling.Function(source))
        with suppress(InputError):
            trial = arrays._Trial(verify._cell(derivation("rnn")), callee)
            trial.settle()
            trial.findings()
        assert callee.function.spent < most


@pytest.mark.parametrize(
    ("end", "judgement"),
    [
        ("return dWx, x.T @ dz", "what it returns has no names"),
        ("return dWx, None", None),
        ("return -dWx * -1, dWx.T.T", None),
        ("return np.array(dWx), dWx[:, :]", None),
    ],
)
def test_no_result_is_passed_over_for_want_of_a_name(end, judgement):
    text = (
        f"def rnn_step_backward(dnext_h, cache):\n    x, next_h = cache\n    dz = dnext_h * (1 - next_h**2)\n    dWx = x.T @ dz\n    {end}"
    )
    if judgement:
        with pytest.raises(InputError, match=judgement):
            judged("CS231n rnn_step_backward alone", text)
    else:
        assert judged("CS231n rnn_step_backward alone", text).holds


def test_what_comes_from_beyond_the_last_step_is_given_where_it_is_asked_for():
    text = """
def backward(dh, dh_T, x, h, h0, W_hh):
    later = dh_T
    for t in reversed(range(len(x))):
        dz = (dh[t] + later) * (1 - h[t] ** 2)
        later = W_hh.T @ dz
    dh0 = later
    return dh0
"""
    found = verify.check_function(derivation("rnn"), text, "mine.py")
    assert found.holds
    wrong = verify.check_function(derivation("rnn"), text.replace("later = dh_T", "later = 0 * dh_T"), "mine.py").findings[0]
    assert (wrong.judgement, wrong.line) == (Judgement.WRONG, 3)
