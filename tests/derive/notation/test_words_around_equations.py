"""What words around equations say: cases by steps, losses as formulas without names, initial values by nouns; and formulas that need not be read."""

from __future__ import annotations

import pytest

import derive
from derive.errors import InputError
from derive.notation.write import equation_text
from derive.system import Boundary

CLOCKED = "s_t = every(t, 4) * tanh(U x_t + W s_{t-1}) + (1 - every(t, 4)) * s_{t-1}"


def equations(page: str) -> list[str]:
    system = derive.read(page)
    return [equation_text(each, system) for each in system.equations]


@pytest.mark.parametrize(
    "page",
    [
        "If $t \\bmod 4 = 0$:\n$$s_t = \\tanh(U x_t + W s_{t-1})$$\notherwise $s_t = s_{t-1}$.",
        "当 $t$ 是 4 的倍数时，\n$$s_t = \\tanh(U x_t + W s_{t-1})$$\n否则 $s_t = s_{t-1}$。",
        "  s_t = tanh(U x_t + W s_{t-1})      当 t 是 4 的倍数\n  s_t = s_{t-1}                      其他时刻\n",
        "  s_t = tanh(U x_t + W s_{t-1})      if t mod 4 == 0\n  s_t = s_{t-1}                      otherwise\n",
        "  s_t = tanh(U x_t + W s_{t-1})      if t is a multiple of 4\n  s_t = s_{t-1}                      otherwise\n",
    ],
)
def test_cases_by_steps_in_words(page: str) -> None:
    system = derive.read(page)
    assert equations(page) == [CLOCKED]
    assert not system.unused


def test_case_without_another_is_refused() -> None:
    with pytest.raises(InputError, match="all other steps"):
        derive.read("If $t \\bmod 4 = 0$:\n$$s_t = \\tanh(U x_t + W s_{t-1})$$\n")


CELL = "$$s_t = \\tanh(W s_{t-1} + U x_t)$$\n$$p_t = \\mathrm{softmax}(V s_t)$$\n\n"
TYPED = "s_t = tanh(W s_{t-1} + U x_t)\np_t = softmax(V s_t)\n\n"


@pytest.mark.parametrize(
    ("page", "loss"),
    [
        (CELL + "It is trained with the cross-entropy $-\\sum_t \\sum_s d_{t,s}\\log p_{t,s}$.", "L = -sum_t sum(d_t * log(p_t))"),
        (CELL + "The loss is the sum of $(p_t - d_t)^2$ over all days.", "L = sum(sum_t (p_t - d_t)^2)"),
        (TYPED + "The loss is -sum_t sum(d_t * log(p_t)) where d_t is one-hot.", "L = -sum_t sum(d_t * log(p_t))"),
        (TYPED + "Fit: sum over t of |p_t - d_t|, d the reading.", "L = sum(sum_t abs(p_t - d_t))"),
        (
            TYPED + "minimise 0.5 * sum_t ||p_t - d_t||^2 + 0.01 * ||W||^2",
            "L = 0.5 * (sum_t sum((p_t - d_t)^2)) + 0.01 * sum(sum_columns(W ⊙ W))",
        ),
        (TYPED + "损失是 Σ_t (p_t - d_t)^2，用 Adam 训练。", "L = sum(sum_t (p_t - d_t)^2)"),
    ],
)
def test_loss_as_a_formula_in_a_sentence(page: str, loss: str) -> None:
    assert equations(page)[-1] == loss
    assert derive.read(page).loss == "L"
    assert not derive.read(page).unused


def test_loss_of_a_sum_that_is_not_read_is_told() -> None:
    page = TYPED + "The loss is the sum of the distances between p and d, plus weight decay."
    assert any("sum of" in each.text for each in derive.read(page).unused)


