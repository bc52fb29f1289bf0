"""What prose says of outputs, of values before the first step, of the shapes of arrays, and of losses; and what it does not say."""

from __future__ import annotations

import pytest

import derive
from derive.errors import InputError
from derive.notation.prose_roles import roles
from derive.notation.said import said
from derive.system import Boundary

OUTPUTS = {
    "The output is $y_t$.": ["y"],
    "the outputs of the network at each time step are $h_t$ and $y_t$": ["h", "y"],
    "where $x_t$ is the input and $y_t$ is the output of the model": ["y"],
    "Returns: h_t and y_t, the last of which is bounded": ["h", "y"],
    "输出为 $y_t$。": ["y"],
    "$y_t$ 是输出": ["y"],
    "$y_t$ 是输出门": [],
    "where $o_t$ is the output gate": [],
    "the output of the first layer is $h_t$": [],
    "$h_t$ is the output of the first layer": [],
    "the output layer is $y_t$": [],
    "the output size is y": [],
}


@pytest.mark.parametrize("words", OUTPUTS)
def test_an_output_is_said_to_be_one(words):
    found = [name for line in roles(words, ["h", "y", "o"], [], ()) for name in line.names]
    assert found == OUTPUTS[words]
    assert not list(roles(words, ["h", "y", "o"], [], ["output"]))


ZEROS = {
    "The hidden state starts at zero.": ["h", "c"],
    "with $h_0$ initialised to zeros": ["h"],
    "the initial state is zero": ["h", "c"],
    "zero initial states": ["h", "c"],
    r"$c_t$ is initialized as $\mathbf{0}$": ["c"],
    "初始状态为零": ["h", "c"],
    "初始隐状态 $h_0$ 设置为 0": ["h"],
    "the initial hidden state at time 0": [],
    "the initial state at time zero": [],
    "Given the initial state $h^{(0)}$": [],
    "the initial state is not zero": [],
    "the biases are initialized to zero": [],
    "the state is reset to 0.5 to begin with": [],
}


@pytest.mark.parametrize("words", ZEROS)
def test_a_state_is_said_to_be_zero_before_the_first_step(words):
    assert [name for line in roles(words, ["h", "c"], ["h", "c"], ()) for name in line.names] == ZEROS[words]


def test_what_is_declared_stands_against_what_is_said():
    page = "h_t = tanh(W x_t + U h_{t-1})\n\nThe hidden state starts at zero.\n"
    assert derive.read(page)["h"].boundary is Boundary.ZERO
    assert derive.read(f"{page}\nboundary h = given")["h"].boundary is Boundary.GIVEN


SHAPES = {
    "`x_t` has shape `(batch, input_dim)`": {"x": ("batch", "input_dim")},
    "* `W` : kernel, shape `(input_dim, units)`": {"W": ("input_dim", "units")},
    "`W` and `U` are `(4*H, D)`": {"W": ("4H", "D"), "U": ("4H", "D")},
    "$W$ 的形状为 $(n, d)$": {"W": ("n", "d")},
    "`x` of shape `(T, D)`": {},
    "$h_t$ (a vector, one entry for each unit)": {},
    "where W (see A, B) is learned": {},
    "h is f(a, b)": {},
}


@pytest.mark.parametrize("words", SHAPES)
def test_shapes_of_arrays_are_said(words):
    assert {each.name: each.sizes for each in said(words, [], {"x", "W", "U", "h"}) if each.sizes} == SHAPES[words]


def test_a_batch_in_rows_is_a_matrix_and_its_star_is_of_entries():
    page = "h_t = z_t * h_{t-1} + tanh(x_t @ W + h_{t-1} @ U)\nz_t = sigmoid(x_t @ V)\n\n`x` is `(N, D)`, `h` is `(N, H)`.\n"
    system = derive.read(page)
    assert system["x"].shape[0] == system["h"].shape[0] != 1
    with pytest.raises(InputError, match="two readings"):
        derive.read("matrix h, z, x\nh_t = z_t * h_{t-1} + x_t")


@pytest.mark.parametrize(
    ("loss", "total"),
    [
        ("E_t = -y_t * log(p_t)", True),
        ("E_t = -(y_t * log(p_t) + (1 - y_t) * log(1 - p_t))", True),
        ("J_t = (y_t - p_t)^2", True),
        ("E_t = log(1 + exp(p_t))", False),
        ("q_t = (y_t - p_t)^2 + V p_t", False),
    ],
)
def test_a_loss_is_one_number_the_sum_of_its_entries(loss, total):
    system = derive.read(f"p_t = softmax(W x_t)\n{loss}")
    name = loss[0]
    assert (system[name].shape == (1, 1)) == total
    assert any("the sum of its entries, as a loss is one number" in each.fact for each in derive.review(system).remarks) == total


def test_an_input_behind_a_column_with_a_capital_letter_is_a_number():
    page = "$$x_t = A x_{t-1} + B u_t$$\n\nwith $A \\in \\mathbb{R}^{N \\times N}$ and $B \\in \\mathbb{R}^{N \\times 1}$."
    assert derive.read(page)["u"].shape == (1, 1)
    assert derive.read(page.replace(r"N \times 1", r"N \times M"))["u"].shape != (1, 1)


def test_one_scalar_in_a_list_says_nothing_of_the_others():
    assert {each.name for each in said("the columns of X and beta a scalar", [], {"X", "beta"})} == {"beta"}
    assert {each.name for each in said("X and beta are scalars", [], {"X", "beta"})} == {"X", "beta"}


FUNCTION = "$$h_t = f(W x_t + U h_{t-1})$$\n\n"


def test_a_function_that_prose_names_or_a_formula_defines_is_to_be_chosen():
    with pytest.raises(InputError, match="f is tanh or as it is defined"):
        derive.read(FUNCTION + "where $f$ is the hyperbolic tangent or, in later work, $f(x) = x$.")
    with pytest.raises(InputError, match="f is sigmoid or tanh"):
        derive.read(FUNCTION + "其中 $f(\\cdot)$ 通常为 Logistic 函数或 Tanh 函数。")
    assert "step" in str(derive.read(FUNCTION + "where $f(\\cdot)$ is the Heaviside step function.").equations[0].right)


def test_the_sign_of_a_kronecker_product_may_be_a_command_of_the_page():
    with pytest.raises(InputError, match="Kronecker product, which is not in the notation"):
        derive.read("\\newcommand{\\kron}{\\otimes}\nThe Kronecker product $A \\kron B$:\n$$h_t = (A \\kron B) h_{t-1} + W x_t$$")
