"""What is right of one-hot targets, however many lines the loss takes."""

from __future__ import annotations

from functools import cache

import pytest

import derive
import verify
from derive.calculus.bptt import Derivation
from derive.notation.read import system
from verify.claims import Judgement

CELL = "h_t = tanh(W x_t + U h_{t-1})\no_t = V h_t\np_t = softmax(o_t)\n"
LOSSES = {
    "in one line": "L = -sum_t sum(y_t * log(p_t))",
    "of each step": "L_t = -y_t^T log(p_t)\nL = sum_t L_t",
    "of parts of each step": "a_t = y_t^T log(p_t)\nL_t = -a_t\nL = sum_t L_t",
}
CONVENTION, RIGHT, WRONG = Judgement.CONVENTION, Judgement.RIGHT, Judgement.WRONG
OF_O = r"$$\frac{\partial L}{\partial o_t} = p_t - y_t$$"


@cache
def derivation(loss: str, words: str = "") -> Derivation:
    return derive.bptt(system(f"{CELL}{loss}\nloss L\n{words}", "mine"))


def judgement(loss: str, claim: str = OF_O, words: str = "") -> Judgement:
    (found,) = verify.check_gradient(derivation(loss, words), claim).findings
    return found.judgement


@pytest.mark.parametrize("name", LOSSES)
def test_the_difference_is_right_if_the_targets_sum_to_one(name):
    assert judgement(LOSSES[name]) is CONVENTION
    assert judgement(LOSSES[name], OF_O.replace("p_t - y_t", "y_t - p_t")) is WRONG


@pytest.mark.parametrize(("words", "expected"), [
    ("\nHere $y_t$ is one-hot.\n", RIGHT), ("\nwhere y_t is a one-hot vector.\n", RIGHT), ("\nHere $x_t$ is one-hot.\n", CONVENTION),
    ("\nNote that $y_t$ is not one-hot.\n", CONVENTION),
])  # fmt: skip
@pytest.mark.parametrize("name", [*LOSSES][:2])
def test_words_that_call_a_target_one_hot_declare_it_where_the_loss_is_declared(name, words, expected):
    assert judgement(LOSSES[name], words=words) is expected


def test_of_another_loss_the_difference_is_wrong():
    assert judgement("L_t = sum((p_t - y_t)^2)\nL = sum_t L_t") is WRONG
    assert judgement("L_t = -2 * y_t^T log(p_t)\nL = sum_t L_t") is WRONG


def test_a_target_that_is_read_beside_the_loss_too_may_be_a_distribution():
    assert judgement("L = -sum_t sum(y_t * log(p_t))\ne_t = y_t - p_t") is CONVENTION


def test_a_target_that_is_fed_back_may_be_a_distribution():
    page = "h_t = tanh(W y_{t-1} + U h_{t-1})\no_t = V h_t\np_t = softmax(o_t)\nL = -sum_t sum(y_t * log(p_t))\nloss L"
    made = derive.bptt(system(page, "mine"))
    judged = [verify.check_gradient(made, OF_O.replace("p_t - y_t", each)).findings[0].judgement for each in ("p_t - y_t", "y_t - p_t")]
    assert judged == [CONVENTION, WRONG]
