"""How each role and each kind of edge looks: one table. Shape or line tells them apart too, never colour alone.

A rounded box is a gate or a function, a circle a value, a double circle a memory, a small circle a pointwise operation, a diamond a loss; a
dashed border is a value given from outside, a thick line the path of a state, a dashed line the gradient.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import Any

FONT = "Libertinus Serif, STIX Two Text, Cambria, Times New Roman, DejaVu Serif, Noto Serif CJK SC, Songti SC, SimSun, serif"
FONT_SIZE = 14.0
SMALL = 11.0
"""The size of a label on an edge."""
RING = 4.0
"""Between the two lines of a double border."""


@dataclass(frozen=True)
class Node:
    """The look of a node: Graphviz's shape, colours, border, its least size and that of its label in points."""

    shape: str
    fill: str
    border: str
    line: str = "solid"
    double: bool = False
    width: float = 34.0
    height: float = 34.0
    font: float = FONT_SIZE


@dataclass(frozen=True)
class Edge:
    """The look of an edge."""

    colour: str
    width: float
    line: str = "solid"


STATE = Node("circle", "#D9CDEB", "#5B3A8E")
MEMORY = Node("circle", "#FFD98A", "#9A6A00", double=True)
GRADIENT = "#D6336C"

NODES: dict[str, Node] = {
    "input": Node("circle", "#E8E8E8", "#5A5A5A"),
    "parameter": Node("box", "#EEF1F5", "#5A6B80", line="dotted", width=30, height=20),
    "state": STATE,
    "memory": MEMORY,
    "keep gate": Node("rounded", "#F6C1B8", "#C0392B", height=26),
    "write gate": Node("rounded", "#BFE3C6", "#1E8449", height=26),
    "read gate": Node("rounded", "#BBD6F2", "#1F618D", height=26),
    "candidate": Node("box", "#F9E2A8", "#8F6D00", height=26),
    "value": Node("circle", "#FFFFFF", "#5A5A5A"),
    "pre-activation": Node("ellipse", "#FFFFFF", "#5A5A5A", height=24),
    "output": Node("hexagon", "#CDEBEB", "#17696E", width=40, height=30),
    "loss": Node("diamond", "#F4B6C8", "#A61E4D", width=46, height=36),
    "tangent": Node("circle", "#DDF0EA", "#1B6B52"),
    "adjoint": Node("circle", "#FCE4EC", GRADIENT),
    "upstream": Node("plain", "none", GRADIENT, height=20),
    "product": Node("box", "#EEF1F5", "#5A6B80", width=30, height=22),
    "function": Node("rounded", "#FFF3D6", "#8F6D00", width=30, height=22),
    "operation": Node("circle", "#FFFFFF", "#5A5A5A", width=20, height=20),
    "ellipsis": Node("plain", "none", "#5A5A5A", width=30, height=20, font=24),
}

EDGES: dict[str, Edge] = {
    "data": Edge("#6B6B6B", 1.1),
    "state": Edge("#4A4A4A", 2.4),
    "parameter": Edge("#8A97A8", 0.9, "dotted"),
    "gradient": Edge(GRADIENT, 1.5, "dashed"),
}

CLUSTER_FILL, CLUSTER_BORDER, CLUSTER_TEXT = "#F7F8FA", "#C5CAD3", "#5A6472"


def look(role: str) -> Node:
    """The look of a role; a given value of any role has that role's look with a dashed border."""
    return NODES.get(role) or replace(NODES[role.removeprefix("initial ")], line="dashed")


def size(own: dict[str, Any]) -> tuple[float, float]:
    """The width and height of a node, wide enough for its label."""
    own_look = look(own["role"])
    width = max(own_look.width, text_width(own["label"]) + (22 if own_look.shape in ("hexagon", "diamond") else 12))
    ring = 2 * RING if own_look.double else 0.0
    return width + ring, own_look.height + ring


def text_width(label: str, size: float = FONT_SIZE) -> float:
    """About how wide a label is: wide for Chinese, nothing for combining marks, narrow for what stands as a subscript."""
    base, _, below = label.partition("_")
    return size * (sum(_advance(c) for c in base) + 0.7 * sum(_advance(c) for c in below))


def _advance(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if character in "₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ.,|ijlt ":
        return 0.38
    return 0.75 if character.isupper() or character in "mw⊙+−" else 0.54
