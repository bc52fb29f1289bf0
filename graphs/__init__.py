"""A System as a graph of its values and operations over time, and as a picture.

    import derive, graphs

    lstm = derive.cell("lstm")
    graphs.draw(lstm, steps=3, backward=True).save("lstm.svg")      also .png, .pdf, .dot; in Jupyter it shows itself
    unrolled = graphs.graph(lstm, steps=3)                          a networkx DiGraph
    graphs.count_paths(unrolled, "c[0]", "h[3]")                    along how many paths a gradient flows

The names below are all there is to know; they are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphs.build import graph as graph
    from graphs.drawing import Drawing as Drawing
    from graphs.drawing import draw as draw
    from graphs.paths import count_paths as count_paths
    from graphs.paths import list_paths as list_paths

_HOME = {
    "graph": "graphs.build",
    "draw": "graphs.drawing",
    "Drawing": "graphs.drawing",
    "count_paths": "graphs.paths",
    "list_paths": "graphs.paths",
}

__all__ = ["Drawing", "count_paths", "draw", "graph", "list_paths"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"graphs has no {name}")
    return getattr(import_module(_HOME[name]), name)
