r"""Blocks to a LaTeX article that compiles with amsmath alone (and graphicx where it has pictures).

The equations keep their numbers by \tag and are referred to by \ref. Characters that pdflatex does not have are an error that names them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from derive.document.blocks import Block, Code, Equations, Figure, Folded, Heading, Table, Text
from derive.document.inline import CodeSpan, Math, Plain, Reference, Span, Strong, spans
from derive.document.lines import Line, homes, lines
from derive.document.unicode import plain, visible
from derive.errors import InputError

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "–": "--", "—": "---", '"': "''", "‘": "`", "’": "'", "“": "``", "”": "''", "…": r"\ldots{}",
    "×": r"$\times$", "≤": r"$\le$", "≥": r"$\ge$", "±": r"$\pm$", "−": r"$-$", "·": r"$\cdot$", "→": r"$\to$", "⊙": r"$\odot$",
    "∂": r"$\partial$", "²": r"$^2$", "³": r"$^3$", "✓": r"$\surd$", "✗": r"$\times$",
}  # fmt: skip
LEVELS = {2: "section*", 3: "subsection*", 4: "paragraph"}
ROOM = 88
"""How many characters a line holds, more or less."""
MARKS = {"good": "✓", "bad": "✗", "unsure": "?", "": ""}
HEAD = r"""\documentclass[11pt]{article}
\usepackage{amsmath}
%(packages)s\setlength{\textwidth}{160mm}
\setlength{\oddsidemargin}{0mm}
\setlength{\topmargin}{-12mm}
\setlength{\textheight}{235mm}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt plus 2pt}
\allowdisplaybreaks
\begin{document}
"""


def render(blocks: Sequence[Block], pictures: Sequence[str] = ()) -> str:
    """The source of the article.

    Args:
        blocks: what stands in it.
        pictures: where the pictures are as PDF files, in order; without it their captions stand alone.

    Raises:
        InputError: a text holds characters that the article cannot show.
    """
    places = iter(pictures)
    home = homes(blocks)
    written = [_block(place, block, home, next(places, "") if isinstance(block, Figure) else "") for place, block in enumerate(blocks)]
    packages = "\\usepackage{graphicx}\n" if pictures else ""
    source = HEAD % {"packages": packages} + "\n\n".join(written) + "\n\\end{document}\n"
    _refuse_unknown(source)
    return source


def _folded(block: Folded) -> str:
    """It in small print; its summary alone if it quotes letters that the article cannot show."""
    inner = "\n\n".join(_block(0, each, {}, "") for each in block.blocks)
    if _unknown(inner):
        inner = "(The HTML form shows it whole.)"
    return f"\\begin{{footnotesize}}\n{inline(block.summary)}\n\n{inner}\n\\end{{footnotesize}}"


def _unknown(source: str) -> list[str]:
    """The letters that the article cannot show."""
    return list(dict.fromkeys(each for each in source if ord(each) > 0x17F))


def _refuse_unknown(source: str) -> None:
    if unknown := _unknown(source):
        raise InputError(f"LaTeX has no letters here for {''.join(unknown[:12])}", advice="write the page as HTML, or as PDF")


def _block(place: int, block: Block, home: Mapping[int, int], picture: str) -> str:
    match block:
        case Heading():
            return _heading(block)
        case Text():
            return inline(block.text)
        case Equations():
            return _equations(place, block, home)
        case Code():
            return f"\\begin{{small}}\\begin{{verbatim}}\n{block.text.rstrip()}\n\\end{{verbatim}}\\end{{small}}"
        case Figure():
            drawn = rf"\includegraphics[width=\textwidth]{{{picture}}}" + "\n\n" if picture else ""
            return f"\\begin{{center}}\n{drawn}{inline(block.caption)}\n\\end{{center}}"
        case Table():
            return _table(block)
        case Folded():
            return _folded(block)


def _heading(block: Heading) -> str:
    if block.level == 1:
        return f"\\begin{{center}}\\LARGE {inline(block.text)}\\end{{center}}"
    return f"\\{LEVELS[min(block.level, 4)]}{{{inline(block.text)}}}"


def inline(text: str) -> str:
    """The spans of a text."""
    return "".join(map(_span, spans(text)))


def _span(span: Span) -> str:
    match span:
        case Plain(text):
            return escaped(text)
        case Math(latex, display):
            return f"\n\\[\n{latex}\n\\]\n" if display else f"${latex}$"
        case CodeSpan(text):
            return rf"\texttt{{{escaped(text)}}}"
        case Strong(inner):
            return rf"\textbf{{{''.join(map(_span, inner))}}}"
        case Reference(label, target):
            return rf"(\ref{{{target}}})" if re.fullmatch(r"eq-\d+", target) else escaped(label)


def escaped(text: str) -> str:
    """Text with the signs that mean something to LaTeX, and those that its fonts lack, as commands."""
    return "".join(SPECIAL.get(each, each) for each in text)


def _equations(place: int, block: Equations, home: Mapping[int, int]) -> str:
    """Lines aligned at the equals sign; remarks in a column of their own where there is room for one, numbers at the right edge."""
    shown = list(lines(block))
    broken = [_broken(line) for line in shown]
    left = max(visible(line.left) for line in shown)
    remarks = max(len(plain(line.reason)) for line in shown)
    is_beside = left + max(visible(row) for rows in broken for row in rows) + remarks <= ROOM
    written = [_rows(line, rows, is_beside, home.get(line.number) == place) for line, rows in zip(shown, broken, strict=True)]
    return "\\begin{align}\n" + " \\\\\n".join(row for rows in written for row in rows) + "\n\\end{align}"


def _broken(line: Line) -> list[str]:
    """The right side in rows that fit, broken between its terms."""
    rows = [line.terms[0]]
    for term in line.terms[1:]:
        if visible(rows[-1]) + visible(term) > ROOM - 20:
            rows.append(term)
        else:
            rows[-1] += f" {term}"
    return rows


def _rows(line: Line, broken: Sequence[str], is_beside: bool, is_home: bool) -> list[str]:
    """A line's rows, the remark beside or below the last one; the number stands at the end of it."""
    rows = [f"{line.left} &= {broken[0]}", *(rf"&\quad {row}" for row in broken[1:])]
    remark = rf"\text{{\small {inline(line.reason)}}}" if line.reason else ""
    if remark and is_beside:
        rows[-1] += f" && {remark}"
    elif remark:
        rows.append(rf"&\quad {remark}")
    rows[:-1] = [rf"{row} \notag" for row in rows[:-1]]
    if line.number:
        rows[-1] += rf" \tag{{{line.number}}}" + (rf" \label{{eq-{line.number}}}" if is_home else "")
    else:
        rows[-1] += r" \notag"
    return rows


def _table(block: Table) -> str:
    header = ("", *block.header) if block.marks else block.header
    rows = [(MARKS[block.marks[place]], *row) if block.marks else row for place, row in enumerate(block.rows)]
    head = " & ".join(rf"\textbf{{{inline(cell)}}}" if cell else "" for cell in header)
    body = " \\\\\n".join(" & ".join(map(inline, row)) for row in rows)
    caption = f"\n\n{inline(block.caption)}" if block.caption else ""
    table = f"\\begin{{tabular}}{{{_columns([header, *rows])}}}\n{head} \\\\ \\hline\n{body}\n\\end{{tabular}}"
    return f"\\begin{{center}}\n\\renewcommand{{\\arraystretch}}{{1.3}}\n{table}{caption}\n\\end{{center}}"


def _columns(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their cells; of a table that is wider than the page, columns that share its width and wrap."""
    widths = [max(2, *(len(plain(cell)) for cell in column)) for column in zip(*rows, strict=True)]
    if sum(widths) + 3 * len(widths) <= ROOM:
        return "l" * len(widths)
    shares = [max(width, ROOM / 12) for width in widths]
    return "".join(rf"p{{{0.9 * share / sum(shares):.2f}\textwidth}}" for share in shares)
