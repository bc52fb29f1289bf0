"""autograd (HIPS): NumPy code whose operations are recorded as they run."""

from __future__ import annotations

from typing import Any

from benchmarks.environment import installed
from benchmarks.networks import Arrays, Task
from benchmarks.peers.contestant import Contestant
from benchmarks.peers.steps import STEPS


def contestant(task: Task) -> Contestant | None:
    """The recorded pass and its `make_vjp`."""
    autograd, step = installed("autograd"), STEPS.get(task.network.name)
    if autograd is None or step is None:
        return None
    np = autograd.numpy

    def sigmoid(a: Any) -> Any:
        return 0.5 + 0.5 * np.tanh(0.5 * a)

    def forward(weights: Any, x: Any, states: Any) -> Any:
        outputs = []
        for t in range(task.size[0]):
            a = np.dot(x[t], weights["weight_ih_l0"].T) + weights["bias_ih_l0"]
            states = step(np, sigmoid, a, states, weights["weight_hh_l0"], weights["bias_hh_l0"])
            outputs.append(states[0])
        return np.stack(outputs)

    start = tuple(task.initial.values())

    def run() -> Any:
        pull, _ = autograd.make_vjp(forward, argnum=(0, 1, 2))(task.weights, task.x, start)
        return pull(task.dLdy)

    def gradients(found: Any) -> Arrays:
        weights, x, states = found
        return {**weights, "x": x, **dict(zip(task.initial, states, strict=True))}

    return Contestant(run, gradients)
