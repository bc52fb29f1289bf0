r"""Pages in the ways of authors: each is the system that the plain notation says beside it."""

from __future__ import annotations

import pytest

import derive
from derive.algebra import nodes
from derive.errors import NotationError, edited
from derive.notation import restate
from verify.report import report
from verify.subject import subject

RNN = "h_t = tanh(W x_t + U h_{t-1} + b)"
PAGES = {
    "times in brackets": ("h[t] = tanh(W @ x[t] + U @ h[t-1] + b)\ny[t] = V @ h[t]", f"{RNN}\ny_t = V h_t"),
    "times in parentheses": ("h(t) = tanh(W x(t) + U h(t-1) + b)", RNN),
    "labels and times in parentheses": ("h_a(t) = tanh(W x(t) + U h_a(t-2))", "h_{a,t} = tanh(W x_t + U h_{a,t-2})"),
    "times in parentheses, in LaTeX": (r"$$h(t) = \tanh(W x(t) + U h(t-1) + b)$$", RNN),
    "another letter": (r"$$h_n = \tanh(W x_n + U h_{n-1} + b)$$", RNN),
    "another letter above": (r"$$\mathbf{h}^{(k)} = \tanh(\mathbf{W}\mathbf{x}^{(k)} + \mathbf{U}\mathbf{h}^{(k-1)} + \mathbf{b})$$", RNN),
    "attention over i and j": (
        r"$$e_{ij} = v^\top \tanh(W s_{i-1} + U h_j)$$ $$\alpha_{ij} = \frac{\exp(e_{ij})}{\sum_{k=1}^{T_x} \exp(e_{ik})}$$"
        r"$$c_i = \sum_{j=1}^{T_x} \alpha_{ij} h_j$$ $$s_i = \tanh(A s_{i-1} + C c_i)$$",
        "e_{t,j} = v^T tanh(W s_{t-1} + U h_j)\nalpha_{t,j} = exp(e_{t,j}) / sum_k exp(e_{t,k})\nc_t = sum_j alpha_{t,j} h_j\n"
        "s_t = tanh(A s_{t-1} + C c_t)",
    ),
    "rows before weights": (
        r"$$\mathbf{H}_t = \tanh(\mathbf{X}_t \mathbf{W}_{xh} + \mathbf{H}_{t-1} \mathbf{W}_{hh} + \mathbf{b}_h)$$",
        "H_t = tanh(X_t W_xh + H_{t-1} W_hh + b_h)\nrow X, b_h",
    ),
    "columns side by side": (
        r"$$c_t = f_t c_{t-1} + i_t \tanh(W x_t)$$ $$f_t = \sigma(U x_t), \quad i_t = \sigma(V x_t)$$",
        "c_t = f_t ⊙ c_{t-1} + i_t ⊙ tanh(W x_t)\nf_t = sigmoid(U x_t)\ni_t = sigmoid(V x_t)\noutput c",
    ),
    "gates without a time": (
        "g = sigmoid(W x_t + b)\nh_t = g * h_{t-1} + (1 - g) * x_t",
        "g_t = sigmoid(W x_t + b)\nh_t = g_t * h_{t-1} + (1 - g_t) * x_t"),
    "a function told in prose": (
        "# Notes\n\n$$h_t = f(W x_t + U h_{t-1} + b)$$\n\nwhere $f$ is a nonlinearity, the tanh.", RNN),
    "a function told in Chinese": ("# 笔记\n\n$$h_t = f(W x_t + U h_{t-1} + b)$$\n\n其中 $f$ 通常是双曲正切函数。", RNN),
    "a matrix of equations beside an arrow": (
        r"$$\begin{cases} s_t = s_{t-1} + V x_t\\ z_t = z_{t-1} + x_t \end{cases} \qquad\Longrightarrow\qquad o_t = W s_t + U z_t$$",
        "s_t = s_{t-1} + V x_t\nz_t = z_{t-1} + x_t\no_t = W s_t + U z_t"),
    "a function in roman letters": (r"$$h_t = f(W x_t + U h_{t-1} + b)$$ 其中 $f(\cdot)$ 取 $\mathrm{tanh}$。", RNN),
    "a decimal comma": (r"$$h_t = 0{,}25 h_{t-1} + W x_t$$", "h_t = 0.25 * h_{t-1} + W x_t"),
    "a word behind an equation": ("h_t = h_{t-1} + W x_t        (facilitation)", "h_t = h_{t-1} + W x_t"),
    "a diagonal matrix before a dot": (
        r"$$h_t = \mathrm{diag}(A x_t) \cdot W h_{t-1}$$ where $\mathrm{diag}(v)$ is the diagonal matrix of $v$",
        "h_t = (A x_t) ⊙ (W h_{t-1})"),
    "a dot that is said to be one of vectors": (
        r"$$h_t = \tanh(W x_t + h_{t-1})$$ $$s_t = w \cdot \tanh(h_t)$$ with $w$ the weights (the dot is the usual scalar product)",
        "h_t = tanh(W x_t + h_{t-1})\ns_t = w^T tanh(h_t)"),
    "a length of a step beside another letter of time": (r"$$h_n = h_{n-1} + \Delta t\, W x_n$$", "h_t = h_{t-1} + dt * W x_t\nscalar dt"),
    "a target of a number": ("h_t = tanh(W x_t + U h_{t-1})\nE = sum_t (w^T h_t - d_t)^2\nloss E",
        "h_t = tanh(W x_t + U h_{t-1})\nE = sum_t (w^T h_t - d_t)^2\nloss E\nscalar d"),
    "numbers as code in a sentence": ("```\nh_t = mu * h_{t-1} + W x_t\n```\n- `mu = 0.9`（固定）", "h_t = mu * h_{t-1} + W x_t\nconstant mu = 0.9"),
    "all that are scalars": ("All signals are scalars.\n\n    h_t = k * h_{t-1} + q * x_t",
        "h_t = k * h_{t-1} + q * x_t\nscalar h, k, q, x"),
    "rectification by brackets": (r"$$h_t = h_{t-1} + [W x_t]_+$$", "h_t = h_{t-1} + relu(W x_t)"),
    "a norm with an index": ("k_t = x_t / ‖x_t‖₂\nh_t = h_{t-1} + k_t", "k_t = x_t / sqrt(sum(x_t^2))\nh_t = h_{t-1} + k_t"),
    "a number with a unit": (r"$$h_t = \alpha h_{t-1} + W x_t$$ with $\alpha = 0.5\,\mathrm{s}^{-1}$",
        "h_t = alpha * h_{t-1} + W x_t\nconstant alpha = 0.5"),
    "formulas of a wiki": (
        "$$h_t = f(W x_t + U h_{t-1} + b)$$\n\n* <math>f</math> is the [[hyperbolic tangent]].", RNN),
    "an oscillator before its steps": (
        r"$$\ddot{q} = -\dot{q} + f(t)$$ $$q_n = q_{n-1} + \Delta t\, W f_n$$", "q_t = q_{t-1} + dt * W f_t\nscalar dt"),
    "all scalars in parentheses": (
        "$$u_t = k u_{t-1} + r_t - y_t$$ The setpoint $r_t$ and the measurement $y_t$ give $u_t$ (all scalars).",
        "u_t = k * u_{t-1} + r_t - y_t\nscalar u, r, y, k"),
    "a case in a sentence": (
        "```\nh[t] = m[t] * h[t-1] + W @ x[t]\n```\n模块只有在时钟信号 `m[t] = 1` 时才保留。", "h_t = m_t ⊙ h_{t-1} + W x_t"),
    "a function that another is not": (
        r"$$h_t = \sigma(W x_t + U h_{t-1} + b)$$ 注意：这里的 $\sigma$ 不是 sigmoid，论文里用的是 ReLU。",
        "h_t = relu(W x_t + U h_{t-1} + b)"),
    "a capital that multiplies entries": ("y_t = C h_t + D ⊙ x_t\nh_t = A h_{t-1} + B x_t\noutput y",
        "y_t = C h_t + D ⊙ x_t\nh_t = A h_{t-1} + B x_t\noutput y\nvector D"),
    "a dot that is said to be one of matrices": (
        r"$$h_t = \tanh(W \cdot x_t + U \cdot h_{t-1} + b)$$ where $\cdot$ is the dot product", RNN),
    "values that are numbers between others": (
        r"$$h_t = \tanh(W x_t + U h_{t-1} + b)$$ The gate is soft: all values are numbers between 0 and 1.", RNN),
    "of which matrices it is said": (
        r"$$h_t = \tanh(W x_t + U h_{t-1} + b)$$ $x_t$ is the input; $W$ and $U$ act on it. They are matrices.", RNN),
    "gains that are scalars, and a state": (
        r"$$h_t = a h_{t-1} + b x_t$$ The state $h_t$ has gains $a$, $b$ (all scalars).", "h_t = a * h_{t-1} + b * x_t\nscalar a, b"),
    "both are scalars": ("The plant has one input u and one output y; both are scalars.\n\n    y_t = tanh(w^T [u_t; y_{t-1}])",
        "y_t = tanh(w^T [u_t; y_{t-1}])\nscalar u, y"),
    "raised letters of a size": ("h_t = tanh(W x_t + U h_{t-1})\n\nwhere xₜ ∈ ℝᵐ", "h_t = tanh(W x_t + U h_{t-1})"),
    "functions with labels": (
        "$$h_t = \\sigma_h(W x_t + U h_{t-1} + b)$$\n$$y_t = \\sigma_y(V h_t)$$\n\n"
        "- $\\sigma_h$: hyperbolic tangent.\n- $\\sigma_y$: sigmoid function.",
        f"{RNN}\ny_t = sigmoid(V h_t)",
    ),
    "a function in a line of prose": ("$$h_t = g(W x_t + U h_{t-1} + b)$$\n\nHere $g(z) = \\tanh(z)$ acts on each entry.", RNN),
    "two functions at once": (
        "$$h_t = g(W x_t + U h_{t-1} + b)$$ $$y_t = f(V h_t)$$\n\nwhere $g(z) = f(z) = \\tanh(z)$.", f"{RNN}\ny_t = tanh(V h_t)"),
    "two initial values": ("h_0 = c_0 = 0\nc_t = c_{t-1} + W x_t\nh_t = tanh(c_t + U h_{t-1})",
                           "h_0 = 0\nc_0 = 0\nc_t = c_{t-1} + W x_t\nh_t = tanh(c_t + U h_{t-1})"),
    "a loss of its arguments": (
        r"$$p_t = \mathrm{softmax}(Vx_t)$$ $$E_t(y_t, p_t) = -\operatorname{sum}(y_t \log p_t)$$"
        r"$$E(y, \hat{p}_t) = \sum_t E_t(y_t, p_t)$$",
        "p_t = softmax(V x_t)\nE_step_t = -sum(y_t * log(p_t))\nE = sum_t E_step_t",
    ),
    "a step size": (
        r"$$h_t = h_{t-1} + \Delta t (-h_{t-1} + \tanh(W x_t))$$ " "\n\nscalar dt",
        "h_t = h_{t-1} + dt * (-h_{t-1} + tanh(W x_t))\nscalar dt"),
    "an array": ("\\begin{array}{ll}\nz_t = \\sigma(W x_t) \\\\\nh_t = (1 - z_t) \\odot h_{(t-1)} + z_t \\odot x_t\n\\end{array}",
                 "z_t = sigmoid(W x_t)\nh_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ x_t"),
}  # fmt: skip


