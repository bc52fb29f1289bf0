r"""Bars in a row of parts: |x|, \|x\|, and those that part two values, [h | x] and x_{t|t-1}.

Between two bars of a pair there is no third one, unless in brackets. A bar without a partner stays a sign, which brackets and indices understand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derive.notation.latex.applied import called
from derive.notation.latex.parts import Group, Part, Sign, Value, has, only
from derive.notation.latex.rows import row
from derive.notation.latex.scripts import Script, attached, timed
from derive.notation.tree import Place
from derive.notation.written import Wrong

BETWEEN = ("BAR", "NORM", "MID")
"""The signs that part two values."""
FUNCTIONS = {"BAR": ("abs", ""), "NORM": ("norm", "norm")}
"""What a pair of bars is: the function, and the kind of value."""
READINGS = r"write [a; b; c] for three values one below another, or a \left|b\right| c for an absolute value"


@dataclass(frozen=True)
class Bar:
    """A bar with what stands in its scripts."""

    kind: str
    text: str
    place: Place
    scripts: tuple[Script, ...]

    @property
    def sign(self) -> Sign:
        """The bar as a sign between two values.

        Raises:
            Wrong: it has scripts.
        """
        if self.scripts:
            raise Wrong("the bar has no partner", r"an absolute value is written |x|, a norm \|x\|", self.place.start)
        return Sign(self.kind, self.text, self.place)


def paired(made: Sequence[Part | Bar]) -> tuple[Part, ...]:
    """A row with each pair of bars as the value that it makes."""
    kept: list[Part] = []
    at = 0
    while at < len(made):
        part = made[at]
        if not isinstance(part, Bar):
            kept.append(part)
        elif (end := _partner(made, at)) is None:
            kept.append(part.sign)
        else:
            kept.append(_value(part, made[at + 1 : end], made[end]))
            at = end
        at += 1
    return timed(kept)


def _partner(made: Sequence[Part | Bar], at: int) -> int | None:
    """Where the bar stands that closes the one at a place."""
    opening = made[at]
    assert isinstance(opening, Bar)
    found = (place for place in range(at + 1, len(made)) if isinstance(each := made[place], Bar) and each.kind == opening.kind)
    return None if opening.scripts else next(found, None)


def _value(opening: Bar, inner: Sequence[Part | Bar], closing: Part | Bar) -> Part:
    assert isinstance(closing, Bar)
    function, kind = FUNCTIONS[opening.kind]
    place = opening.place.to(closing.place)
    if not inner:
        raise Wrong("there is nothing between these bars", "write what it is the absolute value of", place.start)
    made = Value(called(function, row(paired(inner)), place=place), place, kind or "bars")
    return attached(made, closing.scripts) if closing.scripts else made


def stacked(made: Sequence[Part], place: Place) -> tuple[Part, ...]:
    """What stands in square brackets, where a bar parts blocks to stack.

    Raises:
        Wrong: two bars are a pair or part three blocks.
    """
    if _has_readings(made):
        raise Wrong("two bars in brackets have two readings", READINGS, place.start)
    return tuple(Sign("SEMICOLON", part.text, part.place) if isinstance(part, Sign) and part.kind in BETWEEN else part for part in made)


def _has_readings(made: Sequence[Part]) -> bool:
    """Whether values stand before and behind a pair of bars, with no sign between."""
    if has(made, "COMMA", "SEMICOLON"):
        return False
    return any(
        isinstance(bars, Value) and bars.kind == "bars" and not isinstance(before, Sign) and not isinstance(behind, Sign)
        for before, bars, behind in _threes(made)
    )


def _threes(made: Sequence[Part]) -> Iterator[tuple[Part, Part, Part]]:
    bare = [only(each) for each in made if not (isinstance(each, Group) and not each.parts)]
    return zip(bare, bare[1:], bare[2:], strict=False)
