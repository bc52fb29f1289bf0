"""The weights of a correspondence as text: `U[n_h:2 n_h]` of one system is `U_f` of the other, `z` is `-z`, `b` is `b_i + b_h`."""

from __future__ import annotations

import sympy as sp

from derive.algebra.nodes import Expr
from derive.system import Variable
from verify.equivalence.correspondence import Correspondence
from verify.equivalence.sizes import symbol
from verify.equivalence.updates import updates
from verify.equivalence.weights import COLUMN, ROW
from verify.proof.entries import Blocks, Place, length_of
from verify.proof.normal_form import Atom, Form, Index, Term
from verify.proof.text import told


def table(claim: Correspondence) -> tuple[tuple[str, str], ...]:
    """Each block of the target's parameters, and what it is in parameters of the source."""
    blocks = Blocks([updates(claim.target, keeps_states=True).short])
    rows = []
    for variable in claim.target.parameters:
        for row in blocks.places(variable.shape[0]):
            for column in blocks.places(variable.shape[1]):
                form = claim.blocks.get((variable.name, row.key[0], column.key[0]))
                if form is not None:
                    rows.append((_block(variable, row, column), _Values(claim, row, column).text(form)))
    return tuple(rows)


def _block(variable: Variable, row: Place, column: Place) -> str:
    return variable.name + _slices(variable, row.start, row.length, column.start, column.length)


def _slices(variable: Variable, top: Expr, rows: Expr, left: Expr, columns: Expr) -> str:
    """The part of a matrix, nothing if it is all of it."""
    parts = [_slice(start, length, side) for start, length, side in zip((top, left), (rows, columns), variable.shape, strict=True)]
    if parts == ["", ""]:
        return ""
    return f"[{parts[0]}]" if not parts[1] else f"[{parts[0] or ':'}, {parts[1]}]"


def _slice(start: Expr, length: Expr, whole: Expr) -> str:
    stop = sp.expand(start + length)
    if start == 0 and sp.expand(stop - whole) == 0:
        return ""
    return f"{_size(start)}:{_size(stop)}"


def _size(size: Expr) -> str:
    return str(size).replace("*", " ")


class _Values:
    """What one block of the target is.

    Args:
        claim: the correspondence.
        row, column: the block, in sizes of the target.
    """

    def __init__(self, claim: Correspondence, row: Place, column: Place) -> None:
        self.claim = claim
        self.lengths = {ROW: self.own(row.length), COLUMN: self.own(column.length)}

    def own(self, size: Expr) -> Expr:
        """A size in sizes of the source."""
        return sp.expand(size.xreplace({symbol(one): symbol(two) for one, two in self.claim.resizing.items()}))

    def text(self, form: Form) -> str:
        """A sum of blocks, or if it is more than that, the entry in row p and column q."""
        terms = [(self.block(term), coefficient) for term, coefficient in form]
        if not all(text for text, _ in terms):
            return told(form)
        written = ""
        for text, coefficient in terms:
            sign = ("-" if coefficient < 0 else "") if not written else (" - " if coefficient < 0 else " + ")
            written += sign + (text if abs(coefficient) == 1 else f"{abs(coefficient)} {text}")
        return written or "0"

    def block(self, term: Term) -> str:
        """The block of the source that a term runs over; "" if it is no such."""
        bounds, factors = term
        if (
            bounds
            or len(factors) != 1
            or factors[0][1] != 1
            or factors[0][0].inside
            or factors[0][0].name not in self.claim.source.variables
        ):
            return ""
        atom: Atom = factors[0][0]
        own = atom.row[1], atom.column[1]
        sides = [self.lengths.get(variable, sp.Integer(1)) for variable in own]
        slices = _slices(self.claim.source[atom.name], self.start(atom.row), sides[0], self.start(atom.column), sides[1])
        return f"{atom.name}{slices}{'^T' if own == (COLUMN, ROW) else ''}"

    @staticmethod
    def start(index: Index) -> Expr:
        """The first row or column."""
        return length_of(index[0])
