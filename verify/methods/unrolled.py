"""Backpropagation on the unrolled graph, entry by entry: a second way to the gradients, which must give the same formulas.

For T = 1..4 and small sizes, each entry of each variable at each step is a symbol, each equation a scalar function of symbols. SymPy differentiates
these; a reverse topological order of the unrolled graph accumulates the adjoints (Linnainmaa 1970; Griewank and Walther 2008, chapter 3). The claimed
recurrence, written out at the same steps, must be the same expression in the same symbols, for each entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property, lru_cache
from typing import Any

import networkx as nx
import numpy as np
import sympy as sp

from derive.algebra import nodes
from derive.errors import InputError
from derive.system import Boundary, Kind, System
from verify.arithmetic import Arithmetic
from verify.evaluate import Run, Values
from verify.numbers.points import Points
from verify.numbers.scalars import rational
from verify.subject import Judged, Subject
from verify.verdict import Outcome, Verdict
from verify.wellformed import claim_faults, equation_faults, system_fault

NAME = "unrolled graph"
JUDGES = Judged.EQUATIONS
CARRIES_SLOPES = True
SEES = (
    "the formulas for T = 1 to 4 at one choice of sizes, all entries, large ones and ones with cases at random points; not the emitted code"
)
LENGTHS = (1, 2, 3, 4)

Array = np.ndarray[Any, Any]
Place = tuple[str, int | None]
"""A variable and a time; None for what is the same at each t."""
Slopes = tuple[tuple[sp.Symbol, Any], ...]


def _on_symbols(function: type[nodes.Elementwise]) -> Any:
    return np.vectorize(lambda x: function.definition(x), otypes=[object])


def _exact(value: Any) -> Any:
    """A symbol as it is; a number, a decimal as it is written, as a rational one."""
    return value if isinstance(value, sp.Basic) and not value.is_Number else sp.Rational(rational(value))


class Said(sp.Function):
    """Said(y, x, s): y, whose derivative by x is said to be s."""

    def fdiff(self, argindex: int = 1) -> Any:
        """The derivative by an operand."""
        return self.args[2] if argindex == 2 else sp.S.Zero


SYMBOLS = Arithmetic("symbols", _exact, object, _on_symbols, sloped=Said)
NO_NUMBERS = (sp.nan, sp.zoo, sp.oo, -sp.oo)
CASES = (sp.Piecewise, sp.Abs, sp.sign, sp.Max, sp.Min)
"""Functions that SymPy does not simplify by cases; expressions with them are compared at random points."""


def judge(subject: Subject, lengths: tuple[int, ...] = LENGTHS) -> list[Verdict]:
    """A verdict for each parameter, input and initial state; an intermediate that differs shows in those that depend on it."""
    forward, adjoint = subject.forward, subject.adjoint
    wanted = [name for name, each in forward.variables.items() if each.changes]
    if fault := system_fault(forward) or next((each.reason for each in claim_faults(forward, adjoint)), ""):
        return [Verdict(name, NAME, Outcome.CANNOT_SEE, f"it is not well formed: {fault}") for name in wanted]
    wanted += [f"{each.name}_0" for each in forward.states if each.boundary is not Boundary.ZERO]
    wrong = {each.subject: (0, each.reason) for each in equation_faults(forward, adjoint)}
    if wrong:
        return [_verdict(name, wrong.get(name), ()) for name in wanted]
    slopes = cache(slopes_of)
    for steps in lengths:
        graph = Unrolled(subject, steps, slopes)
        if not graph.has_values:
            return [
                Verdict(name, NAME, Outcome.CANNOT_SEE, f"at T = {steps} the equations have no values, whatever is given")
                for name in wanted
            ]
        for name, detail in graph.disagreements():
            wrong.setdefault(name, (steps, detail))
    return [_verdict(name, wrong.get(name), lengths) for name in wanted]


def _verdict(name: str, found: tuple[int, str] | None, lengths: tuple[int, ...]) -> Verdict:
    """What was found of a variable at which T, 0 where nothing was unrolled, as all or another equation is not well formed."""
    if found is None:
        told = f"equal for T = {', '.join(map(str, lengths))}"
        return Verdict(
            name, NAME, *((Outcome.AGREES, told) if lengths else (Outcome.CANNOT_SEE, "an equation of the claim is not well formed"))
        )
    steps, detail = found
    return Verdict(name, NAME, Outcome.DISAGREES, f"at T = {steps}: {detail}" if steps else detail, {"T": steps} if steps else None)


LARGEST = 1000
"""How many parts an expression may have that is compared symbol by symbol."""


def slopes_of(value: Any) -> Slopes:
    """The derivative of an expression by each symbol in it: what SymPy says of each operation, by the chain rule."""
    return tuple(sorted(_slopes(value).items(), key=lambda each: str(each[0])))


@lru_cache(10_000)
def _slopes(value: Any) -> dict[sp.Symbol, Any]:
    """The derivative by each symbol; of parts that several expressions have it is made once."""
    if value.is_Symbol:
        return {value: sp.S.One}
    found: dict[sp.Symbol, list[Any]] = {}
    for by, inner in _operands(value):
        for source, slope in _slopes(inner).items():
            found.setdefault(source, []).append(by * slope)
    return {source: sp.Add(*parts) for source, parts in found.items()}


def _operands(value: Any) -> Iterator[tuple[Any, Any]]:
    """The derivative of an operation by each operand that has symbols, with the operand; a definition by cases is one of its symbols."""
    if value.is_Add:
        yield from ((sp.S.One, each) for each in value.args if each.free_symbols)
    elif value.has(sp.Piecewise):
        yield from ((sp.diff(value, each), each) for each in value.free_symbols)
    elif value.is_Mul:
        yield from ((sp.Mul(*value.args[:at], *value.args[at + 1 :]), each) for at, each in enumerate(value.args) if each.free_symbols)
    else:
        placed = {_operand(at): each for at, each in enumerate(value.args) if each.free_symbols}
        named = {each: place for place, each in placed.items()}
        outer = value.func(*(named.get(each, each) for each in value.args))
        yield from ((_slope(outer, place).xreplace(placed), each) for place, each in placed.items())


@cache
def _operand(place: int) -> sp.Dummy:
    """What stands in the place of an operand while an operation is differentiated; the same one each time, so that it is done once."""
    return sp.Dummy(f"operand {place}", real=True)


_slope = lru_cache(10_000)(sp.diff)


REMEMBERED = 10_000
"""Of how many differences it is remembered whether they vanish: an entry at the next length has mostly those that it had before."""


class Unrolled:
    """A subject at one length, entry by entry.

    Args:
        subject: the subject.
        steps: the length.
        slopes: as `slopes_of`; one that remembers saves most of the work at the next length, which has the same entries at the same steps.
    """

    def __init__(self, subject: Subject, steps: int, slopes: Callable[[Any], Slopes] = slopes_of) -> None:
        self.subject, self.steps, self.slopes = subject, steps, slopes
        self.forward, self.adjoint = subject.forward, subject.adjoint
        self.sizes = {**{symbol: 1 + at for at, symbol in enumerate(reversed(_sizes(self.forward)))}, nodes.T: steps}
        self.shapes = {
            name: tuple(int(side.xreplace(self.sizes)) for side in each.shape)
            for system in (self.forward, self.adjoint)
            for name, each in system.variables.items()
        }
        self.bars = {each.of: each.name for each in self.adjoint.variables.values() if each.kind is Kind.ADJOINT}
        self.seeds = {each.of: each.name for each in self.adjoint.variables.values() if each.kind is Kind.UPSTREAM}
        self.symbols: dict[Place, Array] = {}
        self.without_value: dict[str, str] = {}
        self.points: Points | None = None
        self.values = self._values(self.forward)
        self.outputs = {
            symbol: value
            for (name, time), array in self.values.items()
            if isinstance(self.forward.equation(name).right, (nodes.Elementwise, nodes.Composite, nodes.Solve))
            for symbol, value in zip(self.entries(name, time).ravel(), array.ravel(), strict=True)
        }

    @property
    def has_values(self) -> bool:
        """Whether the forward equations have values for some numbers; a division by zero has none."""
        return not any(value.has(*NO_NUMBERS) for array in self.values.values() for value in array.ravel())

    def entries(self, name: str, time: int | None) -> Array:
        """A symbol for each entry of a variable at a time."""
        if (name, time) not in self.symbols:
            shape = self.shapes[name]
            array = np.empty(shape, dtype=object)
            for at in np.ndindex(shape):
                array[at] = sp.Symbol(f"{name}({time}){list(at)}", real=True)
            self.symbols[name, time] = array
        return self.symbols[name, time]

    def _values(self, system: System) -> dict[Place, Array]:
        """The right side of each equation at each step, over the symbols of what it reads."""
        symbols = {(name, time): self.entries(name, time) for name in system.variables for time in self._times(name)}
        over_symbols = Values(system, Run(self.steps, symbols, self.sizes), SYMBOLS)
        found: dict[Place, Array] = {}
        for name in dict.fromkeys(each.name for each in system.equations):
            try:
                found |= {(name, time): array for time, array in over_symbols.by_equation(name).items()}
            except InputError as error:
                self.without_value[name] = str(error)
        return found

    def graph(self) -> nx.DiGraph:
        """The unrolled graph: an edge from each entry to each one that is computed from it, with the derivative on it."""
        graph = nx.DiGraph()
        for (name, time), array in self.values.items():
            for symbol, value in zip(self.entries(name, time).ravel(), array.ravel(), strict=True):
                for source, slope in self.slopes(value):
                    graph.add_edge(source, symbol, slope=slope)
        return graph

    def accumulated(self) -> dict[sp.Symbol, Any]:
        """The adjoint of each entry over the adjoints of those computed from it, in reverse topological order."""
        owner = {symbol: (name, time, at) for (name, time), array in self.symbols.items() for at, symbol in np.ndenumerate(array)}
        graph = self.graph()
        found: dict[sp.Symbol, Any] = {}
        for symbol in reversed(list(nx.topological_sort(graph))):
            name, time, at = owner[symbol]
            later = sum((self.bar(*owner[user]) * slope for _, user, slope in graph.out_edges(symbol, data="slope")), sp.S.Zero)
            found[symbol] = later + self._seed(name, time, at)
        return found

    def bar(self, name: str, time: int | None, at: tuple[int, ...]) -> Any:
        """The symbol of an entry's adjoint."""
        return self.entries(self.bars[name], time)[at]

    def _seed(self, name: str, time: int | None, at: tuple[int, ...]) -> Any:
        if time is not None and not 1 <= time <= self.steps:
            return sp.S.Zero
        if name == self.forward.loss:
            return sp.S.One
        return self.entries(self.seeds[name], time)[at] if name in self.seeds else sp.S.Zero

    def disagreements(self) -> Iterator[tuple[str, str]]:
        """The variables whose claimed adjoint differs from the accumulated one, with the entry."""
        accumulated = self.accumulated()
        claimed = self._values(self.adjoint)
        constants = self._substituted(claimed)
        for name, bar in self.bars.items():
            for time in self._times(name):
                if (bar, time) not in claimed:
                    told = self.without_value.get(bar, f"there is no equation for the adjoint of {name} at time {time}")
                    yield self._label(name, time), told
                    continue
                for at, symbol in np.ndenumerate(self.entries(name, time)):
                    own, other = claimed[bar, time][at], accumulated.get(symbol, self._seed(name, time, at))
                    if not self._is_zero(own - other, constants):
                        yield self._label(name, time), f"entry {list(at)} at time {time} is claimed to be {own}, the graph gives {other}"

    def _label(self, name: str, time: int | None) -> str:
        """What a value is called in a verdict: its name, with _0 where it is a boundary value."""
        return name if time is None or 1 <= time <= self.steps else f"{name}_0"

    def _substituted(self, claimed: Mapping[Place, Array]) -> dict[Any, Any]:
        """The claimed values of adjoints that read no other adjoint: a claim may have put them in."""
        bars = {
            symbol for bar in self.bars.values() for (name, _), array in self.symbols.items() if name == bar for symbol in array.ravel()
        }
        return {
            symbol: value
            for (name, time), array in claimed.items()
            for symbol, value in zip(self.entries(name, time).ravel(), array.ravel(), strict=True)
            if not bars & value.free_symbols or isinstance(value, sp.Symbol) or isinstance(-value, sp.Symbol)
        }

    def _times(self, name: str) -> list[int | None]:
        """The times at which a variable has entries: None, or 1..T and where its boundary values are given."""
        if not (self.forward if name in self.forward.variables else self.adjoint)[name].is_sequence:
            return [None]
        low, high = (
            self.forward.reach[name] if name in self.forward.variables and self.forward[name].boundary is not Boundary.ZERO else (0, 0)
        )
        return [*range(low + 1, 1), *range(1, self.steps + 1), *range(self.steps + 1, self.steps + high + 1)]

    def _is_zero(self, difference: Any, constants: Mapping[Any, Any]) -> bool:
        """Whether a difference vanishes, given what the forward equations and the premises say."""
        if difference == 0:
            return True
        if difference.has(Said):
            difference = difference.replace(Said, lambda value, argument, slope: value)
        if is_large(difference):
            return self._at_points(constants).vanishes(difference)
        for _ in range(2):
            difference = difference.xreplace(constants)
        if difference.has(sp.Heaviside):
            difference = difference.replace(sp.Heaviside, _step)
        if _expands_to_zero(difference):
            return True
        while difference != (written := difference.xreplace(self.outputs)):
            difference = written
        difference = difference.subs(self.premises)
        if is_large(difference) or difference.has(*CASES):
            return self._at_points(constants).vanishes(difference)
        return _expands_to_zero(difference) or _cancels(difference)

    def _at_points(self, constants: Mapping[Any, Any]) -> Points:
        if self.points is None:
            self.points = Points({**self.outputs, **constants, **self.premises})
        return self.points

    @cached_property
    def premises(self) -> dict[Any, Any]:
        """The entries of a distribution sum to 1: the last one is 1 minus the others."""
        return {
            column[-1]: 1 - sum(column[:-1], sp.S.Zero)
            for name, each in self.forward.variables.items()
            for (own, _), array in list(self.symbols.items())
            if each.is_distribution and own == name
            for column in array.T
        }


