r"""Cases by steps that the words around equations say.

If $t \bmod 16 = 0$: $$s_t = f(x_t)$$ otherwise $s_t = s_{t-1}$.
g_t = f(x_t)        if t is a multiple of 4
g_t = g_{t-1}       otherwise
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from derive.notation import moments
from derive.notation.moments import Moment
from derive.notation.pieces import Piece
from derive.notation.ticks import STEPS, ticking
from derive.notation.tree import Clock, Equation, Name, Tree, parts

WHEN = r"(?:\b(?:if|when(?:ever)?|for|only\s+if|only\s+when)\b|当|若|如果|在)\s*"
OTHER = r"(?:\botherwise\b|\belse\b|\bat\s+(?:all\s+)?other\s+(?:time\s+)?steps\b|否则|其他时刻|其它时刻|其余时刻|其他情况|不然)"
BEFORE = re.compile(
    rf"(?:{WHEN}|^[ \t]*)(?:{STEPS})\s*(?:时|的时候|we\s+have|then)?\s*[:：,，]?\s*"
    rf"(?:\$\$|\\\[|\\begin\s*\{{[a-z]+\*?\}})?\s*(?:\\label\{{[^{{}}]*\}})?\s*\Z",
    re.IGNORECASE | re.MULTILINE,
)
BEHIND = re.compile(rf"[ \t]*(?:\$\$|\$|\\\])?[ \t]*[,，;]?[ \t(（]*{WHEN}(?:{STEPS})", re.IGNORECASE)
OTHER_BEFORE = re.compile(rf"{OTHER}\s*[:：,，]?\s*(?:we\s+have|then)?\s*[$`]*\s*$", re.IGNORECASE)
OTHER_BEHIND = re.compile(rf"[ \t]*(?:\$\$|\$|`)?[ \t]*[,，;]?[ \t(（]*{OTHER}", re.IGNORECASE)
NEAR = 120
"""How many characters before an equation are looked at, and behind it."""


def cased(counting: Sequence[Piece], others: Mapping[int, Sequence[Piece]], time: str) -> tuple[list[Piece], list[int]]:
    """The pieces, those of one value by cases as one, and the places of the formulas in sentences that say what is so at other steps.

    Args:
        counting: what counts on the page.
        others: what formulas say that do not count, by place.
        time: the letter of the time.

    Raises:
        Wrong: it is not said what holds at all other steps.
    """
    kept: list[Piece] = []
    used: list[int] = []
    taken: set[int] = set()
    for place, piece in enumerate(counting):
        if place in taken:
            continue
        moment = _moment(piece, time)
        if moment is None or not _is_at_step(piece):
            kept.append(piece)
            continue
        left = piece.statement.left  # type: ignore[union-attr]
        rest = [(at, each) for at, each in enumerate(counting) if at != place and getattr(each.statement, "left", None) == left]
        beside = [
            (at, each)
            for at, those in others.items()
            for each in those
            if getattr(each.statement, "left", None) == left and _is_other(each)
        ]
        values: list[tuple[Tree, Moment | None]] = [(piece.statement.right, moment)]  # type: ignore[union-attr]
        values += [(each.statement.right, None) for _, each in (rest or beside)[:1]]  # type: ignore[union-attr]
        taken |= {at for at, _ in rest[:1]}
        used += [at for at, _ in beside[:1]] if not rest else []
        made = moments.equations(left, values, piece.written.columns[-1] + 1)
        kept += [replace(piece, statement=each) for each in made]
    return kept, used


def is_condition(written: str) -> bool:
    """Whether a formula says at which steps something is so."""
    return re.fullmatch(rf"\s*(?:{STEPS})\s*", written) is not None


def _is_at_step(piece: Piece) -> bool:
    """Whether it is an equation of a value at t, without cases by steps of its own."""
    statement = piece.statement
    is_at_step = isinstance(statement, Equation) and isinstance(statement.left, Name) and statement.left.time == 0
    return is_at_step and not any(isinstance(each, Clock) for each in parts(statement))


def _moment(piece: Piece, time: str) -> Moment | None:
    """The steps of which the words around an equation say that it holds there."""
    before, behind = _around(piece)
    found = BEFORE.search(before) or BEHIND.match(behind)
    return None if found is None else ticking(found, time)


def _is_other(piece: Piece) -> bool:
    """Whether the words around a formula say that it holds at all other steps."""
    before, behind = _around(piece)
    return (OTHER_BEFORE.search(before) or OTHER_BEHIND.match(behind)) is not None


def _around(piece: Piece) -> tuple[str, str]:
    """What stands on the page before and behind a formula."""
    columns, text = piece.written.columns, piece.source.text
    return text[max(columns[0] - NEAR, 0) : columns[0]], text[columns[-1] + 1 : columns[-1] + 1 + NEAR]
