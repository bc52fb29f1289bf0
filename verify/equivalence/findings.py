"""What a comparison found: as plain data, and as Blocks to be printed in any format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from derive.document.blocks import Block, Heading, Table, Text
from derive.shown import Brief, Shown
from verify.equivalence.counterexample import Counterexample
from verify.equivalence.simulation import Simulation
from verify.verdict import Outcome

WORDS = {Outcome.AGREES: "equivalent", Outcome.DISAGREES: "not equivalent", Outcome.CANNOT_SEE: "cannot tell"}


@dataclass(frozen=True, repr=False)
class Direction(Brief):
    """What was found of "each system of the source's kind is one of the target's".

    Attributes:
        source, target: the names of the systems.
        simulation: the proof, or why there is none.
        weights: the target's weights, each as (entry, what it is in the source's weights), complete only where the proof holds.
        unmet: what would have to be equal among the source's weights.
        evidence: why it is not so, whatever the weights; "" if that was not shown.
        counterexample: numbers at which outputs differ, with the best weights that were found.
    """

    source: str
    target: str
    simulation: Simulation
    weights: tuple[tuple[str, str], ...]
    unmet: tuple[tuple[str, str], ...] = ()
    evidence: str = ""
    counterexample: Counterexample | None = None

    @property
    def holds(self) -> bool:
        """Whether it is proved."""
        return self.simulation.holds


@dataclass(frozen=True, repr=False)
class Term(Brief):
    """What one system has and the other has not: `first` in the update of `variable` of the first, `second` of the second system."""

    variable: str
    first: str
    second: str


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """What was found of two systems.

    Attributes:
        first, second: their names.
        outcome: AGREES, DISAGREES or CANNOT_SEE.
        reason: in one sentence.
        variables: which input, state and output of the first is which of the second.
        directions: both, where a correspondence was found.
        terms: in what they differ.
    """

    first: str
    second: str
    outcome: Outcome
    reason: str
    variables: tuple[tuple[str, str], ...] = ()
    directions: tuple[Direction, ...] = ()
    terms: tuple[Term, ...] = ()

    @property
    def is_equivalent(self) -> bool:
        """Whether they are proved to be the same."""
        return self.outcome is Outcome.AGREES

    @property
    def summary(self) -> str:
        """Of what, and the outcome."""
        return f"of {self.first} and {self.second}: {WORDS[self.outcome]}"

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain data for JSON."""
        return {**asdict(self), "outcome": WORDS[self.outcome]}

    def blocks(self) -> list[Block]:
        """The comparison as a page."""
        parts: list[Block] = [Heading(f"{self.first} and {self.second}: {WORDS[self.outcome]}", 1), Text(_sentence(self.reason))]
        if self.variables:
            rows = tuple((f"`{one}`", f"`{two}`") for one, two in self.variables)
            parts.append(Table((self.first, self.second), rows, "What is which."))
        return [*parts, *_terms(self), *(block for each in self.directions for block in _direction(each))]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _terms(found: Comparison) -> Iterator[Block]:
    if found.terms:
        rows = tuple((f"`{each.variable}`", _code(each.first), _code(each.second)) for each in found.terms)
        yield Table(("in the update of", f"{found.first} has", f"{found.second} has"), rows, "In what they differ.")


def _code(text: str) -> str:
    return f"`{text}`" if text else "nothing"


def _direction(found: Direction) -> Iterator[Block]:
    yield Heading(f"Can {found.target} do all that {found.source} can?")
    if found.holds:
        yield Text("Yes: proved for all inputs, all sizes and every length, by induction over the order in which values are computed.")
        yield from _weights(found)
        rows = tuple((f"`{name}`", how) for name, _, how in found.simulation.steps)
        yield Table(("value", "its updates in both"), rows, "The proof.", ("good",) * len(rows))
        return
    yield Text(f"No: {found.evidence}." if found.evidence else "Not proved, and not refuted for all weights.")
    for one, two in found.unmet:
        yield Text(f"With the map that fits best, `{one}` of {found.source} would have to be `{two}`.")
    if found.counterexample is not None:
        yield from _example(found.counterexample)


def _weights(found: Direction) -> Iterator[Block]:
    rows = tuple((f"`{left}`", f"`{right}`") for left, right in found.weights)
    if rows:
        yield Table((found.target, found.source), rows, f"The weights of {found.target}, made from those of {found.source}.")


def _example(found: Counterexample) -> Iterator[Block]:
    sizes = ", ".join(f"{name} = {number}" for name, number in found.sizes.items())
    one, two = found.values
    yield Text(f"The smallest numbers at which they differ, {sizes}: {found.output} at t = {found.time} is {one} in {found.source} "
               f"and {two} in {found.target} with the weights that fit best.")  # fmt: skip
    given = {**found.given, **found.start}
    rows = tuple(
        (f"`{name}`", str(given.get(name, "")), str(found.weights.get(name, ""))) for name in dict.fromkeys([*given, *found.weights])
    )
    yield Table(("", f"in {found.source}", f"in {found.target}, where it has weights"), rows)
