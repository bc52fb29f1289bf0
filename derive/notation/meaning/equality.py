r"""Whether two functions of one number are the same one: a proof, or none.

    relu(x)     max(x, 0)     1 / (1 + e^{-x})     (1 + tanh(x / 2)) / 2

Between the points at which a maximum, an absolute value or a case changes, which must be roots of linear expressions, both are rational in
x, in a power of e and in what else stands there; there their difference is cancelled. At these points both are computed exactly.
The law of `is_same`: true only where the two have the same value at each number.
"""

from __future__ import annotations

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr

X = sp.Symbol("x", real=True)
LONGEST, HIGHEST, STEEPEST, MOST_CELLS = 80, 60, 10, 32
"""How many operations, which powers in all, which multiples of x in a power of e and how many changes a proof takes on."""
SWITCHES = (sp.Max, sp.Min, sp.Abs, sp.sign, sp.Piecewise)
Cell = tuple[Expr, Expr]
"""An open interval."""


class Unproved(Exception):
    """There is no proof."""


def is_same(one: Expr, other: Expr, operand: Expr) -> bool:
    """Whether two expressions of the algebra in one operand are proved to be the same function of it."""
    try:
        first, second = scalar(one, operand), scalar(other, operand)
        if any(sp.count_ops(each) > LONGEST for each in (first, second)):
            return False
        return _agree(first, second)
    except (Unproved, ArithmeticError, TypeError, ValueError, AttributeError, sp.PolynomialError):
        return False


def scalar(expr: Expr, operand: Expr | None = None) -> Expr:
    """An expression as a function of the number X; other names in it are numbers of their own.

    Raises:
        Unproved: it is no function of numbers.
    """
    if _degree(expr) > HIGHEST:
        raise Unproved
    return _scalar(expr, operand)


def _degree(expr: Expr) -> Expr:
    """No less than the number of factors that an expression has when it is multiplied out."""
    if isinstance(expr, sp.Indexed) or not expr.args:
        return sp.Integer(1)
    if isinstance(expr, sp.Pow):
        return _degree(expr.base) * sp.Max(1, sp.ceiling(sp.Abs(expr.exp)))
    return sp.Add(*map(_degree, expr.args))


def _scalar(expr: Expr, operand: Expr | None) -> Expr:
    if expr == operand:
        return X
    if expr.is_Number:
        return nodes.fraction(expr)
    if isinstance(expr, sp.Symbol):
        return sp.Symbol(f"_{expr}", real=True)
    operands = [_scalar(each, operand) for each in expr.args]
    if isinstance(expr, nodes.Elementwise):
        return type(expr).definition(*operands)
    if isinstance(expr, (nodes.maximum, nodes.minimum)):
        return (sp.Max if isinstance(expr, nodes.maximum) else sp.Min)(*operands)
    if isinstance(expr, (sp.Add, sp.Mul, sp.Pow)):
        return expr.func(*operands)
    if type(expr).__name__ in ("Juxtaposed", "Starred"):
        return sp.Mul(*operands)
    raise Unproved


def root(expr: Expr) -> Expr | None:
    """Where a linear expression in X with numbers as coefficients is zero; None if it does not change.

    Raises:
        Unproved: it is not linear.
    """
    made = sp.Poly(sp.expand(expr), X)
    if made.degree() > 1 or not all(each.is_Rational for each in made.all_coeffs()):
        raise Unproved
    return -made.coeff_monomial(1) / made.coeff_monomial(X) if made.degree() == 1 else None


def inside(cell: Cell) -> Expr:
    """A number in an interval."""
    low, high = cell
    if low == -sp.oo:
        return sp.Integer(0) if high == sp.oo else high - 1
    return low + 1 if high == sp.oo else (low + high) / 2


def is_zero(difference: Expr) -> bool:
    """Whether an expression without cases is zero for all values of its symbols: true is a proof."""
    made = difference.rewrite(sp.exp).replace(lambda part: isinstance(part, sp.exp), _power_of_e)
    return bool(sp.cancel(sp.together(made)) == 0)


def _power_of_e(power: Expr) -> Expr:
    """e^{a x + b} by whole powers of e^{x / 60}, so that they cancel."""
    made = sp.Poly(sp.expand(power.args[0]), X)
    steps = 60 * made.coeff_monomial(X)
    if made.degree() > 1 or not steps.is_Integer or abs(steps) > 60 * STEEPEST:
        raise Unproved
    return sp.Symbol("e", positive=True) ** steps * sp.exp(made.coeff_monomial(1))


def _agree(one: Expr, other: Expr) -> bool:
    pending: list[tuple[Cell, Expr, Expr]] = [((-sp.oo, sp.oo), one, other)]
    points: set[Expr] = set()
    count = 0
    while pending:
        cell, first, second = pending.pop()
        count += 1
        switch = _innermost(first) or _innermost(second)
        if count > MOST_CELLS:
            raise Unproved
        if switch is None:
            if not is_zero(first - second):
                return False
            continue
        cuts = {at for at in map(root, _changes(switch)) if at is not None and cell[0] < at < cell[1]}
        points |= cuts
        ends = [cell[0], *sorted(cuts), cell[1]]
        for part in zip(ends, ends[1:], strict=False):
            table = {switch: _chosen(switch, inside(part))}
            pending.append((part, first.xreplace(table), second.xreplace(table)))
    return all(sp.simplify(one.subs(X, at) - other.subs(X, at)) == 0 for at in points)


def _innermost(expr: Expr) -> Expr | None:
    """A maximum, absolute value or choice with none inside it."""
    return next((part for part in sp.postorder_traversal(expr) if isinstance(part, SWITCHES) and part.has(X)), None)


def _changes(switch: Expr) -> list[Expr]:
    """Where these are zero another value is taken."""
    if isinstance(switch, sp.Piecewise):
        return [condition.lhs - condition.rhs for _, condition in switch.args if condition is not sp.true]
    if isinstance(switch, (sp.Max, sp.Min)):
        return [one - other for place, one in enumerate(switch.args) for other in switch.args[:place]]
    return [switch.args[0]]


def _chosen(switch: Expr, at: Expr) -> Expr:
    """What the switch is around a number."""
    if isinstance(switch, sp.Piecewise):
        return next(value for value, condition in switch.args if condition is sp.true or condition.subs(X, at) == sp.true)
    if isinstance(switch, (sp.Max, sp.Min)):
        ordered = sorted(switch.args, key=lambda each: each.subs(X, at))
        return ordered[-1] if isinstance(switch, sp.Max) else ordered[0]
    sign = sp.sign(switch.args[0].subs(X, at))
    return sign * switch.args[0] if isinstance(switch, sp.Abs) else sign
