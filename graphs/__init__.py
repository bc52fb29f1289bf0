"""A System as a graph of its values and operations over time, and as a picture.

    import derive, graphs

    lstm = derive.cell("lstm")
    graphs.draw(lstm, steps=3, backward=True).save("lstm.svg")      also .png, .pdf, .dot; in Jupyter it shows itself
    unrolled = graphs.graph(lstm, steps=3)                          a networkx DiGraph
    graphs.count_paths(unrolled, "c[0]", "h[3]")                    along how many paths a gradient flows

The names below are all there is to know; they are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.face import face

if TYPE_CHECKING:
    from graphs.drawing import Drawing as Drawing
    from graphs.drawing import Graph as Graph
    from graphs.drawing import draw as draw
    from graphs.drawing import graph as graph
    from graphs.paths import count_paths as count_paths
    from graphs.paths import list_paths as list_paths

_HOME = {
    "graph": "graphs.drawing.graph",
    "draw": "graphs.drawing.draw",
    "Graph": "graphs.drawing.Graph",
    "Drawing": "graphs.drawing.Drawing",
    "count_paths": "graphs.paths.count_paths",
    "list_paths": "graphs.paths.list_paths",
}

__all__ = ["Drawing", "Graph", "count_paths", "draw", "graph", "list_paths"]


__getattr__, __dir__ = face(__name__, _HOME, __all__)
