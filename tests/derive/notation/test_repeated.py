"""Equations that a page gives twice, in steps and in one."""

from __future__ import annotations

import pytest

import derive
from derive.errors import InputError

STEPS = "z_t = W x_t + U h_{t-1}\nh_t = tanh(z_t)\n"


def test_what_is_said_again_in_one_is_read_once():
    system = derive.read(f"{STEPS}h_t = tanh(W x_t + U h_{{t-1}})")
    assert [each.name for each in system.equations] == ["z", "h"]


def test_what_is_said_again_in_steps_is_read_once():
    system = derive.read(f"h_t = tanh(W x_t + U h_{{t-1}})\n{STEPS}")
    assert [each.name for each in system.equations] == ["h", "z"]


@pytest.mark.parametrize("other", ["h_t = tanh(W x_t + V h_{t-1})", "h_t = tanh(W x_t + U h_{t-2})", "h_t = sigmoid(W x_t + U h_{t-1})"])
def test_what_says_something_else_is_refused(other):
    with pytest.raises(InputError, match="h is defined a second time"):
        derive.read(STEPS + other)


def test_what_reads_itself_is_no_repetition():
    with pytest.raises(InputError):
        derive.read("h_t = h_t + x_t\nh_t = h_t + x_t")
    with pytest.raises(InputError):
        derive.read("a_t = b_t\nb_t = a_t\na_t = x_t")
