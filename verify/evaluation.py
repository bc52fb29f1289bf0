"""One run of the oracle: the values that are known, and how the others follow from the meaning of each operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from functools import reduce
from operator import add, mul
from typing import Any

import numpy as np
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import InputError, RecurrenceError
from derive.system import Boundary, Equation, System
from verify.arithmetic import Arithmetic
from verify.sizes import Sizes
from verify.wellformed.expressions import IllFormed, read_time

Array = np.ndarray[Any, Any]
Time = int | None
"""A time of a sequence, or None for what is the same at each t."""


CONSTANTS: dict[type, Callable[[int, int], Array]] = {
    nodes.Zeros: lambda m, n: np.zeros((m, n)),
    nodes.Identity: lambda m, n: np.eye(m, n),
    nodes.Lower: lambda m, n: np.tri(m, n),
}
"""The matrices that are known by their sizes."""


class Absent(Enum):
    """What stands in the place of a value outside 1..T."""

    ZERO = 0
    UNDEFINED = 1


Value = Array | Absent


class Evaluation:
    """One run: the values known so far, and how to find the others."""

    def __init__(self, system: System, steps: int, arithmetic: Arithmetic) -> None:
        self.system, self.steps, self.arithmetic = system, steps, arithmetic
        self.values: dict[tuple[str, Time], Array] = {}
        self.sizes = Sizes(system, steps)
        self.places: dict[Expr, tuple[int, bool]] = {}
        self.general = {each.name: each for each in system.equations if not each.is_boundary}
        self.fixed = {(each.name, self.time(each.left, 0)): each for each in system.equations if each.is_boundary}
        self.check_left_sides()

    def check_left_sides(self) -> None:
        """Whether each left side says which value it defines, and no other one says the same."""
        if len(self.general) + len(self.fixed) < len(self.system.equations):
            raise RecurrenceError("a value has two equations", place=self.system.name, advice="leave one of them out")
        for each in self.general.values():
            if isinstance(each.left, sp.Indexed) and each.left.indices[0] != nodes.t:
                raise RecurrenceError(f"an equation for {each.left}", place=each.name, advice=f"write it for {each.name}[t]")

    def put(self, name: str, time: Time, value: Any) -> None:
        """Take a value that was given."""
        array = self.arithmetic.array(value)
        array = array.reshape(-1, 1) if array.ndim < 2 else array
        self.values[name, time] = array
        self.sizes.learn(name, array.shape[-2:])

    def place(self, read: sp.Indexed) -> tuple[int, bool]:
        """The time of a read at t = 0, and whether it moves with t."""
        index = read.indices[0]
        if index not in self.places:
            try:
                origin, offset = read_time(read)
            except IllFormed as error:
                raise RecurrenceError(str(error), place=str(read), advice="read it some steps from t") from None
            self.places[index] = offset + (self.steps if origin == "T" else 0), origin == "t"
        return self.places[index]

    def time(self, read: Expr, now: int) -> Time:
        """The time of a read at t = `now`."""
        if not isinstance(read, sp.Indexed):
            return None
        at_zero, moves = self.place(read)
        return at_zero + now if moves else at_zero

    def equation(self, name: str, time: Time) -> Equation | None:
        """The equation that defines a value, or None."""
        if (name, time) in self.fixed:
            return self.fixed[name, time]
        inside = time is None or 1 <= time <= self.steps
        return self.general.get(name) if inside else None

    def targets(self) -> list[tuple[str, Time]]:
        """The values that have an equation."""
        repeated = [(name, time) for time in range(1, self.steps + 1) for name in self.general if self.system[name].is_sequence]
        return [*repeated, *self.fixed, *((name, None) for name in self.general if not self.system[name].is_sequence)]

    def solve(self) -> None:
        """Find all values, each after those that it reads; depth first, without recursion in T."""
        under_way: dict[tuple[str, Time], Iterator[tuple[str, Time]]] = {}
        for target in self.targets():
            stack = [target]
            while stack:
                here = stack[-1]
                if here in self.values:
                    stack.pop()
                    continue
                if here not in under_way:
                    under_way[here] = iter(self.needs(*here))
                following = next((each for each in under_way[here] if each not in self.values), None)
                if following is None:
                    self.values[here] = self.right_side(*here)
                elif following in under_way:
                    raise RecurrenceError(f"its value at {following[1]} depends on itself", place=following[0],
                                          advice="read one of its equations a step before")  # fmt: skip
                else:
                    stack.append(following)

    def needs(self, name: str, time: Time) -> Iterator[tuple[str, Time]]:
        """The defined values that the equation of a value reads."""
        equation = self.equation(name, time)
        assert equation is not None
        pending = [(equation.right, [time or 0])]
        while pending:
            part, times = pending.pop()
            if isinstance(part, (sp.Indexed, sp.Symbol)):
                for now in times:
                    here = (nodes.name_of(part), self.time(part, now))
                    if not self.is_beyond(part, here) and self.equation(*here) is not None:
                        yield here
            else:
                inner = list(range(1, self.steps + 1)) if isinstance(part, nodes.OverTime) else times
                pending.extend((each, inner) for each in part.args)

    def is_beyond(self, read: Expr, here: tuple[str, Time]) -> bool:
        """Whether a read is of a variable that is zero where it is read: outside 1..T."""
        name, time = here
        if time is None or 1 <= time <= self.steps or self.system[name].boundary is not Boundary.ZERO:
            return False
        if here in self.fixed and not self.place(read)[1]:
            raise RecurrenceError("it is a gradient by an initial or final value, which nothing reads", place=str(read),
                                  advice="write out its equation")  # fmt: skip
        return True

    def right_side(self, name: str, time: Time) -> Array:
        equation = self.equation(name, time)
        assert equation is not None
        value = self.evaluate(equation.right, time or 0)
        if value is Absent.UNDEFINED:
            missing = [str(read) for read in equation.reads if self.evaluate(read, time or 0) is Absent.UNDEFINED]
            raise InputError(f"{name} at t = {time} reads {', '.join(missing)}, which has no value there",
                             place=f"equation ({equation.number})", advice="give it, in `given` or in `boundary`")  # fmt: skip
        return _widened(self.filled(value, equation.left), self.sizes.shape(equation.left))

    def filled(self, value: Value, expr: Expr) -> Array:
        """A value, with zeros in the place of one that is zero because of its time."""
        return self.arithmetic.zeros(self.sizes.shape(expr)) if isinstance(value, Absent) else value

    def read(self, expr: Expr, now: int) -> Value:
        """A variable at the time of the read."""
        here = (nodes.name_of(expr), self.time(expr, now))
        if self.is_beyond(expr, here):
            return Absent.ZERO
        clock = self.system[here[0]].clock
        if clock is not None and here[1] is not None:
            return self.arithmetic.array(clock.column(here[1], self.steps))
        return self.values.get(here, Absent.UNDEFINED)

    def evaluate(self, expr: Expr, now: int) -> Value:
        """An expression at t = `now`."""
        if isinstance(expr, sp.Symbol) and expr.is_integer:
            return self.arithmetic.array([[now if expr == nodes.t else self.sizes.size(expr)]])
        if isinstance(expr, (sp.Indexed, sp.Symbol)):
            return self.read(expr, now)
        if expr.is_Number:
            return self.arithmetic.array([[expr]])
        if isinstance(expr, nodes.Composite) and not isinstance(expr, nodes.hardmax):
            return self.evaluate(type(expr).expansion(*expr.args), now)
        if isinstance(expr, nodes.Constant):
            return self.arithmetic.array(CONSTANTS[type(expr)](*self.sizes.shape(expr)))
        if isinstance(expr, nodes.OverTime):
            return self.joined(expr, [self.evaluate(expr.args[0], each) for each in range(1, self.steps + 1)])
        operands = expr.args[:1] if isinstance(expr, (nodes.Slice, nodes.Broadcast, sp.Pow)) else expr.args
        return self.joined(expr, [self.evaluate(each, now) for each in operands])

    def joined(self, expr: Expr, values: list[Value]) -> Value:
        """An operation on the values of its operands, of which some may be absent."""
        factors = values[1:] if isinstance(expr, nodes.Solve) else values
        if isinstance(expr, (sp.Mul, nodes.MatMul, nodes.Solve)) and Absent.ZERO in _absent(factors):
            return Absent.ZERO
        if Absent.UNDEFINED in _absent(values):
            return Absent.UNDEFINED
        if isinstance(expr, (sp.Add, nodes.OverTime)):
            present = [each for each in values if isinstance(each, np.ndarray)]
            return reduce(add, present) if present else Absent.ZERO
        if isinstance(expr, nodes.Solve) and isinstance(values[0], Absent):
            return Absent.UNDEFINED
        vanishes = isinstance(expr, nodes.Linear) or (isinstance(expr, sp.Pow) and expr.exp.is_positive)
        if vanishes and not isinstance(expr, nodes.Stack) and _absent(values):
            return Absent.ZERO
        return self.operation(expr, [self.filled(value, part) for value, part in zip(values, expr.args, strict=False)])

    def operation(self, expr: Expr, values: list[Array]) -> Array:
        """What each operation means, on arrays (rows, columns)."""
        first = values[0]
        match expr:
            case sp.Mul():
                return np.asarray(reduce(mul, values))
            case sp.Pow():
                return self.arithmetic.power(first, expr.exp)
            case nodes.Declared():
                return self.arithmetic.declared(*values)
            case nodes.Elementwise():
                return self.arithmetic.function(type(expr))(first)
            case nodes.hardmax():
                return self.arithmetic.first_largest(first)
            case nodes.MatMul():
                return np.asarray(first @ values[1])
            case nodes.Transpose():
                return first.swapaxes(-1, -2)
            case nodes.Solve():
                return self.arithmetic.solve(first, values[1])
            case nodes.SumRows():
                return np.asarray(first.sum(axis=-2, keepdims=True))
            case nodes.MeanRows():
                return np.asarray(first.sum(axis=-2, keepdims=True) * self.arithmetic.number(sp.Rational(1, first.shape[-2])))
            case nodes.SumColumns():
                return np.asarray(first.sum(axis=-1, keepdims=True))
            case nodes.Broadcast():
                return _widened(first, self.sizes.shape(expr))
            case nodes.Stack():
                runs = np.broadcast_shapes(*(each.shape[:-2] for each in values))
                return np.concatenate([np.broadcast_to(each, (*runs, *each.shape[-2:])) for each in values], axis=-2)
            case nodes.Slice():
                return first[..., self.sizes.size(expr.args[1]) : self.sizes.size(expr.args[2]), :]
        raise InputError(f"there is no meaning for {type(expr).__name__}", place=self.system.name, advice="add it to verify/evaluation.py")


def _widened(array: Array, shape: tuple[int, int]) -> Array:
    """A copy with these rows and columns."""
    return np.array(np.broadcast_to(array, np.broadcast_shapes(array.shape, shape)))


def _absent(values: list[Value]) -> list[Absent]:
    return [each for each in values if isinstance(each, Absent)]
