"""Whether the claim of a certificate is true, by its data alone and fifty digits: a second opinion that shares no line with the checker.

It reads the JSON as a person would: a forward equation gives a value at t, a claimed one the derivative of the loss by such a value. The loss is
a random combination of the outputs, or what the file calls it; its derivatives are differences. What is not plainly a claim is `NoClaim`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from mpmath import mp, mpf

STEP, TOLERANCE = mpf(10) ** -16, mpf(10) ** -20
DIGITS = 60
Place = tuple[str, int | None]


class NoClaim(Exception):
    """The data say nothing that could be true."""


def _each(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    made = np.frompyfunc(function, 1, 1)
    return lambda array: made(array)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


FUNCTIONS = {
    "tanh": _each(mp.tanh), "sigmoid": _each(_sigmoid), "exp": _each(mp.exp), "log": _each(mp.log), "sqrt": _each(mp.sqrt),
    "relu": _each(lambda x: max(x, mpf(0))), "step": _each(lambda x: mpf(x > 0)), "abs": _each(abs), "sin": _each(mp.sin), "cos": _each(mp.cos),
    "sign": _each(mp.sign), "softplus": _each(lambda x: mp.log(1 + mp.exp(x))),
    "silu": _each(lambda x: x * _sigmoid(x)),
}  # fmt: skip


def inverted(matrix: Any) -> Any:
    """The inverse of a matrix, by mpmath."""
    try:
        return np.array(mp.inverse(mp.matrix(matrix.tolist())).tolist(), dtype=object)
    except ZeroDivisionError:
        raise NoClaim("a singular matrix") from None


def is_true(data: Any, seed: int = 0) -> bool:
    """Whether each claimed derivative is one, for T = 1 to 3 and two choices of sizes."""
    with mp.workdps(DIGITS):
        return all(Case(data, steps, spread, seed).holds() for spread, steps in product((False, True), (1, 2, 3)))


class Case:
    """A certificate at one length and one choice of sizes: all 1, or all different."""

    def __init__(self, data: Any, steps: int, spread: bool, seed: int) -> None:
        self.steps, self.seed = steps, seed
        self.forward, self.adjoint = data["forward"], data["adjoint"]
        self.variables = {each["name"]: each for each in self.forward["variables"]}
        self.claimed = {each["name"]: each for each in self.adjoint["variables"]}
        for name, each in self.variables.items():
            other = {**each, "role": "input" if each["role"] == "defined" else each["role"]}
            if name in self.claimed and self.claimed[name] != other:
                raise NoClaim(name)
        names = sorted(set(_size_names([each["shape"] for each in self.variables.values()])))
        self.sizes = {name: 1 + place % 3 if spread else 1 for place, name in enumerate(names)} | {"T": steps}
        self.equations = {}
        for left, right in self.forward["equations"]:
            if left[1] in self.equations or left not in (["at", left[1], ["size", "t"]], ["matrix", left[1]]):
                raise NoClaim(f"an equation for {left}")
            self.equations[left[1]] = right
        self.moved: tuple[Place, tuple[int, int], Any] | None = None
        self.values: dict[Place, Any] = {}
        self.outside: set[Place] = set()

    # values

    def drawn(self, name: str, time: int | None, shape: tuple[int, int]) -> Any:
        """Random numbers, the same for a value each time."""
        source = random.Random(f"{self.seed} {name} {time} {self.steps} {shape}")
        array = np.empty(shape, dtype=object)
        for at in np.ndindex(*shape):
            array[at] = mpf(source.randint(100, 900) * source.choice((-1, 1))) / 1000
        if self.variables.get(name, {}).get("is_distribution"):
            array = abs(array) / abs(array).sum(axis=0)
        start = self.variables.get(name, {}).get("start")
        return np.full(shape, mpf(start)) if start is not None and self.variables[name]["role"] == "constant" else array

    def shape(self, variable: Any) -> tuple[int, int]:
        rows, columns = (int(self.number(side)) for side in variable["shape"])
        return rows, columns

    def number(self, data: Any) -> Any:
        """A size or a number of steps."""
        kind, *rest = data
        if kind == "number":
            return mpf(rest[0]) / rest[1]
        if kind == "size":
            return self.sizes[rest[0]]
        if kind in "+*^":
            values = [self.number(each) for each in rest]
            return sum(values) if kind == "+" else values[0] ** values[1] if kind == "^" else np.prod(values)
        raise NoClaim(kind)

    def value(self, name: str, time: int | None) -> Any:
        """A forward value, moved where it is the one that is asked about."""
        place = name, time
        if place not in self.values:
            self.values[place] = None
            self.values[place] = self.unmoved(name, time)
            if self.moved and self.moved[0] == place:
                self.values[place] = self.values[place].copy()
                self.values[place][self.moved[1]] += self.moved[2]
        if self.values[place] is None:
            raise NoClaim(f"{name} needs itself")
        return self.values[place]

    def unmoved(self, name: str, time: int | None) -> Any:
        variable = self.variables[name]
        shape, is_inside = self.shape(variable), time is None or 1 <= time <= self.steps
        if (time is None) is variable.get("is_sequence", True):
            raise NoClaim(f"{name} at {time}")
        if not is_inside and variable["boundary"] == "zero":
            return np.full(shape, mpf(0))
        if variable["role"] == "clock":
            return self.clock(variable["clock"], time, shape)
        if variable["role"] == "defined" and is_inside:
            return self.widened(self.evaluated(self.equations[name], time, self.forward_read), shape)
        if not is_inside:
            self.outside.add((name, time))
        return self.drawn(name, time, shape)

    def clock(self, name: str, time: int, shape: tuple[int, int]) -> Any:
        kind, _, period = name.partition("_")
        rows = {"every": [time % int(period or 1) == 0], "first": [time == 1], "last": [time == self.steps],
                "position": [k == time for k in range(1, self.steps + 1)], "before": [k < time for k in range(1, self.steps + 1)]}  # fmt: skip
        return np.array([[mpf(each)] for each in rows[kind]], dtype=object).reshape(shape)

    def forward_read(self, name: str, time: Any, now: int | None) -> Any:
        if time is None:
            return self.value(name, None)
        return self.value(name, now + _lag(time))

    def widened(self, array: Any, shape: tuple[int, int]) -> Any:
        return np.array(np.broadcast_to(array, shape), dtype=object)

    def evaluated(self, data: Any, now: int | None, read: Callable[[str, Any, int | None], Any]) -> Any:
        """An expression at t = now."""
        kind, *rest = data
        if kind == "at":
            return read(rest[0], rest[1], now)
        if kind == "matrix":
            return read(rest[0], None, now)
        if kind in ("number", "size"):
            return np.array([[mpf(self.number(data))]], dtype=object)
        if kind == "decimal":
            return np.array([[mpf(rest[0])]], dtype=object)
        if kind == "OverTime":
            return sum(self.evaluated(rest[0], each, read) for each in range(1, self.steps + 1))
        if kind in ("Broadcast", "Slice"):
            (inner, *ends) = rest
            array, (one, other) = self.evaluated(inner, now, read), (int(self.number(each)) for each in ends)
            return self.widened(array, (one, other)) if kind == "Broadcast" else array[one:other]
        if kind in ("Zeros", "Identity", "Lower"):
            sides = [int(self.number(each)) for each in rest]
            made = {"Zeros": np.zeros, "Identity": lambda shape: np.eye(*shape), "Lower": lambda shape: np.tri(*shape)}[kind](sides)
            return np.frompyfunc(mpf, 1, 1)(made)
        values = [self.evaluated(each, now, read) for each in rest]
        if kind in FUNCTIONS:
            (argument,) = values
            return FUNCTIONS[kind](argument)
        match kind, values:
            case "+", [_, _, *_]:
                return sum(values[1:], start=values[0])
            case "*", [first, _, *_]:
                for each in values[1:]:
                    first = first * each
                return first
            case "^", [base, exponent]:
                return np.frompyfunc(lambda x: mp.power(x, exponent[0, 0]), 1, 1)(base)
            case "MatMul", [left, right]:
                return left @ right
            case "Solve", [matrix, right]:
                return inverted(matrix) @ right
            case "Transpose", [array]:
                return array.T
            case "SumRows", [array]:
                return array.sum(axis=0, keepdims=True)
            case "MeanRows", [array]:
                return array.sum(axis=0, keepdims=True) / len(array)
            case "SumColumns", [array]:
                return array.sum(axis=1, keepdims=True)
            case "Stack", [_, *_]:
                return np.concatenate(values, axis=0)
            case "softmax", [array]:
                weights = FUNCTIONS["exp"](array)
                return weights / weights.sum(axis=0, keepdims=True)
            case "log_softmax", [array]:
                return array - FUNCTIONS["log"](FUNCTIONS["exp"](array).sum(axis=0, keepdims=True))
        raise NoClaim(f"{kind} of {len(values)}")

    # gradients

    def loss(self, moved: tuple[Place, tuple[int, int], Any] | None) -> Any:
        self.moved, self.values = moved, {}
        if self.forward["loss"]:
            return self.summed(self.forward["loss"], lambda value, time: value.sum())
        return sum(
            self.summed(name, lambda value, time, name=name: (self.drawn(f"upstream of {name}", time, value.shape) * value).sum())
            for name in self.forward["outputs"]
        )

    def summed(self, name: str, term: Callable[[Any, int | None], Any]) -> Any:
        times = range(1, self.steps + 1) if self.variables[name].get("is_sequence", True) else [None]
        return sum(term(self.value(name, time), time) for time in times)

    def slope(self, place: Place, at: tuple[int, int]) -> Any:
        return (self.loss((place, at, STEP)) - self.loss((place, at, -STEP))) / (2 * STEP)

    def holds(self) -> bool:
        """Whether each derivative that the loss has is claimed, once, and is what is claimed."""
        bars: dict[str, str] = {}
        for each in self.claimed.values():
            if each["name"] not in self.variables and each["kind"] == "adjoint":
                if each["of"] in bars:
                    raise NoClaim("two adjoints")
                bars[each["of"]] = each["name"]
        changing = [name for name, each in self.variables.items() if each["role"] not in ("constant", "clock")]
        if set(bars) != set(changing):
            raise NoClaim("an adjoint is missing")
        self.loss(None)
        places: list[Place] = []
        for name in changing:
            is_sequence = self.variables[name].get("is_sequence", True)
            places += [(name, time) for time in (range(1, self.steps + 1) if is_sequence else [None])]
        places += [place for place in self.outside if place[0] in changing]
        claim = Claim(self, bars)
        for place in places:
            shape = self.shape(self.variables[place[0]])
            claimed = claim.value(bars[place[0]], place[1])
            for at in np.ndindex(*shape):
                if not abs(claimed[at] - self.slope(place, at)) <= TOLERANCE:
                    return False
        return True


class Claim:
    """The claimed gradients of a case, computed from its forward values."""

    def __init__(self, case: Case, bars: dict[str, str]) -> None:
        self.case = case
        case.loss(None)
        self.known, self.gradients = dict(case.values), {}
        self.bars = {bar: name for name, bar in bars.items()}
        self.upstream: dict[str, str] = {}
        for each in case.claimed.values():
            if each["name"] not in case.variables and each["kind"] == "upstream":
                if each["of"] in self.upstream.values() or each["of"] not in case.forward["outputs"] or case.forward["loss"]:
                    raise NoClaim("an upstream gradient of nothing, or two")
                self.upstream[each["name"]] = each["of"]
        for name in (*self.bars, *self.upstream):
            own, of = case.claimed[name], case.variables[(self.bars | self.upstream)[name]]
            same = all(own.get(key) == of.get(key) for key in ("shape", "is_sequence")) and own["boundary"] == "zero"
            if not same or {"clock", "start", "is_distribution"} & set(own):
                raise NoClaim(f"{name} is unlike what it is of")
        self.general: dict[str, Any] = {}
        self.single: dict[Place, Any] = {}
        for left, right in case.adjoint["equations"]:
            if left[1] not in self.bars:
                raise NoClaim(f"an equation for {left}")
            if left in (["at", left[1], ["size", "t"]], ["matrix", left[1]]):
                if left[1] in self.general:
                    raise NoClaim("two equations")
                self.general[left[1]] = right
                continue
            place = left[1], self.fixed(left[2])
            if place in self.single or (place[1] is not None and 1 <= place[1] <= case.steps):
                raise NoClaim("two equations")
            self.single[place] = right

    def fixed(self, time: Any) -> int:
        """The number of a time that is one."""
        number = self.case.number(time)
        if number != int(number):
            raise NoClaim("a time between two")
        return int(number)

    def value(self, name: str, time: int | None) -> Any:
        """A claimed gradient."""
        place = name, time
        if place not in self.gradients:
            self.gradients[place] = None
            right = self.single.get(place, self.general.get(name) if time is None or 1 <= time <= self.case.steps else None)
            if right is None:
                raise NoClaim(f"{place} has no equation")
            found = self.case.evaluated(right, time if place not in self.single else None, self.read)
            self.gradients[place] = self.case.widened(found, self.case.shape(self.case.claimed[name]))
        if self.gradients[place] is None:
            raise NoClaim(f"{name} needs itself")
        return self.gradients[place]

    def read(self, name: str, time: Any, now: int | None) -> Any:
        case = self.case
        moves = time is not None and _has_t(time)
        if moves and now is None:
            raise NoClaim("t where there is none")
        when = None if time is None else now + _lag(time) if moves else self.fixed(time)
        if name in case.variables:
            if (name, when) not in self.known:
                case.moved, case.values = None, self.known
                self.known[name, when] = case.unmoved(name, when)
            return self.known[name, when]
        is_inside = when is None or 1 <= when <= case.steps
        if not is_inside and (moves or (name, when) not in self.single):
            return np.full(case.shape(case.claimed[name]), mpf(0))
        if name in self.upstream:
            return case.drawn(f"upstream of {self.upstream[name]}", when, case.shape(case.claimed[name]))
        return self.value(name, when)


def _size_names(data: Any) -> list[str]:
    if isinstance(data, list):
        if len(data) == 2 and data[0] == "size":
            if data[1] == "t":
                raise NoClaim("a size that is the time")
            return [] if data[1] == "T" else [data[1]]
        return [name for each in data for name in _size_names(each)]
    return []


def _has_t(time: Any) -> bool:
    return time == ["size", "t"] or (isinstance(time, list) and any(map(_has_t, time)))


def _lag(time: Any) -> int:
    """k of t + k."""
    if time == ["size", "t"]:
        return 0
    match time:
        case ["+", ["number", int(k), 1], ["size", "t"]] | ["+", ["size", "t"], ["number", int(k), 1]]:
            return k
    raise NoClaim(f"the time {time}")
