"""What a page defines itself is what it says there, whatever else a name may look like."""

from __future__ import annotations

from functools import cache

import pytest

import derive
import verify
from derive.calculus.bptt import Derivation
from derive.notation.read import system
from verify.claims import Judgement

PAGE = "h_t = tanh(W x_t + U h_{t-1} + b)\noutput h"
DELTA = r"\delta_{h,t} = \frac{\partial L}{\partial h_t} \odot (1 - h_t^2)"
RIGHT, WRONG = Judgement.RIGHT, Judgement.WRONG
OF_B = r"\frac{\partial L}{\partial b} = "


@cache
def derivation(page: str = PAGE) -> Derivation:
    return derive.bptt(system(page, "mine"))


def judgements(*lines: str, page: str = PAGE) -> list[Judgement]:
    found = verify.check_gradient(derivation(page), "\n".join(f"$${each}$$" for each in lines)).findings
    return [each.judgement for each in found]


@pytest.mark.parametrize(
    ("of_b", "judgement"),
    [
        (r"\sum_{j=1}^{T} \delta_{h,j}", RIGHT),
        (r"\sum_j \delta_{h,j}", RIGHT),
        (r"\sum_{j=1}^{T} \delta_{h,j} \odot (1 - h_j^2)", WRONG),
        (r"\sum_{t=1}^{T} \delta_{h,t} \odot (1 - h_t^2)", WRONG),
        (r"\sum_{j=1}^{T} \frac{\partial L}{\partial h_j}", WRONG),
        (r"\sum_{j=1}^{T} \frac{\partial L}{\partial h_j} \odot (1 - h_j^2)", RIGHT),
        (r"\sum_{k=t}^{T} \delta_{h,k} + \sum_{k=1}^{t-1} \delta_{h,k}", RIGHT),
        (r"\sum_{k=t}^{T} \delta_{h,k} \odot (1 - h_k^2) + \sum_{k=1}^{t-1} \delta_{h,k}", WRONG),
    ],
)
def test_a_delta_with_the_label_of_a_value_is_what_the_page_defines(of_b, judgement):
    assert judgements(DELTA, OF_B + of_b) == [RIGHT, judgement]


def test_a_delta_twice_multiplied_does_not_make_a_gradient_that_lacks_the_slope_right():
    of_b = r"\sum_{j=1}^{T} \frac{\partial L}{\partial h_j}", r"\sum_{j=1}^{T} \delta_{h,j} \odot (1 - h_j^2)"
    assert judgements(DELTA, *(OF_B + each for each in of_b)) == [RIGHT, WRONG, WRONG]


def test_an_error_of_the_argument_is_that_in_sums_with_ends_too():
    delta = r"\delta_{h,t} = (1 - h_t^2) \odot \left( \frac{\partial L_t}{\partial h_t} + U^T \delta_{h,t+1} \right)"
    sums = r"\sum_{k=t}^{T} \delta_{h,k} + \sum_{k=1}^{t-1} \delta_{h,k}"
    assert judgements(delta, OF_B + sums) == [RIGHT, RIGHT]
    assert judgements(delta, OF_B + sums.replace(r" + \sum", r" \odot (1 - h_k^2) + \sum")) == [RIGHT, WRONG]


def test_a_delta_that_only_a_sum_over_steps_defines_is_no_gradient_by_its_name():
    delta = (
        r"\delta_{h,t} = \left(\sum_{k=t}^{T} \frac{\partial h_k}{\partial h_t}^\top \frac{\partial L_k}{\partial h_k}\right)"
        r" \odot (1 - h_t^2)"
    )
    assert judgements(delta, OF_B + r"\sum_{j=1}^{T} \delta_{h,j}") == [Judgement.UNDECIDED] * 2
