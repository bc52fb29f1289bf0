"""The command line: each command parses, calls a face, prints.

Exit codes: 0 done and all checks hold, 1 a check failed, 2 bad usage or input.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from derive.calculus.bptt import Derivation
    from derive.system import System
    from verify.training.fit import Result

app = typer.Typer(
    help="Derive, prove and emit recurrent networks: equations in; gradients, proofs, NumPy code and diagrams out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

CELL = typer.Argument(
    help="A built-in cell (see [bold]bptt cells[/bold]), a file of equations, - for standard input, or a network of cells such as "
    "'stack(bidirectional(lstm), gru)'.",
    metavar="CELL",
)
Cell = Annotated[str, CELL]
Out = Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file; the suffix picks the format.", metavar="FILE")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Head = Annotated[
    list[str] | None,
    typer.Option("--head", help="Put this on top: readout, softmax_cross_entropy, squared_error. Give it again for more.", metavar="HEAD"),
]


@app.command()
def cells(as_json: Json = False) -> None:
    """List the built-in cells: name, year, states, number of parameters, first author; --json has the full references.

    Example:  bptt cells
    """
    import derive

    systems = [derive.cell(name) for name in derive.cell_names()]
    if as_json:
        from derive.document.data import system_data

        _print_json([system_data(system) for system in systems])
        return
    from derive.document.blocks import Table

    rows = tuple(
        (
            each.name,
            each.notes.get("year", ""),
            ", ".join(v.name for v in each.states),
            _formula(each.count),
            _authors(each.notes.get("reference", "")),
        )
        for each in systems
    )
    _show([Table(("name", "year", "states", "parameters", "reference"), rows)])


def _formula(count: object) -> str:
    """A number in sizes as people write it: 4 n_h (n_h + n_x + 1)."""
    import sympy as sp

    return min(str(sp.factor(count)), str(count), key=len).replace("**2", "²").replace("*", " ")


def _authors(reference: str) -> str:
    """The family names of one or two authors, or the first one's and that there are others."""
    first, _, others = reference.partition(",")
    names = re.split(r" and ", first)
    if "et al." in first or re.match(r" (?:[^\W\d_]\.[ -]?)+ ?[^,]+(?:,| and )", others):
        return f"{_family(names[0])} et al."
    return " and ".join(map(_family, names))


def _family(author: str) -> str:
    """The name without its initials."""
    return re.sub(r"^(?:[^\W\d_]{1,2}\.[ -]?)+|\bet al\.", "", author).strip()


