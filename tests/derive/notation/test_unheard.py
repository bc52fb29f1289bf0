"""What a page says in words and its system has not: it is told, and nothing is told of what is true."""

from __future__ import annotations

import pytest

import derive

RNN = r"$$h_t = \tanh(W x_t + U h_{t-1} + b)$$"
TRUE = [
    "where $W$ and $U$ are matrices and $b$ is a vector",
    "with tanh as the non-linearity",
    "We do not use ReLU.",
    "If ReLU is used in place of tanh, gradients do not vanish.",
    "unlike a convolution of x",
    "the output is $h_t$",
    "the scalar product $u^T v$",
    "the output gate multiplies $x_t$",
]
VAIN = {
    "each unit has a scalar gate": "scalar",
    "$b$ of each layer is in fact a matrix": "matrix",
    "the hidden units are rectified linear": "rectif",
    "a bidirectional network reads both directions": "bidirectional",
    "$h_t$ is the outer product of the two": "outer",
    "followed by a softmax": "softmax",
}


@pytest.mark.parametrize("words", TRUE)
def test_what_is_true_of_the_system_is_not_told(words):
    assert not derive.read(f"{RNN}\n\n{words}\n").unused


@pytest.mark.parametrize("words", VAIN)
def test_a_word_that_is_true_of_nothing_is_told_with_its_line(words):
    system = derive.read(f"{RNN}\n\nA network.\n{words}\n")
    told = [each for each in system.unused if each.is_said]
    assert [(each.line, VAIN[words] in each.text) for each in told] == [(4, True)]
    assert "true of nothing that was read" in str(derive.remarks(system)[-1])