@pytest.mark.parametrize(
    "words",
    [
        "We do not minimise $\\sum_t (p_t - d_t)^2$.",
        "If the loss were $\\sum_t (p_t - d_t)^2$, gradients would vanish.",
        "The loss is $\\sum_t q_t^2$.",
        "The baseline of Smith et al. was trained with the loss $\\sum_t (p_t - d_t)^2$.",
        "For pretraining the loss is $\\sum_t (p_t - d_t)^2$.",
        "The loss is $\\sum_t (p_t - d_t)^2$ or the loss is $\\sum_t |p_t - d_t|$.",
    ],
)
def test_what_is_no_loss_of_the_page_is_none(words: str) -> None:
    assert not derive.read(CELL + words).loss


@pytest.mark.parametrize(
    ("words", "zero"),
    [
        ("I start with `s = np.zeros(n)`.", {"s"}),
        ("The states $s_t$ and $r_t$ are zero for $t<1$, that is, $s_t=r_t=0$ for $t \\le 0$.", {"s", "r"}),
        ("(As others do with $W$.) $s_0$ and $r_0$ are zeros.", {"s", "r"}),
        ("There is a trend $r_t$. The initial trend is zero.", {"r"}),
        ("$s_0$ is a zero vector and $r_0$ is the start symbol.", {"s"}),
        ("The shock $r_t$ is zero to begin with, the $s$ before the start I take from the data.", {"r"}),
    ],
)
def test_initial_values_in_words(words: str, zero: set[str]) -> None:
    system = derive.read(f"$$s_t = \\tanh(W s_{{t-1}} + x_t)$$\n$$r_t = \\tanh(V r_{{t-1}} + s_t)$$\n\n{words}\n")
    assert {each.name for each in system.states if each.boundary is Boundary.ZERO} == zero


def test_zero_behind_the_last_step_by_its_number() -> None:
    page = r"$$\overleftarrow h_t = \tanh(W \overleftarrow h_{t+1} + x_t)$$ 初始状态 $\overleftarrow h_{n+1}$ 取零向量。"
    assert derive.read(page)["h_bwd"].boundary is Boundary.ZERO


RUN = "$$x_k = a \\odot x_{k-1} + u_k$$\n$$y_k = c^\\top x_k$$\n"


def test_another_form_that_cannot_be_read_is_passed_over_with_a_word() -> None:
    page = RUN + "$$y_k=\\sum_{j=0}^{k-1}\\kappa_j u_{k-j},\\qquad \\kappa_j=c^\\top a^{\\,j}$$\n"
    system = derive.read(page)
    assert system.outputs == ("y",)
    assert {each.text[:2] for each in system.unused} == {"y_", "\\k"}
    assert equations(page) == equations(RUN)


@pytest.mark.parametrize("last", ["$$z_k=\\sum_{j=0}^{k-1}\\kappa_j u_{k-j}$$", "$$z = \\int_0^1 x_k$$", "$$E = \\int_0^1 x_T$$"])
def test_value_that_cannot_be_read_and_has_no_other_form_is_refused(last: str) -> None:
    with pytest.raises(InputError):
        derive.read(RUN + last)


def test_formula_alone_on_its_line_within_a_sentence_is_inline() -> None:
    page = RUN + "It may also be written as\n$y_k = c^\\top (a \\odot x_{k-1}) + c^\\top u_k$,\nwhich shows more.\n"
    assert equations(page) == equations(RUN)


def test_scalar_output_in_words_of_continuous_time() -> None:
    system = derive.read("A system with scalar input $u(t)$ and scalar output $y(t)$.\n" + RUN.replace("+ u_k", "+ b u_k"))
    assert system["u"].shape == system["y"].shape == (1, 1)
    assert system["b"].shape[0] != 1


def test_plain_numbers_are_numbers() -> None:
    page = "$$P_t = (1 - K_t) Q_t$$\n$$Q_t = P_{t-1} + R$$\n\nAll of these are plain numbers, no matrices."
    system = derive.read(page)
    assert all(each.shape == (1, 1) for each in system.variables.values())


SPIKES = "$$v_t = 0.9 v_{t-1} + W x_t$$\n$$s_t=\\Theta(v_t - c)$$\n$\\Theta$ is the Heaviside step function.\n\n"


