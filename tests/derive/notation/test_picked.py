"""The probability of what was seen, by the index of the entry: log p_t[y_t]."""

from __future__ import annotations

import pytest

import derive
from derive.errors import InputError
from derive.notation.write import equation_text

CELL = "h_t = tanh(W x_t + U h_{t-1})\np_t = softmax(V h_t)\n"
DISPLAYED = "$$h_t = \\tanh(W x_t + U h_{t-1})$$\n$$p_t = \\mathrm{softmax}(V h_t)$$\nThe loss is\n"


@pytest.mark.parametrize(
    "page",
    [
        f"{CELL}L = -sum_t log p_t[y_t]",
        f"{CELL}L = -sum_t log(p[t][y[t]])",
        f"{DISPLAYED}$$L = -\\sum_t \\log p_t[y_t]$$",
        f"{DISPLAYED}$$L = -\\sum_t \\log(p_t[y_t])$$",
        f"{DISPLAYED}$$L = -\\sum_t \\ln p_{{t,y_t}}$$",
        f"{DISPLAYED}$$L = -\\sum_t \\log p_t(y_t)$$",
    ],
)
def test_picked_probability(page: str) -> None:
    system = derive.read(page)
    assert equation_text(system.equation("L"), system) == "L = -sum_t sum(y_t * log(p_t))"
    assert system["y"].is_distribution
    assert system["y"].shape == system["p"].shape


def test_label_of_two_letters_picks_nothing() -> None:
    system = derive.read(f"{DISPLAYED}$$L = -\\sum_t \\mathbf{{1}}^\\top \\log p_t$$\n$$q_t = W_{{yt}} p_t$$")
    assert "W_yt" in system.variables


def test_brackets_outside_a_logarithm_pick_nothing() -> None:
    system = derive.read("vector a\nh_t = tanh(a * (x_t) + h_{t-1})")
    assert equation_text(system.equation("h"), system) == "h_t = tanh(a * x_t + h_{t-1})"


def test_value_that_is_computed_is_no_index() -> None:
    system = derive.read("scalar z, g, h, x\nz_t = x_t\nh_t = log(g_t (z_t))")
    assert not system["z"].is_distribution


def test_computed_value_is_refused_as_an_index() -> None:
    with pytest.raises(InputError):
        derive.read("z_t = softmax(A x_t)\np_t = softmax(V x_t)\nL = -sum_t log p_t[z_t]")
