"""Clocks: sequences that are known by t alone, such as the one that ticks at every second step.

A new clock is a row of `CLOCKS`: its rows, its values, and their spelling in NumPy for all t at once, as (T, rows, 1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp

from derive.algebra.nodes import Expr, T


@dataclass(frozen=True)
class Form:
    """What a kind of clock is.

    Attributes:
        rows: 1, or T for one row for each step.
        value: whether row k (from 1) is 1 at step t (from 1) of `steps`; else it is 0. The last argument is the period.
        numpy: the values at t = 1..T in NumPy; P stands for the period.
        now: of one row, the condition that it is 1 in a loop where t counts from 0.
        steps: of one row, the array of all such t.
        has_period: whether it is written with a period, every(t, 2).
    """

    rows: Expr
    value: Callable[[int, int, int, int], bool]
    numpy: str
    now: str = ""
    steps: str = ""
    has_period: bool = False


ONE = sp.Integer(1)
CLOCKS: dict[str, Form] = {
    "every": Form(
        ONE,
        lambda k, t, steps, period: t % period == 0,
        "(np.arange(1, T + 1) % P == 0).astype(dtype)[:, None, None]",
        "(t + 1) % P == 0",
        "np.flatnonzero(np.arange(1, T + 1) % P == 0)",
        True,
    ),
    "first": Form(
        ONE,
        lambda k, t, steps, period: t == 1,
        "(np.arange(T) == 0).astype(dtype)[:, None, None]",
        "t == 0",
        "np.arange(1)",
    ),
    "last": Form(
        ONE,
        lambda k, t, steps, period: t == steps,
        "(np.arange(T) == T - 1).astype(dtype)[:, None, None]",
        "t == T - 1",
        "np.arange(T - 1, T)",
    ),
    "position": Form(T, lambda k, t, steps, period: k == t, "np.eye(T, dtype=dtype)[:, :, None]"),
    "before": Form(T, lambda k, t, steps, period: k < t, "np.tri(T, k=-1, dtype=dtype)[:, :, None]"),
}
"""The clocks by name."""


@dataclass(frozen=True)
class Clock:
    """A clock: its kind, one of `CLOCKS`, and its period, 0 if it has none."""

    kind: str
    period: int = 0

    @property
    def form(self) -> Form:
        """What its kind is."""
        return CLOCKS[self.kind]

    @property
    def name(self) -> str:
        """The name of the sequence in equations: every_2, first."""
        return f"{self.kind}_{self.period}" if self.period else self.kind

    @property
    def numpy(self) -> str:
        """Its values at all t in NumPy."""
        return self.form.numpy.replace("P ", f"{self.period} ")

    @property
    def now(self) -> str:
        """The condition that it is 1, of one row, in a loop where t counts from 0."""
        return self.form.now.replace("P ", f"{self.period} ")

    @property
    def steps(self) -> str:
        """The array of all t, counted from 0, at which it is 1, of one row."""
        return self.form.steps.replace("P ", f"{self.period} ")

    def written(self, time: str) -> str:
        """How it is written at a time: every(t, 2), first(t)."""
        return f"{self.kind}({time}, {self.period})" if self.period else f"{self.kind}({time})"

    def column(self, time: int, steps: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        """Its values at one time, (rows, 1)."""
        rows = 1 if self.form.rows == 1 else steps
        return np.array([[int(self.form.value(k, time, steps, self.period))] for k in range(1, rows + 1)])
