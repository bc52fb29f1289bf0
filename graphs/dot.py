"""A networkx graph of a System to DOT, with the `graphviz` package.

The source carries all coordinates, so that every engine (`neato -n2`) draws the same picture. Parameters are not drawn as nodes: they are
the same at each step, and stand in labels, at the cell on the edges that they multiply, among operations in the operation itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from math import hypot
from typing import Any

import graphviz
import networkx as nx

from graphs import style
from graphs.curves import Path, Point, after_leaving, reverse
from graphs.fold import fold
from graphs.place import CAPTION, Layout, is_in_step, place
from graphs.routes import Route, Router

ARROW = 6.0
"""The length of an arrowhead."""
INCH = 72.0


def source(graph: nx.DiGraph) -> str:
    """The DOT source of a graph, many steps folded, with the coordinates of its nodes and edges."""
    shown = without_parameters(fold(graph))
    layout = place(shown)
    dot = _digraph(shown)
    for time, (left, bottom, right, top) in layout.steps.items():
        with dot.subgraph(name=f"cluster_{time}") as step:
            step.attr(bb=_numbers(left, bottom, right, top), lp=_numbers((left + right) / 2, bottom + CAPTION / 2), **_step(shown, time))
            for node, own in shown.nodes(data=True):
                if own["time"] == time and is_in_step(own, shown):
                    _node(step, shown, node, layout)
    for node, own in shown.nodes(data=True):
        if not is_in_step(own, shown):
            _node(dot, shown, node, layout)
    for (start, end), route in Router(shown, layout).routes().items():
        _edge(dot, shown, start, end, route)
    return str(dot.source)


def without_parameters(graph: nx.DiGraph) -> nx.DiGraph:
    """The graph without the values that are the same at each t; a parameter's label becomes part of that of the operation that it is in."""
    shown = graph.copy()
    for node in [node for node, time in graph.nodes(data="time") if time is None]:
        for _, target, edge in graph.out_edges(node, data=True):
            if edge["kind"] == "parameter" and graph.graph["detail"] == "operations":
                _name_parameter(shown.nodes[target], graph.nodes[node]["label"], edge["label"])
        shown.remove_node(node)
    shown.remove_nodes_from([node for node in nx.isolates(shown) if graph.degree(node)])
    return shown


def _name_parameter(operation: dict[str, Any], parameter: str, sign: str) -> None:
    """Put a parameter into the label of an operation: W ·, + b, + b − c, exp p."""
    label = operation["label"]
    if label[0] in "+−":
        operation["label"] = f"{'' if label == '+' else label} {sign or '+'} {parameter}".strip()
    else:
        operation["label"] = f"{label} {parameter}" if operation["role"] == "function" else f"{parameter} {label}"


def _digraph(graph: nx.DiGraph) -> graphviz.Digraph:
    font = {"fontname": style.FONT, "fontsize": f"{style.FONT_SIZE:g}"}
    return graphviz.Digraph(
        name=graphviz.escape(graph.graph["name"]),
        graph_attr={**font, "bgcolor": "white", "outputorder": "edgesfirst", "id": prefix(graph)},
        node_attr={**font, "fixedsize": "true", "fontcolor": "#222222"},
        edge_attr={**font, "fontsize": f"{style.SMALL:g}", "fontcolor": "#3C4654", "arrowsize": f"{ARROW / 10:g}"},
    )


def is_against(graph: nx.DiGraph, start: str, end: str) -> bool:
    """Whether an edge is a gradient's against another edge; it is then declared like that one and drawn with its arrow at its start."""
    return bool(graph.edges[start, end]["kind"] == "gradient" and graph.has_edge(end, start))


def _step(graph: nx.DiGraph, time: int) -> dict[str, str]:
    return {
        "label": f"t = {time}",
        "style": "rounded,filled",
        "fillcolor": style.CLUSTER_FILL,
        "color": style.CLUSTER_BORDER,
        "fontcolor": style.CLUSTER_TEXT,
        "fontsize": "12",
        "id": f"{prefix(graph)}-step-{time}",
        "class": f"step-{time}",
        "tooltip": f"step {time}",
    }


