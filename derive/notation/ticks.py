"""The steps at which a clock ticks, in words and formulas: "t is a multiple of 4", "t mod 4 = 0", "t 能被 4 整除", "t is odd"."""

from __future__ import annotations

import re

from derive.notation.moments import Moment

PERIOD = r"(?P<period{0}>[1-9][0-9]{{0,6}})"
LETTER = r"[$`]?\s*(?P<letter{0}>[a-z])\s*[$`]?"
STEPS = "|".join(
    pattern.replace("LETTER", LETTER.format(place)).replace("PERIOD", PERIOD.format(place))
    for place, pattern in enumerate((
        r"LETTER\s*(?:\\[bp]?mod\b|mod\b|%|\\%)\s*\{?\s*PERIOD\s*\}?\s*(?:==?|\\equiv)\s*0\s*[$`]?",
        r"LETTER\s*(?:is|are)\s+(?:an?\s+)?(?:(?:integer\s+)?multiples?\s+of|divisible\s+by)\s+[$`]?PERIOD[$`]?",
        r"PERIOD[$`]?\s*(?:\\mid\b|∣|divides)\s*LETTER",
        r"LETTER\s*(?:是|为)\s*[$`]?PERIOD[$`]?\s*的(?:整数)?倍(?:数)?",
        r"LETTER\s*(?:能|可以?)?被\s*[$`]?PERIOD[$`]?\s*整除",
        r"LETTER\s*(?:(?:is\s+)?even|是偶数?|为偶数?)",
        r"LETTER\s*(?:is\s+)?(?P<odd>odd|是奇数?|为奇数?)",
    ))
)  # fmt: skip
"""The steps at which a clock ticks, in words and formulas."""


def ticking(found: re.Match[str], time: str) -> Moment | None:
    """What `STEPS` found; None if it is of another letter than that of the time."""
    if _group(found, "letter") != time:
        return None
    return Moment("every", int(_group(found, "period") or 2), is_off=bool(_group(found, "odd")))


def ticks(written: str, time: str) -> Moment | None:
    """The steps that words tell which are all that is written; None if something else is."""
    found = re.fullmatch(rf"\s*(?:{STEPS})[\s.,;。，；]*", written, re.IGNORECASE)
    return None if found is None else ticking(found, time)


def _group(found: re.Match[str], name: str) -> str:
    """What one of the groups holds whose names begin so."""
    return next((each for key, each in found.groupdict().items() if key.startswith(name) and each), "")
