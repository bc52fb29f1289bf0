"""Backward passes on trial: published slips are found where they are, and right derivations raise no alarm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import derive
import verify
from derive.algebra import nodes
from derive.errors import InputError, NotationError
from derive.notation.claims.names import value_of
from derive.notation.page import reading
from derive.notation.write import equation_text
from tests.derive.cells.covering import covered, each_third
from tests.verify.claims.published_slips import PAGES, RIGHT, RNN, SLIPS, WHOLE
from verify.claims import Findings, Judgement


def judged(cell: str, page: str, heads: tuple[str, ...] = ()) -> Findings:
    system = derive.cell(cell)
    for head in heads:
        system = derive.follow(system, derive.head(head))
    return verify.check_gradient(derive.bptt(system), page)


@pytest.mark.parametrize("name", covered(RIGHT, [*RIGHT][::3]))
def test_a_right_derivation_raises_no_alarm(name):
    found = judged(*RIGHT[name])
    assert [each for each in found.findings if each.judgement not in (Judgement.RIGHT, Judgement.CONVENTION)] == []
    assert all(each.is_proved or "on the way" in each.detail for each in found.findings)


@pytest.mark.parametrize("name", covered(SLIPS, [*SLIPS][:1]))
def test_a_published_slip_is_found_where_it_is_and_mended(name):
    cell, wrong = SLIPS[name]
    left = wrong.partition(" = ")[0]
    right = next(line for line in PAGES[cell].splitlines() if line.startswith(f"{left} = "))
    found = judged(cell, PAGES[cell].replace(right, wrong))
    bad = [each for each in found.findings if each.judgement is not Judgement.RIGHT]
    assert [each.text for each in bad] == [wrong]
    assert bad[0].judgement is Judgement.WRONG
    assert bad[0].witness["T"] <= 2
    assert judged(cell, PAGES[cell].replace(right, bad[0].nearest)).holds, bad[0].nearest


@pytest.mark.parametrize("source", covered(WHOLE, []), ids=lambda source: source.partition(",")[0])
def test_in_a_published_derivation_what_is_wrong_is_found_and_nothing_else(source):
    page, wrong, transposed = WHOLE[source]
    found = {each.text.partition(" = ")[0]: each for each in judged("lstm", page).findings}
    assert {left for left, each in found.items() if each.judgement is Judgement.WRONG} == wrong
    assert {left for left, each in found.items() if each.judgement is Judgement.CONVENTION} == transposed
    assert all(each.judgement is not Judgement.UNDECIDED for each in found.values())
    mended = [found[line.strip().partition(" = ")[0]] for line in page.splitlines() if line.strip()]
    assert judged("lstm", "\n".join(each.nearest or each.text for each in mended)).holds


CELLS = (
    "rnn", "mgu", "antisymmetric_rnn", "cfc", "lstmn", "mlstm", "time_aware_lstm", "gated_feedback_rnn", "luong_decoder", "retnet", "rg_lru",
)  # fmt: skip


@pytest.mark.parametrize("name", covered(CELLS, ("rnn",)))
def test_what_is_derived_is_right_and_no_equation_of_it_with_the_other_sign(name):
    """Of cells with constants, matrix states, slices, attention, and functions that have a value at positive numbers only."""
    derivation = derive.bptt(derive.cell(name))
    adjoint = derivation.adjoint
    page = [equation_text(each, adjoint) for each in adjoint.equations]
    assert {each.judgement for each in verify.check_gradient(derivation, "\n".join(page)).findings} == {Judgement.RIGHT}
    for place, equation in enumerate(adjoint.equations[:2]):
        wrong = equation_text(replace(equation, right=nodes.neg(equation.right)), adjoint)
        found = verify.check_gradient(derivation, "\n".join([*page[:place], wrong, *page[place + 1 :]])).findings
        assert next(each.judgement for each in found if each.text == wrong) in (Judgement.WRONG, Judgement.CONVENTION), wrong
        assert {each.judgement for each in found if each.text != wrong} == {Judgement.RIGHT}, wrong


def test_errors_without_equations_are_read_as_the_others_are():
    """The error of f is that of its argument, so those of i, o and g are."""
    page = """dh_t = dLdh_t + U_f^T df_{t+1} + U_i^T di_{t+1} + U_o^T do_{t+1} + U_g^T dg_{t+1}
