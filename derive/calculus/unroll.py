"""A system for every T to the finite system for one T: an equation per variable and step, without a lag.

    h[t] = tanh(W x[t] + U h[t-1])   at T = 2 becomes   h[1] = tanh(W x[1] + U h[0]),   h[2] = tanh(W x[2] + U h[1])

A read outside 1..T keeps its place where its value is given (h[0] above) or has an equation of its own; where the boundary is zero, the
term that it multiplies is left out. A sum over time becomes the sum of its T terms. The work grows linearly with T.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import compress
from operator import not_

import networkx as nx
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.calculus.keeping import keeping_all
from derive.errors import InputError, RecurrenceError
from derive.given import HasSystem, system_of
from derive.system import Boundary, Equation, Step, System


def unroll(source: System | HasSystem, steps: int) -> System:
    """The system at T = `steps`, its equations in an order in which they can be computed, ties by time and then in the author's order.

    Each equation keeps the number of the one that it is an instance of.

    Raises:
        InputError: there is not at least one step.
        RecurrenceError: a value depends on itself, by lags and leads together.

    Example:
        >>> import derive
        >>> [str(each.left) for each in derive.unroll(derive.cell("irnn"), steps=3)]
        ['h[1]', 'h[2]', 'h[3]']
    """
    system = system_of(source)
    if steps < 1:
        raise InputError(f"there are no {steps} steps to unroll", advice="give 1 or more")
    with keeping_all():
        return replace(system, equations=tuple(_ordered(list(_Unrolling(system, steps).equations()), system)))


Instance = Callable[[int], Expr]
"""What an expression is at t = now, as a function of now."""

Read = tuple[Equation, Sequence[Expr]]
"""An equation and the values that it reads."""

ZERO = sp.S.Zero


class _Unrolling:
    """The values at fixed times of a system at T = `steps`: each is made once, and each expression is looked through once.

    `reads` are the values that the instance read which is being made, and `has_lost` says whether some of them have gone with a zero.
    """

    def __init__(self, system: System, steps: int) -> None:
        self.system, self.steps = system, steps
        self.values: dict[tuple[str, int], sp.Indexed] = {}
        self.sums: dict[Expr, tuple[Expr, list[Expr]]] = {}
        self.fixed = {self.place(each.left)[:2] for each in system.equations if each.is_boundary}
        self.reads: list[Expr] = []
        self.has_lost = False

    def equations(self) -> Iterator[Read]:
        """All instances of all equations, step by step; those of parameters and boundaries once, at the end."""
        is_repeated = [isinstance(each.left, sp.Indexed) and not each.is_boundary for each in self.system.equations]
        repeated = [(each, self.value(each.left), self.at(each.right)) for each in compress(self.system.equations, is_repeated)]
        for now in range(1, self.steps + 1):
            for equation, left, right in repeated:
                yield self.instance(equation, left(now), right, now)
        for equation in compress(self.system.equations, map(not_, is_repeated)):
            left = self.value(equation.left)(0) if equation.is_boundary else equation.left
            yield self.instance(equation, left, self.at(equation.right), 0)

    def instance(self, equation: Equation, left: Expr, right: Instance, now: int) -> Read:
        """An equation at one time, and the values that it reads."""
        self.reads, self.has_lost = [], False
        value = right(now)
        step = Step("unroll", value, before=equation.right, equation=equation.number)
        made = Equation(left, value, equation.number, (step,), equation.line)
        return made, made.reads if self.has_lost else self.reads

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
        has_zeros = self.system[name].boundary is Boundary.ZERO and (is_relative or (name, at_zero) not in self.fixed)

        def instance(now: int) -> Expr:
            if has_zeros and (at_zero + now if is_relative else at_zero) not in steps:
                return ZERO
            found = value(now)
            self.reads.append(found)
            return found

        return instance

    def at(self, expr: Expr) -> Instance:
        """An expression; 0 where nothing of it is left."""
        if isinstance(expr, sp.Indexed):
            return self.read(expr)
        if isinstance(expr, nodes.OverTime):
            return lambda now: self.sum(expr)
        if not any(isinstance(part, (sp.Indexed, nodes.OverTime)) for part in nodes.parts(expr)):
            return self.same(expr)
        operands = [self.at(part) for part in expr.args]
        is_zero = [part is ZERO for part in expr.args]

        def instance(now: int) -> Expr:
            found = tuple([operand(now) for operand in operands])
            for new, was_zero in zip(found, is_zero, strict=True):
                if new is ZERO and not was_zero:
                    self.has_lost = True
                    return self.without_zeros(expr, found)
            return nodes.rebuild(expr, found)

        return instance

    def same(self, expr: Expr) -> Instance:
        """What is the same at each t."""
        defined = [leaf for leaf in nodes.leaves(expr) if self.system.defines(str(leaf))]

        def instance(now: int) -> Expr:
            self.reads.extend(defined)
            return expr

        return instance if defined else lambda now: expr

    def sum(self, over: nodes.OverTime) -> Expr:
        """The sum of an expression's values at all steps."""
        if over not in self.sums:
            before, self.reads = (self.reads, self.has_lost), []
            self.has_lost = False
            value = nodes.add(*map(self.at(over.args[0]), range(1, self.steps + 1)))
            self.sums[over] = value, nodes.leaves(value) if self.has_lost else self.reads
            self.reads, self.has_lost = before
        value, read = self.sums[over]
        self.reads.extend(read)
        return value

    def without_zeros(self, expr: Expr, operands: tuple[Expr, ...]) -> Expr:
        """An operation of which some operands have become zero: a sum goes on without them, a product and a linear map are zero."""
        if isinstance(expr, sp.Add):
            return nodes.add(*operands)
        if isinstance(expr, nodes.Stack):
            blocks = zip(operands, expr.args, strict=True)
            return nodes.Stack(*(nodes.Zeros(*self.system.shape(old)) if new is ZERO else new for new, old in blocks))
        if isinstance(expr, nodes.Solve) and operands[1] is not ZERO:
            return nodes.Solve(nodes.Zeros(*self.system.shape(expr.args[0])), operands[1])
        return ZERO if isinstance(expr, (sp.Mul, nodes.Linear)) else nodes.rebuild(expr, operands)


def _ordered(read: list[Read], system: System) -> Iterator[Equation]:
    """The equations, each after those that it reads."""
    at = {_key(equation.left): place for place, (equation, _) in enumerate(read)}
    edges = [(at[key], place) for place, (_, values) in enumerate(read) for key in map(_key, values) if key in at]
    if all(earlier < later for earlier, later in edges):
        yield from (equation for equation, _ in read)
        return
    graph = nx.DiGraph(edges)
    graph.add_nodes_from(range(len(read)))
    order = nx.lexicographical_topological_sort(graph)
    try:
        yield from (read[place][0] for place in order)
    except nx.NetworkXUnfeasible:
        value, _ = nx.find_cycle(graph)[0]
        equation = read[value][0]
        raise RecurrenceError(
            f"{equation.left} depends on itself by lags and leads together",
            place=f"{system.name}, equation ({equation.number})",
            advice="let a cycle of equations read either earlier or later steps",
        ) from None


def _key(value: Expr) -> int | str:
    """What tells values apart: a sequence's at one time is made once, and SymPy would take long to compare two of them."""
    return id(value) if isinstance(value, sp.Indexed) else str(value)
