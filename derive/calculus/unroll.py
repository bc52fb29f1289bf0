"""A system for every T to the finite system for one T: an equation per variable and step, without a lag.

    h[t] = tanh(W x[t] + U h[t-1])   at T = 2 becomes   h[1] = tanh(W x[1] + U h[0]),   h[2] = tanh(W x[2] + U h[1])

A read outside 1..T keeps its place where its value is given (h[0] above) or has an equation of its own; where the boundary is zero, the
term that it multiplies is left out. A sum over time becomes the sum of its T terms. The work grows linearly with T.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import compress
from operator import not_

import networkx as nx
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import InputError, RecurrenceError
from derive.system import Boundary, Equation, Step, System


def unroll(system: System, steps: int) -> System:
    """The system at T = `steps`, its equations in an order in which they can be computed, ties by time and then in the author's order.

    Each equation keeps the number of the one that it is an instance of.

    Raises:
        InputError: there is not at least one step.
        RecurrenceError: a value depends on itself, by lags and leads together.
    """
    if steps < 1:
        raise InputError(f"there are no {steps} steps to unroll", advice="give 1 or more")
    with _keeping_all():
        return replace(system, equations=tuple(_ordered(list(_Unrolling(system, steps).equations()), system)))


@contextmanager
def _keeping_all() -> Iterator[None]:
    """Look for no garbage meanwhile: all that is made is kept, and looking through it as it grows takes longer than making it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


Instance = Callable[[int], Expr]
"""What an expression is at t = now, as a function of now."""


class _Unrolling:
    """The values at fixed times of a system at T = `steps`: each is made once, and each expression is looked through once."""

    def __init__(self, system: System, steps: int) -> None:
        self.system, self.steps = system, steps
        self.values: dict[tuple[str, int], sp.Indexed] = {}
        self.sums: dict[Expr, Expr] = {}
        self.fixed = {self.place(each.left)[:2] for each in system.equations if each.is_boundary}

    def equations(self) -> Iterator[Equation]:
        """All instances of all equations, step by step; those of parameters and boundaries once, at the end."""
        is_repeated = [isinstance(each.left, sp.Indexed) and not each.is_boundary for each in self.system.equations]
        repeated = [(each, self.value(each.left), self.at(each.right)) for each in compress(self.system.equations, is_repeated)]
        for now in range(1, self.steps + 1):
            for equation, left, right in repeated:
                yield _instance(equation, left(now), right(now))
        for equation in compress(self.system.equations, map(not_, is_repeated)):
            left = self.value(equation.left)(0) if equation.is_boundary else equation.left
            yield _instance(equation, left, self.at(equation.right)(0))

    def place(self, read: sp.Indexed) -> tuple[str, int, bool]:
        """The name of a read such as h[t - 1] or h[T + 1], its time at t = 0, and whether that goes with t."""
        time = read.indices[0]
        at_zero = int(time.xreplace({nodes.t: sp.S.Zero, nodes.T: sp.Integer(self.steps)}))
        return nodes.sequence_name(read), at_zero, nodes.t in time.free_symbols

    def value(self, read: sp.Indexed) -> Instance:
        """A sequence's value at the time that a read has."""
        name, at_zero, is_relative = self.place(read)

        def instance(now: int) -> Expr:
            place = name, at_zero + now if is_relative else at_zero
            if place not in self.values:
                self.values[place] = nodes.value_at(read, place[1])
            return self.values[place]

        return instance

    def read(self, read: sp.Indexed) -> Instance:
        """What a read gives: a value, or zero beyond a boundary of zeros."""
        name, at_zero, is_relative = self.place(read)
        value, steps = self.value(read), range(1, self.steps + 1)
        if self.system[name].boundary is not Boundary.ZERO or (not is_relative and (name, at_zero) in self.fixed):
            return value
        return lambda now: value(now) if (at_zero + now if is_relative else at_zero) in steps else sp.S.Zero

    def at(self, expr: Expr) -> Instance:
        """An expression; 0 where nothing of it is left."""
        if isinstance(expr, sp.Indexed):
            return self.read(expr)
        if isinstance(expr, nodes.OverTime):
            return lambda now: self.sum(expr)
        if not any(isinstance(part, (sp.Indexed, nodes.OverTime)) for part in nodes.parts(expr)):
            return lambda now: expr
        operands = [self.at(part) for part in expr.args]

        def instance(now: int) -> Expr:
            found = tuple(operand(now) for operand in operands)
            is_less = any(new is sp.S.Zero and old is not sp.S.Zero for new, old in zip(found, expr.args, strict=True))
            return self.without_zeros(expr, found) if is_less else nodes.rebuild(expr, found)

        return instance

    def sum(self, over: nodes.OverTime) -> Expr:
        """The sum of an expression's values at all steps."""
        if over not in self.sums:
            self.sums[over] = nodes.add(*map(self.at(over.args[0]), range(1, self.steps + 1)))
        return self.sums[over]

    def without_zeros(self, expr: Expr, operands: tuple[Expr, ...]) -> Expr:
        """An operation of which some operands have become zero: a sum goes on without them, a product and a linear map are zero."""
        if isinstance(expr, sp.Add):
            return nodes.add(*operands)
        if isinstance(expr, nodes.Stack):
            blocks = zip(operands, expr.args, strict=True)
            return nodes.Stack(*(nodes.Zeros(*self.system.shape(old)) if new is sp.S.Zero else new for new, old in blocks))
        return sp.S.Zero if isinstance(expr, (sp.Mul, nodes.Linear)) else nodes.rebuild(expr, operands)


def _instance(equation: Equation, left: Expr, right: Expr) -> Equation:
    """An equation at one time."""
    step = Step("unroll", right, before=equation.right, equation=equation.number)
    return replace(equation, left=left, right=right, steps=(step,))


def _ordered(equations: list[Equation], system: System) -> Iterator[Equation]:
    """The equations, each after those that it reads."""
    at = {equation.left: place for place, equation in enumerate(equations)}
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(equations)))
    graph.add_edges_from((at[read], place) for place, each in enumerate(equations) for read in each.reads if read in at)
    order = nx.lexicographical_topological_sort(graph)
    try:
        yield from (equations[place] for place in order)
    except nx.NetworkXUnfeasible:
        value, _ = nx.find_cycle(graph)[0]
        raise RecurrenceError(
            f"{equations[value].left} depends on itself by lags and leads together",
            place=f"{system.name}, equation ({equations[value].number})",
            advice="let a cycle of equations read either earlier or later steps",
        ) from None