@pytest.mark.parametrize("case", PAGES)
def test_what_authors_write_is_read_as_they_mean_it(case):
    page, plain = PAGES[case]
    assert restate.page(derive.read(page)) == restate.page(derive.read(plain))


@pytest.mark.parametrize("page", ["y_t = w2' * tanh(W x_t)", "y_t = x_t' beta", r"$$y_t = w_2' \tanh(W x_t)$$"])
def test_a_prime_that_may_transpose_is_refused_with_both_readings(page):
    with pytest.raises(NotationError, match=r"may be .* transposed, or a name with a prime") as error:
        derive.read(page)
    turned, named = (derive.read(edited(page, each)).equations[0].right for each in error.value.remedies)
    assert turned.has(nodes.Transpose)
    assert not named.has(nodes.Transpose)


@pytest.mark.parametrize("page", ["h_t = W x_t + U' h'_{t-1}\nh'_t = V h_t\noutput h", "h_t = tanh(W' x_t + U' h_{t-1})"])
def test_a_prime_that_is_one_of_a_name_is_read(page):
    assert not any(equation.right.has(nodes.Transpose) for equation in derive.read(page).equations)


def test_thousands_and_decimals_with_a_comma_are_told_apart():
    with pytest.raises(NotationError, match=r"1\{,\}234 may be 1\.234 or 1234"):
        derive.read(r"$$h_t = 1{,}234 h_{t-1} + x_t$$")


