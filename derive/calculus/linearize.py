"""Forward mode: a System to its tangent system.

Takes y_t = F(u_t, v_{t-1}, ...), gives ydot_t = the change of F when u changes by udot, v by vdot, ...: linear in the tangents, with
the forward values in its coefficients. A linear primitive is its own tangent; an elementwise expression has the tangent
sum_u (dF/du) * udot, with dF/du from SymPy and the slopes of functions from the rule book.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, lru_cache

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import KEPT, Expr, add, mul
from derive.algebra.rules import RULES, rule
from derive.algebra.shapes import Shape
from derive.calculus.names import fresh, marked
from derive.system import Equation, Kind, Role, Step, System, Variable


def linearize(system: System) -> System:
    """The tangent system; its variables are the system's own (given) and a tangent for each of them."""
    tangents: dict[str, Variable] = {}
    taken = {*system.variables}
    changing = {name: each for name, each in system.variables.items() if each.changes}
    for name, each in changing.items():
        own = fresh(marked(name, "dot"), taken)
        taken.add(own)
        tangents[name] = replace(each, name=own, kind=Kind.TANGENT, of=name, is_distribution=False, start=None)
    given = [replace(each, role=Role.INPUT) if each.role is Role.DEFINED else each for each in system.variables.values()]
    first = max(equation.number for equation in system.equations) + 1
    equations = [_tangent_equation(each, tangents, number, system) for number, each in enumerate(system.equations, start=first)]
    return system.with_equations(equations, [*given, *tangents.values()])


def _tangent_equation(equation: Equation, tangents: dict[str, Variable], number: int, system: System) -> Equation:
    right = tangent(equation.right, lambda leaf: _dotted(leaf, tangents), system.shape)
    step = Step("linearize", before=equation.right, after=right, equation=equation.number, reasons=_reasons(equation.right))
    return Equation(_dotted(equation.left, tangents), right, number, (step,), equation.line)


def _reasons(expr: Expr) -> tuple[str, ...]:
    """The rules for the functions in an expression."""
    if isinstance(expr, nodes.Declared):
        return ("a declared slope",)
    functions = (part for part in nodes.parts(expr) if isinstance(part, (nodes.Elementwise, nodes.Composite)))
    return tuple(dict.fromkeys(RULES[type(each)].name for each in functions))


def _dotted(leaf: Expr, tangents: dict[str, Variable]) -> Expr:
    """The change of a leaf at the time at which it is read; 0 of one that does not change."""
    name = nodes.name_of(leaf)
    if name not in tangents:
        return sp.Integer(0)
    return tangents[name].at(leaf.indices[0] if isinstance(leaf, sp.Indexed) else nodes.t)


def tangent(expr: Expr, dot: Callable[[Expr], Expr], shape: Callable[[Expr], Shape]) -> Expr:
    """The change of an expression, when each leaf changes by dot(leaf); 0 if it does not change."""
    if not nodes.leaves(expr):
        return sp.Integer(0)
    if isinstance(expr, sp.Indexed) or (isinstance(expr, sp.Symbol) and not expr.is_integer):
        return dot(expr)
    if isinstance(expr, nodes.Linear):
        return _linear(expr, dot, shape)
    if isinstance(expr, nodes.Declared):
        return mul(tangent(expr.argument, dot, shape), expr.slope)
    if isinstance(expr, nodes.Composite):
        return _composite(expr, [tangent(each, dot, shape) for each in expr.args])
    return add(*(mul(tangent(part, dot, shape), coefficient) for part, coefficient in slopes(expr)))


def _composite(expr: Expr, changes: list[Expr]) -> Expr:
    """The change of a composite function, or of a linear operation with coefficients; 0 if none of its arguments changes."""
    if all(change == 0 for change in changes):
        return sp.Integer(0)
    row = rule(type(expr))
    changed: Expr = (row.change or row.claim)(*expr.args, expr, *changes)
    return changed


def _linear(expr: Expr, dot: Callable[[Expr], Expr], shape: Callable[[Expr], Shape]) -> Expr:
    changes = [tangent(part, dot, shape) for part in expr.args]
    if expr.coefficients:
        return _composite(expr, changes)
    if isinstance(expr, nodes.Stack) and any(change != 0 for change in changes):
        return nodes.Stack(*(nodes.Zeros(*shape(part)) if change == 0 else change for part, change in zip(expr.args, changes, strict=True)))
    if not expr.multilinear:
        return sp.Integer(0) if all(change == 0 for change in changes) else _jointly(expr, changes)
    terms = []
    for place, change in enumerate(changes):
        if change != 0:
            terms.append(nodes.rebuild(expr, (*expr.args[:place], change, *expr.args[place + 1 :])))
    return add(*terms)


def _jointly(expr: Expr, changes: list[Expr]) -> Expr:
    """The operation on the changes; its operands that are sizes stay."""
    return nodes.rebuild(expr, tuple(part if part.is_integer else change for part, change in zip(expr.args, changes, strict=True)))


