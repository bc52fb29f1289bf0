"""A result of training: as plain data, and as Blocks: what was measured, the curve, and what the model writes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from derive.document.blocks import Block, Code, Heading, Table, Text
from derive.shown import Shown
from verify.training.settings import Settings
from verify.verdict import Outcome, Verdict

SPARKS = "▁▂▃▄▅▆▇█"


@dataclass(repr=False)
class Result(Shown):
    """What came of a run.

    Attributes:
        curve: a point each epoch: step, epoch, training bits (mean of the epoch), held-out measure.
        seconds: of this process; a resumed run has only its own part.
    """

    task: str
    cell: str
    settings: Settings
    measure: str
    baseline: float
    baseline_name: str
    curve: list[dict[str, float]] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def value(self) -> float:
        """The measure at the end."""
        return self.curve[-1]["held_out"]

    @property
    def verdict(self) -> Verdict:
        """Whether the run beat the baseline."""
        outcome = Outcome.AGREES if self.value < self.baseline else Outcome.DISAGREES
        told = "below" if outcome is Outcome.AGREES else "not below"
        detail = f"{self.value:.3f} {self.measure}, {told} the {self.baseline_name} baseline of {self.baseline:.3f}"
        return Verdict(self.cell, f"training on {self.task}", outcome, detail)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain data for JSON."""
        return {**asdict(self), "value": self.value, "beats_baseline": self.verdict.agrees}

    @property
    def summary(self) -> str:
        """Of what, and what was measured in the end."""
        return f"of {self.cell} on {self.task}: {self.verdict.detail}"

    def blocks(self) -> list[Block]:
        """The result as a section of a page."""
        settings = self.settings
        told = (
            f"{self.cell}, {settings.units} units, {settings.epochs} epochs in batches of {settings.batch} by {settings.optimizer}, "
            f"seed {settings.seed}: "
            f"{self.verdict.detail}. It took {self.seconds:.0f} seconds."
        )
        rows = tuple((f"{p['epoch']:.0f}", f"{p['step']:.0f}", f"{p['train']:.3f}", f"{p['held_out']:.3f}") for p in self.curve)
        curve = Table(("epoch", "steps", "bits in training", self.measure), rows, f"Held out, from epoch to epoch: {self.sparkline()}")
        written: list[Block] = [Text("What the model writes:"), Code("\n".join(self.samples), "text")] if self.samples else []
        return [Heading(f"Training on {self.task}"), Text(told), curve, *written]

    def sparkline(self) -> str:
        """The held-out measure of each epoch as a row of bars."""
        values = [point["held_out"] for point in self.curve]
        low, span = min(values), (max(values) - min(values)) or 1.0
        return "".join(SPARKS[round((value - low) / span * (len(SPARKS) - 1))] for value in values)
