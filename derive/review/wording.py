"""How remarks are worded: what is in the notation of equations stands between backticks, as on a page of Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def code(text: str) -> str:
    """Something in the notation of equations."""
    return f"`{text}`"


def plain(text: str) -> str:
    """A sentence without the marks."""
    return text.replace("`", "")


def listed(names: Sequence[str]) -> str:
    """Things in a row: a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
