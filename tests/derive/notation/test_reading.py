"""Nothing on a page is read as something else: components, functions by cases, letters, and formulas of which nothing is used."""

from __future__ import annotations

import itertools
import math
import random
import re

import numpy as np
import pytest

import derive
from derive.errors import InputError
from derive.notation.page import reading
from derive.notation.surroundings.fates import Fate
from tests.derive.cells.covering import each_third
from tests.derive.numeric import module


def values(text: str, x: np.ndarray, **params: np.ndarray) -> dict[str, np.ndarray]:
    """What the emitted code of a page computes for inputs of shape (T, rows)."""
    emitted = module(derive.emit(derive.bptt(derive.read(text))))
    outputs, _ = emitted.forward(params, {"x": x[:, None, :]})
    return {name: value[:, 0] for name, value in outputs.items() if value.ndim == 3}


def slopes(text: str, x: np.ndarray) -> np.ndarray:
    """The derivatives of the sum of h_t by x_t."""
    emitted = module(derive.emit(derive.bptt(derive.read(text))))
    outputs, tape = emitted.forward({}, {"x": x[:, None, :]})
    return emitted.backward({}, tape, {"h": np.ones_like(outputs["h"])}).inputs["x"][:, 0]


X = np.array([[1.5, -0.5, 2.0], [-3.0, 0.25, 7.0]])


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("x_t[0]", X[:, 0]), ("x_t[2]", X[:, 2]), ("x_t[n_x - 1]", X[:, 2]), ("x_t [1]", X[:, 1]), ("x[t][1]", X[:, 1]),
        ("x_t[1]^2", X[:, 1] ** 2), ("2 x_t[0] x_t[1]", 2 * X[:, 0] * X[:, 1]), ("x_t[0] * x_t[2] - x_t[1]", X[:, 0] * X[:, 2] - X[:, 1]),
        ("(2 x_t)[1]", 2 * X[:, 1]), ("(x_t x_t^T)[0, 2]", X[:, 0] * X[:, 2]), ("tanh(x_t)[0]", np.tanh(X[:, 0])), ("1 / x_t[2]", 1 / X[:, 2]),
    ],
)  # fmt: skip
def test_brackets_behind_a_value_hold_a_component_in_plain_text_and_in_latex(term, expected):
    ends = "shape x = (3, 1)"
    plain = values(f"h_t = {term} + 0 * x_t[0]\n{ends}", X)["h"][:, 0]
    np.testing.assert_allclose(plain, expected, rtol=1e-14)
    latex = term.replace("tanh", r"\tanh").replace("*", r"\cdot")
    np.testing.assert_allclose(values(f"    {ends}\n\n$$h_t = {latex} + 0 \\cdot x_t[0]$$", X)["h"][:, 0], expected, rtol=1e-14)


@pytest.mark.parametrize(
    "inner", ["i", "-1", "k_t", "k_t + 1", "1/2", "0.5", "0, 1", "T", "t", "3", "n_x", "0][0", "0, 1, 2", "W", "n_x - n_b"]
)
@pytest.mark.parametrize(
    "form", ["y_t = x_t[{}] + V h_t + b\nh_t = x_t\nshape x = (3, 1)", "    shape x = (3, 1)\n\n$$y_t = x_t[{}] + x_t + V b$$"]
)
def test_what_is_no_component_is_refused_with_a_way_out(inner, form):
    with pytest.raises(InputError) as caught:
        derive.read(form.format(inner))
    assert caught.value.advice or "[" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["y_t = W[0] x_t", "y_t = W [0] x_t", "$$y_t = W[0] x_t$$", "y_t = x_t[0] + 2 [3]", "y_t = W[x] + x_t", "y_t = W[i, j] x_t"]
)
def test_one_index_at_a_matrix_is_no_factor(text):
    with pytest.raises(InputError):
        derive.read(text)


@pytest.mark.parametrize(
    ("brackets", "same"),
    [("[h_{t-1}, x_t]", "[h_{t-1}; x_t]"), ("[h_{t-1} + x_t]", "(h_{t-1} + x_t)"), ("[h_{t-1}, 1]", "[h_{t-1}; 1]"), ("[b; c]", "[b; c]")],
)
def test_brackets_of_values_stack_them_or_are_parentheses(brackets, same):
    assert derive.read(f"h_t = tanh(W {brackets} + x_t)").equations == derive.read(f"h_t = tanh(W {same} + x_t)").equations


