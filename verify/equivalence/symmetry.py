"""Functions with a centre of symmetry, f(-a) = c - f(a), found from their scalar definitions: sigmoid with c = 1, tanh with c = 0."""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from verify.proof.entries import rational
from verify.proof.equality import is_zero
from verify.proof.functions import definition, scalar, x
from verify.proof.normal_form import (
    FUNCTION,
    GIVEN,
    POWER,
    Atom,
    Form,
    Undecided,
    constant,
    minus,
    opened,
    plus,
    power,
    scaled,
    single,
    summed,
    times,
)


@cache
def centre(name: str) -> Expr | None:
    """c / 2 of a function with f(-a) = c - f(a) for each a, by its definition; None if it has no such c or it is not seen."""
    kind = nodes.FUNCTIONS.get(name)
    if kind is None or not issubclass(kind, nodes.Elementwise):
        return None
    at_zero = definition(name).subs(x, 0)
    if not at_zero.is_Rational:
        return None
    expr = definition(name).rewrite(sp.exp)
    value = single(Atom(GIVEN, "a"))
    try:
        both = plus(scalar(expr, value), scalar(expr, scaled(value, -1)))
        return at_zero if is_zero(minus(both, constant(rational(2 * at_zero)))) else None
    except Undecided:
        return None


def upright(form: Form) -> Form:
    """The form with each function that has a centre of symmetry written with an argument whose first coefficient is positive."""
    found = []
    for bounds, factors, coefficient in opened(form):
        product = times(*(power(_upright(atom), exponent) for atom, exponent in factors))
        found.append(scaled(summed(product, bounds), coefficient))
    return plus(*found)


def _upright(atom: Atom) -> Form:
    if not atom.inside:
        return single(atom)
    inside = upright(atom.inside)
    if atom.kind == POWER:
        return inside
    middle = centre(atom.name) if inside and inside[0][1] < 0 else None
    if atom.kind != FUNCTION or middle is None:
        return single(atom._replace(inside=inside))
    mirrored = single(atom._replace(inside=scaled(inside, -1)))
    return minus(constant(rational(2 * middle)), mirrored)
