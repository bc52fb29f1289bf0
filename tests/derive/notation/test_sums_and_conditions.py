"""Sums with the letter of the time, conditions as zeros and ones, and what stands beside them in losses."""

from __future__ import annotations

import pytest

import derive
from derive.errors import InputError
from derive.notation.write import equation_text
from derive.system import Role


def equations(page: str) -> list[str]:
    system = derive.read(page)
    return [equation_text(each, system) for each in system.equations]


@pytest.mark.parametrize(
    ("page", "loss"),
    [
        ("$$x_k = a x_{k-1} + b u_k$$\n$$L = \\sum_k (x_k - r_k)^2$$", "L = sum_t (x_t - r_t)^2"),
        ("$$x_n = a x_{n-1} + b u_n$$\n$$L = \\sum_{n=0}^{N-1} (x_n - r_n)^2$$", "L = sum_t (x_t - r_t)^2"),
        ("x[n] = a x[n-1] + b u[n]\nL = sum_n (x[n] - r[n])^2", "L = sum_t (x_t - r_t)^2"),
        ("x[k] = a x[k-1] + b u[k]\nL = sum_{k=0}^{N-1} (x[k] - r[k])^2", "L = sum_t (x_t - r_t)^2"),
        ("x[k] = a x[k-1] + b u[k]\nL = sum over k of (x[k] - r[k])^2", "L = sum_t (x_t - r_t)^2"),
        ("x[t] = a x[t-1] + b u[t]\nL = sum over all t of |x[t] - r[t]|", "L = sum_t abs(x_t - r_t)"),
    ],
)
def test_sum_with_the_letter_of_the_time_is_over_time(page: str, loss: str) -> None:
    assert equations(page)[-1] == loss


def test_sum_over_fewer_steps_is_refused() -> None:
    with pytest.raises(InputError, match="range"):
        derive.read("$$x_n = a x_{n-1} + u_n$$\n$$L = \\sum_{n=2}^{N} x_n^2$$")
    with pytest.raises(InputError, match="range"):
        derive.read("$$x_t = a x_{t-1} + u_t$$\n$$L = \\sum_{t=1}^{7} x_t^2$$")


@pytest.mark.parametrize(
    "loss",
    [
        r"$$L=-\sum_{t=1}^{n}\sum_{j=1}^{7} y_{t,j}\log p_{t,j}$$",
        "    L = - sum_t sum_{i=1}^7 y_t[i] * log p_t[i]",
        "    L = - sum_t sum_i y_t[i] * log p_t[i]",
    ],
)
def test_sum_over_entries_in_brackets_or_to_a_number(loss: str) -> None:
    page = f"$$h_t = \\tanh(W x_t + U h_{{t-1}})$$\n$$p_t = \\mathrm{{softmax}}(V h_t)$$\n{loss}\n"
    if not loss.startswith("$"):
        page = f"h_t = tanh(W x_t + U h_{{t-1}})\np_t = softmax(V h_t)\n{loss.strip()}\n"
    assert equations(page)[-1] == "L = -sum_t sum(y_t * log(p_t))"


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        (r"\mathbf{1}\{x_t<0\}", "step(-x_t)"),
        (r"\mathbf 1[x_t \ge 0]", "(1 - step(-x_t))"),
        (r"\mathbb{1}_{\{x_t < 0\}}", "step(-x_t)"),
        (r"I(x_t > c)", "step(x_t - c)"),
        (r"\mathbb{1}[t \bmod 2 = 0]", "every(t, 2)"),
    ],
)
def test_condition_in_latex_is_one_where_it_holds(condition: str, meant: str) -> None:
    (equation,) = equations(rf"$$h_t = a h_{{t-1}} + b\,{condition}\,x_t^2$$")
    assert equation == f"h_t = a * h_{{t-1}} + b * ({meant} * x_t^2)"


@pytest.mark.parametrize(
    ("condition", "meant"),
    [("[x_t > 0]", "step(x_t)"), ("I(x_t < 0)", "step(-x_t)"), ("1{x_t < 0}", "step(-x_t)"), ("[t mod 4 = 0]", "every(t, 4)")],
)
def test_condition_in_plain_text_is_one_where_it_holds(condition: str, meant: str) -> None:
    assert equations(f"h_t = a h_{{t-1}} + b * {condition} * x_t") == [f"h_t = a * h_{{t-1}} + b * {meant} * x_t"]


@pytest.mark.parametrize(
    "page", [r"$$h_t = a h_{t-1} + x_t\ (t > 0)$$", "h_t = a h_{t-1} + x_t   (t >= 1)", "h_t = a h_{t-1} + x_t   [t > 0]"]
)
def test_condition_that_holds_at_each_step_says_nothing(page: str) -> None:
    system = derive.read(page)
    assert [each.name for each in system.inputs] == ["x"]
    assert not system.unused


def test_norm_with_spaces_and_weights_of_losses_are_numbers() -> None:
    page = "x(n) = tanh(W x(n-1) + V u(n))\ny(n) = C x(n)\n\nE = sum_n m(n) * || y(n) - d(n) ||^2  +  beta * || C ||^2\n"
    system = derive.read(page)
    assert system["beta"].shape == system["m"].shape == (1, 1)


def test_stack_between_bars_is_still_one() -> None:
    assert equations("h_t = tanh(W [h_{t-1} | x_t] + b)") == ["h_t = tanh(W [h_{t-1}; x_t] + b)"]


def test_dot_between_columns_is_their_product() -> None:
    system = derive.read("h[t] = tanh(W h[t-1] + U x[t])\nout[t] = w . h[t] + w0")
    assert system["out"].shape == (1, 1)
    system = derive.read("import numpy as np\n\nh = np.tanh(W @ h_prev + U @ x)\ny = w @ h + c")
    assert system["y"].shape == (1, 1)


def test_number_of_steps_is_no_variable() -> None:
    page = "$$h_t = a h_{t-1} + x_t$$\n$$L = \\frac1T \\sum_{t=1}^T h_t^2,\\qquad T = 20$$\n"
    assert equations(page)[-1] == equations(page.replace(",\\qquad T = 20", ""))[-1]


def test_power_of_ten_is_a_number() -> None:
    system = derive.read("$$h_t = a h_{t-1} + x_t$$\n$$L = \\sum_t h_t^2 + \\lambda a^2, \\qquad \\lambda = 10^{-4}$$\n")
    assert system["λ"].role is Role.CONSTANT


def test_index_without_braces_is_a_difference_where_the_page_writes_braces() -> None:
    assert equations("$$u_t = a u_{t-1} + x_t$$\n$$v_t=u_t-1$$")[-1] == "v_t = u_t - 1"
    with pytest.raises(InputError, match="two readings"):
        derive.read("$$u_t = a u_t-1 + x_t$$")
