r"""Formulas that cannot be read and need not be, as the page says without them all that it computes.

y_k = \sum_{j=0}^{k-1} K_j u_{k-j}       where y_k = c^\top x_k is read too: the same value in another form
K_j = c^\top \bar A^j \bar B              what only such a form reads
E = -\frac12 v^\top W v + \int ...       the energy, a value of no step, which no equation reads
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from derive.notation.pieces import Piece
from derive.notation.surroundings.needed import Left
from derive.notation.tree import Equation, names
from derive.notation.written import Written


def passed_over(
    kept: Mapping[int, Written], wrong: Collection[int], found: Collection[Piece], lefts: Callable[[int], tuple[Left, ...]], time: str
) -> list[int]:
    """The places of the formulas that are passed over.

    Args:
        kept: the formulas that count, by place.
        wrong: the places of those that cannot be read.
        found: what the others say.
        lefts: what a formula defines, by its place.
        time: the letter of the time.
    """
    equations = [each.statement for each in found if isinstance(each.statement, Equation)]
    defined = {name for each in equations for name in names(each.left) if name.time == 0}
    read = {name.whole for each in equations for name in names(each.right)}
    own = {place: [name for left in lefts(place) for name in left.names] for place in kept} if wrong and defined else {}
    forms = [place for place in wrong if own.get(place) and all(name in defined for name in own[place])]
    beside = [kept[place].plain for place in forms]
    idle = (place for place, those in own.items() if those and not any(name.whole in read or name.time is not None for name in those))
    return [
        *forms,
        *(
            place
            for place in idle
            if any(_head(kept[place].plain) in each for each in beside)
            or (place in wrong and own[place][0].base.isupper() and _is_of_no_step(kept[place], time))
        ),
    ]


def _head(written: str) -> str:
    """The letters of what a formula defines, without its index."""
    return re.split(r"[_^=(]", written.strip(), maxsplit=1)[0].strip()


def _is_of_no_step(formula: Written, time: str) -> bool:
    """Whether a formula reads nothing at a step, as a loss does."""
    letter = rf"(?<![A-Za-z\\]){time}(?![A-Za-z])"
    index = rf"[_^]\s*\{{?[^{{}}]{{0,20}}{letter}|[(\[]\s*{letter}\s*[)\]+-]|\\sum\s*(?:\\limits)?\s*_\s*\{{?\s*{letter}|[_^]\s*\{{?\s*\(?\s*T\b"
    return re.search(index, formula.plain) is None
