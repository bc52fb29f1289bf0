"""A System, a Derivation or a graph of one to a picture: DOT, SVG, PNG, PDF."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Container
from functools import cached_property
from pathlib import Path

import networkx as nx

from derive.document.blocks import Figure
from derive.errors import InputError, abbreviated
from derive.given import HasSystem
from derive.system import System
from graphs import build, dot, engines, svg

FORMATS = ("svg", "png", "pdf", "dot")


class Drawing:
    """A picture of a graph; it shows itself in Jupyter.

    Args:
        graph: as `graph` makes it. More than 8 steps are drawn as the first two, dots and the last.
    """

    def __init__(self, graph: nx.DiGraph) -> None:
        self.graph = graph

    @cached_property
    def dot(self) -> str:
        """The DOT source, with coordinates: `neato -n2` draws it."""
        return dot.source(self.graph)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG text, which takes the size of the place that it is put in."""
        return svg.tidy(engines.svg(self.dot), self.title)

    def png(self, ppi: float = 192.0) -> bytes:
        """The picture as PNG, with so many pixels to the inch of its natural size."""
        return engines.convert(self.svg, "png", ppi)

    def pdf(self) -> bytes:
        """The picture as PDF, one page of its natural size."""
        return engines.convert(self.svg, "pdf")

    @property
    def title(self) -> str:
        """What it shows, in a few words."""
        own = self.graph.graph
        steps = "1 step" if own["steps"] == 1 else f"{own['steps']} steps"
        what = "the operations of " if own["detail"] == "operations" else ""
        return f"{what}{own['name']} over {steps}" + (", and the way of the gradient" if own["backward"] else "")

    @property
    def caption(self) -> str:
        """What it shows and how to read it."""
        own = self.graph.graph
        what, where = ("operations", "in the boxes") if own["detail"] == "operations" else ("values", "on the arrows")
        backward = " Dashed arrows are the way of the gradient, against each arrow that the loss depends on." if own["backward"] else ""
        return (
            f"{self.title[:1].upper()}{self.title[1:]}: the {what} of each step, time from left to right. "
            "Thick arrows carry a state to its next value, a dashed border marks a value given from outside, "
            f"and the parameters {where} are the same at each step.{backward}"
        )

    def figure(self) -> Figure:
        """The picture as a block of a document."""
        return Figure(self.svg, self.caption)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture; the path's suffix says in which form: .svg, .png, .pdf or .dot. A file is replaced whole or not at all.

        Raises:
            InputError: the suffix is none of these, or the file cannot be written.
        """
        target = Path(path)
        _write(target, self.as_format(target.suffix.lower().removeprefix("."), str(path)))

    def as_format(self, form: str, place: str = "") -> bytes:
        """The picture in one of `FORMATS`.

        Raises:
            InputError: it is none of these.
        """
        match form:
            case "svg":
                return self.svg.encode()
            case "png":
                return self.png()
            case "pdf":
                return self.pdf()
            case "dot":
                return self.dot.encode()
        raise InputError(f"there is no format {form!r} of pictures", place=place, advice=f"give one of {', '.join(FORMATS)}")

    def __repr__(self) -> str:
        return f"<Drawing of {abbreviated(self.title, 200)}>"

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_mimebundle_(self, include: Container[str] | None = None, exclude: Container[str] | None = None) -> dict[str, str]:
        """The picture for Jupyter, and its caption for what cannot show it."""
        bundle = {"image/svg+xml": self.svg, "text/plain": self.caption}
        return {kind: data for kind, data in bundle.items() if (not include or kind in include) and kind not in (exclude or ())}


class Graph(nx.DiGraph):
    """The graph of a system's values: a networkx DiGraph, of which a notebook shows the picture."""

    def __repr__(self) -> str:
        told = f"{len(self)} nodes, {self.number_of_edges()} edges"
        return f"<Graph of {abbreviated(self.graph['name'], 200)}: {told}>" if "name" in self.graph else f"<Graph of {told}>"

    def _repr_svg_(self) -> str | None:
        """The picture; None of a part of a graph that no longer has what a picture needs."""
        try:
            return Drawing(self).svg
        except (KeyError, InputError):
            return None


def graph(source: System | HasSystem, steps: int = 3, backward: bool = False, detail: str = "cell") -> Graph:
    """The graph of a system's values over some steps, an edge from each value to those that read it; see `graphs.build.graph`.

    Args:
        source: a system, or a derivation, whose adjoint then numbers the gradients.
        steps: the length T.
        backward: whether to add the gradient's way, an edge of kind "gradient" against each edge that the loss depends on.
        detail: "cell" for a node for each value, "operations" for a node for each operation too.

    Raises:
        InputError: there is no such detail, there is not at least one step, or there are too many.

    Example:
        >>> import derive, graphs
        >>> list(graphs.graph(derive.cell("irnn"), steps=1))
        ['W', 'x[1]', 'V', 'h[0]', 'b', 'h[1]']
    """
    return Graph(build.graph(source, steps, backward, detail))


def draw(source: System | HasSystem | nx.DiGraph, steps: int = 3, backward: bool = False, detail: str = "cell") -> Drawing:
    """A picture of a system over some steps; the arguments are those of `graph`, or a graph that it made.

    Example:
        >>> import derive, graphs
        >>> graphs.draw(derive.cell("rnn"), steps=3, backward=True)
        <Drawing of rnn over 3 steps, and the way of the gradient>
    """
    return Drawing(source if isinstance(source, nx.DiGraph) else build.graph(source, steps, backward, detail))


def _write(path: Path, data: bytes) -> None:
    """Write a file by way of a temporary one beside it."""
    written = None
    try:
        handle, written = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(written, 0o666 & ~mask)
        os.replace(written, path)
    except OSError as error:
        if written is not None:
            Path(written).unlink(missing_ok=True)
        raise InputError(f"cannot be written: {error.strerror}", place=str(path), advice="see the folder and its permissions") from None
