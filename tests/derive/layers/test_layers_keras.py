"""Keras's recurrent layers and ours, in float64. Keras runs on JAX; on PyTorch it computes some layers in float32."""

from __future__ import annotations

import os

import numpy as np
import pytest

import derive
from derive.errors import InputError
from derive.layers import exchange
from derive.layers.layer import describe
from derive.layers.weights import weights_out
from tests.derive.layers.frameworks import compare, near
from tests.derive.layers.test_layers import random_params
from verify.subject import subject

jax = pytest.importorskip("jax", reason="JAX, on which Keras runs here, is not installed")
os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras", reason="Keras is not installed")
jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")

if keras.backend.backend() != "jax":
    pytest.skip("Keras runs on another backend than JAX", allow_module_level=True)


def peer(cells, names, two_ways):
    """The layers, cell by cell: `keras.layers.RNN` would make initial states of another precision."""
    variables = {
        name: np.asarray(each.value) for cell, own in zip(cells, names, strict=True) for name, each in zip(own, cell.weights, strict=True)
    }

    def over(cell, own, values, backward):
        still = [each.value for each in cell.non_trainable_variables]
        states = [jax.numpy.zeros((values.shape[1], cell.units))] * (2 if "LSTM" in type(cell).__name__ else 1)
        outputs = []
        for each in values[::-1] if backward else values:
            (output, states), _ = cell.stateless_call(own, still, each, states)
            outputs.append(output)
        return jax.numpy.stack(outputs[::-1] if backward else outputs)

    def whole(arrays, values):
        parts = [(cell, [arrays[name] for name in own]) for cell, own in zip(cells, names, strict=True)]
        if not two_ways:
            for cell, own in parts:
                values = over(cell, own, values, False)
            return values
        for at in range(0, len(parts), 2):
            values = jax.numpy.concatenate([over(*parts[at], values, False), over(*parts[at + 1], values, True)], axis=-1)
        return values

    def run(inputs, upstream):
        outputs, back = jax.vjp(whole, variables, inputs)
        gradients, by_inputs = back(upstream)
        return np.asarray(outputs), {name: np.asarray(each) for name, each in gradients.items()}, np.asarray(by_inputs)

    return variables, run


def exact(options):
    """The options with JAX's tanh: that of Keras computes in float32 whatever it is given."""
    return {key: jax.numpy.tanh if value == "tanh" else value for key, value in {"activation": "tanh", **options}.items()}


@pytest.mark.parametrize(
    ("name", "kind", "options", "said"),
    [
        ("keras_simple_rnn", "SimpleRNN", {}, {}),
        ("keras_simple_rnn", "SimpleRNN", {"activation": "relu", "use_bias": False}, {"activation": "relu"}),
        ("keras_lstm", "LSTM", {}, {}),
        (
            "keras_lstm",
            "LSTM",
            {"recurrent_activation": "tanh", "activation": "linear"},
            {"recurrent_activation": "tanh", "activation": "linear"},
        ),
        ("keras_gru", "GRU", {}, {}),
        ("keras_gru", "GRU", {"reset_after": True, "use_bias": False}, {"reset_after": True}),
        ("keras_gru_reset_before", "GRU", {"reset_after": False}, {"reset_after": False}),
    ],
)
@pytest.mark.parametrize(("layers", "two_ways"), [(1, False), (2, True)])
def test_outputs_and_gradients_are_those_of_keras(name, kind, options, said, layers, two_ways):
    cells, names, features = [], [], 3
    for layer in range(layers):
        for way in ("forward_layer/", "backward_layer/") if two_ways else ("",):
            cell = getattr(keras.layers, f"{kind}Cell")(4, dtype="float64", **exact(options))
            cell.build((2, features))
            rng = np.random.default_rng(len(cells))
            cell.set_weights([rng.normal(0, 0.4, each.shape) for each in cell.weights])
            cells.append(cell)
            names.append([f"layers/{kind}_{layer}/{way}cell/vars/{at}" for at in range(len(cell.weights))])
        features = 8 if two_ways else 4
    arrays, run = peer(cells, names, two_ways)
    compare(name, arrays, run, **said)


