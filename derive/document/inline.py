"""The text inside a block to spans: what is plain, mathematics, code, important, a reference. See the head of `blocks.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass

SPAN = re.compile(
    r"\\(?P<escaped>[\\$*`\[])"
    r"|\$\$(?P<display>.+?)\$\$"
    r"|\$(?P<math>.+?)\$"
    r"|\*\*(?P<strong>.+?)\*\*"
    r"|`(?P<code>[^`]+)`"
    r"|\[(?P<label>[^\]]+)\]\(#(?P<target>[\w-]+)\)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Plain:
    """Characters as they are."""

    text: str


@dataclass(frozen=True)
class Math:
    """A formula in LaTeX; `display` on a line of its own."""

    latex: str
    display: bool = False


@dataclass(frozen=True)
class CodeSpan:
    """Characters in a fixed-width face."""

    text: str


@dataclass(frozen=True)
class Strong:
    """Spans that are emphasized."""

    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Reference:
    """A label that leads to a place on the page."""

    label: str
    target: str


Span = Plain | Math | CodeSpan | Strong | Reference


def spans(text: str) -> tuple[Span, ...]:
    """The spans of a text, in order. A sign without its partner is a plain one."""
    found: list[Span] = []
    end = 0
    for match in SPAN.finditer(text):
        if match.start() > end:
            found.append(Plain(text[end : match.start()]))
        end = match.end()
        found.append(_span(match))
    if end < len(text):
        found.append(Plain(text[end:]))
    return tuple(found)


def _span(match: re.Match[str]) -> Span:
    match match.lastgroup:
        case "escaped":
            return Plain(match["escaped"])
        case "display":
            return Math(match["display"], display=True)
        case "math":
            return Math(match["math"])
        case "strong":
            return Strong(spans(match["strong"]))
        case "code":
            return CodeSpan(match["code"])
        case _:
            return Reference(match["label"], match["target"])


def literal(text: str) -> str:
    """Text that a person gave, so that it is shown as it is."""
    return re.sub(r"[\\$*`\[]", r"\\\g<0>", text)


def reference(number: int) -> str:
    """A reference to the equation of that number."""
    return f"[({number})](#eq-{number})"
