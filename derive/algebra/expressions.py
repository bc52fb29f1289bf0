"""Expressions over matrices before any operation of ours: symbols and reads, sums and products in their author's order, and walks over trees.

Takes and gives SymPy expressions; the operations that may stand in them are in `nodes.py`, which has all of these names too. The author's
order of terms is the order of `args`. SymPy's constructors sort their arguments, so sums and products are made by `add` and `mul` and rebuilt by
`rebuild`, never by `expr.func(*args)`, `subs` or `xreplace`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from operator import is_
from typing import Any

import sympy as sp
from sympy import Expr

t = sp.Symbol("t", integer=True)
"""The time index; a sequence is defined for t = 1..T."""

T = sp.Symbol("T", integer=True, positive=True)
"""The length of the sequences."""

KEPT = 10_000
"""How many symbols and reads of each kind are kept once made: SymPy looks up what it assumes of each new one."""


@lru_cache(KEPT)
def parameter(name: str) -> sp.Symbol:
    """The matrix of that name, the same at each t. All symbols are real and made here."""
    return sp.Symbol(name, real=True)


@lru_cache(KEPT)
def sequence(name: str) -> sp.IndexedBase:
    """The sequence of that name; `sequence("h")[t - 1]` is its value one step before."""
    return sp.IndexedBase(name, real=True)


@lru_cache(KEPT)
def size(name: str) -> sp.Symbol:
    """The number of rows of the variable of that name, as a symbol `n_name`."""
    return sp.Symbol(f"n_{name}", integer=True, positive=True)


@lru_cache(KEPT)
def value(name: str, time: Expr | int) -> sp.Indexed:
    """The value of the sequence of that name at a time."""
    return sequence(name)[time]


def offset(read: sp.Indexed) -> Expr:
    """How far from t a sequence is read: -1 in h[t - 1] (a lag), +1 in h[t + 1] (a lead), 0 in h[t]."""
    return _since_t(read.indices[0])


@lru_cache(KEPT)
def _since_t(time: Expr) -> Expr:
    return time - t


def value_at(read: sp.Indexed, time: int) -> sp.Indexed:
    """The same sequence's value at a time: `read.base[time]` without deducing anew what SymPy already knows of the sequence's values."""
    made: sp.Indexed = Expr.__new__(sp.Indexed, read.base, sp.Integer(time))
    made._assumptions = read._assumptions
    return made


class Node(Expr):
    """An operation of ours; `args` are its operands, in order.

    `one_row`: its value has one row, whatever the rows of its operand, as the sum or the norm of a column has.
    """

    is_commutative = True
    one_row = False

    def __new__(cls, *operands: Expr | int) -> Node:
        """An application of the operation; Python integers become SymPy's."""
        made: Node = Expr.__new__(cls, *(_expr(each) for each in operands))
        return made

    def _sympystr(self, printer: Any) -> str:
        """SymPy's printers go by the name of a class and would take MatMul and Transpose for their own."""
        return f"{type(self).__name__}({', '.join(printer._print(each) for each in self.args)})"

    _sympyrepr = _sympystr


def _expr(value: Expr | int) -> Expr:
    return sp.Integer(value) if isinstance(value, int) else value


class Elementwise(Node):
    """A function applied to each entry; `definition` is the function of one real number."""

    definition: Callable[[Expr], Expr]


class Composite(Node):
    """A function of whole values, such as a column, or of several; `expansion` says it in other operations.

    `hardmax` has none: its meaning is in its documentation, and each checker has its own words for it.
    """

    expansion: Callable[..., Expr]
    arity: int


class Linear(Node):
    """Linear in its matrices: in all of them together, or in each one alone (`multilinear`, as a product is).

    `coefficients`: how many of its operands, the first ones, it is not linear in, as a solve is not in its matrix.
    """

    index_form: str = ""
    multilinear = False
    coefficients = 0


def add(*terms: Expr | int) -> Expr:
    """The sum in the given order: nested sums are flattened, zeros dropped; nothing is sorted or combined."""
    flat = [_expr(part) for term in terms for part in (term.args if isinstance(term, sp.Add) else (term,)) if not _is_zero(part)]
    if not flat:
        return sp.Integer(0)
    return flat[0] if len(flat) == 1 else _made(sp.Add, flat)


def _is_zero(term: Expr | int) -> bool:
    """Whether a term is the number 0; to compare any other one with it takes SymPy long."""
    return bool(term == 0) if isinstance(term, int) or term.is_Number else False


