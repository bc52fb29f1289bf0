"""Words beside equations that seem to say something of the cell and do not, or say it in another way than most: a class each."""

from __future__ import annotations

import pytest

import derive
from derive.errors import InputError
from derive.notation import restate
from derive.notation.write import equation_latex
from derive.system import Boundary, Role

RNN = r"$$h_t = \tanh(W h_{t-1} + U x_t)$$"
LEAKY = r"$$h_t = (1 - \alpha) h_{t-1} + \alpha \tanh(W h_{t-1} + U x_t)$$"
SPIKING = r"$$v_t = \lambda v_{t-1} + W x_t$$ $$s_t = H(v_t - \theta)$$"


def right(page, name):
    return str(derive.read(page).equation(name).right)


@pytest.mark.parametrize("norm", [r"\|W\|^2", r"\|W\|_2^2", r"\|W\|_F^2", r"\lVert W \rVert_{\mathrm{F}}^2"])
def test_the_squared_norm_of_a_matrix_is_the_sum_of_the_squares_of_its_entries(norm):
    page = rf"{RNN} $$L = \sum_t \|h_t - d_t\|^2 + \lambda {norm}$$"
    assert "SumRows(SumColumns(W**2))" in right(page, "L")
    assert "MatMul" not in right(page, "L")


def test_a_square_that_is_summed_is_of_the_entries():
    assert right("h_t = tanh(W h_{t-1} + x_t)\nL = sum_t sum(h_t) + sum(W^2)\nloss L", "L").endswith("SumRows(SumColumns(W**2))")
    assert "MatMul(W, W)" in right("h_t = W^2 h_{t-1} + x_t", "h")


@pytest.mark.parametrize("loss", ["norm(W)^2", "norm(W - U)^2", "sum(W^2)"])
def test_a_square_of_the_entries_of_a_matrix_is_written_so_that_it_is_read_as_one(loss):
    system = derive.read(f"h_t = tanh(W h_{{t-1}} + U x_t)\nL = sum_t sum(h_t) + {loss}\nloss L\nshape x = (n_h, 1)\nshape W = (n_h, n_h)")
    again = derive.read(restate.page(system))
    assert "⊙" in restate.page(system)
    assert r"\odot" in equation_latex(system.equation("L"), system)
    assert again.equation("L").right.expand() == system.equation("L").right.expand()


def test_a_norm_that_a_sentence_supposes_to_be_one_is_the_norm_still():
    page = r"$$k_t = \tilde k_t / \|\tilde k_t\|$$ $$\tilde k_t = W x_t$$"
    assert right(page, "k") == right(rf"{page} With $\|k_t\| = 1$ the old value is replaced.", "k")


def test_norms_of_matrices_in_plain_text():
    page = "h_t = tanh(W h_{t-1} + U x_t)\nL = sum_t ||h_t - d_t||_2^2 + lambda ||W||_F^2 + mu ‖U‖_F\nloss L"
    assert right(page, "L").count("SumRows(SumColumns(W**2))") == 1
    assert "sqrt(SumRows(SumColumns(U**2)))" in right(page, "L")


@pytest.mark.parametrize("width", [r"-\|x_t - c\|^2 / s^2", r"-\frac{\|x_t - c\|^2}{2 s^2}"])
def test_a_width_below_a_number_is_a_number(width):
    system = derive.read(rf"$$g_t = \exp({width})$$ $$h_t = \tanh(W h_{{t-1}} + g_t U x_t)$$")
    assert system["s"].shape == (1, 1)
    assert system["g"].shape == (1, 1)
    assert derive.read(r"$$h_t = \tanh(W x_t / s)$$")["s"].shape != (1, 1)


@pytest.mark.parametrize(
    "words",
    [
        "H is the step function.", r"$H(\cdot)$ is the step function.", "$H$ denotes the threshold function.",
        "其中 $H$ 为阈值函数（大于零取 1，否则取 0）。",
    ],
)  # fmt: skip
def test_step_functions_by_their_plain_names(words):
    assert right(f"{SPIKING} {words}", "s").startswith("step(")


