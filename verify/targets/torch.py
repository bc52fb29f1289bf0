"""The module for PyTorch: its `Layer`, differentiated by autograd, which takes floats only."""

from __future__ import annotations

from inspect import signature
from types import ModuleType
from typing import Any

import numpy as np

from verify.targets.target import Arrays, Target, told_steps, with_passes


def _by_autograd(module: ModuleType) -> ModuleType:
    torch = module.__dict__["torch"]
    sizes = {name: each.default for name, each in signature(module.example).parameters.items() if each.default is not each.empty}

    def tensors(group: Arrays) -> Arrays:
        return {name: torch.tensor(each, requires_grad=True) for name, each in group.items()}

    def forward(params: Arrays, inputs: Arrays, initial: Arrays | None = None, steps: int | None = None) -> Any:
        layer = module.Layer(dtype=torch.float64, **{name.removeprefix("n_"): size for name, size in sizes.items()})
        for name, each in params.items():
            layer.weights[name] = torch.nn.Parameter(torch.tensor(each), requires_grad=name not in module.CONSTANTS)
        given, first = tensors(inputs), tensors(initial or {})
        outputs = layer(initial=first, **told_steps(module.forward, steps), **given)
        return {name: each.detach().numpy() for name, each in outputs.items()}, (dict(layer.weights.items()), given, first, outputs)

    def backward(params: Arrays, tape: Any, output_gradients: Arrays, final_gradients: Arrays | None = None) -> Any:
        *groups, outputs = tape
        last = {final: final_gradients[state] for final, state in module.FINALS.items() if state in (final_gradients or {})}  # type: ignore[index]
        upstream = {name: torch.tensor(np.asarray(each)) for name, each in {**output_gradients, **last}.items()}
        sources = [(kind, name, each) for kind, group in enumerate(groups) for name, each in group.items() if each.requires_grad]
        tensors_ = [each for *_, each in sources]
        found = torch.autograd.grad([outputs[name] for name in upstream], tensors_, list(upstream.values()), allow_unused=True)
        made: tuple[Arrays, Arrays, Arrays] = ({}, {}, {})
        for (kind, name, each), gradient in zip(sources, found, strict=True):
            made[kind][name] = np.zeros(each.shape) if gradient is None else gradient.numpy()
        return module.Gradients(*made)

    return with_passes(module, forward, backward)


TORCH = Target(
    "torch", "its Layer, by autograd", _by_autograd, {"target": "torch"},
    functions=("forward", "backward", "grouped"), floats_only=True,
)  # fmt: skip
