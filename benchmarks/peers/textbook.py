"""Cells as a person writes them by hand: batch-major, one product for each gate, nothing hoisted, gradients summed step by step.

Each takes the parameters by their names in the cell's equations, x: (T, batch, n_x), initial states (batch, n_h) by name, and
dLdh: (T, batch, n_h); each returns the gradients of the parameters, of x and of the initial states, by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.networks import Array, Task
from benchmarks.networks import Arrays as Gradients
from benchmarks.peers.contestant import Contestant

Arrays = Mapping[str, Array]


def contestant(task: Task) -> Contestant | None:
    """The code for the task's equations. Where they have two biases, b and c, it has one, their sum, with the gradient of each."""
    by_hand = BY_HAND.get(task.network.name)
    if by_hand is None:
        return None
    second = {name: f"b{name[1:]}" for name in task.params if name.startswith("c")}
    params = {name: array for name, array in task.params.items() if name not in second}
    for name, first in second.items():
        params[first] = params[first] + task.params[name]

    def gradients(found: Gradients) -> Gradients:
        biases = {name: found[first] for name, first in second.items()}
        own = {name: found[name] for name in params}
        return {**task.packed({**own, **biases}), "x": found["x"], **{name: found[name] for name in task.initial}}

    return Contestant(lambda: by_hand(params, task.x, task.initial, task.dLdy), gradients)


def sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)) by way of tanh, which does not overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def rnn(params: Arrays, x: Array, initial: Arrays, dLdh: Array) -> dict[str, Array]:
    """h_t = tanh(W x_t + U h_{t-1} + b)"""
    W, U, b = params["W"], params["U"], params["b"]
    h = [initial["h"]]
    for t in range(len(x)):
        h.append(np.tanh(x[t] @ W.T + h[t] @ U.T + b))

    grads = {name: np.zeros_like(array) for name, array in {**params, "x": x}.items()}
    hbar = np.zeros_like(h[0])
    for t in reversed(range(len(x))):
        da = (dLdh[t] + hbar) * (1 - h[t + 1] ** 2)
        _accumulate(grads, "", da, x[t], h[t])
        grads["x"][t] = da @ W
        hbar = da @ U
    return {**grads, "h": hbar}


def lstm(params: Arrays, x: Array, initial: Arrays, dLdh: Array) -> dict[str, Array]:
    """The long short-term memory with gates f, i, o, candidate g and cell state c."""

    def gate(name: str, x: Array, h: Array) -> Any:
        return x @ params[f"W_{name}"].T + h @ params[f"U_{name}"].T + params[f"b_{name}"]

    h, c, gates = [initial["h"]], [initial["c"]], []
    for t in range(len(x)):
        f, i, o = (sigmoid(gate(name, x[t], h[t])) for name in "fio")
        g = np.tanh(gate("g", x[t], h[t]))
        c.append(f * c[t] + i * g)
        h.append(o * np.tanh(c[t + 1]))
        gates.append((f, i, o, g))

    grads = {name: np.zeros_like(array) for name, array in {**params, "x": x}.items()}
    hbar, cbar = np.zeros_like(h[0]), np.zeros_like(c[0])
    for t in reversed(range(len(x))):
        f, i, o, g = gates[t]
        tanh_c = np.tanh(c[t + 1])
        dh = dLdh[t] + hbar
        dc = cbar + dh * o * (1 - tanh_c**2)
        slopes = {"f": dc * c[t] * f * (1 - f), "i": dc * g * i * (1 - i), "o": dh * tanh_c * o * (1 - o), "g": dc * i * (1 - g**2)}
        hbar, cbar = np.zeros_like(h[0]), dc * f
        for name, da in slopes.items():
            _accumulate(grads, f"_{name}", da, x[t], h[t])
            grads["x"][t] += da @ params[f"W_{name}"]
            hbar += da @ params[f"U_{name}"]
    return {**grads, "h": hbar, "c": cbar}


def gru(params: Arrays, x: Array, initial: Arrays, dLdh: Array) -> dict[str, Array]:
    """The gated recurrent unit of Cho et al. (2014), which resets before the product."""

    def gate(name: str, x: Array, h: Array) -> Any:
        return x @ params[f"W_{name}"].T + h @ params[f"U_{name}"].T + params[f"b_{name}"]

    h, gates = [initial["h"]], []
    for t in range(len(x)):
        r, z = sigmoid(gate("r", x[t], h[t])), sigmoid(gate("z", x[t], h[t]))
        n = np.tanh(gate("n", x[t], r * h[t]))
        h.append(z * h[t] + (1 - z) * n)
        gates.append((r, z, n))

    grads = {name: np.zeros_like(array) for name, array in {**params, "x": x}.items()}
    hbar = np.zeros_like(h[0])
    for t in reversed(range(len(x))):
        r, z, n = gates[t]
        dh = dLdh[t] + hbar
        da_n = dh * (1 - z) * (1 - n**2)
        drh = da_n @ params["U_n"]
        da_r = drh * h[t] * r * (1 - r)
        da_z = dh * (h[t] - n) * z * (1 - z)
        _accumulate(grads, "_n", da_n, x[t], r * h[t])
        _accumulate(grads, "_r", da_r, x[t], h[t])
        _accumulate(grads, "_z", da_z, x[t], h[t])
        grads["x"][t] = da_n @ params["W_n"] + da_r @ params["W_r"] + da_z @ params["W_z"]
        hbar = dh * z + drh * r + da_r @ params["U_r"] + da_z @ params["U_z"]
    return {**grads, "h": hbar}


def _accumulate(grads: dict[str, Array], suffix: str, da: Array, x: Array, h: Array) -> None:
    grads[f"W{suffix}"] += da.T @ x
    grads[f"U{suffix}"] += da.T @ h
    grads[f"b{suffix}"] += da.sum(axis=0)


BY_HAND = {"RNN": rnn, "LSTM": lstm, "GRU, reset before": gru}
"""By the name of the network whose equations they compute."""
