"""Ours: the emitted module."""

from __future__ import annotations

from typing import Any

from benchmarks.networks import Arrays, Task
from benchmarks.peers.contestant import Contestant


def contestant(task: Task, **told: Any) -> Contestant:
    """The emitted module's pass; `told` goes to its `forward`."""
    module = task.network.module

    def run() -> Any:
        _, tape = module.forward(task.params, task.inputs, task.initial, **told)
        return module.backward(task.params, tape, task.upstream)

    def gradients(found: Any) -> Arrays:
        return {**task.packed(found.params), **found.inputs, **found.initial}

    return Contestant(run, gradients)
