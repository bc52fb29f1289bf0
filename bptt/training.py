"""The commands that train: train, and report, which shows all of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bptt.console import CELL, Cell, Head, Json, Out, derivation_of, print_json, progress_bar, show, system_of

if TYPE_CHECKING:
    from verify.training.result import Result


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
        print_json(result.to_dict())
    else:
        show(result.blocks())
    if not result.verdict.agrees:
        raise typer.Exit(1)


def report(
    cell: Cell,
    task: Annotated[str | None, typer.Option("--train", help="Train on this task too: poems.", metavar="TASK")] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", help="Passes over the data.")] = None,
    gradient: Annotated[
        Path | None,
        typer.Option("--check-gradient", help="Judge this backward pass of your own too: equations or a .py file.", metavar="FILE"),
    ] = None,
    head: Head = None,
    output: Out = None,
) -> None:
    """Write one page with all of it: derivation, graph, proof, checks, code and, with --train, a trained model.

    Examples:  bptt report lstm --train poems -o lstm.html    bptt report lstm --check-gradient mine.tex -o lstm.html
    """
    import derive
    import graphs
    import verify as judge

    derivation = derivation_of(cell, head)
    judged = judge.verify(derivation)
    drawn = [graphs.draw(derivation, steps=3, backward=backward).figure() for backward in (False, True)]
    from derive.document.blocks import Code, Heading

    blocks = [*derive.explain(derivation), Heading("The graph, unrolled"), *drawn, *judged.blocks()]
    holds = judged.holds
    if gradient is not None:
        from bptt.judgement import findings

        found = findings(derivation, gradient)
        blocks += found.blocks()
        holds = holds and found.holds
    blocks += [Heading("The module in NumPy"), Code(derive.emit(derivation))]
    if task is not None:
        result = _trained(task, cell, None, **({"epochs": epochs} if epochs else {}))
        blocks += result.blocks()
        holds = holds and result.verdict.agrees
    show(blocks, "terminal", output)
    if not holds:
        raise typer.Exit(1)


def _trained(task: str, cell: str, checkpoint: Path | None, **settings: Any) -> Result:
    """Train, with a progress bar on standard error."""
    import verify as judge

    with progress_bar("steps") as bar:
        shown = bar.add_task("training", total=None)

        def tell(progress: Any) -> None:
            held_out = "" if progress.held_out is None else f", held out {progress.held_out:.3f}"
            told = f"epoch {progress.epoch}, {progress.bits:.3f} bits{held_out}"
            bar.update(shown, completed=progress.step, total=progress.steps, description=told)

        return judge.train(system_of(cell), task, tell=tell, checkpoint=checkpoint, **settings)
