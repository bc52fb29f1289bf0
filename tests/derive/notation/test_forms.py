r"""Forms that authors give their equations: each says what the plain notation says beside it, or is refused with what to write instead."""

from __future__ import annotations

import pytest

import derive
from derive.notation import restate
from derive.notation.latex import cases as latex_cases
from derive.notation.latex import parser as latex
from derive.notation.plain import parser as plain
from derive.notation.plainly import plainly
from derive.notation.written import Wrong

# One formula

LATEX = {
    r"\underbrace{f_t \odot c_{t-1}}_{\text{keep (old) $x$}} + \overbrace{i_t}^{\text{new}}": "f_t ⊙ c_{t-1} + i_t",
    r"\underbrace{X}_{d \times n} h_t + \underbrace{W h_t}_{\in \mathbb{R}^n}": "X h_t + W h_t",
    r"W [h_{t-1} | x_t] + W [h_{t-1} \mid x_t] + W [h_{t-1} \,\|\, x_t] + W [h_{t-1} \Vert x_t]":
        "W [h_{t-1}; x_t] + W [h_{t-1}; x_t] + W [h_{t-1}; x_t] + W [h_{t-1}; x_t]",
    r"|a_t| |b_t| + [|a_t|; b_t] + \|x_t\|_1": "abs(a_t) abs(b_t) + [abs(a_t); b_t] + sum(abs(x_t))",
    r"s^{(t-1)\top} + W^{(2)\top} + W^{(l)T} + M^{\top(t)} + {h^{(t)}}^\top": "s_{t-1}^T + W_2^T + W_l^T + M_t^T + h_t^T",
    r"x_{t|t-1} + x_{t \mid t} + \hat{P}_{t-1|t-2} + x_{t-1|t-1}": "x_{prior,t} + x_t + P_hat_{prior,t-1} + x_{t-1}",
    r"a^{[2]\langle t \rangle} + a^{[l]<t-1>} + W^{[1]}": "a_{2,t} + a_{l,t-1} + W_1",
    r"\log \sum \exp(x_t) + \log\sum\exp x_t + \mathrm{LogSumExp}(x_t)": "logsumexp(x_t) + logsumexp(x_t) + logsumexp(x_t)",
    r"\operatorname{Diag}(a) x_t + \mathrm{diag}(a) x_t + \arctan(x_t)": "diag(a) x_t + diag(a) x_t + arctan(x_t)",
    r"\mathrm{logsigmoid}(x_t) + \operatorname{expm1}(x_t) + \mathrm{softsign}(x_t)": "logsigmoid(x_t) + expm1(x_t) + softsign(x_t)",
    r"x_t^- + x_t^{+}": "x_{minus,t} + x_{plus,t}",
    r"1/\sqrt{d} W h_t + 1/\tau (V h_t) + a/b\, x_t": "(1 / sqrt(d)) W h_t + (1 / tau) (V h_t) + (a / b) x_t",
}  # fmt: skip
PLAIN = {
    "np.tanh(np.dot(Wxh, x[t]) + Whh @ h[t-1])": "tanh((Wxh @ x_t) + Whh @ h_{t-1})",
    "np.concatenate((a, b), axis=0) + torch.cat([a, b], dim=-1)": "[a; b] + [a; b]",
    "W.T @ x.dot(W) + np.multiply(a, b + c) + np.outer(a, b) + x**2": "W^T @ (x @ W) + (a ⊙ (b + c)) + outer(a, b) + x^2",
    "np.exp(y) / np.sum(np.exp(y), axis=0, keepdims=True) + np.square(x) + self.b": "exp(y) / sum_rows(exp(y)) + x^2 + b",
    "1 / (1 + np.exp(-a)) + y.sum()": "1 / (1 + exp(-a)) + sum(y)",
    "|x_t| + ‖x_t‖^2 + 1/2 ||y_t - d_t||^2 - |b|": "abs(x_t) + norm(x_t)^2 + 1/2 norm(y_t - d_t)^2 - abs(b)",
    "[h_{t-1} | x_t] + [a || b] + [a_t|b_t]": "[h_{t-1}; x_t] + [a; b] + [a_t; b_t]",
    "√x_t + √(x_t + 1) + ⟨a, b⟩": "sqrt(x_t) + sqrt(x_t + 1) + dot(a, b)",
    "Wᵀ hᵗ⁻¹ + W⊺ hᵗ + x_t² + x⁻¹ + x_t³": "W^T h_{t-1} + W^T h_t + x_t^2 + x^{-1} + x_t^3",
    "h_(t-1) + W_(xh) x_t + h^(t-1) + h^{(t)}": "h_{t-1} + W_{xh} x_t + h_{t-1} + h_t",
    "ĥ_t + 𝐖 x_t + h⃗_t": "h_hat_t + W x_t + h_vec_t",
    "lambda h_{t-1} + lambda_t * x_t": "λ h_{t-1} + λ_t * x_t",
    "x_{t|t-1} + x_{t|t}": "x_{prior,t} + x_t",
    "1/sqrt(d) W h_t + 1/tau (V h_t) + dt/tau h_t + 1/2 x_t": "(1 / sqrt(d)) W h_t + (1 / tau) (V h_t) + (dt / tau) h_t + 1/2 x_t",
    "1 / x_t[2] + dt / tau (x_t)": "1 / (x_t [2]) + (dt / tau) (x_t)",
}  # fmt: skip


