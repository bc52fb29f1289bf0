r"""Numbers above names that are labels and no powers: the layers of h^1_t and h^2_t, and of W^1 and W^2.

One statement alone does not tell: h_t^2 may be the square of each entry. A number above is a label of all names of which the page has the power 1
or 0, or an equation with a number above on its left; and where it has such names, of those that it never writes without these numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from derive.notation.tree import Equation, Name, Power, Statement, Tree, parts, rewritten

Key = tuple[str, tuple[str, ...]]


def layers(statements: Iterable[Statement]) -> frozenset[Key]:
    """The names whose powers are labels: what stands before their numbers, and their other labels."""
    above: dict[Key, set[int]] = {}
    bare: set[Key] = set()
    defined: set[Key] = set()
    for statement in statements:
        raised = {}
        for part in parts(statement):
            if (number := _number(part)) is not None and isinstance(part, Power) and isinstance(part.base, Name):
                raised[id(part.base)] = number
                above.setdefault(_key(part.base), set()).add(number)
        bare |= {_key(part) for part in parts(statement) if isinstance(part, Name) and id(part) not in raised}
        if isinstance(statement, Equation) and _number(statement.left) is not None:
            assert isinstance(statement.left, Power)
            assert isinstance(statement.left.base, Name)
            defined.add(_key(statement.left.base))
    found = {key for key, numbers in above.items() if key in defined or numbers & {0, 1}}
    numbers = set().union(*(above[key] for key in found))
    return frozenset(found | {key for key in above if found and key not in bare and above[key] <= numbers})


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
