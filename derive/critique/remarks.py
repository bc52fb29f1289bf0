"""Remarks on what is legal but likely a slip.

Takes a System, gives a `Review`: the standard cell that it is, and remarks, each on one equation. A new kind of remark is a function from
a `Page` to remarks and a row in KINDS. The law: a cell as its paper has it gets no remark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from derive.critique.cell_slips import misreadings, unusual_functions
from derive.critique.conventions import conventions
from derive.critique.flat_slips import flat
from derive.critique.gate_slips import borrowed_parameters, copies, lacking_biases, lacking_terms, self_readers
from derive.critique.name_slips import lookalikes, repaired
from derive.critique.page import Page, Slip
from derive.critique.passed_over import passed_over
from derive.critique.prose_slips import swapped
from derive.critique.recognize import Recognition, is_built_in, recognize
from derive.critique.time_slips import leads, unused
from derive.critique.weak_kinds import asked_by_default, one_layer, weakly_decided
from derive.critique.wording import plain
from derive.given import HasSystem, system_of
from derive.shown import Shown
from derive.system import System

Finder = Callable[[Page], Iterator[Slip]]

KINDS: dict[str, Finder] = {
    "reads itself": self_readers,
    "no bias": lacking_biases,
    "no term": lacking_terms,
    "borrowed parameter": borrowed_parameters,
    "copy": copies,
    "function": unusual_functions,
    "misreading": misreadings,
    "swapped": swapped,
    "lead": leads,
    "unused": unused,
    "kind": weakly_decided,
    "output": asked_by_default,
    "layer": one_layer,
    "no slope": flat,
}
"""The kinds of remarks, and what finds them on a page on which each name is as it was meant; "lookalike" says where it is not, "convention"
which of several functions of a name is meant, "not used" which formulas of the page are no part of it, and "said" what its words say in vain."""


@dataclass(frozen=True, repr=False)
class Remark(Shown):
    """What is likely a slip.

    Attributes:
        kind: a key of KINDS, "lookalike", "convention", "not used", "said" or "encoding".
        equation: the number of the equation, 0 if it is about a formula that is none.
        line: its line on the page, 0 if it has none.
        fact: what stands there, and what stands in its siblings or in the standard cell.
        advice: the standard form.
    """

    kind: str
    equation: int
    line: int
    fact: str
    advice: str

    @property
    def summary(self) -> str:
        """The remark itself."""
        return str(self)

    def __str__(self) -> str:
        """Place, fact and advice in one line, without marks."""
        places = (f"line {self.line}" * bool(self.line), f"equation ({self.equation})" * bool(self.equation))
        return plain(f"{', '.join(filter(None, places)) or 'the page'}: {self.fact}; {self.advice}")

    def to_dict(self) -> dict[str, object]:
        """It as plain data for JSON."""
        words = {"fact": plain(self.fact), "advice": plain(self.advice)}
        return {"kind": self.kind, "equation": self.equation or None, "line": self.line or None, **words}


@dataclass(frozen=True, repr=False)
class Review(Shown):
    """What there is to say about a system: nothing of a built-in cell."""

    recognition: Recognition | None
    remarks: tuple[Remark, ...]

    @property
    def summary(self) -> str:
        """The standard cell, and how many remarks there are."""
        own = "" if self.recognition is None else f"{plain(self.recognition.sentence)} "
        return f"{own}{len(self.remarks)} remark{'s' * (len(self.remarks) != 1)}"

    def __bool__(self) -> bool:
        return self.recognition is not None or bool(self.remarks)

    def to_dict(self) -> dict[str, object]:
        """It as plain data for JSON."""
        found = self.recognition
        return {"recognized": None if found is None else found.to_dict(), "remarks": [each.to_dict() for each in self.remarks]}


def _encoding(system: System) -> Iterator[Remark]:
    """That the encoding of the page was not sure."""
    if guessed := system.notes.get("encoding"):
        fact = f"the page is not UTF-8, and was read as {guessed}"
        yield Remark("encoding", 0, 0, fact, "see that its words are right, or save it as UTF-8")


class Remarks(Shown, tuple[Remark, ...]):
    """Remarks, of which a console shows the first ones."""

    @property
    def summary(self) -> str:
        """How many there are, and the first."""
        return f"{len(self)}: {self[0]}" if self else "none"


def review(source: System | HasSystem, names: Iterable[str] | None = None) -> Review:
    """The standard cell that a system is, and the remarks on it.

    Args:
        source: a system as it was read, or a derivation of one.
        names: the built-in cells to compare it with; all by default.

    Example:
        >>> import derive
        >>> found = derive.review(derive.read("h_t = tanh(W x_t + U h_{t-1} + b)"))
        >>> found.recognition.cell
        'rnn'
    """
    system = system_of(source)
    alike = list(lookalikes(system))
    meant = repaired(system)
    recognition = recognize(meant, names)
    page = Page(meant, recognition)
    slips = [("lookalike", each) for each, _ in alike] + [(kind, each) for kind, find in KINDS.items() for each in find(page)]
    slips += [("convention", each) for each in conventions(page)]
    found = (Remark(kind, each.equation.number, each.equation.line, each.fact, each.advice) for kind, each in slips)
    ordered = (
        *sorted(dict.fromkeys(found), key=lambda each: each.equation),
        *(Remark(kind, 0, line, fact, advice) for kind, line, fact, advice in passed_over(system)),
        *_encoding(system),
    )
    if recognition is not None:
        recognition = replace(recognition, differences=(*recognition.differences, *(each for _, each in alike)))
    return Review(None if is_built_in(system, recognition) else recognition, ordered)


def remarks(source: System | HasSystem) -> Remarks:
    """The remarks on a system, or on that of a derivation, in the order of its equations.

    Example:
        >>> import derive
        >>> len(derive.remarks(derive.cell("lstm")))
        0
    """
    return Remarks(review(source).remarks)
