r"""Functions that a page defines by cases, as sums of the operations that are there.

    f(x) = x if x > 0 else exp(x) - 1      max(0, x) + exp(min(x, 0)) - 1       the cases meet
    f(x) = 2 if x >= 1 else x              2 * (1 - step(1 - x)) + min(1, x) * step(1 - x)       they do not

The first case that holds counts. In each of them the operand is kept between the bounds of the case, so that no case is computed where it
does not hold: exp(x) does not overflow where x is large, and 0 times infinity never stands there. At a bound the derivative is that of the
case that holds there, as it is of `max` and `min`, which take that of their first operand if both are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, Node, add, mul, neg
from derive.errors import NotationError
from derive.notation.meaning.equality import Unproved, X, inside, is_zero, root, scalar
from derive.notation.meaning.kinds import is_greek
from derive.notation.meaning.surface import Juxtaposed, Starred

MOST = 12
"""How many bounds a definition may have."""
SIGNS = {"<": sp.Lt, ">": sp.Gt, "<=": sp.Le, ">=": sp.Ge, "≤": sp.Le, "≥": sp.Ge}
REMEDY = "a case says x > 0 or -1 <= x < 1, of one operand and numbers, or of one operand and one value"


_Mark = tuple[Expr, Expr, Expr]


class Cases(Node):
    """Cases(value, condition, value, condition, ..., value): the value of the first condition that holds, or the last one."""


class Condition(Node):
    """Condition(sign, a, b, sign, b, c, ...): a is less than b, b than c, ...; all of them hold."""


@dataclass(frozen=True)
class Piece:
    """A case between two bounds.

    Attributes:
        value: what the function is there.
        low, high: the bounds, infinite if there is none.
        has_low, has_high: whether it holds at the bound itself.
    """

    value: Expr
    low: Expr
    high: Expr
    has_low: bool
    has_high: bool

    def kept(self, operand: Expr) -> Expr:
        """The value with the operand between the bounds."""
        inner = operand
        if self.low != -sp.oo:
            inner = nodes.maximum(inner, self.low) if self.has_low else nodes.maximum(self.low, inner)
        if self.high != sp.oo:
            inner = nodes.minimum(inner, self.high) if self.has_high else nodes.minimum(self.high, inner)
        return nodes.replace(self.value, {operand: inner})


def resolved(body: Expr, operands: Sequence[Expr], name: str) -> Expr:
    """The body of a function, its cases as sums; another body as it is.

    Args:
        operands: of the function.
        name: the function's.

    Raises:
        NotationError: the conditions are not understood, or for some numbers no case holds.
    """
    if not isinstance(body, Cases):
        return body
    conditions = body.args[1::2]
    operand, shift = _compared(conditions, operands, name)
    values = [_of_numbers(each, operand, name) for each in body.args[::2]]
    pieces = _pieces(values, [_truth(each, operand, shift) for each in conditions], name, operand)
    pieces = [Piece(e.value, _shifted(e.low, shift), _shifted(e.high, shift), e.has_low, e.has_high) for e in pieces]
    meetings = _meetings(pieces, operand)
    if meetings is not None:
        kept = [each.kept(operand) for each in pieces]
        numbers = sp.Add(*(nodes.fraction(each) for each in kept if each.is_Number), *map(neg, meetings))
        return add(*(each for each in kept if not each.is_Number), nodes.decimal(numbers))
    first, last = (sp.Integer(1), sp.Integer(0), sp.Integer(0)), (sp.Integer(0),) * 3
    marks = [first, *(_from(operand, each) for each in pieces[1:]), last]
    return add(*(_weighted(each.kept(operand), one, other) for each, one, other in zip(pieces, marks, marks[1:], strict=False)))


def _of_numbers(value: Expr, operand: Expr, name: str) -> Expr:
    """The value of a case as a function of single numbers, in which products are of numbers too.

    Raises:
        NotationError: it depends on the operand as a whole: on a sum of all its entries, or by a product with a matrix.
    """
    if operand not in nodes.leaves(value) or value == operand:
        return value
    is_product = isinstance(value, (Juxtaposed, Starred))
    has_matrix = is_product and any(isinstance(each, sp.Symbol) and str(each)[0].isupper() for each in value.args)
    of_entries = (sp.Add, sp.Mul, sp.Pow, nodes.Elementwise, nodes.maximum, nodes.minimum)
    if has_matrix or not (is_product or isinstance(value, of_entries)):
        raise NotationError(f"a case of {name} depends on {operand} as a whole", excerpt=name,
                            advice="a function by cases is of each entry; give what is of whole columns or matrices a name of its own")  # fmt: skip
    operands = tuple(_of_numbers(each, operand, name) for each in value.args)
    if is_product and not (isinstance(value, Juxtaposed) and isinstance(operands[0], sp.Symbol) and is_greek(str(operands[0]))):
        return sp.Mul(*operands, evaluate=False)
    return nodes.rebuild(value, operands)


def _weighted(value: Expr, from_low: _Mark, from_high: _Mark) -> Expr:
    """A case where it holds: times what is 1 from its lower bound on, less what is 1 from the upper one on."""
    signs = (mul(from_low[1], from_low[2]), neg(mul(from_high[1], from_high[2])))
    weight = add(from_low[0] - from_high[0], *signs)
    return mul(weight, value) if value.is_Number else mul(value, weight)


def _shifted(bound: Expr, shift: Expr) -> Expr:
    return bound if shift == 0 or bound.is_infinite else shift


def _from(operand: Expr, piece: Piece) -> _Mark:
    """a, b and c in a + b c, which is 1 from the lower bound of a case on, else 0."""
    if piece.has_low:
        return sp.Integer(1), sp.Integer(-1), nodes.step(add(piece.low, neg(operand)))
    return sp.Integer(0), sp.Integer(1), nodes.step(add(operand, neg(piece.low)))


def _compared(conditions: Sequence[Expr], operands: Sequence[Expr], name: str) -> tuple[Expr, Expr]:
    """The operand that all conditions compare, and what is no number and is compared with it, 0 if numbers are.

    Raises:
        NotationError: there are several.
    """
    sides = [side for each in conditions for _, *pair in _comparisons(each) for side in pair]
    leaves = dict.fromkeys(leaf for side in sides for leaf in nodes.leaves(side))
    found = [each for each in operands if each in leaves]
    others = {side for side in sides if found and found[0] not in nodes.leaves(side)}
    if not found:
        raise _refused(name, "a condition compares no operand")
    if set(leaves) == {found[0]}:
        return found[0], sp.Integer(0)
    if len(others) == 1 and all(side == found[0] or side in others for side in sides):
        return found[0], next(iter(others))
    raise _refused(name, "the conditions compare several values")


def _comparisons(condition: Expr) -> list[tuple[Expr, Expr, Expr]]:
    return list(zip(condition.args[::3], condition.args[1::3], condition.args[2::3], strict=True))


@dataclass(frozen=True)
class _Truth:
    """A condition as relations of the number X, and where they change."""

    relations: tuple[Expr, ...]
    changes: tuple[Expr, ...]

    def holds(self, at: Expr) -> bool:
        return all(bool(each.subs(X, at)) if isinstance(each, sp.core.relational.Relational) else bool(each) for each in self.relations)


def _truth(condition: Expr, operand: Expr, shift: Expr) -> _Truth:
    relations, changes = [], []
    table = {operand: X} if shift == 0 else {operand: X, shift: sp.Integer(0)}
    for sign, *pair in _comparisons(condition):
        try:
            left, right = (scalar(side, operand) if shift == 0 else table[side] for side in pair)
            bounds = [left - right]
            for side, other in ((left, right), (right, left)):
                if isinstance(side, sp.Abs):
                    bounds = [side.args[0] - other, side.args[0] + other]
            changes += [at for at in map(root, bounds) if at is not None]
        except (Unproved, sp.PolynomialError, KeyError):
            raise _refused("", "a condition is not understood") from None
        relations.append(SIGNS[str(sign)](left, right))
    return _Truth(tuple(relations), tuple(changes))


def _pieces(values: Sequence[Expr], truths: list[_Truth], name: str, operand: Expr) -> list[Piece]:
    """The cases from left to right."""
    cuts = sorted({at for each in truths for at in each.changes})
    if len(cuts) > MOST:
        raise NotationError(f"{name} has more than {MOST} bounds", advice="give parts of it names of their own", excerpt=name)

    def first(at: Expr, where: str) -> Expr:
        found = next((value for value, truth in zip(values, truths, strict=False) if truth.holds(at)), None)
        if found is None and len(values) > len(truths):
            return values[-1]
        if found is None:
            raise NotationError(f"no case says what {name} is {where}", advice="add a case, or what it is otherwise", excerpt=name)
        return found

    ends = [-sp.oo, *cuts, sp.oo]
    made: list[Piece] = []
    for low, high in zip(ends, ends[1:], strict=False):
        where = f"for {operand} < {high}" if low == -sp.oo else f"for {operand} > {low}" if high == sp.oo else f"between {low} and {high}"
        value = first(inside((low, high)), where)
        if not made:
            made.append(Piece(value, low, high, False, False))
            continue
        there, before = first(low, f"at {operand} = {low}"), made[-1]
        if there not in (before.value, value):
            raise NotationError(f"at {operand} = {low} alone {name} has a case of its own", advice=REMEDY, excerpt=name)
        if before.value == value == there:
            made[-1] = Piece(value, before.low, high, before.has_low, False)
        else:
            is_before = there == before.value
            made[-1] = Piece(before.value, before.low, low, before.has_low, is_before)
            made.append(Piece(value, low, high, not is_before, False))
    return made


def _meetings(pieces: list[Piece], operand: Expr) -> list[Expr] | None:
    """The numbers at which each case meets the next one; None if two do not meet, or not in a number."""
    found = []
    for before, behind in zip(pieces, pieces[1:], strict=False):
        try:
            left, right = (scalar(nodes.replace(each.value, {operand: behind.low})) for each in (before, behind))
            if not is_zero(left - right):
                return None
        except (Unproved, sp.PolynomialError):
            return None
        left = sp.simplify(left)
        if left.free_symbols or left.is_finite is not True:
            return None
        found.append(left if left.is_Rational else sp.Float(left))
    return found


def _refused(name: str, fact: str) -> NotationError:
    return NotationError(f"{fact}{f' in the definition of {name}' if name else ''}", advice=REMEDY, excerpt=name)
