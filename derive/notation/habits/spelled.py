"""What the spelling of a page says of its values and products: small letters in bold, A @ B, Greek letters that are typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from derive.notation.letters import GREEK_NAMES
from derive.notation.pieces import Piece
from derive.notation.tree import Call, Name, Operator, Row, Tree, names, parts, rewritten


def bold(pieces: Iterable[Piece]) -> set[str]:
    """The names in small bold letters, which are vectors by convention and no numbers."""
    every = (name for piece in pieces for name in names(piece.statement))
    return {name.whole for name in every if "bold" in (name.spelling.fonts or ()) and name.base[0].islower()}


def has_matrix_sign(pieces: Iterable[Piece]) -> bool:
    """Whether the page writes matrix products as A @ B."""
    rows = (part for piece in pieces for part in parts(piece.statement) if isinstance(part, Row))
    return any(operator is Operator.MATRIX for row in rows for operator, _ in row.rest)


def retyped(pieces: list[Piece]) -> list[Piece]:
    r"""The pieces with \alpha as the page writes it: α if it types that letter somewhere, else alpha."""
    typed = {each for piece in pieces for name in names(piece.statement) for each in name.whole if each in GREEK_NAMES}
    table = {GREEK_NAMES[letter]: letter for letter in typed}

    def letters(tree: Tree) -> Tree | None:
        if isinstance(tree, Call):
            return replace(tree, operands=rewritten(tree.operands, letters))
        if not isinstance(tree, Name):
            return None
        base = "_".join(table.get(part, part) for part in tree.base.split("_"))
        return replace(tree, base=base, labels=tuple(table.get(each, each) for each in tree.labels))

    if not table:
        return pieces
    return [replace(each, statement=rewritten(each.statement, letters)) if each.is_latex else each for each in pieces]
