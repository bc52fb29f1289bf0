"""Inverses of matrices in forms: entry (i, k) of A^-1 as an atom that holds the entries of A, and its differential.

The entries of A, over two indices that stand for its rows and columns, are one form: each of its terms has one CORNER, which says in which block
of A it lies. The law: equal atoms are the same number for all sizes and values, wherever A has an inverse. So A and its transpose have one atom,
whose indices change places; where A is the same form as its transpose, they are in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from verify.proof.normal_form import (
    CORNER,
    INVERSE,
    SYMMETRIC,
    Atom,
    Bound,
    Factors,
    Form,
    Index,
    Open,
    Undecided,
    closed,
    fresh,
    height,
    opened,
    plus,
    renamed,
    renamed_atom,
    single,
    times,
)
from verify.proof.tagged import part, tagged

ROW, COLUMN = "^row", "^column"
"""The indices of a matrix while its entries are put together."""


class Block(NamedTuple):
    """A block of a matrix: where its rows and columns begin, how many there are, and its entry at (ROW, COLUMN)."""

    row: Index
    column: Index
    rows: Form
    columns: Form
    entry: Form


def matrix(blocks: Iterable[Block]) -> Form:
    """The entries of a matrix as one form, each with the corner of its block."""
    return plus(*(times(each.entry, single(_corner(each))) for each in blocks))


def _corner(block: Block) -> Atom:
    lengths = tagged({"rows": block.rows, "columns": block.columns})
    return Atom(CORNER, "", row=block.row, column=block.column, inside=lengths)


def inverse(entries: Form, row: Index, column: Index) -> Form:
    """An entry of the inverse of a matrix, whose entries are over ROW and COLUMN.

    Raises:
        Undecided: they are all zero.
    """
    if not entries:
        raise Undecided("the inverse of a matrix of zeros")
    flipped = _flipped(entries)
    name = SYMMETRIC if flipped == entries else ""
    if flipped < entries:
        entries, row, column = flipped, column, row
    at = height(entries)
    inside = renamed(entries, {ROW: (f"{ROW}{at}", 0), COLUMN: (f"{COLUMN}{at}", 0)})
    return single(Atom(INVERSE, name, row=row, column=column, inside=inside).ordered())


def entries_of(atom: Atom) -> Form:
    """The entries of the matrix of which an atom is an entry of the inverse, over ROW and COLUMN."""
    at = height(atom.inside)
    return renamed(atom.inside, {f"{ROW}{at}": (ROW, 0), f"{COLUMN}{at}": (COLUMN, 0)})


def _flipped(entries: Form) -> Form:
    """The entries of the transposed matrix."""
    swapped = renamed(entries, {ROW: (COLUMN, 0), COLUMN: (ROW, 0)})
    return closed((bounds, tuple((_turned(atom), e) for atom, e in factors), c) for bounds, factors, c in opened(swapped))


def _turned(atom: Atom) -> Atom:
    """A corner with its rows and columns in each other's place."""
    if atom.kind != CORNER:
        return atom
    lengths = tagged({"rows": part(atom.inside, "columns"), "columns": part(atom.inside, "rows")})
    return atom._replace(row=atom.column, column=atom.row, inside=lengths)


def _cornered(form: Form) -> Iterator[tuple[Atom, Open]]:
    """The corner of each term, and the term without it."""
    for bounds, factors, coefficient in opened(form):
        corner = next(atom for atom, _ in factors if atom.kind == CORNER)
        rest: Factors = tuple(each for each in factors if each[0] != corner)
        yield corner, (bounds, rest, coefficient)


def blocks(entries: Form) -> list[Block]:
    """The blocks of a matrix that are not zero."""
    found: dict[Atom, list[Open]] = {}
    for corner, term in _cornered(entries):
        found.setdefault(corner, []).append(term)
    return [
        Block(each.row, each.column, part(each.inside, "rows"), part(each.inside, "columns"), closed(own)) for each, own in found.items()
    ]


def change(atom: Atom, differential: Form) -> Form:
    """The change of an entry of an inverse, - sum_ab A^-1[i,a] dA[a,b] A^-1[b,k], by the change of the entries of A."""
    terms: list[Open] = []
    for corner, (bounds, factors, coefficient) in _cornered(differential):
        table, inner = {}, []
        for (_, variable), side in ((corner.row, "rows"), (corner.column, "columns")):
            if variable:
                table[variable] = fresh(), 0
                inner.append(Bound(table[variable][0], part(corner.inside, side)))
        placed = renamed_atom(corner, table)
        left, right = atom._replace(column=placed.row).ordered(), atom._replace(row=placed.column).ordered()
        moved = tuple((renamed_atom(each, table), e) for each, e in factors)
        terms.append(((*bounds, *inner), (*moved, (left, 1), (right, 1)), -coefficient))
    return closed(terms)
