"""The targets of emission as methods of verification run them, a file each; a new target is a new file here, and its row below."""

from __future__ import annotations

from derive.errors import InputError
from verify.targets.array_api import ARRAY_API
from verify.targets.jax import JAX
from verify.targets.plain import PLAIN
from verify.targets.ragged import RAGGED
from verify.targets.segments import SEGMENTS
from verify.targets.step import STEP
from verify.targets.target import Target
from verify.targets.torch import TORCH

TARGETS = {each.name: each for each in (PLAIN, RAGGED, SEGMENTS, STEP, ARRAY_API, TORCH, JAX)}


def target(name: str) -> Target:
    """The target of a name.

    Raises:
        InputError: there is none.
    """
    if name not in TARGETS:
        raise InputError(f"there is no target {name!r}", advice=f"the targets are {', '.join(TARGETS)}")
    return TARGETS[name]
