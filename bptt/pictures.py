"""The command that draws: graph."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bptt.console import Cell, Head, Out, derivation_of


def graph(
    cell: Cell,
    steps: Annotated[int, typer.Option("--steps", min=1, help="How many steps to unroll.")] = 3,
    backward: Annotated[bool, typer.Option("--backward", help="Draw the gradient's way too.")] = False,
    detail: Annotated[str, typer.Option("--detail", help="cell (a node per variable) or operations (a node per operation).")] = "cell",
    head: Head = None,
    output: Out = None,
) -> None:
    """Draw the unrolled computation graph: SVG, PNG, PDF or DOT by the file's suffix; DOT to standard output without -o.

    Examples:  bptt graph lstm --steps 3 -o lstm.svg    bptt graph gru --backward --detail operations -o gru.pdf
    """
    import graphs

    drawing = graphs.draw(derivation_of(cell, head), steps=steps, backward=backward, detail=detail)
    if output is None:
        sys.stdout.write(drawing.dot)
    else:
        drawing.save(output)
        print(f"written: {output}", file=sys.stderr)
