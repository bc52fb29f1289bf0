"""What a page shows beside its cell: other models, gradients, what training finds; and what it says of slopes, sums, clocks and first values."""

from __future__ import annotations

import pytest

import derive
from derive.errors import InputError
from derive.notation.write import equation_text
from derive.system import Boundary, Role


def equations(page: str) -> list[str]:
    system = derive.read(page)
    return [equation_text(each, system) for each in system.equations]


def told(page: str) -> str:
    return " ".join(f"{each.text} {each.advice}" for each in derive.read(page).unused)


GATED = "$$h_t = (1 - z_t) \\odot h_{t-1} + z_t \\odot \\tanh(W x_t)$$\n$$z_t = \\sigma(V x_t)$$\n"
PLAIN = "$$h_t = \\tanh(A x_t + B h_{t-1})$$\n"


@pytest.mark.parametrize(
    "page",
    [
        f"A plain RNN has\n{PLAIN}\nOurs differs in its gate:\n{GATED}",
        f"Recall the standard network of section 2,\n{PLAIN}\nwhile we propose\n{GATED}",
        f"标准的循环网络为\n{PLAIN}\n不同之处在于门：\n{GATED}",
        f"We use\n{GATED}\nFor reference, the simple network reads\n{PLAIN}",
        f"The cell is\n{GATED}\nSome authors have in its place\n{PLAIN}",
    ],
)
def test_equation_of_another_model_is_passed_over_with_a_word(page: str) -> None:
    assert not any("A x_t" in each for each in equations(page))
    assert len(equations(page)) == 2
    assert "another model" in told(page)


def test_what_only_the_other_model_reads_goes_with_it() -> None:
    page = f"The usual network is\n$$a_t = A x_t + B h_{{t-1}}$$\n$$h_t = \\tanh(a_t)$$\n\nInstead, we have\n{GATED}"
    assert len(equations(page)) == 2


def test_two_models_without_a_word_are_refused() -> None:
    with pytest.raises(InputError, match="defined a second time"):
        derive.read(f"{PLAIN}\nand so on\n\n{GATED}")


def test_same_value_multiplied_out_counts_once() -> None:
    page = "S_t = S_{t-1} + beta_t (v_t - S_{t-1} k_t) k_t^T\nS_t = S_{t-1} (I - beta_t k_t k_t^T) + beta_t v_t k_t^T\ny_t = S_t q_t\n"
    page += "matrix S\nscalar beta"
    assert len(equations(page)) == 2


@pytest.mark.parametrize(
    "second", ["S_t = S_{t-1} (I - beta_t k_t k_t^T) - beta_t v_t k_t^T", "S_t = S_{t-1} (I - k_t k_t^T) + beta_t v_t k_t^T"]
)
def test_another_value_multiplied_out_is_refused(second: str) -> None:
    with pytest.raises(InputError, match="second time"):
        derive.read(f"matrix S\nscalar beta\nS_t = S_{{t-1}} + beta_t (v_t - S_{{t-1}} k_t) k_t^T\n{second}\ny_t = S_t q_t")


LOSS = "$$h_t = \\tanh(U x_t + W h_{t-1})$$\n$$p_t = \\mathrm{softmax}(V h_t)$$\nThe loss is\n$$L = -\\sum_t y_t^\\top \\log p_t$$\n"


@pytest.mark.parametrize(
    "gradients",
    [
        "## Backward\n$$dp_t = y_t$$\n$$dh_t = V^\\top e_t + W^\\top dh_{t+1}$$\n$$e_t = p_t - y_t$$\n$$dV = \\sum_t e_t h_t^\\top$$",
        "Gradients:\n$$\\delta h_t = V^\\top (p_t - y_t)$$\n$$\\delta V = \\sum_t (p_t - y_t) h_t^\\top$$",
        "Then\n$$\\frac{dL}{dV} = \\sum_t (p_t - y_t) h_t^\\top$$",
        "$$\\frac{\\partial L}{\\partial o_t} = p_t - y_t, \\qquad \\delta_t = (1 - h_t^2) \\odot (V^\\top (p_t - y_t) + W^\\top \\delta_{t+1})$$\n"
        "$$\\delta_{T+1} = 0, \\qquad \\frac{\\partial L}{\\partial W} = \\sum_t \\delta_t h_{t-1}^\\top$$",
    ],
)
def test_gradients_beside_a_cell_are_none_of_it(gradients: str) -> None:
    assert equations(f"{LOSS}\n{gradients}") == equations(LOSS)
    assert derive.read(f"{LOSS}\n{gradients}").loss == "L"


