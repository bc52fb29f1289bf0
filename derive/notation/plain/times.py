"""The steps of the notation as values: t - 1 in parentheses, and clocks, every(t, 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derive.algebra.clocks import CLOCKS
from derive.limits import LAG
from derive.notation.plain.names import TIME
from derive.notation.tree import (
    BEYOND,
    ENDS,
    Clock,
    Comparison,
    Listed,
    Name,
    Number,
    Operator,
    Place,
    Power,
    Row,
    Sum,
    Transposed,
    Tree,
    rewritten,
)
from derive.notation.written import Wrong


def clock(kind: str, operands: Sequence[Tree], place: Place) -> Clock:
    """every(t, 2) and its like, of what stands in its parentheses.

    Raises:
        Wrong: it is written otherwise.
    """
    has_period = CLOCKS[kind].has_period
    by = time_of(operands[0]) if len(operands) == 1 + has_period else None
    period = operands[1] if has_period and by is not None else None
    is_count = isinstance(period, Number) and period.text.isdigit() and int(period.text) > 0
    if by is None or has_period is not is_count:
        raise Wrong(f"{kind} is written {f'{kind}(t, 2)' if has_period else f'{kind}(t)'}", "", place.start)
    return Clock(kind, by, int(period.text) if isinstance(period, Number) else None, place=place)


def time_of(tree: Tree) -> int | None:
    """The steps from t that t, t - 1 or t + 2 are; None if it is something else."""
    t = Name(TIME.get())
    if isinstance(tree, Name):
        return 0 if tree == t else None
    if not isinstance(tree, Sum) or len(tree.terms) != 2 or tree.terms[0] != (1, t):
        return None
    sign, by = tree.terms[1]
    return sign * int(by.text) if isinstance(by, Number) and by.text.lstrip("-").isdigit() and abs(int(by.text)) <= LAG.most else None


def timed(name: Name, factor: Tree) -> Tree | None:
    """The value at a time that a name and the brackets behind it are, h[t-1], with the powers and transpositions of these; None for other factors."""
    if isinstance(factor, Transposed | Power):
        inner = timed(name, factor.base)
        return None if inner is None else replace(factor, base=inner, place=name.place.to(factor.place))
    if not isinstance(factor, Listed) or len(factor.parts) != 1:
        return None
    place = name.place.to(factor.place)
    if _is_behind_the_end(factor.parts[0]):
        return replace(name, labels=(*name.labels, BEYOND), place=place)
    by = time_of(factor.parts[0])
    return None if by is None else replace(name, time=by, place=place)


def is_always(condition: Comparison) -> bool:
    """Whether a condition on the step is so at each one, t > 0 or t >= 1."""
    return condition.first == Name(TIME.get()) and condition.rest in (((">", Number("0")),), ((">=", Number("1")),), (("≥", Number("1")),))


def with_index(body: Tree, letter: str) -> Tree:
    """What a sum over an index is of, with y_t[j] and y_tj as y_{t,j} and h[j] as h_j, where j is its letter."""

    def change(node: Tree) -> Tree | None:
        if isinstance(node, Name):
            base, _, last = node.whole.rpartition("_")
            is_pair = node.time is None and base and last == f"{TIME.get()}{letter}"
            return replace(node, base=base, labels=(), time=0, second=letter) if is_pair else None
        if not isinstance(node, Row) or not isinstance(name := node.first, Name):
            return None
        (operator, index), *others = node.rest
        if operator is not Operator.BESIDE or index != Listed((Name(letter),)) or index.place.start != name.place.stop:
            return None
        place = name.place.to(index.place)
        made = replace(name, labels=(*name.labels, letter), place=place) if name.time is None else replace(name, second=letter, place=place)
        rest = tuple((each, rewritten(factor, change)) for each, factor in others)
        return Row(made, rest, place=node.place) if rest else made

    changed: Tree = rewritten(body, change)
    return changed


def _is_behind_the_end(tree: Tree) -> bool:
    """Whether it is T + 1, the step behind the last one."""
    return isinstance(tree, Sum) and tree.terms[1:] == ((1, Number("1")),) and tree.terms[0] in [(1, Name(end)) for end in ENDS]
