"""What seventy pages said that were written by hands who had not seen the reader, a class each."""

from __future__ import annotations

import pytest

import derive
from derive.errors import InputError
from derive.system import Boundary, Role

RNN = r"$$h_t = \tanh(W x_t + U h_{t-1} + b)$$"


def texts(page):
    system = derive.read(page)
    return [f"{each.left} = {each.right}" for each in system.equations]


def test_the_slope_of_a_squared_norm_is_there_where_it_is_zero():
    system = derive.read(rf"{RNN} $$L = \sum_t \|h_t - d_t\|^2$$")
    assert "sqrt" not in str(system.equation("L").right)
    assert not any("sqrt" in str(each.right) for each in derive.bptt(system).adjoint.equations)
    assert "sqrt" in str(derive.read(rf"{RNN} $$L = \sum_t \|h_t - d_t\|$$").equation("L").right)


def test_a_ring_is_a_stack_or_a_sum_as_the_words_say():
    forward, backward = r"$$f_t = \tanh(W x_t + U f_{t-1})$$", r"$$g_t = \tanh(V x_t + R g_{t+1})$$"
    page = rf"{forward} {backward} $$h_t = f_t \oplus g_t$$"
    assert "Stack(f[t], g[t])" in texts(rf"{page} where $\oplus$ is concatenation.")[-1]
    assert "Stack(f[t], g[t])" in texts(f"{page} 其中 $\\oplus$ 表示向量拼接。")[-1]
    assert texts(rf"{page} where $\oplus$ denotes addition.")[-1] == "h[t] = f[t] + g[t]"
    with pytest.raises(InputError, match="what ⊕ means is not said") as error:
        derive.read(page)
    assert "[a; b] stacks, a + b adds" in error.value.advice


def test_products_stand_closer_than_a_ring():
    page = r"$$c_t = f_t \otimes c_{t-1} \oplus i_t \otimes g_t$$ $$f_t = \sigma(x_t)$$ $$i_t = \sigma(x_t)$$ $$g_t = \tanh(x_t)$$"
    words = r"where $\otimes$ is the elementwise product and $\oplus$ is elementwise addition"
    assert texts(f"{page} {words}")[0] == texts(page.replace(r"\oplus", "+").replace(r"\otimes", r"\odot"))[0]


MODEL = r"$$x_k = A x_{k-1} + w_k, \qquad z_k = C x_k + v_k$$"
FILTER = r"$$m_k = A m_{k-1} + K (z_k - C A m_{k-1})$$"
DRAWN = r"where $w_k \sim \mathcal N(0, Q)$ and $v_k \sim \mathcal N(0, R)$."


def test_how_data_come_about_is_no_equation_of_the_filter_that_reads_them():
    system = derive.read(f"{MODEL} {DRAWN} {FILTER}")
    assert [each.name for each in system.equations] == ["m"]
    assert system["z"].role is Role.INPUT
    assert any("z is taken as given" in each.advice for each in system.unused)
    assert [each.name for each in derive.read(f"{MODEL} {FILTER}").equations] == ["x", "z", "m"]


def test_a_drawn_value_that_drives_what_all_of_the_cell_reads_stays_an_input():
    page = r"$$n_t = s n_{t-1} + e_t$$ $$h_t = \tanh(W n_t + U h_{t-1})$$ with noise $e_t$."
    system = derive.read(page)
    assert [each.name for each in system.equations] == ["n", "h"]
    assert system["e"].role is Role.INPUT


def test_one_number_that_is_said_is_read_in_the_place_of_its_formula():
    euler = r"$$r_t = (1 - \alpha) r_{t-1} + \alpha W x_t, \qquad \alpha = \Delta t / \tau$$"
    system = derive.read(rf"{euler} Here $\tau = 100$ and $\Delta t = 20$, hence $\alpha = 0.2$.")
    assert system["alpha"].role is Role.CONSTANT
    assert {"dt", "tau"}.isdisjoint(system.variables)
    assert any(each.advice == "the page says which number it is, and that is read" for each in system.unused)
    assert {"dt", "tau"} <= set(derive.read(rf"{euler} For example $\alpha = 0.2$.").variables)
    assert {"dt", "tau"} <= set(derive.read(rf"{euler} $$y_t = r_t / \tau$$ Hence $\alpha = 0.2$.").variables)


