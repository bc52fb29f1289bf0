r"""Conditions in LaTeX: comparisons of values, and the signs of what is 1 where a condition holds, \mathbf{1}\{x_t > 0\}."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from derive.notation.latex.moments import moment
from derive.notation.latex.parts import Group, Name, Part, Sign, Value, has, only, split
from derive.notation.moments import START, Threshold
from derive.notation.tree import Comparison, Number, Tree

Row = Callable[[Sequence[Part]], Tree]
COMPARED = {"LESS": "<", "MORE": ">", "UP_TO": "<=", "FROM": ">="}


def compared(condition: Sequence[Part], row: Row) -> Comparison | None:
    """A comparison of values, x > 0; None if the parts are none.

    Args:
        condition: the parts.
        row: what makes a value of parts.

    Raises:
        Wrong: a value that is compared cannot be understood.
    """
    signs = [COMPARED[each.kind] for each in condition if isinstance(each, Sign) and each.kind in COMPARED]
    if not signs:
        return None
    first, *others = (row(each) for each in split(condition, COMPARED))
    return Comparison(first, tuple(zip(signs, others, strict=True)), place=first.place.to(others[-1].place))


def indicator(condition: Sequence[Part], row: Row) -> Tree | None:
    r"""What is 1 where a condition holds and 0 elsewhere, \mathbf{1}\{x_t > 0\} or 1[t \bmod 2 = 0]; None if the parts are no condition.

    Args:
        condition: the parts.
        row: what makes a value of parts.
    """
    if len(condition) == 1 and isinstance(inner := only(condition[0]), Group):
        return indicator(inner.parts, row)
    if not has(condition, *COMPARED, "EQUAL", "UNEQUAL", "MID", "MOD"):
        return None
    steps = moment(condition)
    if steps is not None:
        return steps.tree(False) if steps.kind != START else Number("1" if steps.is_off else "0", place=condition[0].place)
    comparison = compared(condition, row)
    threshold = Threshold.of(comparison) if comparison else None
    return threshold.tree(False) if threshold else None


def is_indicator(part: Part | None) -> bool:
    r"""Whether it is a sign of what is 1 where the condition behind it holds: \mathbf{1}, I, \chi."""
    is_letter = isinstance(part, Name) and not (part.has_index or part.after) and part.base in ("I", "chi", "ind", "indicator")
    return is_letter or (isinstance(part, Value) and part.tree == Number("1"))
