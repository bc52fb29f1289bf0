"""The calculus of forms: their differentials, and functions written by their definitions.

`differential` is the product rule and the chain rule on entries; `expanded` writes functions by their scalar definitions, differentiated by
SymPy, over exponentials, logarithms and indicators. No derivative of a matrix operation and no table of slopes is used or needed.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, lru_cache

import sympy as sp
from sympy.functions.elementary.hyperbolic import HyperbolicFunction

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from verify.proof import inverses
from verify.proof.entries import rational
from verify.proof.normal_form import (
    CHANGE,
    CORNER,
    DECLARED,
    FUNCTION,
    INDICATOR,
    INVERSE,
    NUMBER,
    POWER,
    TAG,
    ZERO,
    Atom,
    Form,
    Number,
    Open,
    Term,
    Time,
    Undecided,
    closed,
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
from verify.proof.tagged import part

x = sp.Symbol("x", real=True)
"""The argument of a scalar definition."""


def differential(form: Form) -> Form:
    """The change of a form: each term with one of its entries replaced by that entry's change."""
    found: list[Open] = []
    for bounds, factors, coefficient in opened(form):
        for place, (atom, exponent) in enumerate(factors):
            rest = (*factors[:place], (atom, exponent - 1), *factors[place + 1 :])
            found += [(bounds + b, rest + f, coefficient * exponent * c) for b, f, c in opened(_change(atom))]
    return closed(found)


@lru_cache(maxsize=100_000)
def _change(atom: Atom) -> Form:
    if atom.kind == DECLARED:
        return times(part(atom.inside, "slope"), differential(part(atom.inside, "argument")))
    if atom.kind in (NUMBER, CORNER, TAG):
        return ZERO
    if atom.kind == INVERSE:
        return inverses.change(atom, differential(atom.inside))
    if atom.kind == POWER:
        return differential(atom.inside)
    if atom.kind == FUNCTION:
        return times(single(atom._replace(name=atom.name + "'")), differential(atom.inside))
    return single(atom._replace(kind=CHANGE))


Unfold = Callable[[Atom, frozenset[Time]], Form | None]
"""What an entry is by its equation, in a term all of whose factors exist at these times; None to leave it."""


def expanded(form: Form, unfold: Unfold, times_of: Callable[[Open], frozenset[Time]]) -> Form:
    """The form with functions replaced by their definitions and entries by their equations."""
    result: list[Form] = []
    for term in opened(form):
        bounds, factors, coefficient = term
        known = times_of(term)
        product = times(*(power(_expanded(atom, unfold, known), exponent) for atom, exponent in factors))
        result.append(scaled(summed(product, bounds), coefficient))
    return plus(*result)


@lru_cache(maxsize=100_000)
def _expanded(atom: Atom, unfold: Unfold, known: frozenset[Time]) -> Form:
    if not atom.inside:
        unfolded = unfold(atom, known)
        return single(atom) if unfolded is None else unfolded
    if atom.kind in (CORNER, TAG):
        return single(atom)
    if atom.kind == DECLARED:
        return expanded(part(atom.inside, "value"), unfold, lambda _: known)
    if atom.kind == INVERSE:
        return inverses.inverse(expanded(inverses.entries_of(atom), unfold, lambda _: known), atom.row, atom.column)
    inside = expanded(atom.inside, unfold, lambda _: known)
    return inside if atom.kind == POWER else scalar(_over_exponentials(atom.name), inside)


@cache
def definition(name: str) -> Expr:
    """The scalar definition of a function in x, or that of its derivative if the name ends in a prime."""
    expr = nodes.FUNCTIONS[name.rstrip("'")].definition(x)
    for _ in range(name.count("'")):
        expr = sp.diff(expr, x)
    return expr


@cache
def _over_exponentials(name: str) -> Expr:
    return definition(name).replace(lambda part: isinstance(part, HyperbolicFunction), lambda part: part.rewrite(sp.exp))


