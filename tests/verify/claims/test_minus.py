"""Errors d - y, which are minus a gradient, with all that follows from them."""

from __future__ import annotations

from functools import cache

import pytest

import derive
import verify
from derive.calculus.bptt import Derivation
from derive.notation.read import system
from verify.claims import Judgement

PAGE = "z_t = W x_{t-1} + W_in u_t\nx_t = tanh(z_t)\ny_t = W_out x_t\nE_t = 1/2 sum((d_t - y_t)^2)\nloss E"
RIGHT, WRONG, CONVENTION = Judgement.RIGHT, Judgement.WRONG, Judgement.CONVENTION
ERRORS = r"e_t = d_t - y_t", r"\delta_t = (W^T \delta_{t+1} + W_{out}^T e_t) \odot (1 - x_t^2)"
CHANGES = r"\Delta W = \sum_{t=1}^T \delta_t x_{t-1}^T", r"\Delta W_{out} = \sum_{t=1}^T e_t x_t^T"
GRADIENTS = tuple(
    each.replace(r"\Delta " + name + " = ", rf"\frac{{\partial E}}{{\partial {name}}} = -")
    for each, name in zip(CHANGES, ("W", "W_{out}"), strict=True)
)


@cache
def derivation() -> Derivation:
    return derive.bptt(system(PAGE, "mine"))


def judgements(*lines: str) -> list[Judgement]:
    return [each.judgement for each in verify.check_gradient(derivation(), "\n".join(f"$${each}$$" for each in lines)).findings]


def test_errors_and_changes_of_weights_are_minus_the_gradients():
    assert judgements(*ERRORS, *CHANGES) == [RIGHT, CONVENTION, CONVENTION, CONVENTION]
    assert judgements(*ERRORS, *GRADIENTS) == [RIGHT, CONVENTION, RIGHT, RIGHT]


def test_derivatives_that_are_minus_the_gradient_are_no_convention_of_errors():
    assert WRONG in judgements(*ERRORS, *(each.replace("= -", "= ") for each in GRADIENTS))


@pytest.mark.parametrize(("right", "wrong"), [(r"\delta_t x_{t-1}", r"\delta_t x_t"), (r"W = \sum", r"W = -\sum")])
def test_a_slip_in_what_follows_is_found(right, wrong):
    assert WRONG in judgements(*ERRORS, CHANGES[0].replace(right, wrong), CHANGES[1])


@pytest.mark.parametrize(("right", "wrong"), [("W^T", "W"), ("+ W_", "- W_"), ("1 - x_t^2", "1 - x_t")])
def test_a_slip_in_the_errors_is_found(right, wrong):
    assert WRONG in judgements(ERRORS[0], ERRORS[1].replace(right, wrong), *CHANGES)
