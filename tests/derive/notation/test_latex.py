"""LaTeX: what is read and as what, how equations are found on a page, and where errors point."""

from __future__ import annotations

import contextlib
import random
import re
import sys
import time

import pytest

import derive
from derive.errors import InputError, NotationError
from derive.notation.latex import cases as latex_cases
from derive.notation.latex import parser as latex_reader
from derive.notation.page import reading
from derive.notation.plainly import plainly
from derive.notation.tree import names
from derive.notation.written import Wrong
from derive.system import System
from tests.derive.cells.covering import covered

# Formulas

FORMULAS = {
    # names, times and labels
    r"h_t": "h_t",
    r"h_{t-1} + h_{t+1} + h_{t - 2}": "h_{t-1} + h_{t+1} + h_{t-2}",
    r"h^{(2)}_{t} + h_t^{(2)} + h^{(2)}_{t-1}": "h_{2,t} + h_{2,t} + h_{2,t-1}",
    r"h^{(t)} + h^{(t-1)} + x^{\langle t \rangle} + x^{<t-1>} + x^t": "h_t + h_{t-1} + x_t + x_{t-1} + x_t",
    r"W^{(l)}_{hh} + W^{f}_{x} + W_{x h} + W_{xh} + W_{x,h}": "W_{hh,l} + W_{x,f} + W_{xh} + W_{xh} + W_{x,h}",
    r"b_{\text{in}} + b_\mathrm{in} + h_{\max} + h_0 + h_T": "b_{in} + b_{in} + h_{max} + h_0 + h_T",
    r"e_{tk} + e_{t,k} + \alpha_{tk} + W_{th}": "e_{t,k} + e_{t,k} + alpha_{t,k} + W_{th}",
    r"x^*_t + c^{\ast} + h^{\rightarrow}_t": "x_{star,t} + c_{star} + h_{fwd,t}",
    r"x'_t + x_t' + W_f' + {W_f}' + f''": "x_prime_t + x_prime_t + W_prime_f + W_f_prime + f_prime_prime",
    r"\tilde{C}_t + \tilde{C_{t}} + \tilde C_t + \widetilde{C}_t": "C_tilde_t + C_tilde_t + C_tilde_t + C_tilde_t",
    r"\hat y_t + \bar{h} + \overline{\mathit{rh}} + \bar{\imath}_t": "y_hat_t + h_bar + rh_bar + i_bar_t",
    r"\overrightarrow{h}_t + \overleftarrow{h}_{t+1} + \vec h_t": "h_fwd_t + h_bwd_{t+1} + h_vec_t",
    r"\hat{c_f} + \hat{c}_f": "c_f_hat + c_hat_f",
    r"\alpha_t + \varepsilon + \varphi + \Gamma + \lambda + \ell_t": "alpha_t + epsilon + phi + Gamma + λ + ell_t",
    r"\mathbf{W}_f + \boldsymbol{h}_t + \bm{x}_t + \mathcal{L} + {\bf W}": "W_f + h_t + x_t + L + W",
    r"\mathrm{loss}_t + \mathit{loss}_t + \text{target}_t + \operatorname{rate}": "loss_t + loss_t + target_t + rate",
    "σ(x_t) ⊙ α_t · Wᵀ x_t²": "sigmoid(x_t) ⊙ α_t * W^T x_t^2",
    # products, sums, quotients, powers
    r"Wx_t + U\,h_{t-1} \; \! b \quad ~ c": "W x_t + U h_{t-1} b c",
    r"f \odot c + f \circ c + f \otimes c": "f ⊙ c + f ⊙ c + f ⊗ c",
    r"W \cdot h + W \times h + W * h + W \ast h": "W * h + W * h + W * h + W * h",
    r"\frac{a}{b} + \tfrac12 x + \dfrac{a + b}{2 c} + a / b": "(a / b) + (1 / 2) x + ((a + b) / (2 c)) + a / b",
    r"W^T + W^\top + W^{\top} + W^{\mathsf T} + W^{\mathsf{T}} + W^\intercal": "W^T + W^T + W^T + W^T + W^T + W^T",
    r"x^{-1} + x^2 + x^{1/2} + x^{\frac12} + (a b)^{2} + x^{0.5}": "x^{-1} + x^2 + x^{1/2} + x^{1/2} + (a b)^2 + x^{1/2}",
    r"\sqrt{x + 1} + \sqrt[3]{x}": "sqrt(x + 1) + x^{1/3}",
    r"-x_t + (-b) - \{ a + b \}": "-x_t + (-b) - (a + b)",
    r"(\mathbf{1} - z_t) \odot \mathbf 0 + \vec 0 + \mathbf{I} x": "(1 - z_t) ⊙ 0 + 0 + I x",
    r"2 \cdot 10^{-7} x": "2e-7 x",
    r"\left\| x \right\| + \|x\| + \lVert x\rVert_2 + |x| + \left|x\right|": "norm(x) + norm(x) + norm(x) + abs(x) + abs(x)",
    r"\|x\|_2^2 + \|x\|_1": "norm(x)^2 + sum(abs(x))",
    # functions
    r"\sigma(x) + \sigma\left(x\right) + \sigma \left[ x + b \right] + \sigma{(x)}": "sigmoid(x) + sigmoid(x) + sigmoid(x + b) + sigmoid(x)",
    r"\tanh c_t + \tanh{c_t} + \tanh\bigl( c_t \bigr) + tanh(c_t)": "tanh(c_t) + tanh(c_t) + tanh(c_t) + tanh(c_t)",
    r"\exp(x) + \ln x + \log(x) + e^{-x} + e^{x_t}": "exp(x) + log(x) + log(x) + exp(-x) + exp(x_t)",
    r"\mathrm{ReLU}(x) + \text{sigmoid}(x) + \operatorname{softmax}(x) + \mathrm{LN}(x)": "relu(x) + sigmoid(x) + softmax(x) + layer_norm(x)",
    r"{\rm sigm}(x) + \frac{\exp(x)}{\sum_j \exp(e_{tj})}": "sigmoid(x) + (exp(x) / (sum_j exp(e_{t,j})))",
    r"\max(0, x) + \min\left(a, b\right)": "max(0, x) + min(a, b)",
    r"\tanh^2(x) + \sigma^{2}(x) + \log \sigma(x)": "tanh(x)^2 + sigmoid(x)^2 + log(sigmoid(x))",
    r"\phi(W x) + \mathrm{every}(t, 2) + \operatorname{diag}(w)": "phi(W x) + every(t, 2) + diag(w)",
    r"U(r_t) + \alpha (1 - z_t) + b(x) + W_f(x + y)": "U (r_t) + alpha (1 - z_t) + b (x) + W_f (x + y)",
    # stacks, slices, sums over an index
    r"W_f \cdot [h_{t-1}, x_t] + [h_{t-1}; x_t]": "W_f * [h_{t-1}, x_t] + [h_{t-1}; x_t]",
    r"W \begin{bmatrix} h_{t-1} \\ x_t \end{bmatrix} + \begin{pmatrix} a \\ b \\ c \end{pmatrix}": "W [h_{t-1}; x_t] + [a; b; c]",
    r"[h_{t-1}^\top, x_t^\top]^\top + W (h_{t-1}, x_t)": "[h_{t-1}, x_t] + W [h_{t-1}, x_t]",
    r"v_t[0:n_h] + v_{t}[0\mathbin{:}2 n_{h}]": "v_t[0:n_h] + v_t[0:2 n_h]",
    r"\sum_{k=1}^{T} \alpha_{tk} h_k + \sum_k e + \sum\limits_{j=1}^{T_x} e_{t,j}": "sum_k alpha_{t,k} h_k + sum_k e + sum_j e_{t,j}",
    r"\sum_{k<t} e_k + \sum_{k=1}^{t-1} e_k + \sum_{k=1}^{t} e_k + \sum_{k \le t} e_k":
        "sum_{k<t} e_k + sum_{k<t} e_k + sum_{k<=t} e_k + sum_{k<=t} e_k",
    r"\mathrm{softmax}_k(e_{t,k}) + \operatorname*{softmax}_{k}(e_{t,k})": "softmax_k(e_{t,k}) + softmax_k(e_{t,k})",
    r"\sum_{t=1}^{T} a_t b_t^\top + \mathbf{1}^\top (a \odot b)": "sum_t a_t b_t^T + sum(a ⊙ b)",
}  # fmt: skip


