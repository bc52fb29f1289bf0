"""What a well-formed expression is, which shape it has and at which times it reads.

    shape(MatMul(U, h[t - 1]), scope)    (n_h, 1), or IllFormed with the reason
    read_time(h[t - 1])                  ("t", -1)

The law: every node is looked at with all its operands. What is not in the list below has no shape, and what has no shape is in no proof.
This file shares nothing with the inference of shapes by which pages are read; docs/checker.md says the same rules in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import System, Variable

Shape = tuple[Expr, Expr]
"""Rows and columns."""
ONE: Expr = sp.Integer(1)
SCALAR: Shape = (ONE, ONE)
FARTHEST = 100_000
"""How many steps from t, from 0 or from T a sequence may be read."""
EXPONENT = 100
"""The largest exponent, up or down."""


class IllFormed(Exception):
    """An expression, a system or a claim is not well formed; the message says why."""


@dataclass
class Scope:
    """The names that an expression may read.

    Attributes:
        variables: by name.
        sizes: the size symbols that it may have.
        known: the shapes of the parts that were met.
    """

    variables: Mapping[str, Variable]
    sizes: frozenset[Expr]
    known: dict[Expr, Shape] = field(default_factory=dict)

    def shape(self, expr: Expr) -> Shape:
        """The shape of an expression.

        Raises:
            IllFormed: it is not well formed.
        """
        if expr not in self.known:
            self.known[expr] = _shape(expr, self)
        return self.known[expr]


def sizes_of(system: System) -> frozenset[Expr]:
    """The size symbols in the shapes of a system's variables."""
    return frozenset(symbol for each in system.variables.values() for side in each.shape for symbol in side.free_symbols) - {nodes.T}


def scope_of(system: System) -> Scope:
    """All names and sizes of a system."""
    return Scope(system.variables, sizes_of(system))


def _shape(expr: Expr, scope: Scope) -> Shape:
    match expr:
        case sp.Number():
            need(expr.is_Rational or (expr.is_Float and math.isfinite(float(expr))), f"{expr} is no number")
            return SCALAR
        case sp.Indexed():
            return _read(expr, scope)
        case sp.Symbol() if expr.is_integer:
            need(expr in scope.sizes or expr == nodes.T, f"{expr} is no size of the system")
            return SCALAR
        case sp.Symbol():
            variable = scope.variables.get(expr.name)
            need(variable is not None and variable.symbol == expr, f"{expr} is not defined")
            assert variable is not None
            return variable.shape
        case sp.Add() | sp.Mul():
            return _broadcast(expr, [scope.shape(each) for each in expr.args])
        case sp.Pow():
            need(expr.exp.is_Rational and abs(expr.exp) <= EXPONENT, f"{expr} has no rational exponent up to {EXPONENT}")
            return scope.shape(expr.base)
        case nodes.Elementwise() | nodes.Composite():
            return _function(expr, scope)
        case nodes.Declared():
            return _declared(expr, scope)
        case nodes.Constant():
            return _constant(expr, scope)
        case nodes.Linear():
            return _linear(expr, scope)
    raise IllFormed(f"{type(expr).__name__} is no operation of this checker")


def _read(read: sp.Indexed, scope: Scope) -> Shape:
    """The shape of a sequence's value at a time."""
    variable = scope.variables.get(nodes.sequence_name(read))
    if variable is None or not variable.is_sequence or read.base != variable.symbol.base:
        raise IllFormed(f"{nodes.sequence_name(read)} is not defined, or has no index t")
    read_time(read)
    return variable.shape


def _function(expr: Expr, scope: Scope) -> Shape:
    name, operands = type(expr).__name__, [scope.shape(each) for each in expr.args]
    need(nodes.FUNCTIONS.get(name) is type(expr), f"{name} is no function of this checker")
    arity = type(expr).arity if isinstance(expr, nodes.Composite) else 1
    need(len(operands) == arity, f"{name} has {len(operands)} operands and takes {arity}")
    rows, columns = _broadcast(expr, operands)
    return (ONE, columns) if expr.one_row else (rows, columns)


def _declared(expr: nodes.Declared, scope: Scope) -> Shape:
    """The shape of a function with a declared slope."""
    need(len(expr.args) == 3, f"a declared slope with {len(expr.args)} operands")
    value, argument, slope = (scope.shape(each) for each in expr.args)
    need(all(map(is_same, value, argument)), "a function with a declared slope that has another shape than what it is of")
    need(all(side == ONE or is_same(side, own) for side, own in zip(slope, value, strict=True)), "a declared slope of another shape")
    need(expr.is_of_entries, "a declared slope of what is no function of each entry")
    need(not expr.beside, "a function with a declared slope that reads more than what it is of")
    return value


def _constant(expr: Expr, scope: Scope) -> Shape:
    arity = {nodes.Zeros: 2, nodes.Identity: 1, nodes.Lower: 1}.get(type(expr), -1)
    need(len(expr.args) == arity, f"{type(expr).__name__} with {len(expr.args)} operands is no matrix of this checker")
    for side in expr.args:
        need(is_count(side, scope.sizes), f"{side} is no number of rows or columns in the system")
    return expr.args[0], expr.args[-1]


ARITY: dict[type[Expr], int] = {
    nodes.MatMul: 2, nodes.Transpose: 1, nodes.SumRows: 1, nodes.MeanRows: 1, nodes.SumColumns: 1, nodes.Broadcast: 3, nodes.Slice: 3,
    nodes.OverTime: 1, nodes.Solve: 2,
}  # fmt: skip
"""How many operands each linear primitive has; a stack has one or more."""


