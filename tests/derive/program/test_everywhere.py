"""Pages in every target and mode: numbers are those of the equations wherever a module is emitted, and where none can be, one line says why."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import derive
from derive.algebra import nodes
from derive.errors import InputError
from derive.system import System
from tests.derive.cells.covering import COVERING, covered
from tests.derive.numeric import module
from tests.derive.program.everywhere import faults, verdicts

COPIES = {
    "a state that copies another, read a step later": "c_t = h_{t-1}\nh_t = tanh(W x_t + V c_{t-1})",
    "copies of copies and of inputs": "c_t = h_{t-1}\nd_t = c_{t-1}\ns_t = x_t\nr_t = s_{t-2}\n"
    "h_t = tanh(W x_t + V d_{t-1} + A r_t + B s_{t-1})\noutput h, c, s",
    "slices of what was before": "z_t = tanh(W x_t + U h_{t-1})\na_t = z_{t-1}[0:n_h]\nb_t = a_{t-1}\n"
    "h_t = b_t + z_t[n_h:2 n_h] * a_t\nshape z = (2 h, 1)\noutput h, b",
    "transposes of what was before": "C_t = C_{t-1}^T + x_t x_t^T\nD_t = C_{t-1}^T\nE_t = D_{t-1}\nh_t = tanh(E_t x_t + D_t h_{t-1})",
    "a ring of copies": "a_t = b_{t-1}\nb_t = c_{t-1}\nc_t = a_{t-1} + W x_t\nh_t = tanh(c_t + U h_{t-2})\noutput h, a",
    "two that change places": "a_t = b_{t-1}\nb_t = a_{t-1} + tanh(W x_t)\noutput a, b",
    "copies of what is to come": "a_t = b_{t-1}\nb_t = a_{t-1} + tanh(W x_t)\np_t = q_{t+1} + b_t\nq_t = p_{t+1}\noutput p, q",
    "numbers that are carried": "m_t = sum(h_{t-1})\nn_t = m_{t-1}\nk_t = n_t * h_{t-1}\nh_t = tanh(W x_t + k_{t-1} * n_{t-1})\noutput h, n",
    "copies that a clock holds": "c_t = every(t, 2) * (A h_{t-1}) + (1 - every(t, 2)) * d_{t-1}\nd_t = c_{t-1}\n"
    "h_t = tanh(W x_t + U d_{t-1} + V h_{t-1})\noutput h, c",
    "stacked states": "v_t = [h_{t-1}; c_{t-1}]\nc_t = v_{t-1}[0:n_h]\nh_t = tanh(W x_t + U v_{t-1})\noutput h, c\nshape c = (h, 1)",
    "copies under a loss": "c_t = h_{t-1}\nh_t = tanh(W x_t + V c_{t-2})\nloss_t = sum((c_t - h_t)^2) + sum(c_{t-1})\nloss loss\noutput h, c",
    "a learned beginning of a copy": "b_t = c_{t-1}\nc_t = b_{t-1} + h_{t-1}\nh_t = tanh(W x_t + U c_{t-1} + p)\nboundary b = parameter\noutput h, c",
}
ATTENTION = {
    "the query last": "e_{t,k} = v^T tanh(W x_t + U h_k)",
    "the keys first": "e_{t,k} = v^T tanh(U h_k + W x_t)",
    "with a bias between": "e_{t,k} = v^T tanh(W x_t + b + U h_k)",
    "a sum of two queries": "e_{t,k} = v^T tanh(W x_t + R h_{t-1} + U h_k)",
    "another function": "e_{t,k} = v^T sigmoid(W x_t + U h_k)",
    "the query named before": "q_t = W x_t\ne_{t,k} = v^T tanh(q_t + U h_k)",
    "two layers": "e_{t,k} = v^T tanh(M tanh(W x_t + U h_k) + R x_t)",
}
REST = "a_{t,k} = softmax_k(e_{t,k})\nc_t = sum_k a_{t,k} h_k\nh_t = tanh(A x_t + B h_{t-1})\ny_t = C c_t\noutput y"
LATEX = r"""
$$h_t = \tanh(A x_t + B h_{t-1})$$
$$e_{t,k} = v^\top \tanh(W x_t + U h_k)$$
$$\alpha_{t,k} = \frac{\exp(e_{t,k})}{\sum_j \exp(e_{t,j})}$$
$$c_t = \sum_k \alpha_{t,k} h_k$$
$$y_t = C c_t$$
"""
MORE = {
    "an outer product with a sign": "y_t = W x_t\nb_t = sigmoid(w^T x_t)\nS_t = -b_t * (y_t x_t^T)\nh_t = S_t x_t\noutput h",
    "an outer product that is taken away": "y_t = W x_t\nb_t = sigmoid(w^T x_t)\nS_t = S_{t-1} - b_t * (y_t x_t^T)\nh_t = S_t x_t\noutput h",
    "outer products times numbers": "S_t = 0.5 * S_{t-1} - 2 * (x_t x_t^T) * k_t / 3\nk_t = sum(x_t)\nh_t = S_t x_t\noutput h",
    "no state": "h_t = tanh(W x_t + b)",
    "a loss": "h_t = tanh(W x_t + U h_{t-1})\nloss_t = sum((h_t - y_t)^2)\nloss loss",
    "a loss that reads what has no steps": "y = tanh(V c)\nh_t = tanh(W x_t + U h_{t-1})\nloss_t = sum((h_t - y)^2)\ninput c\nvector c\nloss loss\n"
    "output h, y",
    "an input without steps": "h_t = tanh(W x_t + U h_{t-1} + V c)\ninput c\nvector c",
    "both directions": "f_t = tanh(W x_t + U f_{t-1})\nb_t = tanh(V x_t + R b_{t+1})\nh_t = f_t + b_t\noutput h",
    "long lags and leads": "f_t = tanh(W x_t + U f_{t-4})\nb_t = tanh(V f_t + R b_{t+3})\noutput f, b",
}


@functools.cache
def read(page: str) -> System:
    return derive.read(page) if "=" in page else derive.cell(page)


@pytest.mark.parametrize("name", covered(COPIES, [*COPIES][::5]))
def test_what_copies_another_value_has_its_own_memory(name):
    assert faults(read(COPIES[name])) == []


@pytest.mark.parametrize("name", covered(ATTENTION, ["the query last", "the keys first"]))
def test_additive_attention(name):
    assert faults(read(f"{ATTENTION[name]}\n{REST}")) == []


@pytest.mark.parametrize("name", covered(MORE, [*MORE][::3]))
def test_other_pages(name):
    assert faults(read(MORE[name])) == []


def by_hand(params, x):
    """Outputs of additive attention by loops over single sequences, as the paper's sums say."""
    T, batch, _ = x.shape
    made = np.zeros((T, batch, len(params["C"])))
    for b in range(batch):
        h = [np.zeros(len(params["B"]))]
        for t in range(T):
            h.append(np.tanh(params["A"] @ x[t, b] + params["B"] @ h[-1]))
        for t in range(T):
            e = np.array([params["v"] @ np.tanh(params["W"] @ x[t, b] + params["U"] @ h[k]) for k in range(1, T + 1)])
            a = np.exp(e) / np.exp(e).sum()
            made[t, b] = params["C"] @ sum(a[k - 1] * h[k] for k in range(1, T + 1))
    return made


