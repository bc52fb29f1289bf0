"""A model of what is observed beside the same solved for what is not, y_t = f + e_t and e_t = y_t - f: the one behind is computed.

Statistics writes both, the model and how its noise is found from the data: y is given then, and the model is no equation of the cell.
"""

from __future__ import annotations

from collections.abc import Collection

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.evidence import Unused
from derive.notation.meaning.repeated import Raw

ADVICE = "it says the same as the equation of {}, solved for {}, which is taken as given"


def of_the_observed(equations: list[Raw], text: str, given: Collection[str]) -> tuple[list[Raw], list[Unused]]:
    """The equations without models of values that another one reads at the same step to solve the model for its noise.

    Args:
        equations: each with its line, its left and its right side.
        text: the page.
        given: the names that its words call inputs, which are no noise.
    """
    rights = {left: right for _, left, right in equations}
    lines = text.splitlines()
    kept, passed, models = list[Raw](), list[Unused](), set[Expr]()
    for at, left, right in equations:
        terms = right.args if right.is_Add else ()
        noise = next((each for each in terms if each in rights and _is_solved(left, right, each, rights)), None)
        if noise is None or noise in models or nodes.name_of(noise) in given:
            kept.append((at, left, right))
            continue
        models.add(left)
        shown = lines[at - 1].strip() if 0 < at <= len(lines) else str(left)
        passed.append(Unused(at, shown, ADVICE.format(nodes.name_of(noise), nodes.name_of(left))))
    return kept, passed


def _is_solved(left: Expr, right: Expr, noise: Expr, rights: dict[Expr, Expr]) -> bool:
    """Whether the equation of the noise is that of the left side, solved for it, be it over a value that has an equation of its own."""
    solved = rights[noise]
    if left not in sp.Add.make_args(solved):
        return False
    others = {each: rights[each] for each in nodes.leaves(solved) if each in rights and each not in (left, noise)}
    return any(sp.expand(each + right - noise - left) == 0 for each in (solved, nodes.replace(solved, others)))