def test_derivative_by_a_name_of_its_own_is_none_of_the_cell() -> None:
    page = (
        "    y(n) = a y(n-1) + b u(n)\n    J = 1/2 sum_n (d(n) - y(n))^2\n\n"
        "Gradient. Writing s(n) = dy(n)/da,\n\n    s(n) = y(n-1) + a s(n-1)\n\nAll signals are scalar."
    )
    assert not any(each.startswith("s_t") for each in equations(page))


def test_backward_direction_is_no_gradient() -> None:
    page = "## Backward layer\n$$f_t = \\tanh(A x_t + B f_{t-1})$$\n$$g_t = \\tanh(C x_t + D g_{t+1})$$\n$$y_t = F f_t + G g_t$$"
    assert len(equations(page)) == 3


def test_step_size_is_no_gradient() -> None:
    assert len(equations("$$x_t = x_{t-1} + dt \\cdot (A x_{t-1} + B u_t)$$\n$$dt = 0.1$$\n$$y_t = C x_t$$")) == 2


@pytest.mark.parametrize("lead", ["It has a closed form solution,", "有闭式解：", "In ridge regression"])
def test_what_training_finds_defines_nothing(lead: str) -> None:
    page = f"$$x_t = \\tanh(W x_{{t-1}} + V u_t)$$\n$$y_t = W_o x_t$$\n{lead} $W_o = D X^\\top (X X^\\top)^{{-1}}$."
    assert len(equations(page)) == 2
    assert derive.read(page)["W_o"].role is Role.PARAMETER


RESIDUAL = "All values are scalars.\n\n$$r_t = \\mu + e_t$$\n$$h_t = \\omega + \\alpha e_{t-1}^2 + \\beta h_{t-1}$$\nThe loss is\n"


def test_model_of_what_is_observed_is_solved_for_its_residual() -> None:
    page = f"{RESIDUAL}$$L = \\sum_t (\\log h_t + e_t^2 / h_t)$$"
    assert equations(page)[0] == "e_t = -mu + r_t"
    assert derive.read(page)["r"].role is Role.INPUT
    assert "observed" in told(page)


def test_residual_connection_stays() -> None:
    page = "$$h_t = \\tanh(W x_t + U h_{t-1})$$\n$$y_t = x_t + h_t$$\nThe loss is\n$$L = \\sum_t \\|y_t - d_t\\|^2$$"
    assert equations(page)[1] == "y_t = x_t + h_t"


def test_function_of_parameters_that_is_a_loss_has_its_calls_read() -> None:
    page = "All values are scalars.\n\n$$h_t = w h_{t-1} + x_t$$\n$$L(w) = \\sum_t (\\log h_t + x_t^2 / h_t)$$\nminimise $L$."
    assert equations(page)[-1] == "L = sum_t (log(h_t) + x_t^2 / h_t)"
    assert "log" not in derive.read(page).variables


SPIKES = "v[t] = 0.9 * v[t-1] + W x[t]\n"


@pytest.mark.parametrize(
    "page",
    [
        f"{SPIKES}s[t] = H(v[t] - 1)\nH is the Heaviside function.\nH'(u) ~ 1 / (1 + 10 * |u|)^2",
        f"{SPIKES}u[t] = v[t] - 1\ns[t] = 1 if u[t] > 0 else 0\nds/du := 1 / (1 + 10 * |u|)^2",
        f"{SPIKES}u[t] = v[t] - 1\ns[t] = step(u[t])\nds/du -> 1 / (1 + 10 * |u|)^2",
        "$$v_t = 0.9 v_{t-1} + W x_t$$\n$$s_t = H(v_t - 1)$$\n$H$ is the Heaviside function; in the backward pass we replace $H'$ by "
        "$1 / (1 + 10 |v|)^2$.",
    ],
)
def test_slope_in_its_spellings(page: str) -> None:
    assert "slope" in equations(page)[-1]
    assert "10" in equations(page)[-1]
    assert not any("du" in each for each in derive.read(page).variables)


def test_formula_that_replaces_something_else_is_no_slope() -> None:
    page = "$$v_t = 0.9 v_{t-1} + W x_t$$\n$$s_t = H(v_t - 1)$$\n$H$ is the Heaviside function. The output could be $|v_t|$ instead."
    assert "slope" not in " ".join(equations(page))


