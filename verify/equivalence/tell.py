"""A comparison as Blocks."""

from __future__ import annotations

from collections.abc import Iterator

from derive.document.blocks import Block, Heading, Table, Text
from verify.equivalence.comparison import WORDS, Comparison, Direction
from verify.equivalence.counterexample import Counterexample
from verify.verdict import Outcome

MARKS = {Outcome.AGREES: "good", Outcome.DISAGREES: "bad", Outcome.CANNOT_SEE: "unsure"}


def blocks(found: Comparison) -> list[Block]:
    """The page."""
    parts: list[Block] = [Heading(f"{found.first} and {found.second}: {WORDS[found.outcome]}", 1), Text(f"{_sentence(found.reason)}")]
    if found.variables:
        rows = tuple((f"`{one}`", f"`{two}`") for one, two in found.variables)
        parts.append(Table((found.first, found.second), rows, "What is which."))
    parts += _terms(found)
    for each in found.directions:
        parts += _direction(each)
    return parts


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
