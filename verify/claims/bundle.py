"""What a function is given in one piece, a cache, a table of parameters or a list of caches: its parts are known by the names they are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class Bundle:
    """Values that are handed over together.

    Args:
        name: what it is called.
        part_named: the value of a part by its name and the step it is of, which is None of all steps; raises LookupError.
        count: how many steps there are.
        step: of which step it is, from 0, or None.
        names: of what is in it where it is gone through as a table of parameters.
        values: the names of all that may be in it, for messages.
    """

    def __init__(
        self,
        name: str,
        part_named: Callable[[str, int | None], Any],
        count: int,
        step: int | None = None,
        names: Sequence[str] = (),
        values: str = "",
    ) -> None:
        self.name, self.part_named, self.count, self.step, self.names, self.values = name, part_named, count, step, names, values

    def of(self, name: str, step: int | None) -> Bundle:
        """The same by another name, or of one step."""
        return Bundle(name, self.part_named, self.count, step, self.names, self.values)

    @property
    def unknown(self) -> str:
        """What is told where a number is needed in its place."""
        return f"nothing is known of {self.name}; use the names of the page of the cell: {self.values}"

    def named(self, name: str) -> Any:
        """A part of it; a part of which nothing is known has parts itself."""
        try:
            return self.part_named(name, self.step)
        except LookupError:
            return self.of(name, self.step)

    def has(self, name: object) -> bool:
        """Whether it has a part of that name."""
        return not isinstance(self.named(str(name)), Bundle)

    def part(self, index: Any) -> Any:
        """A part by its name, or what belongs to one step."""
        if isinstance(index, str):
            return self.named(index)
        if isinstance(index, slice):
            return self.steps()[index]
        if self.step is not None or isinstance(index, bool) or not isinstance(index, int):
            raise TypeError(self.unknown)
        return self.steps()[index]

    def steps(self) -> list[Bundle]:
        """What belongs to each step."""
        if self.step is not None:
            raise TypeError("what belongs to one step has no steps")
        return [self.of(self.name, step) for step in range(self.count)]

    def __len__(self) -> int:
        return self.count
