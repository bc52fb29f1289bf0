r"""What pages by new hands were read wrongly for, a class each: the page, and the same in the plain notation."""

from __future__ import annotations

import pytest

import derive
from derive.errors import InputError, ShapeError
from derive.notation import restate
from derive.system import Boundary

RNN = "h_t = tanh(W x_t + U h_{t-1} + b)"
RNN_LATEX = r"$$h_t = \tanh(W x_t + U h_{t-1} + b)$$"
DEEP = r"$$h_t^{(l)} = \tanh(W^{(l)} h_t^{(l-1)} + U^{(l)} h_{t-1}^{(l)})"
TWO = "h_{1,t} = tanh(W_1 x_t + U_1 h_{1,t-1})\nh_{2,t} = tanh(W_2 h_{1,t} + U_2 h_{2,t-1})"
ALIKE = {
    "an equation for t + 1 is shifted as a whole": (
        r"$$x(n+1) = x(n) + \tanh(W u(n+1))$$ $$y(n+1) = V [x(n+1); u(n+1)]$$",
        "x_t = x_{t-1} + tanh(W u_t)\ny_t = V [x_t; u_t]",
    ),
    "what is only computed a step before keeps its right side": (
        r"$$\hat h_{t-1} = g_t \odot h_{t-1}$$ $$h_t = \tanh(W x_t + U \hat h_{t-1})$$",
        "h_hat_t = g_t ⊙ h_{t-1}\nh_t = tanh(W x_t + U h_hat_t)",
    ),
    "zeros": (f"{RNN}\nh_0 = zeros", f"{RNN}\nboundary h = zero"),
    "zeros of a size": (f"{RNN}\nh_0 = zeros(n)", f"{RNN}\nboundary h = zero"),
    "a word on the left alone": (rf"{RNN_LATEX} $$loss = \sum_t \|h_t - d_t\|^2$$", f"{RNN}\nloss = sum_t norm(h_t - d_t)^2"),
    "what holds otherwise on a line of its own": (
        "s[t] = tanh(W x[t] + b)        if t % 4 == 0\n     = s[t-1]                  otherwise",
        "s_t = every(t, 4) * tanh(W x_t + b) + (1 - every(t, 4)) * s_{t-1}",
    ),
    "the square of a function": ("y_t = 1 - tanh²(W x_t)", "y_t = 1 - (tanh(W x_t))^2"),
    "the square of a function, with a caret": ("y_t = 1 - tanh^2(W x_t)", "y_t = 1 - (tanh(W x_t))^2"),
    "what is behind the last step": ("h_t = tanh(W x_t + U h_{t+1})\nh[T+1] = 0", "h_t = tanh(W x_t + U h_{t+1})\nboundary h = zero"),
    "what is behind the last step, above": (
        r"$$h^{(t)} = \tanh(W x^{(t)} + U h^{(t+1)})$$ $$h^{(T+1)} = \mathbf{0}$$", "h_t = tanh(W x_t + U h_{t+1})\nboundary h = zero",
    ),
    "a loss by entries in a sentence": (
        rf"{RNN_LATEX} $$p = \mathrm{{softmax}}(V h_T)$$" "\nThe loss is $L = -\\sum_c y_c \\log p_c$.",
        f"{RNN}\np = softmax(V h_T)\nL = -sum(y * log(p))\nloss L",
    ),
    "items with a label": (
        "- state: $h_t = \\tanh(W x_t + U h_{t-1} + b)$\n- init: $U \\leftarrow I$, $b \\leftarrow 0$ (then trained)\n- output $y = V h_T$",
        f"{RNN}\ny = V h_T",
    ),
    "layers whose number is said by their range": (rf"{DEEP}, \quad l = 1, 2$$ where $h_t^{{(0)}} = x_t$", f"{TWO}\noutput h_2"),
    "layers whose number is that of the last one": (
        rf"{DEEP}, \quad l = 1, \dots, L$$ where $h_t^{{(0)}} = x_t$ and $L = 2$. $$y_t = V h_t^{{(L)}}$$", f"{TWO}\ny_t = V h_{{2,t}}",
    ),
    "layers whose number is the highest that is read": (
        rf"{DEEP}$$ where $h_t^{{(0)}} = x_t$. $$y_t = V h_t^{{(2)}}$$", f"{TWO}\ny_t = V h_{{2,t}}",
    ),
    "a function that is not written down": (
        r"$$h_t = \phi(W x_t + U h_{t-1} + b)$$" "\n\n书上 $\\phi$ 没有写死，我这里用的是 ReLU。", RNN.replace("tanh", "relu"),
    ),
    "traditional characters": (f"{RNN_LATEX}\n\n初始狀態 $h_0$ 設為零向量。", f"{RNN}\nboundary h = zero"),
    "a layer that is zero at first": (
        "$$c_t = h_{t-1}$$ $$h_t = \\tanh(W x_t + U c_t)$$\n\n在第一個時刻，內容層之值全部設為零。",
        "c_t = h_{t-1}\nh_t = tanh(W x_t + U c_t)\nboundary h = zero",
    ),
    "diagonal matrices, one of them without a verb": (
        "h_t = A h_{t-1} + B x_t\ny_t = C h_t + D x_t\n\nA 是对角阵（S4D 的做法），B、C 是普通矩阵，D 也取对角。",
        "h_t = A ⊙ h_{t-1} + B x_t\ny_t = C h_t + D ⊙ x_t\nvector A, D",
    ),
    "a cross-entropy in words": (
        rf"{RNN_LATEX} $$p_t = \mathrm{{softmax}}(V h_t)$$"
        "\nThe loss $J$ is the cross-entropy between $p_t$ and the one-hot target $r_t$, summed over all steps.",
        f"{RNN}\np_t = softmax(V h_t)\nJ = -sum_t sum(r_t * log(p_t))\ndistribution r\nloss J",
    ),
    "half a sum of squares in words": (
        rf"{RNN_LATEX} $$\hat y_t = V h_t$$" "\n给定期望输出 $y_t$，训练目标 $E$ 是输出 $\\hat y_t$ 与期望输出之差的平方和的一半。",
        f"{RNN}\ny_hat_t = V h_t\nE = 1/2 * sum_t sum((y_hat_t - y_t)^2)\nloss E",
    ),
    "equations in a frame": (
        r"$$\boxed{\; \begin{aligned} h_t &= z_t \odot h_{t-1} + x_t \\ z_t &= \sigma(W x_t) \end{aligned} \;}$$",
        "h_t = z_t ⊙ h_{t-1} + x_t\nz_t = sigmoid(W x_t)\noutput h",
    ),
    "layers by name that are written out too": (
        r"$$z_t = \sigma(\mathrm{Linear}_z(x_t))$$ that is $$z_t = \sigma(W x_t + b)$$ $$h_t = z_t \odot h_{t-1} + x_t$$",
        "z_t = sigmoid(W x_t + b)\nh_t = z_t ⊙ h_{t-1} + x_t\noutput h",
    ),
    "a transfer function": (
        "H(z) = (b0 + b1 z^-1) / (1 + a1 z^-1)\n\n$$y[n] = b_0 x[n] + b_1 x[n-1] - a_1 y[n-1]$$\n\nscalar x, y",
        "y_t = b_0 x_t + b_1 x_{t-1} - a_1 y_{t-1}\nscalar x, y",
    ),
    "what stands beside a differential equation": (
        r"$$\tau \dot x = -x + J r, \qquad r = \tanh(x)$$ In steps $$x_t = (1 - a) x_{t-1} + a J r_{t-1}$$ $$r_t = \tanh(x_t)$$",
        "x_t = (1 - a) x_{t-1} + a J r_{t-1}\nr_t = tanh(x_t)\noutput r",
    ),
    "a diagonal behind a matrix": (
        r"$$h_t = \tanh(R h_{t-1} + x_t)$$ $$R = |W| D$$ where $D$ is a fixed diagonal matrix",
        "h_t = tanh(R h_{t-1} + x_t)\nR = abs(W) * D^T\nmatrix W\nvector D",
    ),
    "one case of several": ("h_t = a h_{t-1} + q x_t\n\n- q = 0: it is a counter\n", "h_t = a h_{t-1} + q x_t"),
    "what is zero where it is left out": (
        f"{RNN}\n\nIf the state is omitted it is all zero.", f"{RNN}\nboundary h = zero",
    ),
    "a sentence over two lines": (
        f"    {RNN}\n\nBefore\nthe first pattern of a sequence all hidden activations are set to 0.", f"{RNN}\nboundary h = zero",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ALIKE)
def test_a_page_means_what_its_author_meant(case):
    page, plain = ALIKE[case]
    assert restate.page(derive.read(page)) == restate.page(derive.read(plain))


REFUSED = {
    "y = V h_{T+1}\nh_t = tanh(W x_t + U h_{t-1})": "this is behind the last step",
    r"$$h^{(t)} = \tanh(W x^{(t)} + U h^{(t-1)})$$ $$y = V h^{(T+1)}$$": "this is behind the last step",
    rf"{DEEP}, \quad l = 1, 2$$": "what stands below the first layer",
}


@pytest.mark.parametrize("page", REFUSED)
def test_a_page_that_lacks_something_is_refused(page):
    with pytest.raises(InputError, match=REFUSED[page]):
        derive.read(page)


SIZES = "where $X_t \\in \\mathbb R^{12}$ and $H_t \\in \\mathbb R^{50}$."


def test_two_numbers_for_one_size_are_refused():
    page = f"$$G_t = \\sigma(A H_{{t-1}} + B X_t)$$ $$H_t = G_t \\odot H_{{t-1}} + (1 - G_t) \\odot X_t$$ {SIZES}"
    with pytest.raises(ShapeError, match="the rows of X and the rows of H as many, and the page says 12 and 50"):
        derive.read(page)


def test_two_numbers_for_two_sizes_are_as_they_are_said():
    derive.read(f"$$H_t = \\tanh(A H_{{t-1}} + B X_t)$$ {SIZES}")


def test_a_layer_of_which_nobody_says_how_many_there_are_is_read_with_a_remark():
    system = derive.read(f"{DEEP}$$")
    assert [each.name for each in system.inputs] == ["h_l_minus_1"]
    assert [each.kind for each in derive.remarks(system) if each.kind == "layer"] == ["layer"]


@pytest.mark.parametrize("said", ["A is a diagonal matrix of decays", "转移矩阵 A 只在对角上有值，A 为对角"])
def test_a_diagonal_that_was_not_heard_is_told(said):
    system = derive.read(f"h_t = A h_{{t-1}} + B x_t\n\n{said}.")
    is_heard = system.shape(system["A"].symbol)[1] == 1
    assert is_heard or any(each.kind == "said" for each in derive.remarks(system))


def test_a_model_beside_the_same_solved_for_its_noise_is_passed_over_with_a_remark():
    system = derive.read("$$y_t = c + e_t + b e_{t-1}$$ so that $$e_t = y_t - c - b e_{t-1}$$")
    assert [each.name for each in system.equations] == ["e"]
    assert [each.advice for each in system.unused] == ["it says the same as the equation of e, solved for y, which is taken as given"]


def test_a_loss_of_which_words_leave_something_open_is_told():
    system = derive.read(f"{RNN_LATEX} $$y_t = V h_t$$\n\nIt is trained with the mean squared error.")
    assert not system.loss
    assert any("no equation gives the loss" in each.advice for each in system.unused)


SOFTMAX = rf"{RNN_LATEX} $$p_t = \mathrm{{softmax}}(V h_t + c)$$"
LINEAR = rf"{RNN_LATEX} $$y_t = V h_t + c$$"


@pytest.mark.parametrize(
    ("equations", "words"),
    [
        (
            LINEAR,
            "Jaeger [3] trains the readout and minimises the squared error between $y_t$ and a teacher $d_t$. We leave the objective open.",
        ),
        (SOFTMAX, "Bengio et al. train such models with the cross-entropy between $p_t$ and the next word $w_{t+1}$ as target loss."),
        (LINEAR, "文献[3]以 $y_t$ 与期望输出 $d_t$ 的平方误差为损失函数；本文采用 Huber 损失。"),
        (SOFTMAX, "只在最后一个时刻计算损失：取 $p_t$ 与真实标签 $y$ 之间的交叉熵作为损失函数。"),
        (LINEAR, "The loss is the squared error between $y_t$ and the target $d_t$, summed over the last 10 steps only."),
        (SOFTMAX, "The loss is the cross-entropy between $p_t$ and the target $y_t$, divided by the number of tokens."),
        (SOFTMAX, "The loss is the cross-entropy between $p_t$ and the one-hot target $y_t$, with label smoothing of 0.1."),
        (LINEAR, "The loss is the root of the summed squared error between $y_t$ and the target $d_t$."),
        (LINEAR, "The loss is the squared error between $y_t$ and the target $d_t$, each step discounted."),
        (LINEAR, "To keep activity low we add $\\lambda$ times the sum of squares of $h_t$ to the loss."),
    ],
)
def test_no_loss_is_made_of_words_that_say_more_than_is_understood(equations, words):
    system = derive.read(f"{equations}\n\n{words}")
    assert not system.loss
    assert len(system.equations) == 2


def test_a_loss_of_words_says_so():
    system = derive.read(f"{SOFTMAX}\n\nThe loss is the cross-entropy between $p_t$ and the one-hot target $y_t$.")
    assert str(system.roles["loss"]) == "said in prose: line 3"


@pytest.mark.parametrize(
    "words",
    [
        "If omitted, the bias $b$ is zero.",
        "If no mask is given, padded positions are zero.",
        "默认隐藏状态大小为 100。",
        "The decoder's initial state is the last state of the encoder rather than zero.",
        "We carry the state over between sequences without resetting it to zero.",
        "The neuron starts to fire when its potential crosses zero.",
        "We do not use a learned initial state $h_0$; it comes from the image.",
        "Unlike others, who use a learned initial state $h_0$, we take it from the image.",
        "At the beginning of training the gates are close to zero, so the state is simply copied.",
    ],
)
def test_a_state_is_zero_or_learned_only_where_the_words_are_of_it(words):
    (state,) = derive.read(f"{RNN_LATEX}\n\n{words}").states
    assert state.boundary is Boundary.GIVEN


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("With $L = 1$ we recover the ordinary RNN. We use $L = 3$.", 0),
        ("We compare with GPT-2, which has $L = 12$ layers. $$y_t = V h_t^{(2)}$$", 2),
        ("The sequences have a length of $L = 100$.", 0),
        ("We take $L = 3$.", 3),
    ],
)
def test_layers_are_counted_only_where_one_number_is_said(words, count):
    system = derive.read(f"{DEEP}$$ where $h_t^{{(0)}} = x_t$. {words}")
    assert sum(each.name.startswith("h_") for each in system.states) == (count or 1)
    assert any(each.kind == "layer" for each in derive.remarks(system)) is (not count)