def read(latex: str) -> str:
    """An equation in LaTeX in the plain notation."""
    return plainly(latex_reader.parse(latex)[-1])


@pytest.mark.parametrize("latex", FORMULAS)
def test_a_formula_in_the_plain_notation(latex):
    assert read(f"y_t = {latex}") == f"y_t = {FORMULAS[latex]}"


@pytest.mark.parametrize("sign", ["=", ":=", r"\triangleq", r"\leftarrow", r"\gets", r"\equiv", r"\overset{\text{def}}{=}", "&=", "&=&"])
def test_all_signs_of_equality(sign):
    assert read(rf"h_t {sign} x_t") == "h_t = x_t"


@pytest.mark.parametrize(
    "end", [",", ".", r" \,.", r" \tag{3}", r" \label{eq:a}", r" \nonumber", r" \\", r" \in \mathbb{R}^{n}", r"\quad ;"]
)
def test_what_stands_behind_an_equation_is_no_part_of_it(end):
    assert read(f"h_t = x_t{end}") == "h_t = x_t"


def test_each_name_knows_its_place():
    latex = r"f_t = \sigma\left(W_f x_t\right) \odot \tilde{C}_{t-1}"
    statement = latex_reader.parse(latex)[-1]
    assert plainly(statement) == "f_t = sigmoid(W_f x_t) ⊙ C_tilde_{t-1}"
    assert [latex[slice(*name.place)] for name in names(statement)] == ["f_t", r"\sigma", "W_f", "x_t", r"\tilde{C}_{t-1}"]
    assert latex[slice(*statement.right.place)] == latex.partition("= ")[2]