@pytest.mark.parametrize(
    "words",
    [
        "where $G$ is a two-layer perceptron.", "The network $G$ has two layers.", "$G$ returns one above zero.", "其中 $G$ 是一个两层感知机。",
        "the function $G$ is learned",
    ],
)  # fmt: skip
def test_a_capital_letter_that_words_call_a_function_is_no_matrix(words):
    with pytest.raises(InputError, match="which function G is, is not said"):
        derive.read(rf"{RNN} $$y_t = G(V h_t)$$ {words}")


@pytest.mark.parametrize(
    "words", ["Here $G$ is the matrix of the output weights.", "$G$ denotes a linear map.", "$G$: weights of the network."]
)
def test_a_capital_letter_that_words_call_a_matrix_is_one(words):
    assert derive.read(rf"{RNN} $$y_t = G(V h_t)$$ {words}")["G"].role is Role.PARAMETER


@pytest.mark.parametrize(
    "words",
    [
        "f is ReLU clipped at six.", "f is softmax with temperature 0.5.", "f 取 tanh 的两倍。", "f is the sigmoid minus one half.",
        "f is tanh applied to twice its argument.", "where $f$ is a scaled tanh.",
    ],
)  # fmt: skip
def test_a_function_that_words_change_is_another_one(words):
    with pytest.raises(InputError, match="f is a changed"):
        derive.read(rf"$$h_t = f(W h_{{t-1}} + U x_t)$$ {words}")


def test_functions_with_a_word_before_them():
    page = r"$$h_t = \sigma(W h_{t-1} + U x_t)$$"
    assert right(f"{page} where $\\sigma$ is the hard sigmoid.", "h").startswith("hard_sigmoid(")
    assert right(page.replace(r"\sigma", "f") + " f is the leaky ReLU.", "h").startswith("leaky_relu(")
    assert right(rf"{page} where $\sigma$ is tanh, applied elementwise.", "h").startswith("tanh(")


def test_two_functions_in_turn():
    page = r"$$h_t = f(W h_{t-1} + U x_t)$$ $$y_t = g(V h_t)$$"
    for words in (
        "where f(·) and g(·) are tanh and softmax, respectively",
        "where $f$ and $g$ are tanh and softmax",
        "$f$ 和 $g$ 分别是 tanh 和 softmax",
    ):
        assert right(f"{page} {words}", "h").startswith("tanh(")
        assert right(f"{page} {words}", "y").startswith("softmax(")
    with pytest.raises(InputError, match="by what the page says"):
        derive.read(f"{page} where $f$ and $g$ are tanh or softmax")
    with pytest.raises(InputError, match="f is tanh or softmax"):
        derive.read(f"{page} where $f$ is tanh and softmax, $g$ is tanh")


RING = r"$$f_t = \tanh(W x_t + U f_{t-1})$$ $$g_t = \tanh(V x_t + R g_{t+1})$$ $$h_t = f_t \oplus g_t$$"


@pytest.mark.parametrize(
    "words",
    [
        r"$\oplus$ sums the two.", r"$\oplus$ 表示求和。", r"Here $\oplus$ is not a concatenation but a sum.", r"$\oplus$ 不是拼接，而是求和。",
        r"$\oplus$ 表示残差连接，即相加。",
    ],
)  # fmt: skip
def test_a_ring_is_a_sum(words):
    assert right(f"{RING} {words}", "h") == "f[t] + g[t]"


@pytest.mark.parametrize(
    "words",
    [
        r"$\oplus$ is the mean of the two.", r"$\oplus$ 取两者的最大值。", r"$\oplus$ is XOR.", r"$\oplus$ 不是拼接。",
        r"In the paper $\oplus$ is concatenation; in our variant we replace it by a sum.",
    ],
)  # fmt: skip
def test_a_ring_of_which_something_else_is_said_is_refused(words):
    with pytest.raises(InputError, match="what ⊕ means is not said"):
        derive.read(f"{RING} {words}")


NUMBERS = r"$$h_t = \tanh(w h_{t-1} + u x_t)$$"


@pytest.mark.parametrize(
    "words",
    [
        "If all quantities were scalars the limit would be simple.", "In the toy of Section 2 all quantities are scalars.",
        "Unlike the toy model where all variables are scalars, here they are not.", "All variables are scalars in time but fields in space.",
    ],
)  # fmt: skip
def test_scalars_that_are_supposed_or_elsewhere_are_none_here(words):
    assert derive.read(f"{NUMBERS} $$y_t = V h_t$$ {words}")["h"].shape != (1, 1)
    assert derive.read(f"{NUMBERS} All quantities are scalars.")["h"].shape == (1, 1)


