r"""What is read where somebody's own derivation is, and nowhere else: derivatives, products over steps, steps with letters, and what is added.

Both grammars have these constructs. While `IN_DERIVATION` holds they make nodes of them; on the page of a cell they refuse them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from derive.notation.statements import stated
from derive.notation.tree import Bracketed, Call, Derivative, Equation, Listed, Name, OfEntry, OverIndex, Power, Statement, Tree
from derive.notation.written import Wrong

IN_DERIVATION: ContextVar[bool] = ContextVar("whether a derivation is read", default=False)
OF_CELL = "gradients are derived, and `bptt check-gradient` judges those that are written"
"""What to do about a derivative on the page of a cell."""


@contextmanager
def reading_derivation(is_one: bool = True) -> Iterator[None]:
    """While a page or a formula is read: that it is one of somebody's own derivation, or that it is none."""
    token = IN_DERIVATION.set(is_one)
    try:
        yield
    finally:
        IN_DERIVATION.reset(token)


def equalities(sides: Sequence[Tree], is_added: bool = False) -> tuple[Statement, ...]:
    """What a = b = c says in a derivation: a = b and a = c, each with its place; the second has that of c.

    Args:
        sides: what stands between the signs of equality.
        is_added: whether the sign is +=.

    Raises:
        Wrong: something is added and is said to be something else too, or a function is no function of names; at a column.
    """
    first, *others = sides
    if is_added and len(others) > 1:
        raise Wrong("two equations stand in one", "write what is added on a line of its own", others[0].place.stop)
    made = [_equated(first, each, is_added) for each in others]
    return tuple(replace(one, place=each.place) if at else one for at, (one, each) in enumerate(zip(made, others, strict=True)))


def _equated(left: Tree, right: Tree, is_added: bool) -> Statement:
    if isinstance(left, Bracketed) and isinstance(left.inner, Derivative):
        left = left.inner
    if isinstance(left, Name | Call | OfEntry | OverIndex | Listed | Power) and not is_added:
        return stated(left, right)
    return Equation(left, right, is_added, place=left.place.to(right.place))