def test_the_lstm_of_a_widely_read_page():
    """With a product of a matrix and a stack, written with a dot."""
    lines = [
        r"f_t = \sigma\left(W_f \cdot [h_{t-1}, x_t] \;+\; b_f\right)",
        r"\tilde{C}_t = \tanh(W_C \cdot [h_{t-1}, x_t] \;+\; b_C)",
        r"C_t = f_t * C_{t-1} + i_t * \tilde{C}_t",
        r"h_t = o_t * \tanh (C_t)",
    ]
    assert [read(line) for line in lines] == [
        "f_t = sigmoid(W_f * [h_{t-1}, x_t] + b_f)",
        "C_tilde_t = tanh(W_C * [h_{t-1}, x_t] + b_C)",
        "C_t = f_t * C_{t-1} + i_t * C_tilde_t",
        "h_t = o_t * tanh(C_t)",
    ]


# Errors

ERRORS = {
    r"h_t = \tnah(x_t)": (r"\tnah", r"there is no command \tnah; did you mean \tanh?"),
    r"h_t = \simga(x_t)": (r"\simga", r"did you mean \sigma?"),
    r"h_t = \tanh(W x_t": ("(W", "( is not closed; write ) where it ends"),
    r"h_t = \tanh(W x_{t)": (")", "is not expected here; close { of column 17 first"),
    r"h_t = W x_t)": (")", "closes nothing"),
    r"h_t = \frac{a}": ("", "the formula ends here; expected { or a letter or a number"),
    r"h_t = |x_t": ("|", "the bar has no partner"),
    r"h_t = o_t * \tanh(c_t) = x_t": (" = x", "two equations stand in one; split it"),
    r"h_t = \tanh W x_t": (r"\tanh", r"how far \tanh reaches is not clear; put what it is applied to in parentheses"),
    r"h_t = \tanh + x": (r"\tanh", r"\tanh is applied to nothing"),
    r"h_t = x_{i-1}": ("_{i", "this index is not understood; the time is t"),
    r"h_t = (W x)_t": ("_t", "an index belongs to a name"),
    r"h_t = a^{b+c}": ("^{b", "this superscript is not understood; a power is a number"),
    r"h_t = \prod_k x_k": (r"\prod", "has no plain form"),
    r"h_t = \sum_{k=2}^{n} x_k": ("_{k", "this range has no plain form"),
    r"h_t = \sum x_k": (r"\sum", "does not say over which index"),
    r"h_t = x_1 + \dots + x_T": (r"\dots", "does not say what stands there"),
    r"h_t = \tilde{W x_t}": (r"\tilde", "stands over more than a name"),
    r"loss_t = x_t": ("loss", r"a name of several letters is written \mathrm{loss}_t"),
    r"h_t = \begin{cases} a \\ b \end{cases}": ("a \\\\", r"a case has no condition; write x & x > 0"),
    r"h_t = x_t + \begin{cases} a \\ b \end{cases}": (r"\begin", "give the value a name of its own"),
    r"h_t = \begin{bmatrix} A & B \end{bmatrix} x_t": (r"\begin", "blocks side by side have no plain form"),
    r"h_t = h_{t}^{(t)}": ("^{(t)", "h has two times"),
    r"h_t = \sigma^{-1}(x_t)": (r"\sigma", r"write 1 / \sigma(x) for a quotient"),
    r"h_t = \sigma'(x_t)": (r"\sigma", "a derivative of sigma cannot be written"),
}


