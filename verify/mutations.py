"""Plausible mistakes, put into a system one at a time, to see whether a check would find them.

    for mutation in mutations(adjoint): assert prove(forward, mutation.system).outcome is not Outcome.AGREES

The mistakes are those that people make when they derive gradients by hand: a path forgotten or counted twice, a wrong sign, h[t] for
h[t-1], a missing transposition, a missing slope, one gate in the place of another, a sum over time left out, a wrong or missing initial
value. A few of them change nothing (the sign of a value that is squared, say); whether one does is for evaluation to decide, not for this
list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, MatMul, OverTime, SumColumns, SumRows, Transpose, add, mul, neg
from derive.system import Equation, System, Variable

Change = tuple[str, Expr]
"""What was done to a part of a right side, and the part after it."""


@dataclass(frozen=True)
class Mutation:
    """One mistake.

    Attributes:
        kind: of mistake, as in `MISTAKES`; "boundary" also for all in the equation of an initial value.
        name: short and unique in its system: "hbar[t]: sign of dLdh[t]".
        equation: the left side of the equation concerned, as text.
        description: the mistake in one sentence.
        system: the system with the mistake; its sizes need not fit any more.
    """

    kind: str
    name: str
    equation: str
    description: str
    system: System


def mutations(system: System) -> Iterator[Mutation]:
    """All mistakes of `MISTAKES` at all places of all equations, one at a time, and each equation left out; always in the same order."""
    for place, equation in enumerate(system.equations):
        left, others = str(equation.left), (system.equations[:place], system.equations[place + 1 :])
        yield Mutation(
            "equation left out",
            f"{left}: left out",
            left,
            f"the equation of {left} is left out",
            replace(system, equations=others[0] + others[1]),
        )
        seen: set[object] = {equation.right}
        for kind, what, right in _mistakes(equation, system):
            if right not in seen and what not in seen:
                seen |= {right, what}
                wrong = replace(system, equations=(*others[0], replace(equation, right=right), *others[1]))
                yield Mutation(
                    "boundary" if equation.is_boundary else kind, f"{left}: {what}", left, f"in the equation of {left}: {what}", wrong
                )


def _mistakes(equation: Equation, system: System) -> Iterator[tuple[str, str, Expr]]:
    """Each mistake in an equation, by its kind and description, with the right side that has it."""
    for part, rebuilt in _places(equation.right):
        for kind, mistake in MISTAKES.items():
            for what, new in mistake(part, system):
                yield kind, what, rebuilt(new)


def _places(expr: Expr) -> Iterator[tuple[Expr, Callable[[Expr], Expr]]]:
    """Each part of an expression with the function that puts another one in its place; a read is one part."""
    yield expr, lambda new: new
    if isinstance(expr, sp.Indexed):
        return
    for place, operand in enumerate(expr.args):
        for part, rebuilt in _places(operand):
            yield part, lambda new, place=place, rebuilt=rebuilt: _with(expr, place, rebuilt(new))  # type: ignore[misc]


def _with(expr: Expr, place: int, operand: Expr) -> Expr:
    """The expression with another operand; sums and products stay flat."""
    operands = (*expr.args[:place], operand, *expr.args[place + 1 :])
    if isinstance(expr, (sp.Add, sp.Mul)):
        return add(*operands) if isinstance(expr, sp.Add) else mul(*operands)
    return nodes.rebuild(expr, operands)


def spelled(expr: Expr) -> str:
    """An expression in one line, as plain as a name of a mistake needs it."""
    inside = [spelled(each) for each in expr.args]
    match expr:
        case sp.Indexed() | sp.Symbol():
            return str(expr)
        case sp.Add():
            return f"({' + '.join(inside)})"
        case sp.Mul():
            return "*".join(inside)
        case sp.Pow():
            return f"{inside[0]}^{inside[1]}"
        case MatMul():
            return " ".join(inside)
        case Transpose():
            return f"{inside[0]}^T"
        case OverTime():
            return f"sum_t {inside[0]}"
    return f"{type(expr).__name__}({', '.join(inside)})" if inside else str(expr)


def dropped(part: Expr, system: System) -> Iterator[Change]:
    """A term of a sum is forgotten."""
    if isinstance(part, sp.Add):
        for place, term in enumerate(part.args):
            yield f"without the term {spelled(term)}", _with(part, place, sp.Integer(0))


def signs(part: Expr, system: System) -> Iterator[Change]:
    """A term or a value has the wrong sign."""
    if isinstance(part, sp.Add):
        for place, term in enumerate(part.args):
            yield f"sign of {spelled(term)}", _with(part, place, neg(term))
    elif isinstance(part, (sp.Indexed, MatMul, OverTime)):
        yield f"sign of {spelled(part)}", neg(part)


def doubled(part: Expr, system: System) -> Iterator[Change]:
    """A term or a value is counted twice."""
    if isinstance(part, sp.Add):
        for place, term in enumerate(part.args):
            yield f"{spelled(term)} counted twice", add(*part.args[: place + 1], *part.args[place:])
    elif isinstance(part, (sp.Indexed, MatMul, OverTime)):
        yield f"{spelled(part)} counted twice", mul(2, part)


def factors(part: Expr, system: System) -> Iterator[Change]:
    """A factor of an elementwise product, such as a slope, is forgotten or is there twice; a square is not taken."""
    if isinstance(part, sp.Mul):
        for place, factor in enumerate(part.args):
            yield f"without the factor {spelled(factor)} of {spelled(part)}", _with(part, place, sp.Integer(1))
            if not factor.is_Number:
                yield f"the factor {spelled(factor)} of {spelled(part)} twice", mul(*part.args[: place + 1], *part.args[place:])
    elif isinstance(part, sp.Pow):
        yield f"{spelled(part.base)} for {spelled(part)}", part.base


def transpositions(part: Expr, system: System) -> Iterator[Change]:
    """A matrix is not transposed, or is without need; the factors of a product are in the wrong order."""
    if isinstance(part, Transpose):
        yield f"{spelled(part.args[0])} not transposed", part.args[0]
    elif isinstance(part, MatMul):
        left, right = part.args
        yield f"{spelled(part)} in the wrong order", MatMul(right, left)
        yield f"{spelled(part)} transposed", Transpose(part)
        if isinstance(left, sp.Symbol):
            yield f"{spelled(left)} transposed", MatMul(Transpose(left), right)


def times(part: Expr, system: System) -> Iterator[Change]:
    """A sequence is read one step too early or too late."""
    if isinstance(part, sp.Indexed):
        for by in (-1, 1):
            wrong = part.base[part.indices[0] + by]
            yield f"{wrong} for {spelled(part)}", wrong


def names(part: Expr, system: System) -> Iterator[Change]:
    """A variable stands in the place of another one of its kind: the gate i for the gate f, U_i for U_f."""
    if isinstance(part, sp.Indexed) or (isinstance(part, sp.Symbol) and not part.is_integer):
        variable = system[nodes.name_of(part)]
        alike = [each for each in system.variables.values() if _like(each) == _like(variable)]
        other = alike[(alike.index(variable) + 1) % len(alike)]
        wrong = other.at(part.indices[0]) if isinstance(part, sp.Indexed) else other.symbol
        yield f"{wrong} for {spelled(part)}", wrong


def _like(variable: Variable) -> tuple[object, ...]:
    return variable.kind, variable.role, variable.shape, variable.is_sequence


def sums(part: Expr, system: System) -> Iterator[Change]:
    """A sum is forgotten: of the times only the last one is taken, or only the first one; the rows or columns are not summed."""
    if isinstance(part, OverTime):
        yield f"only the last term of {spelled(part)}", nodes.at(part.args[0], nodes.T)
        yield f"only the first term of {spelled(part)}", nodes.at(part.args[0], 1)
    elif isinstance(part, (SumRows, SumColumns)):
        yield f"{spelled(part.args[0])} for {spelled(part)}", part.args[0]


def ends(part: Expr, system: System) -> Iterator[Change]:
    """A sum over time begins one step late, or ends one step early."""
    if isinstance(part, OverTime):
        for told, time in (("from t = 2", sp.Integer(1)), ("to T - 1", nodes.T)):
            yield f"{spelled(part)} {told} only", add(part, neg(nodes.at(part.args[0], time)))


MISTAKES: dict[str, Callable[[Expr, System], Iterator[Change]]] = {
    "term dropped": dropped,
    "sign": signs,
    "counted twice": doubled,
    "derivative missing or twice": factors,
    "transpose": transpositions,
    "lag, stale state": times,
    "swapped gates": names,
    "sum missing": sums,
    "boundary": ends,
}
"""The kinds of mistakes; each takes a part of a right side and its system, and gives the wrong parts."""
