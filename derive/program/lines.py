"""Lines of emitted code with their comments, and branches among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from derive.program.escaping import escaped

INDENT = "    "
WIDTH = 128
"""The longest line of code and comment."""

Line = tuple[str, str]
"""Code and its comment, which may be empty."""


def code_of(line: str) -> str:
    """A line of code without its comment; no literal in it has a #."""
    return line.partition("#")[0]


@dataclass(frozen=True)
class Branch:
    """Lines that run where a condition holds, and those that run elsewhere; `told` is the condition as the equations have it."""

    condition: str
    told: str
    lines: tuple[Line | Branch, ...]
    others: tuple[Line | Branch, ...] = ()


def flattened(lines: Iterable[Line | Branch]) -> list[Line]:
    """Lines with their branches spelled out; neighbours with one condition are one branch."""
    written: list[Line] = []
    for each in _merged(lines):
        if not isinstance(each, Branch):
            written.append(each)
            continue
        written.append((f"if {each.condition}:", each.told))
        written += [(INDENT + code, comment) for code, comment in flattened(each.lines)]
        if each.others:
            written.append(("else:", ""))
            written += [(INDENT + code, comment) for code, comment in flattened(each.others)]
    return written


def _merged(lines: Iterable[Line | Branch]) -> list[Line | Branch]:
    merged: list[Line | Branch] = []
    for each in lines:
        last = merged[-1] if merged else None
        if isinstance(each, Branch) and isinstance(last, Branch) and each.condition == last.condition:
            merged[-1] = Branch(last.condition, last.told, (*last.lines, *each.lines), (*last.others, *each.others))
        else:
            merged.append(each)
    return merged


def annotated(lines: Iterable[Line | Branch]) -> list[str]:
    """Lines of code with their comments beside them in one column, or above where a line would be too long."""
    pairs = [(code, escaped(comment)) for code, comment in flattened(lines)]
    column = max((len(code) for code, comment in pairs if comment and len(code) <= 48), default=0) + 2
    written = []
    for code, comment in pairs:
        if not comment:
            written.append(code)
        elif len(code) < column and column + len(comment) + 2 <= WIDTH:
            written.append(f"{code:<{column}}# {comment}")
        else:
            written += [f"{code[: len(code) - len(code.lstrip())]}# {comment}", code]
    return written
