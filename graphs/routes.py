"""The way of each edge of a cell's picture between its nodes.

Within a step values flow upward and enter from below; what leads down to a state's lane leaves to the side and enters from above. From
step to step a value runs along its lane and turns up, or down, to what reads it. A way goes around nodes that it does not end at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx

from graphs.curves import Path, Point, after_leaving, arch, at, beside, reverse, rounded, straight, swing
from graphs.place import LANE_PITCH, LINE, Layout, arch_height

RADIUS = 14.0
CLEARANCE = 5.0
PORTS = 14.0
"""Between two edges that enter a node on the same side."""
ENTRY = 15.0
"""How far below a node an edge with a label goes straight up."""
SHORT_ENTRY = 8.0
"""The same without a label."""
SIDE = 8.0
"""Above the middle of a node's side, for an edge that enters there."""
ASIDE = 8.0
"""From one place for an upright edge to the next one that is tried."""
GAP_SIDE = 14.0
"""From the border of a step to an edge that runs upright outside."""
PAIR = 3.0
"""From the middle between an edge and the gradient against it to either of them."""
ENTRIES = {"up": "bottom", "turn up": "bottom", "detour": "bottom", "down": "top", "turn down": "top", "arch": "top", "level": "side"}


@dataclass(frozen=True)
class Route:
    """The way of an edge.

    Attributes:
        path: from outline to outline.
        label: where its label stands, with its middle (align 0), its left end (1) or its right end (-1).
    """

    path: Path
    label: Point
    align: float