@lru_cache(REMEMBERED)
def _expands_to_zero(difference: Any) -> bool:
    return bool(sp.expand(difference) == 0)


@lru_cache(REMEMBERED)
def _cancels(difference: Any) -> bool:
    return bool(sp.cancel(sp.together(difference)) == 0)


def is_large(expr: Any) -> bool:
    """Whether an expression has more parts than are compared symbol by symbol, or would have if it were multiplied out."""
    if any(place > LARGEST for place, _ in enumerate(sp.preorder_traversal(expr))):
        return True
    terms: dict[Any, int] = {}
    for part in sp.postorder_traversal(expr):
        inside = [terms[each] for each in part.args]
        if isinstance(part, sp.Pow) and part.exp.is_Integer and abs(part.exp) < LARGEST:
            terms[part] = math.comb(inside[0] + abs(int(part.exp)) - 1, abs(int(part.exp)))
        else:
            terms[part] = sum(inside) if isinstance(part, sp.Add) else math.prod(inside) if isinstance(part, sp.Mul) else 1
    return max(terms.values()) > LARGEST


def _step(x: Any, *_: Any) -> Any:
    """The derivative of max(0, x) that SymPy gives, as the one of a step: 0 at the kink, which is not judged."""
    return sp.Piecewise((1, x > 0), (0, True))


def _sizes(system: System) -> list[sp.Symbol]:
    found = {symbol: None for each in system.variables.values() for side in each.shape for symbol in sorted(side.free_symbols, key=str)}
    return list(found)
