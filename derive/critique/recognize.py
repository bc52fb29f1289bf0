"""Which standard cell a system is, or nearly is.

Takes a System, gives a `Recognition`: the built-in cell that it equals up to names, the order of terms and equations, packed weights and
gates that stand for their complements; or the one from which it differs in few places, with the differences. What reads the recurrence
without being part of it, such as a readout, is no difference.

Pages of cells that cannot fit, by the functions and lags in their text, are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from derive.algebra import nodes
from derive.cells import load
from derive.cells import names as cell_names
from derive.critique.canonical import form, without_biases
from derive.critique.citing import called
from derive.critique.differences import Difference, differences
from derive.critique.idle import idle
from derive.critique.match import Candidate, Match, nearest
from derive.critique.outline import outline
from derive.critique.wording import formula, plain
from derive.shown import Brief
from derive.system import System

MOST = 3
"""The most differences at which a cell is still named."""
TERMS_EACH = 5
"""How many terms a cell must have for each difference."""
FARTHEST = 3
"""How many functions and lags more or less the page of a cell may have."""
NEAREST = 12
"""How many pages are read to find the nearest cell."""


@dataclass(frozen=True, repr=False)
class Recognition(Brief):
    """The standard cell that a system is.

    Attributes:
        cell: its name among the built-in cells.
        title: it in words: "the LSTM of Gers et al. 2000".
        differences: in what the system is another.
        names: by variable of the cell, the system's.
        flipped: the system's variables that are 1 minus the cell's.
        above: the numbers of the equations that are no part of the cell, but read it.
        standard: the system of the cell.
    """

    cell: str
    title: str
    differences: tuple[Difference, ...]
    names: tuple[tuple[str, str], ...]
    flipped: tuple[str, ...]
    above: tuple[int, ...]
    standard: System

    @property
    def is_exact(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def __str__(self) -> str:
        """It as a sentence without marks."""
        return plain(self.sentence)

    @property
    def sentence(self) -> str:
        """It as a sentence."""
        return f"This is {self.title} (`{self.cell}`){self._above()}{self._flipped()}{self._differences()}."

    def _above(self) -> str:
        if not self.above:
            return ""
        numbers = ", ".join(f"({number})" for number in self.above)
        return f", read by equation{'s' * (len(self.above) > 1)} {numbers}"

    def _flipped(self) -> str:
        each = [f"{formula(nodes.sequence(name)[nodes.t], self.standard)} is 1 minus the gate of the cell" for name in self.flipped]
        return f"; {', '.join(each)}, which is a matter of convention" if each else ""

    def _differences(self) -> str:
        return f", but for: {'; '.join(each.fact for each in self.differences)}" if self.differences else ""

    def to_dict(self) -> dict[str, object]:
        """It as plain data for JSON."""
        return {
            "cell": self.cell,
            "title": self.title,
            "exact": self.is_exact,
            "differences": [{"kind": each.kind, "equation": each.equation.number, "fact": plain(each.fact)} for each in self.differences],
            "complements": list(self.flipped),
            "text": str(self),
        }


def recognize(system: System, names: Iterable[str] | None = None) -> Recognition | None:
    """The standard cell that a system is, or is but for a few differences; None if there is none.

    Args:
        system: any.
        names: the built-in cells that come into question; all by default.
    """
    own = Candidate(form(system))
    if not own.core:
        return None
    distances = {name: outline(name).distance(own) for name in (cell_names() if names is None else names)}
    near = [name for name in distances if distances[name] <= FARTHEST]
    near.sort(key=lambda name: (distances[name], outline(name).unlikeness(own), len(name), name))
    found = [_Found(own, name, match) for name in near if distances[name] == 0 and (match := _match(own, name, 0)) is not None]
    if not found or idle(system):
        loose = Candidate(form(system, keeps_arguments=True))
        ways = [own] if loose.form.units == own.form.units else [own, loose]
        for name in near[:NEAREST]:
            if found and not idle(system) and min(map(_cost, found)) <= distances[name] + 1:
                break
            found += [_Found(way, name, match) for way in ways if (match := _match(way, name, MOST)) is not None]
    return _recognition(min(found, key=_preference)) if found else None


@dataclass(frozen=True)
class _Found:
    """A match of a system with a cell."""

    own: Candidate
    name: str
    match: Match


def is_built_in(system: System, recognition: Recognition | None) -> bool:
    """Whether the system is the page of the cell itself."""
    own = recognition.standard if recognition is not None and recognition.is_exact else None
    return own is not None and (system.notes, system.prose) == (own.notes, own.prose)


@cache
def standard(name: str, has_biases: bool = True) -> Candidate:
    """The form of a built-in cell, or its form without biases."""
    return Candidate(form(load(name)) if has_biases else without_biases(standard(name).form))


def _match(own: Candidate, name: str, most: int) -> Match | None:
    candidate = standard(name, own.has_biases)
    return nearest(own, candidate, min(most, max(1, candidate.size // TERMS_EACH)))


def _preference(found: _Found) -> tuple[object, ...]:
    """The fewest differences first, and the cell that has a place for all values before one that has not."""
    notes = standard(found.name).form.system.notes
    is_own = found.own.form.system.notes.get("title", "") == notes.get("title", "?")
    return _cost(found), -found.match.cost, len(found.match.flipped), not is_own, len(found.name), found.name


def _cost(found: _Found) -> int:
    """The number of differences, and of values that are computed for nothing and have no place in the cell."""
    system = found.own.form.system
    return found.match.cost + sum(system.defines(name) and name not in found.match.names.values() for name in idle(system))


def _recognition(found: _Found) -> Recognition:
    own, match = found.own, found.match
    cell, system = standard(found.name).form, own.form.system
    names = {theirs: mine for theirs, mine in match.names.items() if mine}
    inside = {*names.values(), *_leading_to(own, names.values()), *idle(system)}
    above = tuple(each.number for each in system.equations if own.form.inside.get(each.name, each.name) not in inside)
    unlike = differences(match, own.form, cell)
    if not own.has_biases and standard(found.name).has_biases:
        unlike = (*unlike, Difference("no biases", system.equations[0], "there are no biases"))
    return Recognition(found.name, called(cell.system), unlike, tuple(names.items()), match.flipped, above, cell.system)


def _leading_to(own: Candidate, names: Iterable[str]) -> Iterator[str]:
    """The units that those of these names read, directly or by way of others."""
    pending, seen = list(names), set(names)
    while pending:
        unit = own.form.units.get(pending.pop())
        for read in unit.reads if unit is not None else ():
            if read[1] not in seen:
                seen.add(read[1])
                pending.append(read[1])
                yield read[1]