df_t = dc_t * c_{t-1} * f_t * (1 - f_t)"""
    assert judged("lstm", page).holds
    assert not judged("lstm", page.replace(" * f_t * (1 - f_t)", "")).holds


def test_the_smallest_counterexample_has_numbers_that_differ():
    page = RNN.replace("dU = sum_t draw_t h_{t-1}^T", "dU = sum_t draw_t h_t^T")
    wrong = next(each for each in judged("rnn", page).findings if each.judgement is Judgement.WRONG)
    assert (wrong.witness["T"], wrong.witness["n_h"], wrong.witness["n_x"]) == (1, 1, 1)
    assert float(wrong.witness["claimed"]) != float(wrong.witness["right"])
    assert wrong.nearest == "dU = sum_t draw_t h_{t-1}^T"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        (r"\frac{\partial L}{\partial h_t}", "h_bar_t"),
        (r"\dfrac{d\mathcal{L}}{d\tilde{c}_{t+1}}", "c_tilde_bar_{t+1}"),
        (r"\frac{\partial E_t}{\partial h_t}", "directh_t"),
        (r"\nabla_{W_f} L", "W_bar_f"),
        (r"\delta h_t + \delta_t", "delta_h_t + delta_t"),
        (r"U^\top dh_{t+1}^\top h_t + d q_t", "U^T h_bar_{t+1}^T h_t + d q_t"),
        (r"\delta h_t + \Delta h_t", "delta_h_t + parth_t"),
        (r"\partial L / \partial W_f", "W_bar_f"),
        ("dL/dW_f + ∂L/∂h_{t+1}", "Wbar_f + hbar_{t+1}"),
        ("∇_{h_{t+1}} L + ∇_{W_f} L", "hbar_{t+1} + Wbar_f"),
        ("∂C/∂h_t + ∂L/∂C_t", "∂C/∂h_t + ∂L/∂C_t"),
    ],
)
def test_gradients_are_read_as_people_write_them(written, plain):
    found = reading(f"a_t = {written}", gradients_of={"h", "W_f", "c_tilde", "C"})
    assert [each.plain for each in (*found.pieces, *found.chains)] == [f"a_t = {plain}"]


@pytest.mark.parametrize("own", [r"\frac{\partial L}{\partial h_t}", r"\frac{\partial L_t}{\partial h_t}", r"\bar h_t"])
def test_what_an_equation_reads_of_itself_is_what_the_loss_gives(own):
    rest = r"U^T (\bar{h}_{t+1} \odot (1 - h_{t+1}^2))"
    assert judged("rnn", rf"\bar h_t = {own} + {rest}").findings[0].is_proved
    assert judged("rnn", rf"\bar h_t = 2 {own} + {rest}").findings[0].judgement is Judgement.WRONG


def test_a_name_says_of_what_it_is_the_gradient():
    known = {"W_f", "h", "c_tilde"}
    names = ("Wbar_f", "W_f_bar", "dW_f", "delta_W_f", "grad_W_f", "c_tilde_bar", "δh")
    assert [value_of(name, known) for name in names] == ["W_f"] * 5 + ["c_tilde", "h"]
    assert value_of("delta", known) == value_of("W_f", known) == ""


@pytest.mark.parametrize(
    ("page", "error"),
    [("s_t = 2 * x_t", "there is no equation for a gradient"), ("dW = ", "line 1"), ("", "no equation")],
)
def test_a_page_without_claims_is_refused(page, error):
    with pytest.raises(NotationError, match=error):
        judged("rnn", page)


def test_a_jacobian_may_be_a_diagonal_matrix():
    page = r"$$\frac{\partial L}{\partial U} = \sum_{t=1}^T \mathrm{diag}(1 - h_t^2) \frac{\partial L}{\partial h_t} h_{t-1}^\top$$"
    assert judged("rnn", page).findings[0].is_proved
    assert not judged("rnn", page.replace("{t-1}", "t")).holds


def test_a_name_that_means_nothing_and_sizes_that_clash_are_told():
    found = judged("rnn", "dW = sum_t foo_t x_t^T\ndU = sum_t h_{t-1} x_t^T\ndb = sum_t U^T (x_t * dh_t)").findings
    assert [each.judgement for each in found] == [Judgement.UNDECIDED, Judgement.WRONG, Judgement.WRONG]
    assert "foo is no value of the cell" in found[0].detail


FUNCTION = '''
import numpy as np

def slope(h):
    return 1 - h ** 2

def backward(x, h, W, U, h_prev, dh):
    """BPTT of a simple recurrent network."""
    dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros(len(U))
    dh_next = np.zeros_like(h_prev)
    for t in reversed(range(len(x))):
        da = (dh[t] + dh_next) * slope(h[t])
        db += da
        dW += np.outer(da, x[t])
        dU += np.outer(da, h[t - 1] if t > 0 else h_prev)
        dh_next = U.T @ da
    return dW, dU, db, dh_next
'''


def function(text: str) -> Findings:
    return verify.check_function(derive.bptt(derive.cell("rnn")), text, "mine.py")


def test_a_right_function_is_right():
    found = function(FUNCTION)
    assert [each.judgement for each in found.findings] == [Judgement.RIGHT] * 4


@pytest.mark.parametrize(
    ("right", "wrong", "results"),
    each_third(
        [
            ("h[t - 1] if t > 0 else h_prev", "h[t - 1]", {"dU"}),
            ("dh_next = U.T @ da", "dh_next = U @ da", {"dW", "dU", "db", "dh_next"}),
            ("db += da", "db = da", {"db"}),
            ("dW += np.outer(da, x[t])", "dW = np.outer(da, x[t])", {"dW"}),  # github.com/mratsim/Arraymancer/pull/237
            ("1 - h ** 2", "1 - h", {"dW", "dU", "db", "dh_next"}),
            ("np.zeros_like(h_prev)", "np.ones_like(h_prev)", {"dW", "dU", "db", "dh_next"}),
        ]
    ),
)
def test_a_slip_in_a_function_is_found(right, wrong, results):
    assert right in FUNCTION
    found = function(FUNCTION.replace(right, wrong))
    assert {each.text for each in found.findings if each.judgement is Judgement.WRONG} == results


def test_a_function_in_python_is_called_as_it_is():
    def backward(x, h, h_0, dh, U):
        carried, db = np.zeros_like(h_0), np.zeros_like(h_0)
        for t in reversed(range(len(x))):
            error = (dh[t] + carried) * (1 - h[t] ** 2)
            carried, db = U.T @ error, db + error
        return {"b": db}

    assert verify.check_gradient(derive.bptt(derive.cell("rnn")), backward).holds


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("import os\ndef backward(x):\n    os.system('echo')\n    return x", "not carried out|not known|not defined"),
        ("def backward(x):\n    dW = __import__('os')\n    return dW", "__import__ is not known here"),
        ("def backward(x):\n    dW = x.__class__\n    return dW", "not carried out"),
        ("def backward(x):\n    dW = np.fromfile('/etc/passwd')\n    return dW", "np.fromfile is not carried out"),
        ("def backward(x):\n    dW = np.zeros((100000, 100000))\n    return dW", "too large"),
        ("def backward(x, U):\n    dW = np.outer(np.zeros(2000), np.zeros(2000))\n    return dW", "too large"),
        ("def backward(x):\n    dW = np.eye(10 ** 9)\n    return dW", "not carried out|too large"),
        ("def backward(x):\n    dW = min(range(1000000000000))\n    return dW", "too large"),
        ("def backward(x):\n    n = 9\n    for t in range(99):\n        n = n * n\n    dW = n\n    return dW", "too large"),
        ("def backward(x):\n    dW = 9.0 ** 9 ** 9 ** 9\n    return dW", "not carried out|fails"),
        ("def backward(x):\n    while True:\n        pass\n    return x", "makes more than 1000 turns"),
        ("def backward(x):\n    for t in range(1000000000):\n        dW = t\n    return dW", "too large"),
        ("def backward(x):\n    return backward(x)", "backward is not known here"),
        ("def backward(q):\n    dW = q\n    return dW", "nothing is known of the argument q"),
        ("def backward(x):\n    dQ = x\n    return dQ", "nothing is known of the result dQ"),
        ("def backward(x:\n", "it is no Python"),
        ("x = 1", "it defines no function"),
    ],
)
def test_a_function_that_cannot_be_carried_out_is_refused_in_one_line(text, error):
    with pytest.raises(InputError, match=error) as caught:
        function(text)
    assert "\n" not in str(caught.value)