def test_bare_sum_is_over_all_steps() -> None:
    page = "x(k) = A x(k-1) + B u(k)\ny(k) = C x(k)\nJ = 1/2 Σ e(k)' R^-1 e(k)\ne(k) = d(k) - y(k)\nminimise J"
    assert equations(page)[-2] == "J = 1/2 * (sum_t e_t^T solve(R, e_t))"


def test_sigma_that_is_a_matrix_stays() -> None:
    assert "Σ" in derive.read("x_t = tanh(Σ x_{t-1} + u_t)\nJ = sum_t x_t^T Σ^-1 x_t\nloss J").variables


@pytest.mark.parametrize(
    ("words", "boundary"),
    [
        ("The network is at rest before the first step.", Boundary.ZERO),
        ("h is cleared to zero on wake-up and NOT between frames.", Boundary.ZERO),
        ("The left-to-right one starts with the zero vector.", Boundary.ZERO),
        ("h(0)=0", Boundary.ZERO),
        ("h(0) is a zero vector.", Boundary.ZERO),
        ("h_0 = O", Boundary.ZERO),
        ("初始时上下文单元置零。", Boundary.ZERO),
        ("The initial state h_0 is not a fixed zero vector but a parameter that is learned with the weights.", Boundary.PARAMETER),
        ("The row before the first hour is a trainable parameter.", Boundary.PARAMETER),
        ("h_0 我是当参数学的,因为每个被试不一样。", Boundary.PARAMETER),
        ("初期状態 h_0 も重みと一緒に学習している。", Boundary.PARAMETER),
        ("h_0 不清零,接着上一个批次的用。", Boundary.GIVEN),
        ("The input starts with a zero token.", Boundary.GIVEN),
    ],
)
def test_first_values(words: str, boundary: Boundary) -> None:
    assert derive.read(f"h_t = tanh(W x_t + U h_{{t-1}} + b)\n\n{words}\n")["h"].boundary is boundary


@pytest.mark.parametrize(
    "words",
    [
        "For $\\beta = 0$ it is the simple one.",
        "With $\\beta = 0$ and $W = 0$ you get a copy.",
        "(b) (4 p.) Let $\\beta = 0$.",
        "Show that it is stable for $\\beta=0$.",
    ],
)
def test_number_of_a_case_is_none_of_the_cell(words: str) -> None:
    assert derive.read(f"$$h_t = \\beta h_{{t-1}} + W x_t$$\n{words}")["beta"].role is Role.PARAMETER


def test_initial_bias_is_no_constant() -> None:
    page = "$$f_t = \\sigma(W x_t + b_f)$$\n$$h_t = f_t \\odot h_{t-1} + x_t$$\nThe initial forget bias $b_f = 1$ helps."
    assert derive.read(page)["b_f"].role is Role.PARAMETER


@pytest.mark.parametrize(
    ("words", "is_constant"),
    [("With $R = 1$ you sit at the edge.", False), ("all ten runs succeed with $b = 1$.", False), ("We use $a = 0.5$.", True)],
)
def test_weights_that_are_one_in_a_sentence_stay_parameters(words: str, is_constant: bool) -> None:
    system = derive.read(f"$$h_t = \\tanh(W x_t + a R h_{{t-1}} + b)$$\n\n{words}")
    assert system[words.split("$")[1][0]].role is (Role.CONSTANT if is_constant else Role.PARAMETER)


def test_number_that_nothing_reads_is_no_output() -> None:
    assert derive.read("$$h_t = \\tanh(W x_t + U h_{t-1}), \\qquad N = 7200$$").outputs == ("h",)


def test_loss_is_all_that_is_asked_for() -> None:
    page = f"{LOSS}\nThe output of the network is $p_t$."
    assert derive.read(page).outputs == ("L",)


def test_perplexity_is_not_the_loss() -> None:
    assert derive.read(f"{LOSS}\nWe report $\\mathrm{{PPL}} = \\exp(L / T)$.").outputs == ("L",)


def test_shifted_data_are_given() -> None:
    assert derive.read(f"{LOSS}\nThe target is $y_t = x_{{t+1}}$.")["y"].role is Role.INPUT


def test_total_that_compares_is_a_loss_by_its_form() -> None:
    page = "$$h_t = \\tanh(U x_t + W h_{t-1})$$\nClassify by $p = \\mathrm{softmax}(V h_T)$, with $L = -\\sum_k y_k \\log p_k$."
    assert derive.read(page).loss == "L"
    assert derive.read(page)["y"].role is Role.INPUT


