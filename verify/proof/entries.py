"""From expressions over matrices to forms over their entries: entry (i, k) of A B is sum_j A[i,j] B[j,k].

Stacked and sliced dimensions are cut into blocks: an index over n_h + n_x becomes one over n_h and one over n_x, wherever that size occurs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache, cmp_to_key
from typing import NamedTuple

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import System
from verify.proof import inverses
from verify.proof.normal_form import (
    DECLARED,
    FUNCTION,
    GIVEN,
    NO_TIME,
    NUMBER,
    OVER_TIME,
    ZERO,
    Atom,
    Bound,
    Form,
    Number,
    Time,
    Undecided,
    constant,
    fresh,
    plus,
    power,
    single,
    summed,
    times,
)
from verify.proof.tagged import tagged
from verify.wellformed.expressions import Scope, is_never_negative, read_time, scope_of

NOW: Time = ("t", 0)


_SIZES: dict[str, Expr] = {}
_OPAQUE: dict[str, Expr] = {}
"""By its text, an expression over t that forms do not look into: a constant matrix, the marks of the largest entries."""


@cache
def spelled(size: Expr) -> str:
    """The text of a size, as forms hold it."""
    size = sp.expand(size)
    text = str(size)
    _SIZES[text] = size
    return text


def length_of(text: str) -> Expr:
    """The size of that text."""
    return _SIZES[text]


def opaque(text: str) -> Expr | None:
    """The expression that is not looked into, whose text stands in an atom; None of a name of a variable."""
    return _OPAQUE.get(text)


class Place(NamedTuple):
    """An index while an expression is read: start + variable, the variable running over 0..length-1; no variable if the length is 1."""

    start: Expr
    length: Expr
    variable: str

    @property
    def key(self) -> tuple[str, str]:
        """The index as atoms hold it."""
        return spelled(self.start), self.variable

    def labelled(self, variable: str) -> Place:
        """The place with another variable, if it has one."""
        return self._replace(variable=variable if self.variable else "")

    def moved(self, by: Expr) -> Place:
        """The place some rows further down."""
        return self._replace(start=sp.expand(self.start + by))


ONLY = Place(sp.Integer(0), sp.Integer(1), "")


class Blocks:
    """How each size is cut: at the seams of stacks and slices of that size, and of the sizes that are parts of it."""

    def __init__(self, systems: Iterable[System]) -> None:
        self.cuts: dict[Expr, list[Expr]] = {}
        scopes = [(scope_of(system), system) for system in systems]
        seams = [seam for scope, system in scopes for each in system.equations for seam in _seams(each.right, scope)]
        for _ in range(20):
            if sum(self.spread(*seam) for seam in seams) == 0:
                return
        raise Undecided("slices that overlap, so that their sizes are cut without end")

    def spread(self, whole: Expr, start: Expr, size: Expr) -> bool:
        """Make the cuts of a whole and of a part of it fit; whether there was a new one."""
        inner = [start, *(start + cut for cut in self.cuts.get(size, [])), start + size]
        outer = [cut - start for cut in self.cuts.get(whole, []) if _is_less(start, cut) and _is_less(cut, start + size)]
        return sum(self.cut(*each) for each in [*((whole, at) for at in inner), *((size, at) for at in outer)]) > 0

    def cut(self, size: Expr, at: Expr) -> bool:
        """Cut a size; whether it was not cut there before."""
        at, known = sp.expand(at), self.cuts.setdefault(size, [])
        if at in (0, size) or at in known:
            return False
        known.append(at)
        known.sort(key=cmp_to_key(lambda a, b: -1 if _is_less(a, b) else 1))
        return True

    def places(self, size: Expr) -> list[Place]:
        """The blocks of a size, each with a fresh variable."""
        size = sp.expand(size)
        ends = [sp.Integer(0), *self.cuts.get(size, []), size]
        blocks = [(start, sp.expand(stop - start)) for start, stop in zip(ends, ends[1:], strict=False)]
        return [Place(start, length, "" if length == 1 else fresh()) for start, length in blocks]


def _seams(expr: Expr, scope: Scope) -> list[tuple[Expr, Expr, Expr]]:
    """(size of the whole, start of the part, size of the part) for each stack and slice."""
    found = []
    for part in nodes.parts(expr):
        if isinstance(part, nodes.Slice):
            _, start, stop = part.args
            found.append((sp.expand(scope.shape(part.args[0])[0]), start, sp.expand(stop - start)))
        elif isinstance(part, nodes.Stack):
            whole, start = sp.expand(scope.shape(part)[0]), sp.Integer(0)
            for block in part.args:
                rows = sp.expand(scope.shape(block)[0])
                found.append((whole, start, rows))
                start += rows
    return found


def _is_less(one: Expr, other: Expr) -> bool:
    """Whether one size is at most another one for all sizes, and not always the same; the block between them may then be empty for some."""
    difference = sp.expand(other - one)
    is_more = is_never_negative(difference)
    if not is_more and not is_never_negative(-difference):
        raise Undecided(f"the order of the sizes {one} and {other}")
    return difference != 0 and is_more


class Reader:
    """Reads expressions of a system as forms.

    Args:
        system: of well-formed equations.
        blocks: how sizes are cut.
        kinds: the kind of atom that the entries of a variable are; GIVEN where a name is not in it.
    """

    def __init__(self, system: System, blocks: Blocks, kinds: Mapping[str, str]) -> None:
        self.system, self.blocks, self.kinds = system, blocks, kinds
        self.shape = scope_of(system).shape
        self.known: dict[tuple[Expr, Place, Place, Time], Form] = {}

    def places(self, expr: Expr) -> list[tuple[Place, Place]]:
        """The blocks of an expression's rows and columns."""
        rows, columns = self.shape(expr)
        return [(row, column) for row in self.blocks.places(rows) for column in self.blocks.places(columns)]

    def entry(self, expr: Expr, row: Place, column: Place, now: Time = NOW) -> Form:
        """The entry at (row, column) of an expression, with the time `now` for t; a side of size 1 is broadcast."""
        if expr.is_Number:
            return constant(rational(expr) if expr.is_Rational else Fraction(float(expr)))
        if expr == nodes.t:
            raise Undecided("the time itself as a value")
        if isinstance(expr, sp.Symbol) and expr.is_integer:
            return extent(expr)
        rows, columns = self.shape(expr)
        row, column = ONLY if rows == 1 else row, ONLY if columns == 1 else column
        if isinstance(expr, (sp.Indexed, sp.Symbol)):
            name = nodes.name_of(expr)
            return single(Atom(self.kinds.get(name, GIVEN), name, time_of(expr, now), row.key, column.key))
        key = expr, row, column, now
        if key not in self.known:
            self.known[key] = self.operation(expr, row, column, now)
        return self.known[key]

    def operation(self, expr: Expr, row: Place, column: Place, now: Time) -> Form:
        """An entry of an operation by its meaning."""
        first = expr.args[0]
        match expr:
            case sp.Add():
                return plus(*(self.entry(each, row, column, now) for each in expr.args))
            case sp.Mul():
                return times(*(self.entry(each, row, column, now) for each in expr.args))
            case sp.Pow() if expr.exp.is_Rational:
                return power(self.entry(first, row, column, now), rational(expr.exp))
            case nodes.Elementwise():
                return single(Atom(FUNCTION, type(expr).__name__, inside=self.entry(first, row, column, now)))
            case nodes.Declared():
                names = ("value", "argument", "slope")
                inside = tagged({name: self.entry(each, row, column, now) for name, each in zip(names, expr.args, strict=True)})
                return single(Atom(DECLARED, "", inside=inside))
            case nodes.hardmax():
                return self.marked(expr, row, column, now)
            case nodes.Composite():
                return self.entry(type(expr).expansion(*expr.args), row, column, now)
            case nodes.MatMul():
                inner = self.blocks.places(self.shape(first)[1])
                return _total((times(self.entry(first, row, k, now), self.entry(expr.args[1], k, column, now)), k) for k in inner)
            case nodes.Transpose():
                return self.entry(first, column, row, now)
            case nodes.Solve():
                return self.solved(first, expr.args[1], row, column, now)
            case nodes.SumRows():
                return _total((self.entry(first, i, column, now), i) for i in self.blocks.places(self.shape(first)[0]))
            case nodes.MeanRows():
                rows = extent(self.shape(first)[0])
                return times(self.entry(nodes.SumRows(first), ONLY, column, now), power(rows, -1))
            case nodes.SumColumns():
                return _total((self.entry(first, row, j, now), j) for j in self.blocks.places(self.shape(first)[1]))
            case nodes.Broadcast():
                return self.entry(first, row, column, now)
            case nodes.Stack():
                return self.stacked(expr, row, column, now)
            case nodes.Slice():
                return self.entry(first, row.moved(expr.args[1]), column, now)
            case nodes.Zeros():
                return ZERO
            case nodes.Constant():
                return unseen(f"{type(expr).__name__} {spelled(first)}", expr, NO_TIME, row, column)
            case nodes.OverTime():
                time = fresh()
                return summed(self.entry(first, row, column, (time, 0)), [Bound(time, OVER_TIME)])
        raise Undecided(f"an operation of unknown meaning, {type(expr).__name__}")

    def solved(self, matrix: Expr, right: Expr, row: Place, column: Place, now: Time) -> Form:
        """An entry of A^-1 B: sum_j A^-1[i,j] B[j,k]."""
        places = self.blocks.places(self.shape(matrix)[0])
        rows, columns = ([each.labelled(name) for each in places] for name in (inverses.ROW, inverses.COLUMN))
        entries = inverses.matrix(
            inverses.Block(i.key, k.key, extent(i.length), extent(k.length), self.entry(matrix, i, k, now)) for i in rows for k in columns
        )
        if isinstance(right, nodes.Identity):
            return inverses.inverse(entries, row.key, column.key)
        return _total((times(inverses.inverse(entries, row.key, j.key), self.entry(right, j, column, now)), j) for j in places)

    def marked(self, expr: Expr, row: Place, column: Place, now: Time) -> Form:
        """Whether an entry is the largest of its column: 0 or 1, and the same beside every point but those of a tie.

        It is not looked into: equal marks are those of the same expression, at the same time.
        """
        reads = [leaf for leaf in nodes.leaves(expr) if isinstance(leaf, sp.Indexed)]
        if not reads:
            return unseen(str(expr), expr, NO_TIME, row, column)
        origin = reads[0].indices[0]
        moved = nodes.replace(expr, {each: each.base[nodes.t + sp.expand(each.indices[0] - origin)] for each in reads})
        if any(not nodes.offset(leaf).is_Integer for leaf in nodes.leaves(moved) if isinstance(leaf, sp.Indexed)):
            raise Undecided("the largest of values at times that are not a fixed number of steps apart")
        return unseen(str(moved), moved, time_of(reads[0], now), row, column)

    def stacked(self, expr: Expr, row: Place, column: Place, now: Time) -> Form:
        """An entry of the block in which the row lies."""
        above: Expr = sp.Integer(0)
        for block in expr.args:
            rows = self.shape(block)[0]
            inside = sp.expand(row.start - above)
            if any(each.start == inside for each in self.blocks.places(rows)):
                return self.entry(block, Place(inside, row.length, row.variable), column, now)
            above += rows
        raise Undecided(f"a row of a stack that lies in none of its blocks, {row.start}")