@pytest.mark.parametrize("page", [f"{ATTENTION['the query last']}\n{REST}", LATEX], ids=["plain", "latex"])
def test_additive_attention_is_what_loops_compute_and_its_gradients_are_differences(page):
    made = module(derive.emit(derive.bptt(derive.read(page))))
    params, inputs, _ = made.example(5, 2, np.random.default_rng(0))
    outputs, tape = made.forward(params, inputs)
    np.testing.assert_allclose(outputs["y"], by_hand(params, inputs["x"]), rtol=1e-12)
    weights = np.random.default_rng(1).normal(size=outputs["y"].shape)
    grads = made.backward(params, tape, {"y": weights})
    for name in params:
        for at in list(np.ndindex(params[name].shape))[:4]:
            sides = []
            for by in (1e-5, -1e-5):
                moved = {**params, name: params[name].copy()}
                moved[name][at] += by
                sides.append((by_hand(moved, inputs["x"]) * weights).sum())
            np.testing.assert_allclose(grads.params[name][at], (sides[0] - sides[1]) / 2e-5, rtol=1e-6, atol=1e-8)


NUMBERS = ["0.25", "3", "n_x", "(2 * n_x - 1)", "k", "(0.5 + b)", "(n_x + k + x_t)"]
"""What functions are applied to: numbers, sizes, parameters, inputs, and sums of these."""


