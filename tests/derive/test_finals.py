"""Gradients by final states: two parts of a sequence, one after the other, have the gradients of the whole."""

from __future__ import annotations

import numpy as np
import pytest

import derive
from derive.program.arguments import states
from tests.derive.numeric import module

CELLS = ("rnn", "lstm", "gru", "mlstm", "narx", "fast_weights", "stack(lstm, residual(gru))", "stack(gru, readout)")
LAGS = {
    "two lags": "h_t = tanh(W x_t + U h_{t-1} + V h_{t-2})",
    "a far lag alone": "h_t = tanh(W x_t + V h_{t-3})",
    "read, not recurrent": "h_t = tanh(W x_t)\ny_t = V h_{t-1} + A h_t\noutput y",
    "a state that is no output": "c_t = 0.5 * c_{t-1} + W x_t\nh_t = tanh(c_t) * c_{t-1}\noutput h",
}


@pytest.mark.parametrize("half", [5, 1])
@pytest.mark.parametrize("cell", [*CELLS, *LAGS])
def test_two_parts_have_the_gradients_of_the_whole(cell, half):
    system = derive.read(LAGS[cell]) if cell in LAGS else derive.cell(cell)
    own = module(derive.emit(derive.bptt(system)))
    assert tuple(each.name for each in states(system)) == own.STATES
    T, rng = 9, np.random.default_rng(0)
    params, inputs, initial = own.example(T, 2, rng)
    outputs, tape = own.forward(params, inputs, initial)
    weights = {name: rng.normal(size=outputs[name].shape) for name in own.OUTPUTS}
    finals = {name: rng.normal(size=outputs[f"{name}_T"].shape) for name in own.STATES}
    whole = own.backward(params, tape, weights, finals)

    first, tape_1 = own.forward(params, {name: array[:half] for name, array in inputs.items()}, initial)
    met = {name: first[f"{name}_T"] for name in own.STATES}
    _, tape_2 = own.forward(params, {name: array[half:] for name, array in inputs.items()}, met)
    later = own.backward(params, tape_2, {name: array[half:] for name, array in weights.items()}, finals)
    earlier = own.backward(params, tape_1, {name: array[:half] for name, array in weights.items()}, later.initial)

    for name, array in whole.params.items():
        np.testing.assert_allclose(earlier.params[name] + later.params[name], array, rtol=1e-11, atol=1e-12)
    for name, array in whole.inputs.items():
        np.testing.assert_allclose(np.concatenate([earlier.inputs[name], later.inputs[name]]), array, rtol=1e-11, atol=1e-12)
    for name, array in whole.initial.items():
        np.testing.assert_allclose(earlier.initial[name], array, rtol=1e-11, atol=1e-12)
        assert np.abs(array).max() > 1e-3
