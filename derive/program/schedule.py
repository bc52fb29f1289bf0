"""A System to an order of computation: loops over t where equations depend on each other through time, all t at once elsewhere.

The strongly connected components of the dependence graph decide: one with a lag is a loop forward in t, one with a lead a loop backward,
everything else is computed for the whole sequence.
"""

from __future__ import annotations

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
    graph = system.dependences.subgraph([equation.name for equation in system.order])
    components = nx.condensation(nx.DiGraph(graph))
    place = system.place
    first = {each: min(place[name] for name in members) for each, members in components.nodes(data="members")}
    blocks: list[Block] = []
    for each in nx.lexicographical_topological_sort(components, key=first.__getitem__):
        members = sorted(components.nodes[each]["members"], key=place.__getitem__)
        made = Block(tuple(system.equation(name) for name in members), _direction(graph, members, system))
        if blocks and not made.is_loop and not blocks[-1].is_loop:
            blocks[-1] = Block((*blocks[-1].equations, *made.equations))
        else:
            blocks.append(made)
    return tuple(blocks)


def _direction(graph: nx.MultiDiGraph, members: list[str], system: System) -> int:
    offsets = [offset for _, _, offset in graph.subgraph(members).edges(data="offset") if offset != 0]
    if any(offset < 0 for offset in offsets) and any(offset > 0 for offset in offsets):
        raise RecurrenceError(
            f"{', '.join(members)} read each other both at earlier and at later t",
            place=f"equation ({system.equation(members[0]).number})",
            advice="let one direction read finished values of the other only",
        )
    return 0 if not offsets else 1 if offsets[0] < 0 else -1