@pytest.mark.parametrize(
    "slope",
    [
        r"$$\Theta'(v) \;\to\; \frac{1}{(1+|v|)^2}$$",
        r"$$\Theta'(v_t - c) \approx \frac{1}{(1+|v_t - c|)^2}$$",
        r"$$\frac{\partial \Theta(v)}{\partial v} \approx \frac{1}{(1+|v|)^2}$$",
        r"$$\frac{\partial s_t}{\partial v_t} \approx \frac{1}{(1+|v_t - c|)^2}$$",
    ],
)
def test_slope_that_a_page_takes(slope: str) -> None:
    assert equations(SPIKES + slope)[-1] == "s_t = step(v_t - c) slope 1 / (1 + abs(v_t - c))^2"


def test_slope_by_a_part_of_the_operand_is_not_taken_for_one_by_all_of_it() -> None:
    page = SPIKES + r"$$\frac{\partial s_t}{\partial v_t} \approx \frac{1}{(1+|v_t|)^2}$$"
    assert equations(page)[-1] == "s_t = step(v_t - c)"
    doubled = SPIKES.replace("v_t - c", "2 v_t - c") + r"$$\frac{\partial s_t}{\partial v_t} \approx \frac{1}{(1+|2 v_t - c|)^2}$$"
    assert equations(doubled)[-1] == "s_t = step(2 * v_t - c)"


def test_slope_of_a_value_by_another() -> None:
    page = SPIKES.replace(" - c", "") + r"$$\frac{\partial s_t}{\partial v_t} \approx \gamma \max(0, 1-|v_t|)$$ with $\gamma = 0.3$"
    system = derive.read(page)
    assert equation_text(system.equations[-1], system) == "s_t = step(v_t) slope gamma * max(0, 1 - abs(v_t))"
    assert not system["gamma"].is_sequence
    assert [each.name for each in system.constants] == ["gamma"]


def test_equations_of_named_gradients_are_no_part_of_the_cell() -> None:
    cell = "$$h_t = \\tanh(W x_t + U h_{t-1})$$\n$$L = \\sum_t \\|h_t - y_t\\|^2$$\n"
    backward = "Let $\\delta_t = \\partial L/\\partial h_t$.\n"
    backward += "$$\\delta_t = 2 (h_t - y_t) + m_t$$\n$$m_{t-1} = U^\\top (\\delta_t \\odot (1 - h_t^2))$$\n"
    chain = "$$\\frac{\\partial L}{\\partial h_t}=\\delta_t=\\epsilon_t$$\n$$\\epsilon_t = 2 (h_t - y_t) + U^\\top \\delta_{t+1}$$\n"
    assert equations(cell + backward) == equations(cell)
    assert equations(cell + chain) == equations(cell)


def test_distribution_that_is_assumed_is_no_draw() -> None:
    page = "$$h_t = w + a r_{t-1}^2 + b h_{t-1}$$\nAssume normal returns, $r_t \\sim N(0, h_t)$.\n$$\\ell = \\sum_t (\\log h_t + r_t^2/h_t)$$\n"
    assert derive.read(page)["r"].shape == (1, 1)
    with pytest.raises(InputError, match="drawn"):
        derive.read(page.replace("Assume normal returns,", "Sample"))


def test_condition_in_words_alone_is_told() -> None:
    page = "$$h_t = a h_{t-1} + g I_{t-1} e_{t-1}^2$$\n$I_{t-1}$ is an indicator of bad news.\n"
    assert any("indicator" in each.text for each in derive.read(page).unused)


def test_convolution_is_named() -> None:
    with pytest.raises(InputError, match="convolution"):
        derive.read("h_t = tanh(conv(K, x_t) + h_{t-1})")


def test_exercise_defines_nothing() -> None:
    cell = "$$h_t = \\tanh(W x_t + U h_{t-1})$$\n\n"
    assert equations(cell + "1. (10 points) Let $U = c Q$ with $Q$ orthogonal. Show that gradients vanish.\n") == equations(cell)
