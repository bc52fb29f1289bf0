"""What a file of weights holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from derive.layers.blocks import Array


@dataclass(frozen=True)
class Content:
    """What a file of weights holds.

    Attributes:
        arrays: by name.
        attributes: of the layer, where the file says them, in the framework's words.
        direction: forward, reverse or bidirectional, where the file says it.
        initial: states before the first step, where the file sets them: layer/direction/state.
        lengths: the number of steps of each sequence of a batch, where the file sets it.
        takes_lengths: whether it is for the caller to give.
    """

    arrays: Mapping[str, Array]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    direction: str = ""
    initial: Mapping[str, Array] = field(default_factory=dict)
    lengths: Array | None = None
    takes_lengths: bool = False

    @property
    def beside(self) -> list[str]:
        """What it holds that is neither weights nor what they are of, in words."""
        return [*(["initial states"] if self.initial else []), *([] if self.lengths is None else ["lengths of sequences"])]
