"""What prose says of outputs, of values before the first step, of the shapes of arrays, and of losses; and what it does not say."""

from __future__ import annotations

import pytest

import derive
from derive.errors import InputError
from derive.notation.prose.roles import roles
from derive.notation.prose.said import said
from derive.system import Boundary

OUTPUTS = {
    "The output is $y_t$.": ["y"],
    "the outputs of the network at each time step are $h_t$ and $y_t$": ["h", "y"],
    "where $x_t$ is the input and $y_t$ is the output of the model": ["y"],
    "Returns: h_t and y_t, the last of which is bounded": ["h", "y"],
    "**return** $h_t, y_t$": ["h", "y"],
    "The layer returns $y_t$.": ["y"],
    "the daily returns $y_t$ of a stock": [],
    "输出为 $y_t$。": ["y"],
    "$y_t$ 是输出": ["y"],
    "$y_t$ 是输出门": [],
    "where $o_t$ is the output gate": [],
    "the output of the first layer is $h_t$": [],
    "$h_t$ is the output of the first layer": [],
    "the output layer is $y_t$": [],
    "the output size is y": [],
    "We report the filtered means $y_t$.": ["y"],
    "the stock reports $y_t$": [],
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
    "$W$ 是权重矩阵，$h_0$ 取零": ["h"],
    "$h_0$ 和 $c_0$ 都是 0": ["h", "c"],
    "· W, U 权值矩阵； b 偏置 · h(0) = 0": ["h"],
    "初始隐状态 $h_0$ 设置为 0": ["h"],
    "$c^{<0>} = \\vec{0}$ as usual": ["c"],
    "The memory starts empty, c(0) = 0, and so does the hidden state.": ["c", "h"],
    "s_t : context vector, h_t and c_t are 0 at the beginning of each sequence": ["h", "c"],
    "$h_0=\\mathbf{0}$ and likewise for $c_0$": ["h"],
    "the state starts at 0": ["h", "c"],
    "training starts with V at the identity and b at 0, so that a new network keeps its state": [],
    "the initial hidden state at time 0": [],
    "$h_0$ is zero-mean Gaussian noise": [],
    "If $h_0$ is zero, the first step has no memory.": [],
    "如果 $h_0$ 取零，则第一步没有记忆": [],
    "the initial state at time zero": [],
    "Given the initial state $h^{(0)}$": [],
    "the initial state is not zero": [],
    "the biases are initialized to zero": [],
    "the state is reset to 0.5 to begin with": [],
    "the initial state is drawn from a Gaussian with zero mean": [],
    "从零开始实现循环网络的隐状态": [],
}


TRAINED = {
    "Both $h_0$ and $c_0$ are trained along with the weights.": ["h", "c"],
    "We learn the initial state h0.": ["h"],
    "  h(0)   learned": ["h"],
    "All weights and $h_0$ are learned.": ["h"],
    "$c_0 = 0$, while $h_0$ is a trainable vector": ["h"],
    "初始的 $h^0$ 不取 0，而是当作可学习的参数和其它权重一起训练。": ["h"],
    "L'état initial $h(0)$ n'est pas nul : c'est un vecteur de paramètres, appris avec les poids": ["h"],
    "mentre $h_0$ è un vettore addestrabile": ["h"],
    "$h_0$ is **trained** with the weights, $c_0$ is simply zero": ["h"],
    "a cell with a learned initial state": ["h", "c"],
    "h0: initial state `h_0`, ``(hidden,)``, learned": ["h"],
    "$h_0$ is given by the encoder and the weights are learned": [],
    "Starting from $h_0$ the network is trained": [],
    "$h_0 = 0$, and $W$ is learned.": [],
    "$h_0$ and $c_0$ are not learned but zero": [],
    "without a learned initial state": [],
    "no trainable initial state is used": [],
    "The initial state $h_0$ is not learned": [],
    "论文代码里 $h_0$ 是零，但我设成可训练的向量": [],
}


@pytest.mark.parametrize("words", TRAINED)
def test_an_initial_value_is_said_to_be_learned(words):
    found = [name for line in roles(words, ["h", "c"], ["h", "c"], ()) if line.value == "parameter" for name in line.names]
    assert sorted(found, key="hc".index) == TRAINED[words]