def slopes(expr: Expr) -> list[tuple[Expr, Expr]]:
    """The derivative of an elementwise expression by each of its parts that is not elementwise, in order of appearance.

    Sums, products, powers and elementwise functions are looked into; a matrix product, a read and the like are parts. Each derivative
    is in the values of the expression's parts and functions: by c in o * tanh(c) it is o * (1 - tanh(c)^2).
    """
    inner: dict[Expr, sp.Dummy] = {}
    decimals = _scalar(expr, inner)
    scalar = nodes.rewrite(decimals, lambda part: nodes.fraction(part) if part.is_Float else None)
    names = {dummy: part for part, dummy in inner.items()}
    found: dict[Expr, list[Expr]] = {}
    terms = _terms_with(scalar)
    for part, dummy in inner.items():
        slope = _slope(tuple(terms[dummy]), dummy, tuple(inner.values()))
        if scalar != decimals:
            slope = nodes.rewrite(slope, lambda part: nodes.decimal(part) if part.is_Rational else None)
        factor = nodes.replace(slope, names)
        if factor == 0:
            continue
        if not isinstance(part, nodes.Elementwise):
            found.setdefault(part, []).append(factor)
            continue
        argument = part.args[0]
        own = rule(type(part)).claim(argument, part)
        for inside, further in slopes(argument):
            found.setdefault(inside, []).append(_cancelled(mul(factor, own, further)))
    return [(part, coefficient) for part, terms in found.items() if (coefficient := add(*terms)) != 0]


@cache
def _dummy(place: int) -> sp.Dummy:
    """What stands for the part in that place: the same in each expression, so that equations of one form are differentiated once."""
    return sp.Dummy(real=True)


@lru_cache(KEPT)
def _slope(terms: tuple[Expr, ...], dummy: sp.Dummy, order: tuple[sp.Dummy, ...]) -> Expr:
    """The derivative of a sum of terms, in the order of their parts."""
    return arrange(sp.diff(sp.Add(*terms, evaluate=False), dummy), {each: place for place, each in enumerate(order)})


def _terms_with(scalar: Expr) -> dict[Expr, list[Expr]]:
    """By symbol, the terms of a sum, or the expression that is none, in which it is."""
    found: dict[Expr, list[Expr]] = {}
    for term in scalar.args if isinstance(scalar, sp.Add) else (scalar,):
        for symbol in term.free_symbols:
            found.setdefault(symbol, []).append(term)
    return found


def _scalar(expr: Expr, inner: dict[Expr, sp.Dummy]) -> Expr:
    """The expression over one real dummy for each function application and each part that is not elementwise."""

    def change(part: Expr) -> Expr | None:
        if part.is_Number or isinstance(part, (sp.Add, sp.Mul, sp.Pow)):
            return None
        return inner.setdefault(part, _dummy(len(inner)))

    return nodes.rewrite(expr, change)


def arrange(expr: Expr, rank: dict[sp.Dummy, int]) -> Expr:
    """An expression that SymPy computed, in a reader's order: numbers first, then by rank, what is subtracted last."""
    if isinstance(expr, sp.Add):
        content, rest = expr.primitive()
        if content != 1:
            return mul(content, arrange(rest, rank))
        return add(
            *(arrange(term, rank) for term in sorted(expr.args, key=lambda term: (term.could_extract_minus_sign(), *_ranks(term, rank))))
        )
    if isinstance(expr, sp.Mul):
        return _cancelled(
            mul(
                *(
                    arrange(each, rank)
                    for each in sorted(expr.args, key=lambda each: (isinstance(each, sp.Pow) and each.exp.is_negative, *_ranks(each, rank)))
                )
            )
        )
    if isinstance(expr, sp.Pow):
        return sp.Pow(arrange(expr.base, rank), expr.exp, evaluate=False)
    return expr


def _ranks(expr: Expr, rank: dict[sp.Dummy, int]) -> tuple[int, ...]:
    return tuple(sorted(rank[symbol] for symbol in expr.free_symbols)) or (-1,)


def _cancelled(product: Expr) -> Expr:
    """A product without a power beside an inverse one of the same base: h^4 / h is h^3, which has a value where h is 0."""
    powers = [_power(each) for each in (product.args if isinstance(product, sp.Mul) else ())]
    opposed = {base for base, one in powers if one > 0 and any(other < 0 for own, other in powers if own == base)}
    if not opposed:
        return product
    kept = [each for each, (base, _) in zip(product.args, powers, strict=True) if base not in opposed]
    sums = {base: sum(exponent for own, exponent in powers if own == base) for base, _ in powers if base in opposed}
    return mul(*kept, *(base if exponent == 1 else sp.Pow(base, exponent, evaluate=False) for base, exponent in sums.items() if exponent))


def _power(factor: Expr) -> tuple[Expr, Expr]:
    """A factor as base and exponent."""
    return (factor.base, factor.exp) if isinstance(factor, sp.Pow) and factor.exp.is_Number else (factor, sp.Integer(1))
