"""How a function takes and gives arrays: one sequence or several, along which axes, one step or all, parameters as they are or transposed.

The law: what is given and what is expected of the same value have the same form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import Any

import numpy as np

from derive.system import Role
from verify.claims.bundle import Bundle
from verify.claims.cases import Case, Shape, vector
from verify.claims.classes import SELF
from verify.claims.names import Named, Names, When
from verify.evaluation import Array

LENGTH = frozenset("T T_ T_x Tx seq_len seq_length seqlen n_steps num_steps steps timesteps time_steps length".split())
COUNT = frozenset("N m batch batch_size n_batch num_examples B M".split())


class Layout(Enum):
    """The axes of a sequence of columns."""

    ALONE = "(T, rows)"
    COLUMN = "(T, rows, 1)"
    STEPS_FIRST = "(T, N, rows)"
    BATCH_FIRST = "(N, T, rows)"
    ROWS_FIRST = "(rows, N, T)"

    @property
    def count(self) -> int:
        """How many sequences it has, if it is tried."""
        return 1 if self in (Layout.ALONE, Layout.COLUMN) else 3

    @property
    def has_columns(self) -> bool:
        """Whether a bias is a column."""
        return self in (Layout.COLUMN, Layout.ROWS_FIRST)


class Start(Enum):
    """Where a function has the initial value of a state from."""

    LAST = "the last row of the state, which has one more than there are steps"
    FIRST = "the first row of the state, which has one more than there are steps"
    ZERO = "nowhere: it is zero"
    OWN = "an argument, or nowhere"


@dataclass(frozen=True)
class Presentation:
    """One way.

    Attributes:
        layout: the axes.
        is_step: whether the function is of one step.
        is_transposed: whether parameters that are matrices are given transposed.
        with_loss: whether the cell's own loss is differentiated too.
        labels: the inputs that are given as the places of their ones.
        start: where it has initial values from.
    """

    layout: Layout
    is_step: bool = False
    is_transposed: bool = False
    with_loss: bool = False
    labels: frozenset[str] = frozenset()
    start: Start = Start.OWN

    @property
    def told(self) -> str:
        """It in words."""
        of = "of one step, rows first" if self.layout is Layout.ROWS_FIRST else "of one step"
        told = of if self.is_step else f"sequences are {self.layout.value}"
        return told + ", parameters transposed" * self.is_transposed

    def parameter(self, value: Array, shape: Shape) -> Array:
        """What is the same at each step: a column as (rows,), or as (rows, 1) where columns are."""
        if 1 in shape:
            return value.reshape(-1, 1) if self.layout.has_columns else value.reshape(-1)
        return value.T if self.is_transposed else value

    def at(self, value: Array, shape: Shape) -> Array:
        """A value at one time, from (N, rows, columns)."""
        own = vector(value, shape)
        match self.layout:
            case Layout.ALONE:
                return np.asarray(own[0])
            case Layout.COLUMN:
                return np.asarray(own[0][:, None] if 1 in shape else own[0])
            case Layout.ROWS_FIRST:
                return np.moveaxis(own, 0, -1)
        return own

    def sequence(self, values: Array, shape: Shape) -> Array:
        """A value at all times, from (T, N, rows, columns)."""
        own = vector(values, shape)
        match self.layout:
            case Layout.BATCH_FIRST:
                return np.swapaxes(own, 0, 1)
            case Layout.ROWS_FIRST:
                return np.moveaxis(own, (0, 1), (-1, -2))
        return np.stack([self.at(each, shape) for each in values])


class Given:
    """What a function is given at one choice of numbers, and what it should give.

    Args:
        way: how.
        case: the numbers.
        names: what its names stand for.
        arguments: the names of its arguments.
    """

    def __init__(self, way: Presentation, case: Case, names: Names, arguments: tuple[str, ...]) -> None:
        self.way, self.case, self.names, self.arguments = way, case, names, arguments
        self.forward, self.steps = case.seeded.forward, case.scene.steps
        self.read: set[str] = set()
        self.later: set[str] = set()
        found = [names.value(each) for each in arguments]
        self.with_initial = {each.value for each in found if each and each.when is When.BEFORE}

    def shape(self, name: str) -> Shape:
        """The rows and columns of a value of the cell, as symbols."""
        return self.forward[name].shape

    def value(self, name: str, step: int | None = None) -> Any:
        """What a name stands for, of one step or of all; a new array.

        Raises:
            LookupError: that is not known.
        """
        name = name.removeprefix(SELF)
        if name in LENGTH and name not in self.forward.variables:
            return self.steps
        if (meant := self.names.value(name)) and (found := self.of_cell(meant, step)) is not None:
            return found
        if (meant := self.names.upstream(name)) and step is None:
            return self.seed(meant)
        if name in COUNT:
            return self.case.scene.count
        if (size := self.names.size(name)) is not None:
            return int(size.xreplace(dict(self.case.scene.sizes)))
        raise LookupError(name)

    def of_cell(self, meant: Named, step: int | None) -> Any:
        """A value of the cell; None if there is none at that time."""
        variable = self.forward[meant.value]
        if not variable.is_sequence:
            return self.way.parameter(self.case.value(meant.value, None), variable.shape).copy()
        is_before = meant.when is When.BEFORE
        if self.way.is_step or step is not None:
            return self.at(meant.value, (step or 0) + (0 if is_before else 1))
        return self.at(meant.value, 0) if is_before else self.whole(meant.value)

    def at(self, name: str, time: int) -> Any:
        """A value at one time."""
        if (name, time) not in self.case.ahead.values:
            return None
        found = self.way.at(self.case.value(name, time), self.shape(name))
        return self.label(found, name) if name in self.way.labels else found.copy()

    def label(self, value: Array, name: str) -> Any:
        """The places of the ones of a value."""
        axis = -1 if self.way.layout in (Layout.ALONE, Layout.STEPS_FIRST, Layout.BATCH_FIRST) else 0
        found = value.argmax(axis)
        return int(found.reshape(-1)[0]) if found.size == 1 else found

    def whole(self, name: str) -> Any:
        """A value at all times; a state has its initial value as its last or first row, if that is given nowhere else."""
        times = list(range(1, self.steps + 1))
        if name in self.names.states and name not in self.with_initial and self.way.start in (Start.LAST, Start.FIRST):
            times = [0, *times] if self.way.start is Start.FIRST else [*times, 0]
        values = np.stack([self.case.value(name, time) for time in times])
        if name in self.way.labels:
            return [self.label(self.way.at(each, self.shape(name)), name) for each in values]
        return self.way.sequence(values, self.shape(name)).copy()

    def seed(self, meant: Named) -> Array:
        """The derivative of the loss by a value; zeros of what it is the same at each step, to which a function may add."""
        name, shape = meant.value, self.shape(meant.value)
        if not self.forward[name].is_sequence:
            return np.zeros_like(self.way.parameter(self.case.value(name, None), shape))
        if name not in self.case.upstream:
            raise LookupError(name)
        if meant.when is When.AFTER:
            self.later.add(name)
            return self.way.at(self.case.last(name), shape).copy()
        self.read.add(name)
        drawn = self.case.upstream[name]
        return (self.way.at(drawn[0], shape) if self.way.is_step else self.way.sequence(drawn, shape)).copy()

    def bundle(self, name: str) -> Bundle:
        """What is given in one piece."""
        step = 0 if self.way.is_step and not re.fullmatch(r"caches|\w+s", name) else None
        return Bundle(name, self.value, self.steps, step, [each.name for each in self.forward.parameters], self.names.listed)

    def right(self, meant: Named) -> Iterator[tuple[str, Array]]:
        """What may be meant by a gradient that is given back, with what that is in words."""
        true = self.case.gradients(self.read, self.later, self.way.with_loss)
        name = meant.value
        inner = next((each.name for each in self.forward.variables.values() if each.of == name and (each.name, 1) in true), "")
        for each, told in ((name, name), (inner, f"the argument of the function that gives {name}")):
            yield from ((told + at, array) for at, array in self._at_times(each, meant, true))

    def _at_times(self, name: str, meant: Named, true: dict[tuple[str, int | None], Array]) -> Iterator[tuple[str, Array]]:
        if (name, None) in true:
            yield "", self.way.parameter(true[name, None], self.shape(name))
            return
        if (name, 1) in true and meant.when is When.ANY:
            if self.way.is_step:
                yield "", self.way.at(true[name, 1], self.shape(name))
            else:
                yield "", self.way.sequence(np.stack([true[name, time] for time in range(1, self.steps + 1)]), self.shape(name))
        if (name, 0) in true:
            yield "_0" if not self.way.is_step else " one step before", self.way.at(true[name, 0], self.shape(name))


def presentations(labels: frozenset[str], losses: Iterable[bool], lag: int, is_matrix: bool) -> Iterator[Presentation]:
    """All ways, the likely ones first.

    Args:
        labels: the inputs that are given as the places of their ones.
        losses: whether the cell's own loss is differentiated, the likely answer first.
        lag: how far back it reads.
        is_matrix: whether it has values that are matrices, which are given alone.
    """
    layouts = [Layout.ALONE] if is_matrix else list(Layout)
    steps = (False, True) if lag <= 1 else (False,)
    for is_step, with_loss, layout, is_transposed in product(steps, losses, layouts, (False, True)):
        starts = [Start.OWN] if is_step else [Start.LAST, Start.FIRST, Start.ZERO] if layout.count == 1 else [Start.OWN, Start.ZERO]
        yield from (Presentation(layout, is_step, is_transposed, with_loss, labels, start) for start in starts)


def label_sets(names: Names) -> list[frozenset[str]]:
    """The inputs that may be given as places of ones."""
    inputs = [each for each in names.forward.inputs if each.role is Role.INPUT]
    targets = frozenset(each.name for each in inputs if each.is_distribution)
    every = frozenset(each.name for each in inputs)
    return list(dict.fromkeys([frozenset[str](), targets, every, every - targets]))
