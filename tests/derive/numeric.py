"""A System run by the meaning of its operations, one number type, one sequence, no cleverness: what the tests compare everything with.

Values are looked up from the end backward and remembered, so it needs no schedule. It knows nothing of `rules.py` or of the emitter.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import sympy as sp

from derive.algebra import nodes
from derive.system import Boundary, Kind, Role, System

FUNCTIONS = {
    nodes.tanh: np.tanh,
    nodes.sigmoid: lambda a: 1 / (1 + np.exp(-a)),
    nodes.relu: lambda a: np.where(a.real > 0, a, 0),
    nodes.softplus: lambda a: np.log(1 + np.exp(a)),
    nodes.exp: np.exp,
    nodes.log: np.log,
    nodes.sqrt: np.sqrt,
    nodes.sin: np.sin,
    nodes.cos: np.cos,
    nodes.absolute: lambda a: np.where(a.real < 0, -a, a),
    nodes.step: lambda a: np.where(a.real > 0, 1.0, 0.0),
    nodes.sign: lambda a: np.sign(a.real),
    nodes.softmax: lambda a: np.exp(a) / np.exp(a).sum(axis=0, keepdims=True),
    nodes.log_softmax: lambda a: a - np.log(np.exp(a).sum(axis=0, keepdims=True)),
}
UNDEFINED = 0.7
"""What a read outside 1..T gives that nobody has defined: something that shows if it is not multiplied by a zero."""


class Values:
    """The values of a system at T = `steps`.

    `given` holds arrays (rows, columns) by name for what is the same at each t, and by (name, t) for what is not, boundary values included.
    """

    def __init__(self, system: System, given: dict[Any, np.ndarray], sizes: dict[Any, int], steps: int) -> None:
        self.system, self.given, self.sizes, self.steps = system, given, sizes, steps
        self.known: dict[Any, np.ndarray] = {}
        self.at_one_time = {self._place(each.left, 0): each for each in system.equations if each.is_boundary}

    def __call__(self, name: str, time: int | None = None) -> np.ndarray:
        """A variable's value; that of a boundary equation where there is one at this time."""
        key = (name, time)
        if key not in self.known:
            equation = self.at_one_time.get(key)
            if equation is None and self.system.defines(name) and (time is None or 1 <= time <= self.steps):
                equation = self.system.equation(name)
            self.known[key] = self._read(name, time) if equation is None else self._filled(self.of(equation.right, time), name)
        return self.known[key]

    def _filled(self, value: np.ndarray, name: str) -> np.ndarray:
        return np.broadcast_to(value, self.shape(name)).copy()

    def _read(self, name: str, time: int | None) -> np.ndarray:
        key = name if time is None else (name, time)
        if key in self.given:
            return self.given[key]
        clock = self.system[name].clock
        if clock is not None and time is not None:
            return clock.column(time, self.steps).astype(float)
        return np.full(self.shape(name), 0.0 if self.system[name].boundary is Boundary.ZERO else UNDEFINED)

    def shape(self, name: str) -> tuple[int, int]:
        rows, columns = self.system[name].shape
        return self._size(rows), self._size(columns)

    def _size(self, size: Any) -> int:
        return int(size.subs(self.sizes))

    def _place(self, read: sp.Indexed, now: int) -> tuple[str, int]:
        return nodes.sequence_name(read), int(read.indices[0].subs({nodes.t: now, nodes.T: self.steps}))

    def of(self, expr: Any, now: int | None = 0) -> np.ndarray:
        """An expression's value at t = `now`."""
        if expr.is_Number:
            return np.full((1, 1), float(expr))
        if isinstance(expr, sp.Indexed):
            name, time = self._place(expr, now or 0)
            if not 1 <= time <= self.steps and self.system[name].kind is Kind.ADJOINT and nodes.t in expr.free_symbols:
                return np.zeros(self.shape(name))
            return self(name, time)
        if isinstance(expr, sp.Symbol):
            return self(str(expr))
        if isinstance(expr, nodes.Zeros):
            return np.zeros((self._size(expr.args[0]), self._size(expr.args[1])))
        if isinstance(expr, nodes.OverTime):
            return sum(self.of(expr.args[0], time) for time in range(1, self.steps + 1))
        if isinstance(expr, nodes.Slice):
            return self.of(expr.args[0], now)[self._size(expr.args[1]) : self._size(expr.args[2])]
        if isinstance(expr, nodes.Broadcast):
            return np.broadcast_to(self.of(expr.args[0], now), (self._size(expr.args[1]), self._size(expr.args[2])))
        return self._operation(expr, [self.of(part, now) for part in expr.args])

    @staticmethod
    def _operation(expr: Any, operands: list[np.ndarray]) -> np.ndarray:
        match expr:
            case sp.Add():
                return sum(operands[1:], operands[0])
            case sp.Mul():
                return np.prod(np.broadcast_arrays(*operands), axis=0)
            case sp.Pow():
                return operands[0] ** int(operands[1].real.item())
            case nodes.MatMul():
                return operands[0] @ operands[1]
            case nodes.Transpose():
                return operands[0].T
            case nodes.SumRows():
                return operands[0].sum(axis=0, keepdims=True)
            case nodes.SumColumns():
                return operands[0].sum(axis=1, keepdims=True)
            case nodes.Stack():
                return np.concatenate(operands)
        return FUNCTIONS[type(expr)](operands[0])


def size_symbols(system: System) -> list[Any]:
    """The size symbols of a system, by name."""
    found = {symbol for each in system.variables.values() for side in each.shape for symbol in side.free_symbols}
    return sorted(found, key=str)


def random_given(system: System, steps: int, rng: np.random.Generator, sizes: dict[Any, int] | None = None) -> Values:
    """Random values, different sizes, for everything that a forward system is given, boundary values included."""
    sizes = sizes or {symbol: 2 + at for at, symbol in enumerate(size_symbols(system))}
    values = Values(system, {}, sizes, steps)
    for each in system.variables.values():
        if each.role is Role.PARAMETER:
            values.given[each.name] = rng.normal(0, 0.6, values.shape(each.name))
        elif each.is_sequence:
            low, high = system.reach[each.name]
            inside = range(1, steps + 1) if each.role is Role.INPUT else ()
            outside = [*range(low + 1, 1), *range(steps + 1, steps + high + 1)] if each.boundary is not Boundary.ZERO else []
            for time in (*inside, *outside):
                draw = rng.normal(0, 0.8, values.shape(each.name))
                values.given[each.name, time] = np.exp(draw) / np.exp(draw).sum() if each.is_distribution else draw
    return values


def module(source: str) -> ModuleType:
    """An emitted module, run."""
    made = ModuleType("emitted")
    exec(compile(source, "<emitted>", "exec"), made.__dict__)
    return made