def applied(function: str) -> str:
    """A page on which a function is applied to everything."""
    arity = getattr(nodes.FUNCTIONS[function], "arity", 1)
    calls = []
    for at, each in enumerate(NUMBERS):
        inside = f"abs({each}) + 1.5" if function in ("log", "log1p", "sqrt") else each
        others = [inside, *(f"{NUMBERS[(at + shift) % len(NUMBERS)]}" for shift in range(1, arity))]
        calls.append(f"{function}({', '.join(others)})")
    scaled = " + ".join(f"0.1 * {call}" for call in calls)
    return f"g_t = tanh({calls[0]} * (W x_t) + {scaled} + U g_{{t-1}})\nshape b = (x, 1)\nshape k = (1, 1)\nshape g = (x, 1)\noutput g"


@pytest.mark.parametrize("function", covered(nodes.FUNCTIONS, ["max"]))
def test_functions_of_numbers_sizes_parameters_and_inputs(function):
    found = verdicts(read(applied(function)), "plain", "ragged", "segments", "step", "array_api")
    assert not any(found.values()), found


@pytest.mark.parametrize("function", ["sqrt", "log", "sigmoid", "exp", "softplus"])
@pytest.mark.parametrize("options", [{}, {"ragged": True}, {"target": "array_api"}], ids=str)
def test_functions_of_sizes_have_the_dtype_of_the_arrays(function, options):
    made = module(derive.emit(derive.bptt(read(f"y_t = W x_t / {function}(n_x)\noutput y")), **options))
    arguments = [
        {name: array.astype(np.float32) for name, array in group.items()} for group in made.example(3, 2, np.random.default_rng(0))
    ]
    outputs, tape = made.forward(*arguments)
    grads = made.backward(arguments[0], tape, outputs)
    assert {array.dtype for group in (outputs, grads.params, grads.inputs) for array in group.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("term", "told"),
    [
        ("1e308 * 10 * h_{t-1}", "larger than float64"),
        ("10^400 * h_{t-1}", "larger than float64|no number of float64"),
        ("1e-200 * 1e-200 * h_{t-1}", "smaller than float64"),
        ("log(0) * h_{t-1}", r"log\(0\) is no number"),
        ("sqrt(0 - 1) * h_{t-1}", "is no number"),
        ("exp(1000) * h_{t-1}", r"exp\(1000\) is no number"),
        ("h_{t-1} / log(1)", "is no number"),
    ],
)
@pytest.mark.parametrize("options", [{}, {"ragged": True}, {"target": "array_api"}, {"target": "torch"}, {"checkpoint": True}], ids=str)
def test_what_is_no_number_of_float64_is_refused_with_its_equation(term, told, options):
    derivation = derive.bptt(read(f"h_t = tanh(W x_t + {term})"))
    with pytest.raises(InputError, match=rf"equation \(\d+\), \w+: .*({told})"):
        derive.emit(derivation, **options)


WHY = {
    "ragged": "has a row or column for each step",
    "segments": "it cannot be computed segment by segment: ",
}
"""By mode, what is said of a cell for which there is no module; there are none in the others."""


@pytest.mark.parametrize("cell", covered(derive.cell_names(), COVERING[::3]))
def test_every_cell_is_emitted_in_every_mode_or_says_why_not(cell):
    derivation = derive.bptt(read(cell))
    options = {"ragged": {"ragged": True}, "segments": {"checkpoint": True}}
    options |= {target: {"target": target} for target in ("array_api", "torch", "jax")}
    for mode, own in options.items():
        told = ""
        try:
            compile(derive.emit(derivation, **own), mode, "exec")
        except InputError as error:
            told = str(error)
        assert not told or WHY[mode] in told, f"{mode}: {told}"
        assert "\n" not in told