def test_what_is_said_of_an_initial_value_and_not_understood_is_told():
    page = "h_t = tanh(W x_t + U h_{t-1})\n\nIn the paper $h_0$ is zero, but I made it a trainable vector."
    system = derive.read(page)
    assert system["h"].boundary is Boundary.GIVEN
    assert [(each.line, each.text[:24]) for each in system.unused] == [(3, "In the paper $h_0$ is ze")]
    assert not derive.read(page.replace(", but I made it a trainable vector", "")).unused


@pytest.mark.parametrize("page", ["规定 h₀ 为全零向量。", "4) h[0] = 0。输出 h。", "padded with a zero vector on the left: h"])
def test_plain_text_says_it_too(page):
    assert [(line.names, line.value) for line in roles(page, ["h"], ["h"], ()) if line.key == "boundary"] == [(("h",), "zero")]


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


ZEROS_OF = {
    r"What is $s_0$? Nothing yet, so zeros will do.": {"s"},
    r"$s_0$ 取零。": {"s"},
    r"两组的初值都是 0。": {"s", "c"},
    r"with weight matrices $W$ and $\boldsymbol{s}_0 = \boldsymbol{0}$": {"s"},
    r"$c^{(0)}$ and $s^0$ are set to 0": {"c", "s"},
    r"the end $\overleftarrow{s}_{T+1}$ and $c_{T+1}$ are zero vectors": {"c"},
    r"neither $s_0$ nor its entries are zero": set(),
    r"$s_0$ 不为零": set(),
}


@pytest.mark.parametrize("words", ZEROS_OF)
def test_initial_values_that_stand_in_formulas_are_zero_where_a_sentence_says_so(words):
    found = {name for line in roles(words, [], ["s", "c"], ()) if line.value == "zero" for name in line.names}
    assert found == ZEROS_OF[words]


def test_initial_values_are_learned_where_a_sentence_says_so():
    page = "$$h_t = \\tanh(W x_t + U h_{t-1})$$\n\n$h_0$ is a trained parameter, shared by all sequences."
    assert derive.read(page)["h"].boundary is Boundary.PARAMETER


LEARNED = {
    "$h_0$ is a trained parameter": Boundary.PARAMETER,
    "with a learnable initial state $h_0$": Boundary.PARAMETER,
    "初始状态 $h_0$ 是可学习的。": Boundary.PARAMETER,
    "where $W$ and $U$ are trained and $h_0 = 0$": Boundary.ZERO,
    "with $h_0 = 0$ and learned weights": Boundary.ZERO,
    "the trained network is given $h_0$": Boundary.GIVEN,
}


@pytest.mark.parametrize("words", LEARNED)
def test_what_is_learned_is_what_the_word_stands_beside(words):
    assert derive.read(f"$$h_t = \\tanh(W x_t + U h_{{t-1}})$$\n\n{words}")["h"].boundary is LEARNED[words]


def test_all_layers_start_at_zero_where_one_letter_names_them():
    page = (
        "$$h_t^{(1)} = \\tanh(U^{(1)} h_{t-1}^{(1)} + W x_t)$$\n\n$$h_t^{(2)} = \\tanh(U^{(2)} h_{t-1}^{(2)} + h_t^{(1)})$$\n\n"
        "where $U^{(l)}$ are weights and $h_0^{(l)} = 0$."
    )
    assert {each.boundary for each in derive.read(page).states} == {Boundary.ZERO}


def test_a_formula_says_what_stands_behind_the_last_step():
    page = "$$g_t = \\tanh(W x_t + U g_{t+1}), \\qquad g_{T+1} = 0$$"
    assert derive.read(page)["g"].boundary is Boundary.ZERO
    assert derive.read(page.replace("= 0", "= \\mathbf{0}"))["g"].boundary is Boundary.ZERO


def test_one_declaration_may_be_of_several_names():
    system = derive.read("h_t = tanh(W x_t + U c_{t-1})\nc_t = a * h_{t-1} + b * c_{t-1}\nboundary h, c = zero\nconstant a, b = 0.5")
    assert {each.boundary for each in system.states} == {Boundary.ZERO}
    assert (system["a"].start, system["b"].start) == (0.5, 0.5)