@pytest.mark.parametrize("latex", ERRORS)
def test_an_error_points_at_what_is_wrong(latex):
    marked, expected = ERRORS[latex]
    with pytest.raises(Wrong) as error:
        (latex_cases if latex_cases.are_cases(latex) else latex_reader).parse(latex, ())
    at = error.value.column
    assert latex[at:].startswith(marked)
    assert (at == len(latex)) is (marked == "")
    assert expected in f"{error.value.fact}; {error.value.advice}"


def test_an_error_of_the_plain_notation_points_into_the_latex_of_the_page():
    text = "A cell:\n\n$$\n\\begin{aligned}\n  h_t &= W x_t \\\\\n  y_t &= \\tanh(h_t \\odot \\odot W)\n\\end{aligned}\n$$\n"
    with pytest.raises(NotationError) as error:
        derive.read(text)
    line, caret = error.value.excerpt.splitlines()
    assert str(error.value).startswith(r"line 6, column 26: '\odot' is not expected here")
    assert line[caret.index("^") :].startswith(r"\odot W")


# Pages

LSTM = ["f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)", "i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)",
        "o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)", "C_tilde_t = tanh(W_C x_t + U_C h_{t-1} + b_C)",
        "C_t = f_t ⊙ C_{t-1} + i_t ⊙ C_tilde_t", "h_t = o_t ⊙ tanh(C_t)"]  # fmt: skip

NOTES = r"""# Lecture 7

Reference: A. Author,
Lecture notes.

With the logistic function $\sigma(x) = \frac{1}{1+e^{-x}}$ and, for $t = 1, \dots, T$, a state $h_t \in \mathbb{R}^n$, which
costs $5 and not $6, the cell is

$$
\begin{align}
f_t &= \sigma(W_f x_t + U_f h_{t-1} + b_f) \\
i_t &= \sigma\left(W_i x_t + U_i h_{t-1} + b_i\right), \quad o_t = \sigma(W_o x_t
      + U_o h_{t-1} + b_o) \\[2pt]
\tilde{C}_t &= \tanh(W_C x_t \\
   &\quad + U_C h_{t-1} + b_C) && \text{candidate cell} \label{eq:candidate} \\
C_t &= f_t \odot C_{t-1} + i_t \odot \tilde{C}_t,
\end{align}
$$

where $f_t = 1$ keeps all. Its output is

\[ h_t = o_t \circ \tanh(C_t), \qquad t = 1, \ldots, T \tag{6} . \]

```python
h_t = 3
```
"""