@pytest.mark.parametrize("index", ["_{t,2}", "_t^{(2)}", "^{(2)}_t"])
def test_a_component_is_not_taken_for_another_input(index):
    with pytest.raises(InputError, match=r"h_t\[2\], counted from 0"):
        derive.read(rf"$$y_t = h{index}, \quad h_t = \tanh(x_t)$$")
    derive.read(rf"$$y_t = h{index}, \quad h{index} = \tanh(x_t)$$")


# By cases: the definition in plain text and in LaTeX, and the function and its slope in one number.
CASES = [
    ("x if x > 0 else 0.1 x", r"x & x > 0 \\ 0.1 x & x \leq 0", lambda x: (x, 1) if x > 0 else (0.1 * x, 0.1)),
    ("x if x >= 0, exp(x) - 1 otherwise", r"x & \text{if } x \ge 0 \\ e^x - 1 & \text{otherwise.}",
     lambda x: (x, 1) if x >= 0 else (math.expm1(x), math.exp(x))),
    ("1 if x > 1, x if -1 <= x <= 1, -1 otherwise", r"1, & \mbox{if } x > 1, \\ x, & \mbox{if } -1 \le x \le 1, \\ -1, & \text{else}",
     lambda x: (1, 0) if x > 1 else (x, 1) if x >= -1 else (-1, 0)),
    ("2 if x >= 1 else x / 2", r"2 & x \geq 1 \\ \frac{x}{2} & x < 1", lambda x: (2, 0) if x >= 1 else (x / 2, 0.5)),
    ("x^2 / 2 if abs(x) <= 1 else abs(x) - 1/2", r"\frac12 x^2 & |x| \le 1 \\ |x| - \frac12 & \text{otherwise}",
     lambda x: (x * x / 2, x) if abs(x) <= 1 else (abs(x) - 0.5, np.sign(x))),
    ("log(x) if x > 1 else 3 x", r"\log(x) & x > 1 \\ 3 x & \text{else}", lambda x: (math.log(x), 1 / x) if x > 1 else (3 * x, 3)),
    ("1 if x < 0 and x > -2 else 0", r"1 & x < 0 \text{ and } x > -2 \\ 0 & \text{otherwise}", lambda x: (1.0 * (-2 < x < 0), 0)),
    ("x if 2 x > 1 else 1 - x", r"x & 2x > 1 \\ 1 - x & \text{otherwise}", lambda x: (x, 1) if x > 0.5 else (1 - x, -1)),
]  # fmt: skip
POINTS = np.array([[-1000.0, -2, -1.5, -1, -0.5, 0, 0.25, 0.5, 0.75, 1, 1.5, 1000]])


@pytest.mark.parametrize(("plain", "latex", "function"), CASES)
def test_a_function_by_cases_has_the_value_and_the_slope_of_the_case_that_holds(plain, latex, function):
    pages = f"f(x) = {plain}\nh_t = f(x_t)", rf"$$f(x) = \begin{{cases}} {latex} \end{{cases}}$$ $$h_t = f(x_t)$$"
    for page in pages:
        expected = np.array([function(x) for x in POINTS[0]])
        with np.errstate(all="raise", under="ignore"):
            np.testing.assert_allclose(values(page, POINTS)["h"][0], expected[:, 0], rtol=1e-12, atol=1e-300)
            np.testing.assert_allclose(slopes(page, POINTS)[0], expected[:, 1], rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("1 if x > 0", "no case says what f is for x < 0"), ("1 if x > 0, 0 if x < 0", "at x = 0"),
        ("x if x^2 > 1 else 0", "not understood"), ("x if b > 0 else 0", "compares no operand"), ("x if x > b, 1 if x > c, 0 otherwise", "several"),
        ("1 if x > 0, 1/2 if x >= 0, 0 otherwise", "alone"), ("f(x) if x > 0 else 0", "calls itself"),
        ("softmax(x) if x > 0 else x", "as a whole"), ("x - mean(x) if x > 0 else x", "as a whole"), ("W x if x > 0 else x", "as a whole"),
    ],
)  # fmt: skip
def test_cases_that_are_not_understood_are_refused(body, told):
    with pytest.raises(InputError, match=re.escape(told)):
        derive.read(f"f(x) = {body}\nh_t = f(x_t) + b + c")


