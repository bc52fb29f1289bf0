"""What takes part in a race."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.networks import Arrays


@dataclass(frozen=True)
class Contestant:
    """A forward and a backward pass.

    Attributes:
        run: carries them out; only this is timed.
        gradients: of what `run` returned, the gradients by name, to be held against those of others: of parameters as PyTorch's layer
            packs them, of x, and of initial states by their names in the equations.
    """

    run: Callable[[], Any]
    gradients: Callable[[Any], Arrays] = lambda _: {}
