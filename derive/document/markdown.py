"""Blocks to Markdown as GitHub reads it: formulas between dollar signs, pipes for tables, fences for code."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from html import escape

from derive.document.blocks import Block, Code, Equations, Figure, Folded, Heading, Table, Text
from derive.document.inline import CodeSpan, Math, Plain, Reference, Span, Strong, spans
from derive.document.lines import Line, lines
from derive.document.unicode import plain, visible

SIGNS = {"good": "✓", "bad": "✗", "unsure": "?", "": ""}
IN_FORMULAS = {**{each: f"\\{each}" for each in "{}$&%#_"}, "\\": "∖", "^": "ˆ", "~": "∼", "<": "‹", ">": "›", "`": "‘"}
"""Signs that mean something to formulas or to Markdown, inside the text of a formula."""
ROOM = 70
"""How many characters a row of a display shows, more or less, before it is broken between two terms."""


def render(blocks: Sequence[Block], pictures: Sequence[str] = ()) -> str:
    """The page.

    Args:
        blocks: what stands on it.
        pictures: where the pictures are, in order; without it they stand in the text, which some readers do not show.
    """
    places = iter(pictures)
    return "\n\n".join(_block(block, next(places, "") if isinstance(block, Figure) else "") for block in blocks) + "\n"


def _block(block: Block, picture: str) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {inline(block.text)}"
        case Text():
            return inline(block.text)
        case Equations():
            return _equations(block)
        case Code():
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", block.text)), default=0))
            return f"{fence}{block.language}\n{block.text.rstrip()}\n{fence}"
        case Figure():
            place = picture or f"data:image/svg+xml;base64,{b64encode(block.svg.encode()).decode()}"
            return f"![{_escaped(plain(block.caption))}]({place})\n\n{inline(block.caption)}"
        case Table():
            return _table(block)
        case Folded():
            inner = "\n\n".join(_block(each, "") for each in block.blocks)
            return f"<details>\n<summary>{escape(plain(block.summary))}</summary>\n\n{inner}\n\n</details>"


def inline(text: str) -> str:
    """The spans of a text."""
    return "".join(map(_span, spans(text)))


def _span(span: Span) -> str:
    match span:
        case Plain(text):
            return _escaped(text)
        case Math(latex, display):
            return f"\n\n$$\n{latex}\n$$\n\n" if display else f"${unspaced(latex)}$"
        case CodeSpan(text):
            return f"`{text}`"
        case Strong(inner):
            return f"**{''.join(map(_span, inner))}**"
        case Reference(label, _):
            return label


def unspaced(latex: str) -> str:
    """A formula for a line of text without thin spaces: Markdown readers take the backslash from before a comma."""
    return latex.replace(r"\,", "").replace("  ", " ")


def _escaped(text: str) -> str:
    return re.sub(r"[\\`*_{}\[\]<>#|$]", r"\\\g<0>", text)


def _equations(block: Equations) -> str:
    """A display for each numbered equation, as GitHub numbers one to a display, with its working above it and its remark behind it."""
    groups: list[list[Line]] = [[]]
    for line in lines(block):
        groups[-1].append(line)
        if line.number:
            groups.append([])
    return "\n\n".join(_display(group) for group in groups if group)


def _display(group: Sequence[Line]) -> str:
    rows = [row for line in group for row in _rows(line)]
    tag = rf" \tag{{{group[-1].number}}}" if group[-1].number else ""
    if len(rows) == 1:
        row = rows[0].replace(" &= ", " = ", 1).replace(" && ", r" \qquad ")
        return f"$$\n{row}{tag}\n$$"
    body = " \\\\\n".join(rows)
    return f"$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}{tag}\n$$"


def _rows(line: Line) -> list[str]:
    """A line broken between its terms, with its remark at the end."""
    rows = [f"{line.left} &= {line.terms[0]}"]
    seen = visible(line.terms[0])
    for term in line.terms[1:]:
        seen += visible(term)
        if seen > ROOM:
            rows.append(rf"&\quad {term}")
            seen = visible(term)
        else:
            rows[-1] += f" {term}"
    if line.reason:
        rows[-1] += " && " + rf"\text{{{_remark(line.reason)}}}".replace(r"\text{}", "")
    return rows


def _remark(text: str) -> str:
    """A remark inside a formula: its words as text, its formulas as such."""
    return "".join(map(_words, spans(text)))


def _words(span: Span) -> str:
    match span:
        case Strong(inner):
            return "".join(map(_words, inner))
        case Reference(label, _):
            return label
        case Plain(text) | CodeSpan(text):
            return "".join(IN_FORMULAS.get(each, each) for each in text)
        case Math(latex, _):
            return f"}}{latex}\\text{{"


def _table(block: Table) -> str:
    header = ("", *block.header) if block.marks else block.header
    rows = [(SIGNS[block.marks[place]], *row) if block.marks else row for place, row in enumerate(block.rows)]
    written = [_cells(header), "|" + " --- |" * len(header), *map(_cells, rows)]
    caption = f"\n\n{inline(block.caption)}" if block.caption else ""
    return "\n".join(written) + caption


def _cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(inline(cell).replace("\n", " ") for cell in cells) + " |"
