"""Remarks on what is legal but likely a slip.

Takes a System, gives a `Review`: the standard cell that it is, and remarks, each on one equation. A new kind of remark is a function from
a `Page` to remarks and a row in KINDS. The law: a cell as its paper has it gets no remark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from derive.review.gate_slips import borrowed_parameters, lacking_biases, lacking_terms, self_readers, unusual_functions
from derive.review.name_slips import lookalikes
from derive.review.page import Page, Slip
from derive.review.prose_slips import swapped
from derive.review.recognize import Recognition, is_built_in, recognize
from derive.review.time_slips import leads, unused
from derive.system import System

Finder = Callable[[Page], Iterator[Slip]]

KINDS: dict[str, Finder] = {
    "lookalike": lookalikes,
    "reads itself": self_readers,
    "no bias": lacking_biases,
    "no term": lacking_terms,
    "borrowed parameter": borrowed_parameters,
    "function": unusual_functions,
    "swapped": swapped,
    "lead": leads,
    "unused": unused,
}
"""The kinds of remarks, and what finds them."""


@dataclass(frozen=True)
class Remark:
    """What is likely a slip.

    Attributes:
        kind: a key of KINDS.
        equation: the number of the equation.
        line: its line on the page, 0 if it has none.
        fact: what stands there, and what stands in its siblings or in the standard cell.
        advice: the standard form.
    """

    kind: str
    equation: int
    line: int
    fact: str
    advice: str

    def __str__(self) -> str:
        """Place, fact and advice in one line."""
        line = f"line {self.line}, " if self.line else ""
        return f"{line}equation ({self.equation}): {self.fact}; {self.advice}"

    def to_dict(self) -> dict[str, object]:
        """It as plain data for JSON."""
        return {"kind": self.kind, "equation": self.equation, "line": self.line or None, "fact": self.fact, "advice": self.advice}


@dataclass(frozen=True)
class Review:
    """What there is to say about a system: nothing of a built-in cell."""

    recognition: Recognition | None
    remarks: tuple[Remark, ...]

    def __bool__(self) -> bool:
        return self.recognition is not None or bool(self.remarks)

    def to_dict(self) -> dict[str, object]:
        """It as plain data for JSON."""
        found = self.recognition
        return {"recognized": None if found is None else found.to_dict(), "remarks": [each.to_dict() for each in self.remarks]}


def review(system: System, names: Iterable[str] | None = None) -> Review:
    """The standard cell that a system is, and the remarks on it.

    Args:
        system: as it was read.
        names: the built-in cells to compare it with; all by default.
    """
    recognition = recognize(system, names)
    page = Page(system, recognition)
    found = [
        Remark(kind, each.equation.number, each.equation.line, each.fact, each.advice)
        for kind, find in KINDS.items()
        for each in find(page)
    ]
    ordered = tuple(sorted(found, key=lambda each: each.equation))
    return Review(None if is_built_in(system, recognition) else recognition, ordered)


def remarks(system: System) -> tuple[Remark, ...]:
    """The remarks on a system, in the order of its equations."""
    return review(system).remarks
