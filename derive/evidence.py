"""How a page was read: why each name has its kind, and which formulas are not used."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Ground(Enum):
    """What a decision rests on, from the strongest to the weakest."""

    DECLARED = "declared"
    SAID = "said in prose"
    FORCED = "forced by the equations"
    CONVENTION = "by convention"
    DEFAULT = "by default"


@dataclass(frozen=True)
class Evidence:
    """What decided the kind of a name.

    Attributes:
        ground: what it rests on.
        why: in words: what the page says, what in the equations forces it, which convention.
    """

    ground: Ground
    why: str = ""

    def __str__(self) -> str:
        """Both in words."""
        return f"{self.ground.value}: {self.why}" if self.why else self.ground.value


NUMBERS_ALONE = "nothing on the page is a vector or a matrix"
"""Why all values of a page are read as numbers."""


class Unused(NamedTuple):
    """A formula or a sentence of a page of which nothing is used.

    Attributes:
        line: its line, from 1.
        text: it as the page has it.
        advice: why it is not used, or what to do about it.
        is_said: whether it is a sentence that is true of nothing that was read.
    """

    line: int
    text: str
    advice: str
    is_said: bool = False
