"""Equations that a page gives twice: once in steps, z_t = W x_t and h_t = f(z_t), and once in one, h_t = f(W x_t)."""

from __future__ import annotations

from derive.algebra import nodes
from derive.algebra.nodes import Expr

Raw = tuple[int, Expr, Expr]
"""An equation as it is read: its line, its left and its right side."""
MOST = 200
"""Of how many equations names are put into one another."""


def without_repetition(equations: list[Raw]) -> list[Raw]:
    """The equations without those that say of a value what an earlier one says in steps, or in one; others of one value are kept, to be refused."""
    first: dict[Expr, Expr] = {}
    kept: list[Raw] = []
    for at, left, right in equations:
        if left in first and len(equations) <= MOST and _written_out(first[left], left, equations) == _written_out(right, left, equations):
            continue
        first.setdefault(left, right)
        kept.append((at, left, right))
    return kept


def _written_out(right: Expr, left: Expr, equations: list[Raw]) -> Expr:
    """A right side with what the names in it are at the same step, but for that of the value itself."""
    table = {name: value for _, name, value in reversed(equations) if name != left}
    for _ in range(len(table)):
        known = {leaf: table[leaf] for leaf in nodes.leaves(right) if leaf in table and leaf not in nodes.leaves(table[leaf])}
        if not known:
            break
        right = nodes.replace(right, known)
    return right