ARTICLE = r"""\documentclass{article}
\newcommand{\vh}{\mathbf{h}}
\newcommand{\gate}[1]{\sigma\left(#1\right)}
% bptt: output h
% Reference: A. Author.
\begin{document}
\section{Long short-term memory}
    A cell, 50\% off. % and not $y = 3$
\begin{equation*} \begin{split}
    f_t &= \gate{W_f x_t + U_f \vh_{t-1} + b_f} \\
    i_t &= \gate{W_i x_t + U_i \vh_{t-1} + b_i}
\end{split} \end{equation*}
\begin{eqnarray}
    o_t & = & \gate{W_o x_t + U_o \vh_{t-1} + b_o} \nonumber \\
    \tilde{C}_t & = & \tanh(W_C x_t + U_C \vh_{t-1} + b_C)
\end{eqnarray}
and $C_t = f_t \odot C_{t-1} + i_t \odot \tilde{C}_t$ gives
\begin{gather}
    \vh_t = o_t \odot \tanh(C_t) \text{ with } \vh_t \in \mathbb{R}^n, \\
    \frac{\partial L}{\partial \vh_t} = \dots
\end{gather}
\end{document}
"""

BARE = r"""
f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f),
i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i)   # the gate that writes
o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)
\tilde{C}_t = \tanh(W_C x_t + U_C h_{t-1} + b_C)
C_t = f_t \odot C_{t-1} + i_t \odot \tilde{C}_t
h_t = o_t \odot \tanh(C_t).
"""

PASTED = r"""
f_t &= \sigma(W_f x_t + U_f h_{t-1} + b_f) \\
i_t &= \sigma(W_i x_t + U_i h_{t-1} + b_i) \\
o_t &= \sigma(W_o x_t + U_o h_{t-1} + b_o) \\
\tilde{C}_t &= \tanh(W_C x_t + U_C h_{t-1} + b_C) \\
C_t &= f_t \odot C_{t-1} + i_t \odot \tilde{C}_t \\
h_t &= o_t \odot \tanh(C_t)
"""

MIXED = r"""# Both

    f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
    i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i)

- $o_t = \sigma(W_o x_t + U_o h_{t-1} + b_o)$,
- $$\tilde{C}_t = \tanh(W_C x_t + U_C h_{t-1} + b_C)$$

```math
C_t = f_t \odot C_{t-1} + i_t \odot \tilde{C}_t
```

The gate again, $$f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f),$$ and the output:

```
h_t = o_t ⊙ tanh(C_t)
output h
```
"""


def equations_of(text: str) -> list[str]:
    found = reading(text)
    assert not found.unread
    return [piece.plain for piece in found.pieces if "=" in piece.plain]


@pytest.mark.parametrize("text", [NOTES, ARTICLE, BARE, PASTED, MIXED], ids=["notes", "article", "bare", "pasted", "mixed"])
def test_the_equations_of_a_page_are_found(text):
    assert list(dict.fromkeys(equations_of(text))) == LSTM
    system = derive.read(text)
    assert [each.name for each in system.states] == ["h", "C"]
    assert system.outputs == ("h",)


def test_notes_and_titles_of_pages():
    assert derive.read(NOTES).notes == {"title": "Lecture 7", "reference": "A. Author, Lecture notes."}
    assert derive.read(ARTICLE).notes == {"title": "Long short-term memory", "reference": "A. Author."}


def test_a_line_of_prose_that_begins_with_a_formula_is_no_code():
    assert [each.name for each in derive.read("$1 - z_t$ writes the candidate.\n\n    z_t = tanh(W x_t)\n").equations] == ["z"]


