"""Many steps to few: the first two, dots on each lane that goes on, and the last."""

from __future__ import annotations

import networkx as nx

MOST = 8
"""The most steps that are drawn one by one."""


def fold(graph: nx.DiGraph) -> nx.DiGraph:
    """The graph itself, or where it has many steps the graph without its third to its last but one.

    An edge to or from such a step goes to or comes from a node of role "ellipsis" on the lane of the value that the edge carries.
    """
    last = graph.graph["steps"]
    if last <= MOST:
        return graph
    hidden = {node for node, time in graph.nodes(data="time") if time is not None and 3 <= time < last}
    shown = nx.DiGraph(**graph.graph)
    shown.add_nodes_from((node, dict(own)) for node, own in graph.nodes(data=True) if node not in hidden)
    for start, end, edge in graph.edges(data=True):
        if (start in hidden) != (end in hidden) and graph.nodes[start]["time"] is not None and graph.nodes[end]["time"] is not None:
            carried = graph.nodes[end if edge["kind"] == "gradient" else start]
            dots = f"⋯{carried['lane']}"
            _add_dots(shown, dots, carried)
            _add_edge(shown, dots if start in hidden else start, dots if end in hidden else end, edge)
        elif start not in hidden and end not in hidden:
            shown.add_edge(start, end, **edge)
    return shown


def _add_dots(shown: nx.DiGraph, dots: str, carried: dict[str, object]) -> None:
    """The dots on the lane of a value, at the first step that is left out."""
    place = {"lane": carried["lane"], "column": 0.0, "over": ()}
    shown.add_node(dots, name=carried["name"], time=3, role="ellipsis", label="⋯", equation=0, text="", **place)


def _add_edge(shown: nx.DiGraph, start: str, end: str, edge: dict[str, object]) -> None:
    """An edge to or from dots; the path of a state goes before another use of it."""
    if not shown.has_edge(start, end) or edge["kind"] == "state":
        shown.add_edge(start, end, **{**edge, "label": edge["label"] if shown.nodes[start]["role"] == "ellipsis" else ""})
