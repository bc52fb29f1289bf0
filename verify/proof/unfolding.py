"""Using equations inside forms: a value is replaced by the right side of its equation, at times at which the equation is known to hold.

An equation holds at t = 1..T. In a term that has an adjoint at time s as a factor, s is in 1..T, else the whole term is zero; so the
forward equations may be used at s, and at t itself. A claimed equation puts terms without that adjoint in its place, so it may be
used at t itself and under sums over 1..T only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import Equation
from verify.proof.entries import NOW, Place, Reader
from verify.proof.functions import Unfold, expanded
from verify.proof.normal_form import ADJOINT, NO_TIME, OVER_TIME, SHARES, Atom, Form, Index, Open, Time, single


class Unfolding:
    """The equations that may be used inside forms.

    Args:
        forward: the reader of the forward system.
        claims: the reader of the adjoint system.
        claimed: those of its equations that are for each t, and go in no circle at the same t.
    """

    def __init__(self, forward: Reader, claims: Reader, claimed: Sequence[Equation]) -> None:
        self.forward, self.claims = forward, claims
        self.general = {each.name: each for each in forward.system.equations}
        self.claimed = {each.name: each for each in claimed}
        self.by_function = frozenset(each.name for each in forward.system.equations if _has_function(each.right))
        self.plain = frozenset(each.name for each in claimed if self.is_plain(each))
        self.ways: dict[frozenset[str], Unfold] = {}

    def is_plain(self, equation: Equation) -> bool:
        """Whether a claimed equation gives an adjoint by given values alone, or as another one up to a number."""
        numbers = [part for part in equation.right.args if part.is_Number] if isinstance(equation.right, sp.Mul) else []
        if len(equation.reads) == 1 and nodes.mul(*numbers, equation.reads[0]) == equation.right:
            return True
        return all(str(getattr(read, "base", read)) not in self.claimed for read in equation.reads)

    def functions(self, form: Form) -> Form:
        """The form with the functions in it, and the values that are defined by functions, written by their definitions."""
        return expanded(form, self.by(self.by_function), _times)

    def plainly(self, form: Form) -> Form:
        """The same, and with the adjoints that are given by forward values alone replaced by those."""
        return expanded(form, self.by(self.by_function | self.plain), _times)

    def partly(self, names: frozenset[str], form: Form) -> Form:
        """The form with the adjoints of these names replaced too."""
        return expanded(form, self.by(self.by_function | self.plain | names), _times)

    def all(self, form: Form) -> Form:
        """The form with all equations used that may be."""
        return expanded(form, self.by(frozenset({*self.general, *self.claimed})), _times)

    def by(self, names: frozenset[str]) -> Unfold:
        """`unfold` with the equations of these names; the same function each time, so that what it gave is remembered."""
        return self.ways.setdefault(names, partial(self.unfold, names))

    def unfold(self, names: frozenset[str], atom: Atom, known: frozenset[Time]) -> Form | None:
        """What an entry is by its equation; None if that is not to be used, or not known to hold."""
        if atom.kind == ADJOINT:
            reader, equation = self.claims, self.claimed.get(atom.name) if atom.name in names else None
            if equation is not None and not _is_inside(atom.time) and not isinstance(equation.right, nodes.Zeros):
                return None
        elif atom.time not in known:
            return None
        else:
            reader, equation = self.forward, self.general.get(atom.name) if atom.name in names else None
            if equation is None and self.shares(atom):
                return single(atom._replace(kind=SHARES))
        if equation is None:
            return None
        rows, columns = reader.shape(equation.left)
        form = reader.entry(equation.right, self.place(rows, atom.row), self.place(columns, atom.column), atom.time)
        return expanded(form, self.by(names), lambda term: known | _times(term))

    def shares(self, atom: Atom) -> bool:
        """Whether an atom is an entry of a column that is known to sum to 1."""
        variable = self.forward.system.variables.get(atom.name)
        return variable is not None and variable.is_distribution and len(self.forward.blocks.places(variable.shape[0])) == 1

    def place(self, size: Expr, index: Index) -> Place:
        """The block of a size that an index runs over."""
        return next(each.labelled(index[1]) for each in self.forward.blocks.places(size) if each.key[0] == index[0])


def _is_inside(time: Time) -> bool:
    """Whether the time of an adjoint is in 1..T for each T: t, a time that is summed over, none, 1 or T."""
    return time in (("0", 1), ("T", 0)) or (time[1] == 0 and time[0] not in ("0", "T"))


def _times(term: Open) -> frozenset[Time]:
    """The times in 1..T of a term: t, those of its adjoints, and those of its sums over time."""
    bounds, factors, _ = term
    summed = {(b.variable, k) for b in bounds if b.length == OVER_TIME for k in range(-b.first, b.last + 1)}
    return frozenset({NOW, NO_TIME} | summed | {a.time for a, _ in factors if a.kind == ADJOINT})


def _has_function(expr: Expr) -> bool:
    """Whether an expression is more than sums and products of matrices, as a solve and a function with a declared slope are."""
    return any(
        isinstance(part, (nodes.Elementwise, nodes.Composite, nodes.Solve, nodes.Declared))
        or (isinstance(part, sp.Pow) and not part.exp.is_positive)
        for part in nodes.parts(expr)
    )
