"""Clocks: sequences that are known by t alone, such as the one that ticks at every second step.

A new clock is a row of `CLOCKS`: its rows, its values, and their spelling in NumPy for all t at once, as (T, rows, 1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp

from derive.algebra.nodes import Expr, OverTime, T, add, mul, sequence, t


@dataclass(frozen=True)
class Form:
    """What a kind of clock is.

    Attributes:
        rows: 1, or T for one row for each step.
        value: whether row k (from 1) is 1 at step t (from 1) of `steps`; else it is 0. The last argument is the period.
        numpy: the values at t = 1..T in NumPy; P stands for the period.
        mirror: the kind that is the same counted from the other end: its value at step T + 1 - t.
        now: of one row, the condition that it is 1 in a loop where t counts from 0.
        steps: of one row, the array of all such t.
        has_period: whether it is written with a period, every(t, 2).
    """

    rows: Expr
    value: Callable[[int, int, int, int], bool]
    numpy: str
    mirror: str
    now: str = ""
    steps: str = ""
    has_period: bool = False


ONE = sp.Integer(1)


def _ticking(steps: str, now: str, mirror: str, is_on: Callable[[int, int, int], bool], has_period: bool = False) -> Form:
    """A clock of one number: `steps` is the condition on all t at once that it is 1, `now` that on the t of a loop."""
    values = f"({steps}).astype(dtype)[:, None, None]"
    return Form(ONE, lambda _, *when: is_on(*when), values, mirror, now, f"np.flatnonzero({steps})", has_period)


CLOCKS: dict[str, Form] = {
    "every": _ticking("np.arange(1, T + 1) % P == 0", "(t + 1) % P == 0", "every_back", lambda t, steps, period: t % period == 0, True),
    "every_back": _ticking(
        "np.arange(T, 0, -1) % P == 0", "(T - t) % P == 0", "every", lambda t, steps, period: (steps + 1 - t) % period == 0, True
    ),
    "first": _ticking("np.arange(T) == 0", "t == 0", "last", lambda t, steps, period: t == 1),
    "last": _ticking("np.arange(T) == T - 1", "t == T - 1", "first", lambda t, steps, period: t == steps),
    "position": Form(T, lambda k, t, steps, period: k == t, "np.eye(T, dtype=dtype)[:, :, None]", "position_back"),
    "position_back": Form(T, lambda k, t, steps, period: k == steps + 1 - t, "np.eye(T, dtype=dtype)[::-1, :, None]", "position"),
    "before": Form(T, lambda k, t, steps, period: k < t, "np.tri(T, k=-1, dtype=dtype)[:, :, None]", "before_back"),
    "before_back": Form(T, lambda k, t, steps, period: k < steps + 1 - t, "np.tri(T, k=-1, dtype=dtype)[::-1, :, None]", "before"),
}
"""The clocks by name."""


@dataclass(frozen=True)
class Clock:
    """A clock: its kind, one of `CLOCKS`, and its period, 0 if it has none."""

    kind: str
    period: int = 0

    @staticmethod
    def named(name: str) -> Clock | None:
        """The clock of that name, every_2 or first; None if there is none."""
        kind, period = (name, "") if name in CLOCKS else name.rpartition("_")[::2]
        return Clock(kind, int(period or 0)) if kind in CLOCKS and CLOCKS[kind].has_period is period.isdigit() else None

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
    def mirror(self) -> Clock:
        """The same clock counted from the other end of the sequence."""
        return Clock(self.form.mirror, self.period)

    @property
    def now(self) -> str:
        """The condition that it is 1, of one row, in a loop where t counts from 0."""
        return self.form.now.replace("P ", f"{self.period} ")

    @property
    def is_known_early(self) -> bool:
        """Whether it is one number at each t, which does not depend on how many steps follow."""
        return bool(self.now) and "T" not in self.now

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


def started(name: str, value: Expr) -> Expr:
    """The value of a sequence one step before, where it begins with a value and is zero before the first step: h_{t-1} + first(t) * value."""
    return add(sequence(name)[t - 1], mul(sequence("first")[t], value))


def last(name: str) -> Expr:
    """The last value of a sequence, sum_t last(t) * h_t."""
    return OverTime(mul(sequence("last")[t], sequence(name)[t]))
