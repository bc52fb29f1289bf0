"""A system to its form: what it computes, without how its author cut it into equations.

Takes a System, gives a `Form` of units. A unit is a function of a sum of terms, a term a product of factors; every function and every sum
inside a product is a unit of its own, a sum that is read once stands in its reader, another name of a value is that value, and 1 - z is
the complement of z. W [a; b] is the sum of two products, and a slice of a packed sum is the sum of its slices. Nothing else is expanded.

The law: two systems with the same form up to names and order compute the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import Role, System

Token = tuple[Any, ...]
"""A factor: ("read", unit, offset, is_complement), ("weight", name), ("number", text), ("dot", left, right), ("op", name, operands), ..."""
ONE = sp.Integer(1)


@dataclass(frozen=True)
class Term:
    """A product; `source` is it as it was written."""

    number: Expr
    factors: tuple[Token, ...]
    source: Expr

    @property
    def sole_read(self) -> Token | None:
        """The read that is its only factor."""
        return self.factors[0] if len(self.factors) == 1 and self.factors[0][0] == "read" else None


@dataclass(frozen=True)
class Unit:
    """head(sum of terms); the head is "" where there is no function. `is_named`: whether an equation defines it."""

    name: str
    head: str
    terms: tuple[Term, ...]
    is_named: bool = True

    @property
    def reads(self) -> Iterator[Token]:
        """All reads of other units and of inputs."""
        return (read for term in self.terms for factor in term.factors for read in reads(factor))


@dataclass
class Form:
    """The units of a system by name, and where variables went that are no units: into which unit."""

    system: System
    units: dict[str, Unit] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)

    @property
    def inputs(self) -> list[str]:
        """The inputs, which are no units."""
        return [each.name for each in self.system.inputs]


def reads(token: Token) -> Iterator[Token]:
    """The reads in a factor."""
    return (part for part in _parts(token) if part[0] == "read")


def weights(token: Token) -> Iterator[str]:
    """The parameters in a factor."""
    return (part[1] for part in _parts(token) if part[0] == "weight")


def _parts(token: Token) -> Iterator[Token]:
    """A factor and what it is made of."""
    yield token
    for each in token[1:] if token[0] == "dot" else token[2] if token[0] == "op" else ():
        yield from _parts(each)


def form(system: System, keeps_arguments: bool = False) -> Form:
    """The form of a system.

    Args:
        system: any.
        keeps_arguments: leave c of o * tanh(c) a unit, though nothing else reads it: where c_{t-1} was meant to be read and is not.
    """
    builder = _Builder(system)
    rights = _without_packs(system)
    for name, right in rights.items():
        builder.define(name, right)
    made = Form(system, builder.units)
    for equation in system.equations:
        if equation.name not in rights:
            made.inside[equation.name] = next(
                name for name, each in rights.items() if equation.left in nodes.leaves(system.equation(name).right)
            )
    while _simplify_once(made, keeps_arguments):
        pass
    for name, unit in made.units.items():
        made.units[name] = replace(unit, terms=tuple(_with_one_bias(unit, builder.used)))
    return made


def _without_packs(system: System) -> dict[str, Expr]:
    """The right sides by name, with each slice of a sum of products as the sum of the products' slices."""
    rights = {each.name: each.right for each in system.equations if not each.is_boundary}
    parts = [part for right in rights.values() for part in nodes.parts(right)]
    reads_of = Counter(nodes.sequence_name(part) for part in parts if isinstance(part, sp.Indexed))
    sliced = Counter(_sliced(part) for part in parts if isinstance(part, nodes.Slice))
    used = Counter(str(part) for part in parts if isinstance(part, sp.Symbol))
    packs = {name: terms for name, right in rights.items() if (terms := _pack(right, used)) and 0 < sliced[name] == reads_of[name]}

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, nodes.Slice) or _sliced(part) not in packs:
            return None
        rows = f"[{part.args[1]}:{part.args[2]}]"
        pieces = ((nodes.parameter(f"{weight}{rows}"), value) for weight, value in packs[_sliced(part)])
        return nodes.add(*(weight if value is None else nodes.MatMul(weight, value) for weight, value in pieces))

    return {name: nodes.rewrite(right, change) for name, right in rights.items() if name not in packs}


def _sliced(part: Expr) -> str:
    """The name whose value at t is cut by a slice; "" if it is another value."""
    inner = part.args[0]
    return nodes.sequence_name(inner) if isinstance(inner, sp.Indexed) and nodes.offset(inner) == 0 else ""