@pytest.mark.parametrize(
    ("one", "other", "form"),
    [
        (r"x_t = x_{t-1} + a (u_t - x_t)", r"x_t = \frac{x_{t-1} + a u_t}{1 + a}", "with itself on the other side"),
        (r"x_t = \sum_{k \le t} u_k", r"x_t = x_{t-1} + u_t", "as a sum over the steps before"),
    ],
)
def test_of_two_forms_the_one_by_which_steps_are_computed_is_read(one, other, form):
    for page in (f"$${one}$$ $${other}$$", f"$${other}$$ $${one}$$"):
        system = derive.read(page)
        assert len(system.equations) == 1
        assert [form in each.advice for each in system.unused] == [True]
    with pytest.raises(InputError, match="a second time"):
        derive.read(f"$${other}$$ $${other} + 1$$")


def test_the_index_of_an_entry_may_run_over_the_vocabulary():
    page = rf"{RNN} $$p_t = \mathrm{{softmax}}(h_t)$$ $$J_t = -\sum_{{w \in V}} y_{{t,w}} \log p_{{t,w}}$$"
    assert texts(page)[-1] == texts(page.replace(r"w \in V", "w"))[-1]
    with pytest.raises(InputError):
        derive.read(page.replace(r"w \in V", r"w \in S"))


@pytest.mark.parametrize("written", [r"\mathrm{score}(t, s)", r"e_t(s)", r"e(t, s)"])
def test_two_indices_may_stand_in_parentheses(written):
    sums = rf"$$a_t(s) = \exp({written}) / \sum_{{s'}} \exp({written.replace('s)', chr(39).join(['s', ')']))})$$"
    page = rf"{RNN} $${written} = h_t^\top W_a g_s$$ {sums} $$c_t = \sum_s a_t(s) g_s$$"
    read = derive.read(page)
    assert read["g"].role is Role.INPUT
    assert [each.name for each in read.equations][-1] == "c"


def test_a_step_of_an_equation_written_out_is_no_equation_of_its_own():
    page = r"$$x_k = A x_{k-1} + B u_k$$ $$y_k = C x_k$$ $$y_0 = C B u_0 \qquad y_1 = C A B u_0 + C B u_1$$"
    system = derive.read(page)
    assert [each.name for each in system.equations] == ["x", "y"]
    assert len(system.unused) == 2


def test_a_positive_part_at_the_end_of_a_line_does_not_go_on_in_the_next():
    page = "\\begin{align} r_t &= [W x_t + U r_{t-1}]_+ \\\\ z_t &= V r_t \\end{align}"
    assert [each.name for each in derive.read(page).equations] == ["r", "z"]


def test_a_step_size_is_one_name():
    system = derive.read(r"$$x_k = x_{k-1} + \Delta T\, v_k$$ with $\Delta T = 0.1$.")
    assert system["Delta_T"].role is Role.CONSTANT


def test_sizes_of_several_names_in_a_display():
    read = derive.read(r"$$q_t = x_t W_Q, \quad k_t = x_t W_K, \qquad W_Q, W_K \in \mathbb{R}^{d \times d}$$ All vectors are row vectors.")
    assert read["W_Q"].shape[0] == read["W_Q"].shape[1] == read["W_K"].shape[1]


@pytest.mark.parametrize(
    ("words", "boundary"),
    [
        ("The initial state `h0` is a learned parameter, shared by all sequences.", Boundary.PARAMETER),
        ("Treat $h_0$ as one of two more parameters.", Boundary.PARAMETER),
        ("The state `h0` is a parameter file.", Boundary.GIVEN),
    ],
)
def test_an_initial_value_that_is_code_may_be_learned(words, boundary):
    assert derive.read(f"{RNN}\n\n{words}")["h"].boundary is boundary


@pytest.mark.parametrize(
    ("words", "outputs"),
    [
        (r"I log $f_t$ and $g_t$ as the outputs.", ["f", "g"]),
        (r"$f_t$ is what you plot.", ["f"]),
        (r"At each step it outputs the estimate $f_t$.", ["f"]),
        ("滤波输出就是 $f_t$。", ["f"]),
        ("Outputs: ($f_t$, $g_t$)", ["f", "g"]),
    ],
)
def test_outputs_are_said_in_many_ways(words, outputs):
    page = r"$$f_t = \tanh(W x_t + f_{t-1})$$ $$g_t = f_t + g_{t-1}$$ $$h_t = g_t + h_{t-1}$$"
    assert sorted(derive.read(f"{page}\n\n{words}").outputs) == outputs


