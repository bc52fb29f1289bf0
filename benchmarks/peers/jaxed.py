"""JAX: `jax.lax.scan` over the steps with `W x` ahead of it, its `jax.vjp`, compiled before the race."""

from __future__ import annotations

from typing import Any

import numpy

from benchmarks.environment import installed
from benchmarks.networks import Arrays, Task
from benchmarks.peers.contestant import Contestant
from benchmarks.peers.steps import STEPS


def contestant(task: Task) -> Contestant | None:
    """The compiled pass."""
    jax, step = installed("jax"), STEPS.get(task.network.name)
    if jax is None or step is None:
        return None
    jax.config.update("jax_enable_x64", True)
    np, weights = jax.numpy, task.weights

    def forward(weights: Any, x: Any, states: Any) -> Any:
        def body(states: Any, a: Any) -> Any:
            after = step(np, jax.nn.sigmoid, a, states, weights["weight_hh_l0"], weights["bias_hh_l0"])
            return after, after[0]

        return jax.lax.scan(body, states, x @ weights["weight_ih_l0"].T + weights["bias_ih_l0"])[1]

    def passes(weights: Any, x: Any, states: Any, upstream: Any) -> Any:
        outputs, pull = jax.vjp(forward, weights, x, states)
        return outputs, pull(upstream)

    arrays = jax.tree.map(np.asarray, (weights, task.x, tuple(task.initial.values()), task.dLdy))
    compiled = jax.jit(passes).lower(*arrays).compile()

    def gradients(found: Any) -> Arrays:
        weights, x, states = jax.tree.map(numpy.asarray, found[1])
        return {**weights, "x": x, **dict(zip(task.initial, states, strict=True))}

    return Contestant(lambda: jax.block_until_ready(compiled(*arrays)), gradients)