def _linear(expr: Expr, scope: Scope) -> Shape:
    """The shape of a linear primitive."""
    arity = max(1, len(expr.args)) if isinstance(expr, nodes.Stack) else ARITY.get(type(expr), -1)
    need(len(expr.args) == arity, f"{type(expr).__name__} with {len(expr.args)} operands is no operation of this checker")
    rows, columns = scope.shape(expr.args[0])
    match expr:
        case nodes.MatMul():
            inner, outer = scope.shape(expr.args[1])
            need(is_same(columns, inner), f"a product of {columns} columns and {inner} rows")
            return rows, outer
        case nodes.Transpose():
            return columns, rows
        case nodes.Solve():
            need(is_same(rows, columns), f"a solve with a matrix of {rows} rows and {columns} columns")
            inner, outer = scope.shape(expr.args[1])
            need(is_same(columns, inner), f"a solve with a matrix of {columns} columns for what has {inner} rows")
            return rows, outer
        case nodes.SumRows() | nodes.MeanRows():
            return ONE, columns
        case nodes.SumColumns():
            return rows, ONE
        case nodes.Broadcast():
            for own, side in zip((rows, columns), expr.args[1:], strict=True):
                need(is_count(side, scope.sizes), f"{side} is no number of rows or columns in the system")
                need(own == ONE or is_same(own, side), f"a side of {own} cannot be repeated to {side}")
            return expr.args[1], expr.args[2]
        case nodes.Slice():
            start, stop = expr.args[1:]
            gaps = (start, sp.expand(stop - start), sp.expand(rows - stop))
            need(all(is_count(each, scope.sizes) for each in gaps), f"rows {start} to {stop} of {rows}")
            return sp.expand(stop - start), columns
        case nodes.Stack():
            blocks = [scope.shape(each) for each in expr.args]
            for _, other in blocks:
                need(is_same(columns, other), f"blocks of {columns} and {other} columns in one stack")
            return sp.expand(sp.Add(*(each for each, _ in blocks))), columns
        case _:
            need(not any(isinstance(part, nodes.OverTime) for part in nodes.parts(expr.args[0])), "a sum over time in another one")
            return rows, columns


def _broadcast(expr: Expr, shapes: list[Shape]) -> Shape:
    """The common shape of operands, of which a side of 1 fits any other."""
    found = []
    for sides in zip(*shapes, strict=True):
        own = next((side for side in sides if side != ONE), ONE)
        for side in sides:
            need(side == ONE or is_same(own, side), f"sides of {own} and {side} in one {type(expr).__name__}")
        found.append(own)
    return found[0], found[1]


def is_same(one: Expr, other: Expr) -> bool:
    """Whether two sizes are the same number, whatever their symbols stand for."""
    return bool(one == other or sp.expand(one - other) == 0)


def is_size(size: Expr, symbols: frozenset[Expr]) -> bool:
    """Whether an expression is a positive integer for all sizes."""
    return is_count(size, symbols) and is_count(sp.expand(size - 1), symbols)


def is_count(size: Expr, symbols: frozenset[Expr]) -> bool:
    """Whether an expression is a polynomial of size symbols, and an integer of at least 0 for all sizes.

    Each symbol is 1 or more. In the numbers beyond 1 the polynomial must have no coefficient below 0: enough, and all that is believed.
    """
    return size.free_symbols <= symbols | {nodes.T} and is_never_negative(size)


@lru_cache(nodes.KEPT)
def is_never_negative(size: Expr) -> bool:
    """The same of an expression whose symbols are sizes."""
    if not size.is_polynomial(*size.free_symbols):
        return False
    beyond = sp.expand(size.xreplace({symbol: symbol + 1 for symbol in size.free_symbols}))
    coefficients = [each.as_coeff_Mul()[0] for each in sp.Add.make_args(beyond)]
    return all(each.is_Integer and each >= 0 for each in coefficients)


def read_time(read: sp.Indexed) -> tuple[str, int]:
    """When a sequence is read: ("t", k) at t + k, ("0", k) at k, ("T", k) at T + k.

    Raises:
        IllFormed: it is read at another time, such as t^2, T - t or 2 t.
    """
    if len(read.indices) != 1:
        raise IllFormed(f"{read} has {len(read.indices)} indices")
    return _time(read.indices[0])


@lru_cache(nodes.KEPT)
def _time(index: Expr) -> tuple[str, int]:
    for origin, symbol in (("t", nodes.t), ("T", nodes.T), ("0", sp.Integer(0))):
        offset = sp.expand(index - symbol)
        if offset.is_Integer and abs(offset) <= FARTHEST:
            return origin, int(offset)
    raise IllFormed(f"a read at the time {index}, which is no number of steps from t, 0 or T")


def reads(expr: Expr) -> Iterator[tuple[Expr, bool]]:
    """The parameters and values of sequences that an expression reads, and whether in a sum over time."""
    pending = [(expr, False)]
    while pending:
        part, is_in_sum = pending.pop()
        if isinstance(part, sp.Indexed) or (isinstance(part, sp.Symbol) and not part.is_integer):
            yield part, is_in_sum
        else:
            pending += [(each, is_in_sum or isinstance(part, nodes.OverTime)) for each in reversed(part.args)]


def need(holds: object, reason: str) -> None:
    """Refuse what does not hold."""
    if not holds:
        raise IllFormed(reason)
