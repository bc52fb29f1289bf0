"""What the spelling of a page says of its values and products: small letters in bold, A @ B."""

from __future__ import annotations

from collections.abc import Iterable

from derive.notation.pieces import Piece
from derive.notation.tree import Operator, Row, names, parts


def bold(pieces: Iterable[Piece]) -> set[str]:
    """The names in small bold letters, which are vectors by convention and no numbers."""
    every = (name for piece in pieces for name in names(piece.statement))
    return {name.whole for name in every if "bold" in (name.spelling.fonts or ()) and name.base[0].islower()}


def has_matrix_sign(pieces: Iterable[Piece]) -> bool:
    """Whether the page writes matrix products as A @ B."""
    rows = (part for piece in pieces for part in parts(piece.statement) if isinstance(part, Row))
    return any(operator is Operator.MATRIX for row in rows for operator, _ in row.rest)
