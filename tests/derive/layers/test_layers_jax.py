"""The recurrent cores of Flax and Haiku and ours, in float64."""

from __future__ import annotations

import numpy as np
import pytest

from tests.derive.layers.frameworks import compare

jax = pytest.importorskip("jax", reason="JAX is not installed")
jax.config.update("jax_enable_x64", True)


def peer(apply, arrays, tree):
    """`apply` takes the framework's own tree, which is made of arrays by name by `tree`."""

    def run(inputs, upstream):
        outputs, back = jax.vjp(lambda own, values: apply(tree(own), values), arrays, inputs)
        gradients, by_inputs = back(upstream)
        return np.asarray(outputs), {name: np.asarray(each) for name, each in gradients.items()}, np.asarray(by_inputs)

    return run


def random_arrays(shapes):
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def flattened(tree, path=""):
    """The shapes of a tree's arrays, by path."""
    if not isinstance(tree, dict):
        return {path: tree.shape}
    return {name: shape for key, each in tree.items() for name, shape in flattened(each, f"{path}/{key}" if path else key).items()}


def nested(arrays, depth):
    """The tree of arrays by path; the last `depth` parts of a path are keys of their own."""
    tree = {}
    for name, array in arrays.items():
        *way, last = name.rsplit("/", depth)
        own = tree
        for key in way:
            own = own.setdefault(key, {})
        own[last] = array
    return tree


@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [
        ("flax_simple", "SimpleCell", {}),
        ("flax_simple", "SimpleCell", {"activation_fn": "relu"}),
        ("flax_lstm", "LSTMCell", {}),
        ("flax_lstm", "OptimizedLSTMCell", {}),
        ("flax_gru", "GRUCell", {}),
        ("flax_mgu", "MGUCell", {}),
    ],
)
@pytest.mark.parametrize("form", ["one", "two layers", "two directions"])
def test_outputs_and_gradients_are_those_of_flax(name, kind, options, form):
    linen = pytest.importorskip("flax.linen", reason="Flax is not installed")

    def rnn():
        given = {key: getattr(jax.nn, value) for key, value in options.items()}
        return linen.RNN(getattr(linen, kind)(4, param_dtype=float, **given), time_major=True)

    class Two(linen.Module):
        @linen.compact
        def __call__(self, values):
            values = rnn()(values)
            return rnn()(values)

    model = {"one": rnn, "two layers": Two, "two directions": lambda: linen.Bidirectional(rnn(), rnn(), time_major=True)}[form]()
    arrays = random_arrays(flattened(model.init(jax.random.key(0), np.zeros((5, 2, 3)))))
    compare(name, arrays, peer(model.apply, arrays, lambda own: nested(own, 10)), **options)


@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [
        ("haiku_lstm", "LSTM", {}),
        ("haiku_gru", "GRU", {}),
        ("haiku_vanilla_rnn", "VanillaRNN", {}),
        ("haiku_vanilla_rnn", "VanillaRNN", {"double_bias": False}),
    ],
)
@pytest.mark.parametrize("layers", [1, 2])
def test_outputs_and_gradients_are_those_of_haiku(name, kind, options, layers):
    haiku = pytest.importorskip("haiku", reason="Haiku is not installed")

    @haiku.without_apply_rng
    @haiku.transform
    def network(values):
        core = haiku.DeepRNN([getattr(haiku, kind)(4, **options) for _ in range(layers)])
        return haiku.dynamic_unroll(core, values, core.initial_state(values.shape[1]))[0]

    arrays = random_arrays(flattened(network.init(jax.random.key(0), np.zeros((5, 2, 3)))))
    compare(name, arrays, peer(network.apply, arrays, lambda own: nested(own, 1)))


@pytest.mark.parametrize(("name", "kind"), [("haiku_lstm", "LSTM"), ("haiku_gru", "GRU")])
def test_two_directions_of_haiku(name, kind):
    haiku = pytest.importorskip("haiku", reason="Haiku is not installed")

    @haiku.without_apply_rng
    @haiku.transform
    def network(values):
        outputs = []
        for scope, way in (("forward", 1), ("backward", -1)):
            with haiku.experimental.name_scope(scope):
                core = getattr(haiku, kind)(4)
            outputs.append(haiku.dynamic_unroll(core, values[::way], core.initial_state(values.shape[1]))[0][::way])
        return jax.numpy.concatenate(outputs, axis=-1)

    arrays = random_arrays(flattened(network.init(jax.random.key(0), np.zeros((5, 2, 3)))))
    compare(name, arrays, peer(network.apply, arrays, lambda own: nested(own, 1)))
