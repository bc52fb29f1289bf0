"""What papers write beyond sums and products of columns: kinds, matrix states, second indices, clocks, constants, functions.

Each page is read, its gradients are proved for all lengths and sizes, and those of the emitted code are compared with differences.
"""

from __future__ import annotations

import re

import pytest

import derive
from derive.algebra import nodes
from derive.algebra.nodes import MatMul
from derive.errors import NotationError, ShapeError
from derive.notation.write import equation_text, text
from tests.derive.cells.covering import covered, each_third
from tests.derive.numeric import module
from verify.proof import prove
from verify.subject import subject
from verify.verdict import Outcome

PAGES = {
    "products by kinds": "f_t = σ(W_f · [h_{t-1}, x_t] + b_f)\nh_t = f_t * h_{t-1} + (1 - f_t) * tanh(W_h * [h_{t-1}, x_t])",
    "a matrix state": "v_t = W_v x_t\nk_t = W_k x_t\nf_t = σ(w^T x_t + b)\nC_t = f_t C_{t-1} + (1 - f_t) v_t k_t^T\nh_t = C_t k_t",
    "attention": "e_{t,k} = v^T tanh(W_a s_{t-1} + U_a h_k)\na_{t,k} = softmax_k(e_{t,k})\nc_t = sum_k a_{t,k} h_k\n"
    "h_t = tanh(W x_t + U h_{t-1} + b)\ns_t = tanh(W_s c_t + U_s s_{t-1})",
    "its own past": "e_{t,k} = v^T tanh(W_a h_{t-1} + U_a h_k)\na_{t,k} = softmax_{k<t}(e_{t,k})\nc_t = sum_{k<t} a_{t,k} h_k\n"
    "h_t = tanh(W x_t + U c_t + b)",
    "a sequence to one": "h_t = tanh(W x_t + U h_{t-1} + b)\ny = softmax(V h_T)\noutput y",
    "an initial state": "h_0 = tanh(W_0 c)\nh_t = tanh(W x_t + U h_{t-1} + b)\nvector c\ninput c",
    "clocks": "h_{1,t} = tanh(W_1 x_t + U_1 h_{1,t-1} + V h_{2,t-1})\n"
    "h_{2,t} = every(t, 2) * tanh(W_2 x_t + U_2 h_{2,t-1}) + (1 - every(t, 2)) * h_{2,t-1}\noutput h_1, h_2",
    "constants": "constant gamma = 0.01\nconstant M\nh_t = h_{t-1} + tanh((W - W^T - gamma I) h_{t-1} + (M ⊙ V) x_t + b)\nshape V = (h, x)",
    "slices": "z_t = W x_t + U h_{t-1} + b\ni_t = σ(z_t[0:n_h])\nf_t = σ(z_t[n_h:2 n_h])\nc_t = f_t*c_{t-1} + i_t\nh_t = tanh(c_t)",
    "slices with a gap": "z_t = W x_t + U h_{t-1}\nh_t = σ(z_t[2 n_h:3 n_h]) * h_{t-1} + tanh(z_t[0:n_h]) + z_t[0:n_h]\nshape z = (4 h, 1)",
    "slices that overlap": "z_t = W x_t + U h_{t-1}\nq_t = tanh(z_t[0:2 n_h])\nr_t = tanh(z_t[n_h:3 n_h])\n"
    "h_t = q_t[n_h:2 n_h] * h_{t-1} + r_t[0:n_h]\nshape z = (3 h, 1)",
    "a slice that is added twice": "z_t = W x_t + U h_{t-1}\nh_t = tanh(z_t[n_h:2 n_h]) + z_t[0:n_h] + z_t[0:n_h]\nshape z = (2 h, 1)",
    "a parameter called value, used twice": "matrix value\nk_t = tanh(value h_{t-1})\nh_t = tanh(value (h_{t-1} + k_t) + W x_t) + k_t",
    "slices at two times": "h_t = tanh(W x_t + U h_{t-1}[0:n_m])\nm_t = h_t[n_m:2 n_m]\noutput h, m\nshape h = (2 m, 1)",
    "slices of slices at two times": "v_t = tanh(W x_t)\nu_t = v_t[n_h:3 n_h]\n"
    "h_t = tanh(v_t[0:n_h] + u_{t-1}[0:n_h] + u_t[n_h:2 n_h] + U h_{t-1})\nshape v = (3 h, 1)\nshape u = (2 h, 1)",
    "halves that change places": "h_t = tanh(W x_t + U [0 - h_{t-1}[n_m:2 n_m]; h_{t-1}[0:n_m]])\nm_t = h_t[0:n_m] ⊙ h_t[n_m:2 n_m]\n"
    "output m\nshape h = (2 m, 1)",
    "functions": "phi(x) = x / (1 + abs(x))\ncumax(a) = cumsum(softmax(a))\nh_t = phi(W x_t + U h_{t-1}) * cumax(V x_t) + max(b, 0.1)",
    "the largest and the smallest": "m_t = max(W x_t)\nC_t = m_t C_{t-1} / max(abs(C_{t-1})) + x_t k_t^T\nk_t = min(b) * V x_t\n"
    "h_t = tanh(C_t k_t) * max(hard_tanh(x_t)) + min_rows(C_t)^T",
    "a diagonal": "h_t = tanh(diag(a) h_{t-1} + W diag(x_t) x_t + (V + diag(b))^T x_t)",
    "norms": "q_t = W x_t / (norm(x_t) + 1)\nh_t = layer_norm(q_t + U h_{t-1}) * mean(q_t) + dot(q_t, b) * b",
}


