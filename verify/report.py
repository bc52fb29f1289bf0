"""All verdicts on a subject: held together, as plain data, and as Blocks to be printed in any format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from derive.document.blocks import Block, Heading, Table, Text
from verify.asked import EMITTED_CODE, verdicts
from verify.methods import methods
from verify.subject import Judged, Subject
from verify.targets.plain import PLAIN
from verify.verdict import Outcome, Verdict, overall

MARKS = {Outcome.AGREES: "good", Outcome.DISAGREES: "bad", Outcome.CANNOT_SEE: "unsure"}


@dataclass(frozen=True)
class Report:
    """What each method found.

    Attributes:
        name: of the subject.
        verdicts: by the name of the method.
        sees: by the name of the method, what it can see.
        judges: by the name of the method, whether it judges the equations or the text.
    """

    name: str
    verdicts: dict[str, list[Verdict]]
    sees: dict[str, str]
    judges: dict[str, Judged]

    @property
    def holds(self) -> bool:
        """Whether the proof holds and no method disagrees. A method that cannot see does not count as holding or failing."""
        return all(overall(own) is not Outcome.DISAGREES for own in self.verdicts.values()) and all(
            any(each.agrees for own in self.verdicts.values() for each in own if each.subject == subject) for subject in self.subjects
        )

    @property
    def subjects(self) -> list[str]:
        """What was judged, in the order of the methods."""
        return list(dict.fromkeys(each.subject for own in self.verdicts.values() for each in own))

    @property
    def has_text(self) -> bool:
        """Whether there was an emitted text to be judged."""
        return EMITTED_CODE not in self.verdicts

    @property
    def of_the_text(self) -> Report:
        """The part that is about the emitted text."""
        own = [name for name, judged in self.judges.items() if judged is Judged.TEXT]
        verdicts, judges = {name: self.verdicts[name] for name in own}, {name: self.judges[name] for name in own}
        return Report(self.name, verdicts, {name: self.sees[name] for name in own if name in self.sees}, judges)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data for JSON."""
        methods_ = {name: [each.to_dict() for each in own] for name, own in self.verdicts.items()}
        return {"name": self.name, "holds": self.holds, "sees": self.sees, "methods": methods_}

    def blocks(self) -> list[Block]:
        """The report as a table: a row for each variable, a column for each method."""
        tables = [self._table(each) for each in Judged if each in self.judges.values()]
        return [Heading(f"Verification of {self.name}"), *tables, Text(self._conclusion()), *self._details()]

    def _table(self, judged: Judged) -> Table:
        """The table of the methods that judge the equations, or the text."""
        verdicts = {name: own for name, own in self.verdicts.items() if self.judges[name] is judged}
        found = {(each.subject, name): each for name, own in verdicts.items() for each in own}
        rows, marks = [], []
        for subject in dict.fromkeys(each.subject for own in verdicts.values() for each in own):
            own = [found.get((subject, name)) for name in verdicts]
            rows.append((subject, *(_cell(each) for each in own)))
            marks.append(MARKS[overall_of([each for each in own if each is not None])])
        return Table(("by", *verdicts), tuple(rows), f"The gradient of the loss by each variable, in the {judged.value}.", tuple(marks))

    def _conclusion(self) -> str:
        told = "All checks hold." if self.holds else "A check failed."
        return f"{told} A number: it agrees, with this relative error. A dash: the method does not judge it."

    def _details(self) -> list[Block]:
        wrong = [each for own in self.verdicts.values() for each in own if each.outcome is not Outcome.AGREES]
        sees = [Text(f"{name}: sees {what}.") for name, what in self.sees.items()]
        return [*sees, *(Text(f"{each.method} on `{each.subject}`: {each.outcome.value}; {each.detail}.") for each in wrong)]


def overall_of(verdicts: list[Verdict]) -> Outcome:
    """DISAGREES if one does, AGREES if one agrees, else CANNOT_SEE."""
    outcomes = {each.outcome for each in verdicts}
    return next((each for each in (Outcome.DISAGREES, Outcome.AGREES) if each in outcomes), Outcome.CANNOT_SEE)


def _cell(verdict: Verdict | None) -> str:
    if verdict is None:
        return "-"
    return f"{verdict.error:.0e}" if verdict.error is not None and verdict.agrees else verdict.outcome.value


def report(
    subject: Subject, sizes: Mapping[str, int] = MappingProxyType({}), known: Mapping[str, list[Verdict]] = MappingProxyType({})
) -> Report:
    """The verdicts of all methods on a subject.

    Args:
        subject: the claim.
        sizes: of the runs of those methods that can judge large models, by their names in the emitted module, T and batch.
        known: verdicts of methods that are not asked again.

    Raises:
        InputError: the module has no such size.
    """
    name = subject.name if subject.target is PLAIN else f"{subject.name}, target {subject.target.name}"
    found = verdicts(subject, sizes, known)
    asked = [each for each in methods() if each.NAME in found]
    judges = {EMITTED_CODE: Judged.TEXT, **{each.NAME: each.JUDGES for each in asked}}
    return Report(name, found, {each.NAME: each.SEES for each in asked}, {name: judges[name] for name in found})
