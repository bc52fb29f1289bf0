"""A Σ without an index before what is of a step, in J = 1/2 Σ (y_t - d_t)^2, as the sum over all steps; no Σ that is the name of a matrix."""

from __future__ import annotations

import re
from dataclasses import replace

from derive.notation.tree import Equation, Name, OverIndex, Reach, Row, Statement, Tree, names, rewritten

SIGN = "Σ"
OF_MATRIX = re.compile(r"Σ\s*(?:[_^=⁻₀-ₜ]|\[)|[\u0300-\u036f]Σ")
"""What a page has where Σ is a name: a covariance, its inverse, its value at a step; a sum with an index is told from it by the grammar."""
INDEXED = re.compile(r"Σ\s*_?\s*[{(]?\s*[a-z]\s*(?:[=,})\s]|$)|Σ_[a-z]")


def summed(statement: Statement, text: str) -> Statement:
    """What a statement says, where Σ is a sum over the steps.

    Args:
        statement: an equation in plain text.
        text: the page.
    """
    left = statement.left if isinstance(statement, Equation) else None
    if not isinstance(left, Name) or left.time is not None or left.base == SIGN or OF_MATRIX.search(INDEXED.sub("", text)):
        return statement

    def change(node: Tree) -> Tree | None:
        if not isinstance(node, Row):
            return None
        factors = [node.first, *(each for _, each in node.rest)]
        at = next((place for place, each in enumerate(factors) if each == Name(SIGN)), len(factors))
        if at >= len(factors) - 1 or all(name.time is None for each in factors[at + 1 :] for name in names(each)):
            return None
        body = factors[at + 1] if at == len(factors) - 2 else Row(factors[at + 1], node.rest[at + 1 :], place=node.place)
        total = OverIndex("sum", "t", Reach.ALL, body, place=node.place)
        return total if at == 0 else replace(node, rest=(*node.rest[: at - 1], (node.rest[at - 1][0], total)))

    made: Statement = rewritten(statement, change)
    return made