class Router:
    """Finds the ways of all edges of a graph that has been placed."""

    def __init__(self, graph: nx.DiGraph, layout: Layout) -> None:
        self.graph, self.layout, self.boxes = graph, layout, layout.boxes
        self.kinds: dict[tuple[str, str], str] = {}
        for source, target in self.forward():
            self.kinds[source, target] = self.kind(source, target)
        self.ports = dict.fromkeys(self.kinds, 0.0)
        self.set_ports()

    def forward(self) -> Iterator[tuple[str, str]]:
        """The edges along which values flow, and those of gradients that come in against none."""
        for source, target, kind in self.graph.edges(data="kind"):
            if source in self.boxes and target in self.boxes and (kind != "gradient" or not self.graph.has_edge(target, source)):
                yield source, target

    def routes(self) -> dict[tuple[str, str], Route]:
        """The way of each edge; that of a gradient is the way of the edge that it goes against, beside it and in its direction."""
        found: dict[tuple[str, str], Route] = {}
        for source, target in self.kinds:
            is_pair = self.graph.has_edge(target, source)
            middle = self.middle(source, target)
            found[source, target] = self.route(source, target, beside(middle, -PAIR) if is_pair else middle)
            if is_pair:
                found[target, source] = self.route(source, target, beside(middle, PAIR))
        return found

    def kind(self, source: str, target: str) -> str:
        """How an edge goes."""
        a, b = self.boxes[source], self.boxes[target]
        is_same_step = self.graph.nodes[source]["time"] == self.graph.nodes[target]["time"]
        if a.y == b.y:
            return "level" if self.is_clear((a.x, a.y), (b.x, b.y), source, target) else "arch"
        if is_same_step:
            return "up" if a.y < b.y else "down"
        if self.is_clear((a.x, a.y), (b.x, a.y), source, target) and self.is_clear((b.x, a.y), (b.x, b.y), source, target):
            return "turn up" if a.y < b.y else "turn down"
        return "detour"

    def is_clear(self, a: Point, b: Point, *ends: str) -> bool:
        """Whether no other node lies on the level or upright line from a to b."""
        return not any(box.meets(a, b, CLEARANCE) for node, box in self.boxes.items() if node not in ends)

    def set_ports(self) -> None:
        """Spread the edges that enter a node on the same side; what leaves it there keeps the middle."""
        sides: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for edge, kind in self.kinds.items():
            sides.setdefault((edge[1], ENTRIES[kind]), []).append(edge)
        leaving = {source for (source, target), kind in self.kinds.items() if kind == "up" and self.is_open(source, target)}
        for (node, side), edges in sides.items():
            if side != "side":
                edges.sort(key=lambda each: self.port_rank(each, side))
                shares = places(len(edges), has_gap=side == "top" and node in leaving)
                apart = min(PORTS, 0.4 * self.boxes[node].width / max(*shares, 0.5))
                self.ports.update({edge: share * apart for edge, share in zip(edges, shares, strict=True)})

    def is_open(self, source: str, target: str) -> bool:
        """Whether nothing is right above a node until below the lane of another one."""
        a, b = self.boxes[source], self.boxes[target]
        return self.first_above((a.x, a.y), b.y - 0.95 * LANE_PITCH, source, target) is None

    def port_rank(self, edge: tuple[str, str], side: str) -> tuple[float, float]:
        """The order of the edges that enter a side, from left to right: outside what comes along lanes, then the next lane's."""
        a, b = self.boxes[edge[0]], self.boxes[edge[1]]
        sign = (a.x > b.x) - (a.x < b.x)
        if self.kinds[edge] == "up":
            return float(sign * (b.y - a.y < 1.5 * LANE_PITCH)), a.x
        return 2.0 * sign, -sign * a.y if side == "top" else sign * a.y

    def middle(self, source: str, target: str) -> Path:
        """The way of an edge from the middle of its source to its port in the target."""
        a, b = self.boxes[source], self.boxes[target]
        start, end = (a.x, a.y), (b.x + self.ports[source, target], b.y)
        match self.kinds[source, target]:
            case "level":
                return [straight(start, end)]
            case "arch":
                return [arch(start, end, arch_height(self.graph.edges[source, target]["lag"]))]
            case "up":
                return self.upward(start, end, source, target)
            case "down":
                return self.downward(start, end, source, target)
            case "detour":
                return self.detour(start, end, source, target)
            case _:
                return rounded([start, (end[0], start[1]), end], RADIUS)

    def upward(self, start: Point, end: Point, source: str, target: str) -> Path:
        """Straight up as far as nothing is in the way, over to where the rest is free, and below the target's lane to its port."""
        entry = ENTRY if self.graph.edges[source, target]["label"] else SHORT_ENTRY
        enter = end[0], end[1] - self.boxes[target].height / 2 - entry
        lowest = start[1] + self.boxes[source].height / 2 + 2
        for share in (0.95, 0.75, 0.6):
            last = max(lowest, end[1] - share * LANE_PITCH)
            first = self.upright(start, last, source, target)
            turn = first[-1][3]
            if self.is_clear(turn, enter, source, target):
                break
        return [*first, swing(turn, enter), straight(enter, end)]

    def upright(self, start: Point, last: float, source: str, target: str) -> Path:
        """Up to a height: where the start is if nothing is in the way, else to the side below what is."""
        in_the_way = self.first_above(start, last, source, target)
        if in_the_way is None:
            return [straight(start, (start[0], last))]
        leave, arrive = max(start[1], in_the_way - 0.8 * LANE_PITCH), in_the_way - 0.35 * LANE_PITCH
        aside = [start[0] + sign * shift * ASIDE for sign in (1, -1) for shift in range(1, 15)]
        runs = [self.trunk(source, self.boxes[target].y), *aside]
        run = next((each for each in runs if self.is_clear((each, in_the_way), (each, last), source, target)), start[0])
        over = swing((start[0], leave), (run, arrive))
        return [straight(start, over[0]), over, straight(over[3], (run, last))]

    def first_above(self, start: Point, last: float, source: str, target: str) -> float | None:
        """The lane of the first node that the upright line from the start meets, if there is one."""
        met = (box.y for node, box in self.boxes.items() if node not in (source, target) and box.meets(start, (start[0], last), CLEARANCE))
        return min(met, default=None)

    def trunk(self, source: str, lane: float) -> float:
        """The middle of all that a value leads up to on a lane."""
        ends = [self.boxes[b].x for (a, b), kind in self.kinds.items() if a == source and kind == "up" and self.boxes[b].y == lane]
        return sum(ends) / len(ends)

    def downward(self, start: Point, end: Point, source: str, target: str) -> Path:
        """To the side and down; over a neighbour that is in the way, or past what stands on the target and into its side."""
        if not self.is_clear((end[0], start[1]), end, source, target):
            runs = (end[0] + shift * ASIDE for shift in range(2, 20))
            run = next((each for each in runs if self.is_clear((each, start[1]), (each, end[1]), source, target)), end[0])
            side = end[1] + SIDE
            return rounded([start, (run, start[1]), (run, side), (end[0], side)], RADIUS)
        if self.is_clear(start, (end[0], start[1]), source, target):
            return rounded([start, (end[0], start[1]), end], RADIUS)
        over = start[1] + 0.45 * LANE_PITCH
        return rounded([start, (start[0], over), (end[0], over), end], RADIUS)

    def detour(self, start: Point, end: Point, source: str, target: str) -> Path:
        """Along the lane as far as it is free, at most to the gap before the target's step, to below the target's lane, and up."""
        times = self.graph.nodes[source]["time"], self.graph.nodes[target]["time"]
        side = 0 if start[0] < end[0] else 1
        outward = (-GAP_SIDE, GAP_SIDE)[side]
        gap = self.layout.slots[times[1]][side] + outward
        level = end[1] - self.boxes[target].height / 2 - (ENTRY + PORTS if self.graph.edges[source, target]["label"] else ENTRY)
        if not self.is_clear(start, (gap, start[1]), source, target):
            gap = self.layout.slots[times[0]][1 - side] - outward
            level -= LINE * (times[0] % abs(times[1] - times[0]))
        return rounded([start, (gap, start[1]), (gap, level), (end[0], level), end], RADIUS)

    def route(self, source: str, target: str, path: Path) -> Route:
        """A path cut at the outlines of the nodes, with the place of its label."""
        outside = after_leaving(path, lambda point: self.holds(source, point))
        cut = reverse(after_leaving(reverse(outside), lambda point: self.holds(target, point)))
        return Route(cut, *self.label(source, target, cut))

    def holds(self, node: str, point: Point) -> bool:
        return self.boxes[node].holds(point, 1.0)

    def label(self, source: str, target: str, path: Path) -> tuple[Point, float]:
        """Where the label stands and how: beside the end of the path, over a level way, over the start of an arch."""
        end = path[-1][3]
        if self.kinds[source, target] == "level":
            return (self.middle_of_gap(source, target), end[1] + 9), 0.0
        if self.kinds[source, target] == "arch":
            rising = at(path[0], 0.5 / max(abs(self.graph.edges[source, target]["lag"]), 1))
            return (rising[0], rising[1] + 9), 0.0
        if ENTRIES[self.kinds[source, target]] == "top":
            side = -1.0 if self.ports[source, target] <= 0 else 1.0
            return (end[0] + 3 * side, end[1] + ENTRY), side
        if self.ports[source, target] < 0:
            return (end[0] - 3, end[1] - 0.6 * ENTRY), -1.0
        return (end[0] + 3 + 2 * PAIR * self.graph.has_edge(target, source), end[1] - 0.6 * ENTRY), 1.0

    def middle_of_gap(self, source: str, target: str) -> float:
        """The middle between two nodes, or between their steps."""
        a, b = sorted((source, target), key=lambda node: self.boxes[node].x)
        times = self.graph.nodes[a]["time"], self.graph.nodes[b]["time"]
        if times[0] != times[1]:
            return (self.layout.slots[times[0]][1] + self.layout.slots[times[1]][0]) / 2
        return (self.boxes[a].x + self.boxes[b].x) / 2


def places(count: int, has_gap: bool) -> list[float]:
    """So many places about 0, 1 apart; with a gap, none at 0."""
    if not has_gap:
        return [place - (count - 1) / 2 for place in range(count)]
    half = (count + 1) // 2
    return [float(place - half if place < half else place - half + 1) for place in range(count)]
