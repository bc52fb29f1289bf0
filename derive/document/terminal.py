"""Blocks to text for a terminal: equations in Unicode, aligned and numbered, colour where the terminal has it.

`render` gives the characters without colour, for a file; `show` prints to a console.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table as Grid
from rich.text import Text as Styled

from derive.document.blocks import Block, Code, Equations, Figure, Folded, Heading, Table, Text
from derive.document.inline import CodeSpan, Math, Plain, Reference, Span, Strong, spans
from derive.document.lines import Line, lines
from derive.document.unicode import terms, unicode

WIDEST = 110
INDENT, WHOLE, FEW = 2, 26, 4
"""Of a table: its indent, the widest first column that is not broken, and how many others always stand side by side."""
SIGNS = {"good": ("✓", "green"), "bad": ("✗", "red"), "unsure": ("?", "yellow"), "": ("", "")}


def render(blocks: Sequence[Block], width: int = 100) -> str:
    """The page as plain text, `width` characters wide at most."""
    out = StringIO()
    show(blocks, Console(file=out, width=width, no_color=True, highlight=False, force_terminal=False))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def coloured(blocks: Sequence[Block]) -> str:
    """The page as standard output can show it: with colours and as wide as it is, if it is a terminal."""
    console = Console(highlight=False)
    with console.capture() as captured:
        show(blocks, console)
    return captured.get()


def show(blocks: Sequence[Block], console: Console | None = None) -> None:
    """Print the page; NO_COLOR and the console's width are respected."""
    console = console or Console(highlight=False)
    width = min(console.width, WIDEST)
    for place, block in enumerate(blocks):
        if place:
            console.print()
        console.print(_block(block, width), width=width)


def _block(block: Block, width: int) -> RenderableType:
    match block:
        case Heading():
            return _heading(block)
        case Text():
            return _paragraph(block)
        case Equations():
            return _equations(block, width)
        case Code():
            source = Syntax(block.text.rstrip(), block.language, theme="ansi_light", background_color="default", word_wrap=True)
            return Padding(source, (0, 0, 0, 4))
        case Figure():
            return _styled(f"[a picture; the HTML and PDF forms show it] {block.caption}", "dim")
        case Table():
            return _table(block, width)
        case Folded():
            return _styled(f"{block.summary} [the HTML and PDF forms show it whole]", "dim")


def _heading(block: Heading) -> RenderableType:
    title = _styled(block.text, "bold")
    underline = {1: "═", 2: "─"}.get(block.level)
    return Group(title, Styled(underline * title.cell_len, "dim")) if underline else title


def _styled(text: str, style: str = "") -> Styled:
    found = Styled(style=style)
    for span in spans(text):
        _append(found, span)
    return found


def _append(found: Styled, span: Span, style: str = "") -> None:
    match span:
        case Plain(text):
            found.append(text, style)
        case Math(latex, _):
            found.append(unicode(latex), style)
        case CodeSpan(text):
            found.append(text, f"{style} cyan".strip())
        case Strong(inner):
            for each in inner:
                _append(found, each, "bold")
        case Reference(label, _):
            found.append(label, style)


def _paragraph(block: Text) -> RenderableType:
    """A paragraph; displayed formulas on lines of their own."""
    pieces: list[RenderableType] = []
    running = Styled()
    for span in (*spans(block.text), Math("", display=True)):
        if isinstance(span, Math) and span.display:
            pieces += [_trimmed(running), Padding(Styled(unicode(span.latex)), (1, 0, 1, 4))]
            running = Styled()
        else:
            _append(running, span)
    return Group(*(piece for piece in pieces[:-1] if not isinstance(piece, Styled) or piece))


def _trimmed(text: Styled) -> Styled:
    """A text without the spaces at its ends."""
    return text[len(text.plain) - len(text.plain.lstrip()) : len(text.plain.rstrip())]