@pytest.mark.parametrize("written", LATEX)
def test_a_form_in_latex(written):
    assert [plainly(each) for each in latex.parse(f"y_t = {written}")] == [f"y_t = {LATEX[written]}"]


@pytest.mark.parametrize("written", PLAIN)
def test_a_form_in_plain_text(written):
    assert [plainly(each) for each in plain.parse(f"y_t = {written}")] == [f"y_t = {PLAIN[written]}"]


STATEMENTS = {
    r"h_t \longleftarrow x_t": ["h_t = x_t"],
    r"h_t \Leftarrow x_t": ["h_t = x_t"],
    r"f: x \mapsto \tanh(x)": ["f(x) = tanh(x)"],
    r"h_t = \tanh(a_t) = \tanh(W x_t)": ["h_t = tanh(a_t)", "a_t = W x_t"],
    r"h_0, c_0 = 0": ["h_0 = 0", "c_0 = 0"],
    "h_t ← x_t": ["h_t = x_t"],
    "h_t := x_t": ["h_t = x_t"],
    "q_t, k_t = W x_t, U x_t": ["q_t = W x_t", "k_t = U x_t"],
    "(h_t, c_t) = (a_t, b_t)": ["h_t = a_t", "c_t = b_t"],
    "h_0 = 0, c_0 = 0": ["h_0 = 0", "c_0 = 0"],
    "r += a * x": ["r = r + (a * x)"],
}


@pytest.mark.parametrize("written", STATEMENTS)
def test_what_a_line_says(written):
    parse = latex.parse if "\\" in written or written == "h_0, c_0 = 0" else plain.parse
    assert [plainly(each) for each in parse(written)] == STATEMENTS[written]


# Cases by steps

A, B = "W x_t", "h_{t-1}"
MOMENTS = {
    r"t \bmod 4 = 0": "every(t, 4)", r"t \mod 4 = 0": "every(t, 4)", r"t \equiv 0 \pmod{4}": "every(t, 4)", r"t \equiv 0 \pmod 4": "every(t, 4)",
    r"4 \mid t": "every(t, 4)", r"t \bmod 2 = 1": "(1 - every(t, 2))", r"t \bmod 3 \neq 0": "(1 - every(t, 3))",
    r"\text{if $t$ is even}": "every(t, 2)",
    "t = 1": "first(t)", r"t \le 1": "first(t)", "t > 1": "(1 - first(t))", "t = T": "last(t)", r"\text{if } t \% 4 = 0": "every(t, 4)",
    r"\text{当 } t = 1 \text{ 时}": "first(t)",
}  # fmt: skip