@pytest.mark.parametrize(
    "words",
    [
        "In S4D $A$ is diagonal; here $A$ is a full matrix.",
        "$A$ is diagonalizable, and $A$ is not diagonal.",
        "If $A$ is a diagonal matrix, the parts do not mix.",
        "若 $A$ 为对角矩阵，则各维互相独立。",
    ],
)
def test_a_matrix_is_diagonal_only_where_it_is_said_to_be(words):
    assert derive.read(f"h_t = A h_{{t-1}} + B x_t\n\n{words}")["A"].shape[1] != 1


def test_of_an_inverse_that_is_written_too_what_defines_the_input_is_passed_over():
    words = "maps the input $x_t$ to $z_t$"
    system = derive.read(f"$$h_t = \\tanh(U h_{{t-1}})$$ {words} $$z_t = x_t + h_t$$ $$x_t = z_t - h_t$$")
    assert [each.name for each in system.equations] == ["h", "z"]
    assert [each.advice for each in system.unused] == ["it says the same as the equation of z, solved for x, which is taken as given"]


def test_a_layer_by_its_name_that_is_written_out_is_told():
    system = derive.read(r"$$z_t = \mathrm{Linear}(x_t)$$ that is $$z_t = W x_t + b$$")
    assert [each.advice for each in system.unused] == ["another equation gives the same value with its weights, and that one is read"]