# The functions that are built in, and definitions of them: right ones and others that agree at many points.
SAME = {
    "relu": ["max(0, x)", "max(x, 0)", "0 if x <= 0 else x", "(x + abs(x)) / 2"],
    "sigmoid": ["1 / (1 + exp(-x))", "exp(x) / (1 + exp(x))", "(1 + tanh(x / 2)) / 2"],
    "tanh": ["(exp(x) - exp(-x)) / (exp(x) + exp(-x))", "2 / (1 + exp(-2 x)) - 1"],
    "hard_sigmoid": ["max(0, min(1, 0.2 x + 0.5))", "0 if x < -2.5, 1 if x > 2.5, x / 5 + 1/2 otherwise"],
    "leaky_relu": ["max(x, 0.01 x)", "x if x > 0 else x / 100"],
    "softplus": ["log(1 + exp(x))"],
    "softmax": ["exp(x) / sum(exp(x))"],
}
OTHER = {
    "relu": ["min(max(x, 0), 6)", "x if x > 0 else 0.1 x", "max(x, -100)", "0"],
    "sigmoid": ["tanh(x)", "1 / (1 + exp(x))", "0 if x < -9 else 1 / (1 + exp(-x))"],
    "tanh": ["x / (1 + abs(x))", "(exp(x) - exp(-x)) / 2"],
    "hard_sigmoid": ["max(0, min(1, x / 6 + 1/2))"],
    "softmax": ["exp(x / 2) / sum(exp(x / 2))"],
    "norm": ["x + x^3"],
}


@pytest.mark.parametrize(("name", "body"), [(name, each) for name, bodies in SAME.items() for each in bodies])
def test_a_definition_that_is_proved_to_be_the_built_in_one_is_it(name, body):
    assert (
        derive.read(f"{name}(x) = {body}\nh_t = {name}(W x_t)").equations[0].right == derive.read(f"h_t = {name}(W x_t)").equations[0].right
    )


@pytest.mark.parametrize(("name", "body"), [(name, each) for name, bodies in OTHER.items() for each in bodies])
def test_the_definition_of_a_page_counts_before_the_built_in_function(name, body):
    own = derive.read(f"{name}(x) = {body}\nh_t = {name}(x_t)")
    if "x" in body:
        assert own.equations == derive.read(f"mine(x) = {body}\nh_t = mine(x_t)").equations
    else:
        assert str(own.equations[0].right) == body
    below = derive.read(f"h_t = {name}(x_t)\n{name}(x) = {body}")
    assert own.equations[0].right == below.equations[0].right


@pytest.mark.parametrize(
    ("head", "body"),
    [(r"\mathrm{softmax}(x)_i", r"\frac{e^{x_i / 2}}{\sum_j e^{x_j / 2}}"), (r"\text{softmax}(x_i)", r"e^{x_i/2} / \sum_{k=1}^{K} \exp(x_k / 2)"),
     (r"\operatorname{softmax}_i(x)", r"\frac{\exp(x_i/2)}{\sum_{j} \exp(x_j/2)}")],
)  # fmt: skip
def test_a_function_of_entries_is_one_of_columns(head, body):
    page = rf"$${head} = {body}$$ $$h_t = \mathrm{{softmax}}(x_t)$$"
    e = np.exp(X / 2)
    np.testing.assert_allclose(values(page, X)["h"], e / e.sum(axis=1, keepdims=True), rtol=1e-14)
    inline = rf"$$h_t = \mathrm{{softmax}}(x_t)$$ where ${head} = {body}$."
    assert derive.read(inline).equations == derive.read(page).equations