def test_all_but_some_are_scalars():
    page = r"$$h_t = \tanh(u x_t)$$ $$y_t = v h_t$$"
    system = derive.read(f"{page} All quantities are scalars except $u$, $y_t$ and $h_t$.")
    assert system["x"].shape == (1, 1)
    assert system["h"].shape != (1, 1)


@pytest.mark.parametrize("words", ["The gate is one number per step.", "门是一个数。", "Each of the gates is one number."])
def test_a_gate_that_is_said_to_be_a_number_and_is_none_is_told(words):
    page = r"$$g_t = \sigma(W x_t + U h_{t-1})$$ $$h_t = g_t \odot h_{t-1} + (1 - g_t) \odot \tanh(V x_t)$$"
    assert any(words.rstrip("。.") in each.text for each in derive.read(f"{page} {words}").unused)
    assert not derive.read(f"{page} The gate has a value between 0 and 1.").unused


@pytest.mark.parametrize(
    "words",
    [
        r"The significance level is $\alpha = 0.05$.", r"训练后 $\alpha$ 接近 $\alpha = 0.93$。", r"可训练的 $\alpha$ 初始为 $\alpha = 0.2$。",
        r"In the ablation we set $\alpha = 1$.", r"The limit $\alpha = 1$ is the Elman network.", r"图 2 给出 $\alpha = 0.1$ 的结果。",
        r"Learned, it ends up at $\alpha = 0.3$.",
    ],
)  # fmt: skip
def test_a_number_that_nobody_chose_for_the_cell_is_told_and_not_taken(words):
    system = derive.read(f"{LEAKY} {words}")
    assert system["alpha"].role is Role.PARAMETER
    assert any(r"\alpha =" in each.text for each in system.unused)
    assert derive.read(rf"{LEAKY} We take $\alpha = 0.2$.")["alpha"].role is Role.CONSTANT


@pytest.mark.parametrize(
    "words",
    [
        r"To guarantee convergence we set $\alpha = 0.9$.", r"We keep it close to one, $\alpha = 0.99$.", r"To limit the drift, $\alpha = 0.9$.",
        r"取接近 1 的 $\alpha = 0.99$。",
    ],
)  # fmt: skip
def test_a_number_that_is_chosen_for_a_reason_is_one(words):
    assert derive.read(f"{LEAKY} {words}")["alpha"].role is Role.CONSTANT


def test_a_number_that_training_begins_with_leaves_the_formula_that_gives_it():
    page = rf"{LEAKY} $$\alpha = \Delta t / \tau$$"
    assert derive.read(rf"{page} We start with $\alpha = 0.1$ and learn it.")["alpha"].role is Role.DEFINED
    assert derive.read(rf"{page} with $\alpha = 0.1$.")["alpha"].role is Role.CONSTANT


def test_an_initial_value_that_is_a_parameter_of_the_model():
    words = "The initial hidden state $h_0$ is a parameter of the model and is trained together with $W$."
    assert derive.read(f"{RNN} {words}")["h"].boundary is Boundary.PARAMETER


def test_code_beside_equations_says_what_is_before_the_first_step():
    assert derive.read(f"{RNN}\n\n```python\nself.h0 = nn.Parameter(torch.zeros(n))\n```\n")["h"].boundary is Boundary.PARAMETER
    assert derive.read(f"{RNN}\n\n```python\nh0 = torch.zeros(1, n)\n```\n")["h"].boundary is Boundary.ZERO
    assert derive.read(f"{RNN}\n\n```python\nlr0 = torch.zeros(1, n)\n```\n")["h"].boundary is Boundary.GIVEN


@pytest.mark.parametrize(
    "words", ["The baseline outputs $a_t$.", "The gate network outputs $a_t$.", "上一版输出 $a_t$。", "The output of the sensor is $a_t$."]
)
def test_the_output_of_something_else_is_none_of_the_network(words):
    page = r"$$a_t = \tanh(W x_t + U a_{t-1})$$ $$y_t = V a_t$$"
    assert derive.read(f"{page} {words}").outputs == ("y",)
    assert derive.read(f"{page} The network outputs $a_t$.").outputs == ("a",)
