"""Two forms to the nearest way in which one is the other.

Takes the form of a system and that of a cell, gives a `Match`: which unit is which, and the pairs of terms that differ. Its cost is the
number of differences: a term more, less or another, another function, a parameter that is shared where the cell has two. A unit that is a
sigmoid of its own weights may stand for the complement of the cell's, as sigmoid(-a) = 1 - sigmoid(a).

The law: a match of cost 0 says that the form contains the cell's, up to names, order and complements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import networkx as nx
import sympy as sp

from derive.algebra import nodes
from derive.critique.canonical import Form, Term, Token, Unit, is_bias, weights
from derive.critique.idle import idle

MOST_STEPS = 1500
"""The number of partial assignments after which a search is given up."""
GATES = ("sigmoid", "hard_sigmoid")
NOT_THERE = ""
"""What a unit of the cell is where the system has no such unit."""

Names = Mapping[str, tuple[str, bool]]
"""By unit its number in the assignment, and whether its complement is meant."""


@dataclass(frozen=True)
class Pair:
    """A unit of the system and one of the cell with their differing terms; None where one has a term more."""

    own: Unit
    standard: Unit
    terms: tuple[tuple[Term | None, Term | None], ...] = ()
    aligned: tuple[tuple[Term, Term], ...] = ()

    @property
    def cost(self) -> int:
        """The number of differences; a term of another make in the place of the cell's is two."""
        other = sum(own is not None and standard is not None and _shape(own) != _shape(standard) for own, standard in self.terms)
        return len(self.terms) + other + (self.own.head != self.standard.head)


@dataclass(frozen=True)
class Match:
    """Which unit of the cell is which of the system (`names`), which stand for complements, and what differs.

    Attributes:
        shared: (own unit, own parameter, the cell's parameter) where the system has one parameter and the cell two.
        parted: the same where the cell has one parameter and the system two.
        extra: terms of the recurrence in units that the cell does not have.
        gone: terms of the cell in units without a name that the system does not have.
    """

    names: Mapping[str, str]
    flipped: tuple[str, ...]
    pairs: tuple[Pair, ...]
    shared: tuple[tuple[Unit, str, str], ...] = ()
    parted: tuple[tuple[Unit, str, str], ...] = ()
    extra: tuple[Term, ...] = ()
    gone: tuple[Term, ...] = ()

    @property
    def cost(self) -> int:
        """The number of differences."""
        return sum(pair.cost for pair in self.pairs) + len(self.shared) + len(self.parted) + len(self.extra) + len(self.gone)


def _leading_to(graph: nx.DiGraph, goals: set[str]) -> set[str]:
    """The goals, and the names from which one of them can be reached."""
    return goals.union(*nx.bfs_layers(graph.reverse(copy=False), list(goals)))


@dataclass
class Candidate:
    """A form, prepared for matching."""

    form: Form
    complemented: set[str] = field(init=False)
    core: list[str] = field(init=False)

    def __post_init__(self) -> None:
        units = self.form.units
        self.complemented = {read[1] for unit in units.values() for read in unit.reads if read[3]}
        graph = nx.DiGraph((read[1], unit.name) for unit in units.values() for read in unit.reads if read[1] in units)
        cycles = {name for part in nx.strongly_connected_components(graph) for name in part if len(part) > 1 or graph.has_edge(name, name)}
        needed = _leading_to(graph, cycles & self._read(graph))
        self.core = [name for name in units if name in needed]

    def _read(self, graph: nx.DiGraph) -> set[str]:
        """The units from which an output can be reached."""
        system = self.form.system
        asked = set(system.variables) - set(idle(system))
        for name in list(asked):
            while (name := self.form.inside.get(name, "")) and name not in asked:
                asked.add(name)
        return _leading_to(graph, {name for name in asked if name in graph})

    @cached_property
    def has_biases(self) -> bool:
        """Whether a unit adds a parameter."""
        return any(is_bias(term) for unit in self.form.units.values() for term in unit.terms)

    @cached_property
    def heads(self) -> Counter[str]:
        """How often each function stands in its equations."""
        parts = (part for each in self.form.system.equations for part in nodes.parts(each.right))
        return Counter(type(part).__name__ for part in parts if isinstance(part, (nodes.Elementwise, nodes.Composite)))

    @cached_property
    def core_heads(self) -> Counter[str]:
        """How often each function stands in what the recurrence needs."""
        return Counter(self.form.units[name].head for name in self.core if self.form.units[name].head)

    @cached_property
    def lags(self) -> int:
        """How often its equations read a value of an earlier step."""
        leaves = (part for each in self.form.system.equations for part in nodes.parts(each.right) if isinstance(part, sp.Indexed))
        return sum(nodes.offset(leaf).is_negative is True for leaf in leaves)

    @cached_property
    def core_lags(self) -> int:
        """The same for what the recurrence needs."""
        reads = (read for name in self.core for read in self.form.units[name].reads)
        return sum(isinstance(read[2], int) and read[2] < 0 for read in reads)

    @cached_property
    def size(self) -> int:
        """The number of terms."""
        return sum(len(unit.terms) for unit in self.form.units.values())