@pytest.mark.parametrize(
    "definition", [r"\mathrm{ReLU}(x) = \oint x", r"\sigma(x) = \begin{cases} x & \text{sometimes} \\ 0 & \text{else} \end{cases}"]
)
def test_a_definition_that_is_applied_and_not_read_is_refused(definition):
    name = definition.partition("(")[0]
    for page in (f"$${definition}$$ $$h_t = {name}(x_t)$$", f"$$h_t = {name}(x_t)$$ where ${definition}$"):
        with pytest.raises(InputError):
            derive.read(page)


def test_a_letter_for_a_function_is_its_own_and_not_the_function_that_it_usually_is():
    page = derive.read(r"$$\sigma(x) = \tanh(x)$$ $$h_t = \sigma(x_t) + \mathrm{sigmoid}(x_t)$$")
    assert page.equations[0].right == derive.read("h_t = tanh(x_t) + sigmoid(x_t)").equations[0].right


def test_a_definition_by_a_function_of_the_page_is_none_of_what_is_built_in():
    latex = r"$$\sigma(z) = z + 1, \quad \tanh(z) = 2 \sigma(2 z) - 1$$ $$h_t = \tanh(x_t)$$"
    for page in (latex, "σ(z) = z + 1\ntanh(z) = 2 σ(2 z) - 1\nh_t = tanh(x_t)"):
        np.testing.assert_allclose(values(page, X)["h"], 4 * X + 1, rtol=1e-14)
    both = "σ(z) = (tanh(z / 2) + 1) / 2\ntanh(z) = 2 σ(2 z) - 1\nh_t = tanh(x_t)"
    assert derive.read(both).equations[0].right == derive.read("h_t = tanh(x_t)").equations[0].right
    with pytest.raises(InputError, match="calls itself"):
        derive.read("relu(x) = σ(x)\nσ(x) = relu(x) + 1\nh_t = relu(x_t)")


def test_two_definitions_of_one_function_are_refused_unless_they_are_alike():
    with pytest.raises(InputError, match="a second time"):
        derive.read("f(x) = 2 x\nf(x) = 3 x\nh_t = f(x_t)")
    derive.read("f(x) = 2 x\nf(z) = 2 z\nh_t = f(x_t)")


LETTERS = [
    (r"\epsilon", r"\varepsilon"), (r"\phi", r"\varphi"), (r"\theta", r"\vartheta"), (r"\rho", r"\varrho"), ("ε", "ϵ"), ("φ", "ϕ"), ("θ", "ϑ"),
    ("W", "𝐖"), ("h", "ℎ"), (r"\mathbf{W}", "W"), (r"\mathbf{b}", "b"), (r"\mathcal{L}", "L"), (r"W_{xi}", r"W_\xi"),
    (r"\boldsymbol{\alpha}", r"\alpha"), (r"\hat{\mathbf{c}}", r"\hat{c}"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), LETTERS)
@pytest.mark.parametrize("turned", [False, True])
def test_two_letters_that_would_be_one_name_are_refused_with_both_places(one, other, turned):
    first, second = (other, one) if turned else (one, other)
    with pytest.raises(InputError) as caught:
        derive.read(f"$$a_t = {first} x_t$$\n$$z_t = {second} a_t$$")
    assert "line 1" in str(caught.value)
    assert "line 2" in str(caught.value)
    for alone in (first, second):
        assert len(derive.read(f"$$a_t = {alone} x_t$$\n$$z_t = {alone} a_t$$").parameters) == 1


@pytest.mark.parametrize(("one", "other"), [("ŵ_t", "w\u0302_t"), ("x\u0302_t", "x\u0302_t"), ("ĥ_t", "h\u0302_t")])
def test_composed_and_decomposed_accents_are_one_letter(one, other):
    assert len(derive.read(f"y_t = {one} + {other}").inputs) == 1


def test_entries_of_a_bold_vector_are_not_bold():
    derive.read(r"$$\mathbf{p}_t = \mathrm{softmax}(\mathbf{x}_t), \quad e_t = - \sum_i p_{t,i} \log p_{t,i}$$")


def told(text: str) -> set[tuple[int, str]]:
    """The formulas of a page that are remarked on as not used."""
    return {
        (each.line, re.sub(" is not used$", "", each.fact.replace("`", "")))
        for each in derive.remarks(derive.read(text))
        if each.kind == "not used"
    }


