"""Reverse mode: a tangent system to its adjoint system, by transposing each linear map in it.

A term L(udot_{t+k}) in the equation of ydot_t contributes L^T(ybar_t) to the adjoint of u at t + k; read at t, a lag becomes a lead. What
a parameter does at all t is a sum over time. Beyond the last step and before the first one adjoints are zero; the adjoint of an initial
state collects what reaches it from the steps 1..T.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, OverTime, add, at, mul, shift
from derive.algebra.rules import reduce_to, rule
from derive.algebra.shapes import Shape
from derive.calculus.names import fresh, marked
from derive.system import Boundary, Equation, Kind, Role, Step, System, Variable


@dataclass(frozen=True)
class Contribution:
    """What one use of a variable adds to its adjoint: `term` at t, where `lead` is how far ahead of t the using equation stands."""

    term: Expr
    lead: int
    step: Step


def transpose(forward: System, tangent: System) -> System:
    """The adjoint system of the loss: what its derivatives by all variables, inputs, parameters and initial states satisfy.

    The loss is `forward.loss`, or its sum over t if it is a sequence; where that is "" it is a function outside whose derivatives by the
    outputs are given.
    """
    adjoints, upstream = _variables(forward)
    origin = {each.of: name for name, each in tangent.variables.items() if each.kind is Kind.TANGENT}
    primal = {name: of for of, name in origin.items()}
    found: dict[str, list[Contribution]] = {name: _seeds(forward, name, upstream) for name in forward.variables}
    by_name = {primal[equation.name]: equation for equation in tangent.equations}
    shape = replace(tangent, variables={**tangent.variables, **{each.name: each for each in adjoints.values()}}).shape
    tangents = frozenset(primal)
    for equation in (by_name[each.name] for each in forward.order):
        user = primal[equation.name]
        for leaf, term, reasons in _walk(equation.right, adjoints[user].symbol, tangents, shape):
            name = primal[nodes.name_of(leaf)]
            found[name].append(_contribution(leaf, term, reasons, equation, forward, forward[user], forward[name]))
    given = [replace(each, role=Role.INPUT) if each.role is Role.DEFINED else each for each in forward.variables.values()]
    number = max(equation.number for equation in tangent.equations)
    equations = []
    for name in _reading_order(forward):
        for left, kept in _equations(forward, name, adjoints[name], found[name]):
            number += 1
            right = add(*(each.term for each in kept)) if kept else nodes.Zeros(*forward[name].shape)
            equations.append(Equation(left, right, number, tuple(each.step for each in kept)))
    return replace(forward.with_equations(equations, [*given, *upstream.values(), *adjoints.values()]), outputs=(), loss="")


def _variables(forward: System) -> tuple[dict[str, Variable], dict[str, Variable]]:
    """The adjoint of each variable, and the upstream gradient of each output."""
    taken = {*forward.variables}
    adjoints, upstream = {}, {}
    for name in () if forward.loss else forward.outputs:
        own = fresh(f"dLd{name}", taken)
        taken.add(own)
        output = forward[name]
        upstream[name] = Variable(own, Role.INPUT, output.shape, output.is_sequence, Boundary.ZERO, Kind.UPSTREAM, name)
    for name, each in forward.variables.items():
        if not each.changes:
            continue
        own = fresh(marked(name, "bar"), taken)
        taken.add(own)
        adjoints[name] = Variable(own, Role.DEFINED, each.shape, each.is_sequence, Boundary.ZERO, Kind.ADJOINT, name)
    return adjoints, upstream


def _seeds(forward: System, name: str, upstream: dict[str, Variable]) -> list[Contribution]:
    """What the loss itself contributes."""
    if name == forward.loss:
        own = forward[name]
        why = "the loss is the sum over t" if own.is_sequence else "the loss is this value"
        return [Contribution(sp.Integer(1), 0, Step(why, after=sp.Integer(1), use=own.symbol))]
    if name in upstream:
        symbol = upstream[name].symbol
        return [Contribution(symbol, 0, Step("the loss reads the output", after=symbol, use=forward[name].symbol))]
    return []


def _contribution(
    leaf: Expr, term: Expr, reasons: tuple[str, ...], equation: Equation, forward: System, user: Variable, used: Variable
) -> Contribution:
    right = forward.equation(user.name).right
    if isinstance(right, nodes.Declared):
        reasons = ("a declared slope", *reasons)
    step = Step("transpose", after=term, before=equation.right, equation=forward.equation(user.name).number, reasons=reasons)
    if not used.is_sequence:
        summed = OverTime(term) if user.is_sequence else term
        reasons = (*reasons, "sum over time") if user.is_sequence else reasons
        return Contribution(summed, 0, replace(step, after=summed, use=used.symbol, reasons=reasons))
    by = int(nodes.offset(leaf))
    moved = shift(term, -by)
    if by:
        reasons = (*reasons, "a lag becomes a lead" if by < 0 else "a lead becomes a lag")
    return Contribution(moved, -by, replace(step, after=moved, use=used.at(leaf.indices[0]), reasons=reasons))


def _walk(expr: Expr, g: Expr, tangents: frozenset[str], shape: Callable[[Expr], Shape]) -> Iterator[tuple[Expr, Expr, tuple[str, ...]]]:
    """Each tangent leaf of a linear expression with its transposed contribution and the rules used, given the adjoint g of the whole.

    What is the same at all t and read in a sum over time collects the sum of its contributions.
    """
    whole = reduce_to(g, shape(g), shape(expr))
    pending: list[tuple[Expr, Expr, tuple[str, ...]]] = [(expr, whole, () if whole == g else ("transpose a broadcast",))]
    summed = rule(OverTime).name
    while pending:
        part, g, reasons = pending.pop()
        if isinstance(part, sp.Symbol) and summed in reasons:
            yield part, OverTime(g), (*reasons, "sum over time")
            continue
        if isinstance(part, (sp.Indexed, sp.Symbol)):
            yield part, g, reasons
            continue
        live = [place for place, each in enumerate(part.args) if any(nodes.name_of(leaf) in tangents for leaf in nodes.leaves(each))]
        for place in reversed(live):
            operand = part.args[place]
            if isinstance(part, nodes.Linear):
                back = rule(type(part)).claim(g, shape, *part.args)[place]
                pending.append((operand, back, (*reasons, rule(type(part)).name)))
                continue
            factors = [each for at_, each in enumerate(part.args) if at_ != place] if isinstance(part, sp.Mul) else []
            named = (*reasons, "an elementwise product is its own transposition") if factors else reasons
            scaled = mul(g, *factors)
            reduced = reduce_to(scaled, shape(scaled), shape(operand))
            pending.append((operand, reduced, named if reduced == scaled else (*named, "transpose a broadcast")))


def _reading_order(forward: System) -> list[str]:
    """The last computed first, then the inputs, then the parameters."""
    defined = [equation.name for equation in reversed(forward.order)]
    return [*defined, *(each.name for each in forward.inputs), *(each.name for each in forward.parameters)]


def _equations(forward: System, name: str, adjoint: Variable, found: list[Contribution]) -> Iterator[tuple[Expr, list[Contribution]]]:
    """The equation of an adjoint and those of its boundary values, each with the contributions in it."""
    ordered = sorted(found, key=lambda each: abs(each.lead))
    yield adjoint.symbol, ordered
    if not adjoint.is_sequence or forward[name].boundary is Boundary.ZERO:
        return
    low, high = forward.reach[name]
    for time in range(0, low, -1):
        yield adjoint.at(time), [_fixed(each, sp.Integer(time)) for each in ordered if each.lead > -time]
    for beyond in range(1, high + 1):
        yield adjoint.at(nodes.T + beyond), [_fixed(each, nodes.T + beyond) for each in ordered if each.lead <= -beyond]


def _fixed(each: Contribution, time: Expr) -> Contribution:
    """A contribution at one time."""
    term = at(each.term, time)
    return replace(each, term=term, step=replace(each.step, after=term))