def unseen(text: str, expr: Expr, time: Time, row: Place, column: Place) -> Form:
    """An entry of an expression that is not looked into, and goes by a text that no other one has."""
    if _OPAQUE.setdefault(text, expr) != expr:
        raise Undecided(f"two expressions that are both written {text}")
    return single(Atom(GIVEN, text, time, row.key, column.key))


def _total(parts: Iterable[tuple[Form, Place]]) -> Form:
    """The sum of forms, each over the index of its place."""
    return plus(*(summed(form, bound(place)) for form, place in parts))


def bound(*places: Place) -> list[Bound]:
    """The bound indices of places that have a variable."""
    return [Bound(each.variable, extent(each.length)) for each in places if each.variable]


@cache
def extent(size: Expr) -> Form:
    """A size, which is a polynomial in others, as a form."""
    terms = sp.Add.make_args(sp.expand(size))
    return plus(*(times(*map(_extent, sp.Mul.make_args(each))) for each in terms))


def _extent(size: Expr) -> Form:
    if size.is_Rational:
        return constant(rational(size))
    if isinstance(size, sp.Pow):
        return power(_extent(size.base), rational(size.exp))
    return single(Atom(NUMBER, spelled(size)))


def rational(number: Expr) -> Number:
    """A number of SymPy's as one of Python's."""
    return int(number) if number.is_Integer else Fraction(int(number.p), int(number.q))


def time_of(expr: Expr, now: Time) -> Time:
    """The time of a read, where t is `now`."""
    if not isinstance(expr, sp.Indexed):
        return "", 0
    origin, offset = read_time(expr)
    return (now[0], now[1] + offset) if origin == "t" else (origin, offset)
