"""The NumPy module with checkpoints: in segments of about sqrt(T) steps, each computed again on the way back, and of one step."""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

from verify.targets.target import Arrays, Target, with_passes


def _in_segments(module: ModuleType, segment: int | None) -> ModuleType:
    def forward(params: Arrays, inputs: Arrays, initial: Arrays | None = None, steps: int | None = None) -> Any:
        return module.forward(params, inputs, initial, segment=segment)

    return with_passes(module, forward, module.backward)


OPTIONS = {"checkpoint": True}
FUNCTIONS = ("forward", "backward", "forward_segment", "backward_segment")
OF_ONE_STEP = Target("segments", "segments of one step", partial(_in_segments, segment=1), OPTIONS, functions=FUNCTIONS)
SEGMENTS = Target(
    "segments", "segments of about sqrt(T) steps", partial(_in_segments, segment=None), OPTIONS, functions=FUNCTIONS, beside=(OF_ONE_STEP,)
)
