"""The oracle: runs a System by the meaning of its operations alone, slowly, over any numbers.

Takes a system (forward, tangent, adjoint or unrolled), the number of steps T, and values for its parameters, inputs and boundaries;
gives the value of each variable at each time. Equations are ordered by the times that they read, so lags and leads of any length run.

The law of a read outside 1..T: of a variable whose boundary is ZERO it is zero, and the whole term that it multiplies is zero, also where another
factor of the term has no value; of another variable it is what is given, or what an equation for that very time says; else there is no value,
which is an error if it is used. The adjoint of an initial state has an equation at a time at which adjoints are zero: it is a result, which
nothing may read at that time by name. The left side of an equation is a value at t, at one time, or one without a time.

A given array may have axes before its rows and columns, the same for all that have any: so many runs are made at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive.algebra.nodes import Expr
from derive.errors import InputError, ShapeError
from derive.given import HasSystem, system_of
from derive.shown import Shown
from derive.system import Role, System
from verify.arithmetic import FLOAT, Arithmetic
from verify.evaluation import Absent, Array, Evaluation, Time


@dataclass(frozen=True, repr=False)
class Run(Shown):
    """The values of a system's variables.

    Attributes:
        steps: T.
        values: by (name, time) an array (rows, columns); the time of a parameter is None. Boundary values that were given are there too.
        sizes: the number that each size symbol stands for.
    """

    steps: int
    values: Mapping[tuple[str, Time], Array]
    sizes: Mapping[Expr, int]

    @property
    def summary(self) -> str:
        """Of how many steps, and of which variables."""
        return f"of {self.steps} steps: {', '.join(dict.fromkeys(name for name, _ in self.values))}"

    def text(self) -> str:
        """All values, a line for each variable and time."""
        lines = (
            f"{name}{'' if time is None else f'[{time}]'} = {np.array2string(value, precision=6, threshold=60).replace(chr(10), '')}"
            for (name, time), value in self.values.items()
        )
        return "\n".join(lines)

    def value(self, name: str, time: Time = None) -> Array:
        """The value of a variable, (rows, columns)."""
        return self.values[name, time]

    def sequence(self, name: str) -> Array:
        """The values of a sequence at 1..T, (T, rows, columns)."""
        return np.stack([self.values[name, time] for time in range(1, self.steps + 1)])


def run(
    source: System | HasSystem,
    steps: int,
    given: Mapping[str, Any],
    boundary: Mapping[tuple[str, int], Any] | None = None,
    arithmetic: Arithmetic = FLOAT,
) -> Run:
    """The values of all variables of a system at t = 1..steps.

    Args:
        source: a checked system, or a derivation of it.
        steps: T.
        given: by name, a parameter as (rows, columns), an input as (T, rows, columns); of a single column the last axis may be left out.
        boundary: by (name, time), values outside 1..T: ("h", 0), ("g", T + 1); as (rows, columns) or (rows,).
        arithmetic: the numbers to compute with.

    Raises:
        InputError: a value is missing, or has no meaning in this arithmetic.
        ShapeError: a value has another shape than its variable.
        RecurrenceError: a value depends on itself.

    Example:
        >>> import derive, verify
        >>> found = verify.run(derive.read("h_t = h_{t-1} + x_t"), 2, {"x": [[1.0], [2.0]]}, {("h", 0): [0.0]})
        >>> float(found.value("h", 2)[0, 0])
        3.0
    """
    system = system_of(source)
    for name in (*given, *(name for name, _ in boundary or {})):
        if name not in system.variables:
            raise InputError("it is no variable of the system", place=name, advice=f"the system has {', '.join(system.variables)}")
    evaluation = Evaluation(system, steps, arithmetic)
    for name, value in given.items():
        if not system[name].is_sequence:
            evaluation.put(name, None, value)
            continue
        if len(value) != steps:
            raise ShapeError(f"{len(value)} values are given for {steps} steps", place=name, advice="give one for each step")
        for time, each in enumerate(value, start=1):
            evaluation.put(name, time, each)
    for (name, time), value in (boundary or {}).items():
        evaluation.put(name, time, value)
    evaluation.solve()
    return Run(steps, evaluation.values, evaluation.sizes.known)


def run_adjoint(adjoint: System, forward: Run, upstream: Mapping[str, Any], arithmetic: Arithmetic = FLOAT) -> Run:
    """The values of an adjoint system, whose inputs are the forward's values and the upstream gradients.

    Args:
        adjoint: the adjoint system.
        forward: a run of the forward system, with its boundary values.
        upstream: by the name of the upstream variable, (T, rows, columns).

    Example:
        >>> import derive, verify
        >>> found = derive.bptt(derive.read("h_t = h_{t-1} + x_t"))
        >>> values = verify.run(found.forward, 2, {"x": [[1.0], [2.0]]}, {("h", 0): [0.0]})
        >>> back = verify.run_adjoint(found.adjoint, values, {"dLdh": [[1.0], [1.0]]})
        >>> float(back.value("hbar", 1)[0, 0])
        2.0
    """
    given, boundary = dict(upstream), {}
    for (name, time), value in forward.values.items():
        if name in adjoint.variables and adjoint[name].role is not Role.DEFINED:
            if time is None:
                given[name] = value
            elif 1 <= time <= forward.steps:
                given.setdefault(name, forward.sequence(name))
            else:
                boundary[name, time] = value
    return run(adjoint, forward.steps, given, boundary, arithmetic)


class Values:
    """The values of expressions over the variables of a system, from those of a run.

    Args:
        system: for shapes; it may be another one than was run, of variables that were.
        known: the run.
        arithmetic: the numbers that the run is of.
    """

    def __init__(self, system: System, known: Run, arithmetic: Arithmetic = FLOAT) -> None:
        self.evaluation = Evaluation(system, known.steps, arithmetic)
        self.evaluation.values, self.evaluation.sizes.known = dict(known.values), dict(known.sizes)

    def at(self, expr: Expr, time: Time) -> Array:
        """The value of an expression, (rows, columns), with this time for t.

        Raises:
            InputError: it reads what has no value there.
        """
        found = self.evaluation.evaluate(expr, time or 0)
        if found is Absent.UNDEFINED:
            raise InputError("it reads what has no value there", place=str(expr))
        return self.evaluation.filled(found, expr)

    def by_equation(self, name: str) -> dict[Time, Array]:
        """What the equations of a variable give at each time for which there is one, each over the values of the run.

        Raises:
            InputError: one of them reads what has no value there.
        """
        return {time: self.evaluation.right_side(name, time) for own, time in self.evaluation.targets() if own == name}
