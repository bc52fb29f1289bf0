"""From the text of a certificate to its systems. Each field is read as it is or refused: none is passed over, none is turned into another type.

Whether the systems are well formed, and what they claim is right, is for the checker; here they only come to be what the file says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, NoReturn

import sympy as sp

from derive.algebra import nodes
from derive.algebra.clocks import Clock
from derive.algebra.nodes import Expr
from derive.errors import FormatError
from derive.system import Boundary, Equation, Kind, Role, System, Variable
from verify.certificate.written import OPERATIONS, OPTIONAL, SUMS
from verify.wellformed import is_name

NUMBER, EXPONENT = 10**30, 100
"""The largest numerator or denominator, and the largest exponent, that is read: a greater one may take for ever."""
DEPTH = 100
"""How deep expressions may be nested."""
TERMS = 60
"""How many terms or factors a size may have."""
TIMES = {"t": nodes.t, "T": nodes.T}


def refuse(reason: str) -> NoReturn:
    """Say why data are no certificate."""
    raise FormatError(reason)


def fields(data: Any, needed: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of an object, which are these and no other ones.

    Raises:
        FormatError: one is missing, or is not known.
    """
    if not isinstance(data, dict):
        refuse(f"a list or value where {', '.join(needed)} should be")
    for name in needed:
        if name not in data:
            refuse(f"{name} is missing")
    for name in data:
        if name not in (*needed, *optional):
            refuse(f"there is no field {name[:40]}")
    return data


def texts(data: Any) -> list[str]:
    """A list of texts."""
    return [text(each) for each in items(data)]


def text(data: Any) -> str:
    """A text."""
    return data if isinstance(data, str) else refuse("a value where a text should be")


def items(data: Any) -> list[Any]:
    """A list."""
    return data if isinstance(data, list) else refuse("a value where a list should be")


def system(data: Any, name: str) -> System:
    """The system of an object.

    Raises:
        FormatError: it is none.
    """
    own = fields(data, ("variables", "equations", "outputs", "loss"))
    variables = [_variable(each) for each in items(own["variables"])]
    if len({each.name for each in variables}) < len(variables):
        refuse("a variable stands twice")
    equations = []
    for number, sides in enumerate(items(own["equations"]), start=1):
        if len(items(sides)) != 2:
            refuse("an equation has two sides")
        equations.append(Equation(_expr(sides[0]), _expr(sides[1]), number))
        if not isinstance(equations[-1].left, (sp.Indexed, sp.Symbol)):
            refuse("a left side is a variable")
    return System(name, tuple(equations), {each.name: each for each in variables}, tuple(texts(own["outputs"])), text(own["loss"]))


def _variable(data: Any) -> Variable:
    own = fields(data, ("name", "role", "shape", "boundary", "kind"), OPTIONAL)
    sides = [_expr(each) for each in items(own["shape"])]
    if len(sides) != 2 or not all(side.is_integer for side in sides):
        refuse("a shape is two sizes")
    usual = {"is_sequence": True, "of": "", "is_distribution": False, "start": None, "clock": None}
    for name, value in usual.items():
        if name in own and (value == own[name] or not _has_type(name, own[name])):
            refuse(f"{name} is said to be {str(own[name])[:40]}")
    optional = {name: own.get(name, value) for name, value in usual.items() if name != "clock"}
    return Variable(
        _name(own["name"]), _member(Role, own["role"]), (sides[0], sides[1]), boundary=_member(Boundary, own["boundary"]),
        kind=_member(Kind, own["kind"]), clock=_clock(own["clock"]) if "clock" in own else None, **optional,
    )  # fmt: skip


def _has_type(name: str, value: Any) -> bool:
    """Whether an optional field has a value of its type."""
    if name in ("is_sequence", "is_distribution"):
        return isinstance(value, bool)
    return isinstance(value, float) and math.isfinite(value) if name == "start" else isinstance(value, str)


