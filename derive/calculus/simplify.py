"""Named rewrites of a derived system; each leaves its values as they are and says what it did in the equation's steps.

A rewrite takes (system, forward) and gives a function of one equation's right side. `simplify` applies all of them, in the order of
`REWRITES`, to each equation until none of them changes it; each makes an expression smaller, so this ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import sympy as sp

from derive.algebra import nodes, shapes
from derive.algebra.nodes import Expr, add, mul
from derive.algebra.rules import flip
from derive.system import Equation, Kind, Step, System

Rewrite = Callable[[Expr], Expr]


def output_form(system: System, forward: System) -> Rewrite:
    """A function value that the forward pass has a name for: tanh(a_h_t) is h_t.

    Only at the time of the adjoint in the same term: a name has no value outside 1..T, where a function's argument may have one.
    """
    named = {
        equation.right: equation.left
        for equation in forward.equations
        if isinstance(equation.right, (nodes.Elementwise, nodes.Composite, nodes.Solve))
    }

    @cache
    def named_at(time: Expr) -> dict[Expr, Expr]:
        return {nodes.at(right, time): nodes.at(left, time) for right, left in named.items()}

    def apply(expr: Expr) -> Expr:
        if isinstance(expr, (sp.Add, nodes.OverTime)):
            return nodes.rebuild(expr, tuple(apply(each) for each in expr.args))
        return nodes.replace(expr, named_at(_time(expr, system)))

    return apply


def _time(term: Expr, system: System) -> Expr:
    """The time at which a term reads an adjoint; t if it reads none."""
    return next(iter(_times(term, system)), nodes.t)


def _times(term: Expr, system: System) -> tuple[Expr, ...]:
    """The times at which a term reads adjoints, each once, in order of appearance."""
    reads = (leaf for leaf in nodes.leaves(term) if isinstance(leaf, sp.Indexed))
    known = (read.indices[0] for read in reads if system[nodes.sequence_name(read)].kind in (Kind.ADJOINT, Kind.UPSTREAM))
    return tuple(dict.fromkeys(known))


def drop_zeros(system: System, forward: System) -> Rewrite:
    """Terms that are zero, or have a factor that is."""

    def change(part: Expr) -> Expr:
        if not isinstance(part, sp.Add):
            return sp.Integer(0) if _is_zero(part) else part
        kept = add(*(term for term in part.args if not _vanishes(term)))
        return kept if kept == 0 or system.shape(kept) == system.shape(part) else part

    return lambda expr: _bottom_up(expr, change)


def _is_zero(part: Expr) -> bool:
    """Whether a product has a factor, or a linear operation nothing but operands, that are zero; sizes are no operands."""
    if isinstance(part, sp.Mul) or (isinstance(part, nodes.Linear) and part.multilinear):
        return any(_vanishes(each) for each in part.args)
    if isinstance(part, nodes.Stack):
        return all(_vanishes(each) for each in part.args)
    return isinstance(part, nodes.Linear) and not isinstance(part, nodes.Constant) and _vanishes(part.args[part.coefficients])


def _vanishes(part: Expr) -> bool:
    return part == 0 or isinstance(part, nodes.Zeros)


def substitute(system: System, forward: System) -> Rewrite:
    """An adjoint that is a number, zero, or plus or minus a value at the same t: that value in its place."""
    plain = _plain(system)

    def change(part: Expr) -> Expr | None:
        if isinstance(part, sp.Indexed) and nodes.sequence_name(part) in plain:
            value = plain[nodes.sequence_name(part)]
            return value if nodes.offset(part) == 0 or _vanishes(value) else None
        return None

    return lambda expr: _bottom_up(nodes.rewrite(expr, change), lambda part: part)


def _plain(system: System) -> dict[str, Expr]:
    """By name, the adjoints that `substitute` replaces."""
    return {equation.name: equation.right for equation in system.equations if not equation.is_boundary and _is_plain(equation.right)}


def _is_plain(right: Expr) -> bool:
    negated = isinstance(right, sp.Mul) and len(right.args) == 2 and right.args[0] == -1
    bare = right.args[1] if negated else right
    is_now = isinstance(bare, sp.Indexed) and nodes.offset(bare) == 0
    return bare.is_Number or is_now or isinstance(bare, nodes.Zeros)


def plain_products(system: System, forward: System) -> Rewrite:
    """(A B)^T is B^T A^T, a number is its own transposition, and a product with a number is elementwise."""

    def change(part: Expr) -> Expr:
        if isinstance(part, nodes.Transpose):
            inner = part.args[0]
            if system.shape(inner) == shapes.SCALAR:
                return inner
            if isinstance(inner, nodes.MatMul):
                return change(nodes.MatMul(change(flip(inner.args[1])), change(flip(inner.args[0]))))
            if isinstance(inner, sp.Mul) and all(isinstance(x, nodes.Transpose) or system.shape(x) == shapes.SCALAR for x in inner.args):
                return mul(*(change(flip(each)) for each in inner.args))
        if isinstance(part, nodes.MatMul) and shapes.SCALAR in (system.shape(part.args[0]), system.shape(part.args[1])):
            return mul(*part.args)
        return part

    return lambda expr: _bottom_up(expr, change)


def known_sums(system: System, forward: System) -> Rewrite:
    """The entries of a distribution sum to 1."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, nodes.SumRows):
            return None
        number, inner = _number(part.args[0])
        known = isinstance(inner, sp.Indexed) and system[nodes.sequence_name(inner)].is_distribution
        return number if known else None

    return lambda expr: _bottom_up(nodes.rewrite(expr, change), lambda part: part)