@pytest.mark.parametrize("name", each_third(PAGES))
def test_a_page_is_derived_proved_and_emitted(name):
    derivation = derive.bptt(derive.read(PAGES[name]))
    assert prove(derivation.forward, derivation.adjoint).outcome is Outcome.AGREES
    assert subject(derivation).module.check_gradients()


@pytest.mark.parametrize("name", [name for name in PAGES if "times" in name or "halves" in name])
@pytest.mark.parametrize("options", [{"ragged": True}, {"checkpoint": True}, {"target": "array_api"}])
def test_what_is_read_at_several_times_is_right_in_all_modules(name, options):
    if options.get("target"):
        pytest.importorskip("array_api_compat", reason="array_api_compat is not installed")
    assert module(derive.emit(derive.bptt(derive.read(PAGES[name])), **options)).check_gradients()


@pytest.mark.parametrize("name", covered(PAGES, [*PAGES][::3]))
def test_unrolled_it_is_the_same(name):
    from verify.methods import unrolled

    verdicts = unrolled.judge(subject(derive.bptt(derive.read(PAGES[name]))), (1, 2))
    assert [each for each in verdicts if not each.agrees] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("slices", "[abar_i_t; abar_f_t]"),
        ("slices with a gap", "[abar_h2_t + hbar_t; zeros(n_h, 1); abar_h_t; zeros(n_h, 1)]"),
        ("slices that overlap", "[abar_q_t; zeros(n_h, 1)] + [zeros(n_h, 1); abar_r_t]"),
    ],
)
def test_the_adjoint_of_what_is_sliced_is_one_stack_where_slices_do_not_overlap(name, expected):
    adjoint = derive.bptt(derive.read(PAGES[name])).adjoint
    assert text(next(each.right for each in adjoint.equations if each.name == "zbar"), adjoint) == expected


@pytest.mark.parametrize(
    ("page", "name", "shape"),
    [
        ("h_t = tanh(W x_t + U h_{t-1}[2:])\nshape h = (6, 1)", "U", "(6, 4)"),
        ("h_t = tanh(W x_t + U h_{t-1}[2:6])\nshape h = (6, 1)", "U", "(6, 4)"),
        ("h_t = tanh(W x_t[1:] + U h_{t-1})", "W", "(n_h, n_x - 1)"),
        ("y_t = h_t[1:] - h_t[:n_h-1]\nh_t = tanh(W x_t + U h_{t-1})\noutput y", "U", "(n_y + 1, n_y + 1)"),
    ],
)
def test_the_columns_of_what_multiplies_a_slice_are_its_rows(page, name, shape):
    derivation = derive.bptt(derive.read(page))
    assert str(derivation.forward[name].shape) == shape
    assert subject(derivation).module.check_gradients()


def test_rows_that_a_value_may_not_have_are_refused():
    with pytest.raises(ShapeError, match="row n_h of z is asked for, and z is known to have n_z") as error:
        derive.read("z_t = W x_t + U h_{t-1}\nh_t = σ(z_t[0:n_h]) * h_{t-1} + z_t[2 n_h:3 n_h]")
    assert "equation (2) for h" in str(error.value)
    assert "shape z = (3 * n_h, 1)" in str(error.value)
    with pytest.raises(NotationError, match=r"n_h/2 is no row at which a slice begins or ends"):
        derive.read("h_t = tanh(W x_t + U h_{t-1}[0:n_h/2])")
    with pytest.raises(NotationError, match="the size of h is said by the rows of h itself"):
        derive.read("h_t = tanh(W x_t + U h_{t-1})\nshape h = (4 h, 1)")
    with pytest.raises(ShapeError, match=r"row 2 of what is sliced .*; give it a name, v_t = \.\.\., .*: shape v = "):
        derive.read("h_t = tanh(W (V x_t)[0:2] + h_{t-1})")
    with pytest.raises(ShapeError, match="is known to have 2; end the slice at 2 or before"):
        derive.read("h_t = tanh(W x_t[0:3] + U h_{t-1})\nshape x = (2, 1)")