def test_a_number_that_a_page_gives_to_a_name_is_a_constant():
    system = derive.read("$$h_t = (1 - \\lambda) h_{t-1} + \\lambda W x_t$$\n\nwith $\\lambda = 0.2$ fixed by hand.")
    (constant,) = [each for each in system.variables.values() if each.start is not None]
    assert (constant.start, constant.shape) == (0.2, (1, 1))


def test_what_is_applied_in_a_formula_says_nothing_of_its_operand():
    page = "- $z = \\tanh(W\\begin{bmatrix}x_t\\\\h_{t-1}\\end{bmatrix})$\n\n$$h_t = z$$"
    assert str(derive.read(page).equations[0].right).count("tanh") == 1


def test_a_kind_before_a_name_is_of_that_name():
    found = {each.name: each.kind for each in said("The vector $w$, the number $b$ and the matrices $A$, $C$", [], {"w", "b", "A", "C"})}
    assert found == {"w": "vector", "b": "scalar", "A": "matrix", "C": "matrix"}


def test_an_example_stands_for_its_kind():
    found = said("the matrices from cell to gates (e.g. $W_{ci}$) are diagonal", [], {"W_ci", "W_cf", "W_xi"})
    assert {each.name for each in found if each.kind == "diagonal"} == {"W_ci", "W_cf"}


def test_what_is_drawn_at_random_is_refused():
    page = "$$m_t = W h_{t-1}$$\n$$z_t \\sim \\mathcal{N}(m_t, 1)$$\n$$h_t = \\tanh(V z_t)$$"
    with pytest.raises(InputError, match="z_t is drawn at random"):
        derive.read(page)
    assert "z" in derive.read(page.replace("$$z_t \\sim \\mathcal{N}(m_t, 1)$$\n", "")).variables
    assert "z" in derive.read(page.replace("\\mathcal{N}(m_t, 1)", "p_{data}")).variables
    assert "z" in derive.read(page.replace("$$z_t \\sim \\mathcal{N}(m_t, 1)$$", "with $z_t~\\in~\\mathbb{R}^n$.")).variables


def test_equations_of_continuous_time_are_passed_over_where_steps_are_given():
    page = "$$h'(t) = A h(t) + B x(t), \\qquad y(t) = C h(t)$$\n\n$$h_t = \\bar{A} h_{t-1} + \\bar{B} x_t, \\qquad y_t = D h_t$$"
    assert {each.name for each in derive.read(page).equations} == {"h", "y"}
    assert "C" not in derive.read(page).variables


def test_steps_that_are_written_as_functions_of_time_are_steps():
    page = "$$\\tau \\frac{dh}{dt} = -h + W_h x$$\n\n$$h(t) = h(t-1) + W_h x(t), \\quad y(t) = C h(t)$$"
    assert [each.name for each in derive.read(page).equations] == ["h", "y"]


def test_a_number_is_no_other_number():
    with pytest.raises(InputError, match="two equations stand in one"):
        derive.read("k = 2 = 3\nh_t = k * h_{t-1} + x_t")
    assert derive.read("k = a / b = 0.5\nh_t = k * h_{t-1} + x_t")["k"].start == 0.5


def test_a_diagonal_of_a_row_scales_rows():
    system = derive.read("row r, x, k\nmatrix S\nr_t = sigmoid(x_t @ W)\nS_t = diag(r_t) @ S_{t-1} + k_t^T @ x_t")
    assert system.shape(system["S"].at(0))[0] == system.shape(system["r"].at(0))[1]


def test_displays_of_restructured_text_end_where_their_lines_do():
    page = "Cell\n----\n\n.. math::\n\n   h_t = \\tanh(W x_t + U h_{t-1})\n\nHere :math:`h_t` is the state and :math:`x_t` the input.\n"
    (equation,) = derive.read(page).equations
    assert equation.name == "h"


def test_equations_behind_a_brace_are_all_read():
    inside = "i_t &= \\sigma(W x_t)\\\\\nh_t &= i_t \\odot h_{t-1}\n"
    page = f"\\begin{{equation}}\n\\left\\{{\n\\begin{{aligned}}\n{inside}\\end{{aligned}}\n\\right.\n\\end{{equation}}"
    assert [each.name for each in derive.read(page).equations] == ["i", "h"]