def test_a_function_that_words_mark_as_one_is_no_factor():
    with pytest.raises(InputError, match="which function G is"):
        derive.read(r"$$m_t = G(x_t, h_{t-1})$$ $$h_t = m_t \odot h_{t-1}$$ where $G(\cdot)$ is a small network")


def test_shapes_tell_a_matrix_product_with_a_dot():
    lines = "    next_h = tanh(x · Wx + prev_h · Wh + b)\n"
    shapes = "The inputs `x` have shape (N, D), `Wx` has shape (D, H), `Wh` has shape (H, H) and `b` has shape (H,).\n\n"
    system = derive.read(shapes + lines)
    assert system["h"].shape == (system["x"].shape[0], system["Wx"].shape[1])
    with pytest.raises(InputError, match="two readings"):
        derive.read(lines + "\nmatrix x, Wx, Wh\n")


def test_the_slope_that_a_page_takes_for_that_of_a_step():
    spikes = r"$$u_t = \beta u_{t-1} + W x_t$$ $$s_t = \Theta(u_t - 1)$$"
    by_cases = r"$$\Theta(v) = \begin{cases} 1 & v > 0 \\ 0 & \text{otherwise}\end{cases}$$"
    for definition in (by_cases, r"where $\Theta$ is the Heaviside step function."):
        right = derive.read(rf"{spikes} {definition} $$\Theta'(z) \approx \max(0, 1 - |z|)$$").equation("s").right
        assert str(getattr(right, "slope", "")) == "max(0, 1 - abs(u[t] - 1))", right


def test_the_slope_of_a_built_in_function_may_be_declared_by_itself():
    system = derive.read("u_t = b * u_{t-1} + W x_t\ns_t = step(u_t - 1)\nstep(v) slope max(0, 1 - abs(v))")
    assert "Declared" in str(system.equation("s").right)
    with pytest.raises(InputError):
        derive.read("u_t = b * u_{t-1} + W x_t\nu_t slope max(0, 1)")


@pytest.mark.parametrize("words", ["The level is one number.", "a univariate filter", "一维卡尔曼滤波"])
def test_all_values_are_numbers_where_words_say_that_there_is_one(words):
    system = derive.read(
        f"s_t = p_{{t-1}} + q\nk_t = s_t / (s_t + r)\nm_t = m_{{t-1}} + k_t (z_t - m_{{t-1}})\np_t = (1 - k_t) s_t\n\n{words}"
    )
    assert {each.shape for each in system.variables.values()} == {(1, 1)}


def test_a_total_in_a_chain_says_only_its_name():
    page = rf"{RNN} $$L = \sum_t L^{{(t)}} = -\sum_t \sum_k y_{{t,k}} \log h_{{t,k}}$$"
    assert [each.name for each in derive.read(page).equations] == ["h", "L"]


@pytest.mark.parametrize(("aside", "has_loss"), [("summed over all steps", True), ("averaged over all steps", False), ("取平均", False)])
def test_a_loss_in_words_is_made_only_where_an_aside_says_nothing_else(aside, has_loss):
    page = f"{RNN} $$y_t = V h_t$$ The loss is the squared error between $y_t$ and the target $d_t$ ({aside})."
    assert bool(derive.read(page).loss) is has_loss


def test_what_losses_compare_with_columns_is_a_column():
    page = rf"{RNN} $$p_t = \mathrm{{softmax}}(V h_t)$$ $$L = -\sum_t y_t \log p_t$$"
    assert derive.read(page)["y"].shape == derive.read(page)["p"].shape != (1, 1)


def test_a_sum_over_the_steps_before_alone_is_kept():
    assert [each.name for each in derive.read(rf"{RNN} $$y_t = \sum_{{k \le t}} h_k$$").equations][-1] == "y"


