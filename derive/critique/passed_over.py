"""Formulas of a page that are no part of its system."""

from __future__ import annotations

from collections.abc import Iterator

from derive.system import System

MOST, LONGEST = 12, 60
"""How many formulas are shown, and how much of each; of the others the lines are named."""


def passed_over(system: System) -> Iterator[tuple[int, str, str]]:
    """Line, fact and advice for each formula of which nothing is used."""
    shown = list(dict.fromkeys(system.unused))
    for line, text, advice in shown[:MOST]:
        bare = " ".join(text.replace("`", "'").split())
        yield line, f"`{bare if len(bare) <= LONGEST else f'{bare[: LONGEST - 1]}…'}` is not used", advice
    if rest := [str(each.line) for each in shown[MOST:]]:
        lines = ", ".join(dict.fromkeys(rest))
        yield (
            int(rest[0]),
            f"{len(rest)} more formulas are not used, in the lines {lines}",
            "if one belongs to the cell, write it as an equation",
        )
