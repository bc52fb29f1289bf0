"""What prose says of kinds, sizes, functions and signs, and what it does not say."""

from __future__ import annotations

import pytest

import derive
from derive.errors import InputError
from derive.evidence import Ground
from derive.notation.prose.said import said

KNOWN = {"alpha", "W", "x", "h", "A", "b", "c", "d", "dt", "gamma", "W_ci", "W_cf", "W_xi"}

KINDS = {
    r"where $\alpha$ is a scalar": {"alpha": "scalar"},
    r"The scalars $\alpha$, $b$ and $c$ are learned.": {"alpha": "scalar", "b": "scalar", "c": "scalar"},
    r"the diagonal matrix $A$ and the row vector $b$": {"A": "diagonal", "b": "row"},
    r"$c$ and $d$ are numbers": {"c": "scalar", "d": "scalar"},
    "Here dt is a scalar.": {"dt": "scalar"},
    r"其中 $\gamma$ 是标量，$b$ 为行向量。": {"gamma": "scalar", "b": "row"},
    r"($W_{ci}$ and the like) are diagonal": {"W_ci": "diagonal", "W_cf": "diagonal"},
    r"with $\gamma > 0$ and $0 < \alpha < 1$": {"gamma": "number", "alpha": "number"},
    r"$\alpha$ is not said to be anything, and a scalar is nowhere": {},
    r"The matrix $A$ is large but $b$ is a vector": {"A": "matrix", "b": "vector"},
}


@pytest.mark.parametrize("words", KINDS)
def test_a_kind_is_said_of_the_name_beside_it(words):
    assert {each.name: each.kind for each in said(words, [], KNOWN) if each.kind} == KINDS[words]


@pytest.mark.parametrize(
    ("words", "sizes"),
    [
        (r"$W \in \mathbb{R}^{h \times d}$", {"W": ("h", "d")}),
        (r"$x_t, h_t \in \mathbb{R}^{d}$", {"x": ("d", "1"), "h": ("d", "1")}),
        (r"$c \in \mathbb{R}$", {"c": ("1", "1")}),
        (r"$b \in ℝ^{1 × h}$", {"b": ("1", "h")}),
    ],
)
def test_sizes_are_said(words, sizes):
    assert {each.name: each.sizes for each in said(words, [], KNOWN)} == sizes


CELL = r"$$h_t = \phi(W x_t + U h_{t-1})$$" "\n\n"


def test_a_symbol_is_a_function_only_where_the_page_says_so_of_that_symbol():
    page = r"$$r_t = r_{t-1} + \alpha (\tanh(W r_{t-1} + U x_t) - r_{t-1})$$" "\n\nwith a rate $\\alpha$; the nonlinearity is tanh."
    (equation,) = derive.read(page).equations
    assert str(equation.right).count("tanh") == 1
    assert derive.read(page)["alpha"].shape == (1, 1)
    assert "tanh" in str(derive.read(CELL + r"where $\phi$ is the hyperbolic tangent").equations[0].right)


def test_of_two_functions_none_is_picked():
    with pytest.raises(InputError, match=r"\\phi is tanh or relu by what the page says; choose one"):
        derive.read(CELL + r"where $\phi$ is tanh or ReLU")


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("$$h_t = W * x_t + h_{t-1}$$\n\nwhere $*$ denotes convolution.", "said to be a convolution"),
        ("$$h_t = (a \\otimes b) h_{t-1} + x_t$$\n\nwhere $\\otimes$ is the Kronecker product.", "said to be a Kronecker product"),
        ("$$S_t = S_{t-1} (a_t - k_t k_t^\\top) + v_t k_t^\\top$$\n\nmatrix S\n\nwith a scalar $a_t$.", "a number is added to a matrix"),
        ("$$h_t = \\exp(\\Delta A) h_{t-1} + B x_t$$\n\n$\\Delta$ is a scalar.", "exponential of a matrix"),
    ],
)
def test_what_is_not_in_the_notation_is_refused_and_not_read_as_something_else(page, told):
    with pytest.raises(InputError, match=told):
        derive.read(page)


REMEDIES = {
    "h_t = exp(A) h_{t-1} + B x_t": "h_t = (exp(A) ⊙ 1) h_{t-1} + B x_t",
    "S_t = S_{t-1} (a_t - k_t k_t^T) + v_t k_t^T\nmatrix S\nscalar a": "S_t = S_{t-1} (a_t * I - k_t k_t^T) + v_t k_t^T\nmatrix S\nscalar a",
    "A_t = 1 - k_t k_t^T\nh_t = A_t h_{t-1}": "A_t = 1 * outer(u, u) - k_t k_t^T\nh_t = A_t h_{t-1}\nconstant u = 1\nvector u",
}


