"""Models of what is observed, which are no equations of a cell: what they define is given.

y_t = f + e_t beside e_t = y_t - f                      the one behind is computed: how the noise is found from the data
x_t = A x_{t-1} + w_t, z_t = C x_t + v_t with noises    how the data z come about, beside a filter that reads them
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


OF_DATA = "it says how the data come about, with {} drawn at random; {} is taken as given"


def of_the_data(equations: list[Raw], text: str, noises: Collection[str]) -> tuple[list[Raw], list[Unused]]:
    """The equations without those of a state that noise drives and that nothing but its observation reads, and without that observation.

    Args:
        equations: each with its line, its left and its right side.
        text: the page.
        noises: the names that the page says are drawn at random.
    """
    names = {at: nodes.name_of(left) for at, (_, left, _) in enumerate(equations)}
    reads = {at: {nodes.name_of(leaf) for leaf in nodes.leaves(right)} for at, (_, _, right) in enumerate(equations)}
    model = [at for at in names if reads[at] & {*noises}]
    own, others = {names[at] for at in model}, [at for at in names if at not in model]
    seen = own & {name for at in others for name in reads[at]}
    hidden = own & {name for at in model for name in reads[at]}
    is_closed = not any(reads[at] & {names[other] for other in others} for at in model)
    if not (seen and hidden and is_closed) or seen & hidden:
        return equations, []
    lines = text.splitlines()
    shown = [(at, lines[at - 1].strip() if 0 < at <= len(lines) else str(left)) for at, left, _ in (equations[at] for at in model)]
    advice = OF_DATA.format(" and ".join(sorted({name for at in model for name in reads[at] & {*noises}})), " and ".join(sorted(seen)))
    return [equations[at] for at in others], [Unused(at, line, advice) for at, line in shown]


def _is_solved(left: Expr, right: Expr, noise: Expr, rights: dict[Expr, Expr]) -> bool:
    """Whether the equation of the noise is that of the left side, solved for it, be it over a value that has an equation of its own."""
    solved = rights[noise]
    if left not in sp.Add.make_args(solved):
        return False
    others = {each: rights[each] for each in nodes.leaves(solved) if each in rights and each not in (left, noise)}
    return any(sp.expand(each + right - noise - left) == 0 for each in (solved, nodes.replace(solved, others)))