@app.command("derive")
def derive_command(
    cell: Cell,
    head: Head = None,
    form: Annotated[str, typer.Option("--format", help="terminal, text, markdown, latex, html or pdf.", metavar="FORMAT")] = "terminal",
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Derive the gradients of a cell, step by step, for every sequence length.

    Examples:  bptt derive lstm    bptt derive gru -o gru.html    bptt derive mine.md --head readout --head softmax_cross_entropy
    """
    import derive

    derivation = _derivation(cell, head)
    if as_json:
        from derive.document.data import derivation_data

        _print_json({**derive.review(derivation.system).to_dict(), **derivation_data(derivation)})
        return
    _show(derive.explain(derivation), form, output)


@app.command()
def emit(cell: Cell, head: Head = None, output: Out = None) -> None:
    """Emit a standalone NumPy module with a cell's forward and backward pass.

    Example:  bptt emit gru -o gru.py && python gru.py --check
    """
    import derive
    from derive.files import write

    source = derive.emit(_derivation(cell, head))
    if output is None:
        sys.stdout.write(source)
    else:
        print(f"written: {write(output, source)}", file=sys.stderr)


@app.command()
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

    drawing = graphs.draw(_derivation(cell, head), steps=steps, backward=backward, detail=detail)
    if output is None:
        sys.stdout.write(drawing.dot)
    else:
        drawing.save(output)
        print(f"written: {output}", file=sys.stderr)


@app.command()
def verify(cell: Cell, head: Head = None, output: Out = None, as_json: Json = False) -> None:
    """Prove a cell's gradients for all lengths and sizes, and check its emitted code numerically; exit code 1 if a check fails.

    Example:  bptt verify lstm
    """
    import derive
    import verify as judge

    derivation = _derivation(cell, head)
    review = derive.review(derivation.system)
    report = judge.verify(derivation)
    if as_json:
        _print_json({**report.to_dict(), **review.to_dict()})
    else:
        from derive.document.remarks import remarks

        _show([*remarks(review), *report.blocks()], "terminal", output)
    if not report.holds:
        raise typer.Exit(1)


@app.command()
def compare(first: Cell, second: Cell, output: Out = None, as_json: Json = False) -> None:
    """Decide whether two cells are the same up to their weights, for all inputs, lengths and sizes; exit code 1 if that is not proved.

    Examples:  bptt compare lstm mine.md    bptt compare gru gru_reset_after --json
    """
    import verify as judge

    comparison = judge.compare(_system(first), _system(second))
    if as_json:
        _print_json(comparison.to_dict())
    else:
        _show(comparison.blocks(), "terminal", output)
    if not comparison.is_equivalent:
        raise typer.Exit(1)


@app.command()
def train(
    task: Annotated[str, typer.Argument(help="What to learn: poems.", metavar="TASK")],
    cell: Annotated[str, typer.Option("--cell", help=CELL.help, metavar="CELL")] = "gru",
    units: Annotated[int, typer.Option("--units", help="Rows of each state.")] = 128,
    epochs: Annotated[int | None, typer.Option("--epochs", help="Passes over the data.")] = None,
    batch: Annotated[int | None, typer.Option("--batch", help="Sequences side by side.")] = None,
    rate: Annotated[float | None, typer.Option("--rate", help="The learning rate.")] = None,
    optimizer: Annotated[str | None, typer.Option("--optimizer", help="adam, momentum or sgd.")] = None,
    schedule: Annotated[str | None, typer.Option("--schedule", help="cosine or constant.")] = None,
    clip: Annotated[float | None, typer.Option("--clip", help="The largest norm of a gradient.")] = None,
    decay: Annotated[float | None, typer.Option("--decay", help="L2 weight decay, of matrices.")] = None,
    warm_up: Annotated[int | None, typer.Option("--warm-up", help="Steps in which the learning rate rises.")] = None,
    carry: Annotated[bool, typer.Option("--carry", help="Let sequences follow one another, and carry the state on.")] = False,
    truncate: Annotated[int | None, typer.Option("--truncate", help="With --carry: the steps after which gradients are cut.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of parameters, data order and samples.")] = 0,
    checkpoint: Annotated[Path | None, typer.Option("--checkpoint", help="Save here, and go on from here.", metavar="FILE")] = None,
    as_json: Json = False,
) -> None:
    """Train a cell's emitted module on real data; exit code 1 if it does not beat the task's baseline.

    Example:  bptt train poems --cell lstm --checkpoint lstm.npz
    """
    given = {"epochs": epochs, "batch": batch, "rate": rate, "optimizer": optimizer, "schedule": schedule, "clip": clip, "decay": decay}
    given |= {"warm_up": warm_up, "truncate": truncate}
    settings = {name: value for name, value in given.items() if value is not None}
    result = _trained(task, cell, checkpoint, units=units, carry=carry, seed=seed, **settings)
    if as_json:
        _print_json(result.to_dict())
    else:
        from verify.training.tell import blocks

        _show(blocks(result))
    if not result.verdict.agrees:
        raise typer.Exit(1)


@app.command()
def report(
    cell: Cell,
    task: Annotated[str | None, typer.Option("--train", help="Train on this task too: poems.", metavar="TASK")] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", help="Passes over the data.")] = None,
    head: Head = None,
    output: Out = None,
) -> None:
    """Write one page with all of it: derivation, graph, proof, checks, code and, with --train, a trained model.

    Example:  bptt report lstm --train poems -o lstm.html
    """
    import derive
    import graphs
    import verify as judge

    derivation = _derivation(cell, head)
    judged = judge.verify(derivation)
    drawn = [graphs.draw(derivation, steps=3, backward=backward).figure() for backward in (False, True)]
    from derive.document.blocks import Code, Heading

    blocks = [*derive.explain(derivation), Heading("The graph, unrolled"), *drawn, *judged.blocks()]
    blocks += [Heading("The module in NumPy"), Code(derive.emit(derivation))]
    holds = judged.holds
    if task is not None:
        from verify.training.tell import blocks as told

        result = _trained(task, cell, None, **({"epochs": epochs} if epochs else {}))
        blocks += told(result)
        holds = holds and result.verdict.agrees
    _show(blocks, "terminal", output)
    if not holds:
        raise typer.Exit(1)


def _trained(task: str, cell: str, checkpoint: Path | None, **settings: Any) -> Result:
    """Train, with a progress bar on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    import verify as judge

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total} steps"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        shown = bar.add_task("training", total=None)

        def tell(progress: Any) -> None:
            held_out = "" if progress.held_out is None else f", held out {progress.held_out:.3f}"
            told = f"epoch {progress.epoch}, {progress.bits:.3f} bits{held_out}"
            bar.update(shown, completed=progress.step, total=progress.steps, description=told)

        return judge.train(_system(cell), task, tell=tell, checkpoint=checkpoint, **settings)


def _derivation(cell: str, heads: list[str] | None) -> Derivation:
    import derive

    return derive.bptt(_system(cell, heads))


def _system(cell: str, heads: list[str] | None = None) -> System:
    import derive

    system = derive.read(sys.stdin.read(), "cell") if cell == "-" else derive.cell(cell)
    for name in heads or []:
        system = derive.follow(system, derive.head(name))
    return system


def _show(blocks: list[Any], form: str = "terminal", output: Path | None = None) -> None:
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


def _print_json(data: Any) -> None:
    json.dump(data, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


@contextmanager
def _told() -> Iterator[None]:
    """An error in an input as one line (and a caret, where there is one) on standard error, with exit code 2."""
    from derive.errors import InputError

    try:
        yield
    except InputError as error:
        excerpt = f"\n{error.excerpt}" if error.excerpt else ""
        print(f"bptt: {error}{excerpt}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        print("bptt: interrupted", file=sys.stderr)
        sys.exit(130)


def main() -> None:
    """Run the command line."""
    with _told():
        app()


if __name__ == "__main__":
    main()
