"""Deltas by the net input of a gate that bear the gate's letter, where the page of the cell names that net input."""

from __future__ import annotations

from functools import cache

import pytest

import derive
import verify
from derive.calculus.bptt import Derivation
from derive.notation.read import system
from verify.claims import Judgement

CELLS = {
    "inline": r"$$z_t = \tanh(W x_t + R y_{t-1})$$",
    "with a bar": r"$$\bar z_t = W x_t + R y_{t-1}$$" + "\n" + r"$$z_t = \tanh(\bar z_t)$$",
    "with a letter": r"$$a_t = W x_t + R y_{t-1}$$" + "\n" + r"$$z_t = \tanh(a_t)$$",
}
DELTAS = (
    r"\delta y_t = \Delta_t + R^T \delta z_{t+1}",
    r"\delta z_t = \delta y_t \odot p \odot (1 - z_t^2)",
    r"\delta W = \sum_{t=1}^T \delta z_t x_t^T",
)
RIGHT, WRONG = Judgement.RIGHT, Judgement.WRONG


@cache
def derivation(name: str) -> Derivation:
    return derive.bptt(system(CELLS[name] + "\n" + r"$$y_t = p \odot z_t$$" + "\n\noutput y", "mine"))


def judgements(name: str, *lines: str) -> list[Judgement]:
    found = verify.check_gradient(derivation(name), "\n".join(f"$${each}$$" for each in lines)).findings
    return [each.judgement for each in found]


@pytest.mark.parametrize("name", CELLS)
def test_deltas_by_the_net_input_are_right_whatever_that_is_called(name):
    assert judgements(name, *DELTAS) == [RIGHT] * 3


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(
    ("place", "right", "wrong"), [(0, "R^T", "R"), (1, r"\odot p", ""), (1, "1 - z_t^2", "1 - z_t"), (2, "x_t^T", "x_{t-1}^T")]
)
def test_a_slip_in_one_of_them_is_found_there_alone(name, place, right, wrong):
    lines = [each.replace(right, wrong) if at == place else each for at, each in enumerate(DELTAS)]
    assert judgements(name, *lines) == [WRONG if at == place else RIGHT for at in range(3)]


def test_a_page_that_speaks_of_both_gradients_means_each_by_its_name():
    both = (DELTAS[0].replace("z", "a"), DELTAS[1], r"\delta a_t = \delta z_t \odot (1 - z_t^2)", DELTAS[2].replace("z", "a"))
    assert judgements("with a letter", *both) == [RIGHT, WRONG, RIGHT, RIGHT]
    assert judgements("with a letter", both[0], DELTAS[1].replace(r" \odot (1 - z_t^2)", ""), *both[2:]) == [RIGHT] * 4


def test_a_derivative_by_the_value_is_no_delta():
    slip = r"\frac{\partial L}{\partial z_t} = \frac{\partial L}{\partial y_t} \odot p \odot (1 - z_t^2)"
    assert judgements("with a letter", slip) == [WRONG]
