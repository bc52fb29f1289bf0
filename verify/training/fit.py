"""The trainer: an emitted module, a task, settings; gives the curve, the measure on held-out data, and samples.

A run is determined by its settings: the order of the data follows from the seed and the epoch, so that a run that was stopped and resumed gives
the same numbers as one that was not. Gradients stay within a batch; where a batch continues the one before, the state is carried on: truncated
backpropagation through time (Williams and Peng, Neural Computation 2(4), 1990).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from derive.errors import InputError
from derive.files.limits import LARGEST
from derive.shown import Brief
from verify.training import checkpoint
from verify.training.optimizers import OPTIMIZERS, SCHEDULES, Arrays, clip, decay
from verify.training.result import Result
from verify.training.settings import SAMPLING, Sampling
from verify.training.settings import Settings as Settings
from verify.training.symbols import Batch, SymbolModel
from verify.training.tasks import Task

SAVE_EVERY = 20
COPIES = 4
"""How many arrays a checkpoint has at most of the shape of each parameter."""
POINT = {"step", "epoch", "train", "held_out"}
"""The fields of a point of the curve."""
ORDER, SAMPLES = 2, 3
"""What a random generator is for, beside the seed; 0 and 1 are for the parameters of the network and of the embedding."""


@dataclass(frozen=True, repr=False)
class Progress(Brief):
    """Where a run stands: `step` of `steps`; of the last batch the loss in bits, the norm of its gradient before clipping, and targets a second."""

    step: int
    steps: int
    epoch: int
    bits: float
    norm: float
    speed: float
    held_out: float | None


def fit(
    module: ModuleType,
    task: Task,
    settings: Settings,
    cell: str,
    tell: Callable[[Progress], None] = lambda progress: None,
    path: Path | None = None,
    sampling: Sampling = SAMPLING,
) -> Result:
    """Train a module on a task.

    Args:
        tell: called after each step.
        path: of the checkpoint; where there is one already, the run goes on from it, and one that is at its end only writes samples.
        sampling: what the model is to write in the end.

    Raises:
        InputError: a setting, the checkpoint or the module does not fit, or the loss is no longer a number.
    """
    return _Run(module, task, settings.check(), cell, tell, path, sampling.check(task)).go()


@dataclass
class _Run:
    module: ModuleType
    task: Task
    settings: Settings
    cell: str
    tell: Callable[[Progress], None]
    path: Path | None
    sampling: Sampling

    def __post_init__(self) -> None:
        self.model = self.task.model(self.module, self.settings.units, self.settings.seed)
        self.optimizer = OPTIMIZERS[self.settings.optimizer]()
        self.state = self.optimizer.start(self.model.params)
        self.carried: Arrays = {}
        self.curve: list[dict[str, float]] = []
        self.epoch, self.done, self.sum = 0, 0, 0.0
        self.length = sum(1 for _ in self._batches(0))
        if self.length == 0:
            raise InputError(
                f"a batch of {self.settings.batch} is larger than the data", advice="give a smaller one, or a smaller truncate"
            )
        if self.path is not None:
            if self.path.exists():
                self._resume(self.path)
            self._save(self.path)  # so that a path that cannot be written is known now

    def _batches(self, epoch: int) -> Iterator[Batch]:
        settings, rng = self.settings, np.random.default_rng([self.settings.seed, ORDER, epoch])
        return self.task.batches(rng, settings.batch, settings.truncate if settings.carry else 0)

    @property
    def facts(self) -> dict[str, Any]:
        """What a checkpoint must have in common with a run that goes on from it; a module's docstring has its equations."""
        shapes = {name: list(array.shape) for name, array in self.model.params.items()}
        own = {"task": self.task.name, "cell": self.cell, "settings": asdict(self.settings)}
        return {**own, "shapes": shapes, "equations": self.module.__doc__}

    def go(self) -> Result:
        """Train to the end."""
        began = time.monotonic()
        while self.epoch < self.settings.epochs:
            for at, batch in enumerate(self._batches(self.epoch)):
                if at >= self.done:
                    self._step(batch)
            self._close_epoch()
        rng, wanted = np.random.default_rng([self.settings.seed, SAMPLES]), self.sampling
        samples = [self.task.sample(self.model, rng, wanted.opening, wanted.temperature) for _ in range(wanted.count)]
        task = self.task
        return Result(task.name, self.cell, self.settings, task.measure, task.baseline, task.baseline_name, self.curve, samples,
                      time.monotonic() - began)  # fmt: skip

    def _step(self, batch: Batch) -> None:
        began, settings, params = time.monotonic(), self.settings, self.model.params
        at, steps = self.epoch * self.length + self.done, settings.epochs * self.length
        with _within_numbers(at + 1):
            bits, grads, final = self.model.loss(batch, self.carried if batch.continues else None)
            _must_be_finite("loss", bits)
            decay({name: params[name] for name in grads}, grads, settings.decay)
            before = clip(grads, settings.clip)
            _must_be_finite("norm of the gradient", before)
            trained = {name: params[name] for name in grads}
            self.optimizer.step(trained, grads, self.state, settings.rate * SCHEDULES[settings.schedule](at, steps, settings.warm_up))
        self.carried, self.sum, self.done = final, self.sum + bits, self.done + 1
        if self.path is not None and (at + 1) % SAVE_EVERY == 0:
            self._save(self.path)
        speed, held_out = batch.targets.size / max(time.monotonic() - began, 1e-9), self.curve[-1]["held_out"] if self.curve else None
        self.tell(Progress(at + 1, steps, self.epoch + 1, bits, before, speed, held_out))

    def _close_epoch(self) -> None:
        step = (self.epoch + 1) * self.length
        with _within_numbers(step):
            held_out = measured(self.model, self.task)
            _must_be_finite("held-out measure", held_out)
        self.curve.append({"step": step, "epoch": self.epoch + 1, "train": self.sum / self.length, "held_out": held_out})
        self.epoch, self.done, self.sum = self.epoch + 1, 0, 0.0
        if self.path is not None:
            self._save(self.path)

    def _save(self, path: Path) -> None:
        facts = {**self.facts, "epoch": self.epoch, "done": self.done, "sum": self.sum, "curve": self.curve}
        checkpoint.save(path, {"params": self.model.params, "optimizer": self.state, "carried": self.carried}, facts)

    def _resume(self, path: Path) -> None:
        """Go on from a checkpoint."""
        groups, facts = checkpoint.load(path, LARGEST + COPIES * sum(array.nbytes for array in self.model.params.values()))
        for key, own in self.facts.items():
            if facts.get(key) != own:
                raise InputError(f"the checkpoint is of a run with {_difference(key, facts.get(key), own)}", place=str(path),
                                 advice="give another path, or the same settings")  # fmt: skip
        carried = groups.get("carried", {})
        for group, own in (("params", self.model.params), ("optimizer", self.state)):
            if _form(groups.get(group, {})) != _form(own):
                raise checkpoint.refused(path, f"its arrays of {group} are not those of this run")
        if set(carried) - set(self.module.STATES) or any(array.dtype.kind != "f" for array in carried.values()):
            raise checkpoint.refused(path, "what it carries on are not the states of this run")
        if not self._is_progress(facts):
            raise checkpoint.refused(path, "where it stands is no place of this run")
        self.model.params.update(groups["params"])
        self.state.update(groups.get("optimizer", {}))
        self.carried = carried
        self.epoch, self.done, self.sum, self.curve = facts["epoch"], facts["done"], facts["sum"], facts["curve"]

    def _is_progress(self, facts: dict[str, Any]) -> bool:
        """Whether facts are what this run would write at some time."""
        epoch, done, curve = facts.get("epoch"), facts.get("done"), facts.get("curve")
        if not (_is_count(epoch, self.settings.epochs) and _is_count(done, self.length) and isinstance(curve, list)):
            return False
        points = all(isinstance(each, dict) and set(each) == POINT and all(map(_is_finite, each.values())) for each in curve)
        return points and len(curve) == epoch and _is_finite(facts.get("sum"))


def _form(arrays: Arrays) -> dict[str, tuple[Any, ...]]:
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}


def _is_count(value: Any, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < math.inf


@contextmanager
def _within_numbers(step: int) -> Iterator[None]:
    """Numbers that run away are told in one line with the step, not in NumPy's warnings; an emitted module refuses them with a ValueError."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            yield
    except (ValueError, ArithmeticError) as error:
        raise InputError(str(error), place=f"step {step}", advice="take a smaller rate, or clip harder") from None


def _must_be_finite(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise ValueError(f"the {name} is {value}")


def _difference(key: str, theirs: Any, own: Any) -> str:
    """What differs, in words."""
    if key != "settings" or not isinstance(theirs, dict):
        return f"another {key}"
    return ", ".join(f"{name} {theirs.get(name)} (here {value})" for name, value in own.items() if theirs.get(name) != value)


def measured(model: SymbolModel, task: Task) -> float:
    """The measure of a model on the held-out data; the state is carried on where a batch continues the one before."""
    total, number, state = 0.0, 0, None
    for batch in task.held_out():
        bits, count, state = model.measure(batch, state if batch.continues else None)
        total, number = total + bits, number + count
    return total / number
