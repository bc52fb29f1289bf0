r"""A value that stands at one other step than t everywhere, as in \hat{h}_{t-1} = \gamma_t h_{t-1}, and is computed there at t."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from derive.notation.tree import Equation, Name, Statement, Tree, names, rewritten


def stepped(statements: Iterable[Statement]) -> list[Statement]:
    """The statements with values at the steps that are meant."""
    return _at_their_step(list(statements))


def _at_their_step(statements: list[Statement]) -> list[Statement]:
    """A value that is defined at t - 1 and read at t - 1 alone as one at t, the step at which it is computed."""
    times: dict[str, set[int | None]] = {}
    for statement in statements:
        for name in names(statement):
            times.setdefault(name.whole, set()).add(name.time)
    lefts = {
        each.left.whole
        for each in statements
        if isinstance(each, Equation) and isinstance(each.left, Name) and each.left.time and _reads_later(each.right, each.left.time)
    }
    moved = {whole for whole in lefts if len(times[whole]) == 1}

    def change(node: Tree) -> Tree | None:
        return replace(node, time=0) if isinstance(node, Name) and node.whole in moved else None

    return [rewritten(each, change) if moved else each for each in statements]


def _reads_later(right: Tree, time: int) -> bool:
    """Whether a right side reads a value of a later step than that at which the left side stands."""
    return any(name.time is not None and name.time > time for name in names(right))
