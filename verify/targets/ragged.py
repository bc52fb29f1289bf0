"""The NumPy module for sequences of different lengths: with lengths that are drawn, and with all of them T.

NaN stands in the inputs where no step is. What such a batch should give is what each sequence gives alone.
"""

from __future__ import annotations

from random import Random
from types import ModuleType
from typing import Any

import numpy as np

from verify.targets.target import Arrays, Axes, Target, all_steps, told_steps, with_passes


def drawn(steps: int, batch: int) -> tuple[int, ...]:
    """Lengths from 1 to T, not all the same where they need not be; always the same for a T and a batch."""
    random = Random(f"{steps} steps, {batch} sequences")
    while True:
        found = tuple(random.randint(1, steps) for _ in range(batch))
        if len(set(found)) > 1 or 1 in (steps, batch):
            return found


def _with_drawn(module: ModuleType) -> ModuleType:
    axes = Axes(module)

    def forward(params: Arrays, inputs: Arrays, initial: Arrays | None = None, steps: int | None = None) -> Any:
        T, batch = axes.size(inputs, initial or {}, steps)
        lengths = np.array(drawn(T, batch))
        padded = {name: _padded(each, lengths) if axes.is_sequence(name) else each for name, each in inputs.items()}
        return module.forward(params, padded, initial, **told_steps(module.forward, T), lengths=lengths)

    return with_passes(module, forward, module.backward)


def _padded(array: Any, lengths: Any) -> Any:
    """A sequence with NaN behind the last steps; objects stay."""
    if not np.issubdtype(array.dtype, np.inexact):
        return array
    made = array.copy()
    made[np.arange(len(made))[:, None] >= lengths] = np.nan
    return made


OPTIONS = {"ragged": True}
EQUAL = Target("ragged", "all sequences of length T", lambda module: module, OPTIONS, all_steps)
RAGGED = Target("ragged", "sequences of lengths that are drawn", _with_drawn, OPTIONS, drawn, beside=(EQUAL,))