def _member(kind: type[Any], value: Any) -> Any:
    """The member of an enumeration that has this value."""
    found: list[Enum] = [each for each in kind if each.value == value]
    return found[0] if found else refuse(f"there is no {kind.__name__.lower()} {str(value)[:40]}")


def _clock(name: str) -> Clock:
    found = Clock.named(name) if len(name) < 40 and name.isascii() else None
    return found if found is not None and found.name == name else refuse(f"there is no clock {name[:40]}")


def _name(data: Any) -> str:
    name = text(data)
    return name if is_name(name) else refuse(f"{name[:40]!r} is no name")


def _expr(data: Any, depth: int = 0) -> Expr:
    """The expression of nested lists; sums of times and sizes are put in order, others are left as they are written."""
    if depth > DEPTH:
        refuse("an expression is nested too deep")
    kind, *rest = items(data) or refuse("an empty expression")
    if text(kind) in LEAVES:
        count, leaf = LEAVES[kind]
        return leaf(*rest) if len(rest) == count else refuse(f"{kind} with {len(rest)} operands")
    if kind not in SUMS and kind not in OPERATIONS:
        refuse(f"there is no operation {kind[:40]}")
    operands = [_expr(each, depth + 1) for each in rest]
    if kind in SUMS:
        return _sum(kind, operands)
    return OPERATIONS[kind](*operands) if operands else refuse(f"{kind} of nothing")


def _sum(kind: str, operands: list[Expr]) -> Expr:
    """A sum, product or power; of times and sizes alone it is worked out, else it is left as it is written."""
    if len(operands) < 2 or (kind == "^" and len(operands) > 2):
        refuse(f"{kind} of {len(operands)} operands")
    if kind == "^" and not (operands[1].is_Rational and abs(operands[1]) <= EXPONENT):
        refuse("an exponent that is no small number")
    is_of_sizes = all(each.is_integer and not any(part.is_integer is not True for part in nodes.leaves(each)) for each in operands)
    if is_of_sizes and (kind != "^" or operands[1].is_positive):
        return _worked_out(kind, operands)
    made: Expr = SUMS[kind](*operands, evaluate=False)
    return made


def _worked_out(kind: str, operands: list[Expr]) -> Expr:
    """A sum, product or power of times and sizes as a polynomial, step by step, so that none on the way is large."""
    first, *rest = operands
    if kind == "^":
        kind, rest = "*", [first] * (int(rest[0]) - 1)
    for each in rest:
        first = sp.expand(SUMS[kind](first, each))
        if len(first.args) > TERMS or any(abs(number) > NUMBER for number in first.atoms(sp.Number)):
            refuse("a size or a time of too many terms")
    return first


def _at(name: Any, time: Any) -> Expr:
    when = _expr(time)
    return nodes.sequence(_name(name))[when] if when.is_integer else refuse("a time that is no integer")


def _size(name: Any) -> Expr:
    return TIMES.get(text(name)) or sp.Symbol(_name(name), integer=True, positive=True)


def _matrix(name: Any) -> Expr:
    return nodes.parameter(_name(name))


def _number(numerator: Any, denominator: Any) -> Expr:
    for each in (numerator, denominator):
        if isinstance(each, bool) or not isinstance(each, int) or abs(each) > NUMBER:
            refuse("a number that is too large, or none")
    return sp.Rational(numerator, denominator) if denominator > 0 else refuse("a number with the denominator 0")


def _decimal(value: Any) -> Expr:
    is_small = isinstance(value, float) and math.isfinite(value) and abs(value) <= NUMBER
    return sp.Float(value) if is_small else refuse("a decimal that is too large, or none")


LEAVES: dict[str, tuple[int, Callable[..., Expr]]] = {
    "at": (2, _at), "size": (1, _size), "matrix": (1, _matrix), "number": (2, _number), "decimal": (1, _decimal),
}  # fmt: skip
"""What an expression ends in, with the number of its operands."""
