"""Where the operations of an equation stand about the value that they give.

The way of a state to its next value runs on the state's lane, straight into the value. All else hangs as a tree below the operation that it
feeds, or above it where what it reads stands above.
"""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx

from graphs.operations import OPERATIONS
from graphs.style import size

LEVEL = 44.0
"""From an operation to what hangs on it."""
BESIDE = 12.0
"""Between two operations that hang side by side."""
ALONG = 22.0
"""Between two operations on a lane."""

Offsets = dict[str, tuple[float, float]]


def offsets(graph: nx.DiGraph) -> Offsets:
    """For each value with operations and each of those: right and up from the place that its lane and column give."""
    found: Offsets = {}
    for node, own in graph.nodes(data=True):
        if own["role"] not in OPERATIONS and any(is_part(node, each) for each, _ in graph.in_edges(node)):
            found.update(_Block(graph, node).offsets())
    return found


def is_part(value: str, node: str) -> bool:
    """Whether a node is an operation of the equation of a value."""
    return node.startswith(f"{value}#")


class _Block:
    """The operations of one value."""

    def __init__(self, graph: nx.DiGraph, value: str) -> None:
        self.graph, self.value = graph, value
        self.width = {node: size(own)[0] for node, own in graph.nodes(data=True) if node == value or is_part(value, node)}
        self.found: Offsets = {}

    def offsets(self) -> Offsets:
        """The places of the value and its operations."""
        way = self.way()
        hanging = {node: self.hanging(node, way) for node in way}
        sign = 1.0 if self.reads_from_above() else -1.0
        x = 0.0
        for right, node in zip([None, *way], way, strict=False):
            if right is not None:
                apart = (self.width[right] + self.width[node]) / 2 + ALONG
                x -= max(apart, (self.span(hanging[right]) + self.span(hanging[node])) / 2 + BESIDE)
            self.found[node] = x, 0.0
            self.hang(hanging[node], x, sign)
        shift = -x if self.graph.nodes[self.value]["role"] == "state" else -x / 2
        side = -1.0 if self.is_from_right(way[-1]) else 1.0
        return {node: (side * (across + shift), level * LEVEL) for node, (across, level) in self.found.items()}

    def reads(self, node: str) -> list[str]:
        """What a value or an operation reads, in order."""
        return [each for each, _, kind in self.graph.in_edges(node, data="kind") if kind in ("data", "state")]

    def way(self) -> list[str]:
        """The value and, from right to left, the operations on the way of the state to it."""
        way = [self.value]
        while before := [a for a in self.reads(way[-1]) if a in self.width and self.graph.edges[a, way[-1]]["kind"] == "state"]:
            way.append(before[0])
        return way

    def is_from_right(self, first: str) -> bool:
        """Whether the first operation on the way reads a later step, so that the way comes from the right."""
        return any(edge["kind"] == "state" and edge["lag"] < 0 for _, _, edge in self.graph.in_edges(first, data=True))

    def hanging(self, node: str, way: Sequence[str] = ()) -> list[str]:
        """What hangs on an operation: if other operations do, then room for the values that it reads, on the side from which they come."""
        reads = [each for each in self.reads(node) if each not in way]
        return sorted(reads, key=self.side) if any(each in self.width for each in reads) else []

    def side(self, node: str) -> int:
        """-1 for a value that comes from the left, 1 for one from the right, 0 for an operation."""
        own, read = self.graph.nodes[self.value], self.graph.nodes[node]
        return 0 if node in self.width else 1 if read["column"] > own["column"] else -1

    def reads_from_above(self) -> bool:
        """Whether all that is read at the same step stands on higher lanes."""
        own = self.graph.nodes[self.value]
        read = [self.graph.nodes[each] for node in self.width for each in self.reads(node) if each not in self.width]
        lanes = [each["lane"] for each in read if each["time"] == own["time"]]
        return bool(lanes) and min(lanes) > own["lane"]

    def span(self, hanging: Sequence[str]) -> float:
        """How wide trees are side by side, each given the room of the widest; so the edge of a value passes by them."""
        return len(hanging) * max(map(self.tree, hanging), default=0.0) + BESIDE * max(len(hanging) - 1, 0)

    def tree(self, node: str) -> float:
        """How wide an operation is with all that hangs on it."""
        return max(self.width[node], self.span(self.hanging(node))) if node in self.width else 0.0

    def hang(self, hanging: Sequence[str], middle: float, level: float) -> None:
        """Hang trees side by side about the middle."""
        left = middle - self.span(hanging) / 2
        wide = max(map(self.tree, hanging), default=0.0)
        for node in hanging:
            if node in self.width:
                self.found[node] = left + wide / 2, level
                self.hang(self.hanging(node), left + wide / 2, level + (1.0 if level > 0 else -1.0))
            left += wide + BESIDE