CLASSIFIER = r"$$\mathbf h_t = \tanh(W \mathbf x_t + U \mathbf h_{t-1})$$ $$p_t = \sigma(\mathbf v^\top \mathbf h_t)$$"


def test_a_target_that_a_loss_compares_with_numbers_is_one():
    entropy = r"$$J = -\sum_t [y_t \log p_t + (1 - y_t) \log(1 - p_t)]$$"
    assert derive.read(f"{CLASSIFIER} {entropy}")["y"].shape == (1, 1)
    assert derive.read(f"{CLASSIFIER} $$z_t = p_t y_t$$ {entropy}")["y"].shape != (1, 1)


def test_the_recursion_of_a_gradient_that_words_define_is_no_part_of_the_cell():
    recursion = r"$$\delta_t = p_t \mathbf v + U^\top \delta_{t+1}, \qquad \delta_{T+1} = 0$$"
    system = derive.read(f"{CLASSIFIER} Let $\\delta_t = \\partial J / \\partial \\mathbf h_t$. Then {recursion}")
    assert [each.name for each in system.equations] == ["h", "p"]
    assert {each.line for each in system.unused} == {1}


@pytest.mark.parametrize(
    ("words", "outputs"), [("滤波器输出为距离估计 $p_t$ 与状态 $h_t$。", ["p", "h"]), ("输出由 $h_t$ 与 $p_t$ 决定。", ["p"])]
)
def test_outputs_are_named_behind_what_they_are(words, outputs):
    assert sorted(derive.read(f"{CLASSIFIER}\n\n{words}").outputs) == sorted(outputs)


@pytest.mark.parametrize("words", ["上述各量都是标量。", "式中所有变量均为标量。", "all quantities are scalars"])
def test_all_values_may_be_said_to_be_numbers(words):
    system = derive.read(f"h_t = a * h_{{t-1}} + b * x_t\n\n{words}")
    assert {each.shape for each in system.variables.values()} == {(1, 1)}
    assert not system.unused


@pytest.mark.parametrize("words", ["Dropout is applied to $h_t$.", "After each layer comes LayerNorm.", "隐藏状态上再做层归一化。"])
def test_what_is_done_in_words_alone_is_told(words):
    system = derive.read(f"{CLASSIFIER}\n\n{words}")
    assert [each.is_said for each in system.unused] == [True]
