"""What papers and lecture notes write in several ways is read in one: each page here means the plain page beside it."""

from __future__ import annotations

import numpy as np
import pytest

import derive
from derive.errors import InputError
from derive.notation.write import equation_text
from tests.derive.program.emitted import Trial


def told(page: str) -> list[str]:
    system = derive.read(page)
    return [*(equation_text(each, system) for each in system), f"output {', '.join(system.outputs)}"]


RNN = "h_t = tanh(W x_t + U h_{t-1})"
ALIKE = {
    "the time in parentheses": ("h(t) = tanh(W x(t) + U h(t - 1))", RNN),
    "the time in brackets": ("h[t] = tanh(W x[t] + U h[t-1])", RNN),
    "the time in parentheses, in LaTeX": (r"$$h(t) = \tanh(W \mathbf{x}(t) + U h[t-1])$$", RNN),
    "below the line": ("hₜ = tanh(W xₜ + U hₜ₋₁)", RNN),
    "labels below the line": ("h₁ₜ = tanh(W₁ xₜ + U h₁ₜ₋₁)", "h_{1,t} = tanh(W_1 x_t + U h_{1,t-1})"),
    "signs of full width": ("$$h_t ＝ \\tanh（W x_t ＋ U h_{t－1}）。$$", RNN),
    "a letter with an accent behind it": ("c̃_t = W x_t\nh_t = c̃_t", "c_tilde_t = W x_t\nh_t = c_tilde_t"),
    "numbered lines": ("(1) h_t = tanh(W x_t + U h_{t-1})\n(2) y_t = V h_t", f"{RNN}\ny_t = V h_t"),
    "numbers behind lines": ("h_t = tanh(W x_t + U h_{t-1})    (6.1)", RNN),
    "another letter": ("x_{k+1} = A x_k + B u_k\ny_k = C x_k", "x_{t+1} = A x_t + B u_t\ny_t = C x_t"),
    "another letter beside a second index": (
        r"$$e_{ij} = v^\top \tanh(W s_{i-1} + U h_j)$$ $$c_i = \sum_j e_{ij} h_j$$ $$s_i = \tanh(A c_i)$$",
        "e_{t,j} = v^T tanh(W s_{t-1} + U h_j)\nc_t = sum_j e_{t,j} h_j\ns_t = tanh(A c_t)",
    ),
    "a function named in prose": (r"$$h_t = g(W x_t + U h_{t-1})$$ with $g(z) = \tanh(z)$.", RNN),
    "two functions named at once": (
        "$$h_t = g(W x_t + U f(h_{t-1}))$$ with $f(z) = g(z) = \\tanh(z)$",
        "h_t = tanh(W x_t + U tanh(h_{t-1}))",
    ),
    "a function that is another one": (r"$$h_t = \sigma_h(W x_t + U h_{t-1})$$ where $\sigma_h = \tanh$", RNN),
    "a function that is another one, plain": ("φ = tanh\nh_t = φ(W x_t + U h_{t-1})", RNN),
    "a function of values": (
        r"$$e_{tj} = a(s_{t-1}, h_j)$$ $$s_t = \sum_j e_{tj} h_j$$ with $a(s_{t-1}, h_j) = s_{t-1}^\top W h_j$",
        "e_{t,j} = s_{t-1}^T (W h_j)\ns_t = sum_j e_{t,j} h_j",
    ),
    "a second index in parentheses": (
        r"$$a_t(s) = q_t^\top k_s$$ $$y_t = \sum_s a_t(s) v_s$$",
        "a_{t,s} = q_t^T k_s\ny_t = sum_s a_{t,s} v_s",
    ),
    "a primed index": (
        r"$$a_{t,s} = \exp(q_t^\top k_s) / \sum_{s'} \exp(q_t^\top k_{s'})$$ $$y_t = \sum_s a_{t,s} v_s$$",
        "a_{t,s} = exp(q_t^T k_s) / sum_r exp(q_t^T k_r)\ny_t = sum_s a_{t,s} v_s",
    ),
    "a value without its index": ("g = σ(W x_t)\nh_t = g * h_{t-1}", "g_t = σ(W x_t)\nh_t = g_t * h_{t-1}"),
    "gates side by side with states": (
        "f_t = σ(W x_t)\nc_t = f_t c_{t-1} + f_t tanh(x_t)",
        "f_t = σ(W x_t)\nc_t = f_t * c_{t-1} + f_t * tanh(x_t)",
    ),
    "rows": ("H_t = tanh(X_t W_x + H_{t-1} W_h + b)", "H_t = tanh(X_t W_x + H_{t-1} W_h + b)\nrow X, b"),
    "a column of functions": (
        r"$$\begin{pmatrix} i \\ f \\ g \end{pmatrix} = \begin{pmatrix} \sigma \\ \sigma \\ \tanh \end{pmatrix} W [h_{t-1}; x_t]$$"
        r"$$h_t = f \odot h_{t-1} + i \odot g$$",
        "ifg_t = W [h_{t-1}; x_t]\ni_t = σ(ifg_t[0:n_i])\nf_t = σ(ifg_t[n_i:2 n_i])\ng_t = tanh(ifg_t[2 n_i:3 n_i])\nh_t = f_t ⊙ h_{t-1} + i_t ⊙ g_t",
    ),
    "one function of blocks": (
        "[r_t; z_t] = σ(W x_t + U h_{t-1})\nh_t = z_t * h_{t-1} + r_t",
        "rz_t = W x_t + U h_{t-1}\nr_t = σ(rz_t[0:n_r])\nz_t = σ(rz_t[n_r:2 n_r])\nh_t = z_t * h_{t-1} + r_t",
    ),
    "the layer below": (r"$$h^{l}_t = \tanh(W h_t^{l-1} + U h^l_{t-1})$$", "h_{l,t} = tanh(W h_{l_minus_1,t} + U h_{l,t-1})"),
    "a gate of that name": ("T_t = σ(W x_t)\nh_t = T_t * h_{t-1}", "T_v_t = σ(W x_t)\nh_t = T_v_t * h_{t-1}"),
    "a value as exponent": (r"$$h_t = \alpha^{r_t} \odot h_{t-1}$$", "h_t = exp(r_t * log(alpha)) ⊙ h_{t-1}"),
    "a sum over entries": (
        r"$$p_t = \mathrm{softmax}(W x_t)$$ $$L_t = -\sum_i y_{t,i} \log p_{t,i}$$",
        "p_t = softmax(W x_t)\nL_t = -sum(y_t * log(p_t))",
    ),
    "a total of that name": ("E_t = dot(x_t, W x_t)\nE = sum_t E_t", "E_step_t = dot(x_t, W x_t)\nE = sum_t E_step_t"),
    "a loss of its operands": (
        r"$$y_t = W x_t$$ $$E_t(y_t, d_t) = \|y_t - d_t\|^2$$ $$J(W) = \sum_t E_t(y_t, d_t)$$",
        "y_t = W x_t\nE_t = norm(y_t - d_t)^2\nJ = sum_t E_t",
    ),
    "a column for a number": ("s_t = v^T x_t\nh_t = U h_{t-1} + u s_t", "s_t = v^T x_t\nh_t = U h_{t-1} + u * s_t"),
}


