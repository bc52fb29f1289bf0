"""The backward part of a narration: each adjoint's equation, from the uses of its value, and the order in which they are computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import networkx as nx

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.document.blocks import Block, Equations, Table, Text
from derive.document.inline import reference
from derive.document.teller import Teller, references
from derive.system import Equation, Role, Step, Variable

QUIET = ("drop zeros", "broadcast", "positive terms first")
"""Rewrites that are shown together with the one before them."""

Display = tuple[Equation, str, tuple[tuple[Expr, str], ...]]
"""An equation, the remark beside it, and its working."""


def backward(teller: Teller) -> Iterator[Block]:
    """The equations of all adjoints: of what is computed, of initial values, of inputs, of parameters."""
    every = teller.adjoint.equations
    role = {each.number: teller.forward[teller.adjoint[each.name].of].role for each in every}
    inside = [each for each in every if not each.is_boundary]
    yield teller.heading("backward")
    if any(variable.is_sequence for variable in teller.forward.states):
        yield Text(teller.say("beyond"))
    yield from _told(teller, [each for each in inside if role[each.number] is Role.DEFINED])
    yield from _initial(teller, [each for each in every if each.is_boundary])
    for key, wanted in (("the inputs", Role.INPUT), ("the parameters", Role.PARAMETER)):
        chosen = [each for each in inside if role[each.number] is wanted]
        if chosen:
            yield teller.heading(key)
            if wanted is Role.INPUT:
                yield Text(teller.say("inputs"))
            yield from _told(teller, chosen)


def _told(teller: Teller, equations: Sequence[Equation]) -> Iterator[Block]:
    """Equations one after another; those that need no words between them stand in one display."""
    waiting: list[Display] = []
    for equation in equations:
        uses = [step for step in equation.steps if step.use is not None]
        words: list[Block] = list(teller.explained(_rules(equation)))
        if len(uses) > 1:
            words = [*words, *_uses(teller, teller.forward[teller.adjoint[equation.name].of], teller.adjoint[equation.name], uses)]
        if words:
            yield from _display(teller, waiting)
            waiting = []
            yield from words
        waiting.append(_worked(teller, equation, uses))
        if len(uses) > 1:
            yield from _display(teller, waiting)
            waiting = []
    yield from _display(teller, waiting)


def _display(teller: Teller, waiting: Sequence[Display]) -> Iterator[Block]:
    if waiting:
        equations, reasons, working = zip(*waiting, strict=True)
        yield Equations(teller.adjoint, equations, reasons, working)


def _rules(equation: Equation) -> list[str]:
    """All rules by which an equation came about, in order."""
    return [rule for step in equation.steps for rule in _applied(step)]


def _uses(teller: Teller, value: Variable, bar: Variable, uses: Sequence[Step]) -> Iterator[Block]:
    """A table of the uses of a value."""
    numbers = teller.say("numbers").split(",")
    count = numbers[len(uses)] if len(uses) < len(numbers) else str(len(uses))
    yield Text(teller.say("uses", value=teller.math(value.symbol), bar=teller.math(bar.symbol), count=count))
    header = tuple(map(teller.say, ("use in", "use as", "rules", "term")))
    yield Table(header, tuple(_use(teller, step) for step in uses))


def _use(teller: Teller, step: Step) -> tuple[str, str, str, str]:
    assert step.use is not None
    place = reference(step.equation) if step.equation else teller.say("the loss")
    return place, teller.inline(step.use), teller.labels(_applied(step)), teller.inline(step.after)


def _applied(step: Step) -> Sequence[str]:
    """The rules of a step; what is passed on by a sum alone is said so."""
    return (step.reasons or ("a term of a sum",)) if step.rule == "transpose" else (step.rule,)


def _worked(teller: Teller, equation: Equation, uses: Sequence[Step]) -> Display:
    """An equation with the remark where it comes from, and the forms that it had before its rewrites."""
    rewrites = [step for step in equation.steps if step.use is None]
    forms = [rewrites[0].before if rewrites else equation.right]
    remarks = [_origin(teller, equation, uses)]
    for step in rewrites:
        if step.rule in QUIET and len(forms) > 1:
            forms[-1] = step.after
            remarks[-1] = ", ".join(filter(None, (remarks[-1], teller.label(step.rule))))
        else:
            forms.append(step.after)
            remarks.append(teller.label(step.rule))
    return equation, remarks[-1], tuple(zip(forms[:-1], remarks[:-1], strict=True))


def _origin(teller: Teller, equation: Equation, uses: Sequence[Step]) -> str:
    if not uses:
        return teller.say("no use", value=teller.math(teller.forward[teller.adjoint[equation.name].of].symbol))
    if len(uses) > 1:
        return teller.say("sum of uses")
    (step,) = uses
    labels = teller.labels(_applied(step))
    if not step.equation:
        return labels
    return ": ".join(filter(None, (teller.say("one use", equation=reference(step.equation)), labels)))


def _initial(teller: Teller, equations: Sequence[Equation]) -> Iterator[Block]:
    """The adjoints of initial and final values."""
    if not equations:
        return
    yield teller.heading("the initial values")
    for key, after in (("initial", False), ("final", True)):
        chosen = [each for each in equations if each.left.indices[0].has(nodes.T) is after]
        if chosen:
            yield Text(teller.say(key))
            yield Equations(teller.adjoint, tuple(chosen), tuple(_at_time(teller, each) for each in chosen))


def _at_time(teller: Teller, equation: Equation) -> str:
    source = teller.adjoint.equation(equation.name)
    return teller.say("at time", equation=reference(source.number), time=teller.math(equation.left.indices[0]))


def order(teller: Teller) -> Iterator[Block]:
    """Which equations need a loop over time, and in which order all are computed."""
    yield teller.heading("the order")
    forward = references(each.number for each in teller.forward.order)
    parts = list(_stages(teller))
    yield Text(" ".join([teller.say("run forward", numbers=forward), *parts]))


def _stages(teller: Teller) -> Iterator[str]:
    """The loops and the equations between them, a sentence each."""
    adjoint = teller.adjoint
    place = {each.name: at for at, each in enumerate(adjoint.order)}
    graph = adjoint.dependences.subgraph(place)
    groups = list(nx.strongly_connected_components(graph))
    parts = nx.condensation(graph, groups)
    first = {node: min(place[name] for name in data["members"]) for node, data in parts.nodes(data=True)}
    home = {name: node for node, data in parts.nodes(data=True) for name in data["members"]}
    inside: dict[int, list[int]] = {}
    for a, b, by in graph.edges(data="offset"):
        if home[a] == home[b] and by:
            inside.setdefault(home[a], []).append(by)
    free: list[str] = []
    for node in nx.lexicographical_topological_sort(parts, key=first.__getitem__):
        members = sorted(parts.nodes[node]["members"], key=place.__getitem__)
        loops = inside.get(node)
        if not loops:
            free += members
            continue
        if free:
            yield teller.say("at once", numbers=_numbers(teller, free))
        free = []
        yield teller.say("loop down" if max(loops) > 0 else "loop up", numbers=_numbers(teller, members))
    sums = [name for name in free if not adjoint[name].is_sequence]
    rest = [name for name in free if adjoint[name].is_sequence]
    if rest:
        yield teller.say("at once", numbers=_numbers(teller, rest))
    boundary = [each.number for each in adjoint.equations if each.is_boundary]
    yield teller.say("at last", numbers=references(sorted([*boundary, *(adjoint.equation(name).number for name in sums)])))


def _numbers(teller: Teller, names: Iterable[str]) -> str:
    return references(teller.adjoint.equation(name).number for name in names)
