"""Names with a prime that may be transposed ones, as in w' h_t: they are refused, with both readings, unless
the page says that a prime transposes.

A capital letter with a prime before a value is a matrix either way, of which nothing else is known: W' h_t is read as one of another name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from derive.notation.pieces import Piece
from derive.notation.tree import Equation, Name, Operator, Product, Row, Transposed, Tree, names, parts, rewritten
from derive.notation.written import Wrong

MARK = "_prime"
SAID = re.compile(
    r"(?:\bprimes?|\bapostrophe|['′])[`$)”\"]*\s*(?:denotes?|is|means?|stands? for|indicates?|=|:|表示|为|是)\s*(?:the |a |an |matrix )*transpos"
    r"|transpos\w+\s+(?:is|are)\s+(?:denoted|written|marked)\s+(?:by|with|as)\s+(?:a |an )?"
    r"(?:prime|apostrophe|[`$(“\"]*['′])|(?:撇号?|['′])[^。]{0,6}转置",
    re.IGNORECASE,
)
"""That a prime transposes."""
STEMS = ("ranspos", "RANSPOS", "转置")
"""What it has in it."""


def transposed(pieces: list[Piece], words: str) -> list[Piece]:
    """The pieces of a page, with w^T in the place of w' where it says that a prime transposes."""
    if not any(stem in words for stem in STEMS) or not SAID.search(words):
        return pieces

    def change(node: Tree) -> Tree | None:
        if not isinstance(node, Name) or not node.whole.endswith(MARK):
            return None
        base, labels = (
            (node.base, (*node.labels[:-1], node.labels[-1].removesuffix(MARK))) if node.labels else (node.base.removesuffix(MARK), ())
        )
        base = base.removesuffix(MARK)
        return Transposed(replace(node, base=base, labels=tuple(filter(None, labels))), place=node.place)

    return [replace(each, statement=rewritten(each.statement, change)) for each in pieces]


def refuse_primes(pieces: Collection[Piece], known: Collection[str]) -> None:
    """Refuse a small letter with a prime that has no equation and stands before a factor.

    Args:
        pieces: what the page says.
        known: the names of values that have equations elsewhere.

    Raises:
        Wrong: there is one; at an offset of the page.
    """
    defined = {name.whole for piece in pieces if isinstance(piece.statement, Equation) for name in names(piece.statement.left)}.union(known)
    for piece in pieces:
        for name in _before_factors(piece.statement):
            if name.base.endswith(MARK) and name.base[0].islower() and not {name.base, name.whole} & defined:
                shown = piece.shown(name.place)
                at = shown.find("'") if "'" in shown else shown.find("′")
                if at < 0:
                    continue
                place = piece.offset(name.place.start)
                bare = shown[:at] + shown[at + 1 :]
                top = rf"{bare}^\top" if piece.is_latex else f"{bare}^T"
                other = rf"\tilde{{{shown[:at]}}}{shown[at + 1 :]}" if piece.is_latex else f"{shown[:at]}_prime{shown[at + 1 :]}"
                remedies = tuple(((place, place + len(shown), text),) for text in (top, other))
                raise Wrong(f"{shown} may be {bare} transposed, or a name with a prime", f"write {top}, or give it another name, {other}",
                            place, remedies=remedies)  # fmt: skip


def _before_factors(statement: Tree) -> Iterator[Name]:
    """The names that multiply what stands behind them."""
    for part in parts(statement):
        if isinstance(part, Row | Product):
            factors = [part.first, *(each for _, each in part.rest)]
            for before, (operator, _) in zip(factors, part.rest, strict=False):
                if isinstance(before, Name) and operator in (Operator.BESIDE, Operator.STAR):
                    yield before