def _equations(block: Equations, width: int) -> RenderableType:
    """Lines aligned at the equals sign, remarks in a column of their own where there is room for one, numbers at the right edge."""
    shown = list(lines(block))
    lefts = [Styled(unicode(line.left) if line.left else "") for line in shown]
    edge = 2 + max(left.cell_len for left in lefts)
    end = width - max(len(_number(line)) for line in shown)
    remarks = [_styled(line.reason) for line in shown]
    rights = [_broken(line, end - edge - 4) for line in shown]
    column = edge + 6 + max(cell_len(row) for rows in rights for row in rows)
    is_beside = column + max(remark.cell_len for remark in remarks) + 2 <= end
    found = Styled(no_wrap=True)
    for line, left, rows, remark in zip(shown, lefts, rights, remarks, strict=True):
        left.align("right", edge)
        rows[0] = f"{left.plain} = {rows[0]}"
        rows[1:] = [f"{' ' * (edge + 3)}{row}" for row in rows[1:]]
        tail = [Styled(row) for row in rows]
        if remark and is_beside:
            tail[-1].pad_right(column - tail[-1].cell_len)
            tail[-1].append(remark.plain, "dim")
        elif remark:
            tail.append(Styled(" " * (edge + 5)).append(remark.plain, "dim"))
        number = _number(line)
        if number:
            tail[0].pad_right(width - len(number) - tail[0].cell_len)
            tail[0].append(number)
        for each in tail:
            found.append_text(each).append("\n")
    found.right_crop(1)
    return found


def _number(line: Line) -> str:
    return f"({line.number})" if line.number else ""


def _broken(line: Line, room: int) -> list[str]:
    """The right side in rows no longer than the room, if its terms are not; the later ones begin with their sign."""
    first, *rest = terms(line.terms)
    rows = [first]
    for term in rest:
        if cell_len(rows[-1]) + 1 + cell_len(term) > room:
            rows.append(term)
        else:
            rows[-1] += f" {term}"
    return rows


def _longest(column: Sequence[str]) -> int:
    """The length of the longest word of a column."""
    return max((len(word) for cell in column for word in cell.split()), default=0)


def _table(block: Table, width: int) -> RenderableType:
    caption = [_styled(block.caption, "dim")] if block.caption else []
    grids = [_grid(part, width) for part in _folded(block, width)]
    return Padding(Group(*(Padding(grid, (0, 0, 1, 0)) for grid in grids[:-1]), grids[-1], *caption), (0, 0, 0, INDENT))


def _folded(block: Table, width: int) -> list[Table]:
    """A table; if it has many columns that do not fit side by side, several ones with its first column."""
    first, *others = zip(block.header, *block.rows, strict=True)
    room = width - INDENT - 2 * bool(block.marks) - max(min(cell_len(first[0]), 12), *(min(cell_len(cell), WHOLE) for cell in first[1:]))
    groups: list[list[int]] = [[]]
    used = 0
    for place, column in enumerate(others, start=1):
        used += _longest(column) + 2
        if used > room and len(others) > FEW:
            groups.append([])
            used = _longest(column) + 2
        groups[-1].append(place)
    return [replace(block, header=_of(block.header, own), rows=tuple(_of(row, own) for row in block.rows)) for own in groups]


def _of(row: tuple[str, ...], places: Sequence[int]) -> tuple[str, ...]:
    """The first cell of a row and those at places."""
    return (row[0], *(row[place] for place in places))


def _grid(block: Table, width: int) -> Grid:
    widest = max((len(row[0]) for row in block.rows if row and not set(row[0]) & set("$[")), default=0)
    columns = list(zip(block.header, *block.rows, strict=True))
    between = INDENT + 3 * (len(columns) + bool(block.marks))
    is_narrow = max(_longest(columns[0]), min(widest, WHOLE)) + sum(map(_longest, columns[1:])) + between > width
    is_broken = sum(max(map(cell_len, column)) for column in columns) + between > width
    padding = (0, 1, 0, 0) if is_narrow else (0, 1)
    grid = Grid(box=box.SIMPLE_HEAD, padding=padding, pad_edge=False, title_justify="left", show_edge=False)
    if block.marks:
        grid.add_column("")
    for place, (cell, *column) in enumerate(columns):
        is_whole = place == 0 and widest <= WHOLE
        across = max(widest, 12) if is_whole else max(_longest([cell]), *map(cell_len, column), 1)
        head = textwrap.fill(cell, across, break_long_words=False) if is_whole or is_broken else cell
        grid.add_column(_styled(head), no_wrap=is_whole, min_width=min(_longest([cell]), 12))
    for place, row in enumerate(block.rows):
        mark = [Styled(*SIGNS[block.marks[place]])] if block.marks else []
        grid.add_row(*mark, *map(_styled, row))
    return grid