def nearest(own: Candidate, standard: Candidate, most: int) -> Match | None:
    """The match with the fewest differences, at most `most`; None if there is none."""
    local = {(mine.name, unit.name): _local(mine, unit) for unit in standard.form.units.values() for mine in own.form.units.values()}
    cheapest = [
        min((local[mine, unit.name] for mine in own.form.units), default=0) for unit in standard.form.units.values() if unit.is_named
    ]
    for budget in range(sum(cheapest), most + 1):
        search = _Search(own, standard, budget, local)
        found = search.best()
        if found is not None:
            return found
    return None


class _Search:
    """Assigns the cell's inputs and units, one after the other, to those of the system, and goes back where the differences are too many."""

    def __init__(self, own: Candidate, standard: Candidate, budget: int, local: Mapping[tuple[str, str], int]) -> None:
        self.own, self.standard, self.budget, self.local = own, standard, budget, local
        self.steps = 0
        units = standard.form.units
        self.order = [*_by_nearness(standard.form), *(each for each in standard.form.inputs)]
        self.is_unit = set(units)
        self.found: Match | None = None

    def best(self) -> Match | None:
        """The first complete assignment within the budget, one without complements first."""
        self._extend(0, {}, {})
        return self.found

    def _extend(self, place: int, given: dict[str, tuple[str, bool]], taken: dict[str, tuple[str, bool]]) -> bool:
        """Assign the unit at a place of the order; given: cell to system, taken: system to cell."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            return True
        if place == len(self.order):
            made = self._complete(given)
            if made.cost <= self.budget:
                self.found = made
            return self.found is not None
        name = self.order[place]
        for own, flip in self._choices(name, taken):
            given[name] = own, flip
            if own:
                taken[own] = name, flip
            if self._bound(given, taken) <= self.budget and self._extend(place + 1, given, taken):
                return True
            del given[name]
            taken.pop(own, None)
        return False

    def _choices(self, name: str, taken: dict[str, tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
        if name not in self.is_unit:
            yield from ((each, False) for each in self.own.form.inputs if each not in taken)
            yield NOT_THERE, False
            return
        unit = self.standard.form.units[name]
        alike = [each for each in self.own.form.units.values() if each.name not in taken and self.local[each.name, name] <= self.budget]
        alike.sort(key=lambda each: (each.head != unit.head, each.name != name))
        yield from ((each.name, False) for each in alike)
        for each in alike:
            is_turned = each.name in self.own.complemented or name in self.standard.complemented
            if is_turned and each.head in GATES and unit.head in GATES:
                yield each.name, True
        if not unit.is_named and self.budget:
            yield NOT_THERE, False

    def _bound(self, given: dict[str, tuple[str, bool]], taken: dict[str, tuple[str, bool]]) -> int:
        """A number of differences that every completion has at least."""
        total = 0
        numbers = {name: (name, False) for name, (own, _) in given.items() if own}
        for name, (own, _) in given.items():
            if not own or name not in self.is_unit:
                continue
            standard, mine = self.standard.form.units[name], self.own.form.units[own]
            ours = Counter(_key(term, taken) for term in mine.terms)
            theirs = Counter(_key(term, numbers) for term in standard.terms)
            total += max((ours - theirs).total(), (theirs - ours).total()) + (mine.head != standard.head)
            if total > self.budget:
                break
        return total

    def _complete(self, given: dict[str, tuple[str, bool]]) -> Match:
        names = {name: own for name, (own, _) in given.items()}
        flipped = tuple(own for own, flip in given.values() if flip)
        taken = {own: (name, flip) for name, (own, flip) in given.items() if own}
        numbers = {name: (name, False) for name, own in names.items() if own}
        pairs = tuple(
            _pair(self.own.form.units[own], self.standard.form.units[name], taken, numbers)
            for name, own in names.items()
            if own and name in self.is_unit
        )
        shared, parted = _sharing(pairs)
        extra = [term for name in self.own.core if name not in taken for term in _counted(self.own.form.units[name])]
        gone = [
            term for name, own in names.items() if not own and name in self.is_unit for term in _counted(self.standard.form.units[name])
        ]
        return Match(names, flipped, pairs, shared, parted, tuple(extra), tuple(gone))


def _counted(unit: Unit) -> tuple[Term, ...]:
    """The terms of a unit that count where it has no partner: of one without a name, the first is part of what reads it."""
    return unit.terms[not unit.is_named :]


def _by_nearness(form: Form) -> list[str]:
    """The units so that each stands near one that it reads or that reads it, the values that are read at another time first."""
    lagged = [read[1] for unit in form.units.values() for read in unit.reads if read[2] != 0 and read[1] in form.units]
    order = list(dict.fromkeys(lagged))
    pending = [*order, *form.units]
    while pending:
        name = pending.pop(0)
        if name not in order:
            order.append(name)
        near = [read[1] for read in form.units[name].reads if read[1] in form.units and read[1] not in order]
        order += list(dict.fromkeys(near))
        pending = [*near, *pending]
    return order


def _local(own: Unit, standard: Unit) -> int:
    """A number of differences that two units have at least, whatever the others are."""
    if own.head != standard.head and any("operand" in str(each.number) for each in (*own.terms, *standard.terms)):
        return MOST_STEPS
    ours, theirs = (Counter(_key(term, {}) for term in each.terms) for each in (own, standard))
    return max((ours - theirs).total(), (theirs - ours).total()) + (own.head != standard.head)


def _key(term: Term, names: Names, is_final: bool = False) -> tuple[object, ...]:
    """A term without the names of its parameters, its reads named as given; what is not named yet is like all that is not."""
    return str(term.number), *sorted(repr(_named(factor, names, is_final)) for factor in term.factors)


def _named(token: Token, names: Names, is_final: bool) -> Token:
    match token[0]:
        case "read":
            if token[1] in names:
                name, flip = names[token[1]]
                return "read", name, token[2], token[3] != flip
            return ("read", "?", token[2], token[3]) if is_final else ("read", "?", token[2])
        case "weight":
            return ("weight",)
        case "dot":
            return "dot", _named(token[1], names, is_final), _named(token[2], names, is_final)
        case "op":
            return "op", token[1], tuple(_named(each, names, is_final) for each in token[2])
        case _:
            return token


def _pair(own: Unit, standard: Unit, taken: Names, numbers: Names) -> Pair:
    """The two units, their equal terms aligned, and their other terms side by side, the most similar ones together."""
    left = [(_key(term, taken, True), term) for term in own.terms]
    aligned: list[tuple[Term, Term]] = []
    missing: list[Term] = []
    for term in standard.terms:
        key = _key(term, numbers, True)
        place = next((at for at, (mine, _) in enumerate(left) if mine == key and "'?'" not in str(key)), None)
        if place is None:
            missing.append(term)
        else:
            aligned.append((left.pop(place)[1], term))
    added = [term for _, term in left]
    differing: list[tuple[Term | None, Term | None]] = []
    for term in missing:
        like = [each for each in added if _shape(each) == _shape(term)] or [each for each in added if is_bias(each) == is_bias(term)]
        if like:
            added.remove(like[0])
            aligned += [(like[0], term)] if _shape(like[0]) == _shape(term) else []
        differing.append((like[0] if like else None, term))
    return Pair(own, standard, (*differing, *((term, None) for term in added)), tuple(aligned))


def _shape(term: Term) -> tuple[object, ...]:
    """A term without the names and times of its reads."""

    def bare(token: Token) -> Token:
        match token[0]:
            case "read" | "weight":
                return (token[0],)
            case "dot":
                return "dot", bare(token[1]), bare(token[2])
            case "op":
                return "op", token[1], tuple(bare(each) for each in token[2])
            case _:
                return token

    return str(term.number), *sorted(repr(bare(factor)) for factor in term.factors)


def _sharing(pairs: tuple[Pair, ...]) -> tuple[tuple[tuple[Unit, str, str], ...], tuple[tuple[Unit, str, str], ...]]:
    """Where a parameter of one side is two of the other."""
    shared: list[tuple[Unit, str, str]] = []
    parted: list[tuple[Unit, str, str]] = []
    theirs: dict[str, str] = {}
    ours: dict[str, str] = {}
    met = [
        (pair.own, mine, other)
        for pair in pairs
        for own, standard in pair.aligned
        for mine, other in zip(_weights(own), _weights(standard), strict=False)
    ]
    for unit, mine, other in met:
        if theirs.setdefault(mine, other) != other:
            shared.append((unit, mine, other))
        if ours.setdefault(other, mine) != mine:
            parted.append((unit, mine, other))
    return tuple(shared), tuple(parted)


def _weights(term: Term) -> list[str]:
    """The parameters of a term, in an order that does not depend on that of its factors."""
    return [name for factor in sorted(term.factors, key=lambda each: repr(_named(each, {}, True))) for name in weights(factor)]
