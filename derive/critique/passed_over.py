"""Formulas and sentences of a page that are no part of its system."""

from __future__ import annotations

from collections.abc import Iterator

from derive.system import System

MOST, LONGEST = 12, 60
"""How many formulas are shown, and how much of each; of the others the lines are named."""


def passed_over(system: System) -> Iterator[tuple[str, int, str, str]]:
    """Kind, line, fact and advice for each formula, and each sentence, of which nothing is used."""
    shown = list(dict.fromkeys(system.unused))
    for line, text, advice, is_said in shown[:MOST]:
        bare = " ".join(text.replace("`", "'").split())
        quoted = f"`{bare if len(bare) <= LONGEST else f'{bare[: LONGEST - 1]}…'}`"
        yield (
            ("said", line, f"{quoted} is true of nothing that was read", advice)
            if is_said
            else ("not used", line, f"{quoted} is not used", advice)
        )
    if rest := [str(each.line) for each in shown[MOST:]]:
        lines = ", ".join(dict.fromkeys(rest))
        yield (
            "not used",
            int(rest[0]),
            f"{len(rest)} more formulas are not used, in the lines {lines}",
            "if one belongs to the cell, write it as an equation",
        )
