r"""Cases by steps, t \bmod 2 = 0 or t = 1, as what the clocks tell: every(t, 2), first(t), and one less each of them.

a if t mod 2 = 0, b otherwise     every(t, 2) * a + (1 - every(t, 2)) * b
a if t = 0, b if t > 0            h_0 = a, and h_t = b
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from derive.notation.latex import parts
from derive.notation.latex.indices import number, time
from derive.notation.latex.parts import Group, Part, Sign, Value, only
from derive.notation.tree import Bracketed, Clock, Equation, Name, Number, Operator, Power, Product, Statement, Sum, Tree
from derive.notation.written import Wrong

START = "start"
"""The kind of what is so before the first step alone."""
REMEDY = r"write the steps as t \bmod 4 = 0, t = 1 or \text{otherwise}; other steps are a gate, a sequence of zeros and ones"


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

    def is_opposite(self, other: Moment) -> bool:
        """Whether one of them is at each step and both are at none."""
        return replace(self, is_off=not self.is_off) == other


def moment(condition: Sequence[Part]) -> Moment | None:
    """The steps of a condition on t; None if it is one on something else.

    Raises:
        Wrong: it is on t, and no clock tells of such steps.
    """
    letters = [only(each) for each in condition]
    if not any(time([each]) == 0 for each in letters):
        return None
    at = condition[0].place.start
    sign = next((each for each in letters if isinstance(each, Sign) and each.kind in SIGNS), None)
    if sign is None:
        raise Wrong("these steps are not understood", REMEDY, at)
    left, right = (list(each) for each in _halves(condition, sign))
    if sign.kind in ("MID", "NOT_MID"):
        left, right = [*right, Sign("MOD", "mod", sign.place), *left], [_zero(sign)]
    kind, right = SIGNS[sign.kind], [each for each in right if not (isinstance(each, Sign) and each.kind == "EQUAL")]
    if parts.has([*left, *right], "MOD") or any(isinstance(each, Group) and parts.has(each.parts, "MOD") for each in right):
        return _every(left, right, kind, at)
    if time(left) != 0:
        raise Wrong("these steps are not understood", REMEDY, at)
    last = only(right[0]) if len(right) == 1 else None
    if isinstance(last, parts.Name) and last.whole == "T" and kind in ("=", "!="):
        return Moment("last", None, kind == "!=")
    found = MOMENTS.get((kind, number(right)))
    if found is None:
        raise Wrong("no clock tells of these steps", REMEDY, at)
    return found


SIGNS = {"EQUAL": "=", "UNEQUAL": "!=", "MORE": ">", "FROM": ">=", "LESS": "<", "UP_TO": "<=", "MID": "=", "NOT_MID": "!="}
MOMENTS = {
    ("=", "1"): Moment("first"), ("<=", "1"): Moment("first"), ("<", "2"): Moment("first"),
    ("!=", "1"): Moment("first", None, True), (">", "1"): Moment("first", None, True), (">=", "2"): Moment("first", None, True),
    ("=", "0"): Moment(START), ("<", "1"): Moment(START), ("<=", "0"): Moment(START),
    ("!=", "0"): Moment(START, None, True), (">", "0"): Moment(START, None, True), (">=", "1"): Moment(START, None, True),
}  # fmt: skip
"""By sign and number, when t is so."""


def _zero(sign: Sign) -> Value:
    return Value(Number("0", place=sign.place), sign.place, "number")


def _halves(condition: Sequence[Part], sign: Sign) -> tuple[Sequence[Part], Sequence[Part]]:
    at = next(place for place, each in enumerate(condition) if only(each) == sign)
    return condition[:at], condition[at + 1 :]


def _every(left: list[Part], right: list[Part], kind: str, at: int) -> Moment:
    r"""The steps of t \bmod k = 0 and t \equiv 0 \pmod{k}."""
    sides = [_flat(side) for side in (left, right)]
    of_t, *periods = (each for side in sides for each in parts.split(side, ("MOD",)))
    rest, period = (periods[-1], periods[0]) if parts.has(sides[0], "MOD") else (periods[0], periods[-1])
    if len(periods) != 2 or time(of_t) != 0 or kind not in ("=", "!="):
        raise Wrong("these steps are not understood", REMEDY, at)
    if not (size := number(period)).isdigit() or not int(size):
        raise Wrong("the period of a clock is a number", r"write it, as in t \bmod 4 = 0", at)
    if number(rest) == "0":
        return Moment("every", int(size), kind == "!=")
    if number(rest) == "1" and size == "2":
        return Moment("every", 2, kind == "=")
    raise Wrong(
        "a clock ticks where t is a multiple of its period", r"count so that it does, t \bmod 4 = 0; or give a gate of zeros and ones", at
    )


def _flat(side: Sequence[Part]) -> list[Part]:
    """The parts, those in parentheses and braces that hold a modulus among them."""
    found: list[Part] = []
    for each in side:
        found += _flat(each.parts) if isinstance(each, Group) and (each.opening == "{" or parts.has(each.parts, "MOD")) else [each]
    return found


def equations(left: Tree, cases: Sequence[tuple[Tree, Moment | None]], at: int) -> tuple[Statement, ...]:
    """What left = cases by steps says; a moment of None is all other steps.

    Raises:
        Wrong: it is not said of each step, or something else than a value at t is defined.
    """
    name = left.base if isinstance(left, Power) else left
    if not isinstance(name, Name) or name.time != 0:
        raise Wrong("cases by steps are of a value at t", "write h_t on the left side", left.place.start)
    made: list[Statement] = []
    terms: list[Tree] = []
    others: list[Moment] = []
    is_all = False
    for value, when in cases:
        if is_all:
            raise Wrong("a case stands behind the one for all others", "write it before", value.place.start)
        if when is not None and when.kind == START and not when.is_off:
            start = replace(name, time=None, labels=(*name.labels, "0"))
            made += [] if value == start else [Equation(start, value, place=value.place)]
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
    made = Product(factors[0], tuple((Operator.STAR, each) for each in rest), place=value.place) if rest else factors[0]
    return [] if is_zero else [made]
