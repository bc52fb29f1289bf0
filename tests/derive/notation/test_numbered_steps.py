"""Equations of single steps as the one equation of all, and equations of layers as they are."""

from __future__ import annotations

import pytest

import derive


def steps(*numbers):
    return "".join(f"S_{k} = W_x X_{k} + W_s S_{k - 1} + b_1\nO_{k} = W_o S_{k} + b_2\n" for k in numbers)


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("is_latex", [False, True])
def test_steps_one_after_another_are_the_equation_of_all(count, is_latex):
    page = steps(*range(1, count + 1))
    page = "\n".join(f"$${line}$$" for line in page.splitlines()) if is_latex else page
    own = derive.read(page)
    meant = derive.read("S_t = W_x X_t + W_s S_{t-1} + b_1\nO_t = W_o S_t + b_2")
    assert [str(each.right) for each in own.equations] == [str(each.right) for each in meant.equations]
    assert own.outputs == ("O",)
    told = [each.text for each in own.unused if "of a single step" in each.advice]
    assert len(told) == 2 * (count - 1)
    assert "O_1 = W_o S_1 + b_2" in told


@pytest.mark.parametrize(
    "page",
    [
        "h_1 = tanh(W_1 h_0)\nh_2 = tanh(W_2 h_1)",
        "h_1 = tanh(W x)\nh_2 = tanh(V h_1)",
        "S_1 = W X_1 + U S_0\nS_2 = W X_2 + V S_1",
        "S_1 = W X_1 + U S_0\nS_3 = W X_3 + U S_2",
        "S_1 = W X_1 + U S_0",
        "a_1 = W x_1\na_2 = W x_2",
        "S_1 = W X_1 + U S_0\nS_2 = W X_2 + U S_1\nq = A S_2",
    ],
)
def test_layers_and_other_equations_are_left(page):
    assert [each.name for each in derive.read(page).equations] == [line.split(" ")[0] for line in page.splitlines()]
