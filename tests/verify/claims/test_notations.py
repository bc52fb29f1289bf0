"""Derivations in many hands' notations: what is right raises no alarm, and a slip is found on its line."""

from __future__ import annotations

from functools import cache

import pytest

import derive
import verify
from derive.calculus.bptt import Derivation
from derive.errors import NotationError
from derive.notation.claims.chains import Over, Partial, Ref, When, chain
from derive.notation.page import reading
from derive.notation.read import system
from tests.derive.cells.covering import each_third
from tests.verify.claims.notations import NOTATIONS, PAGES
from verify.claims import Findings, Judgement

FINE = (Judgement.RIGHT, Judgement.CONVENTION)
SLIPS = [(name, *slip) for name, each in NOTATIONS.items() for slip in each.slips]


@cache
def derivation(cell: str) -> Derivation:
    return derive.bptt(system(PAGES[cell], "mine") if cell in PAGES else derive.cell(cell))


def judged(name: str, text: str) -> Findings:
    return verify.check_gradient(derivation(NOTATIONS[name].cell), text)


@pytest.mark.parametrize("name", each_third(NOTATIONS))
def test_a_right_derivation_raises_no_alarm(name):
    found = judged(name, NOTATIONS[name].text)
    assert [each for each in found.findings if each.judgement not in FINE] == []


@pytest.mark.parametrize(("name", "right", "wrong"), each_third(SLIPS))
def test_a_slip_is_found_on_its_line(name, right, wrong):
    text = NOTATIONS[name].text
    assert text.count(right) == 1
    line = text[: text.index(right)].count("\n") + 1
    found = judged(name, text.replace(right, wrong))
    assert {each.line for each in found.findings if each.judgement not in FINE} == {line}


def test_targets_that_are_no_distribution_are_named():
    found = judged("an undeclared distribution", NOTATIONS["an undeclared distribution"].text)
    told = [each.detail for each in found.findings if each.judgement is Judgement.CONVENTION]
    assert told
    assert all("distribution d" in each for each in told)


def test_what_the_loss_does_not_read_is_no_slip():
    page = r"$$\frac{\partial E_3}{\partial U} = \frac{\partial E_3}{\partial p_3} \frac{\partial p_3}{\partial U}$$"
    found = verify.check_gradient(derivation("goodfellow"), page).findings[0]
    assert found.judgement is Judgement.UNDECIDED
    assert "the loss does not depend on p" in found.detail


STEP = Partial(Ref("h", When("j")), Ref("h", When("j", -1)))


@pytest.mark.parametrize(
    "text",
    [
        r"\frac{\partial h_t}{\partial h_k} = \prod_{j=k+1}^{t} \frac{\partial h_j}{\partial h_{j-1}}",
        r"$\frac{d h_t}{d h_k} = \prod_{j = k + 1}^t dh_j / dh_{j-1}$",
        r"\nabla_{h_k} h_t = \prod_{j=k+1}^{t} (\nabla_{h_{j-1}} h_j)",
        "∂h_t/∂h_k = prod_{j=k+1}^{t} ∂h_j/∂h_{j-1}",
        "dh_t/dh_k = ∏_{j=k+1}^t ∂h_j/∂hⱼ₋₁",
    ],
)
def test_a_chain_is_read_with_its_steps(text):
    found = reading(text, gradients_of={"h"})
    (made,) = (chain(each, {"h"}, {"h"}) for each in found.chains)
    assert found.pieces == []
    assert made.left == Partial(Ref("h", When("t")), Ref("h", When("k")))
    assert made.right == Over(True, "j", When("k", 1), When("t"), STEP)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("dL/dW = sum_t dL/dh_t x_t^T", False),
        ("dL/dh_t = dL_t/dh_t", False),
        ("dL_t/dh_t = V^T x_t", True),
        ("dL/dW = sum_t dL_t/dW", True),
        ("dL/dh_t = dL/dh_{t+1} dh_{t+1}/dh_t", True),
        ("dL/dW = sum_{t=2}^{T} dL/dh_t h_{t-1}^T", True),
        ("dL/dW = sum_{k<=t} dL/dh_k x_k^T", True),
        ("dC_t/dh_t = h_t", True),
        ("a_t = sum_{k<=t} h_k", False),
    ],
)
def test_what_is_about_other_derivatives_than_of_the_loss_is_a_chain(text, is_one):
    """C is a value of the cell here, and so no loss."""
    found = reading(text, gradients_of={"h", "x", "W", "V", "C"})
    assert (len(found.chains), len(found.pieces)) == (is_one, not is_one)
    assert not found.unread


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        (r"$a = \beta = c$", ["a = beta", "a = c"]),
        ("a = b = c\nd = e", ["a = b", "a = c", "d = e"]),
        (r"a = x^{(t)\top} y^{\langle t-1 \rangle}", ["a = x_t^T y_{t-1}"]),
        (r"\delta_t \equiv \bar{h}_t", ["delta_t = h_bar_t"]),
        ("a ≡ b²", ["a = b^2"]),
        (r"$(\nabla_{W} L) = \tanh'(x_t)$", ["W_bar = (1 - tanh(x_t)^2)"]),
        ("a_t = σ'(x_t)", ["a_t = (σ(x_t) ⊙ (1 - σ(x_t)))"]),
    ],
)
def test_habits_of_derivations_are_read_as_what_they_say(written, plain):
    assert [each.plain for each in reading(written, gradients_of={"W"}).pieces] == plain


