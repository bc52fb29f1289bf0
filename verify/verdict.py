"""What a check found: it agrees, it disagrees (with a witness), or it cannot see. Not seeing is never passing.

A method of verification gives one `Verdict` for each variable that it judged; `overall` is the outcome of all of them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from derive.shown import Shown


class Outcome(Enum):
    """What a check found."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    CANNOT_SEE = "cannot see"


@dataclass(frozen=True, repr=False)
class Verdict(Shown):
    """The finding of one method on one variable.

    Attributes:
        subject: the variable, by name.
        method: the name of the method, "proof" or "complex step".
        outcome: what was found.
        detail: the finding in one sentence; where the method cannot see, which part of the question is beyond it.
        witness: the smallest counterexample found, what differs by name (sizes, times, the two values), or None.
        error: the error that was measured, relative to the size of what was compared, or None where nothing was measured.
        premise: what was taken as it is said and not judged, such as a declared slope; "" where there is nothing.
    """

    subject: str
    method: str
    outcome: Outcome
    detail: str
    witness: Mapping[str, Any] | None = None
    error: float | None = None
    premise: str = ""

    def text(self) -> str:
        """It in one line."""
        return f"{self.method} on {self.subject}: {self.outcome.value}; {self.detail}"

    @property
    def summary(self) -> str:
        """The same."""
        return self.text()

    @property
    def agrees(self) -> bool:
        """Whether the check holds; a check that cannot see does not hold."""
        return self.outcome is Outcome.AGREES

    def to_dict(self) -> dict[str, Any]:
        """The verdict as plain data for JSON."""
        return {**asdict(self), "outcome": self.outcome.value}


def overall(verdicts: Iterable[Verdict]) -> Outcome:
    """DISAGREES if one verdict does, else CANNOT_SEE if one cannot see or if there is none, else AGREES.

    Example:
        >>> import verify
        >>> verify.overall([]).value
        'cannot see'
    """
    outcomes = [each.outcome for each in verdicts]
    if Outcome.DISAGREES in outcomes:
        return Outcome.DISAGREES
    return Outcome.AGREES if outcomes and Outcome.CANNOT_SEE not in outcomes else Outcome.CANNOT_SEE


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Of the verdicts of one method on parts of a variable, the one that counts: one that disagrees, or cannot see, or has the largest error."""
    order = (Outcome.AGREES, Outcome.CANNOT_SEE, Outcome.DISAGREES)
    return max(verdicts, key=lambda each: (order.index(each.outcome), each.error or 0.0))
