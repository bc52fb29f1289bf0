"""Emitted code against the complex step, for cells of many kinds, random ones, random sizes and awkward names."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import combinations

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import derive
from derive.algebra import nodes
from derive.errors import InputError
from derive.program.functions import OVERFLOWING, SOURCES
from derive.program.prepare import prepare
from tests.derive.cells.covering import covered, each_third
from verify.methods import complex_step
from verify.subject import Subject, subject
from verify.trial import Trial

CELLS = {
    "two lags": "h_t = tanh(W x_t + U h_{t-1} + V h_{t-2} + b)",
    "three lags and gates": "f_t = sigmoid(W x_t + U h_{t-3})\nh_t = f_t * h_{t-1} + f_t * f_{t-2} * h_{t-2}",
    "bidirectional": "f_t = tanh(W_f x_t + U_f f_{t-1})\ng_t = tanh(W_g x_t + U_g g_{t+1} + b_g)\ny_t = V f_t + R g_t + c",
    "two layers": "h_t = tanh(W x_t + U h_{t-1} + b)\nk_t = tanh(R h_t + S k_{t-1} + d)\ny_t = sigmoid(k_t) + 1",
    "coupled gates": "f_t = sigmoid(W_f x_t + U_f h_{t-1})\nc_t = f_t * c_{t-1} + (1 - f_t) * tanh(W_g x_t + U_g h_{t-1})\nh_t = tanh(c_t)",
    "zero before the first step": "h_t = tanh(W x_t + U h_{t-1})\nboundary h = zero",
    "learned initial state": "h_t = tanh(W x_t + U h_{t-1} + R h_{t-2})\nboundary h = parameter",
    "weights of weights": "h_t = h_{t-1} + 0.1 * tanh((U - U^T) h_{t-1} + W x_t + b)",
    "stacked reads": "f_t = sigmoid(W_f [h_{t-1}; x_t] + b_f)\ng_t = tanh(W_g [h_{t-1}; x_t] + b_g)\nh_t = f_t * h_{t-1} + (1 - f_t) * g_t",
    "lagged input": "h_t = tanh(W x_t + R x_{t-1} + U h_{t-1})",
    "input from both sides": "h_t = relu(W x_t + R x_{t-1} + S x_{t+1} + U h_{t-1})",
    "scalar gate": "h_t = tanh(W x_t + U h_{t-1})\ne_t = v^T h_t\ny_t = sigmoid(e_t) * h_t",
    "scalar state": "n_t = sigmoid(v^T x_t + s_{t-1})\ns_t = n_t * s_{t-1} + sum(x_t)\ny_t = s_t * x_t",
    "dot product and softmax": "h_t = tanh(W x_t + U h_{t-1})\ns_t = h_t^T h_{t-1}\ny_t = s_t * h_t + softmax(h_t)\noutput y, h",
    "elementwise recurrence": "h_t = relu(W x_t + u * h_{t-1} + b)",
    "powers and quotients": "h_t = softplus(W x_t + U h_{t-1}) / 3 + x_t * exp(-h_{t-1}^2) / (1 + h_{t-1}^2)",
    "every function": "h_t = sin(W x_t) * cos(U h_{t-1}) + log(2 + sigmoid(h_{t-1})) - sqrt(1 + exp(V h_{t-1})) / 9 + abs(x_t) * tanh(h_{t-1})",
    "names of the emitted code": "inputs_t = tanh(W x_t + U inputs_{t-1} + params)\noutput inputs",
    "more such names": "batch_t = tanh(tape x_t + total batch_{t-1} + dtype)\noutputs_t = np_v * batch_t + n_h\noutput outputs, batch",
    "no parameter": "h_t = 0.5 * h_{t-1} + x_t",
    "a state that only a lag reads": "y_t = h_{t-1} * x_t\nh_t = tanh(W x_t)\noutput y, h",
    "a narrow product": "h_t = tanh(W x_t + U V h_{t-1})",
    "unused output": "h_t = tanh(W x_t + U h_{t-1})\ny_t = 2 + 0 * h_t\noutput y, h",
}


def own(text: str) -> Subject:
    return subject(derive.bptt(derive.read(text)))


def wrong(claim: Subject, trial: Trial | None = None) -> list[str]:
    return [f"{each.subject}: {each.detail}" for each in complex_step.judge(claim, trial) if not each.agrees]


@pytest.mark.parametrize("cell", each_third(CELLS))
def test_gradients_of_cells_of_many_kinds(cell):
    claim = own(CELLS[cell])
    assert wrong(claim) == []
    for steps in (1, 2):
        assert wrong(claim, Trial(claim.module, steps=steps, batch=1, seed=steps)) == []


@pytest.mark.parametrize("cell", covered(("rnn", "lstm", "gru"), ("gru",)))
@settings(max_examples=12, deadline=None)
@given(x=st.integers(1, 5), h=st.integers(1, 5), steps=st.integers(1, 6), batch=st.integers(1, 4), seed=st.integers(0, 99))
def test_gradients_at_random_sizes(cell, x, h, steps, batch, seed):
    claim = MODULES.setdefault(cell, subject(derive.bptt(derive.cell(cell))))
    rng = np.random.default_rng(seed)
    params = {name: rng.normal(size=a.shape) for name, a in claim.module.init({"x": x, "h": h}).items()}
    inputs = {"x": rng.normal(size=(steps, batch, x))}
    initial = {name: rng.normal(size=(batch, h)) for name in claim.module.STATES}
    weights = rng.normal(size=(steps, batch, h))
    _, tape = claim.module.forward(params, inputs, initial)
    grads = claim.module.backward(params, tape, {"h": weights})
    direction = {name: rng.normal(size=a.shape) for name, a in params.items()}
    moved = {name: a + 1e-25j * direction[name] for name, a in params.items()}
    slope = (claim.module.forward(moved, inputs, initial)[0]["h"].imag / 1e-25 * weights).sum()
    assert np.isclose(sum((grads.params[name] * d).sum() for name, d in direction.items()), slope, rtol=1e-10, atol=1e-10)


MODULES: dict[str, Subject] = {}
TERMS = st.sampled_from(
    [
        "W x_t",
        "U h_{t-1}",
        "V k_{t-1}",
        "R h_{t-2}",
        "b",
        "u * h_{t-1}",
        "x_t",
        "S [h_{t-1}; x_t]",
        "A (k_{t-1} * h_{t-1})",
        "c * x_t * h_{t-1}",
    ]
)
FUNCTIONS = st.sampled_from(["tanh", "sigmoid", "sin", "softplus"])


@st.composite
def random_cells(draw) -> str:
    """Two states that read each other, of random sums, functions and gates."""

    def inner() -> str:
        return f"{draw(FUNCTIONS)}({' + '.join(draw(st.lists(TERMS, min_size=1, max_size=3, unique=True)))})"

    lines = [f"g_t = {inner()}", f"k_t = g_t * k_{{t-1}} + {inner()} * {draw(st.sampled_from(['(1 - g_t)', 'x_t', 'tanh(h_{t-1})']))}"]
    lines.append(f"h_t = {draw(st.sampled_from(['0.5 * h_{t-1} + ', '', 'g_t * ']))}{inner()} - k_t / 3 + x_t")
    return "\n".join([*lines, "output h, k"])


@pytest.mark.full
@settings(max_examples=25, deadline=None)
@given(random_cells())
def test_gradients_of_random_cells(page):
    claim = own(page)
    assert wrong(claim, Trial(claim.module, steps=3, batch=1, scale=0.6)) == [], page


def test_a_batch_is_its_sequences_one_by_one():
    claim = own(CELLS["bidirectional"])
    trial = Trial(claim.module, steps=4, batch=3)
    params, inputs, initial = trial.values
    whole = trial.gradients()
    alone = []
    for at in range(3):
        one = slice(at, at + 1)
        own_initial = {name: a[one] for name, a in initial.items()}
        _, tape = claim.module.forward(params, {name: a[:, one] for name, a in inputs.items()}, own_initial)
        alone.append(claim.module.backward(params, tape, {name: w[:, one] for name, w in trial.weights.items()}))
    for name in params:
        assert np.allclose(whole[name], sum(each.params[name] for each in alone), rtol=1e-11)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_single_precision_stays_single_and_large_arguments_do_no_harm(cell):
    module = subject(derive.bptt(derive.cell(cell))).module
    params = {name: (1000 * np.sign(a + 1e-9)).astype(np.float32) for name, a in module.init({"x": 3, "h": 4}, 1).items()}
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        outputs, tape = module.forward(params, {"x": np.ones((5, 2, 3), np.float32)})
        grads = module.backward(params, tape, {"h": np.ones((5, 2, 4), np.float32)})
    for array in (*outputs.values(), *grads.params.values(), *grads.inputs.values(), *grads.initial.values()):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()


@pytest.mark.parametrize("name", sorted({*SOURCES} - {"solve"}))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_functions_have_no_overflow_and_keep_the_digits_of_small_values(name, dtype):
    space: dict = {"np": np}
    exec(SOURCES[name], space)
    arguments = np.array([[-1000, -90, -30, -1e-5, 0, 1e-5, 30, 90, 1000]], dtype).T
    function = space[name]
    given = [arguments] * (function.__code__.co_argcount - len(function.__defaults__ or ()))
    with np.errstate(over="ignore" if name in OVERFLOWING else "raise", invalid="raise", divide="raise"):
        value = function(*given)
        if function.__defaults__:
            out = np.full_like(value, np.nan)
            assert function(*given, out=out) is out
            assert out.tobytes() == value.tobytes()
    assert value.dtype == dtype
    assert np.isfinite(value).all()
    if issubclass(nodes.FUNCTIONS.get(name, nodes.Node), nodes.Elementwise):
        with mpmath.workdps(500):
            exact = [sp.lambdify([], nodes.FUNCTIONS[name].definition(sp.Rational(float(each))), "mpmath")() for each in arguments[:, 0]]
        smallest = 100 * np.finfo(dtype).tiny
        assert np.allclose(value[:, 0], [float(each) for each in exact], rtol=32 * np.finfo(dtype).eps, atol=smallest), (value[:, 0], exact)


@pytest.mark.parametrize("cell", ["lstm", "mlstm", "narx", "bidirectional_rnn"])
@pytest.mark.parametrize("batch", [1, 2])
def test_outputs_and_gradients_are_arrays_of_their_own(cell, batch):
    """A caller may change them: the tape, the arguments and the other results stay as they are."""
    trial = Trial(subject(derive.bptt(derive.cell(cell))).module, steps=3, batch=batch)
    params, inputs, initial = trial.values
    outputs, tape = trial.run(params, inputs, initial)
    grads = trial.module.backward(params, tape, trial.weights)
    held = [*(each for each in tape if isinstance(each, np.ndarray)), *params.values(), *inputs.values(), *initial.values()]
    for array in (*outputs.values(), *grads.params.values(), *grads.inputs.values(), *grads.initial.values()):
        assert not any(np.shares_memory(array, each) for each in [*held, *trial.weights.values()])


@pytest.mark.parametrize(
    "page",
    [
        "h_t = tanh((A + B) x_t + C h_{t-1})",
        "h_t = tanh((A + B^T) x_t + h_{t-1})",
        "h_t = tanh(A x_t + b + c + h_{t-1})",
        "h_t = tanh([A; B] x_t + U h_{t-1})",
    ],
)
def test_no_gradient_shares_its_array_with_another(page):
    """Who clips gradients in place would clip both."""
    trial = Trial(subject(derive.bptt(derive.read(page))).module)
    for one, other in combinations(trial.gradients().values(), 2):
        assert not np.shares_memory(one, other)


@pytest.mark.parametrize("function", ["rms", "spread"])
def test_functions_of_a_column_with_one_row(function):
    system = derive.read(f"h_t = {function}(W x_t + U h_{{t-1}} + b)")
    assert system.shape(system["h"].symbol) == (1, 1)


def test_a_derivative_divides_by_nothing_that_the_forward_pass_does_not():
    """h^4 / h is no number where h is 0, as it is after relu."""
    source = derive.emit(derive.bptt(derive.read("h_t = (h_{t-1} * h_{t-1} * x_t)^2")))
    assert "/" not in source[source.index("hbar = ") : source.index("return Gradients(")].replace("d/d", "")


def test_decimals_are_multiplied_as_they_are_written():
    source = derive.emit(derive.bptt(derive.read("h_t = 0.5 * (1/3 * h_{t-1}) + x_t")))
    assert "np.multiply(1 / 6, hbar[here], out=hbar_next)" in source


BAD = {
    "missing parameter": (lambda p, i, s: p.pop("U"), "U"),
    "unknown parameter": (lambda p, i, s: p.update(Q=np.ones(2)), "Q is not known"),
    "wrong shape": (lambda p, i, s: p.update(b=np.ones(7)), r"b has shape \(7,\), expected \(4,\)"),
    "whole numbers": (lambda p, i, s: p.update(b=np.ones(4, int)), "b holds int64, expected float"),
    "not a number": (lambda p, i, s: i["x"].__setitem__((0, 0, 0), np.nan), "x holds NaN"),
    "infinite": (lambda p, i, s: s["h"].__setitem__((0, 0), np.inf), "h holds NaN or infinity"),
    "missing input": (lambda p, i, s: i.clear(), "x is missing"),
    "flat input": (lambda p, i, s: i.update(x=np.ones((5, 3))), "three axes"),
    "narrow input": (lambda p, i, s: i.update(x=np.ones((5, 2, 9))), r"x has shape \(5, 2, 9\), expected \(5, 2, 3\)"),
    "no step": (lambda p, i, s: i.update(x=np.ones((0, 2, 3))), "0 steps of 2 sequences"),
    "wrong state": (lambda p, i, s: s.update(h=np.ones((1, 4))), r"h has shape \(1, 4\), expected \(2, 4\)"),
    "unknown state": (lambda p, i, s: s.update(c=np.ones((2, 4))), "c is not known"),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_arrays_are_refused_by_name(case):
    module = subject(derive.bptt(derive.cell("rnn"))).module
    params, inputs, initial = module.example(5, 2, np.random.default_rng(0))
    BAD[case][0](params, inputs, initial)
    with pytest.raises(ValueError, match=BAD[case][1]) as error:
        module.forward(params, inputs, initial)
    assert "\n" not in str(error.value)


def test_wrong_output_gradients_are_refused_by_name():
    module = subject(derive.bptt(derive.cell("rnn"))).module
    params, inputs, initial = module.example(5, 2, np.random.default_rng(0))
    _, tape = module.forward(params, inputs, initial)
    with pytest.raises(ValueError, match="y is not an output"):
        module.backward(params, tape, {"y": np.ones((5, 2, 4))})
    with pytest.raises(ValueError, match=r"h has shape \(4,\), expected \(5, 2, 4\)"):
        module.backward(params, tape, {"h": np.ones(4)})


def in_loops(source: str) -> str:
    return "\n".join(re.findall(r"(?<=\n)        for here, t in .*?\n\n", source, flags=re.DOTALL))


@pytest.mark.parametrize(("cell", "products"), [("rnn", 2), ("lstm", 2), ("gru", 4), ("fastgrnn", 2)])
def test_a_step_has_as_few_products_as_its_dependences_allow(cell, products):
    """One product each way for the LSTM; two for the GRU, whose candidate needs the reset gate first. W x_t is no part of a loop.

    The gate and the candidate of FastGRNN share both matrices.
    """
    source = derive.emit(derive.bptt(derive.cell(cell)))
    assert in_loops(source).count("np.matmul(") == products
    assert "@" not in in_loops(source)
    assert source.count("for here, t in") == 2
    assert "x[t]" not in in_loops(source)


TWICE = "k_t = tanh(A h_{t-1} + W x_t + b)\nq_t = tanh(A (h_{t-1} + k_t) + W x_t + b)\nh_t = h_{t-1} + k_t + q_t + sum(b * k_t)"


def test_weights_that_are_used_twice_in_a_step_take_one_product_with_what_is_the_same():
    """W x_t + b is one for both stages, and the gradients by W, x and b are of the sum of both adjoints; A multiplies other things."""
    source = derive.emit(derive.bptt(derive.read(TWICE)))
    backward = source[source.index("def backward") :]
    assert source.count("product(W, x[at], dtype)") == 1
    assert backward.count("flat(x[at]).T") == 1
    assert backward.count("product(W.T") == 1
    assert backward.count("total(abar_sum)") == 1
    assert backward.count("flat(") == 2 + 4
    assert subject(derive.bptt(derive.read(TWICE))).module.check_gradients()


def test_what_does_not_depend_on_time_has_no_loop():
    source = derive.emit(derive.bptt(derive.read("y_t = tanh(W x_t + b) * sigmoid(V x_t)")))
    assert " t in " not in source[source.index("def forward") : source.index("def example")]


def test_a_module_without_an_input_is_told_how_long_it_runs():
    module = subject(derive.bptt(derive.read("h_t = tanh(U h_{t-1})"))).module
    assert module.check_gradients()
    params = module.init({"h": 3})
    outputs, _ = module.forward(params, {}, {"h": np.ones((2, 3))}, steps=4)
    assert outputs["h"].shape == (4, 2, 3)
    with pytest.raises(ValueError, match="steps"):
        module.forward(params, {}, {"h": np.ones((2, 3))})


def test_equations_that_need_the_past_and_the_future_at_once_are_refused():
    with pytest.raises(InputError, match="both at earlier and at later t"):
        prepare(derive.bptt(derive.read("h_t = tanh(W x_t + U h_{t-1} + V h_{t+1})")))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_module_imports_numpy_and_nothing_else_and_its_lines_name_their_equations(cell, tmp_path):
    derivation = derive.bptt(derive.cell(cell))
    source = derive.emit(derivation)
    assert set(re.findall(r"^(?:from|import) ([a-z_]+)\b(?: import| as|$)", source, flags=re.MULTILINE)) == {
        "__future__",
        "math",
        "sys",
        "threading",
        "typing",
        "numpy",
    }
    known = {str(e.number) for e in (*derivation.forward.equations, *derivation.adjoint.equations)}
    assert set(re.findall(r"# \((\d+)\)", source)) <= known
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    linted = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--line-length", "160", "module.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_emitted_module_reads_as_it_did(cell, golden):
    golden(f"{cell}.py", derive.emit(derive.bptt(derive.cell(cell))))
