"""Coordinates of a cell's picture: the template of lanes once for each step, steps from left to right.

A value given from outside the steps (an initial state) stands on its lane, in a narrow column of its own before or after the steps.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import networkx as nx

from graphs import style
from graphs.blocks import offsets
from graphs.curves import Point

LANE_PITCH = 64.0
"""From lane to lane where no operations stand between."""
HALF = 17.0
"""Half the height of a circle."""
COLUMN_PITCH = 56.0
"""From column to column at least."""
AFTER = 72.0
"""From column to column behind the last step."""
GAP = 46.0
"""Between two steps."""
MARGIN = 16.0
"""Between the nodes and the border of a step."""
APART = 16.0
"""Between two nodes of a lane."""
LINE = 12.0
"""Between two upright edges."""
ARCH = 40.0
"""How high the control points of an arch over other nodes of a lane stand above it; its label stands above its middle."""
CAPTION = 18.0
"""Below the nodes of a step, for its time."""


@dataclass(frozen=True)
class Box:
    """The place and size of a node, in points with y upward."""

    x: float
    y: float
    width: float
    height: float
    shape: str

    def holds(self, point: Point, margin: float = 0.0) -> bool:
        """Whether the point lies in the shape, or nearer to it than the margin."""
        across = abs(point[0] - self.x) / (self.width / 2 + margin)
        up = abs(point[1] - self.y) / (self.height / 2 + margin)
        if self.shape in ("circle", "ellipse"):
            return across**2 + up**2 < 1
        return across + up < 1 if self.shape == "diamond" else max(across, up) < 1

    def meets(self, a: Point, b: Point, margin: float) -> bool:
        """Whether a level or upright line from a to b passes the box nearer than the margin."""
        across, up = self.width / 2 + margin, self.height / 2 + margin
        return min(a[0], b[0]) - across < self.x < max(a[0], b[0]) + across and min(a[1], b[1]) - up < self.y < max(a[1], b[1]) + up


@dataclass(frozen=True)
class Layout:
    """Where everything stands.

    Attributes:
        boxes: by node.
        steps: by time, the rectangle (left, bottom, right, top) of the step.
        slots: by time, the left and right end of the space for it, including that of given values.
    """

    boxes: dict[str, Box]
    steps: dict[int, tuple[float, float, float, float]]
    slots: dict[int, tuple[float, float]]


def place(graph: nx.DiGraph) -> Layout:
    """The coordinates of all nodes that have a lane."""
    placing = _Placing(graph)
    slots: dict[int, tuple[float, float]] = {}
    boxes: dict[str, Box] = {}
    edge = 0.0
    for time in sorted({own["time"] for own in placing.nodes.values()}):
        across = {node: placing.across(node) for node, own in placing.nodes.items() if own["time"] == time}
        low = min(x - placing.sizes[node][0] / 2 for node, x in across.items()) - MARGIN
        high = max(x + placing.sizes[node][0] / 2 for node, x in across.items()) + MARGIN
        slots[time] = edge, edge + high - low
        boxes.update({node: placing.box(node, x + edge - low) for node, x in across.items()})
        edge += high - low + GAP
    top = max((box.y + box.height / 2 for box in boxes.values()), default=0.0) + MARGIN
    arches = (boxes[a].y + arch_height(lag) for a, b, lag in graph.edges(data="lag") if abs(lag) > 1 and a in boxes and b in boxes)
    bottom = min((box.y - box.height / 2 for box in boxes.values()), default=0.0) - MARGIN - CAPTION
    inside = sorted({own["time"] for own in placing.nodes.values() if is_in_step(own, graph)})
    return Layout(boxes, {time: (slots[time][0], bottom, slots[time][1], max([top, *arches])) for time in inside}, slots)


class _Placing:
    """Lanes and columns in points."""

    def __init__(self, graph: nx.DiGraph) -> None:
        self.graph = graph
        self.nodes: dict[str, dict[str, Any]] = {node: own for node, own in graph.nodes(data=True) if "lane" in own}
        self.sizes = {node: style.size(own) for node, own in self.nodes.items()}
        self.offsets = offsets(graph)
        self.heights = self.lanes()
        self.crowd = Counter((own["time"], own["lane"]) for own in self.nodes.values())
        self.pitch = self.pitches()

    def offset(self, node: str) -> tuple[float, float]:
        return self.offsets.get(node, (0.0, 0.0))

    def across(self, node: str) -> float:
        """How far to the right of its step's first column a node stands."""
        own = self.nodes[node]
        if not is_in_step(own, self.graph):
            return float(self.offset(node)[0] + (own["column"] * AFTER if own["time"] > self.graph.graph["steps"] else 0.0))
        if own["role"] == "input" and self.crowd[own["time"], own["lane"]] == 1:
            readers = [each for each in self.graph.successors(node) if each in self.offsets and self.nodes[each]["time"] == own["time"]]
            if readers:
                return self.beside_lanes(sum(map(self.across, readers)) / len(readers), own)
        under = own["over"]
        middle = sum(map(self.across, under)) / max(len(under), 1)
        column = sum(self.nodes[each]["column"] for each in under) / max(len(under), 1)
        return float(middle + (own["column"] - column) * self.pitch[own["lane"]] + self.offset(node)[0])

    def beside_lanes(self, middle: float, own: dict[str, Any]) -> float:
        """The place nearest to the middle of an input's readers that is not below one that also reads another step."""
        late = [b for a, b, lag in self.graph.edges(data="lag") if lag != 0 and b in self.offsets and self.nodes[b]["time"] == own["time"]]
        taken = [self.across(each) for each in late]
        shifts = (sign * shift * LINE for shift in range(8) for sign in (1, -1))
        return next((middle + shift for shift in shifts if all(abs(middle + shift - each) >= LINE for each in taken)), middle)

    def box(self, node: str, x: float) -> Box:
        own = self.nodes[node]
        return Box(x, self.heights[own["lane"]] + self.offset(node)[1], *self.sizes[node], style.look(own["role"]).shape)

    def lanes(self) -> dict[int, float]:
        """The height of each lane: apart by what stands above and below them."""
        above: dict[int, float] = {}
        below: dict[int, float] = {}
        for node, own in self.nodes.items():
            up, half = self.offset(node)[1], self.sizes[node][1] / 2
            above[own["lane"]] = max(above.get(own["lane"], HALF), half + up)
            below[own["lane"]] = max(below.get(own["lane"], HALF), half - up)
        lags = max((abs(lag) for _, _, lag in self.graph.edges(data="lag")), default=0)
        gap = LANE_PITCH - 2 * HALF + (LINE * lags if lags > 1 and self.offsets else 0.0)
        height, heights = 0.0, {}
        for lane in range(max(above, default=0) + 1):
            height += above.get(lane - 1, HALF) + gap + below.get(lane, HALF) if lane else 0.0
            heights[lane] = height
        return heights

    def labels(self, node: str) -> float:
        """About how wide the labels of the edges into a node are, side by side with those edges."""
        shown = [label for source, _, label in self.graph.in_edges(node, data="label") if label and source in self.nodes]
        beside = LINE if self.graph.graph["backward"] else LINE / 2
        return sum(style.text_width(label, style.SMALL) + beside for label in shown) if len(shown) > 1 else 0.0

    def pitches(self) -> dict[int, float]:
        """From column to column on each lane: as its neighbours need, and the same for all lanes whose columns are not over others."""
        lanes: dict[tuple[int, int], dict[float, tuple[float, float]]] = {}
        for node, own in self.nodes.items():
            middle, half = self.offset(node)[0], max(self.sizes[node][0], self.labels(node)) / 2
            row = lanes.setdefault((own["lane"], own["time"]), {})
            left, right = row.get(own["column"], (0.0, 0.0))
            row[own["column"]] = min(left, middle - half), max(right, middle + half)
        pitch = dict.fromkeys(self.heights, COLUMN_PITCH)
        for (lane, _), row in lanes.items():
            needed = ((row[one][1] - row[other][0] + APART) / (other - one) for one, other in pairwise(sorted(row)))
            pitch[lane] = max([pitch[lane], *needed])
        own_lanes = {own["lane"] for own in self.nodes.values() if not own["over"]}
        widest = max((pitch[lane] for lane in own_lanes), default=COLUMN_PITCH)
        return {lane: widest if lane in own_lanes else each for lane, each in pitch.items()}


def arch_height(lag: int) -> float:
    """How high an arch over the nodes of so many steps stands."""
    return ARCH * max(1.0, abs(lag) / 2)


def is_in_step(own: dict[str, Any], graph: nx.DiGraph) -> bool:
    """Whether a node belongs to one of the steps 1..T."""
    return own["time"] is not None and 1 <= own["time"] <= graph.graph["steps"] and own["role"] != "ellipsis"