def _number(expr: Expr) -> tuple[Expr, Expr]:
    """A product as its number and the rest."""
    if isinstance(expr, sp.Mul) and expr.args[0].is_Number:
        return expr.args[0], mul(*expr.args[1:])
    return sp.Integer(1), expr


def implicit_broadcast(system: System, forward: System) -> Rewrite:
    """A broadcast inside a product or sum of its full shape: elementwise operations broadcast by themselves."""

    def change(part: Expr) -> Expr:
        if not isinstance(part, (sp.Mul, sp.Add)) or not any(isinstance(each, nodes.Broadcast) for each in part.args):
            return part
        bare = (mul if isinstance(part, sp.Mul) else add)(
            *(each.args[0] if isinstance(each, nodes.Broadcast) else each for each in part.args)
        )
        return bare if system.shape(bare) == system.shape(part) else part

    return lambda expr: _bottom_up(expr, change)


def joined_stacks(system: System, forward: System) -> Rewrite:
    """A sum of stacks whose blocks stand in each other's zeros is one stack: [a; 0] + [0; b] is [a; b].

    Only of stacks that read adjoints at one and the same time: what comes from different times stays in terms of its own.
    """

    def change(part: Expr) -> Expr:
        groups: dict[tuple[Expr, ...], list[int]] = {}
        for at, term in enumerate(part.args if isinstance(part, sp.Add) else ()):
            if isinstance(term, nodes.Stack):
                groups.setdefault(_times(term, system), []).append(at)
        terms = dict(enumerate(part.args))
        for first, *others in (places for places in groups.values() if len(places) > 1):
            joined = _joined([part.args[at] for at in (first, *others)], system)
            if joined is not None:
                terms = {at: joined if at == first else term for at, term in terms.items() if at not in others}
        return part if len(terms) == len(part.args) else add(*terms.values())

    return lambda expr: _bottom_up(expr, change)


def _joined(stacks: list[Expr], system: System) -> Expr | None:
    """The sum of some stacks, all (rows, columns), as one; None where blocks overlap, or where sizes leave open which comes first."""
    rows, columns = system.shape(stacks[0])
    pieces = [piece for stack in stacks for piece in _pieces(stack, system)]
    blocks: list[Expr] = []
    at = sp.Integer(0)
    while pieces:
        first = next((one for one in pieces if all((other[0] - one[0]).is_nonnegative for other in pieces)), None)
        here = [piece for piece in pieces if first and piece[:2] == first[:2]]
        if first is None or not (first[0] - at).is_nonnegative:
            return None
        blocks += [nodes.Zeros(first[0] - at, columns)] if first[0] != at else []
        blocks.append(add(*(block for _, _, block in here)))
        pieces, at = [piece for piece in pieces if piece not in here], first[1]
    return nodes.Stack(*blocks, *([nodes.Zeros(sp.expand(rows - at), columns)] if sp.expand(rows - at) != 0 else []))


def _pieces(stack: Expr, system: System) -> Iterator[tuple[Expr, Expr, Expr]]:
    """The blocks of a stack that are not zero, each behind the rows where it begins and ends."""
    at = sp.Integer(0)
    for block in stack.args:
        end = sp.expand(at + system.shape(block)[0])
        if not _vanishes(block):
            yield at, end, block
        at = end


def positive_first(system: System, forward: System) -> Rewrite:
    """A sum that begins with a minus sign begins with a term that has none: p - y and not -y + p."""

    def change(part: Expr) -> Expr:
        if not isinstance(part, sp.Add):
            return part
        return add(*sorted(part.args, key=lambda term: bool((term if term.is_Number else _number(term)[0]).is_negative)))

    return lambda expr: _bottom_up(expr, change)


REWRITES: dict[str, Callable[[System, System], Rewrite]] = {
    "output form": output_form,
    "substitute": substitute,
    "drop zeros": drop_zeros,
    "a product with a number": plain_products,
    "broadcast": implicit_broadcast,
    "stacks are joined": joined_stacks,
    "the target sums to one": known_sums,
    "positive terms first": positive_first,
}
"""The rewrites by the name that the derivation gives them."""


def simplify(system: System, forward: System) -> System:
    """The system with all rewrites applied.

    An equation is looked at again where it has changed, or where it reads an adjoint that is now plain.
    """
    pending = {each.left for each in system.equations}
    while pending:
        before = system
        for name, rewrite in REWRITES.items():
            apply = rewrite(system, forward)
            equations = (_rewritten(each, name, apply, system) if each.left in pending else each for each in system.equations)
            system = replace(system, equations=tuple(equations))
        changed = {new.left for old, new in zip(before.equations, system.equations, strict=True) if new is not old}
        plain = dict(_plain(before).items() ^ _plain(system).items())
        pending = {
            each.left for each in system.equations if each.left in changed or any(nodes.name_of(read) in plain for read in each.reads)
        }
    return system


def _rewritten(equation: Equation, name: str, apply: Rewrite, system: System) -> Equation:
    right = apply(equation.right)
    if right == equation.right:
        return equation
    if right == 0:
        right = nodes.Zeros(*system.shape(equation.left))
    step = Step(name, before=equation.right, after=right)
    return replace(equation, right=right, steps=(*equation.steps, step))


def _bottom_up(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with each part replaced from the leaves up, numbers gathered in products and zeros dropped from sums."""
    if isinstance(expr, sp.Indexed) or not expr.args:
        return change(expr)
    inside = tuple(_bottom_up(each, change) for each in expr.args)
    if isinstance(expr, sp.Add):
        return change(add(*inside))
    if isinstance(expr, sp.Mul):
        return change(mul(*inside))
    return change(nodes.rebuild(expr, inside))
