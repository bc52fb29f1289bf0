"""The best correspondence between two systems: the one with the fewest differences, and among those one that can be solved in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice, product

from derive.system import System
from verify.equivalence.correspondence import Correspondence
from verify.equivalence.matching import Binding, Matching
from verify.equivalence.reading import Reading
from verify.equivalence.updates import updates
from verify.equivalence.weights import Solution, solved
from verify.proof.normal_form import Undecided

COSTS = (1, 2, 3, 4, 6, 8, 12, 16, 24)
"""What the differences may cost, from one attempt to the next."""
MIRRORED = 2
"""How many functions are mirrored at the same time."""
TRIES = 12
"""How many correspondences of the same cost are looked at."""


@dataclass(frozen=True)
class Found:
    """A correspondence, whose equations are solved in both directions.

    Attributes:
        binding: what is which, and what differs.
        own, other: the readings that were matched; of `own`, some functions may be mirrored.
        keeps_states: whether reads of states at t were left standing.
    """

    binding: Binding
    own: Reading
    other: Reading
    keeps_states: bool

    @cached_property
    def forward(self) -> Solution:
        """The parameters of the second system in those of the first."""
        return solved(self.binding.equations, self.other.parameters)

    @cached_property
    def backward(self) -> Solution:
        """The parameters of the first system in those of the second."""
        return solved([(two, one) for one, two in self.binding.equations], self.own.parameters)

    @cached_property
    def sizes(self) -> dict[str, str]:
        """The sizes that are bound, and those of parameters that stand for one another."""
        found = dict(self.binding.sizes)
        for (name, *_), form in self.forward.blocks.items():
            if len(form) != 1 or len(form[0][0][1]) != 1:
                continue
            ((_, ((atom, _),)), _) = form[0]
            for own, other in zip(self.own.system[atom.name].shape, self.other.system[name].shape, strict=True):
                pair = str(own), str(other)
                if own.is_Symbol and other.is_Symbol and pair[0] not in found and pair[1] not in found.values():
                    found[pair[0]] = pair[1]
        return found

    def claims(self) -> tuple[Correspondence, Correspondence]:
        """The first system as one of the second kind, and the other way round."""
        return self._claim(self.forward), self._claim(self.backward).turned()

    def _claim(self, solution: Solution) -> Correspondence:
        return Correspondence(self.own.system, self.other.system, self.binding.names, self.sizes, solution.blocks)

    @property
    def rank(self) -> tuple[int, int]:
        """Less is better: directions that are not solved, equations that are not met."""
        solutions = self.forward, self.backward
        return sum(not each.is_complete for each in solutions), sum(len(each.unmet) for each in solutions)


def best(own: System, other: System) -> Found | None:
    """The best correspondence, None if nothing matches."""
    for keeps_states, is_strict in product((True, False), (True, False)):
        found = _least(_attempts(own, other, keeps_states, is_strict, 0, MIRRORED))
        if found is not None:
            return found
    for cost in COSTS:
        found = _least(_attempts(own, other, True, False, cost, 1))
        if found is not None:
            return found
    return None


def _least(attempts: Iterator[Found]) -> Found | None:
    """The first that is solved in both directions, else the one of the least rank."""
    found: Found | None = None
    for each in islice(attempts, TRIES):
        if found is None or each.rank < found.rank:
            found = each
        if found.rank[0] == 0:
            break
    return found


def _attempts(own: System, other: System, keeps_states: bool, is_strict: bool, cost: int, mirrored: int) -> Iterator[Found]:
    """All matches of that cost, those first in which the fewest functions are mirrored."""
    try:
        written, reading = updates(own, keeps_states), Reading(updates(other, keeps_states))
        mirrors = written.mirrors()
        for number, outputs in product(range(mirrored + 1), pairings(own, other)):
            for chosen in combinations(mirrors, number):
                reading_of_own = Reading(written.mirrored(frozenset(chosen)))
                for binding in Matching(reading_of_own, reading, cost, is_strict).matches(outputs):
                    yield Found(binding, reading_of_own, reading, keeps_states)
    except Undecided:
        return


def guess(found: Found) -> Found:
    """The correspondence from which numbers are made where systems differ: the nearest one if indices do not matter."""
    for cost in (0, *COSTS):
        for outputs in pairings(found.own.system, found.other.system):
            for binding in Matching(found.own, found.other, cost, is_lax=True).matches(outputs):
                return Found(binding, found.own, found.other, found.keeps_states)
    return found


def pairings(own: System, other: System) -> list[list[tuple[str, str]]]:
    """Which output may be which: by name where all names are the same, else in order; a loss is the loss."""
    mine, its = ([*each.outputs, *([each.loss] if each.loss else [])] for each in (own, other))
    if len(mine) != len(its) or bool(own.loss) != bool(other.loss):
        return []
    if set(mine) == set(its):
        return [[(name, name) for name in mine]]
    return [list(zip(mine, its, strict=True))]