def test_the_second_side_of_a_chain_has_its_line():
    text = "$$\\begin{aligned} a_t &= b_t \\\\\n  &= c_t\\end{aligned}$$\n\n$$\\frac{\\partial L}{\\partial W} = a_t$$"
    found = reading(text, gradients_of={"W"}).pieces
    assert [each.line_of(each.statement.place) for each in found] == [1, 2, 4]


@pytest.mark.parametrize("sign", ["+=", "&+=", r"\mathrel{+}=", r"\mathrel{+}&=", "{+}=", "{+=}"])
def test_what_is_added_is_told_by_its_sign(sign):
    found = reading(rf"\begin{{aligned}} \frac{{\partial L}}{{\partial W}} {sign} a_t x_t^\top \end{{aligned}}", gradients_of={"W"})
    assert [(each.statement.is_added, each.plain) for each in found.pieces] == [(True, "W_bar += a_t x_t^T")]


@pytest.mark.parametrize(
    "text", ["\\frac{\\partial h_t}{\\partial h_k} = " + "(" * 500, "\\frac{\\partial h_t}{\\partial h_{k}} = \\prod_{j}"]
)
def test_a_chain_that_cannot_be_read_is_no_alarm(text):
    found = verify.check_gradient(derivation("h"), text).findings
    assert [each.judgement for each in found] == [Judgement.UNDECIDED]


@pytest.mark.parametrize("slip", ["U^T δ_{t+1} + ∂L/∂h_t", "U δ_{t+1} + ∂L_t/∂h_t", "U^T δ_{t+1}"])
def test_a_definition_is_right_whatever_is_made_of_it(slip):
    page = f"δ_t = ∂L/∂z_t\nδ_t = (1 - h_t^2) * ({slip})\n∂L/∂b = sum_t δ_t"
    found = verify.check_gradient(derivation("z"), page).findings
    assert [each.judgement for each in found] == [Judgement.RIGHT, Judgement.WRONG, Judgement.RIGHT]


@pytest.mark.parametrize(
    ("page", "line", "column", "fact"),
    [
        ("dL/db = sum_t dL/dh_t\n\ndL/dU = sum_t foo(h_t) x_t^T", 3, 15, "there is no function foo"),
        (r"$$\frac{\partial L}{\partial b} = \sum_t \frac{\partial L}{\partial (U h_t)}$$", 1, 42, "this derivative is not understood"),
        (r"$$\frac{\partial h_t}{\partial h_k} = \prod_{j=k+1}^{t} \mathrm{relu}(h_j)$$", 1, 57, "relu is no function that is known here"),
        ("∂h_t/∂h_k = prod_{j=k+1}^{2 t} h_j", 1, 13, "over no range"),
        ("dL/dW += a_t = b_t", 1, 14, "two equations stand in one"),
        ("∂L/∂b = sum_t relu'(h_t)", 1, 15, "the slope of this function"),
    ],
)
def test_what_cannot_be_read_has_its_line_and_column(page, line, column, fact):
    found = verify.check_gradient(derivation("h"), page).findings[-1]
    assert (found.judgement, found.line) == (Judgement.UNDECIDED, line)
    assert f"it cannot be read at column {column}: " in found.detail
    assert fact in found.detail


@pytest.mark.parametrize(
    "page",
    [
        "y_t = ∂L/∂h_t", "y_t = ∇_{h} L", "h_t = ∏_{k=1}^{t} x_k", "h_t += x_t", "h_{k+1} = x_t",
        r"$$h_t = \prod_{j=1}^{t} x_j$$", r"$$h_t = \tanh'(x_t)$$", r"$$h_t = \nabla_{x_t} L$$", r"$$h_t += x_t$$", r"$$h_t = x_{j-1} + W x_t$$",
    ],
)  # fmt: skip
def test_the_page_of_a_cell_has_nothing_of_a_derivation(page):
    with pytest.raises(NotationError):
        derive.read(page)
