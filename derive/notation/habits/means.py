r"""Means that are written as sums over entries, \frac{1}{H} \sum_{i=1}^{H} a_{t,i}: the mean of all entries of a_t.

Takes what an equation in LaTeX says, gives it with these sums as means; the letters at which its sums end are taken from its text.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TypeVar

from derive.notation.tree import Bracketed, Call, Name, Number, Operator, OverIndex, Product, Reach, Row, Tree, names, rewritten

Made = TypeVar("Made", bound=Tree)


def with_means(statement: Made, ends: Collection[str]) -> Made:
    """A statement with means of entries as such.

    Args:
        statement: what an equation says.
        ends: the letters at which its sums end.
    """

    def change(node: Tree) -> Tree | None:
        if not isinstance(node, Row) or not _is_one_over(node.first, ends):
            return None
        (operator, total), *rest = node.rest
        if (
            operator is not Operator.BESIDE
            or rest
            or not isinstance(total, OverIndex)
            or total.kind != "sum"
            or total.reach is not Reach.ALL
        ):
            return None
        if total.letter == "t" or not any(total.letter in (name.second, *name.labels) for name in names(total.body)):
            return None
        body: Tree = rewritten(total.body, lambda part: _whole(part, total.letter))
        return Call(Name("mean", place=node.place), (with_means(body, ends),), place=node.place)

    made: Made = rewritten(statement, change)
    return made


def _is_one_over(tree: Tree, ends: Collection[str]) -> bool:
    """Whether it is 1 / H with the letter at which a sum ends."""
    tree = tree.inner if isinstance(tree, Bracketed) else tree
    if not isinstance(tree, Product) or not isinstance(tree.first, Number) or tree.first.text != "1" or len(tree.rest) != 1:
        return False
    operator, below = tree.rest[0]
    return operator is Operator.OVER and isinstance(below, Name) and below.time is None and below.whole in ends


def _whole(part: Tree, letter: str) -> Tree | None:
    """The vector of which a name is an entry, in whatever font that is; None for other parts."""
    if not isinstance(part, Name) or letter not in (part.second, *part.labels):
        return None
    labels = tuple(each for each in part.labels if each != letter)
    spelling = replace(part.spelling, fonts=None)
    return replace(part, second="" if part.second == letter else part.second, labels=labels, spelling=spelling)
