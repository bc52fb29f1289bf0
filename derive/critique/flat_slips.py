"""Slips in what can be trained: values that are read through a function whose slope is zero, so that no gradient reaches them."""

from __future__ import annotations

from collections.abc import Iterator

from derive.algebra import nodes
from derive.algebra.nodes import Declared, Expr
from derive.critique.page import Page, Slip
from derive.critique.wording import listed, named

FLAT = (nodes.step, nodes.sign)
"""The functions whose slope is zero wherever they have one."""


def flat(page: Page) -> Iterator[Slip]:
    """An equation that reads what changes through such a function alone, without a slope declared in its place."""
    for equation in page.system.equations:
        inside: dict[Expr, Expr] = {}
        outside: set[Expr] = set()
        pending: list[tuple[Expr, Expr | None]] = [(equation.right, None)]
        while pending:
            part, within = pending.pop()
            if nodes.leaves(part) == [part]:
                _note(part, within, page, inside, outside)
            elif isinstance(part, Declared):
                pending.append((part.argument, within))
            else:
                pending += [(each, within or (part if isinstance(part, FLAT) else None)) for each in reversed(part.args)]
        lost = {leaf: function for leaf, function in inside.items() if leaf not in outside}
        for function in dict.fromkeys(lost.values()):
            names = dict.fromkeys(nodes.name_of(leaf) for leaf, own in lost.items() if own == function)
            fact = f"the slope of {page.text(function)} is 0, so that no gradient reaches {listed([*map(named, names)])} through it"
            call = type(function).__name__
            yield Slip(equation, fact, f"if it is trained, declare a slope that stands in for it: `{call}(v) slope max(0, 1 - abs(v))`")


def _note(leaf: Expr, within: Expr | None, page: Page, inside: dict[Expr, Expr], outside: set[Expr]) -> None:
    """Note where a leaf that changes is read."""
    if not page.system[nodes.name_of(leaf)].changes:
        return
    if within is None:
        outside.add(leaf)
    else:
        inside.setdefault(leaf, within)
