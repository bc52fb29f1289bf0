"""The gradient as lecture notes write it: a sum over the steps at which a parameter was used, each with a product of Jacobian matrices.

One step's Jacobian is read off the tangent system: the tangents of all intermediates are put into those of the state, with the changes of
inputs and parameters set to zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, Stack, Zeros, add, mul
from derive.document.blocks import Block, Equations, Text
from derive.document.teller import Teller
from derive.system import Equation, Kind, System

J3, J2 = r"J_{3} \, ", r"J_{2} \, "


def one_step(forward: System, tangent: System) -> tuple[Equation, ...]:
    """How a change of the state at t - 1 changes the state at t, an equation for each state; () where the state is not of that form.

    A state's tangent at t may stand in the equation of another one, as that of the cell state does in that of the LSTM's output.
    """
    states = [each.name for each in forward.states]
    if not states or any(forward.reach[name] != (-1, 0) for name in states):
        return ()
    tangents = {each.of: each.name for each in tangent.variables.values() if each.kind is Kind.TANGENT}
    known: dict[Expr, Expr] = {}
    for name, own in tangents.items():
        if name not in states:
            known[tangent[own].symbol] = sp.Integer(0)
    named = {each.right: each.left for each in forward.equations if isinstance(each.right, (nodes.Elementwise, nodes.Composite))}
    found = {}
    for equation in forward.order:
        change = tangent.equation(tangents[equation.name])
        right = _put(nodes.replace(change.right, named), known, tangent)
        if equation.name in states:
            found[equation.name] = Equation(change.left, right)
        else:
            known[change.left] = right
    return tuple(found.values())


def _put(expr: Expr, known: Mapping[Expr, Expr], system: System) -> Expr:
    """The expression with the known tangents put in, and without the terms that are zero then."""
    if expr in known:
        return known[expr]
    if isinstance(expr, sp.Indexed) or not expr.args:
        return expr
    operands = tuple(_put(each, known, system) for each in expr.args)
    if isinstance(expr, sp.Add):
        return add(*operands)
    if isinstance(expr, sp.Mul):
        return mul(*operands)
    if isinstance(expr, Stack) and any(each != 0 for each in operands):
        return Stack(*(Zeros(*system.shape(own)) if each == 0 else each for own, each in zip(expr.args, operands, strict=True)))
    if (
        isinstance(expr, nodes.Linear)
        and not isinstance(expr, Zeros)
        and 0 in (operands if expr.multilinear else operands[expr.coefficients :][:1])
    ):
        return sp.Integer(0)
    return nodes.rebuild(expr, operands)


def shown_parameter(forward: System) -> str:
    """The parameter of the example: the first that multiplies a state of the step before, or the first of all."""
    for equation in forward.equations:
        for part in nodes.parts(equation.right):
            if isinstance(part, nodes.MatMul) and isinstance(part.args[0], sp.Symbol) and _is_lagged(part.args[1]):
                return str(part.args[0])
    return forward.parameters[0].name if forward.parameters else ""


def _is_lagged(part: Expr) -> bool:
    return isinstance(part, sp.Indexed) and nodes.offset(part) == -1


def paths(teller: Teller) -> Iterator[Block]:
    """The sum over paths of three steps, generated for any state that is read one step later."""
    steps, parameter = one_step(teller.forward, teller.tangent), shown_parameter(teller.forward)
    if not steps or not parameter:
        return
    states = [teller.forward[teller.tangent[each.name].of] for each in steps]
    several = len(states) > 1
    state = "s" if several else teller.letter(states[0])
    yield teller.heading("the paths")
    if several:
        yield Text(teller.say("state of several", states=", ".join(teller.math(each.symbol) for each in states)))
    else:
        now, before = (teller.math(states[0].at(nodes.t + by)) for by in (0, -1))
        yield Text(teller.say("state of one", state=state, now=now, before=before))
    yield Equations(teller.tangent, steps)
    weight, last = teller.math(teller.forward[parameter].symbol), _at(state, "3")
    total = rf"\frac{{d L_{{3}}}}{{d {weight}}} = \sum_{{k=1}}^{{3}} {_row(last)} \, J_{{3}} \cdots J_{{k+1}} \, {_use(state, 'k', weight)}"
    full = " + ".join(_row(last) + r" \, " + jacobians + _use(state, k, weight) for k, jacobians in (("3", ""), ("2", J3), ("1", J3 + J2)))
    yield Text(teller.say("sum over paths", parameter=weight, sum=f"$${total},$$", before_k=_at(state, "k-1"), full=f"$${full}.$$"))
    yield Text(teller.say("from the left", last=last))


def _at(state: str, time: str) -> str:
    """The state's name at a time; a name that has a subscript already gets the time after it."""
    return f"{state[:-1]},{time}}}" if state.endswith("}") and "_{" in state else f"{state}_{{{time}}}"


def _row(last: str) -> str:
    return rf"\frac{{\partial L_{{3}}}}{{\partial {last}}}"


def _use(state: str, time: str, weight: str) -> str:
    return rf"\frac{{\partial^{{+}} {_at(state, time)}}}{{\partial {weight}}}"
