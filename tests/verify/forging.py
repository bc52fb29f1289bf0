"""Forged certificates: every field, node and index of a file edited, and parts of it recombined; always the same ones for a seed.

    for what, data in forgeries(certificate, random.Random(0), 1000): ...

Most are false or say nothing at all; some are true still, as two terms that change places are. Which are is not decided here.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from derive.system import Boundary, Kind, Role

Path = tuple[Any, ...]
SUMS = ("+", "*", "^")
LEAVES = ("at", "size", "matrix", "number", "decimal")
T_NOW, ZERO, LENGTH = ["size", "t"], ["number", 0, 1], ["size", "T"]


def _plus(time: Any, by: int) -> Any:
    return ["+", ["number", by, 1], time]


TIMES = [
    T_NOW, ZERO, LENGTH, *(_plus(T_NOW, by) for by in (-2, -1, 1, 2)), *(["number", by, 1] for by in (-1, 1, 2)), _plus(LENGTH, 1),
    _plus(LENGTH, -1), ["+", LENGTH, ["*", ["number", -1, 1], T_NOW]], ["*", ["number", -1, 1], T_NOW], ["*", ["number", 2, 1], T_NOW],
    ["^", T_NOW, ["number", 2, 1]], ["*", T_NOW, LENGTH], ["size", "n_h"],
]  # fmt: skip
OPERATIONS = (
    "MatMul", "Solve", "Transpose", "SumRows", "SumColumns", "MeanRows", "Broadcast", "Stack", "Slice", "OverTime", "Zeros", "Identity", "Lower",
    "tanh", "sigmoid", "exp", "relu", "softmax", "max", "hardmax", "step", *SUMS, "at", "size", "matrix", "nothing",
)  # fmt: skip
VALUES: dict[str, list[Any]] = {
    "role": [each.value for each in Role], "kind": [each.value for each in Kind], "boundary": [each.value for each in Boundary],
    "is_sequence": [True, False, "false", 0], "is_distribution": [True, False, 1], "start": [0.0, 1.0, "1", None], "clock": ["every_2", "first", ""],
    "loss": ["", "h", "a_h", "t"], "format": ["bptt certificate, version 2"], "outcome": ["cannot see"],
}  # fmt: skip


def paths(data: Any, here: Path = ()) -> Iterator[Path]:
    """The way to each part of the data, the whole first."""
    yield here
    for key, each in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from paths(each, (*here, key))


def at(data: Any, path: Path) -> Any:
    for key in path:
        data = data[key]
    return data


def put(data: Any, path: Path, value: Any) -> None:
    at(data, path[:-1])[path[-1]] = copy.deepcopy(value)


def is_expression(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and isinstance(data[0], str) and (data[0] in LEAVES or len(data) > 1)


def nowhere(some: Any) -> list[Any]:
    """What is zero by its form and has no value."""
    zero = ["+", some, ["*", ["number", -1, 1], some]]
    no_root = ["sqrt", ["+", ["number", -1, 1], ["*", ["number", -1, 1], ["^", some, ["number", 2, 1]]]]]
    return [
        ["*", zero, ["^", zero, ["number", -1, 1]]],
        ["*", ["number", 0, 1], ["log", zero]],
        ["+", no_root, ["*", ["number", -1, 1], no_root]],
    ]


class Forger:
    """Edits one certificate."""

    def __init__(self, certificate: Any, source: random.Random) -> None:
        self.certificate, self.source = {**certificate, "identities": []}, source
        self.paths = [each for each in paths(self.certificate) if each]
        sides = [each for each in self.paths if "equations" in each[:2] and len(each) > 3]
        self.expressions = [each for each in sides if is_expression(at(certificate, each)) and (at(certificate, each[:-1])[0] != "at")]
        self.reads = [each for each in sides if at(certificate, each) == "at"]
        self.names = sorted({each["name"] for part in ("forward", "adjoint") for each in certificate[part]["variables"]})
        self.edits: list[Callable[[Any], str]] = [
            self.scalar, self.scalar, self.time, self.time, self.node, self.node, self.term, self.term, self.operands, self.order, self.fields,
            self.lists, self.names_swapped, self.sides_swapped, self.variable, self.renamed,
        ]  # fmt: skip

    def forged(self) -> tuple[str, Any]:
        """One forgery, of one edit or a few, and what was done."""
        data = copy.deepcopy(self.certificate)
        told = []
        for _ in range(self.source.choice((1, 1, 1, 2, 2, 3))):
            try:
                told.append(self.source.choice(self.edits)(data))
            except (LookupError, TypeError, AttributeError, ValueError):
                told.append("what an earlier edit took away")
        return "; ".join(told), data

    def scalar(self, data: Any) -> str:
        """Another value in the place of one."""
        path = self.source.choice([each for each in self.paths if not isinstance(at(self.certificate, each), (list, dict))])
        old = at(data, path)
        if path[-1] in VALUES:
            new: Any = self.source.choice(VALUES[path[-1]])
        elif isinstance(old, bool) or old is None:
            new = self.source.choice((True, False, None, "x"))
        elif isinstance(old, (int, float)):
            new = self.source.choice((old + 1, old - 1, -old, 2 * old, 0, 1.5, "1", True))
        else:
            new = self.source.choice((*self.names, "t", "T", "n_h", "n_x", "n_zzz", "", "h bar", *OPERATIONS))
        put(data, path, new)
        return f"{path}: {old!r} -> {new!r}"

    def time(self, data: Any) -> str:
        """A read, or a left side, at another time."""
        path = self.source.choice(self.reads)[:-1]
        new = self.source.choice(TIMES)
        put(data, (*path, 2), new)
        return f"{path}: at {new}"

    def node(self, data: Any) -> str:
        """Another expression in the place of one, or the same inside another one."""
        path = self.source.choice(self.expressions)
        old, other = at(data, path), at(self.certificate, self.source.choice(self.expressions))
        new = self.source.choice((
            other, other, ["Transpose", old], ["*", ["number", -1, 1], old], ["*", ["number", 2, 1], old], ["*", old, other], ["OverTime", old],
            ["MatMul", old, other], ["SumRows", old], ["^", old, ["number", 2, 1]], ["Broadcast", old, ["size", "n_zzz"], ["number", 1, 1]],
            ["Broadcast", old, ["size", "n_h"], ["number", 1, 1]], old[-1] if is_expression(old[-1]) else other,
            ["Slice", ["Stack", old, old], ["number", 0, 1], ["size", "n_h"]], ["Transpose", ["Transpose", old]], T_NOW, LENGTH, ["size", "n_h"],
        ))  # fmt: skip
        put(data, path, new)
        return f"{path}: {old} -> {new}"

    def term(self, data: Any) -> str:
        """One more term in a claimed equation: anything at any time."""
        number = self.source.randrange(len(self.certificate["adjoint"]["equations"]))
        name = self.source.choice(self.names)
        more = self.source.choice(
            (["at", name, self.source.choice(TIMES)], ["matrix", name], at(self.certificate, self.source.choice(self.expressions)))
        )
        if self.source.random() < 0.5:
            more = ["MatMul", more, ["Transpose", ["at", "x", self.source.choice(TIMES)]]]
        more = ["*", ["number", self.source.choice((1, 7, -1)), 1], more]
        path = ("adjoint", "equations", number, 1)
        put(data, path, ["+", at(data, path), more])
        return f"{path}: + {more}"

    def operands(self, data: Any) -> str:
        """An operand too many, too few, or another operation."""
        path = self.source.choice(self.expressions)
        node = at(data, path)
        how = self.source.randrange(4)
        if how == 0:
            node.append(copy.deepcopy(node[-1]))
        elif how == 1:
            node.append(copy.deepcopy(at(self.certificate, self.source.choice(self.expressions))))
        elif how == 2:
            del node[self.source.randrange(1, len(node))]
        else:
            node[0] = self.source.choice(OPERATIONS)
        return f"{path}: operands, now {node}"

    def order(self, data: Any) -> str:
        """Operands in another order."""
        path = self.source.choice(self.expressions)
        node = at(data, path)
        rest = node[1:]
        self.source.shuffle(rest)
        node[1:] = rest
        return f"{path}: {node}"

    def fields(self, data: Any) -> str:
        """A field more, or less, or that of another variable."""
        path = self.source.choice([each for each in self.paths if isinstance(at(self.certificate, each), dict)])
        own = at(data, path)
        key = self.source.choice([*own, "start", "clock", "is_distribution", "is_sequence", "of", "note"])
        if key in own and self.source.random() < 0.4:
            del own[key]
        else:
            like = self.source.choice([each for each in self.paths if isinstance(at(self.certificate, each), dict)])
            own[key] = copy.deepcopy(at(self.certificate, like).get(key, self.source.choice((True, 1.0, "h", [], "every_2"))))
        return f"{path}: {key}"

    def lists(self, data: Any) -> str:
        """An element less, twice, or elsewhere."""
        path = self.source.choice(
            [each for each in self.paths if each[-1] in ("variables", "equations", "outputs") or each[-2:-1] == ("equations",)]
        )
        own = at(data, path)
        place = self.source.randrange(len(own))
        how = self.source.randrange(4)
        if how == 0:
            del own[place]
        elif how == 1:
            own.append(copy.deepcopy(own[place]))
        elif how == 2:
            own.append(self.source.choice(self.names) if path[-1] == "outputs" else copy.deepcopy(own[self.source.randrange(len(own))]))
        else:
            self.source.shuffle(own)
        return f"{path}: list, {how} at {place}"

    def names_swapped(self, data: Any) -> str:
        """One name in the place of another one in one equation."""
        part = self.source.choice(("forward", "adjoint"))
        equation = self.source.choice(data[part]["equations"])
        one, other = self.source.sample(self.names, 2)
        _rename(equation, one, other)
        return f"{part}: {other} for {one} in {equation[0]}"

    def sides_swapped(self, data: Any) -> str:
        """The right sides of two equations, or the two sides of one, change places."""
        equations = data[self.source.choice(("forward", "adjoint"))]["equations"]
        one, other = self.source.choice(equations), self.source.choice(equations)
        if one is other:
            one.reverse()
        else:
            one[1], other[1] = other[1], one[1]
        return f"right sides of {one[0]} and {other[0]}"

    def variable(self, data: Any) -> str:
        """A variable declared once more under another name, and perhaps read."""
        part = self.source.choice(("forward", "adjoint"))
        new = copy.deepcopy(self.source.choice(data[part]["variables"]))
        old, new["name"] = new["name"], "q"
        data[part]["variables"].append(new)
        equation = self.source.choice(data[part]["equations"])
        if self.source.random() < 0.5:
            _rename(equation[1], old, "q")
        else:
            data[part]["equations"].append(
                [["at", "q", T_NOW] if new.get("is_sequence", True) else ["matrix", "q"], copy.deepcopy(equation[1])]
            )
        return f"{part}: q like {old}"

    def renamed(self, data: Any) -> str:
        """A name, of a variable or size, changed everywhere: most often the same claim."""
        old = self.source.choice((*self.names, "n_h", "n_x"))
        new = self.source.choice(("q", "t", "T", "n_q", *self.names))
        _rename(data, old, new)
        return f"{new} for {old} everywhere"


def _rename(data: Any, old: str, new: str) -> None:
    for key, each in data.items() if isinstance(data, dict) else enumerate(data):
        if each == old:
            data[key] = new
        elif isinstance(each, (list, dict)):
            _rename(each, old, new)


def forgeries(certificate: Any, source: random.Random, count: int) -> Iterator[tuple[str, Any]]:
    """So many forgeries of a certificate, each with what was done."""
    forger = Forger(certificate, source)
    for _ in range(count):
        yield forger.forged()