@pytest.mark.parametrize("when", ["if $t$ is a multiple of $4$", "if $4$ divides $t$", "$t$ 能被 4 整除"])
def test_clock_in_words_in_cases(when: str) -> None:
    page = f"$$s_t = \\begin{{cases}} \\tanh(W x_t) & \\text{{{when}}} \\\\ s_{{t-1}} & \\text{{otherwise}} \\end{{cases}}$$"
    assert "every(t, 4)" in equations(page)[0]


def test_odd_steps() -> None:
    page = "$$s_t = \\begin{cases} \\tanh(W x_t) & \\text{if $t$ is odd} \\\\ s_{t-1} & \\text{otherwise} \\end{cases}$$"
    assert equations(page)[0].startswith("s_t = (1 - every(t, 2))")


def test_half_width_punctuation_ends_chinese_clauses() -> None:
    page = "$$h_t = a \\odot h_{t-1} + W x_t$$\n$a$ 是向量,$W$ 是矩阵;$h_0$ 为零,$x_t$ 是输入."
    assert derive.read(page)["h"].boundary is Boundary.ZERO
    assert derive.read(page)["a"].shape[1] == 1


def test_what_is_said_in_vain_is_shown_as_it_stands(tmp_path, capsys) -> None:  # type: ignore[no-untyped-def]
    from typer.testing import CliRunner

    from bptt.command_line import app

    page = tmp_path / "page.md"
    page.write_text("$$h_t = a h_{t-1} + x_t$$\n\nThe matrix $a\\in\\mathbb Q^{d}$ is a scalar matrix.\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["read", str(page)])
    assert result.exception is None


def test_matrices_do_not_change_places() -> None:
    with pytest.raises(InputError, match="second time"):
        derive.read("matrix S, A, V\nS_t = S_{t-1} A + V\nS_t = A S_{t-1} + V")


def test_difference_of_what_the_loss_compares_is_not_turned_round() -> None:
    page = f"{LOSS}$$e_t = y_t - p_t$$"
    assert "e_t = -p_t + y_t" in equations(page) or "e_t = y_t - p_t" in equations(page)
    assert derive.read(page)["y"].role is Role.INPUT


def test_threshold_that_counts_itself_is_no_step_with_a_slope() -> None:
    page = f"{SPIKES}u[t] = v[t] - 1\ns[t] = 1 if u[t] >= 0 else 0\nds/du := 1 / (1 + 10 * |u|)^2"
    with pytest.raises(InputError, match="case"):
        derive.read(page)


def test_prediction_that_gradients_alone_read_stays() -> None:
    page = (
        "$$h_t = \\tanh(U x_t + W h_{t-1})$$\n$$q_t = V h_t$$\n\n## Gradients\n"
        "$$\\frac{\\partial L}{\\partial V} = \\sum_t (q_t - y_t) h_t^\\top$$"
    )
    assert [each.name for each in derive.read(page).equations] == ["h", "q"]


def test_loss_before_the_last_equation_is_all_that_is_asked_for() -> None:
    assert derive.read("h_t = tanh(W x_t + U h_{t-1})\nL = sum_t (h_t - d_t)^2\ng_t = tanh(h_t)\n\nThe loss is L.").outputs == ("L",)


def test_inputs_that_are_read_ahead_are_not_learned() -> None:
    page = "h_t = tanh(W x_t + U h_{t-1})\nL = sum_t sum((h_t - x_{t+1})^2)\nloss L\n\nThe initial states are learned.\n"
    assert derive.read(page)["h"].boundary is Boundary.PARAMETER
    assert derive.read(page)["x"].boundary is Boundary.ZERO


def test_sigma_beside_its_inverse_is_no_sum() -> None:
    page = "matrix Σ\nx_t = tanh(Σ^-1 x_{t-1} + u_t)\nJ = sum_t x_t^T x_t\nm = Σ x_t\nloss J"
    assert "Σ" in derive.read(page).variables
    assert not any("sum_t x_t" in each for each in equations(page) if each.startswith("m"))


@pytest.mark.parametrize(
    "beside",
    [
        r"$$g \leftarrow \frac{\theta}{\max(\theta, \|g\|)}\, g$$",
        r"$$U h_{t-1} = \sum_{\tau<t} \lambda^{t-1-\tau} q_\tau (k_\tau^\top h_{t-1})$$",
    ],
    ids=["a step of training", "what follows for a product"],
)
def test_what_defines_no_value_of_the_cell_is_told_and_passed_over(beside):
    system = derive.read("$$h_t = \\tanh(W x_t + U h_{t-1})$$\n\nThen\n\n" + beside)
    assert [str(each.name) for each in system.equations] == ["h"]
    assert [each.line for each in system.unused] == [5]


def test_what_gives_a_value_that_nothing_else_gives_is_not_passed_over():
    page = "$$h_t = \\tanh(W x_t + U h_{t-1} + z_t)$$\n\n$$h_t + z_t = \\sum_{\\tau<t} \\lambda^{t-1-\\tau} q_\\tau$$"
    with pytest.raises(InputError):
        derive.read(page)


def test_a_value_in_parentheses_behind_the_last_step_is_a_boundary():
    system = derive.read(r"$$h(t) = \tanh(W h(t+1) + U x(t)), \qquad h(T+1) = 0$$")
    assert system["h"].boundary is Boundary.ZERO


def test_an_index_with_a_prime_takes_no_label_of_the_page():
    system = derive.read(
        "$$e_{t,k} = q_t^\\top m_k, \\qquad a_{t,k} = \\frac{\\exp e_{t,k}}{\\sum_{k' \\le t} \\exp e_{t,k'}} \\quad (k \\le t)$$\n"
        "$$\\hat y_t = \\mathrm{softmax}(W_r r_t + W_a q_t + b_a)$$"
    )
    assert [str(each) for each in system["W_r"].shape] == ["n_y_hat", "n_r"]


@pytest.mark.parametrize(("also", "role"), [("", Role.INPUT), (" + d", Role.PARAMETER)])
def test_what_a_loss_compares_with_is_a_target_unless_something_else_reads_it(also: str, role: Role):
    assert derive.read(f"h_t = tanh(W x_t + U h_{{t-1}}{also})\nL = sum((h_T - d)^2)\nloss L")["d"].role is role


def test_letters_below_one_name_are_a_step_and_an_entry_in_a_sum_over_entries():
    assert equations("h_t = tanh(W x_t + U h_{t-1})\np_t = softmax(V h_t)\nThe loss is\n\n    L = - sum_t sum_j y_tj log p_tj\n")[-1] == (
        "L = -sum_t sum(y_t * log(p_t))"
    )


def test_a_bias_of_a_value_that_is_called_like_a_loss_is_no_target():
    system = derive.read("C_tilde_t = tanh(W x_t + U h_{t-1} + b_C)\nh_t = C_tilde_t * h_{t-1}")
    assert system["b_C"].role is Role.PARAMETER


def test_weights_that_a_sentence_of_comparison_leaves_out_stay():
    system = derive.read("$$h_t = \\tanh(W x_t + V h_{t-1})$$\n\nBeside the network without feedback ($V=0$) it gains nine points.")
    assert system["V"].role is Role.PARAMETER
    assert [str(each) for each in system["V"].shape] == ["n_h", "n_h"]


def test_a_voltage_that_is_one_stays_a_number():
    system = derive.read("$$h_t = \\tanh(W x_t + U h_{t-1} - V_{th})$$\n\n阈值取 $V_{th} = 1$。")
    assert [equation_text(each, system) for each in system.equations][-1] == "h_t = tanh(W x_t + U h_{t-1} - V_th)"
    assert system["V_th"].shape == (1, 1)


def test_states_before_the_first_word_and_behind_the_last_are_zero():
    system = derive.read(
        "$$f_t = \\tanh(W x_t + U f_{t-1})$$\n$$g_t = \\tanh(V x_t + R g_{t+1})$$\n$$y_t = M[f_t; g_t]$$\n\n句首之前與句尾之後的狀態皆設為零向量。"
    )
    assert system["f"].boundary is system["g"].boundary is Boundary.ZERO


def test_a_displayed_draw_is_told():
    assert "drawn at random is given from outside" in told("$$h_t = \\tanh(W h_{t-1} + e_t), \\qquad e_t \\sim \\mathcal N(0, I)$$")


def test_a_norm_is_squared_by_a_raised_two_behind_a_space():
    page = "    h_t = tanh(W x_t + R h_{t-1})\n    E = Σ_t || d(t) - h(t) ||²\n"
    assert equations(page)[-1] == "E = sum_t sum((d_t - h_t)^2)"


def test_a_word_that_is_set_wide_is_no_factor():
    assert equations("   輸入閘　i(t) = σ(W x(t) + R y(t-1))\n   輸　出　y(t) = i(t) ⊙ tanh(y(t-1))")[-1] == "y_t = i_t * tanh(y_{t-1})"
