"""The trainer: an emitted module, a task, settings; gives the curve, the measure on held-out data, and samples.

A run is determined by its settings: the order of the data follows from the seed and the epoch, so that a run that was stopped and resumed gives
the same numbers as one that was not. It learns by truncated backpropagation through time: gradients stay within a batch, and where a batch
continues the one before, the state is carried on (Williams and Peng 1990).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from derive.errors import InputError
from verify.training import checkpoint
from verify.training.optimizers import OPTIMIZERS, SCHEDULES, Arrays, clip, decay
from verify.training.symbols import Batch, SymbolModel
from verify.training.tasks import Task
from verify.verdict import Outcome, Verdict

CALMER = "take a smaller rate, or clip harder"


@dataclass(frozen=True)
class Settings:
    """What determines a run, with the values that suit the tasks here."""

    units: int = 128
    epochs: int = 8
    batch: int = 32
    rate: float = 4e-3
    optimizer: str = "adam"
    schedule: str = "cosine"
    clip: float = 1.0
    decay: float = 1e-5
    carry: bool = False
    seed: int = 0

    def check(self) -> Settings:
        """These settings, if they make sense.

        Raises:
            InputError: one of them does not.
        """
        for name in ("units", "epochs", "batch", "rate", "clip"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}", advice="give a positive number")
        for name, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            if getattr(self, name) not in known:
                raise InputError(f"there is no {name} {getattr(self, name)!r}", advice=f"give one of {', '.join(known)}")
        return self


@dataclass(frozen=True)
class Progress:
    """Where a run stands: `step` of `steps`; the loss of the last batch in bits; the norm of its gradient before clipping."""

    step: int
    steps: int
    epoch: int
    bits: float
    norm: float
    held_out: float | None


@dataclass
class Result:
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


def fit(
    module: ModuleType,
    task: Task,
    settings: Settings,
    cell: str,
    tell: Callable[[Progress], None] = lambda progress: None,
    path: Path | None = None,
) -> Result:
    """Train a module on a task.

    Args:
        tell: called after each step.
        path: of the checkpoint; where there is one already, the run goes on from it.

    Raises:
        InputError: a setting, the checkpoint or the module does not fit, or the loss is no longer a number.
    """
    run = _Run(module, task, settings.check(), cell, tell, path)
    return run.go()


class _Run:
    def __init__(
        self, module: ModuleType, task: Task, settings: Settings, cell: str, tell: Callable[[Progress], None], path: Path | None
    ) -> None:
        self.task, self.settings, self.cell, self.tell, self.path = task, settings, cell, tell, path
        self.model = task.model(module, settings.units, settings.seed)
        self.optimizer = OPTIMIZERS[settings.optimizer]()
        self.state = self.optimizer.start(self.model.params)
        self.carried: Arrays = {}
        self.curve: list[dict[str, float]] = []
        self.epoch, self.done, self.sum = 0, 0, 0.0
        self.length = sum(1 for _ in self._batches(0))
        if self.length == 0:
            raise InputError(f"a batch of {settings.batch} is larger than the data", advice="give a smaller one")
        if path is not None:
            self._resume(path)

    def _batches(self, epoch: int) -> Iterator[Batch]:
        return self.task.batches(np.random.default_rng([self.settings.seed, epoch]), self.settings.batch, self.settings.carry)

    @property
    def facts(self) -> dict[str, Any]:
        """What a checkpoint must have in common with a run that goes on from it."""
        shapes = {name: list(array.shape) for name, array in self.model.params.items()}
        return {"task": self.task.name, "settings": asdict(self.settings), "shapes": shapes}

    def go(self) -> Result:
        """Train to the end."""
        began = time.monotonic()
        while self.epoch < self.settings.epochs:
            for at, batch in enumerate(self._batches(self.epoch)):
                if at >= self.done:
                    self._step(batch)
            self._close_epoch()
        samples = self.task.sample(self.model, np.random.default_rng([self.settings.seed, 2]), 4)
        task = self.task
        return Result(task.name, self.cell, self.settings, task.measure, task.baseline, task.baseline_name, self.curve, samples,
                      time.monotonic() - began)  # fmt: skip

    def _step(self, batch: Batch) -> None:
        settings, params = self.settings, self.model.params
        step, steps = self.epoch * self.length + self.done, settings.epochs * self.length
        try:
            bits, grads, final = self.model.loss(batch, self.carried if batch.continues else None)
        except ValueError as error:
            raise InputError(str(error), place=f"step {step}", advice=CALMER) from None
        if not np.isfinite(bits):
            raise InputError(f"the loss is {bits}", place=f"step {step}", advice=CALMER)
        decay(params, grads, settings.decay)
        before = clip(grads, settings.clip)
        if not np.isfinite(before):
            raise InputError(f"the norm of the gradient is {before}", place=f"step {step}", advice=CALMER)
        self.optimizer.step(params, grads, self.state, settings.rate * SCHEDULES[settings.schedule](step, steps))
        self.carried, self.sum, self.done = final, self.sum + bits, self.done + 1
        self.tell(Progress(step + 1, steps, self.epoch + 1, bits, before, self.curve[-1]["held_out"] if self.curve else None))
        if self.path is not None and self.done % 20 == 0:
            self._save(self.path)

    def _close_epoch(self) -> None:
        held_out = measured(self.model, self.task)
        self.curve.append({
            "step": (self.epoch + 1) * self.length,
            "epoch": self.epoch + 1,
            "train": self.sum / self.length,
            "held_out": held_out,
        })  # fmt: skip
        self.epoch, self.done, self.sum = self.epoch + 1, 0, 0.0
        if self.path is not None:
            self._save(self.path)

    def _save(self, path: Path) -> None:
        facts = {**self.facts, "epoch": self.epoch, "done": self.done, "sum": self.sum, "curve": self.curve}
        checkpoint.save(path, {"params": self.model.params, "optimizer": self.state, "carried": self.carried}, facts)

    def _resume(self, path: Path) -> None:
        """Go on from a checkpoint, or write the first one, so that a path that cannot be written is known now."""
        if not path.exists():
            self._save(path)
            return
        groups, facts = checkpoint.load(path)
        for key, own in self.facts.items():
            if facts.get(key) != own:
                raise InputError(
                    f"the checkpoint is of a run with another {key}", place=str(path), advice="give another path, or the same settings"
                )
        self.model.params.update(groups["params"])
        self.state.update(groups.get("optimizer", {}))
        self.carried = groups.get("carried", {})
        self.epoch, self.done, self.sum, self.curve = facts["epoch"], facts["done"], facts["sum"], facts["curve"]


def measured(model: SymbolModel, task: Task) -> float:
    """The measure of a model on the held-out data."""
    found = [model.measure(batch)[:2] for batch in task.held_out()]
    return sum(bits for bits, _ in found) / sum(count for _, count in found)
