"""PyTorch's layers beside our cells: the same equations with the same numbers, or the nearest that PyTorch has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.textbook import Array, Arrays

RESET_AFTER = """
# gru reset-after

PyTorch's gated recurrent unit: the reset gate acts on the product, which has a bias of its own.

    r_t = sigmoid(W_r x_t + U_r h_{t-1} + b_r)
    z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)
    n_t = tanh(W_n x_t + b_n + r_t * (U_n h_{t-1} + d_n))
    h_t = z_t * h_{t-1} + (1 - z_t) * n_t

    output h
"""


@dataclass(frozen=True)
class Peer:
    """A layer of PyTorch.

    Attributes:
        layer: its name in torch.nn.
        gates: the endings of our parameters' names, in the layer's order.
        is_same: whether it computes the same equations; then the gradients must agree.
    """

    layer: str
    gates: tuple[str, ...]
    is_same: bool = True


PEERS = {
    "rnn": Peer("RNN", ("",)),
    "lstm": Peer("LSTM", ("_i", "_f", "_g", "_o")),
    "gru": Peer("GRU", ("_r", "_z", "_n"), is_same=False),
    "gru reset-after": Peer("GRU", ("_r", "_z", "_n")),
}


def backpropagation(torch: Any, peer: Peer, params: Arrays, x: Array, initial: Arrays, dLdh: Array) -> Callable[[], Array]:
    """The layer's forward and backward pass as a function that returns the gradient of x.

    Inputs, parameters and initial states all require their gradients, as ours are always computed. PyTorch has a second bias for
    each gate; it is zero unless the equations have one.
    """

    def joined(letter: str) -> Any:
        blocks = [params.get(letter + gate, np.zeros_like(params[f"b{gate}"])) for gate in peer.gates]
        return torch.from_numpy(np.concatenate(blocks))

    dtype = getattr(torch, x.dtype.name)
    layer = getattr(torch.nn, peer.layer)(x.shape[2], dLdh.shape[2], dtype=dtype)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(joined("W"))
        layer.weight_hh_l0.copy_(joined("U"))
        layer.bias_ih_l0.copy_(joined("b"))
        layer.bias_hh_l0.copy_(joined("d"))
    inputs, upstream = torch.tensor(x, requires_grad=True), torch.tensor(dLdh)
    states = [torch.tensor(state[None], requires_grad=True) for state in initial.values()]
    leaves = [inputs, *states, *layer.parameters()]

    def run() -> Array:
        for leaf in leaves:
            leaf.grad = None
        outputs, _ = layer(inputs, tuple(states) if len(states) > 1 else states[0])
        outputs.backward(upstream)
        gradient: Array = inputs.grad.numpy()
        return gradient

    return run
