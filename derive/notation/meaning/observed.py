"""Models of what is observed, which are no equations of a cell: what they define is given.

y_t = f + e_t beside e_t = y_t - f                      the one behind is computed: how the noise is found from the data
x_t = A x_{t-1} + w_t, z_t = C x_t + v_t with noises    how the data z come about, beside a filter that reads them
r_t = mu + e_t, with a loss of e_t and not of r_t       e_t = r_t - mu: what is observed is given, and the loss asks for the rest
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.evidence import Unused
from derive.notation.meaning.repeated import Raw


def without_models_of_data(
    equations: list[Raw], text: str, given: Collection[str], noises: Collection[str], asked: Collection[str]
) -> tuple[list[Raw], list[Unused]]:
    """The equations without models of how data come about, and with those of what is observed solved for what the loss reads.

    Args:
        equations: each with its line, its left and its right side.
        text: the page.
        given: the names that its words call inputs.
        noises: the names that the page says are drawn at random.
        asked: the names that it declares outputs or losses.

    Returns:
        The equations, and what is told of those that were changed or left out.
    """
    equations, solved = of_the_observed(equations, text, given)
    equations, drawn = of_the_data(equations, text, noises)
    equations, residuals = of_the_residual(equations, text, {*given, *asked}, noises)
    return equations, [*solved, *drawn, *residuals]


ESTIMATES = ("hat", "bar", "tilde", "est")
"""What the estimate of a state is marked with."""
ADVICE = "it says the same as the equation of {}, solved for {}, which is taken as given"


def of_the_observed(equations: list[Raw], text: str, given: Collection[str]) -> tuple[list[Raw], list[Unused]]:
    """The equations without models of values that another one reads at the same step to solve the model for its noise.

    Args:
        equations: each with its line, its left and its right side.
        text: the page.
        given: the names that its words call inputs, which are no noise.
    """
    rights = {left: right for _, left, right in equations}
    kept, passed, models = list[Raw](), list[Unused](), set[Expr]()
    for at, left, right in equations:
        terms = right.args if right.is_Add else ()
        noise = next((each for each in terms if each in rights and _is_solved(left, right, each, rights)), None)
        if noise is None or noise in models or nodes.name_of(noise) in given:
            kept.append((at, left, right))
            continue
        models.add(left)
        passed.append(Unused(at, _shown(text, (at, left, right)), ADVICE.format(nodes.name_of(noise), nodes.name_of(left))))
    return kept, passed


RESIDUAL = "it is read as what it says of {0}, {0}_t = {1}_t - (...), as {1} is what is observed: the loss reads {0} and nothing reads {1}"
DRAWN = "it says how {} comes about, with {} drawn at random; the model of what is observed, solved for {}, gives it"


def of_the_residual(equations: list[Raw], text: str, given: Collection[str], noises: Collection[str]) -> tuple[list[Raw], list[Unused]]:
    """The equations with a model of what is observed, y_t = f + e_t, solved for its residual e_t, where the loss reads the residual alone.

    Args:
        equations: each with its line, its left and its right side.
        text: the page.
        given: the names that its words call inputs, and those it declares, which are no residuals and not observed.
        noises: the names that the page says are drawn at random.
    """
    if not any(right.has(nodes.OverTime) for _, _, right in equations):
        return equations, []
    lefts = {nodes.name_of(left) for _, left, _ in equations}
    reads = {left: {nodes.name_of(leaf) for leaf in nodes.leaves(right)} for _, left, right in equations}
    made, told = list(equations), list[Unused]()
    for at, left, right in equations:
        readers = [other for other, names in reads.items() if nodes.name_of(left) in names]
        terms = [each for each in right.args if isinstance(each, sp.Indexed) and each.indices[0] == nodes.t] if right.is_Add else []
        residuals = [each for each in terms if _is_residual(each, left, made, reads, {*noises}) and nodes.name_of(each) not in given]
        if readers or not isinstance(left, sp.Indexed) or len(residuals) != 1 or nodes.name_of(left) in given:
            continue
        (own,) = residuals
        computed = reads[left] & lefts - {nodes.name_of(own), nodes.name_of(left)}
        if any(name in names for name in computed for other, names in reads.items() if other != left):
            continue
        name, observed = nodes.name_of(own), nodes.name_of(left)
        drawn = [each for each in made if each[1] == own]
        told += [Unused(each[0], _shown(text, each), DRAWN.format(name, ", ".join(sorted(reads[own] - lefts)), name)) for each in drawn]
        told.append(Unused(at, _shown(text, (at, left, right)), RESIDUAL.format(name, observed)))
        made = [(at, own, left + own - right) if each == (at, left, right) else each for each in made if each not in drawn]
    return made, told


def _is_residual(own: Expr, left: Expr, equations: Iterable[Raw], reads: Mapping[Expr, set[str]], noises: set[str]) -> bool:
    """Whether others than a model read a value that has no equation, or one alone by which it is drawn."""
    name = nodes.name_of(own)
    by = [(other, right) for _, other, right in equations if other == own]
    is_free = not by or (
        len(by) == 1 and any(isinstance(each, sp.Indexed) and nodes.name_of(each) in noises for each in nodes.leaves(by[0][1]))
    )
    return is_free and any(name in names for other, names in reads.items() if other not in (left, own))


def _shown(text: str, equation: Raw) -> str:
    """An equation as its page has it."""
    at, left, _ = equation
    lines = text.splitlines()
    return lines[at - 1].strip() if 0 < at <= len(lines) else str(left)


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
    steps = {nodes.name_of(leaf) for _, _, right in equations for leaf in nodes.leaves(right) if isinstance(leaf, sp.Indexed)}
    noises = {*noises, *_driving(equations, names, reads)} & steps - {*names.values()}
    model = [at for at in names if reads[at] & {*noises}]
    own, others = {names[at] for at in model}, [at for at in names if at not in model]
    seen = own & {name for at in others for name in reads[at]}
    hidden = own & {name for at in model for name in reads[at]}
    is_closed = not any(reads[at] & {names[other] for other in others} for at in model)
    if not (seen and hidden and is_closed) or seen & hidden:
        return equations, []
    shown = [(each[0], _shown(text, each)) for each in (equations[at] for at in model)]
    advice = OF_DATA.format(" and ".join(sorted({name for at in model for name in reads[at] & {*noises}})), " and ".join(sorted(seen)))
    return [equations[at] for at in others], [Unused(at, line, advice) for at, line in shown]


def _driving(equations: list[Raw], names: Mapping[int, str], reads: Mapping[int, set[str]]) -> Iterator[str]:
    """The values without equations that nothing reads but the model of a state which the page estimates: x_t = A x_{t-1} + w_t beside x_hat."""
    own = {*names.values()}
    estimated = {name for name in own if own & {f"{name}_{mark}" for mark in ESTIMATES}}
    for at, (_, _, right) in enumerate(equations):
        terms = [each for each in right.args if isinstance(each, sp.Indexed)] if right.is_Add else []
        alone = [nodes.name_of(each) for each in terms if sum(nodes.name_of(each) in every for every in reads.values()) == 1]
        if names[at] in estimated or reads[at] & estimated:
            yield from (name for name in alone if name not in own)


def _is_solved(left: Expr, right: Expr, noise: Expr, rights: dict[Expr, Expr]) -> bool:
    """Whether the equation of the noise is that of the left side, solved for it, be it over a value that has an equation of its own."""
    solved = rights[noise]
    if left not in sp.Add.make_args(solved):
        return False
    others = {each: rights[each] for each in nodes.leaves(solved) if each in rights and each not in (left, noise)}
    return any(sp.expand(each + right - noise - left) == 0 for each in (solved, nodes.replace(solved, others)))
