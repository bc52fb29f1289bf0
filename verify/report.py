"""All verdicts on a subject: held together, as plain data, and as Blocks to be printed in any format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from derive.document.blocks import Block, Heading, Table, Text
from derive.shown import Shown
from verify.asked import EMITTED_CODE, verdicts
from verify.evidence import Evidence, evidence
from verify.methods import methods
from verify.subject import Judged, Subject
from verify.targets.plain import PLAIN
from verify.verdict import Outcome, Verdict

WANTED = {Judged.EQUATIONS: (Evidence.PROVED, Evidence.DECLARED), Judged.TEXT: (Evidence.MEASURED,)}
"""The kinds of evidence of which an equation must have one, and the code emitted from it one, to be called right."""


@dataclass(frozen=True, repr=False)
class Report(Shown):
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
        """Whether each gradient is proved and its code was measured to agree. What no method can see does not hold."""
        return bool(self.evidence) and all(found in WANTED[judged] for own in self.evidence.values() for judged, found in own.items())

    @property
    def summary(self) -> str:
        """Of what, and whether it holds."""
        return f"of {self.name}: {self._conclusion().partition('. ')[0]}"

    @property
    def evidence(self) -> dict[str, dict[Judged, Evidence]]:
        """By what was judged, in the order of the methods: the evidence for its equation, and for its code where that has it."""
        sides: dict[str, dict[Judged, list[Verdict]]] = {}
        for name, own in self.verdicts.items():
            for each in own:
                sides.setdefault(each.subject, {}).setdefault(self.judges[name], []).append(each)
        return {subject: {judged: evidence(own) for judged, own in found.items()} for subject, found in sides.items()}

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
        told = {subject: {judged.name.lower(): found.value for judged, found in own.items()} for subject, own in self.evidence.items()}
        methods_ = {name: [each.to_dict() for each in own] for name, own in self.verdicts.items()}
        return {"name": self.name, "holds": self.holds, "evidence": told, "sees": self.sees, "methods": methods_}

    def blocks(self) -> list[Block]:
        """The report as a table: a row for each variable, a column for each method."""
        tables = [self._table(judged) for judged in Judged if any(judged in own for own in self.evidence.values())]
        return [Heading(f"Verification of {self.name}"), *tables, Text(self._conclusion()), *self._details()]

    def _table(self, judged: Judged) -> Table:
        """The table of the methods that judge the equations, or the text."""
        verdicts = {name: own for name, own in self.verdicts.items() if self.judges[name] is judged}
        found = {(each.subject, name): each for name, own in verdicts.items() for each in own}
        rows, marks = [], []
        for subject, kinds in self.evidence.items():
            if (kind := kinds.get(judged)) is not None:
                own = (kind.value,) if judged is Judged.EQUATIONS else ()
                rows.append((subject, *own, *(_cell(found.get((subject, name))) for name in verdicts)))
                marks.append("good" if kind in WANTED[judged] else "bad" if kind is Evidence.WRONG else "unsure")
        caption = f"The gradient of the loss by each variable, in the {judged.value}."
        header = ("by", "evidence", *verdicts) if judged is Judged.EQUATIONS else ("by", *verdicts)
        return Table(header, tuple(rows), caption, tuple(marks))

    def _conclusion(self) -> str:
        """Whether all holds, and if not, of which gradients it does not."""
        legend = "A number: it agrees, with this relative error. A dash: the method does not judge it."
        if self.holds:
            return f"All checks hold: each gradient is proved, and its code agrees wherever it was measured.{self._premises()} {legend}"
        faults = []
        for judged, wanted in WANTED.items():
            for kind in Evidence:
                own = [subject for subject, found in self.evidence.items() if found.get(judged) is kind and kind not in wanted]
                if own:
                    faults.append(f"{kind.value} in the {judged.value}: {', '.join(own)}")
        is_wrong = any(kind is Evidence.WRONG for own in self.evidence.values() for kind in own.values())
        return f"{'A check failed' if is_wrong else 'Not all is shown'}; {'; '.join(faults) or 'nothing was judged'}. {legend}"

    def _premises(self) -> str:
        """What the proofs take as it is declared, and for which gradients."""
        found: dict[str, list[str]] = {}
        for each in (verdict for own in self.verdicts.values() for verdict in own if verdict.premise):
            found.setdefault(each.premise, []).append(each.subject)
        told = "; ".join(f"for {', '.join(dict.fromkeys(own))}: the {premise}" for premise, own in found.items())
        return f" Taken as declared, not derived, {told}." if told else ""

    def _details(self) -> list[Block]:
        sees = [Text(f"{name}: sees {what}.") for name, what in self.sees.items()]
        alike: dict[tuple[str, Outcome, str], list[str]] = {}
        for each in (each for own in self.verdicts.values() for each in own if each.outcome is not Outcome.AGREES):
            alike.setdefault((each.method, each.outcome, each.detail), []).append(f"`{each.subject}`")
        told = (f"{method} on {', '.join(own)}: {outcome.value}; {detail}." for (method, outcome, detail), own in alike.items())
        return [*sees, *map(Text, told)]


class Reports(Shown, dict[str, Report]):
    """Reports by the name of the target."""

    @property
    def summary(self) -> str:
        """Which hold."""
        return ", ".join(f"{name}: {'all checks hold' if each.holds else 'not all is shown'}" for name, each in self.items())

    def blocks(self) -> list[Block]:
        """One after the other; the equations, which they share, once."""
        reports = list(self.values())
        return [block for place, each in enumerate(reports) for block in (each.of_the_text if place else each).blocks()]


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
