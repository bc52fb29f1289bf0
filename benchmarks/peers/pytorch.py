"""PyTorch's layer with the same numbers; where it has none of these equations, the nearest with numbers of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.environment import installed
from benchmarks.networks import Arrays, Task
from benchmarks.peers.contestant import Contestant


def contestant(task: Task) -> Contestant | None:
    """The layer's pass. Inputs, parameters and initial states all require their gradients, as ours are always computed."""
    torch = installed("torch")
    if torch is None or not task.network.kind:
        return None
    made = layer(torch, task)
    x, upstream = torch.tensor(task.x, requires_grad=True), torch.tensor(task.dLdy)
    names = [own for own in ("h", "c") if any(name.split("_")[0] == own for name in task.initial)]
    states = [torch.tensor(_stacked(task, name), requires_grad=True) for name in names]
    leaves = [x, *states, *made.parameters()]

    def run() -> None:
        for leaf in leaves:
            leaf.grad = None
        outputs, _ = made(x, tuple(states) if len(states) > 1 else states[0])
        outputs.backward(upstream)

    def gradients(_: Any) -> Arrays:
        if task.network.layer is None:
            return {}
        weights = {name: each.grad.numpy() for name, each in made.named_parameters()}
        starts = {
            f"{name}{label}": state.grad[place].numpy()
            for name, state in zip(names, states, strict=True)
            for place, label in enumerate(_labels(task))
        }
        return {**weights, **starts, "x": x.grad.numpy()}

    return Contestant(run, gradients)


def layer(torch: Any, task: Task) -> Any:
    """The module in torch.nn, with the task's parameters where they are its own."""
    own, (_, _, n_x, n_h) = task.network.layer, task.size
    options = {"num_layers": len(own.names), "bidirectional": own.direction == "bidirectional"} if own else {}
    made = getattr(torch.nn, task.network.kind)(n_x, n_h, dtype=getattr(torch, task.dtype), **options)
    if own:
        made.load_state_dict({name: torch.tensor(array) for name, array in task.weights.items()})
    return made


def _labels(task: Task) -> list[str]:
    """What the names of states carry in each layer and direction, in PyTorch's order."""
    return [part.label for part in task.network.layer.parts] if task.network.layer else [""]


def _stacked(task: Task, name: str) -> np.ndarray[Any, Any]:
    """A state's initial values in all layers and directions: (layers * directions, batch, n_h); zeros where it begins at the last step."""
    zeros = np.zeros((task.size[1], task.size[3]), task.dtype)
    return np.stack([task.initial.get(f"{name}{label}", zeros) for label in _labels(task)])
