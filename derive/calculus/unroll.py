"""A system for every T to the finite system for one T: an equation per variable and step, without a lag.

    h[t] = tanh(W x[t] + U h[t-1])   at T = 2 becomes   h[1] = tanh(W x[1] + U h[0]),   h[2] = tanh(W x[2] + U h[1])

A read outside 1..T keeps its place where its value is given (h[0] above) or has an equation of its own; where the boundary is zero, the
term that it multiplies is left out. A sum over time becomes the sum of its T terms. The work grows linearly with T.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    return replace(system, equations=tuple(_ordered(list(_Unrolling(system, steps).equations()), system)))


class _Unrolling:
    """The values at fixed times of a system at T = `steps`; each is made once."""

    def __init__(self, system: System, steps: int) -> None:
        self.system, self.steps = system, steps
        self.values: dict[tuple[str, int], sp.Indexed] = {}
        self.sums: dict[Expr, Expr] = {}
        self.places: dict[tuple[Expr, Expr], tuple[str, int, bool]] = {}
        self.fixed = {self.place(each.left, 0) for each in system.equations if each.is_boundary}

    def equations(self) -> Iterator[Equation]:
        """All instances of all equations, step by step; those of parameters and boundaries once, at the end."""
        is_repeated = [isinstance(each.left, sp.Indexed) and not each.is_boundary for each in self.system.equations]
        for now in range(1, self.steps + 1):
            for equation in compress(self.system.equations, is_repeated):
                yield self.instance(equation, self.value(equation.left, now), now)
        for equation in compress(self.system.equations, map(not_, is_repeated)):
            yield self.instance(equation, self.value(equation.left, 0) if equation.is_boundary else equation.left, 0)

    def instance(self, equation: Equation, left: Expr, now: int) -> Equation:
        """An equation at t = `now`."""
        right = self.at(equation.right, now)
        step = Step("unroll", right, before=equation.right, equation=equation.number)
        return replace(equation, left=left, right=right, steps=(step,))

    def place(self, read: sp.Indexed, now: int) -> tuple[str, int]:
        """The name and the time of a read such as h[t - 1] or h[T + 1] at t = `now`."""
        key = read.base.label, read.indices[0]
        if key not in self.places:
            at_zero = key[1].xreplace({nodes.t: sp.S.Zero, nodes.T: sp.Integer(self.steps)})
            self.places[key] = nodes.sequence_name(read), int(at_zero), nodes.t in key[1].free_symbols
        name, time, is_relative = self.places[key]
        return name, time + now if is_relative else time

    def value(self, read: sp.Indexed, now: int) -> sp.Indexed:
        """A sequence's value at the time that the read has at t = `now`."""
        place = self.place(read, now)
        if place not in self.values:
            self.values[place] = read.base[place[1]]
        return self.values[place]

    def read(self, read: sp.Indexed, now: int) -> Expr:
        """What a read at t = `now` gives: a value, or zero beyond a boundary of zeros."""
        name, time = place = self.place(read, now)
        is_absolute = nodes.t not in read.indices[0].free_symbols
        is_outside = not 1 <= time <= self.steps and not (is_absolute and place in self.fixed)
        return sp.S.Zero if is_outside and self.system[name].boundary is Boundary.ZERO else self.value(read, now)

    def at(self, expr: Expr, now: int) -> Expr:
        """An expression at t = `now`; 0 where nothing of it is left."""
        if isinstance(expr, sp.Indexed):
            return self.read(expr, now)
        if isinstance(expr, nodes.OverTime):
            if expr not in self.sums:
                self.sums[expr] = nodes.add(*(self.at(expr.args[0], each) for each in range(1, self.steps + 1)))
            return self.sums[expr]
        if not expr.args:
            return expr
        operands = tuple(self.at(part, now) for part in expr.args)
        is_less = any(new is sp.S.Zero and old is not sp.S.Zero for new, old in zip(operands, expr.args, strict=True))
        return self.without_zeros(expr, operands) if is_less else nodes.rebuild(expr, operands)

    def without_zeros(self, expr: Expr, operands: tuple[Expr, ...]) -> Expr:
        """An operation of which some operands have become zero: a sum goes on without them, a product and a linear map are zero."""
        if isinstance(expr, sp.Add):
            return nodes.add(*operands)
        if isinstance(expr, nodes.Stack):
            blocks = zip(operands, expr.args, strict=True)
            return nodes.Stack(*(nodes.Zeros(*self.system.shape(old)) if new is sp.S.Zero else new for new, old in blocks))
        return sp.S.Zero if isinstance(expr, (sp.Mul, nodes.Linear)) else nodes.rebuild(expr, operands)


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