def test_an_equation_knows_its_line():
    for text in (NOTES, ARTICLE, MIXED):
        lines = text.splitlines()
        for equation in derive.read(text).equations:
            assert re.search(equation.name.partition("_")[0], lines[equation.line - 1])
            assert "=" in lines[equation.line - 1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$$h_t = a_t, \\quad y_t = h_t; z_t = y_t \\text{ and } w_t = z_t$$", ["h_t = a_t", "y_t = h_t", "z_t = y_t", "w_t = z_t"]),
        ("\\begin{align} a_t &= b_t & c_t &= d_t \\end{align}", ["a_t = b_t", "c_t = d_t"]),
        ("\\begin{align} h_t = {} & x_t \\\\ & + y_t \\\\ & \\odot z_t \\end{align}", ["h_t = x_t + y_t ⊙ z_t"]),
        ("\\begin{align} h_t \\\\ &= x_t + \\\\ & y_t \\end{align}", ["h_t = x_t + y_t"]),
        ("$$h_t = \\left( x_t \\right. \\\\ \\left. + y_t \\right)$$", ["h_t = (x_t + y_t)"]),
        ("The unit $h_t$ with $W \\in \\mathbb R^{n\\times m}$: $h_t = x_t$, $h_0 = 0$.", ["h_t = x_t", "h_0 = 0"]),
        ("At $h_0 = 0$, or $k = 3$:\n$$h_t = h_{t-1} + a_t$$ with $a_t = W x_t$ and $n = 3$.", ["h_0 = 0", "h_t = h_{t-1} + a_t", "a_t = W x_t"]),
        ("When $h_t = 0$, and by $p(y|x) = \\prod_t q$:\n$$h_t = x_t$$", ["h_t = x_t"]),
        ("$$\\kappa(x) = x / (1 + |x|)$$ $$h_t = \\kappa (W x_t)$$", ["kappa(x) = x / (1 + abs(x))", "h_t = kappa(W x_t)"]),
        ("$$\\sigma(x) = \\tanh(x)$$ $$h_t = \\sigma(W x_t)$$", ["sigma(x) = tanh(x)", "h_t = sigma(W x_t)"]),
        ("$$\\sigma_g(x) = \\tanh(x)$$ $$h_t = \\sigma_g(W x_t)$$", ["sigma_g(x) = tanh(x)", "h_t = sigma_g(W x_t)"]),
        ("$$\\mathcal{H}(x) = \\tanh(x)$$ $$h_t = \\mathcal{H}(W x_t)$$", ["H(x) = tanh(x)", "h_t = H(W x_t)"]),
        ("$$\\mathrm{softmax}(x)_i = \\frac{e^{x_i}}{\\sum_j e^{x_j}}$$ $$h_t = x_t$$", ["h_t = x_t"]),
        ("    α_t = W x_t\n\n$$h_t = \\alpha_t$$", ["α_t = W x_t", "h_t = α_t"]),
        ("    alpha_t = W x_t\n\n$$h_t = \\alpha_t$$", ["alpha_t = W x_t", "h_t = alpha_t"]),
        ("\\DeclareMathOperator{\\relu}{ReLU}\n\\def\\w{W}\n$$h_t = \\relu(\\w x_t)$$", ["h_t = relu(W x_t)"]),
    ],
)  # fmt: skip
def test_what_counts_as_an_equation(text, found):
    assert equations_of(text) == found


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("\\begin{align}\n f_t &= \\sigma(W x_t \\\\\n h_t &= f_t\n\\end{align}", "line 2, column 15", "( is not closed"),
        ("Here\n\n\\[ h_t = x_t", "line 3, column 1", "does not end"),
        ("$$h_t = \\sigma_g(W x_t)$$", "line 1, column 9", "which function \\sigma_g is, is not said"),
        ("$$h_t = \\mathcal{H}\\left(W x_t\\right)$$", "line 1, column 9", r"which function \mathcal{H} is, is not said"),
        (
            "$$h_t = \\overrightarrow{\\mathrm{LSTM}}(x_t)$$",
            "line 1, column 9",
            r"which function \overrightarrow{\mathrm{LSTM}} is, is not said",
        ),
        ("$$h_t = a_t$$\nwith $a_t = \\prod_k x_k$", "line 2, column 13", "\\prod has no plain form"),
        ("\\newcommand{\\w}{\\foo}\n$$h_t = \\w x_t$$", "line 2, column 9", "there is no command \\foo"),
    ],
)
def test_an_error_on_a_page_names_line_and_column(text, place, expected):
    with pytest.raises(NotationError) as error:
        derive.read(text)
    assert str(error.value).startswith(place)
    assert expected in str(error.value)


