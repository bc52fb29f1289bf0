"""The template of a step: which lane (row, from below) and which column each variable of a System has, the same at each t.

From below: inputs; then, for each cycle of equations through time in the order in which they feed each other, the lane of its states, its
other variables above those that they read, and the lanes of its memories; above that what reads them, with the loss on top. A state comes
in from the left on its lane and what reads it stands above, to its left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from derive.system import System

ORDER = ("keep gate", "write gate", "candidate", "read gate")
"""The gates of a lane from left to right."""


@dataclass(frozen=True)
class Place:
    """A place in the template of a step.

    Attributes:
        lane, column: columns may be parts of one.
        over: the variables to whose middle it keeps its distance.
    """

    lane: int
    column: float
    over: tuple[str, ...] = ()


def template(system: System, roles: Mapping[str, str]) -> dict[str, Place]:
    """The place of each sequence of the system."""
    plan = _Plan(system, roles)
    plan.set_lanes()
    plan.set_columns()
    plan.set_inputs()
    left = min(plan.column.values(), default=0.0)
    return {name: Place(plan.lane[name], plan.column[name] - left, tuple(plan.over(name))) for name in plan.names}


def whole(system: System, places: Mapping[str, Place]) -> dict[str, Place]:
    """The places, right of the last step, of what is computed from whole sequences and of what else is read for that alone.

    Each stands on the highest lane of what it reads, in the column behind what it reads there.
    """
    graph = nx.DiGraph(system.dependences)
    found: dict[str, Place] = {}
    for equation in system.order:
        read = [name for name in graph.predecessors(equation.name) if name in places or name in found]
        if not system[equation.name].is_sequence and read:
            lane = max((places.get(name) or found[name]).lane for name in read)
            column = 1 + max((found[name].column for name in read if name in found), default=-1.0)
            taken = {(place.lane, place.column) for place in found.values()}
            while (lane, column) in taken:
                lane += 1
            found[equation.name] = Place(lane, column)
    for each in system.inputs:
        readers = list(graph.successors(each.name))
        if not each.is_sequence and readers and all(name in found for name in readers):
            lane, column = 1 + found[readers[0]].lane, found[readers[0]].column
            while (lane, column) in {(place.lane, place.column) for place in found.values()}:
                lane += 1
            found[each.name] = Place(lane, column)
    return found


class _Plan:
    """Lanes and columns in the making.

    Attributes:
        order, given: the variables that are defined, and those that are not.
        now: the variables, with an edge to each one that reads it at the same t.
        cycles: by variable, the variables that it depends on and that depend on it, itself among them, through time.
        from_outside: the variables that read an input or another step.
    """

    def __init__(self, system: System, roles: Mapping[str, str]) -> None:
        self.roles = roles
        self.names = [name for name, each in system.variables.items() if each.is_sequence]
        self.order = [each.name for each in system.order if system[each.name].is_sequence]
        self.given = [name for name in self.names if name not in self.order]
        reads = system.dependences.subgraph(self.names)
        self.now = nx.DiGraph((a, b) for a, b, offset in reads.edges(data="offset") if offset == 0)
        self.now.add_nodes_from(self.names)
        self.cycles = {name: sorted(each, key=self.names.index) for each in nx.strongly_connected_components(reads) for name in each}
        self.from_outside = {b for a, b, offset in reads.edges(data="offset") if offset != 0 or a not in self.order}
        self.states = {each.name for each in system.states if each.name in self.order}
        self.lane: dict[str, int] = {}
        self.column: dict[str, float] = {}

    def is_state(self, name: str) -> bool:
        return name in self.states

    def below(self, name: str) -> list[str]:
        """The defined variables that it reads at the same t."""
        return [each for each in self.names if self.now.has_edge(each, name) and each in self.order]

    def set_lanes(self) -> None:
        """Give each cycle lanes of its own, and each other variable the one above what it reads."""
        free = 1
        for name in self.order:
            if name in self.lane:
                continue
            members = [each for each in self.order if each in self.cycles[name]]
            lowest = max([1, *(self.top(each) + 1 for member in members for each in self.below(member) if each in self.lane)])
            is_cycle = any(self.is_state(each) for each in members)
            base = max(lowest, free) if is_cycle else lowest
            self.lane.update({each: base + own for each, own in self.lanes_within(members).items()})
            if is_cycle:
                free = 1 + self.top(name)

    def over(self, name: str) -> list[str]:
        """The variables over whose middle a variable stands that is in no cycle; of a lane's only input, those that read it."""
        if name not in self.order:
            is_alone = [self.lane[each] for each in self.given].count(self.lane[name]) == 1
            return [each for each in self.names if is_alone and self.now.has_edge(name, each)]
        return self.below(name) if len(self.cycles[name]) == 1 else []

    def top(self, name: str) -> int:
        """The highest lane of a variable's cycle."""
        return max(self.lane[each] for each in self.cycles[name] if each in self.lane)

    def lanes_within(self, members: Sequence[str]) -> dict[str, int]:
        """The lanes within a cycle, from 0: its states, what is computed within a step, its memories."""
        states = [name for name in members if self.is_state(name) and self.roles[name] != "memory"]
        memories = [name for name in members if self.roles[name] == "memory"]
        lane: dict[str, int] = {}
        for name in members:
            if not self.is_state(name):
                lane[name] = 1 + max((lane[each] for each in self.below(name) if each in lane), default=len(states) - 1)
        top = max(lane.values(), default=len(states) - 1)
        return {**lane, **{name: at for at, name in enumerate(states)}, **{name: top + at for at, name in enumerate(memories, 1)}}

    def set_columns(self) -> None:
        """Put each variable over the middle of what it reads, a state to the right of all that leads to it in its cycle."""
        depth = {name: at for at, names in enumerate(nx.topological_generations(self.now.subgraph(self.order))) for name in names}
        ranked = sorted(self.order, key=lambda each: (depth[each], self.rank(each)))
        own = self.own_columns(ranked)
        groups: dict[tuple[int, int], list[str]] = {}
        for name in ranked:
            groups.setdefault((depth[name], self.lane[name]), []).append(name)
        for names in groups.values():
            self.column.update(zip(names, spread([own[name] if name in own else self.wanted(name) for name in names]), strict=True))

    def own_columns(self, ranked: Sequence[str]) -> dict[str, float]:
        """Columns of their own for what reads an input or another step in a cycle, each after what it reads, about 0 in each cycle."""
        rows: dict[str, list[str]] = {}
        for name in ranked:
            if len(self.cycles[name]) > 1 and not self.is_state(name) and name in self.from_outside:
                row = rows.setdefault(self.cycles[name][0], [])
                last = [place for place, each in enumerate(row) if nx.has_path(self.now, each, name)]
                row.insert(max(last, default=len(row) - 1) + 1, name)
        return {name: place - (len(row) - 1) / 2 for row in rows.values() for place, name in enumerate(row)}

    def rank(self, name: str) -> int:
        return ORDER.index(self.roles[name]) if self.roles[name] in ORDER else len(ORDER)

    def wanted(self, name: str) -> float:
        """The column that suits a variable by itself."""
        own = self.cycles[name]
        inside = [self.column[each] for each in own if each in self.column]
        if self.is_state(name) and self.roles[name] != "memory" and inside:
            return max(inside) + 1
        below = [self.column[each] for each in self.below(name) if len(own) == 1 or each in own]
        wanted = sum(below) / len(below) if below else 0.0
        beside = [self.column[each] for each in self.column if self.is_state(each) and not self.is_related(each, name)]
        return max(beside) + 1 if self.is_state(name) and wanted in beside else wanted

    def is_related(self, one: str, other: str) -> bool:
        return nx.has_path(self.now, one, other) or nx.has_path(self.now, other, one) or one in self.cycles[other]

    def set_inputs(self) -> None:
        """Put each input one lane below the cycle or variable that reads it, on the lowest lane if a state's path is there."""
        lanes: dict[int, list[str]] = {}
        for name in self.given:
            readers = [each for each in self.order if self.now.has_edge(name, each)]
            lane = min((self.lane[own] for each in readers for own in self.cycles[each]), default=1) - 1
            is_path = any(self.is_state(each) and self.lane[each] == lane for each in self.order)
            self.lane[name] = 0 if is_path else lane
            lanes.setdefault(self.lane[name], []).append(name)
            self.column[name] = self.input_column(readers)
        for lane, names in lanes.items():
            taken = [self.column[each] for each in self.order if self.lane[each] == lane]
            free = [max(taken) + 1 if any(abs(self.column[n] - each) < 1 for each in taken) else self.column[n] for n in names]
            self.column.update(zip(names, spread(free), strict=True))

    def input_column(self, readers: Sequence[str]) -> float:
        """The middle of the readers of an input, but not right below one of those that stand above others."""
        middle = sum(self.column[each] for each in readers) / max(len(readers), 1)
        lowest = min((self.lane[each] for each in readers), default=0)
        is_below = any(self.lane[each] > lowest and abs(self.column[each] - middle) < 0.25 for each in readers)
        return middle + 0.25 if is_below else middle


def spread(wanted: Sequence[float]) -> list[float]:
    """Columns in the given order, at least 1 apart, on the whole neither left nor right of the wanted ones."""
    placed: list[float] = []
    for each in wanted:
        placed.append(max(each, placed[-1] + 1) if placed else each)
    middle = sum(w - p for w, p in zip(wanted, placed, strict=True)) / max(len(placed), 1)
    return [each + middle for each in placed]
