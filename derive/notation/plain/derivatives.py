"""Derivatives in plain text, in a derivation: ∂L/∂h_t, dL/dh_t and ∇_{h_t} L."""

from __future__ import annotations

import re

from derive.notation.derivation import IN_DERIVATION, OF_CELL
from derive.notation.plain.names import name_of
from derive.notation.tree import Derivative, Name, Place
from derive.notation.written import Wrong

DIFFERENTIAL = re.compile(r"\s*[∂d](?:⁺|\^\+|\^\{\+\})?\s*")
BY = re.compile(r"∇\s*_\s*(?:\{\s*(?P<braced>.*?)\s*\}|(?P<bare>\w.*))")


def quotient(token: str, place: Place) -> Derivative:
    """The derivative that is written as a quotient.

    Raises:
        Wrong: it stands on the page of a cell.
    """
    _refuse_in_cell(place)
    ends, at = [], place.start
    for part in token.split("/"):
        found = DIFFERENTIAL.match(part)
        begin, end = found.end() if found else 0, len(part.rstrip())
        ends.append(name_of(part[begin:end], Place(at + begin, at + end)))
        at += len(part) + 1
    return Derivative(*ends, place=place)


def gradient(token: str, place: Place, of: Name) -> Derivative:
    """The derivative of a name that stands behind a nabla with its index.

    Raises:
        Wrong: it stands on the page of a cell.
    """
    _refuse_in_cell(place)
    found = BY.fullmatch(token)
    assert found is not None
    group = "braced" if found["braced"] is not None else "bare"
    by = name_of(found[group], Place(place.start + found.start(group), place.start + found.end(group)))
    return Derivative(of, by, place=place.to(of.place))


def _refuse_in_cell(place: Place) -> None:
    if not IN_DERIVATION.get():
        raise Wrong("a derivative is no value of a cell", OF_CELL, place.start)
