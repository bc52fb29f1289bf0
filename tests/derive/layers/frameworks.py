"""A layer on trial against its framework: the same weights, the same outputs, the same gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import derive
from derive.layers.find import find
from derive.layers.layer import Layer
from derive.layers.weights import weights_in, weights_out
from verify.subject import subject

Arrays = dict[str, np.ndarray]
Peer = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, Arrays, np.ndarray]]
"""From inputs (T, batch, n) and the gradient by the outputs to outputs, gradients by the framework's arrays, and gradient by the inputs."""

TOLERANCE = 1e-12


def compare(name: str, arrays: Arrays, peer: Peer, tolerance: float = TOLERANCE, features: int = 3, **said: Any) -> Layer:
    """Assert that a layer's emitted module computes what the framework does, and gives its arrays back."""
    layer = find(name, arrays, said.pop("direction", ""), said.pop("order", ()), said)
    params = weights_in(layer, arrays)
    for own, array in weights_out(layer, params).items():
        assert np.array_equal(array, arrays[own]), own
        assert array.dtype == arrays[own].dtype, own
    module = subject(derive.bptt(layer.system)).module
    rng = np.random.default_rng(1)
    kind = next(iter(arrays.values())).dtype
    inputs = rng.normal(size=(5, 2, features)).astype(kind)
    outputs, tape = module.forward(params, {"x": inputs})
    last = module.OUTPUTS[0]
    upstream = rng.normal(size=outputs[last].shape).astype(kind)
    found = module.backward(params, tape, {last: upstream})
    expected, gradients, by_inputs = peer(inputs, upstream)
    near(outputs[last], expected, "outputs", tolerance)
    near(found.inputs["x"], by_inputs, "inputs", tolerance)
    own = weights_out(layer, found.params)
    assert set(own) == set(gradients)
    for each, array in gradients.items():
        near(own[each], array, each, tolerance)
    return layer


def near(own: np.ndarray, expected: np.ndarray, what: str, tolerance: float) -> None:
    """Assert that two arrays are one but for rounding of the larger values, and not both of them zero."""
    assert own.shape == expected.shape, what
    scale = np.abs(expected).max()
    assert scale > 0, f"{what}: nothing is compared"
    assert np.abs(own - expected).max() <= tolerance * max(scale, 1), what