def scalar(expr: Expr, value: Form) -> Form:
    """A function of one real number x, at the value of a form; functions with a kink as they are beside it."""
    if expr == x:
        return value
    if expr.is_Rational:
        return constant(rational(expr))
    if isinstance(expr, sp.Piecewise):
        return _cases(expr, value)
    inside = [scalar(each, value) for each in expr.args]
    match expr:
        case sp.Add():
            return plus(*inside)
        case sp.Mul():
            return times(*inside)
        case sp.Pow() if expr.exp.is_Rational:
            return power(inside[0], rational(expr.exp))
        case sp.exp():
            return exponential(inside[0])
        case sp.Heaviside():
            return indicator(inside[0])
        case sp.sign():
            return minus(scaled(indicator(inside[0]), 2), constant(1))
        case sp.Abs():
            return times(inside[0], minus(scaled(indicator(inside[0]), 2), constant(1)))
        case sp.Max(args=(_, _)):
            return plus(inside[1], times(difference := minus(inside[0], inside[1]), indicator(difference)))
        case sp.Min(args=(_, _)):
            return minus(inside[0], times(difference := minus(inside[0], inside[1]), indicator(difference)))
        case sp.DiracDelta():
            return ZERO
        case sp.Function(args=(_,)):
            return single(Atom(FUNCTION, _named(expr.func), inside=inside[0]))
    raise Undecided(f"the scalar function {expr}")


@cache
def _named(function: type[Expr]) -> str:
    """The name, among ours, of a function that SymPy has: arctan for its atan."""
    plain = (name for name, each in nodes.FUNCTIONS.items() if issubclass(each, nodes.Elementwise) and each.definition(x) == function(x))
    return next(plain, function.__name__)


def _cases(expr: Expr, value: Form) -> Form:
    """A Piecewise of comparisons, the last case first."""
    result = ZERO
    for case, condition in reversed(expr.args):
        if condition == sp.true:
            result = scalar(case, value)
        elif isinstance(condition, (sp.Gt, sp.Ge, sp.Lt, sp.Le)):
            holds = indicator(scalar(condition.gts - condition.lts, value))
            result = plus(result, times(holds, minus(scalar(case, value), result)))
        else:
            raise Undecided(f"the condition {condition}")
    return result


def indicator(form: Form) -> Form:
    """1 where the form is positive, 0 where it is negative; a form with cases in it is asked in each of them."""
    if not form:
        return ZERO
    leading = form[0][1]
    if form == constant(leading):
        return constant(int(leading > 0))
    case = next((a for (bounds, factors), _ in form for a, _ in factors if not bounds and a[:2] == (FUNCTION, INDICATOR)), None)
    if case is not None:
        holds, fails = (indicator(_settled(form, case, value)) for value in (1, 0))
        return plus(fails, times(single(case), minus(holds, fails)))
    positive = single(Atom(FUNCTION, INDICATOR, inside=scaled(form, 1 / Fraction(leading))))
    return positive if leading > 0 else minus(constant(1), positive)


def _settled(form: Form, case: Atom, value: int) -> Form:
    """The form where an indicator in it has a value."""
    return closed((b, tuple((a, e) for a, e in f if a != case), c if value or case not in dict(f) else 0) for b, f, c in opened(form))


def exponential(form: Form) -> Form:
    """exp of a sum as the product of the exponentials of its terms, each a power of one atom; exp(log(u)) is u."""
    return times(*(_exponential(term, coefficient) for term, coefficient in form))


def _exponential(term: Term, coefficient: Number) -> Form:
    bounds, factors = term
    if not bounds and len(factors) == 1 and factors[0][1] == 1 and factors[0][0][:2] == (FUNCTION, "log"):
        return power(factors[0][0].inside, coefficient)
    return single(Atom(FUNCTION, "exp", inside=((term, 1),)), coefficient)
