"""The tasks, a file each: a data set or puzzle with `TITLE`, `HEADS` (what it puts on top of a cell), `IS_CAUSAL`
(whether an output must not depend on later steps) and `load() -> Task`. A new task is a new file here.
"""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from derive.errors import InputError
from verify.training.symbols import Batch, SymbolModel


@dataclass(frozen=True)
class Task:
    """A data set, how a network meets it, and what the network has to beat.

    Attributes:
        name, measure: of the task, and of what is measured (less is better).
        baseline, baseline_name: the value to beat, computed on the same split.
        model: the model of an emitted module, for so many units and a seed.
        batches: the training batches of an epoch, for a random generator and a batch size: whole sequences, each from its beginning, if the last
            argument is 0; else one sequence after the other, cut every so many steps, each batch continuing the one before.
        held_out: the batches that the measure is taken on.
        check: refuses the opening of a sample that cannot be one, with an InputError.
        sample: a text that a trained model writes, for a random generator, an opening (or "") and a temperature.
    """

    name: str
    measure: str
    baseline: float
    baseline_name: str
    model: Callable[[ModuleType, int, int], SymbolModel]
    batches: Callable[[np.random.Generator, int, int], Iterator[Batch]]
    held_out: Callable[[], Iterator[Batch]]
    check: Callable[[str], None]
    sample: Callable[[SymbolModel, np.random.Generator, str, float], str]


def names() -> list[str]:
    """The names of the tasks."""
    return [each.name for each in pkgutil.iter_modules(__path__)]


def load(name: str) -> Any:
    """The module of a task, by name.

    Raises:
        InputError: there is none of that name.
    """
    if name not in names():
        close = difflib.get_close_matches(name, names(), n=1)
        advice = f"did you mean {close[0]}?" if close else f"the tasks are {', '.join(names())}"
        raise InputError(f"there is no task {name!r}", advice=advice)
    return import_module(f"{__name__}.{name}")