PLACES = {
    "displayed": (
        "$$h_t = x_t + a$$\n\n{}",
        "$$\\frac{\\partial L}{\\partial W} = \\delta_t x_t^T$$",
        "\\frac{\\partial L}{\\partial W} = \\delta_t x_t^T",
    ),
    "a value": ("$$h_t = x_t + a$$\n\n{}", "$$W x_t + b$$", "W x_t + b"),
    "in a sentence": ("$$h_t = x_t + a$$\n\n{}", "If so, note $y_t = V h_t$ here.", "y_t = V h_t"),
    "a term in a sentence": ("$$h_t = x_t + a$$\n\n{}", "The term $1 - z_t$ keeps.", "1 - z_t"),
    "a line of prose": ("    h_t = x_t + a\n\n{}", "y_t = V z_t", "y_t = V z_t"),
    "an item": ("    h_t = x_t + a\n\n{}", "- y_t = V z_t", "y_t = V z_t"),
    "code in a sentence": ("    h_t = x_t + a\n\n{}", "for example `y_t = V h_t` is read", "y_t = V h_t"),
    "a declaration": ("    h_t = x_t + a\n\n{}", "boundary h = zero", "boundary h = zero"),
    "a cell of a table": ("    h_t = x_t + a\n\n{}", "| output | y_t = V z_t |", "y_t = V z_t"),
    "an environment that is not known": (
        "\\begin{document}\n$$h_t = x_t + a$$\n{}\n\\end{document}",
        "\\begin{dgroup}\ny_t = V h_t\n\\end{dgroup}",
        "y_t = V h_t",
    ),
    "an idle definition": ("$$h_t = x_t + a$$\n\n{}", r"$$\mathrm{GELU}(x) = x \oint x$$", r"\mathrm{GELU}(x) = x \oint x"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_formula_of_which_nothing_is_used_is_told_with_its_line(place):
    page, formula, expected = PLACES[place]
    text = page.replace("{}", formula)
    at = next(number for number, line in enumerate(text.splitlines(), 1) if expected in line)
    assert {(line, each.strip()) for line, each in told(text)} == {(at, expected)}


@pytest.mark.parametrize("mention", ["$h_t$", "$W \\in \\mathbb{R}^{n \\times m}$", "$t = 1, \\dots, T$", "$h_t = x_t + a$", "$x_t + a$", "$t - 1$",
                                     "$3 \\times 3$", "$\\frac{\\partial L}{\\partial W}$", "costs $5 and $6", "`batch = 3`"])  # fmt: skip
def test_what_is_mentioned_or_said_again_is_not_told(mention):
    assert not told(f"$$h_t = x_t + a$$\n\nHere {mention} is meant.")


FORMULAS = [r"h_t = \tanh(W x_t)", r"h_0 = 0", r"W \in \mathbb{R}^n", r"\sigma(x) = \frac{1}{1 + e^{-x}}", r"x_t + b", r"h_t", r"k = 3",
            r"\frac{\partial L}{\partial h} = 1", r"y_t = V h_t", r"t = 1, \dots, T", r"a_t \approx 2", r"f(x) = x^2"]  # fmt: skip
FRAMES = ["$${}$$", "${}$", "text ${}$ text", "\\[{}\\]", "\\begin{{align}}{}\\end{{align}}", "\\({}\\)", "```math\n{}\n```"]


@pytest.mark.parametrize("seed", range(40))
def test_each_formula_of_a_page_has_a_fate(seed):
    draw = np.random.default_rng(seed)
    drawn = [str(draw.choice(FORMULAS)) for _ in range(6)]
    parts = [str(draw.choice(FRAMES)).format(each) for each in drawn]
    try:
        found = reading("$$z_t = \\tanh(W x_t)$$\n\n" + "\n\n".join(parts))
    except InputError:
        return
    squeezed = ["".join(each.text.split()) for each in found.formulas]
    for each in drawn:
        first = "".join(each.partition(",")[0].split())
        assert any(first in other or other in first for other in squeezed), each
    assert all(isinstance(each.fate, Fate) for each in found.formulas)
    used = sum(each.fate in (Fate.EQUATION, Fate.DEFINITION, Fate.DECLARATION) for each in found.formulas)
    assert used == len(found.pieces)


@pytest.mark.parametrize("name", each_third(derive.cell_names()))
def test_all_formulas_of_the_built_in_pages_are_used(name):
    assert derive.cell(name).unused == ()


def test_a_page_says_which_hard_sigmoid_it_means_and_may_choose():
    remarks = derive.remarks(derive.read("h_t = hard_sigmoid(W x_t)"))
    assert any("x / 5 + 1/2" in str(each) and "PyTorch" in str(each) for each in remarks)
    chosen = "hard_sigmoid(x) = max(0, min(1, x / 6 + 1/2))\nh_t = hard_sigmoid(x_t)"
    np.testing.assert_allclose(values(chosen, np.array([[1.0, -2.9, 2.9]]))["h"][0], np.array([1, -2.9, 2.9]) / 6 + 0.5, rtol=1e-14)
    assert not [each for each in derive.remarks(derive.read(chosen)) if each.kind == "convention"]


@pytest.mark.parametrize(("layer", "attribute", "slope"), [("keras_lstm", "recurrent_activation", 6), ("onnx_lstm", "activation_f", 5)])
def test_each_framework_has_its_own_hard_sigmoid(layer, attribute, slope):
    page = f"hard_sigmoid(a) = max(0, min(1, a / {slope} + 1 / 2))\ni_t = hard_sigmoid(W_i x_t)"
    expected = type(derive.read(page).equations[0].right)
    value = "hard_sigmoid" if slope == 6 else "HardSigmoid"
    gate = derive.layer(layer, **{attribute: value}).equation("i").right
    assert type(gate) is expected
    assert (str(slope) in str(gate)) == (slope == 6)


HOSTILE = [
    "(exp(9999 x) - exp(-x)) / (exp(x) + exp(-x))", f"{'(' * 40}1 + x{')^9' * 40}", f"{'abs(' * 50}x{')' * 50}", f"{'max(' * 40}x{', 1 + x)' * 40}",
    " + ".join(["max(x, 1)"] * 300), "x^{-999} + (1 + x + x^2)^999", " * ".join(f"(x + a_{n})" for n in range(50)),
]  # fmt: skip


@pytest.mark.parametrize("body", each_third(HOSTILE))
def test_a_proof_gives_up_where_it_would_take_long(body):
    for text in (f"tanh(x) = {body}\nh_t = tanh(x_t)", f"f(x) = {body} if x > 2 else 0\nh_t = f(x_t)"):
        try:
            derive.read(text)
        except InputError:
            continue


@pytest.mark.full
def test_pairs_of_brackets_and_words_never_crash():
    pieces = ["x_t", "[0]", "[i]", "[0, 1]", "[x_t; x_t]", "W", "2", "(x_t)", "^2", "^T", "if", "else", ">", "[0:1]", "f(x_t)"]
    for some in random.Random(0).sample([*itertools.product(pieces, repeat=3)], 1000):
        try:
            derive.read(f"f(x) = x if x > 0 else 2 x\nh_t = {' '.join(some)} + x_t")
        except InputError:
            continue


def test_a_name_for_several_values_in_prose_is_no_output_and_a_stack_is_one():
    page = "$$h_t = \\tanh(U h_{t-1} + W x_t)$$\n$$c_t = \\tanh(V c_{t-1} + W x_t)$$\n"
    assert "s" not in derive.read(page + "We call $s_t = (c_t, h_t)$ the state.").variables
    assert derive.read(page + "The output is $s_t = [c_t; h_t]$.").outputs == ("s",)
    assert [str(each.right) for each in derive.read("h_t = tanh(U h_{t-1} + x_t)\ns_t = [x_t, h_t]").equations][1] == "Stack(x[t], h[t])"


@pytest.mark.parametrize("product", ["(v^T h_t) w", "w (v^T h_t)", "dot(v, h_t) w"])
def test_what_is_transposed_is_no_number(product):
    system = derive.read(f"h_t = tanh(W x_t + U h_{{t-1}})\ny_t = C x_t + {product}")
    assert system.shape(system["v"].symbol) == system.shape(system["h"].at(0)) != (1, 1)
