"""A System to an order of computation: loops over t where equations depend on each other through time, all t at once elsewhere.

The strongly connected components of the dependence graph decide: one with a lag is a loop forward in t, one with a lead a loop backward,
everything else is computed for the whole sequence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import networkx as nx

from derive.errors import RecurrenceError
from derive.system import Equation, System


@dataclass(frozen=True)
class Block:
    """Equations computed together, in order.

    Attributes:
        equations: what is computed.
        direction: +1 for a loop forward in t, -1 for one backward, 0 for the whole sequence at once.
    """

    equations: tuple[Equation, ...]
    direction: int = 0

    @property
    def is_loop(self) -> bool:
        """Whether it is a loop over t."""
        return self.direction != 0

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables that it defines."""
        return frozenset(equation.name for equation in self.equations)


def schedule(system: System) -> tuple[Block, ...]:
    """The blocks of a system, each after those whose values it reads; neighbours that are no loops are one block.

    Raises:
        RecurrenceError: some equations read each other both at earlier and at later t, so that no order computes them.
    """
    place = system.place
    graph = nx.DiGraph()
    graph.add_nodes_from(place)
    graph.add_edges_from((read, reader) for read, reader, _ in system.reads_at if read in place)
    components = nx.condensation(graph)
    first = {each: min(place[name] for name in members) for each, members in components.nodes(data="members")}
    offsets = _offsets(components.graph["mapping"], system)
    blocks: list[Block] = []
    for each in nx.lexicographical_topological_sort(components, key=first.__getitem__):
        members = sorted(components.nodes[each]["members"], key=place.__getitem__)
        made = Block(tuple(system.equation(name) for name in members), _direction(offsets.get(each, []), members, system))
        if blocks and not made.is_loop and not blocks[-1].is_loop:
            blocks[-1] = Block((*blocks[-1].equations, *made.equations))
        else:
            blocks.append(made)
    return tuple(blocks)


def _offsets(component: Mapping[str, int], system: System) -> dict[int, list[int]]:
    """By component, how far from t its members read each other."""
    found: dict[int, list[int]] = {}
    for read, reader, offset in system.reads_at:
        if offset != 0 and read in component and component[read] == component[reader]:
            found.setdefault(component[read], []).append(offset)
    return found


def _direction(offsets: list[int], members: list[str], system: System) -> int:
    """The way of the loop in which members read each other so far from t; 0 if they do not."""
    if any(offset < 0 for offset in offsets) and any(offset > 0 for offset in offsets):
        raise RecurrenceError(
            f"{', '.join(members)} read each other both at earlier and at later t",
            place=system.equation(members[0]).where,
            advice="let one direction read finished values of the other only",
        )
    return 0 if not offsets else 1 if offsets[0] < 0 else -1
