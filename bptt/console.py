"""What commands share: the arguments that several have, reading a cell, printing blocks and JSON, a progress bar."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

if TYPE_CHECKING:
    from derive.calculus.bptt import Derivation
    from derive.errors import InputError
    from derive.system import System

CELL = typer.Argument(
    help="A built-in cell (see [bold]bptt cells[/bold]), a layer such as torch_lstm, a file of equations, - for standard input, "
    "or a network of cells such as 'stack(bidirectional(lstm), gru)'.",
    metavar="CELL",
)
Cell = Annotated[str, CELL]
Out = Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file; the suffix picks the format.", metavar="FILE")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Head = Annotated[
    list[str] | None,
    typer.Option("--head", help="Put this on top: readout, softmax_cross_entropy, squared_error. Give it again for more.", metavar="HEAD"),
]


def derivation_of(cell: str, heads: list[str] | None) -> Derivation:
    """The derivation of a cell with heads on top."""
    import derive

    return derive.bptt(system_of(cell, heads))


def system_of(cell: str, heads: list[str] | None = None) -> System:
    """The system of a cell's name, of a file, or of standard input, with heads on top."""
    import derive
    from derive.files import decoded

    system = derive.read(decoded(sys.stdin.buffer, "standard input", "a page of equations"), "cell") if cell == "-" else derive.cell(cell)
    for name in heads or []:
        system = derive.follow(system, derive.head(name))
    return system


def show(blocks: list[Any], form: str = "terminal", output: Path | None = None) -> None:
    """Print blocks in a format, or write them in that of the file's suffix."""
    from derive.document import render, save

    if output is not None:
        print(f"written: {save(blocks, output)}", file=sys.stderr)
        return
    shown = render(blocks, form)
    if isinstance(shown, bytes):
        sys.stdout.buffer.write(shown)
    else:
        sys.stdout.write(shown)


class Finding(Protocol):
    """What a command finds out."""

    def to_dict(self) -> dict[str, Any]:
        """As plain data for JSON."""

    def blocks(self) -> list[Any]:
        """For a person."""


def conclude(found: Finding, holds: bool, output: Path | None, as_json: bool) -> None:
    """Print a finding, or write it to a file, and leave with exit code 1 if it does not hold."""
    if as_json:
        print_json(found.to_dict())
    else:
        show(found.blocks(), "terminal", output)
    if not holds:
        raise typer.Exit(1)


def print_json(data: Any) -> None:
    """Print plain data as JSON."""
    json.dump(data, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def print_errors(error: InputError, as_json: bool) -> None:
    """All that is wrong with an input, on standard error, each in one line with a caret where there is one; as data on standard output too."""
    for each in error.every:
        excerpt = f"\n{each.excerpt}" if each.excerpt else ""
        print(f"bptt: {each}{excerpt}", file=sys.stderr)
    if as_json:
        print_json({"errors": [each.to_dict() for each in error.every]})


def progress_bar(unit: str) -> Any:
    """A progress bar on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn(f"{{task.completed}}/{{task.total}} {unit}"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
