r"""Numbers above names that are labels and no powers: the layers of h^1_t and h^2_t, and of W^1 and W^2.

One statement alone does not tell: h_t^2 may be the square of each entry. A number above is a label of all names of which the page has the power 1
or 0, or an equation with a number above on its left; and where values at t are among them, of those with several of these numbers and never without
one. With one of them alone a name has two readings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from derive.notation.pieces import Piece
from derive.notation.tree import Equation, Name, Power, Statement, Tree, parts, rewritten
from derive.notation.written import Wrong

Key = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Layers:
    """The names whose powers are labels, by what stands before their numbers and their other labels; and those of which it is not clear."""

    names: frozenset[Key] = frozenset()
    unclear: frozenset[Key] = frozenset()

    @staticmethod
    def of(statements: Iterable[Statement]) -> Layers:
        """The names of a page."""
        above: dict[Key, set[int]] = {}
        bare: set[Key] = set()
        defined: set[Key] = set()
        timed: set[Key] = set()
        for statement in statements:
            raised = {id(part.base): part for part in parts(statement) if isinstance(part, Power) and _number(part) is not None}
            for part in parts(statement):
                if isinstance(part, Name) and id(part) not in raised:
                    bare.add(_key(part))
                elif isinstance(part, Name):
                    above.setdefault(_key(part), set()).add(int(raised[id(part)].exponent))
                    timed |= {_key(part)} if part.time is not None else set()
            if isinstance(statement, Equation) and isinstance(statement.left, Power) and isinstance(statement.left.base, Name):
                defined.add(_key(statement.left.base))
        found = {key for key, numbers in above.items() if key in defined or numbers & {0, 1}}
        layers = set().union(*(above[key] for key in found & timed))
        others = {key for key in above if key not in found | bare and above[key] <= layers}
        several = {key for key in others if len(above[key]) > 1}
        return Layers(frozenset(found | several), frozenset(others - several))

    def refuse_unclear(self, pieces: Iterable[Piece]) -> None:
        """Refuse x_t^2 where h_t^2 is the value of a layer.

        Raises:
            Wrong: there is one; at an offset of the page.
        """
        for piece in pieces:
            for part in parts(piece.statement):
                if isinstance(part, Power) and isinstance(part.base, Name) and _key(part.base) in self.unclear:
                    shown = piece.shown(part.place)
                    raise Wrong(f"{shown} has two readings, as numbers above are labels on this page", "write (x)^2 with parentheses for a power, or "
                                "x^{(2)} for a label", piece.offset(part.place.start))  # fmt: skip


def labelled(statement: Statement, names: frozenset[Key]) -> Statement:
    """A statement with the powers of these names as labels."""

    def change(tree: Tree) -> Tree | None:
        number = _number(tree)
        if number is None or not isinstance(tree, Power) or not isinstance(tree.base, Name) or _key(tree.base) not in names:
            return None
        return replace(tree.base, labels=(*tree.base.labels, str(number)), place=tree.place)

    made: Statement = rewritten(statement, change)
    return made


def _key(name: Name) -> Key:
    return name.base, name.labels


def _number(tree: Tree) -> int | None:
    """The number above a name; None for something else."""
    is_raised = isinstance(tree, Power) and isinstance(tree.base, Name) and tree.exponent.denominator == 1 and tree.exponent >= 0
    return int(tree.exponent) if is_raised and isinstance(tree, Power) else None