def _pack(right: Expr, used: Counter[str]) -> list[tuple[Expr, Expr | None]]:
    """Weights and what they multiply, if the expression is a sum of such products and biases that are used nowhere else."""
    found: list[tuple[Expr, Expr | None]] = []
    for term in right.args if isinstance(right, sp.Add) else (right,):
        weight, value = term.args if isinstance(term, nodes.MatMul) else (term, None)
        if not isinstance(weight, sp.Symbol) or used[str(weight)] > 1:
            return []
        found.append((weight, value))
    return found


class _Builder:
    """Makes the units of a system's right sides."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.units: dict[str, Unit] = {}
        self.extracted: dict[Expr, str] = {}
        parts = (part for each in system.equations for part in nodes.parts(each.right))
        self.used = Counter(str(part) for part in parts if isinstance(part, sp.Symbol))

    def define(self, name: str, right: Expr, is_named: bool = True) -> None:
        """Add the unit of a right side, and those of the parts that are units of their own."""
        if isinstance(right, (nodes.Elementwise, nodes.Composite)):
            head = type(right).__name__
            if len(right.args) == 1:
                terms = self.terms(right.args[0])
            else:
                terms = [Term(sp.Symbol(f"operand {at}"), (self.token(each),), each) for at, each in enumerate(right.args)]
        else:
            head, terms = "", self.terms(right)
        self.units[name] = Unit(name, head, tuple(terms), is_named)

    def terms(self, expr: Expr, number: Expr = ONE) -> list[Term]:
        """The terms of a sum, each times a number."""
        if isinstance(expr, sp.Add):
            return [term for part in expr.args for term in self.terms(part, number)]
        if isinstance(expr, nodes.MatMul) and isinstance(expr.args[0], sp.Symbol) and isinstance(expr.args[1], nodes.Stack):
            blocks = enumerate(expr.args[1].args)
            return [
                Term(number, (("dot", ("weight", f"{expr.args[0]}#{at}"), self.token(block)),), nodes.MatMul(expr.args[0], block))
                for at, block in blocks
            ]
        if isinstance(expr, sp.Mul):
            numbers = [part for part in expr.args if part.is_Number]
            others = [part for part in expr.args if not part.is_Number]
            number = sp.Mul(number, *numbers)
            if len(others) == 1:
                return self.terms(others[0], number)
            return [Term(number, tuple(self.token(part) for part in others), expr)]
        return [Term(number, (self.token(expr),), nodes.mul(number, expr))]

    def token(self, expr: Expr) -> Token:
        """A factor."""
        if expr.is_Number:
            return "number", str(sp.nsimplify(expr))
        if not isinstance(expr, nodes.Linear) and expr.free_symbols and all(each.is_integer for each in expr.free_symbols):
            return ("size",)
        if isinstance(expr, sp.Indexed):
            name, by = nodes.sequence_name(expr), nodes.offset(expr)
            variable = self.system.variables.get(name)
            if variable is not None and variable.role not in (Role.DEFINED, Role.INPUT):
                return variable.role.value, name, str(by)
            return "read", name, int(by) if by.is_Integer else str(by), False
        if isinstance(expr, sp.Symbol):
            return self._symbol(expr)
        if isinstance(expr, nodes.MatMul):
            return "dot", self.token(expr.args[0]), self.token(expr.args[1])
        if isinstance(expr, nodes.Transpose) and isinstance(expr.args[0], sp.Symbol) and self.used[str(expr.args[0])] == 1:
            return self.token(expr.args[0])
        if isinstance(expr, sp.Add) and len(expr.args) == 2 and (other := _complement(expr)) is not None:
            return _complemented(self._read(other))
        if isinstance(expr, (sp.Add, sp.Mul, nodes.Elementwise, nodes.Composite)):
            return self._read(expr)
        return "op", type(expr).__name__, tuple(self.token(part) for part in expr.args)

    def _symbol(self, symbol: Expr) -> Token:
        variable = self.system.variables.get(str(symbol))
        if variable is None or variable.role is Role.PARAMETER:
            return "weight", str(symbol)
        if variable.role in (Role.DEFINED, Role.INPUT):
            return "read", str(symbol), 0, False
        return (variable.role.value,)

    def _read(self, expr: Expr) -> Token:
        """The read of a part: of the value that it is, or of a unit made for it."""
        if isinstance(expr, (sp.Indexed, sp.Symbol)):
            return self.token(expr)
        if expr not in self.extracted:
            self.extracted[expr] = f"({len(self.extracted) + 1})"
            self.define(self.extracted[expr], expr, is_named=False)
        return "read", self.extracted[expr], 0, False


def _complement(expr: Expr) -> Expr | None:
    """a of 1 - a."""
    one, other = expr.args if expr.args[0] == 1 else reversed(expr.args)
    if one != 1 or not isinstance(other, sp.Mul) or other.args[0] != -1:
        return None
    return nodes.mul(*other.args[1:])


def _complemented(token: Token) -> Token:
    return (*token[:3], not token[3]) if token[0] == "read" else ("op", "complement", (token,))


def _simplify_once(made: Form, keeps_arguments: bool) -> bool:
    """Take one unit away that is another name of a value, or that is a sum or product with one reader; False if there is none."""
    readers: dict[str, list[tuple[str, Token]]] = {}
    for unit in made.units.values():
        for read in unit.reads:
            readers.setdefault(read[1], []).append((unit.name, read))
    for unit in made.units.values():
        if unit.head:
            continue
        if (value := _alias(unit)) is not None and value[1] != unit.name:
            _replace_reads(made, unit.name, value)
            made.inside[unit.name] = value[1]
        elif len(own := readers.get(unit.name, [])) == 1 and own[0][1][2:] == (0, False) and own[0][0] != unit.name:
            reader = made.units[own[0][0]]
            if keeps_arguments and unit.is_named and reader.head and not reader.is_named:
                continue
            terms = tuple(piece for term in reader.terms for piece in _spliced(term, unit))
            if any(read[1] == unit.name for term in terms for factor in term.factors for read in reads(factor)):
                continue
            made.units[reader.name] = replace(reader, terms=terms)
            made.inside[unit.name] = reader.name
        else:
            continue
        del made.units[unit.name]
        return True
    return False


def _with_one_bias(unit: Unit, used: Counter[str]) -> Iterator[Term]:
    """The terms of a unit, of several parameters that are only added there the first one."""
    has_bias = False
    for term in unit.terms:
        is_only_added = is_bias(term) and term.number == 1 and used[term.factors[0][1]] == 1
        if not (is_only_added and has_bias):
            yield term
        has_bias = has_bias or is_only_added


def is_bias(term: Term) -> bool:
    """Whether a term is a parameter alone."""
    return len(term.factors) == 1 and term.factors[0][0] == "weight"


def without_biases(made: Form) -> Form:
    """The form without the parameters that are only added, if it would have a term left in each unit."""
    units = {name: replace(each, terms=tuple(term for term in each.terms if not is_bias(term))) for name, each in made.units.items()}
    return replace(made, units=units) if all(each.terms for each in units.values()) else made


def _alias(unit: Unit) -> Token | None:
    """The value that the unit is another name of: a read or the complement of one."""
    if len(unit.terms) == 1 and unit.terms[0].number == 1:
        return unit.terms[0].sole_read
    if len(unit.terms) == 2:
        one = [term for term in unit.terms if term.number == 1 and term.factors == (("number", "1"),)]
        less = [term for term in unit.terms if term.number == -1 and term.sole_read is not None]
        if one and less and less[0].sole_read is not None:
            return _complemented(less[0].sole_read)
    return None


def _spliced(term: Term, unit: Unit) -> tuple[Term, ...]:
    """The term with the terms of the unit in the place of its read, if it is a term itself or the unit has one term only."""
    here = ("read", unit.name, 0, False)
    if here not in term.factors or not isinstance(term.number, sp.Number):
        return (term,)
    if term.factors == (here,):
        return tuple(replace(each, number=term.number * each.number) for each in unit.terms)
    if len(unit.terms) == 1:
        (own,) = unit.terms
        rest = tuple(factor for factor in term.factors if factor != here)
        return (Term(term.number * own.number, (*rest, *own.factors), term.source),)
    return (term,)


def _replace_reads(made: Form, name: str, value: Token) -> None:
    def moved(token: Token) -> Token:
        if token[0] == "read" and token[1] == name:
            if isinstance(token[2], int) and isinstance(value[2], int):
                return "read", value[1], token[2] + value[2], token[3] != value[3]
            return "read", value[1], f"{token[2]} {value[2]}", token[3] != value[3]
        return token

    for unit in made.units.values():
        if any(read[1] == name for read in unit.reads):
            terms = tuple(replace(each, factors=tuple(mapped(factor, moved) for factor in each.factors)) for each in unit.terms)
            made.units[unit.name] = replace(unit, terms=terms)


def mapped(token: Token, change: Callable[[Token], Token]) -> Token:
    """The factor with each of its innermost parts changed."""
    if token[0] == "dot":
        return "dot", mapped(token[1], change), mapped(token[2], change)
    if token[0] == "op":
        return "op", token[1], tuple(mapped(each, change) for each in token[2])
    return change(token)
