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
    """

    def __init__(
        self, name: str, part_named: Callable[[str, int | None], Any], count: int, step: int | None = None, names: Sequence[str] = ()
    ) -> None:
        self.name, self.part_named, self.count, self.step, self.names = name, part_named, count, step, names

    def named(self, name: str) -> Any:
        """A part of it; a part of which nothing is known has parts itself."""
        try:
            return self.part_named(name, self.step)
        except LookupError:
            return Bundle(name, self.part_named, self.count, self.step, self.names)

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
            raise TypeError("a part of it has a name")
        return self.steps()[index]

    def steps(self) -> list[Bundle]:
        """What belongs to each step."""
        if self.step is not None:
            raise TypeError("what belongs to one step has no steps")
        return [Bundle(self.name, self.part_named, self.count, step, self.names) for step in range(self.count)]

    def __len__(self) -> int:
        return self.count