def test_a_loss_that_words_alone_give_is_told():
    page = f"{RNN}\n\nThe loss is the cross-entropy between $y_t$ and the target."
    assert [(each.line, "no equation gives the loss" in each.advice) for each in derive.read(page).unused] == [(3, True)]
    assert not derive.read(f"{RNN}\nL = sum_t sum(h_t)\nloss L\n\nThe loss is the cross-entropy.").unused


def test_what_stands_behind_a_second_equals_sign_is_not_passed_over():
    for page in (r"$$h_t = \tanh(W x_t) = x_t$$", "h_t = tanh(W x_t) = x_t"):
        with pytest.raises(derive.InputError, match="two equations stand in one; split it"):
            derive.read(page)


def test_the_last_variable_is_asked_for_or_those_that_nothing_needs():
    assert derive.read("h_t = tanh(W x_t + U h_{t-1})\ny_t = V h_t").outputs == ("y",)
    assert derive.read("h_t = g_t * h_{t-1} + W x_t\ng_t = sigmoid(V x_t)").outputs == ("h",)
    assert derive.read("y_t = V h_t\nz_t = R h_t\nh_t = tanh(W x_t + U h_{t-1})").outputs == ("y", "z")


def test_a_product_of_columns_is_no_product_written_with_at():
    with pytest.raises(derive.InputError, match="no matrix product"):
        derive.read("c_t = f_t @ c_{t-1} + x_t\nf_t = sigmoid(W x_t)")


@pytest.mark.full
def test_causal_attention_with_as_many_columns_as_steps_holds():
    """The columns of keys and values of all steps are picked at each step, of a matrix that differs from step to step."""
    page = """k_t = W_k x_t
    e_{t,j} = (W_q x_t)^T k_j
    a_{t,j} = softmax_{j<=t}(e_{t,j})
    o_t = sum_{j<=t} a_{t,j} k_j"""
    assert report(subject(derive.bptt(derive.read(page)))).holds
