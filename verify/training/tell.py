"""A result of training as Blocks: what was measured, the curve, and what the model writes."""

from __future__ import annotations

from derive.document.blocks import Block, Code, Heading, Table, Text
from verify.training.fit import Result

SPARKS = "▁▂▃▄▅▆▇█"


def blocks(result: Result) -> list[Block]:
    """A result as a section of a page."""
    settings = result.settings
    told = (
        f"{result.cell}, {settings.units} units, {settings.epochs} epochs in batches of {settings.batch} by {settings.optimizer}, "
        f"seed {settings.seed}: "
        f"{result.verdict.detail}. It took {result.seconds:.0f} seconds."
    )
    rows = tuple((f"{p['epoch']:.0f}", f"{p['step']:.0f}", f"{p['train']:.3f}", f"{p['held_out']:.3f}") for p in result.curve)
    curve = Table(("epoch", "steps", "bits in training", result.measure), rows, f"Held out, from epoch to epoch: {sparkline(result)}")
    written: list[Block] = [Text("What the model writes:"), Code("\n".join(result.samples), "text")] if result.samples else []
    return [Heading(f"Training on {result.task}"), Text(told), curve, *written]


def sparkline(result: Result) -> str:
    """The held-out measure of each epoch as a row of bars."""
    values = [point["held_out"] for point in result.curve]
    low, span = min(values), (max(values) - min(values)) or 1.0
    return "".join(SPARKS[round((value - low) / span * (len(SPARKS) - 1))] for value in values)
