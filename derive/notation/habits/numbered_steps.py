r"""Equations of single steps, S_1 = W X_1 + U S_0, S_2 = W X_2 + U S_1, as the one equation of all of them, S_t = W X_t + U S_{t-1}.

Takes the pieces of a page, gives them with one equation in the place of those that say the same of one step after another. What has another number
in each of them is a sequence; a weight that has one is that of a layer, and its equations are left as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields, replace
from typing import Any

from derive.notation.derivation import IN_DERIVATION
from derive.notation.pieces import Piece
from derive.notation.tree import Equation, Name, Place, Row, Statement, Tree, names, parts, rewritten

Base = tuple[str, ...]
"""A name without its last label, which is a number."""


def in_general(pieces: list[Piece]) -> list[Piece]:
    """The pieces with equations of single steps as one."""
    pieces = pieces if IN_DERIVATION.get() else _without_examples(pieces)
    groups: dict[Base, dict[int, Piece]] = {}
    for piece in pieces:
        if isinstance(piece.statement, Equation) and (own := _numbered(piece.statement.left)):
            groups.setdefault(own[0], {})[own[1]] = piece
    moving = {base: found for base, group in groups.items() if (found := _moving(group))}
    sequences = {each for found in moving.values() for each in found}
    recurrent = any(_reads_before(groups[base], sequences & moving.keys()) for base in moving)
    if not recurrent or any(_is_weight(groups[base], sequences) for base in moving):
        return pieces
    if any(_reads(piece, sequences) for piece in pieces if not _is_of(piece, moving.keys())):
        return pieces
    last = {base: max(groups[base]) for base in moving}
    kept = []
    for piece in pieces:
        own = _numbered(piece.statement.left) if isinstance(piece.statement, Equation) else None
        if own is None or own[0] not in moving:
            kept.append(piece)
        elif own[1] == last[own[0]]:
            kept.append(replace(piece, statement=_general(piece.statement, own[1], sequences)))
    return kept


def _without_examples(pieces: list[Piece]) -> list[Piece]:
    """The pieces without what the equation of all steps is at one of them, y_1 = C A B u_0 + C B u_1 beside y_t = C x_t."""
    equations = [each.statement for each in pieces if isinstance(each.statement, Equation)]
    defined = {tuple(each.left.whole.split("_")) for each in equations if isinstance(each.left, Name) and each.left.time == 0}
    timed = {tuple(name.whole.split("_")) for each in equations for name in names(each.right) if name.time is not None}

    def is_example(statement: Statement) -> bool:
        own = _numbered(statement.left) if isinstance(statement, Equation) else None
        if own is None or own[0] not in defined or not isinstance(statement, Equation):
            return False
        return any((read := _numbered(name)) is not None and read[0] in timed for name in names(statement.right))

    return [each for each in pieces if not is_example(each.statement)]


def _numbered(tree: Tree) -> tuple[Base, int] | None:
    """A name with a number as its last label, as these two; None for something else."""
    if not isinstance(tree, Name) or tree.time is not None:
        return None
    *base, number = tree.whole.split("_")
    return (tuple(base), int(number)) if base and number.isdecimal() else None


def _moving(group: dict[int, Piece]) -> set[Base]:
    """What has another number in each equation of one name; nothing if they are not the same but for that."""
    numbers = sorted(group)
    if len(numbers) < 2 or numbers != list(range(numbers[0], numbers[-1] + 1)):
        return set()
    found: set[Base] = set()
    for one, two in zip(numbers, numbers[1:], strict=False):
        for left, right in _differing(group[one].statement, group[two].statement):
            first, second = (_numbered(each) if isinstance(each, Name) else None for each in (left, right))
            if first is None or second is None or first[0] != second[0] or second[1] != first[1] + 1:
                return set()
            found.add(first[0])
    return found


def _differing(one: Any, two: Any) -> Iterator[tuple[Any, Any]]:
    """The parts in which two trees differ."""
    if one == two:
        return
    if isinstance(one, Name) or type(one) is not type(two):
        yield one, two
    elif isinstance(one, tuple) and not isinstance(one, Place):
        if len(one) != len(two):
            yield one, two
            return
        for left, right in zip(one, two, strict=True):
            yield from _differing(left, right)
    elif isinstance(one, Tree):
        for each in fields(one):
            if each.name not in ("place", "spelling"):
                yield from _differing(getattr(one, each.name), getattr(two, each.name))
    else:
        yield one, two


def _is_of(piece: Piece, bases: Collection[Base]) -> bool:
    """Whether a piece is an equation of a single step of one of these names."""
    own = _numbered(piece.statement.left) if isinstance(piece.statement, Equation) else None
    return own is not None and own[0] in bases


def _reads(piece: Piece, sequences: set[Base]) -> bool:
    """Whether a piece reads one of these sequences at a single step, O_2, for which the one equation has no name."""
    read = names(piece.statement.right) if isinstance(piece.statement, Equation) else ()
    return any((own := _numbered(name)) is not None and own[0] in sequences for name in read)


def _reads_before(group: dict[int, Piece], sequences: set[Base]) -> bool:
    """Whether an equation reads a value with a smaller number than its own."""
    for number, piece in group.items():
        statement = piece.statement
        read = [_numbered(name) for name in names(statement.right)] if isinstance(statement, Equation) else []
        if any(each and each[0] in sequences and each[1] < number for each in read):
            return True
    return False


def _is_weight(group: dict[int, Piece], sequences: set[Base]) -> bool:
    """Whether something with another number in each equation multiplies what stands behind it."""
    rows = (part for piece in group.values() for part in parts(piece.statement) if isinstance(part, Row))
    return any((own := _numbered(row.first)) is not None and own[0] in sequences for row in rows)


def _general(statement: Any, number: int, sequences: set[Base]) -> Any:
    """The equation of one step as that of step t."""

    def change(node: Tree) -> Tree | None:
        own = _numbered(node)
        if own is None or own[0] not in sequences or not isinstance(node, Name):
            return None
        is_label = bool(node.labels)
        base = node.base if is_label else "_".join(own[0])
        return replace(node, base=base, labels=node.labels[:-1] if is_label else (), time=own[1] - number)

    return rewritten(statement, change)
