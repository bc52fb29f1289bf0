"""Cases by steps, t mod 2 = 0 or t = 1, as what the clocks tell: every(t, 2), first(t), and one less each of them; and by a threshold.

a if t mod 2 = 0, b otherwise     every(t, 2) * a + (1 - every(t, 2)) * b
1 if u_t > c, 0 otherwise         step(u_t - c)
a if t = 0, b if t > 0            h_0 = a, and h_t = b
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from derive.notation.tree import (
    Bracketed,
    Call,
    Clock,
    Comparison,
    Derivative,
    Equation,
    Name,
    Negative,
    Number,
    Operator,
    Power,
    Product,
    Statement,
    Sum,
    Tree,
    parts,
)
from derive.notation.written import Wrong

START = "start"
"""The kind of what is so before the first step alone."""


@dataclass(frozen=True)
class Moment:
    """At which steps something is so: where a clock, "every" or "first", is 1, or where it is 0."""

    kind: str
    period: int | None = None
    is_off: bool = False

    def tree(self, is_off: bool) -> Tree:
        """A number that is 1 at these steps, or at the others."""
        clock = Clock(self.kind, 0, self.period)
        return clock if self.is_off is is_off else Bracketed(Sum(((1, Number("1")), (-1, clock))))

    def is_opposite(self, other: Moment | Threshold) -> bool:
        """Whether one of them is at each step and both are at none."""
        return replace(self, is_off=not self.is_off) == other


@dataclass(frozen=True)
class Threshold:
    """In which entries something is so: where one value is above another, or as high."""

    above: Tree
    below: Tree
    has_equal: bool
    kind: str = "threshold"
    is_off: bool = False

    @staticmethod
    def of(comparison: Comparison) -> Threshold | None:
        """The threshold that a comparison says; None if it compares more than two values."""
        if len(comparison.rest) != 1:
            return None
        ((sign, second),) = comparison.rest
        above, below = (comparison.first, second) if sign in (">", ">=") else (second, comparison.first)
        return Threshold(above, below, sign in (">=", "<="))

    def tree(self, is_off: bool) -> Tree:
        """What is 1 where it is so, or where it is not; the step function is 0 at 0."""
        place = self.above.place
        one, other = (self.below, self.above) if self.has_equal else (self.above, self.below)
        of: Tree = Sum(((1, one), (-1, Bracketed(other, place=other.place))), place=place)
        if isinstance(other, Number) and other.is_zero:
            of = one
        elif isinstance(one, Number) and one.is_zero:
            of = Negative(Bracketed(other, place=other.place), place=place)
        step = Call(Name("step", place=place), (of,), place=place)
        return step if self.has_equal is is_off else Bracketed(Sum(((1, Number("1")), (-1, step)), place=place), place=place)

    def is_opposite(self, other: Moment | Threshold) -> bool:
        """Whether one of them is in each entry and both are in none."""
        return isinstance(other, Threshold) and (self.above, self.below, self.has_equal) == (other.below, other.above, not other.has_equal)


def equations(left: Tree, cases: Sequence[tuple[Tree, Moment | Threshold | None]], at: int) -> tuple[Statement, ...]:
    """What left = cases by steps says; a moment of None is all other steps.

    Raises:
        Wrong: it is not said of each step, or something else than a value at t is defined.
    """
    name = left.base if isinstance(left, Power) else left.bottom if isinstance(left, Derivative) else left
    if not isinstance(name, Name) or name.time != 0:
        raise Wrong("cases by steps are of a value at t", "write h_t on the left side", left.place.start)
    made: list[Statement] = []
    terms: list[Tree] = []
    others: list[Moment | Threshold] = []
    is_all = False
    for value, when in cases:
        if is_all:
            raise Wrong("a case stands behind the one for all others", "write it before", value.place.start)
        if when is not None and when.kind == START and not when.is_off:
            start = replace(name, time=None, labels=(*name.labels, "0"))
            first = replace(left, bottom=start) if isinstance(left, Derivative) else start
            made += [] if value == start else [Equation(first, value, place=value.place)]
            continue
        is_all = when is None or when.kind == START or (len(others) == 1 and when.is_opposite(others[0]))
        own = [each.tree(True) for each in others] + ([when.tree(False)] if when is not None and not is_all else [])
        terms += _term(own, value)
        others += [when] if when is not None else []
    if not is_all:
        raise Wrong("it is not said what holds at all other steps", r"write a last case, h_{t-1} & \text{otherwise}", at)
    right = Sum(tuple((1, each) for each in terms), place=cases[0][0].place.to(cases[-1][0].place)) if len(terms) > 1 else terms[0]
    return (*made, Equation(left, right, place=left.place.to(right.place)))


def _term(factors: Sequence[Tree], value: Tree) -> list[Tree]:
    """A value at some steps alone; none if it is 0."""
    if not factors:
        return [value]
    if isinstance(value, Number) and value.text in ("0", "1"):
        rest, is_zero = factors[1:], value.text == "0"
    else:
        rest, is_zero = [*factors[1:], Bracketed(value, place=value.place)], False
    sign = Operator.STAR if all(map(_is_of_clock, factors)) else Operator.ENTRIES
    made = Product(factors[0], tuple((sign, each) for each in rest), place=value.place) if rest else factors[0]
    return [] if is_zero else [made]


def _is_of_clock(factor: Tree) -> bool:
    """Whether it is a clock, or 1 less one."""
    return any(isinstance(each, Clock) for each in parts(factor))