@pytest.mark.parametrize(
    ("page", "fact", "ways"),
    [
        ("h_t = tanh(W x_t[0:2] + U h_{t-1})", "row 2 of x", ["shape x = (2, 1)", "x_t = [x_a_t; x_b_t] and shape x_a = (2, 1)"]),
        (
            "h_t = tanh(W x_t[0:2] + V x_t[5:] + U h_{t-1})",
            "row 2 of x",
            ["shape x = (6, 1)", "x_t = [x_a_t; x_b_t] and shape x_a = (5, 1)"],
        ),
        (
            "h_t = tanh(W x_t[n_h:2 n_h] + U h_{t-1})",
            "row 2*n_h of x",
            ["shape x = (2 * n_h, 1)", "x_t = [x_a_t; x_b_t] and shape x_a = (2 * n_h, 1)"],
        ),
        ("h_t = tanh(W b[0:2] + U h_{t-1})", "row 2 of b", ["shape b = (2, 1)", "b = [b_a; b_b] and shape b_a = (2, 1)"]),
        ("h_t = tanh(W h_{t-1}[0:2] + x_t)", "row 2 of h", ["shape h = (2, 1)"]),
        ("h_t = tanh(A[0:2] x_t + h_{t-1})", "row 2 of A", ["shape A = (2, n_x)"]),
    ],
)
def test_where_a_slice_asks_for_rows_that_may_not_be_there_each_way_out_can_be_pasted(page, fact, ways):
    with pytest.raises(ShapeError, match=rf"^line 1, equation \(1\) for h, in .*: {re.escape(fact)} is asked for") as error:
        derive.read(page)
    for way in ways:
        assert f": {way}" in str(error.value)
        derivation = derive.bptt(derive.read("\n".join([page, *way.split(" and ")])))
        assert subject(derivation).module.check_gradients()


def test_a_product_with_two_readings_shows_both():
    with pytest.raises(ShapeError, match="two readings; write A @ B for the matrix product or A ⊙ B for the elementwise one"):
        derive.read("h_t = tanh((A * B) x_t)")


def test_a_small_greek_letter_that_multiplies_is_a_number():
    system = derive.read("y_t = (1 - α) y_{t-1} + α x_t")
    assert system["α"].shape == (1, 1)


def test_a_scalar_gate_makes_its_bias_a_number():
    system = derive.read("s_t = v^T x_t + a + 0.5 * s_{t-1}\nh_t = s_t * x_t")
    assert system["a"].shape == system["s"].shape == (1, 1)


def test_a_matrix_state_follows_from_its_equation():
    system = derive.read("o_t = F_t x_t\nF_t = F_{t-1} + a_t b_t^T\na_t = W x_t\nb_t = V x_t")
    assert system["F"].shape == (nodes.size("F"), nodes.size("x"))
    assert isinstance(system.equations[0].right, MatMul)


def test_constants_have_no_gradient():
    derivation = derive.bptt(derive.read(PAGES["constants"]))
    assert not {"gamma", "M"} & {each.of for each in derivation.adjoint.variables.values()}
    assert subject(derivation).module.CONSTANTS == ("gamma", "M")


def test_lecture_notes_in_latex_are_a_cell():
    page = r"""# 长短期记忆网络

遗忘门：$$f_t = \sigma(W_f \cdot [h_{t-1}, x_t] + b_f)$$ 输入门：$$i_t = \sigma(W_i [h_{t-1}, x_t])$$

\begin{align}
\tilde{C_{t}} &= \tanh(W_C \cdot [h_{t-1}, x_t] + b_C) \\
C_t &= f_t * C_{t-1} + i_t * \tilde{C}_t, \quad h_t = \tanh(C_t)
\end{align}
"""
    system = derive.read(page)
    assert [equation_text(each, system) for each in system][2:4] == [
        "C_tilde_t = tanh(W_C [h_{t-1}; x_t] + b_C)",
        "C_t = f_t * C_{t-1} + i_t * C_tilde_t",
    ]