def _made(kind: type[Expr], operands: Iterable[Expr]) -> Expr:
    """A sum, product or power, without evaluation."""
    made: Expr = Expr.__new__(kind, *operands)
    made.is_commutative = True
    return made


def mul(*factors: Expr | int) -> Expr:
    """The elementwise product in the given order: nested products are flattened, numbers gathered in front, nothing is sorted."""
    flat = [_expr(part) for factor in factors for part in (factor.args if isinstance(factor, sp.Mul) else (factor,))]
    number = _product(part for part in flat if _is_number(part))
    if number == 0:
        return sp.Integer(0)
    rest = [part for part in flat if not _is_number(part)]
    kept = rest if number == 1 else [number, *rest]
    if not kept:
        return sp.Integer(1)
    return kept[0] if len(kept) == 1 else _made(sp.Mul, kept)


def _product(numbers: Iterable[Expr]) -> Expr:
    """The product of numbers, exactly: decimals are what is written, 0.5 * 1/3 is 1/6, and 0.1 * 0.2 is 0.02."""
    every = list(numbers)
    exact = sp.Mul(*map(fraction, every))
    return decimal(exact) if any(part.is_Float for part in every) else exact


def fraction(number: Expr) -> Expr:
    """The rational number that a decimal is as it is written; one that is none of float64 as it is held, another number as it is."""
    if not number.is_Float:
        return number
    near = float(number)
    is_float64 = math.isfinite(near) and (near != 0 or number == 0)
    return sp.Rational(repr(near) if is_float64 else number)


def decimal(number: Expr) -> Expr:
    """A rational number as a decimal, if that says it exactly; another number as it is."""
    is_short = number.is_Rational and not number.is_Integer and fraction(sp.Float(number)) == number
    return sp.Float(number) if is_short else number


def _is_number(part: Expr) -> bool:
    return part.is_Number or (isinstance(part, sp.Pow) and part.base.is_Number and part.exp.is_Number)


def neg(value: Expr) -> Expr:
    """Minus the value."""
    return mul(sp.Integer(-1), value)


def rebuild(node: Expr, operands: tuple[Expr, ...]) -> Expr:
    """The same operation on other operands, one or more, in the given order and without evaluation."""
    if len(operands) == len(node.args) and all(map(is_, operands, node.args)):
        return node
    if isinstance(node, Node):
        return Expr.__new__(type(node), *operands)
    if isinstance(node, (sp.Add, sp.Mul, sp.Pow)) and len(operands) > 1:
        return _made(type(node), operands)
    if isinstance(node, (sp.Add, sp.Mul)):
        return node.func._from_args(operands)
    return node.func(*operands)


def rewrite(expr: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """The expression with each part replaced, from the root down: `change` gives the new part, or None to look inside."""
    changed = change(expr)
    if changed is not None:
        return changed
    if isinstance(expr, sp.Indexed) or not expr.args:
        return expr
    return rebuild(expr, tuple(rewrite(part, change) for part in expr.args))


def replace(expr: Expr, table: Mapping[Expr, Expr]) -> Expr:
    """The expression with each part that is a key of the table replaced by its value."""
    return rewrite(expr, table.get)


def parts(expr: Expr) -> Iterator[Expr]:
    """All parts of an expression from the root down, operands in order; a read such as h[t - 1] is one part."""
    pending = [expr]
    while pending:
        part = pending.pop()
        yield part
        if not isinstance(part, sp.Indexed):
            pending.extend(reversed(part.args))


def sequence_name(read: sp.Indexed) -> str:
    """The name of the sequence that is read."""
    name: str = read.base.label.name
    return name


def name_of(leaf: Expr) -> str:
    """The name of a parameter, or of the sequence that is read."""
    if isinstance(leaf, sp.Indexed):
        return sequence_name(leaf)
    return leaf.name if isinstance(leaf, sp.Symbol) else str(leaf)


def leaves(expr: Expr) -> list[Expr]:
    """The parameters and the reads of sequences in an expression, in order of first appearance."""
    found: dict[Expr, None] = {}
    for part in parts(expr):
        if isinstance(part, sp.Indexed) or (isinstance(part, sp.Symbol) and not part.is_integer):
            found[part] = None
    return list(found)


def is_of_parameters(expr: Expr) -> bool:
    """Whether an expression reads no sequence, so that a power of it, if it is a matrix, can be read as a product of matrices."""
    return not any(isinstance(leaf, sp.Indexed) for leaf in leaves(expr))
