"""What a page defines at the last step by itself is defined by its recursion at the steps before it alone."""

from __future__ import annotations

from functools import cache

import pytest

import derive
import verify
from derive.calculus.bptt import Derivation
from derive.notation.read import system
from verify.claims import Findings, Judgement

PAGE = "h_t = tanh(W x_t + U h_{t-1})\nL = 1/2 * sum((h_T - y)^2)\nloss L"
RIGHT, WRONG = Judgement.RIGHT, Judgement.WRONG
END = r"\frac{\partial L}{\partial h_T} = h_T - y"
STEP = r"\frac{\partial L}{\partial h_t} = U^\top \left( (1 - h_{t+1}^2) \odot \frac{\partial L}{\partial h_{t+1}} \right)"
CHAIN = r"\frac{\partial L}{\partial h_t} = \left(\frac{\partial h_{t+1}}{\partial h_t}\right)^\top \frac{\partial L}{\partial h_{t+1}}"
DELTAS = (
    r"\delta_t = (1 - h_t^2) \odot U^\top \delta_{t+1}, \quad t = T-1, \dots, 1",
    r"\delta_T = (h_T - y) \odot (1 - h_T^2)",
    r"\frac{\partial L}{\partial U} = \sum_{t=1}^T \delta_t h_{t-1}^\top",
)
CASES = (
    r"\frac{\partial L}{\partial h_t} = \begin{cases} h_T - y & t = T \\ U^\top \left( (1 - h_{t+1}^2) \odot"
    r" \frac{\partial L}{\partial h_{t+1}} \right) & t < T \end{cases}"
)


@cache
def derivation() -> Derivation:
    return derive.bptt(system(PAGE, "mine"))


def found(*lines: str) -> Findings:
    return verify.check_gradient(derivation(), "\n".join(f"$${each}$$" for each in lines))


def judgements(*lines: str) -> list[Judgement]:
    return [each.judgement for each in found(*lines).findings]


@pytest.mark.parametrize(
    "lines", [(END, STEP), (STEP, END), (END, STEP + r", \quad t < T"), (END, CHAIN), DELTAS, (DELTAS[1], DELTAS[0], DELTAS[2]), (CASES,)]
)
def test_a_recursion_beside_what_is_at_the_last_step_is_right(lines):
    assert judgements(*lines) == [RIGHT] * len(lines)


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [(r"U^\top", "U", 1), (r"U^\top", "2 U", 1), ("1 - h_{t+1}^2", "1 - h_t^2", 1), ("h_T - y", "y - h_T", 0), ("h_T - y", "h_T", 0)],
)
def test_a_slip_before_the_last_step_and_one_at_it_are_told_apart(right, wrong, place):
    lines = [END, STEP]
    lines[place] = lines[place].replace(right, wrong)
    assert judgements(*lines) == [WRONG if at == place else RIGHT for at in (0, 1)]
    assert WRONG in judgements(CASES.replace(right, wrong))


def test_it_is_said_that_the_recursion_is_of_the_steps_before():
    assert "before the last step" in found(END, STEP).findings[1].detail


def test_a_recursion_alone_is_of_all_steps():
    assert judgements(STEP) == [WRONG]
    assert judgements(r"\frac{\partial L}{\partial h_1} = h_1 - y", STEP)[1] is WRONG
