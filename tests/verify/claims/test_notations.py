"""Derivations in many hands' notations: what is right raises no alarm, and a slip is found on its line."""

from __future__ import annotations

from functools import cache

import pytest

import derive
import verify
from derive.calculus.bptt import Derivation
from derive.notation.claims.chains import Over, Partial, Ref, When, chains
from derive.notation.claims.derivations import prepared, sides_of
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


def test_a_chain_is_read_with_its_steps():
    text = r"\frac{\partial h_t}{\partial h_k} = \prod_{j=k+1}^{t} \frac{\partial h_j}{\partial h_{j-1}}"
    rest, (found,) = chains(text, {"h"})
    step = Partial(Ref("h", When("j")), Ref("h", When("j", -1)))
    assert rest.strip() == ""
    assert found.left == Partial(Ref("h", When("t")), Ref("h", When("k")))
    assert found.right == Over(True, "j", When("k", 1), When("t"), step)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"$a = \beta = c$", r"$a = \beta , \quad a = c$"),
        ("a = b = c\nd = e", "a = b\nd = e\na = c"),
        (r"x^{(t)\top} y^{\langle t-1 \rangle}", r"x_{t}^{\top} y_{t-1}"),
        (r"\delta_t \equiv \bar{h}_t", r"\delta_t = \bar{h}_t"),
        ("a = b²", "a = b^2"),
    ],
)
def test_habits_are_put_into_the_ways_of_the_notation(written, text):
    assert prepared(written).text.replace(" ", "") == text.replace(" ", "")


def test_lines_of_additions_are_told_and_no_line_moves():
    made = prepared("a_t = b_t\n\ndW += a_t x_t^T\ndb += a_t")
    assert made.added == {3, 4}
    assert made.text.count("\n") == 3


def test_signs_of_equality_in_brackets_part_no_sides():
    assert sides_of(r"\sum_{t=1}^T a = b") == [r"\sum_{t=1}^T a ", " b"]
    assert len(sides_of("a <= b")) == 1


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
