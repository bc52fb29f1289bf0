"""The NumPy module one step at a time: `start`, and `step` for each t; there is no backward pass, so outputs are all that is judged."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import numpy as np

from derive.errors import InputError
from verify.targets.target import Arrays, Axes, Target, told_steps, with_passes


def _by_steps(module: ModuleType) -> ModuleType:
    if not hasattr(module, "step"):
        told = re.search(r"There is no `step` to run it one step at a time: (.*?)\.\n\n", module.__doc__ or "", re.DOTALL)
        raise InputError(f"it cannot be run one step at a time: {' '.join(told[1].split()) if told else 'the module has no step'}")
    axes = Axes(module)

    def forward(params: Arrays, inputs: Arrays, initial: Arrays | None = None, steps: int | None = None) -> Any:
        T, batch = axes.size(inputs, initial or {}, steps)
        state, found = module.start(params, batch, initial), []
        for t in range(T):
            outputs, state = module.step(state, {name: each[t] if axes.is_sequence(name) else each for name, each in inputs.items()})
            found.append(outputs)
        whole = module.forward(params, inputs, initial, **told_steps(module.forward, T))[0]
        return {name: _joined([each[name] for each in found], whole[name].ndim) for name in found[0]}, ()

    return with_passes(module, forward, None, OUTPUTS=(), LOSS=None)


def _joined(values: list[Any], axes: int) -> Any:
    """The values of an output at all steps; the last one of an output that is the same at each."""
    return np.stack(values) if values[0].ndim < axes else values[-1]


STEP = Target("step", "one step at a time", _by_steps, functions=("start", "step"))
