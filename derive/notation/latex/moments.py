r"""The conditions of cases by steps in LaTeX, t \bmod 2 = 0 or t = 1, as moments."""

from __future__ import annotations

from collections.abc import Sequence

from derive.notation.latex import parts
from derive.notation.latex.indices import number, time
from derive.notation.latex.parts import Group, Part, Sign, Value, only
from derive.notation.moments import START, Moment
from derive.notation.tree import Number
from derive.notation.written import Wrong

REMEDY = r"write the steps as t \bmod 4 = 0, t = 1 or \text{otherwise}; other steps are a gate, a sequence of zeros and ones"


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
    if isinstance(last, parts.Name) and last.whole == "T" and kind in ("=", "!=", "<", ">="):
        return Moment("last", None, kind in ("!=", "<"))
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
