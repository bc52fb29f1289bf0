r"""Sizes that a page says in numbers, x_t \in \mathbb{R}^{12} and h_t \in \mathbb{R}^{50}, beside equations that make them one."""

from __future__ import annotations

from collections.abc import Iterable

from derive.algebra.nodes import Expr
from derive.errors import ShapeError
from derive.notation.prose.said import Said
from derive.system import System

SIDES = ("rows", "columns")


def refuse_contradicted(said: Iterable[Said], system: System) -> None:
    """Refuse two numbers for one size of a system.

    Args:
        said: what the page says in words.
        system: with its sizes.

    Raises:
        ShapeError: the equations make two sizes one of which the page says different numbers.
    """
    first: dict[Expr, tuple[int, str, Said]] = {}
    for each in said:
        if each.name not in system.variables or not any(size.isdigit() for size in each.sizes):
            continue
        shape = system[each.name].shape
        sizes = each.sizes if shape[0] != 1 or each.sizes[1] != "1" else each.sizes[::-1]
        for side, number, size in zip(SIDES, sizes, shape, strict=True):
            if not number.isdigit() or not size.is_Symbol:
                continue
            count, other_side, other = first.setdefault(size, (int(number), side, each))
            if count != int(number):
                raise ShapeError(
                    f"the equations make the {other_side} of {other.name} and the {side} of {each.name} as many, "
                    f"and the page says {count} and {number}",
                    place=f"{' '.join(other.words.split())} and {' '.join(each.words.split())}",
                    advice="a product with a matrix brings a value to another size; or one of the two numbers is another one",
                )
