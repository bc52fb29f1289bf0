"""The networks that are raced, and a pass of one of them at a size, with the same numbers for all contestants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from inspect import signature
from typing import Any

import numpy as np

import derive
from derive.layers.layer import Layer, describe
from derive.layers.weights import weights_out
from verify.subject import loaded

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]
Size = tuple[int, int, int, int]
"""T, batch, rows of x, rows of each state."""


@dataclass(frozen=True)
class Network:
    """A network of ours, and the layer of PyTorch that is it.

    Attributes:
        name: in tables.
        system: its equations.
        kind: the name of the cell: of PyTorch's class in torch.nn, and of textbook code; "" where there is none.
        layer: PyTorch's layer of the same equations and parameters, None where it has none; then its layer of that kind is the nearest.
        options: of `derive.emit`.
    """

    name: str
    system: derive.System
    kind: str = ""
    layer: Layer | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def module(self) -> Any:
        """The emitted module."""
        derivation = derive.bptt(self.system)
        return loaded(self.name, derive.emit(derivation, **self.options))


def network(name: str) -> Network:
    """A network by its name in the tables, or a built-in cell, a page, or an expression of such."""
    return NETWORKS[name] if name in NETWORKS else Network(name, derive.cell(name))


def _layer(name: str, kind: str, layer: Layer) -> Network:
    return Network(name, layer.system, kind, layer)


NETWORKS = {
    each.name: each
    for each in (
        _layer("RNN", "RNN", describe("torch_rnn")),
        _layer("LSTM", "LSTM", describe("torch_lstm")),
        _layer("GRU", "GRU", describe("torch_gru")),
        _layer("2-layer LSTM", "LSTM", describe("torch_lstm", layers=2)),
        _layer("bidirectional GRU", "GRU", describe("torch_gru", direction="bidirectional")),
        Network("GRU, reset before", derive.cell("gru"), "GRU"),
    )
}
"""By name. Each but the last is a layer of PyTorch, with all its parameters; the last is the GRU of its paper."""


@dataclass(frozen=True)
class Task:
    """A forward and a backward pass: the network, its sizes, and its numbers, of one dtype.

    The loss is the sum of all outputs with random weights, so the gradient by an output is its weight.

    Attributes:
        params: by the names of the equations.
        inputs: by name, (T, batch, n_x).
        initial: of the states, by name: (batch, n_h).
        upstream: the gradients by the outputs, by name: (T, batch, rows).
    """

    network: Network
    size: Size
    dtype: str
    params: Arrays
    inputs: Arrays
    initial: Arrays
    upstream: Arrays

    @property
    def x(self) -> Array:
        """The input of a layer of PyTorch."""
        return self.inputs["x"]

    @property
    def dLdy(self) -> Array:
        """The gradient by its output."""
        (own,) = self.upstream.values()
        return own

    @cached_property
    def weights(self) -> Arrays:
        """The parameters as PyTorch's layer names and packs them."""
        return self.packed(self.params)

    def packed(self, params: Arrays) -> Arrays:
        """Parameters, or their gradients, as PyTorch's layer names and packs them; as they are where there is none."""
        return weights_out(self.network.layer, params) if self.network.layer else dict(params)


def task(own: Network, size: Size, dtype: str) -> Task:
    """Random numbers for a network at a size; where it has more sizes than two, those beside n_x are all n_h."""
    T, batch, n_x, n_h = size
    module, rng = own.module, np.random.default_rng(0)
    sizes = {name: n_x if name == "n_x" else n_h for name in signature(module.example).parameters if name.startswith("n_")}
    drawn = module.example(T, batch, rng, **sizes)
    params, inputs, initial = ({name: array.astype(dtype) for name, array in arrays.items()} for arrays in drawn)
    outputs, _ = module.forward(params, inputs, initial)
    upstream = {name: rng.normal(size=outputs[name].shape).astype(dtype) for name in module.OUTPUTS}
    return Task(own, size, dtype, params, inputs, initial, upstream)
