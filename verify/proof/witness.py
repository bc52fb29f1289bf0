"""Numbers at which an identity fails: the smallest T, sizes, time and entry at which what is required differs from what is claimed.

The forward system and the claimed adjoint system are run by the oracle on random numbers; both sides of the identity are then computed from
their values. So a witness is a failure of the claim as a whole, not of a form taken out of its context. No witness is no proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from itertools import chain, product
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import InputError
from derive.system import Boundary, Kind, Role, System, Variable
from verify.arithmetic import FLOAT, HIGH_PRECISION, Arithmetic
from verify.evaluate import Run, Values, run, run_adjoint
from verify.proof import inverses
from verify.proof.entries import Place, length_of, opaque
from verify.proof.functions import definition, x
from verify.proof.normal_form import DECLARED, FUNCTION, INVERSE, NUMBER, OVER_TIME, POWER, VANISHING, Atom, Form
from verify.proof.tagged import part

Array = np.ndarray[Any, Any]
REACH = 5
"""How far beyond 1..T sequences are given values."""
TOLERANCE = 1e-9
DIGITS = 30
"""How many digits say whether a claim has values."""


class Witness:
    """Looks for witnesses against an adjoint system."""

    def __init__(self, forward: System, adjoint: System) -> None:
        self.forward, self.adjoint = forward, adjoint
        self.made: dict[int, Setting | None] = {}

    @cached_property
    def choices(self) -> list[tuple[int, dict[Expr, int], float]]:
        """T = 1, 2, 3 with all sizes 1, and then with all sizes different, on positive numbers; and so on numbers of both signs."""
        symbols = sorted({s for v in self.forward.variables.values() for side in v.shape for s in side.free_symbols}, key=str)
        ones, unequal = dict.fromkeys(symbols, 1), {symbol: 2 + place for place, symbol in enumerate(symbols)}
        both = product((1, 2, 3), (ones,), (-0.9, -3.0)), product((1, 2, 3), (unequal,), (-0.9,))
        return [*product((1, 2, 3), (ones, unequal), (0.2,)), *chain.from_iterable(both)]

    def settings(self) -> Iterator[Setting]:
        """The choices at which the claim has values."""
        for place in range(len(self.choices)):
            setting = self.setting(place)
            if setting is not None:
                yield setting

    @property
    def is_nowhere(self) -> bool:
        """Whether the claim has values, all of them real numbers, at none of the choices: what divides by zero everywhere claims nothing.

        It is asked in many digits, in which the exponential of a large number is one too.
        """
        return not any(self.has_values(*each) for each in sorted(self.choices, key=lambda each: each[0] == 1))

    def has_values(self, steps: int, sizes: Mapping[Expr, int], least: float) -> bool:
        """Whether the claim has values at one choice."""
        try:
            with mpmath.workdps(DIGITS):
                values = Setting(self.forward, self.adjoint, steps, sizes, least, HIGH_PRECISION).values.values()
        except (InputError, ArithmeticError, ValueError, TypeError):
            return False
        return all(not isinstance(each, mpmath.mpc) and mpmath.isfinite(each) for array in values for each in array.ravel())

    def setting(self, place: int) -> Setting | None:
        """One choice, made once; None if the claim has no values there."""
        if place not in self.made:
            try:
                self.made[place] = Setting(self.forward, self.adjoint, *self.choices[place])
            except InputError:
                self.made[place] = None
        return self.made[place]

    def find(self, required: Form, claimed: Form, row: Place, column: Place, is_boundary: bool) -> dict[str, Any] | None:
        """The first setting and entry at which the two sides differ, or None.

        Args:
            required, claimed: over the free indices of the two places.
            row, column: the block that the entry is in.
            is_boundary: whether the identity is for one time only, and not for each t.
        """
        for setting in self.settings():
            rows, columns = (range(setting.size(each.length)) for each in (row, column))
            steps = [0] if is_boundary else range(1, setting.steps + 1)
            for now, i, j in product(steps, rows, columns):
                free = {row.variable: i, column.variable: j, "t": now}
                (one, scale), (other, more) = (setting.value(each, free) for each in (required, claimed))
                if abs(one - other) > TOLERANCE * (scale + more):
                    entry = [setting.size(row.start) + i, setting.size(column.start) + j]
                    place = {**({"t": now} if not is_boundary else {}), "entry": entry}
                    sizes = {str(symbol): number for symbol, number in setting.sizes.items()}
                    return {**sizes, **place, "required": one, "claimed": other}
        return None


class Setting:
    """One choice of T, sizes and the least number that may be drawn, with the values of all variables of both systems there.

    Raises:
        InputError: the claim has no values there.
    """

    def __init__(
        self, forward: System, adjoint: System, steps: int, sizes: Mapping[Expr, int], least: float, arithmetic: Arithmetic = FLOAT
    ) -> None:
        self.steps, self.sizes, self.least = steps, {**sizes, nodes.T: steps}, least
        self.random = np.random.default_rng(0)
        outside = [*range(1 - REACH, 1), *range(steps + 1, steps + REACH + 1)]
        given = {v.name: self.draw(v, steps) for v in (*forward.inputs, *forward.parameters, *forward.constants)}
        held = [v for v in forward.variables.values() if v.is_sequence and v.boundary is not Boundary.ZERO]
        upstream = [v for v in adjoint.variables.values() if v.kind is Kind.UPSTREAM and v.name not in forward.variables]
        with np.errstate(all="ignore"):
            ahead = run(forward, steps, given, {(v.name, time): self.draw(v) for v in held for time in outside}, arithmetic)
            back = run_adjoint(adjoint, ahead, {v.name: self.draw(v, steps) for v in upstream}, arithmetic)
        self.values = {**back.values, **ahead.values}
        self.known = Run(steps, self.values, self.sizes)
        self.over_adjoint = Values(adjoint, self.known)
        self.unseen: dict[tuple[Expr, int], Any] = {}

    def draw(self, variable: Variable, steps: int = 0) -> Any:
        """Random numbers between the least and its opposite, or 0.9, for one time or for each step.

        The columns of a distribution sum to 1; a constant that has a value has that.
        """
        shape = tuple(self.size(side) for side in variable.shape)
        if variable.role is Role.CONSTANT and variable.start is not None:
            return np.full(shape, variable.start)
        drawn = self.random.uniform(self.least, max(0.9, -self.least), (steps, *shape) if steps and variable.is_sequence else shape)
        return np.abs(drawn) / np.abs(drawn).sum(axis=-2, keepdims=True) if variable.is_distribution else drawn

    def size(self, size: Expr) -> int:
        """The number that a size stands for."""
        return int(size.xreplace(dict(self.sizes)))

    def value(self, form: Form, free: Mapping[str, int]) -> tuple[float, float]:
        """The value of a form, and the sum of the absolute values of its terms."""
        total = scale = 0.0
        for (bounds, factors), coefficient in form:
            ranges = [self.range(each.length, each.first, each.last) for each in bounds]
            for chosen in product(*ranges):
                here = {**free, **{b.variable: number for b, number in zip(bounds, chosen, strict=True)}}
                term = float(coefficient)
                for atom, exponent in factors:
                    term *= self.atom(atom, here) ** float(exponent)
                total, scale = total + term, scale + abs(term)
        return total, scale

    def hidden(self, expr: Expr, time: int) -> Any:
        """The value of an expression that forms do not look into."""
        if (expr, time) not in self.unseen:
            self.unseen[expr, time] = self.over_adjoint.at(expr, time)
        return self.unseen[expr, time]

    def range(self, length: Form, first: int, last: int) -> range:
        """The values of a bound index."""
        return range(1 + first, self.steps - last + 1) if length == OVER_TIME else range(round(self.value(length, {})[0]))

    def atom(self, atom: Atom, here: Mapping[str, int]) -> float:
        """The value of an atom, its index variables having these values."""
        if atom.kind == NUMBER:
            return float(self.size(length_of(atom.name)))
        if atom.kind in (FUNCTION, POWER):
            inside, _ = self.value(atom.inside, here)
            return inside if atom.kind == POWER else float(_function(atom.name)(inside))
        if atom.kind == DECLARED:
            return self.value(part(atom.inside, "value"), here)[0]
        if atom.kind == INVERSE:
            return self.inverted(atom, here)
        variable, offset = atom.time
        origin = {"": 0, "0": 0, "T": self.steps}
        time = (origin[variable] if variable in origin else here[variable]) + offset
        row, column = (self.size(length_of(start)) + here.get(v, 0) for start, v in (atom.row, atom.column))
        expr = opaque(atom.name)
        array = self.values.get((atom.name, time if variable else None)) if expr is None else self.hidden(expr, time)
        is_outside = bool(variable) and not 1 <= time <= self.steps
        if array is None or (is_outside and atom.kind in VANISHING):
            return 0.0
        return float(array[row, column])

    def inverted(self, atom: Atom, here: Mapping[str, int]) -> float:
        """An entry of the inverse of a matrix; NaN, which is no witness, if it has none."""
        parts: list[tuple[int, int, Array]] = []
        for block in inverses.blocks(inverses.entries_of(atom)):
            rows, columns = (round(self.value(each, {})[0]) for each in (block.rows, block.columns))
            entries = [
                [self.value(block.entry, {**here, inverses.ROW: i, inverses.COLUMN: k})[0] for k in range(columns)] for i in range(rows)
            ]
            parts.append((*(self.size(length_of(start)) for start, _ in (block.row, block.column)), np.array(entries)))  # type: ignore[arg-type]
        side = max((max(top + len(own), left + own.shape[1]) for top, left, own in parts), default=0)
        matrix = np.zeros((side, side))
        for top, left, own in parts:
            matrix[top : top + len(own), left : left + own.shape[1]] = own
        row, column = (self.size(length_of(start)) + here.get(v, 0) for start, v in (atom.row, atom.column))
        try:
            return float(np.linalg.inv(matrix)[row, column])
        except (np.linalg.LinAlgError, IndexError):
            return float("nan")


@cache
def _function(name: str) -> Any:
    """A scalar function on floats; a derivative at a kink is no number, and so no witness."""
    return sp.lambdify(x, definition(name), [{"Heaviside": lambda value, _: np.heaviside(value, np.nan)}, "numpy"])
