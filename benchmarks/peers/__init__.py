"""The contestants: each file makes one from a Task, or None where its package is missing or it has no such network.

A new one is a file here with `contestant(task)`, and its row in `CONTESTANTS`.
"""

from __future__ import annotations

from benchmarks.networks import Task
from benchmarks.peers import emitted, floor, hips, jaxed, pytorch, textbook
from benchmarks.peers.contestant import Contestant

CONTESTANTS = {
    "emitted": emitted.contestant,
    "PyTorch": pytorch.contestant,
    "JAX": jaxed.contestant,
    "autograd": hips.contestant,
    "products": floor.contestant,
    "textbook": textbook.contestant,
}
"""By name; the first is ours."""


def contestants(task: Task) -> dict[str, Contestant]:
    """Those that there are for a task, by name."""
    made = {name: make(task) for name, make in CONTESTANTS.items()}
    return {name: each for name, each in made.items() if each is not None}
