"""`start` and `step` of emitted modules: one step at a time, as `forward` computes it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import derive
from derive.algebra import nodes
from derive.algebra.nodes import MatMul, Transpose, add, mul, parameter, sequence, tanh
from derive.program.arguments import needs_steps
from derive.system import Boundary, Role, System
from tests.derive.cells.covering import each_cell, each_third
from tests.derive.numeric import module
from tests.derive.program.batches import build

T, BATCH = 7, 3
WHOLE = {
    "bahdanau_decoder": "h_all reads all steps at once",
    "bidirectional_rnn": "a_b reads b at t + 1",
    "lstmn": "h_past reads position(t), which takes the number of steps",
    "luong_decoder": "h_bar_all reads all steps at once",
    "self_attention": "k_past reads position(t), which takes the number of steps",
}
"""The built-in cells that cannot stream, and why."""

t = nodes.t
h_, x_, c_ = (nodes.size(name) for name in "hxc")
h, x, S = (sequence(name) for name in "hxS")
W, U, V, c, M = (parameter(name) for name in ["W", "U", "V", "c", "M"])
SIZES = {"h": (h_, 1), "x": (x_, 1), "W": (h_, x_), "U": (h_, h_)}
PAGES = {
    "long lags": "h_t = tanh(W x_t + U h_{t-1} + V h_{t-5}) + h_{t-2}",
    "lags of inputs": "y_t = W x_t + V x_{t-1} + R x_{t-3}\noutput y",
    "an input goes on as it is": "s_t = x_t\nh_t = s_{t-1} + h_{t-1}",
    "a learned beginning": "h_t = tanh(W x_t + U h_{t-1})\nboundary h = parameter",
    "learned beginnings of several steps": "h_t = tanh(W x_t + U h_{t-1} + R h_{t-2})\nboundary h = parameter",
    "zeros before": "h_t = tanh(W x_t + U h_{t-1} + R h_{t-3})\nboundary h = zero",
    "constants": "constant gamma = 0.01\nconstant M\nh_t = h_{t-1} + tanh((W - W^T - gamma I) h_{t-1} + (M ⊙ V) x_t + b + c)\nshape V = (h, x)",
    "a clock": "h_t = every(t, 2) * tanh(W x_t + U h_{t-1}) + (1 - every(t, 2)) * h_{t-1}",
    "a clock with long lags": "h_t = every(t, 3) * tanh(W x_t + U h_{t-1} + V h_{t-2}) + (1 - every(t, 3)) * h_{t-1}\nboundary h = parameter",
    "a clock that spares nothing": "h_t = tanh(W x_t) + every(t, 3) * h_{t-1} + first(t) * b",
    "what is read where its clock is 0": "n_t = every(t, 2) * tanh(W x_t + U h_{t-1})\nh_t = h_{t-1} + n_t\ny_t = V n_t + b\noutput y, h",
    "a clock in a function": "a_t = every(t, 2) * (U h_{t-1})\nh_t = tanh(W x_t + a_t + every(t, 2) * b)",
    "the slope of relu is no step": "h_t = relu(W x_t + U h_{t-1})",
    "names that the module uses": "start_t = tanh(W x_t + U start_{t-1} + V state_{t-1})\nstate_t = start_t + fixed\nshape fixed = (start, 1)",
    "names of what was before": "h_before_t = W x_t\nh_t = tanh(h_before_t + U h_{t-1})",
    "gates that are not alike": "f_t = sigmoid(W_f x_t + U_f h_{t-1} + b)\ni_t = sigmoid(U_i h_{t-1})\nh_t = f_t * h_{t-1} + i_t * tanh(W x_t)",
    "a size that is a difference": "h_t = tanh(W [h_{t-1}; x_t])",
    "a size in a function": "h_t = tanh(W x_t / sqrt(n_x) + U h_{t-1})",
    "states that no output reads": "h_t = tanh(W x_t + U h_{t-1})\nc_t = c_{t-1} + V h_t\noutput h",
    "no input": "h_t = tanh(U h_{t-1} + b)",
}
SYSTEMS = {
    "an input without steps": build({h[t]: tanh(add(MatMul(W, x[t]), MatMul(U, h[t - 1]), MatMul(V, c)))},
                                    {**SIZES, "V": (h_, c_), "c": (c_, 1)}, ("h",), c={"role": Role.INPUT}),
    "only an input without steps": build({h[t]: tanh(add(MatMul(V, c), MatMul(U, h[t - 1])))},
                                         {"h": (h_, 1), "U": (h_, h_), "V": (h_, c_), "c": (c_, 1)}, ("h",), c={"role": Role.INPUT}),
    "a matrix without steps": build({h[t]: tanh(add(MatMul(W, x[t]), MatMul(M, h[t - 1])))},
                                    {"h": (h_, 1), "x": (x_, 1), "W": (h_, x_), "M": (h_, h_)}, ("h",), M={"role": Role.INPUT}),
    "matrices several steps before": build({S[t]: add(mul(nodes.sigmoid(W), S[t - 2]), MatMul(MatMul(U, x[t]), Transpose(x[t]))),
                                            h[t]: MatMul(S[t - 1], x[t])},
                                           {"S": (h_, x_), "W": (h_, x_), "U": (h_, x_), "x": (x_, 1), "h": (h_, 1)}, ("h", "S")),
    "a matrix learned": build({S[t]: add(mul(W, S[t - 1]), MatMul(MatMul(U, x[t]), Transpose(x[t])))},
                              {"S": (h_, x_), "W": (h_, x_), "U": (h_, x_), "x": (x_, 1)}, ("S",), S={"boundary": Boundary.PARAMETER}),
}  # fmt: skip
NETWORKS = [
    "stack(lstm, 2)", "stack(residual(gru), readout)", "stack(lstm, clockwork, readout)", "stack(gru_reset_after, rwkv, readout)",
    "stack(mamba, residual(rnn))",
]  # fmt: skip


def emitted(system: System) -> ModuleType:
    return module(derive.emit(derive.bptt(system)))


def at(system: System, inputs: dict[str, np.ndarray], step: int) -> dict[str, np.ndarray]:
    """What is given at one step."""
    return {name: array[step] if system[name].is_sequence else array for name, array in inputs.items()}


def batch_first(value: Any) -> np.ndarray:
    """What a state holds of a sequence, as `forward` gives it."""
    return np.stack([batch_first(each) for each in value]) if isinstance(value, tuple) else np.moveaxis(value, -1, 0)


def assert_streams(system: System, dtype: type = np.float64) -> ModuleType:
    """Hold the outputs and final states of all steps, one at a time, against those of `forward`; and what is given must stay as it is."""
    made = emitted(system)
    given = [{name: array.astype(dtype) for name, array in group.items()} for group in made.example(T, BATCH, np.random.default_rng(0))]
    params, inputs, initial = given
    outputs, _ = made.forward(params, inputs, initial, **({"steps": T} if needs_steps(system) else {}))
    state = made.start(params, BATCH, initial)
    for array in (*params.values(), *initial.values()):
        array[...] = np.nan
    seen, held = set(), set()
    for step in range(T):
        now = {name: array.copy() for name, array in at(system, inputs, step).items()}
        again, _ = made.step(state, {name: array.copy() for name, array in now.items()})
        found, state = made.step(state, now)
        for name, value in found.items():
            expected = outputs[name][step] if system[name].is_sequence else outputs[name]
            assert (value.shape, value.dtype) == (expected.shape, dtype), name
            assert np.array_equal(value, again[name]), name
            assert np.allclose(value, expected, *((1e-12, 1e-12) if dtype is np.float64 else (2e-4, 2e-5))), f"{name} at step {step}"
            seen.add(name)
        for array in (*now.values(), *found.values()):
            array[...] = np.nan
    for name, value in zip(state._fields, state, strict=True):
        if f"{name.removesuffix('_')}_T" in outputs:
            held.add(name)
            assert np.allclose(batch_first(value), outputs[f"{name.removesuffix('_')}_T"], 1e-4, 1e-5), f"{name} after the last step"
    assert seen == set(made.OUTPUTS)
    assert len(held) == len(made.STATES)
    return made


@pytest.mark.parametrize("name", each_cell(name for name in derive.cell_names() if name not in WHOLE))
def test_a_cell_streams(name):
    assert_streams(derive.cell(name))


@pytest.mark.parametrize("page", each_third(PAGES))
def test_a_page_streams(page):
    assert_streams(derive.read(PAGES[page]))


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_system_streams(name):
    assert_streams(SYSTEMS[name])


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_streams(name):
    assert_streams(derive.cell(name))


@pytest.mark.parametrize("system", ["lstm", "gru", "mlstm", "clockwork", "layer_norm_lstm"])
def test_float32_stays_float32(system):
    assert_streams(derive.cell(system), np.float32)
    assert_streams(derive.read(PAGES["a size in a function"]), np.float32)


def test_inputs_are_taken_in_the_dtype_of_the_weights():
    made = emitted(derive.cell("gru"))
    state = made.start(made.init({"x": 2, "h": 3}, dtype=np.float32), 2)
    outputs, state = made.step(state, {"x": [[1, 0], [0, 1]]})
    assert outputs["h"].dtype == state.h.dtype == np.float32


@pytest.mark.parametrize("name", WHOLE)
def test_what_cannot_stream_says_why(name):
    source = derive.emit(derive.bptt(derive.cell(name)))
    assert f"There is no `step` to run it one step at a time: {WHOLE[name]}." in source
    made = module(source)
    assert not {"State", "start", "step"} & set(vars(made))


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        ("bidirectional(lstm)", "at t + 1"),
        ("stack(gru, last)", "reads all steps at once"),
        ("stack(gru, readout, squared_error)", "its only output is the loss, loss"),
    ],
)
def test_networks_that_cannot_stream(network, reason):
    source = derive.emit(derive.bptt(derive.cell(network)))
    assert reason in next(line for line in source.splitlines() if "There is no `step`" in line)


def test_a_loss_and_its_targets_are_left_out():
    system = derive.cell("stack(gru, readout, softmax_cross_entropy)")
    made = emitted(system)
    params, inputs, initial = made.example(T, BATCH, np.random.default_rng(1))
    outputs, _ = made.forward(params, inputs, initial)
    state = made.start(params, BATCH, initial)
    for step in range(T):
        found, state = made.step(state, {"x": inputs["x"][step]})
        assert list(found) == ["p"]
        assert np.allclose(found["p"], outputs["p"][step], 1e-12)


def test_states_of_the_loss_are_left_out():
    made = emitted(derive.read("y_t = tanh(W x_t + U y_{t-1})\ne_t = d_t - y_t + e_{t-1}\nloss_t = sum(e_t^2)\noutput y, loss\nloss loss"))
    params, inputs, initial = made.example(T, BATCH, np.random.default_rng(1))
    found, state = made.step(made.start(params, BATCH, initial), {"x": inputs["x"][0]})
    assert (list(found), state._fields) == (["y"], ("fixed", "y"))
    assert np.allclose(found["y"], made.forward(params, inputs, initial)[0]["y"][0], 1e-12)


def test_memory_is_constant():
    """The state after 10,000 steps has the arrays that it had after two, of the same sizes, and none hangs on to a larger one."""
    made = emitted(derive.read("h_t = tanh(W x_t + U h_{t-1} + V h_{t-3} + R x_{t-2})"))
    state = made.start(made.init({"x": 2, "h": 3}), 2)

    def sizes():
        arrays = [each for value in state[1:] for each in (value if isinstance(value, tuple) else (value,))]
        return [(each.nbytes, each.base.nbytes if each.base is not None else 0) for each in arrays]

    rng = np.random.default_rng(0)
    known = None
    for step in range(10_000):
        _, state = made.step(state, {"x": rng.normal(size=(2, 2))})
        known = sizes() if step == 5 else known
    assert sizes() == known
    assert len(known) == 5


def test_a_clock_goes_on_behind_a_pause():
    """The number of the step is in the state: one that was kept goes on as if nothing had happened in between."""
    made = emitted(derive.cell("clockwork"))
    params, inputs, initial = made.example(6, 1, np.random.default_rng(2))
    state = made.start(params, 1, initial)
    states = [state]
    for step in range(6):
        _, state = made.step(state, {"x": inputs["x"][step]})
        states.append(state)
    outputs, _ = made.forward(params, inputs, initial)
    after, _ = made.step(states[3], {"x": inputs["x"][3]})
    assert np.allclose(after["h"], outputs["h"][3], 1e-12)


@pytest.mark.parametrize("shape", [(1, 2), (2,), (3, 3), (1, 3, 2)])
def test_an_input_of_another_shape_is_refused(shape):
    made = emitted(derive.cell("lstm"))
    state = made.start(made.init({"x": 2, "h": 4}), 3)
    with pytest.raises(ValueError, match=r"inputs: x has shape .*, expected \(3, 2\)"):
        made.step(state, {"x": np.zeros(shape)})


def test_initial_values_are_checked():
    made = emitted(derive.cell("lstm"))
    params = made.init({"x": 2, "h": 4})
    with pytest.raises(ValueError, match=r"initial: h has shape \(1, 4\), expected \(3, 4\)"):
        made.start(params, 3, {"h": np.zeros((1, 4))})
    with pytest.raises(ValueError, match="params"):
        made.start({**params, "U_f": np.zeros(4)}, 3)