@pytest.mark.parametrize("page", REMEDIES)
def test_what_a_message_offers_is_read(page):
    with pytest.raises(InputError) as error:
        derive.read(page)
    offered = {"⊙": "exp(A) ⊙ 1", "I": "a_t * I", "u": "1 * outer(u, u)"}
    assert any(each in error.value.advice for each in offered.values())
    derive.read(REMEDIES[page])


def test_a_slope_that_the_page_takes_is_one_and_is_used():
    page = "$$u_t = c u_{t-1} + W x_t$$\n\n$$s_t = \\Theta(u_t)$$\n\n$\\Theta$ is the Heaviside step; we take $\\Theta'(v) = \\max(0, 1 - |v|)$."
    system = derive.read(page)
    assert "Declared" in str(system.equation("s").right)
    assert system.unused == ()


def test_a_small_bold_letter_is_a_vector_where_a_plain_one_is_a_number():
    page = r"$$h_t = {} h_{{t-1}} + W x_t$$"
    assert derive.read(page.format("u"))["u"].shape == (1, 1)
    assert derive.read(page.format(r"\mathbf{u}"))["u"].shape[0] != 1


def test_an_outer_product_is_one_where_the_page_says_so():
    outer = "$$M_t = M_{t-1} + v_t \\otimes k_t$$\n\n$$y_t = M_t k_t$$\n\nwhere $\\otimes$ is the outer product."
    assert derive.read(outer)["M"].shape[1] != 1
    assert derive.read(outer.replace("outer", "elementwise"))["M"].shape[1] == 1


def test_a_page_in_rows_is_read_so_whole():
    system = derive.read("q_t = x_t W_Q\nk_t = x_t W_K\nv_t = x_t W_V\nS_t = a * S_{t-1} + k_t^T v_t\no_t = q_t S_t")
    assert {name: tuple(side == 1 for side in system[name].shape) for name in ("x", "q", "S", "o")} == {
        "x": (True, False), "q": (True, False), "S": (False, False), "o": (True, False),
    }  # fmt: skip


def test_powers_and_inverses_of_matrices_are_those_of_matrices():
    (square,) = derive.read("h_t = A^2 h_{t-1} + x_t").equations
    (product,) = derive.read("h_t = (A A) h_{t-1} + x_t").equations
    assert square.right == product.right
    assert "Solve" in str(derive.read(r"$$h_t = (I - A)^{-1} (B x_t + h_{t-1})$$").equations[0].right)


def test_each_kind_has_its_evidence():
    page = "h_t = (1 - a) * h_{t-1} + a * tanh(W x_t + U h_{t-1} + b)\nscalar a"
    grounds = {name: each.ground for name, each in derive.read(page).evidence.items()}
    assert grounds == {
        "a": Ground.DECLARED, "h": Ground.FORCED, "W": Ground.CONVENTION, "x": Ground.CONVENTION, "U": Ground.CONVENTION, "b": Ground.FORCED,
    }  # fmt: skip
    said_so = derive.read("$$h_t = c h_{t-1} + W x_t$$\n\nwhere $c$ is a scalar").evidence["c"]
    assert (said_so.ground, "scalar" in said_so.why) == (Ground.SAID, True)


@pytest.mark.parametrize(
    ("page", "shape"),
    [("x' = A x + B u\ny = C x'", "x"), ("h' = tanh(W x + U h + b)", "h")],
)
def test_a_prime_is_the_next_step_where_the_page_has_no_times(page, shape):
    assert [each.name for each in derive.read(page).states] == [shape]


def test_a_value_at_another_step_everywhere_is_one_at_that_step():
    system = derive.read("g_{t-1} = c_t * h_{t-1}\nh_t = tanh(W x_t + U g_{t-1})")
    assert [str(read) for read in system.equation("g").reads] == ["c[t]", "h[t - 1]"]


@pytest.mark.parametrize(
    "words", ["Let $A$ and $B$ be square matrices.", "其中 $A$ 和 $B$ 是方阵。", "The square matrices $A$, $B$ are learned."]
)
def test_a_square_matrix_has_as_many_rows_as_columns(words: str):
    system = derive.read(f"{words}\n$$h_t = \\tanh(W h_{{t-1}} + A B x_t)$$\n$$Q = A A^\\top$$")
    assert system["A"].shape[0] == system["A"].shape[1]
    assert system["B"].shape == system["A"].shape
