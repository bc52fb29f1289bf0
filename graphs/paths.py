"""The ways of a gradient: the paths along which one value of an unrolled graph reaches another.

By the chain rule the derivative of the end by the start is a sum over these paths, each a product of the derivatives along it:

    dh_3/dh_1 of h_t = tanh(W x_t + U h_{t-1}) has one path;  dL/dU of L = sum_t loss(h_t) has T (T + 1) / 2

A gradient goes along a path from its end to its start. A path is a sequence of nodes: where an equation uses a value twice, a graph of
detail "operations" tells the two ways apart, and one of detail "cell" counts them as one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count

import networkx as nx

from derive.errors import InputError
from graphs.operations import OPERATIONS


def count_paths(graph: nx.DiGraph, start: str, end: str) -> int:
    """How many paths lead from a value to another, exactly, in time that grows with the graph and not with that number.

    Args:
        graph: as `build.graph` makes it.
        start, end: nodes such as "h[1]" or "W", or names such as "loss" for all values of that name together.

    Raises:
        InputError: there is no such value.

    Example:
        >>> import derive, graphs
        >>> unrolled = graphs.graph(derive.cell("irnn"), steps=3)
        >>> graphs.count_paths(unrolled, "h[1]", "h[3]")
        1
    """
    forward = _forward(graph)
    ways = dict.fromkeys(forward, 0)
    ways.update(dict.fromkeys(_values(graph, start), 1))
    for node in nx.topological_sort(forward):
        for after in forward.successors(node):
            ways[after] += ways[node]
    return sum(ways[node] for node in _values(graph, end))


def list_paths(graph: nx.DiGraph, start: str, end: str) -> Iterator[tuple[str, ...]]:
    """The paths themselves, one by one, the shortest first; arguments and errors are those of `count_paths`.

    Example:
        >>> import derive, graphs
        >>> unrolled = graphs.graph(derive.cell("irnn"), steps=3)
        >>> list(graphs.list_paths(unrolled, "h[1]", "h[3]"))
        [('h[1]', 'h[2]', 'h[3]')]
    """
    forward, starts, ends = _forward(graph), _values(graph, start), _values(graph, end)
    return _shortest_first(forward, starts, ends)


def _shortest_first(forward: nx.DiGraph, starts: list[str], ends: list[str]) -> Iterator[tuple[str, ...]]:
    """Grow paths from the starts, always the one that can be finished soonest; what cannot reach an end is never entered."""
    left = nx.multi_source_dijkstra_path_length(forward.reverse(copy=False), ends)
    turn = count()
    growing: list[tuple[int, int, tuple[str, ...]]] = [(left[node], next(turn), (node,)) for node in starts if node in left]
    heapq.heapify(growing)
    while growing:
        _, _, path = heapq.heappop(growing)
        if left[path[-1]] == 0:
            yield path
        for after in forward.successors(path[-1]):
            if after in left:
                heapq.heappush(growing, (len(path) + left[after], next(turn), (*path, after)))


def _forward(graph: nx.DiGraph) -> nx.DiGraph:
    """The values and operations with the edges along which values flow."""
    forward = nx.DiGraph()
    forward.add_nodes_from(graph)
    forward.add_edges_from((a, b) for a, b, kind in graph.edges(data="kind") if kind != "gradient")
    return forward


def _values(graph: nx.DiGraph, name: str) -> list[str]:
    """The node of that name, or the nodes of all values of the variable of that name."""
    if name in graph:
        return [name]
    named = [node for node, own in graph.nodes(data=True) if own["name"] == name and own["role"] not in OPERATIONS]
    if not named:
        known = ", ".join(dict.fromkeys(own["name"] for _, own in graph.nodes(data=True)))
        raise InputError(f"there is no value {name!r} in the graph", advice=f"the names are {known}; h[2] is h at t = 2")
    return named
