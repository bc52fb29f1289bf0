"""The module for JAX: its `layer`, compiled, and differentiated by `jax.vjp`, which takes floats only."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from verify.targets.target import Arrays, Target, told_steps, with_passes


def _by_vjp(module: ModuleType) -> ModuleType:
    jax = module.__dict__["jax"]

    @cache
    def compiled(steps: int | None) -> Any:
        """The layer, compiled once for all runs of so many steps: its program asks NumPy for the passes."""
        return jax.jit(lambda *given: module.layer(*given, steps=None if _has_sequence(module) else steps))

    def forward(params: Arrays, inputs: Arrays, initial: Arrays | None = None, steps: int | None = None) -> Any:
        given = params, inputs, initial or {}
        with jax.enable_x64(True):
            return {name: np.asarray(each) for name, each in compiled(steps)(*given).items()}, (given, steps)

    def backward(params: Arrays, tape: Any, output_gradients: Arrays, final_gradients: Arrays | None = None) -> Any:
        given, steps = tape
        last = {final: final_gradients[state] for final, state in module.FINALS.items() if state in (final_gradients or {})}  # type: ignore[index]
        with jax.enable_x64(True):
            outputs, pull = jax.vjp(compiled(steps), *given)
            upstream = {**{name: np.zeros(each.shape) for name, each in outputs.items()}, **output_gradients, **last}
            return module.Gradients(*({name: np.asarray(each) for name, each in group.items()} for group in pull(upstream)))

    return with_passes(module, forward, backward)


def _has_sequence(module: ModuleType) -> bool:
    """Whether an input says how many steps there are."""
    return not told_steps(module.forward, 1)


JAX = Target(
    "jax", "its layer, by jax.vjp", _by_vjp, {"target": "jax"},
    functions=("forward", "backward", "layer", "run", "sequence", "ahead", "behind", "gradients"), floats_only=True,
)  # fmt: skip
