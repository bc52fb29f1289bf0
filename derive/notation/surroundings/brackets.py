"""Formulas as they are typed: how deep in brackets each character stands, the values between commas, and what is around a formula left out."""

from __future__ import annotations

from derive.notation.written import Written


def bare(line: Written) -> Written:
    """Without the space and the punctuation around it."""
    kept = line.plain.rstrip().rstrip(",.;:").rstrip()
    return line[len(kept) - len(kept.lstrip()) : len(kept)]


def listed(text: Written) -> list[Written]:
    """The values between commas outside brackets."""
    parts, begin = [], 0
    for at, depth in enumerate(depths(text.plain)):
        if depth == 0 and text.plain[at] == ",":
            parts.append(text[begin:at])
            begin = at + 1
    return [bare(each) for each in (*parts, text[begin:])]


def depths(text: str) -> list[int]:
    """How many brackets are open at each character."""
    found, depth = [], 0
    for sign in text:
        found.append(depth)
        depth = depth + 1 if sign in "([{" else max(depth - 1, 0) if sign in ")]}" else depth
    return found
