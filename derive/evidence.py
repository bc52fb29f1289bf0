"""Why a name of a page has the kind and the size that it has: a declaration, prose, the equations, the convention or nothing but a default."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
