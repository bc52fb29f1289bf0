"""Equations that a page gives twice.

z_t = W x_t and h_t = f(z_t), and h_t = f(W x_t)                    once in steps, and once in one
x_t = x_{t-1} + d (u_t - x_t), and x_t = (x_{t-1} + d u_t)/(1 + d)  once with the value on both sides, and once solved for it
S_t = S_{t-1} (I - b k_t k_t^T), and S_{t-1} - b S_{t-1} k_t k_t^T  once as a product, and once multiplied out
o_t = sum_{k<=t} v_k k_k^T q_t, and o_t = S_t q_t                   once as a sum over the steps before, and once by a state
"""

from __future__ import annotations

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.evidence import Unused
from derive.notation.meaning.expanded import are_alike
from derive.notation.meaning.surface import BEFORE, UP_TO, OverIndex

Raw = tuple[int, Expr, Expr]
"""An equation as it is read: its line, its left and its right side."""
MOST = 200
"""Of how many equations names are put into one another."""


def without_repetition(equations: list[Raw]) -> list[Raw]:
    """The equations without those that say of a value what an earlier one says in steps, or in one; others of one value are kept, to be refused."""
    first: dict[Expr, Expr] = {}
    kept: list[Raw] = []
    for at, left, right in equations:
        if left in first and len(equations) <= MOST:
            one, other = (_written_out(each, left, equations) for each in (first[left], right))
            if one == other or are_alike(*_put_in(first[left], right, left, equations)):
                continue
        first.setdefault(left, right)
        kept.append((at, left, right))
    return kept


def without_other_forms(equations: list[Raw], text: str) -> tuple[list[Raw], list[Unused]]:
    """The equations without those of a value that has another one, which have it on both sides or are sums over the steps before.

    Args:
        equations: each with its line, its left and its right side.
        text: the page.
    """
    lines = text.splitlines()
    kept, passed = list[Raw](), list[Unused]()
    forms = [_form(left, right) for _, left, right in equations]
    explicit = {left for (_, left, _), form in zip(equations, forms, strict=True) if not form}
    for (at, left, right), form in zip(equations, forms, strict=True):
        if not form or left not in explicit:
            kept.append((at, left, right))
            continue
        shown = lines[at - 1].strip() if 0 < at <= len(lines) else str(left)
        passed.append(
            Unused(at, shown, f"it gives {nodes.name_of(left)} {form}; the other equation of it is read, and is taken to say the same")
        )
    return kept, passed


def _form(left: Expr, right: Expr) -> str:
    """In which form an equation is, in words; "" if it is one by which a value is computed at once."""
    if isinstance(left, sp.Indexed) and left in nodes.leaves(right):
        return "with itself on the other side"
    if any(isinstance(part, OverIndex) and part.args[2] in (BEFORE, UP_TO) for part in nodes.parts(right)):
        return "as a sum over the steps before"
    return ""


def _put_in(one: Expr, other: Expr, left: Expr, equations: list[Raw]) -> tuple[Expr, Expr]:
    """Two right sides of one value, each with what the names that only it reads are at the same step."""
    table = {name: value for _, name, value in reversed(equations) if name != left}
    own = nodes.leaves(one), nodes.leaves(other)
    put = ({leaf: table[leaf] for leaf in own[at] if leaf in table and leaf not in own[1 - at]} for at in range(2))
    first, second = (nodes.replace(each, known) for each, known in zip((one, other), put, strict=True))
    return first, second


def _written_out(right: Expr, left: Expr, equations: list[Raw]) -> Expr:
    """A right side with what the names in it are at the same step, but for that of the value itself."""
    table = {name: value for _, name, value in reversed(equations) if name != left}
    for _ in range(len(table)):
        known = {leaf: table[leaf] for leaf in nodes.leaves(right) if leaf in table and leaf not in nodes.leaves(table[leaf])}
        if not known:
            break
        right = nodes.replace(right, known)
    return right
