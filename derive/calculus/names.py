"""Names for what a derivation introduces: adjoints, tangents, upstream gradients, intermediates. Always new, always the same."""

from __future__ import annotations

from collections.abc import Collection


def fresh(wanted: str, taken: Collection[str]) -> str:
    """The wanted name, or the first of wanted2, wanted3, ... that is not taken."""
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f"{wanted}{count}"
    return name


def marked(name: str, mark: str) -> str:
    """A name with a mark on its letter: marked("W_f", "bar") is "Wbar_f"."""
    letter, *rest = name.split("_")
    return "_".join([letter + mark, *rest])