def model(**options):
    lstm = keras.layers.LSTM
    layers = [keras.layers.Bidirectional(lstm(4, return_sequences=True, **options)) for _ in range(2)]
    return keras.Sequential([keras.Input((5, 3)), *layers, keras.layers.Dense(2)])


@pytest.mark.parametrize("ending", ["weights.h5", "keras"])
def test_a_file_of_keras_is_read_and_one_for_it_written(tmp_path, ending):
    pytest.importorskip("h5py", reason="h5py is not installed")
    theirs = model()
    (theirs.save if ending == "keras" else theirs.save_weights)(tmp_path / f"a.{ending}")
    held = exchange.load(tmp_path / f"a.{ending}", "keras_lstm", only="layers/bidirectional")
    assert held.layer.told == "stack(bidirectional(keras_lstm), 2)"
    assert held.layer.names == ("layers/bidirectional", "layers/bidirectional_1")
    inputs = np.random.default_rng(0).normal(size=(2, 5, 3))
    expected = inputs
    for layer in theirs.layers[:2]:
        expected = np.asarray(layer(expected))
    module = subject(derive.bptt(held.layer.system)).module
    outputs, _ = module.forward({name: array.astype(float) for name, array in held.params.items()}, {"x": inputs.swapaxes(0, 1)})
    near(outputs["y_2"].swapaxes(0, 1), expected, "outputs", 3e-6)
    held.save(tmp_path / "back.weights.h5", is_framework=True)
    again = exchange.load(tmp_path / "back.weights.h5", "keras_lstm")
    assert all(np.array_equal(array, held.params[name]) for name, array in again.params.items())


@pytest.mark.parametrize("two_ways", [False, True])
def test_keras_loads_what_is_written(tmp_path, two_ways):
    pytest.importorskip("h5py", reason="h5py is not installed")
    layer = describe("keras_gru", 2, "bidirectional" if two_ways else "forward")
    params = random_params(layer)
    exchange.Weights(layer, params).save(tmp_path / "a.weights.h5", is_framework=True)
    own = [keras.layers.GRU(4, return_sequences=True, dtype="float64") for _ in range(2)]
    theirs = keras.Sequential([keras.Input((5, 3)), *(map(keras.layers.Bidirectional, own) if two_ways else own)])
    theirs.load_weights(tmp_path / "a.weights.h5")
    for each, array in zip(theirs.weights, weights_out(layer, params).values(), strict=True):
        assert np.array_equal(np.asarray(each.value), array), each.path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dropout": 0.5}, "dropout = 0.5 is not modelled"),
        ({"activation": "leaky_relu"}, "activation = leaky_relu is not modelled"),
        ({"stateful": True, "name": "a"}, "stateful = True is not modelled"),
    ],
)
def test_a_model_with_attributes_that_are_not_modelled_is_refused(tmp_path, options, said):
    pytest.importorskip("h5py", reason="h5py is not installed")
    layers = [keras.Input(batch_shape=(2, 5, 3)), keras.layers.LSTM(4, **options)]
    keras.Sequential(layers).save(tmp_path / "a.keras")
    with pytest.raises(InputError, match=said):
        exchange.load(tmp_path / "a.keras", "keras_lstm")


def test_a_layer_that_gives_its_outputs_backwards_is_refused(tmp_path):
    pytest.importorskip("h5py", reason="h5py is not installed")
    keras.Sequential([keras.Input((5, 3)), keras.layers.GRU(4, go_backwards=True)]).save(tmp_path / "a.keras")
    with pytest.raises(InputError, match="gives its outputs backwards"):
        exchange.load(tmp_path / "a.keras", "keras_gru")