@pytest.mark.parametrize("name", ALIKE)
def test_both_pages_mean_the_same(name):
    typed, plain = ALIKE[name]
    assert told(typed) == told(plain)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("sqrt(2) * x_t", "sqrt(2) * x_t"),
        ("sqrt(2) x_t", "sqrt(2) * x_t"),
        ("sqrt (2) ⊙ x_t", "sqrt(2) * x_t"),
        ("x_t * sqrt(2)", "x_t * sqrt(2)"),
        ("2 * sqrt(2) * x_t", "2 * sqrt(2) * x_t"),
        ("sqrt(2) / 2 * x_t", "sqrt(2) / 2 * x_t"),
        ("x_t / sqrt(2) + b", "x_t / sqrt(2) + b"),
        ("exp(1) * W x_t", "exp(1) * (W x_t)"),
        ("σ(0) * x_t + b", "sigmoid(0) * x_t + b"),
        ("(2) x_t", "2 * x_t"),
        ("x_t / (2) + b", "x_t / 2 + b"),
        ("W (2) x_t", "W (2 * x_t)"),
    ],
)
def test_a_number_in_parentheses_within_an_equation_is_not_the_number_of_the_equation(written, read):
    for line in (f"h_t = {written}", f"(1) h_t = {written}", f"h_t = {written}   (2.1a)"):
        assert told(line) == [f"h_t = {read}", "output h"]


def test_the_emitted_code_multiplies_by_a_function_of_a_number():
    trial = Trial("h_t = sqrt(2) * x_t / exp(1)")
    np.testing.assert_allclose(trial.forward()[0]["h"], np.sqrt(2) / np.e * trial.inputs["x"], rtol=1e-14)


def test_the_output_is_what_no_other_variable_reads():
    assert derive.read("h_t = o_t * tanh(x_t + h_{t-1})\no_t = σ(W x_t)").outputs == ("h",)
    assert derive.read("h_t = tanh(x_t + h_{t-1})\ny_t = V h_t\nz_t = W h_t").outputs == ("z",)


def test_prose_that_begins_with_a_formula_is_no_code():
    page = "$$h_t = \\tanh(W x_t)$$\n\n$t = 1$ to $t = 3$, we apply it.\n"
    assert told(page) == ["h_t = tanh(W x_t)", "output h"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("h_t = W x_t + U h_t-1", "line 1, column 18: _t-1 has two readings; write _{t-1}"),
        (r"$$\mu_t = \frac{2}{H} \sum_{i=1}^{H} a_{t,i}$$", "H is the end of a sum and a number; the mean of all entries"),
    ],
)
def test_what_has_two_readings_is_refused(page, expected):
    with pytest.raises(InputError) as error:
        derive.read(page)
    assert expected in str(error.value)