def test_files_of_markdown_and_latex_are_cells(tmp_path):
    for name, text in (("notes.md", NOTES), ("notes.tex", ARTICLE)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert [each.name for each in derive.cell(tmp_path / name).states] == ["h", "C"]


# Whatever is written

PIECES = [
    *r"\sigma \tanh \left( \right) \left[ \right] ( ) [ ] { } ^ _ _{t-1} ^{(2)} ^\top h_t W x_t \tilde{C}_t \hat \frac \frac{a}{b} \sqrt".split(),
    *r"\sum_{k=1}^{T} \sum \mathbf{1} \mathbf \text{in} \operatorname{softmax} \begin{bmatrix} \end{bmatrix} \begin{align} \end{align} \\".split(),
    *"& = + - *".split(),
    *r"\odot \cdot , ; . | \| \, \quad \in \mathbb{R}^n $ $$ \[ \] \( \) % # ' 1 10 0.5 \foo \alpha α σ ᵀ t k \newcommand{\a}{\a\a} \a".split(),
    "\n", "\n\n", "    ", "```", "```math", "% bptt: output h", "\\", "\t", "\0", "é",
]  # fmt: skip


def mutated(making: random.Random) -> str:
    """A sound page with some pieces put in, doubled or left out, or a heap of pieces."""
    if making.random() < 0.4:
        return "".join(making.choice(["", " "]) + making.choice(PIECES) for _ in range(making.randrange(1, 40)))
    formulas = "$$" + ",\\quad ".join(f"y_{i} = {latex}" for i, latex in enumerate(making.sample(list(FORMULAS), 3))) + "$$"
    text = making.choice([NOTES, ARTICLE, BARE, PASTED, MIXED, formulas])
    for _ in range(making.randrange(1, 5)):
        at = making.randrange(len(text))
        to = at + making.randrange(12)
        text = text[:at] + making.choice([making.choice(PIECES), text[at:to] * 2, ""]) + text[to:]
    return text


@contextlib.contextmanager
def few_calls(most=6_000_000):
    """An AssertionError as soon as more functions are called than what grows with the length of a text needs, which no load of the machine changes.

    Of regular expressions, which call none, it is that they do not take ten times what all took before.
    """
    count, begun = 0, time.process_time()

    def counted(frame, event, argument):
        nonlocal count
        count += event == "call"
        assert count < most

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        yield
    finally:
        sys.setprofile(before)
    assert time.process_time() - begun < 20


@pytest.mark.parametrize("part", covered(range(8), range(1)))
def test_whatever_is_written_is_a_system_or_one_clear_line(part):
    making = random.Random(part)
    for _ in range(60):
        text = mutated(making)
        with few_calls():
            try:
                assert isinstance(derive.read(text), System)
            except InputError as error:
                assert "\n" not in str(error), text  # noqa: PT017


REPEATED = ["{", "}", "(", r"\sqrt", r"\tanh", r"\tilde", "{x", "x^", "x_", "|", r"\|", r"\left(", "h'", r"\frac", r"\sum_", r"\a", "$", r"\[",
    r"\\", "&",
    r"\begin{bmatrix}", r"\text{ a", "`", "%", "=", "h_t = ", r"\newcommand{\a}", r"x \\ ", "x,", r"\hat{", "+", " ", "\n", "1/", "[x;"]  # fmt: skip


@pytest.mark.parametrize("piece", covered(REPEATED, REPEATED[:1]))
def test_long_and_deep_input_ends_soon(piece):
    repeated = piece * (5000 // len(piece))
    for text in (repeated, f"$$h_t = {repeated}$$", f"h_t = \\tanh({repeated})", f"\\begin{{align}}{repeated}\\end{{align}}"):
        with few_calls(), contextlib.suppress(InputError):
            derive.read(text)
