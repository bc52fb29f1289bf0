"""Cases by steps in plain text: s_t = x_t if t mod 4 = 0 else s_{t-1}."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from derive.notation.moments import Moment
from derive.notation.tree import Cases, Tree
from derive.notation.written import Wrong


@dataclass(frozen=True)
class Stepwise(Tree):
    """Values by cases of the step; None stands for all other steps."""

    values: tuple[tuple[Tree, Moment | None], ...]


def cases(values: Sequence[tuple[Tree, Any]]) -> Cases | Stepwise:
    """Values by cases, each with its comparisons, the moment at which it counts, or nothing.

    Raises:
        Wrong: some cases are of the step and others of values.
    """
    place = values[0][0].place.to(values[-1][0].place)
    if not any(isinstance(when, Moment) for _, when in values):
        return Cases(tuple(values), place=place)
    if any(when and not isinstance(when, Moment) for _, when in values):
        raise Wrong("cases are by steps, or by values, and not by both", "give the one or the other a name of its own", place.start)
    return Stepwise(tuple((value, when or None) for value, when in values), place=place)


def moment(written: str, at: int) -> Moment:
    """The steps of t mod 4 = 0, t = 1, t is even.

    Raises:
        Wrong: no clock tells of them.
    """
    is_off = "!" in written or "≠" in written or "odd" in written
    if "is" in written:
        return Moment("every", 2, is_off)
    first, *others = map(int, re.findall(r"[0-9]+", written))
    if not others:
        return Moment("first", None, is_off)
    if not first or others[0] not in (0, 1) or (others[0] and first != 2):
        raise Wrong("no clock tells of these steps", "a clock ticks where t is a multiple of its period, t mod 4 = 0", at)
    return Moment("every", first, is_off != bool(others[0]))