@pytest.mark.parametrize("condition", MOMENTS)
@pytest.mark.parametrize("frame", [r"\begin{cases} ROWS \end{cases}", r"\left\{ \begin{array}{ll} ROWS \end{array} \right."])
@pytest.mark.parametrize("other", [r"\text{otherwise}", r"\text{其他}", r"\text{else.}"])
def test_cases_by_steps_are_what_clocks_tell(condition, frame, other):
    rows = rf"{A}, & {condition} \\ {B} & {other}"
    (statement,) = latex_cases.parse(f"h_t = {frame.replace('ROWS', rows)}", ())
    clock = MOMENTS[condition]
    rest = clock[5:-1] if clock.startswith("(1") else f"(1 - {clock})"
    assert plainly(statement) == f"h_t = {clock} * ({A}) + {rest} * ({B})"


CASES = {
    r"0 & t = 0 \\ W x_t & t > 0": ["h_0 = 0", "h_t = W x_t"],
    r"a_t & t = 1 \\ b_t & t \bmod 2 = 0 \\ c_t & \text{otherwise}": [
        "h_t = first(t) * (a_t) + (1 - first(t)) * every(t, 2) * (b_t) + (1 - first(t)) * (1 - every(t, 2)) * (c_t)"
    ],
    r"1 & t \bmod 3 = 0 \\ 0 & \text{otherwise}": ["h_t = every(t, 3)"],
    r"1 & u_t > c \\ 0 & \text{otherwise}": ["h_t = step(u_t - (c))"],
    r"1 & u_t \ge c \\ 0 & u_t < c": ["h_t = (1 - step(c - (u_t)))"],
    r"a_t & u_t < c \\ b_t & \text{otherwise}": ["h_t = step(c - (u_t)) ⊙ (a_t) + (1 - step(c - (u_t))) ⊙ (b_t)"],
    r"a_t & t = 1 \\ b_t & t > 1": ["h_t = first(t) * (a_t) + (1 - first(t)) * (b_t)"],
}


@pytest.mark.parametrize("rows", CASES)
def test_other_cases_by_steps(rows):
    made = latex_cases.parse(rf"h_t = \begin{{cases}} {rows} \end{{cases}}", ())
    assert [plainly(each) for each in made] == CASES[rows]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (r"\exp(a_t) & x_t > 0 \\ b_t & \text{otherwise}", "write f(a) ="),
        (r"a_t & 0 < x_t < 1 \\ b_t & \text{otherwise}", "write f(a) ="),
        (r"a_t & t \bmod 3 = 1 \\ b_t & \text{otherwise}", "a multiple of its period"),
        (r"a_t & t \bmod k = 0 \\ b_t & \text{otherwise}", "the period of a clock is a number"),
        (r"a_t & t = 1 \\ b_t & t = 2", "no clock tells"),
        (r"a_t & t = 1", "at all other steps"),
    ],
)
def test_cases_that_no_clock_tells_are_refused(rows, told):
    with pytest.raises(Wrong) as error:
        latex_cases.parse(rf"h_t = \begin{{cases}} {rows} \end{{cases}}", ())
    assert told in f"{error.value.fact}; {error.value.advice}"


# Pages