def _node(dot: graphviz.Digraph, graph: nx.DiGraph, node: str, layout: Layout) -> None:
    own = graph.nodes[node]
    look = style.look(own["role"])
    width, height = (side - 2 * style.RING * look.double for side in style.size(own))
    lines = ["filled"] * (look.fill != "none") + ["rounded"] * (look.shape == "rounded") + [look.line] * (look.line != "solid")
    colours = {"fontcolor": look.border} if look.shape == "plain" else {"fillcolor": look.fill, "color": look.border}
    dot.node(
        _name(node),
        label=graphviz.escape(own["label"]),
        pos=_numbers(layout.boxes[node].x, layout.boxes[node].y),
        shape={"rounded": "box", "plain": "plaintext", "circle": "ellipse"}.get(look.shape, look.shape),
        style=",".join(lines),
        width=f"{width / INCH:.4f}",
        height=f"{height / INCH:.4f}",
        peripheries="0" if look.shape == "plain" else "2" if look.double else "1",
        fontsize=f"{look.font:g}",
        id=f"{prefix(graph)}-{slug(node)}",
        tooltip=graphviz.escape(_told(own)),
        **{**colours, "class": " ".join(_classes(own))},
    )


def _edge(dot: graphviz.Digraph, graph: nx.DiGraph, start: str, end: str, route: Route) -> None:
    edge = graph.edges[start, end]
    look = style.EDGES[edge["kind"]]
    is_back = is_against(graph, start, end)
    attributes = {"dir": "back"} if is_back else {}
    if edge["label"]:
        shift = route.align * style.text_width(edge["label"], style.SMALL) / 2
        attributes.update(label=graphviz.escape(edge["label"]), lp=_numbers(route.label[0] + shift, route.label[1]))
    what = "gradient from" if edge["kind"] == "gradient" else "from"
    dot.edge(
        *map(_name, (end, start) if is_back else (start, end)),
        pos=_spline(route.path, is_back),
        color=look.colour,
        penwidth=f"{look.width:g}",
        style=look.line,
        id=f"{prefix(graph)}-{slug(start)}-to-{slug(end)}",
        tooltip=graphviz.escape(f"{what} {graph.nodes[start]['label']} to {graph.nodes[end]['label']}"),
        **{**attributes, "class": edge["kind"]},
    )


def _told(own: dict[str, Any]) -> str:
    """The tooltip of a node: what it is, its equation, and that of its adjoint."""
    lines = [f"{own['label']}: {own['role']}"]
    lines += [f"({own['equation']}) {own['text']}"] if own["text"] else []
    lines += [f"({own['adjoint_equation']}) {own['adjoint_text']}"] if own.get("adjoint_text") else []
    return "; ".join(lines)


def _classes(own: dict[str, Any]) -> Iterator[str]:
    """The classes of a node: its role, its step, its equations."""
    yield own["role"].replace(" ", "-")
    if own["time"] is not None:
        yield f"step-{own['time']}"
    if own["equation"]:
        yield f"eq-{own['equation']}"
    if own.get("adjoint_equation"):
        yield f"eq-{own['adjoint_equation']}"


def prefix(graph: nx.DiGraph) -> str:
    """What the ids of a picture begin with, so that two pictures fit into one page."""
    return "-".join([slug(graph.graph["name"]), graph.graph["detail"], str(graph.graph["steps"]), *["backward"] * graph.graph["backward"]])


def slug(name: str) -> str:
    """A name as an id: h[3] as h-3."""
    return re.sub(r"\W+", "-", name.replace("[-", "[minus")).strip("-")


def _name(node: str) -> str:
    """A node's name in DOT, where a colon would begin a port."""
    return str(graphviz.escape(node.replace(":", ".")))


def _numbers(*values: float) -> str:
    return ",".join(f"{value:.2f}" for value in values)


def _spline(path: Path, is_against: bool) -> str:
    """A path as DOT's spline with an arrowhead at its end, or at its start."""
    tip = path[0][0] if is_against else path[-1][3]
    body = after_leaving(path, partial(_is_near, tip)) if is_against else reverse(after_leaving(reverse(path), partial(_is_near, tip)))
    points = [body[0][0], *(point for curve in body for point in curve[1:])]
    return " ".join([f"{'s' if is_against else 'e'},{_numbers(*tip)}", *(_numbers(*point) for point in points)])


def _is_near(tip: Point, point: Point) -> bool:
    """Whether a point is within the arrowhead."""
    return hypot(point[0] - tip[0], point[1] - tip[1]) < ARROW
