"""The updates of a system as forms over named indices, block by block."""

from __future__ import annotations

from collections.abc import Iterable

from derive.algebra.nodes import Expr
from derive.system import System
from verify.equivalence.updates import Updates
from verify.proof.entries import Blocks, Reader, extent
from verify.proof.normal_form import Form


class Reading:
    """The forms of the updates of a system.

    Args:
        updates: of the system.
        beside: systems whose blocks cut the sizes too.
    """

    def __init__(self, updates: Updates, beside: Iterable[System] = ()) -> None:
        self.updates, self.system = updates, updates.system
        self.reader = Reader(self.system, Blocks([updates.short, *beside]), {})
        self.parameters = frozenset(each.name for each in self.system.parameters)
        self.known: dict[str, list[Form]] = {}

    def forms(self, name: str) -> list[Form]:
        """The update of a state or output by blocks, each over the free indices i and j."""
        if name not in self.known:
            right = self.updates.rights[name]
            places = self.reader.places(self.system[name].symbol)
            self.known[name] = [self.reader.entry(right, row.labelled("i"), column.labelled("j")) for row, column in places]
        return self.known[name]

    @staticmethod
    def extent(size: Expr) -> Form:
        """A size as a form."""
        return extent(size)
