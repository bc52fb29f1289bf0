"""Gradients by final states: two parts of a sequence, one after the other, have the gradients of the whole."""

from __future__ import annotations

import numpy as np
import pytest

import derive
from derive.program.arguments import ends
from tests.derive.cells.covering import covered, each_third
from tests.derive.numeric import module

CELLS = ("rnn", "lstm", "gru", "mlstm", "narx", "fast_weights", "stack(lstm, residual(gru))", "stack(gru, readout)")
LAGS = {
    "two lags": "h_t = tanh(W x_t + U h_{t-1} + V h_{t-2})",
    "a far lag alone": "h_t = tanh(W x_t + V h_{t-3})",
    "read, not recurrent": "h_t = tanh(W x_t)\ny_t = V h_{t-1} + A h_t\noutput y",
    "a state that is no output": "c_t = 0.5 * c_{t-1} + W x_t\nh_t = tanh(c_t) * c_{t-1}\noutput h",
}


LEADS = {
    "from the end": "h_t = tanh(W x_t + U h_{t+1} + b)",
    "two leads": "h_t = tanh(W x_t + U h_{t+1} + V h_{t+2})",
    "a far lead alone": "h_t = tanh(W x_t + V h_{t+3})",
}


def modules(cell):
    """The system, and its module and the one for sequences of different lengths."""
    system = derive.read({**LAGS, **LEADS}[cell]) if cell in {**LAGS, **LEADS} else derive.cell(cell)
    return system, module(derive.emit(derive.bptt(system))), module(derive.emit(derive.bptt(system), ragged=True))


@pytest.mark.parametrize("half", each_third(covered([5, 1], [1])))
@pytest.mark.parametrize("cell", [*CELLS, *LAGS, *LEADS])
def test_two_parts_have_the_gradients_of_the_whole(cell, half):
    """The part that is run first hands its final states to the other, and gets the gradients by them from it."""
    system, own, _ = modules(cell)
    ended = {state.name: name for name, state in ends(system).items()}
    assert {*own.STATES} == {*ended}
    T, rng = 9, np.random.default_rng(0)
    params, inputs, initial = own.example(T, 2, rng)
    outputs, tape = own.forward(params, inputs, initial)
    weights = {name: rng.normal(size=outputs[name].shape) for name in own.OUTPUTS}
    finals = {state: rng.normal(size=outputs[name].shape) for state, name in ended.items()}
    whole = own.backward(params, tape, weights, finals)

    parts = [slice(None, half), slice(half, None)][:: -1 if cell in LEADS else 1]
    first, tape_1 = own.forward(params, {name: array[parts[0]] for name, array in inputs.items()}, initial)
    met = {state: first[name] for state, name in ended.items()}
    _, tape_2 = own.forward(params, {name: array[parts[1]] for name, array in inputs.items()}, met)
    later = own.backward(params, tape_2, {name: array[parts[1]] for name, array in weights.items()}, finals)
    earlier = own.backward(params, tape_1, {name: array[parts[0]] for name, array in weights.items()}, later.initial)

    for name, array in whole.params.items():
        np.testing.assert_allclose(earlier.params[name] + later.params[name], array, rtol=1e-11, atol=1e-12)
    for name, array in whole.inputs.items():
        in_order = [earlier.inputs[name], later.inputs[name]][:: -1 if cell in LEADS else 1]
        np.testing.assert_allclose(np.concatenate(in_order), array, rtol=1e-11, atol=1e-12)
    for name, array in whole.initial.items():
        np.testing.assert_allclose(earlier.initial[name], array, rtol=1e-11, atol=1e-12)
        assert np.abs(array).max() > 1e-3


def test_a_state_that_only_unread_values_go_back_to_ends_as_it_should():
    page = "z_t = W x_t + c_{t-1}\nh_t = tanh(W x_t + U h_{t-1})\nc_t = h_t * h_{t-1}\ny_t = sum(c_t) * h_t\noutput y, h"
    for options in ({}, {"ragged": True}):
        own = module(derive.emit(derive.bptt(derive.read(page)), **options))
        outputs, _ = own.forward(*own.example(4, 2, np.random.default_rng(0)))
        np.testing.assert_allclose(outputs["c_T"], outputs["h"][3] * outputs["h"][2], rtol=1e-12)


@pytest.mark.parametrize("cell", [*LEADS, "bidirectional(lstm)"])
def test_sequences_of_different_lengths_end_as_each_of_them_alone(cell):
    """Also where a state is read ahead: its end is at the first step, and what the gradient by it says begins there."""
    system, alone, together = modules(cell)
    ended = {state.name: name for name, state in ends(system).items()}
    lengths, rng = np.array([2, 5, 1]), np.random.default_rng(0)
    params, inputs, initial = alone.example(5, 3, rng)
    outputs, tape = together.forward(params, inputs, initial, lengths=lengths)
    weights = {name: rng.normal(size=outputs[name].shape) for name in alone.OUTPUTS}
    finals = {state: rng.normal(size=outputs[name].shape) for state, name in ended.items()}
    grads = together.backward(params, tape, weights, finals)
    summed = {name: np.zeros_like(array) for name, array in grads.params.items()}
    for at, length in enumerate(lengths):

        def own(arrays, at=at):
            return {name: array[..., at : at + 1, :] for name, array in arrays.items()}

        one, tape = alone.forward(params, {name: array[:length] for name, array in own(inputs).items()}, own(initial))
        found = alone.backward(params, tape, {name: array[:length] for name, array in own(weights).items()}, own(finals))
        for name in ended.values():
            np.testing.assert_allclose(outputs[name][..., at : at + 1, :], one[name], rtol=1e-12)
        for name, array in found.initial.items():
            np.testing.assert_allclose(grads.initial[name][..., at : at + 1, :], array, rtol=1e-11, atol=1e-13)
        for name, array in found.params.items():
            summed[name] += array
    for name, array in summed.items():
        np.testing.assert_allclose(grads.params[name], array, rtol=1e-11, atol=1e-13)