RNN = "h_t = tanh(W x_t + U h_{t-1} + b)"
PAGES = {
    "tuples in LaTeX": (r"$$q_t,\ k_t = W x_t, U x_t$$ $$y_t = q_t \odot k_t$$", "q_t = W x_t\nk_t = U x_t\ny_t = q_t ⊙ k_t"),
    "a tuple in brackets": (r"$$(q_t, k_t) = (W x_t, U x_t)$$ $$y_t = q_t \odot k_t$$", "q_t = W x_t\nk_t = U x_t\ny_t = q_t ⊙ k_t"),
    "layers above": (r"$$h^1_t = \tanh(W^1 x_t)$$ $$h^2_t = \tanh(W^2 h^1_t)$$", "h_{1,t} = tanh(W_1 x_t)\nh_{2,t} = tanh(W_2 h_{1,t})"),
    "layers above, in plain text": ("h^1_t = tanh(W^1 x_t)\nh^2_t = tanh(W^2 h^1_t)", "h_{1,t} = tanh(W_1 x_t)\nh_{2,t} = tanh(W_2 h_{1,t})"),
    "layers and powers": (r"$$\sigma^2_t = \alpha \sigma^2_{t-1} + (x_t)^2$$", "sigma_{2,t} = alpha sigma_{2,t-1} + x_t^2"),
    "layers without a first one": (r"$$h^2_t = W^2 x_t$$ $$h^3_t = W^3 h^2_t$$", "h_{2,t} = W_2 x_t\nh_{3,t} = W_3 h_{2,t}"),
    "powers": (r"$$h_t = x_t^2 + W h_{t-1}$$", "h_t = x_t^2 + W h_{t-1}"),
    "a restated function": (r"$$h_t = \sigma(z_t) = \frac{1}{1 + e^{-z_t}}$$ $$z_t = W x_t$$", "h_t = sigmoid(z_t)\nz_t = W x_t\noutput h"),
    "a loss of a probability": (rf"$${'h_t = x_t'}$$ $$L = -\sum_t \log p(x_{{t+1}} \mid x_1, \dots, x_t)$$", "h_t = x_t"),
    "a list of columns": (r"Let $$X = (x_1, \dots, x_N) \in \mathbb{R}^{d \times N}$$ and $$y_t = X s_t$$", "y_t = X s_t"),
    "a brace around a system": (
        r"$$\left\{ \begin{array}{l} z_t = W x_t \\ y_t = \tanh(z_t) \end{array} \right.$$", "z_t = W x_t\ny_t = tanh(z_t)"),
    "a system in cases": (r"$$\begin{cases} z_t = W x_t \\ y_t = \tanh(z_t) \end{cases}$$", "z_t = W x_t\ny_t = tanh(z_t)"),
    "a filter": (
        r"$$x_{k|k-1} = A x_{k-1|k-1}$$ $$x_{k|k} = x_{k|k-1} + K (y_k - C x_{k|k-1})$$",
        "x_prior_t = A x_{t-1}\nx_t = x_prior_t + K (y_t - C x_prior_t)"),
    "letters below": ("xₖ₊₁ = A xₖ + B uₖ\nyₖ = C xₖ", "x_{t+1} = A x_t + B u_t\ny_t = C x_t"),
    "lines of NumPy": ("h = np.tanh(W @ x + U @ h_prev + b)", RNN),
    "a program": ("h = np.tanh(W @ x + U @ h + b)", RNN),
    "a program in its order": (
        "z = sigmoid(W @ x + U @ h)\nh = z * h + (1 - z) * np.tanh(V @ x)\ny = Q @ h",
        "z_t = sigmoid(W x_t + U h_{t-1})\nh_t = z_t * h_{t-1} + (1 - z_t) * tanh(V x_t)\ny_t = Q h_t"),
    "what is added in a program": ("r += np.tanh(W @ r + U @ x)\ny = V @ r", "r_t = r_{t-1} + tanh(W r_{t-1} + U x_t)\ny_t = V r_t"),
    "stacked in a program": ("z = np.concatenate([h_prev, x])\nh = np.tanh(W @ z)", "z_t = [h_{t-1}; x_t]\nh_t = tanh(W z_t)\noutput h"),
    "the state before, with times": ("h_t = tanh(W x_t + U h_prev + b)", RNN),
    "the state after": ("h_new = tanh(W x + U h + b)", RNN),
    "the state after, in LaTeX": (r"$$h' = \tanh(W x + U h + b)$$", RNN),
    "parameters of a program": ("h = np.tanh(W @ x) + alpha * np.tanh(b)", "h_t = tanh(W x_t) + alpha * tanh(b)"),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_the_system_that_the_plain_notation_says(name):
    page, meant = PAGES[name]
    assert restate.page(derive.read(page)) == restate.page(derive.read(meant))


REFUSED = {
    r"$$r_j = \sigma([W x]_j + [U h_{t-1}]_j)$$": "r_t = sigmoid(W x_t + U h_{t-1}), without the index j",
    r"$$h_i(t) = \tanh(\sum_j w_{ij} x_j(t))$$": "h_t = tanh(w x_t), without the indices i and j, and a line matrix w",
    "h_i(t) = tanh(sum_j w_{ij} x_j(t))": "h_t = tanh(w x_t)",
    r"$$a_h^t = \sum_i v_{ih} x_i^t$$": "a_t = v^T x_t",
    r"$$z_t^j = \sigma(W x_t + U h_{t-1})^j$$": "z_t = sigmoid(W x_t + U h_{t-1})",
    r"$$h_t^j = (1 - z_t^j) h_{t-1}^j$$ $$z_t = W h_{t-1}$$": "of one unit",
    r"$$h_t = e^{i \theta_t} \odot h_{t-1} + x_t$$": "pairs",
    "h_t = exp(i * theta) * h_{t-1} + x_t": "complex",
    r"$$h_t = \Re(C x_t)$$": "pairs",
    r"$$h_t = \operatorname{Re}(C x_t)$$": "pairs",
    "Let $x_t \\in \\mathbb{C}^n$.\n\n$$x_t = A x_{t-1}$$": "complex",
    r"$$h_t = \mathrm{Linear}(x_t)$$": "W_a x_t + b_a",
    r"$$h_t = \mathrm{Linear}_{d_h}(x_t)$$": "W_a x_t + b_a",
    "h_t = Linear(x_t)": "W_a x_t + b_a",
    r"$$h_t, c_t = \mathrm{LSTM}(x_t, h_{t-1})$$": "the equations that LSTM stands for",
    r"$$i_t, f_t = \sigma(W x_t)$$": "2 names are defined by one value",
    "i_t, f_t = tanh(W x_t)": "write an equation for each name",
    r"$$p(y_t \mid x_t) = \tanh(W x_t)$$": "write p_t",
    r"$$y_t = W [a_t | b_t | c_t]$$": r"[a; b; c]",
    r"$$y_t = W (a_t \| b_t)$$": "[a; b]",
    r"$$y_t = a / b x_t$$": "a / (b c)",
    r"$$y_t = 1/\tau W x_t$$": "a / (b c)",
    "y_t = a / b x_t": "a / (b c)",
    "y_t = a ⊕ b": "[a; b] stacks",
    "h_t += x_t": "h_t = h_{t-1} +",
    "h = np.where(x > 0, x, 0)": "a function by cases",
    "h = np.clip(x, 0, 1)": "min(b, max(a, x))",
    "h_t = np.sum(x_t, axis=2)": "sum_rows(A)",
    r"$$x_{t|t-1} = A x_{t-1}$$ $$x_{t|t} = x_{t|t-1} + y_t$$": "would be one name",
    r"$$h_t = \sum(x_t)$$": "does not say over which index",
    r"$$x_{t|t-2} = A x_{t-1}$$": "a name of its own",
    r"$$\sigma^2_t = \alpha \sigma^2_{t-1} + x_t^2$$": "write (x)^2 with parentheses for a power",
    "h^1_t = W^1 x_t\nh^2_t = U^2 h^1_t": "x^{(2)} for a label",
}


@pytest.mark.parametrize("page", REFUSED)
def test_a_page_is_refused_with_what_to_write(page):
    with pytest.raises(derive.InputError) as error:
        derive.read(page)
    assert REFUSED[page] in str(error.value)


@pytest.mark.parametrize(
    "page",
    [
        r"$$h_t = e^{i_t} \odot x_t, \quad i_t = W x_t$$",
        r"$$h_t = e^{i} \odot x_t, \quad i = W x_t$$",
        "Linear(x) = W x + b\nh_t = Linear(x_t)",
        r"$$e_{t,j} = v^\top \tanh(W s_{t-1} + U h_j)$$ $$a_{t,j} = \mathrm{softmax}_j(e_{t,j})$$ $$s_t = \sum_j a_{t,j} h_j$$",
        "x' = A x + B u",
    ],
)
def test_what_looks_alike_is_read(page):
    assert derive.read(page).equations