def test_what_is_written_out_with_dots_beside_its_equation_is_passed_over():
    page = r"$$x_k = A x_{k-1} + B u_k$$ $$y_k = C x_k$$ and so $$y_k = C A^{k-1} B u_1 + \dots + C B u_k$$"
    assert [each.name for each in derive.read(page).equations] == ["x", "y"]
    with pytest.raises(InputError, match="dots"):
        derive.read(r"$$x_k = A x_{k-1} + B u_k$$ $$y_k = C A^{k-1} B u_1 + \dots + C B u_k$$")


def test_the_derivative_of_a_function_may_be_written_as_a_quotient():
    spikes = r"$$u_t = \beta u_{t-1} + W x_t$$ $$s_t = \Theta(u_t - 1)$$ where $\Theta$ is the Heaviside step function."
    slope = r"$$\frac{\partial \Theta(v)}{\partial v} := \max(0, 1 - |v|)$$"
    assert str(getattr(derive.read(f"{spikes} {slope}").equation("s").right, "slope", "")) == "max(0, 1 - abs(u[t] - 1))"
    loss = r"$$\frac{\partial L(\theta)}{\partial \theta} = 0$$"
    assert not hasattr(derive.read(f"{spikes} {loss}").equation("s").right, "slope")


def test_shapes_may_be_products():
    read = derive.read(r"$$x_k = A x_{k-1} + B u_k$$ $$y_k = C x_k$$ Here $A$ is N×N, $B$ is $N \times 1$ and $C$ is 1×N.")
    assert read["u"].shape == read["y"].shape == (1, 1)


def test_the_last_value_of_a_gradient_is_one_of_it():
    last = r"At the last step $\delta_T = p_T \mathbf v$."
    page = r"$$\mathbf h_t = \tanh(W \mathbf x_t + U \mathbf h_{t-1})$$ Let $\delta_t = \partial J / \partial \mathbf h_t$."
    system = derive.read(rf"{page} {last} $$\delta_t = p_t \mathbf v + U^\top \delta_{{t+1}}$$")
    assert [each.name for each in system.equations] == ["h"]


def test_bold_letters_of_markdown_may_stand_before_a_time_in_parentheses():
    page = "> **x̃**(n) = tanh(**W** **u**(n) + **V** **x**(n-1))\n>\n> **x**(n) = 0.5 **x**(n-1) + 0.5 **x̃**(n)\n"
    assert [each.name for each in derive.read(page).equations] == ["x_tilde", "x"]


GATED = r"$$f_t = \sigma(W_f x_t + U_f h_{t-1})$$ $$c_t = f_t \odot c_{t-1} + (1 - f_t) \odot x_t$$ $$h_t = \tanh(c_t)$$"


@pytest.mark.parametrize(
    "words", ["遗忘门的输出为 $f_t$。", "遗忘门输出为 $f_t$。", "We use $f_t$ as output gate.", "图 3 给出的是 $c_t$ 的结构。"]
)
def test_the_output_of_a_gate_is_none_of_the_cell(words):
    system = derive.read(f"{GATED}\n\n{words}")
    assert system.outputs == ("h",)
    assert not system.unused


@pytest.mark.parametrize(
    ("words", "is_stack"),
    [
        (r"where $\oplus$ denotes addition and $[a; b]$ concatenation.", False),
        (r"where $\oplus$ is concatenation, not addition.", True),
        (r"$\oplus$ 表示相加（不是拼接）。", False),
        (r"We do not concatenate: $\oplus$ adds the two.", False),
    ],
)
def test_of_two_words_beside_a_ring_the_one_counts_that_is_said_of_it(words, is_stack):
    page = rf"$$f_t = \tanh(W x_t + U f_{{t-1}})$$ $$g_t = \tanh(V x_t + R g_{{t+1}})$$ $$h_t = f_t \oplus g_t$$ {words}"
    assert ("Stack" in texts(page)[-1]) is is_stack


@pytest.mark.parametrize("words", [r"Adam uses the learning rate $\alpha = 0.001$.", r"训练时学习率取 $\alpha=0.001$。"])
def test_a_learning_rate_is_no_number_of_the_cell(words):
    system = derive.read(rf"$$h_t = (1 - \alpha) h_{{t-1}} + \alpha \tanh(W x_t)$$ {words}")
    assert system["alpha"].role is Role.PARAMETER
    assert len(system.unused) == 1
