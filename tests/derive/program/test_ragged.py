"""Sequences of different lengths in a batch: each is computed as if it were alone, and what stands behind its last step is never read."""

from __future__ import annotations

import numpy as np
import pytest

import derive
from derive.errors import InputError, MissingRule
from tests.bptt.command import bptt
from tests.derive.cells.covering import covered, each_third
from tests.derive.numeric import module
from tests.derive.program import test_clocks, test_static_values
from tests.derive.program.ragged import Batch

NETWORKS = [
    "rnn",
    "lstm",
    "gru",
    "dilated_rnn",
    "clockwork",
    "mlstm",
    "bidirectional(gru)",
    "reverse(clockwork)",
    "stack(lstm, 2)",
    "stack(rnn, readout)",
    "stack(rnn, readout, softmax_cross_entropy)",
    "stack(rnn, last, readout, softmax_cross_entropy)",
    "stack(bidirectional(rnn), mean)",
]
CLOCKS = ("groups that all read each other", "the first step", "the last step", "a loss", "backward in time")
STATIC = ("a sum that is read at each t", "a loop after a sum", "an input without steps", "a matrix without steps")
MORE = {
    "rows before and after": "h_t = tanh(W x_t + U h_{t-1})\nk_t = tanh(A h_{t-1} + B h_{t+2} + C k_{t+3})\nboundary h = zero\noutput h, k",
    "a learned initial state": "h_t = tanh(W x_t + U h_{t-1} + V h_{t-3})\nboundary h = parameter",
    "an input at other times": "h_t = tanh(W x_{t-1} + V x_{t+2} + U h_{t-1})",
    "0 / 0 where there is no step": "h_t = x_t / sqrt(sum(x_t * x_t)) * tanh(U h_{t-1})",
    "how many there are": "y = sum_t b + T * sum_t every(t, 2) * c + sum_t every(t, 3) * x_t\noutput y",
    "the share of each": "s = sum_t x_t^2\ny_t = tanh(U y_{t-1} + x_t / s)",
    **{name: test_clocks.CELLS[name] for name in CLOCKS},
    **{name: test_static_values.CELLS[name] for name in STATIC},
}
LENGTHS = (3, 7, 1, 5, 5)


@pytest.mark.parametrize("network", covered(NETWORKS, NETWORKS[::2]))
def test_each_sequence_is_as_if_it_were_alone(network):
    assert Batch(derive.cell(network), LENGTHS, steps=8).disagreements() == []


@pytest.mark.parametrize("name", each_third(MORE))
def test_each_sequence_of_other_equations_is_as_if_it_were_alone(name):
    cell = MORE[name]
    assert Batch(derive.read(cell) if isinstance(cell, str) else cell, LENGTHS, steps=8).disagreements() == []


@pytest.mark.parametrize("lengths", [(1,), (4, 4), (1, 1, 3), (1, 2, 3, 4)])
@pytest.mark.parametrize("network", each_third(["lstm", "dilated_rnn", "bidirectional(rnn)"]))
def test_short_sequences(network, lengths):
    assert Batch(derive.cell(network), lengths, steps=4).disagreements() == []


@pytest.fixture(scope="module")
def gru():
    return module(derive.emit(derive.bptt(derive.cell("gru")), ragged=True))


def test_nothing_is_kept_for_steps_that_are_not_there(gru):
    params, inputs, initial = gru.example(100, 4, np.random.default_rng(0))
    _, tape = gru.forward(params, inputs, initial, lengths=[2, 3, 3, 1])
    arrays = [each for each in tape if isinstance(each, np.ndarray)]
    assert arrays
    assert {each.shape[-1] for each in arrays} <= {2 + 3 + 3 + 1, 2 + 3 + 3 + 1 + 4}


def test_without_lengths_all_sequences_have_all_steps(gru):
    alone = module(derive.emit(derive.bptt(derive.cell("gru"))))
    params, inputs, initial = gru.example(6, 3, np.random.default_rng(0))
    own, others = gru.forward(params, inputs, initial)[0], alone.forward(params, inputs, initial)[0]
    assert list(own) == list(others)
    assert all(np.allclose(own[name], others[name], rtol=1e-13, atol=1e-14) for name in own)


@pytest.mark.parametrize(
    ("lengths", "said"),
    [
        ([3, 0, 2], "from 0 to 3, expected 1 to 6"),
        ([3, 7, 2], "from 2 to 7, expected 1 to 6"),
        ([3, 2], r"shape \(2,\), expected whole numbers of shape \(3,\)"),
        ([[3, 2, 1]], r"shape \(1, 3\), expected whole numbers of shape \(3,\)"),
        (4, r"shape \(\), expected whole numbers"),
        ([3.0, 2.0, 1.0], "lengths: float64 of shape"),
        ([True, True, True], "lengths: bool of shape"),
    ],
)
def test_wrong_lengths(gru, lengths, said):
    params, inputs, initial = gru.example(6, 3, np.random.default_rng(0))
    with pytest.raises(ValueError, match=said):
        gru.forward(params, inputs, initial, lengths=lengths)


def test_what_is_read_must_be_numbers(gru):
    params, inputs, initial = gru.example(6, 2, np.random.default_rng(0))
    inputs["x"][3, 0] = np.nan
    outputs, tape = gru.forward(params, inputs, initial, lengths=np.array([3, 6], np.uint8))
    with pytest.raises(ValueError, match="inputs: x holds NaN"):
        gru.forward(params, inputs, initial, lengths=[4, 6])
    weights = np.ones_like(outputs["h"])
    weights[2, 0] = np.inf
    with pytest.raises(ValueError, match="output_gradients: h holds NaN"):
        gru.backward(params, tape, {"h": weights})


def test_arrays_stay_in_float32(gru):
    params, inputs, initial = (
        {name: a.astype(np.float32) for name, a in each.items()} for each in gru.example(6, 3, np.random.default_rng(0))
    )
    outputs, tape = gru.forward(params, inputs, initial, lengths=[2, 6, 4])
    grads = gru.backward(params, tape, {})
    for arrays in (outputs, grads.params, grads.inputs, grads.initial):
        assert all(array.dtype == np.float32 for array in arrays.values())


@pytest.mark.parametrize("network", ["gru", "bidirectional(rnn)", "stack(rnn, mean, readout)", "clockwork"])
def test_the_module_checks_its_own_gradients_at_different_lengths(network, capsys):
    source = derive.emit(derive.bptt(derive.cell(network)), ragged=True)
    assert module(source).check_gradients()
    assert "lengths" in source.partition("def check_gradients")[2]
    assert "DISAGREES" not in capsys.readouterr().out


@pytest.mark.parametrize("network", ["self_attention", "encoder_decoder(rnn, luong_decoder)"])
def test_what_reads_all_steps_as_columns_is_refused(network):
    with pytest.raises(MissingRule, match="has a row or column for each step"):
        derive.emit(derive.bptt(derive.cell(network)), ragged=True)


@pytest.mark.parametrize("options", [{"target": "torch"}, {"checkpoint": True}])
def test_it_is_for_numpy_and_for_whole_sequences(options):
    with pytest.raises(InputError, match="different lengths"):
        derive.emit(derive.bptt(derive.cell("rnn")), ragged=True, **options)


def test_the_command_emits_it(tmp_path):
    file = tmp_path / "rnn.py"
    assert bptt("emit", "rnn", "--ragged", "-o", str(file)).returncode == 0
    assert file.read_text() == derive.emit(derive.bptt(derive.cell("rnn")), ragged=True)
