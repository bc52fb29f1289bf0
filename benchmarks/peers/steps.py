"""One step of PyTorch's cells, for any library that is written as NumPy is.

Each takes the library, its sigmoid, a = W x_t + b of all gates (batch, gates * n_h), the states before the step, and U and c of all gates;
it returns the states after it, of which the first is the output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Step = Callable[..., tuple[Any, ...]]


def rnn(np: Any, sigmoid: Any, a: Any, states: Any, U: Any, c: Any) -> tuple[Any, ...]:
    """h = tanh(a + U h + c)"""
    return (np.tanh(a + states[0] @ U.T + c),)


def lstm(np: Any, sigmoid: Any, a: Any, states: Any, U: Any, c: Any) -> tuple[Any, ...]:
    """Gates i, f, g, o."""
    i, f, g, o = np.split(a + states[0] @ U.T + c, 4, axis=-1)
    cell = sigmoid(f) * states[1] + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(cell), cell


def gru(np: Any, sigmoid: Any, a: Any, states: Any, U: Any, c: Any) -> tuple[Any, ...]:
    """Gates r, z, n; r acts on the product and its bias."""
    ours, before = np.split(a, 3, axis=-1), np.split(states[0] @ U.T + c, 3, axis=-1)
    r, z = sigmoid(ours[0] + before[0]), sigmoid(ours[1] + before[1])
    n = np.tanh(ours[2] + r * before[2])
    return ((1 - z) * n + z * states[0],)


STEPS: dict[str, Step] = {"RNN": rnn, "LSTM": lstm, "GRU": gru}
"""By the name of a network."""
