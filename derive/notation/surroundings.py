r"""Where formulas stand on a page: Markdown, LaTeX, or equations alone.

In Markdown equations stand in code blocks (indented by four spaces, or fenced), in the plain notation or in LaTeX, and in mathematics
(`$...$`, `$$...$$`, `\[...\]`, `align` and its like). In LaTeX they stand in mathematics; declarations stand in comments, `% bptt: output h`.
A text with neither is read as equations, a line each; `#` begins a comment there. All else is prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from derive.notation.fates import stray
from derive.notation.fragments import fragments
from derive.notation.pieces import Source
from derive.notation.plain_names import LOW
from derive.notation.regions import regions
from derive.notation.typed import narrowed, unnumbered
from derive.notation.written import Written

NOTE = re.compile(r"(Year|Reference|Source|Role|Variant|Hint):\s*(.+)")
PLAIN_DECLARATION = re.compile(
    r"\s*(?:outputs?|inputs?|scalars?|vectors?|matrix|matrices|constants?|distribution|loss)\s+([^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)*)"
    r"(?:\s*=\s*[-+0-9.eE]+)?"
)
OTHER_DECLARATION = re.compile(r"\s*(?:boundary|shape|init)\s+([^\W\d]\w*)\s*=\s*\S.*")
COMMAND = re.compile(r"\\[A-Za-z]{2}|\\\\|\\[,;!]")
DECLARATION = re.compile(r"\s*%+\s*bptt:(.*)")


STEP_SIZE = re.compile(r"\\[Dd]elta\s*(?:\{t\}|t)(?![A-Za-z_^])")
"""What is called dt, written out."""
LAGGED = re.compile(r"(?:[({\[<|]|\\langle|\\mid)\s*([a-su-z])\s*[+\-−]\s*[0-9]+\s*[)}\]>\\|]")
LOWERED = re.compile(f"([{''.join(letter for letter, meant in LOW.items() if meant.isalpha())}])[₊₋][₀-₉]")


@dataclass(frozen=True)
class Found:
    """A formula before it is read.

    Attributes:
        written: where it stands.
        is_latex: whether it is in LaTeX.
        is_inline: whether it stands in the midst of prose.
        counts: whether it has the form of an equation or a declaration, where these are read.
    """

    written: Written
    is_latex: bool = True
    is_inline: bool = False
    counts: bool = True


def formulas(text: str, source: Source) -> tuple[dict[str, str], list[Found]]:
    """The notes of a page, and all that looks like mathematics on it, in its order.

    Raises:
        Wrong: mathematics does not end; at an offset.
    """
    marked, rest = regions(text)
    notes, inside, outside = _lines(rest, source)
    found = [each for region in marked for each in _displayed(region.source, region.is_paired, region.is_inline)]
    found = [*found, *_coded(inside)]
    if not any(each.counts for each in found):
        found, outside = [*found, *_bare(outside)], []
    found = [each for each in found if each.written.plain.strip()]
    found += _declared(outside, found, is_read=bool(marked))
    found += [Found(_stripped(each), is_latex=False, counts=False) for each in stray(text, marked, outside)]
    return notes, sorted((each for each in found if each.written.columns), key=lambda each: each.written.columns[0])


def _displayed(source: Written, is_paired: bool = False, is_inline: bool = False) -> Iterator[Found]:
    """The formulas in LaTeX."""
    for each, counts in fragments(source, is_paired):
        yield Found(each, True, is_inline, counts)


def _lines(rest: str, source: Source) -> tuple[dict[str, str], list[Written], list[Written]]:
    """The notes of a page without its mathematics, its lines in code blocks, and its other lines."""
    notes: dict[str, str] = {}
    inside: list[Written] = []
    outside: list[Written] = []
    fenced, note = False, ""
    for raw, start, whole in zip(rest.splitlines(), source.starts, source.lines, strict=False):
        if not raw.strip():
            note = ""
            continue
        line = Written(narrowed(raw), tuple(range(start, start + len(raw))))
        if declared := DECLARATION.fullmatch(raw):
            inside.append(line[declared.start(1) :])
        elif raw.lstrip().startswith("```"):
            fenced, note = not fenced, ""
        elif fenced or (raw.startswith(("    ", "\t")) and raw == whole and not note):
            inside.append(line)
        elif raw.startswith("# ") and "title" not in notes:
            notes["title"] = raw[2:].strip()
        elif found := NOTE.fullmatch(raw.strip(" \t%")):
            note = found[1].lower()
            notes[note] = found[2]
        elif note:
            notes[note] += f" {raw.strip()}"
        else:
            note = ""
            outside.append(line)
    return notes, inside, outside


def _declared(lines: Iterable[Written], found: Iterable[Found], is_read: bool) -> Iterator[Found]:
    """Lines outside code that declare something of names in the equations: "vector A"; they count where equations stand so too."""
    text = STEP_SIZE.sub(" dt ", " ".join(each.written.plain for each in found))
    for line in map(_stripped, lines):
        declared = PLAIN_DECLARATION.fullmatch(line.plain)
        other = None if declared else OTHER_DECLARATION.fullmatch(line.plain)
        names = (declared or other or [""] * 2)[1]
        if names and all(re.search(rf"(?<![^\W_]){re.escape(name.strip())}(?![^\W_])", text) for name in names.split(",")):
            yield Found(line, is_latex=False, counts=is_read and declared is not None)


def _coded(lines: Iterable[Written]) -> Iterator[Found]:
    """The lines of code blocks: of the plain notation, or of LaTeX where a line has a command."""
    for line in map(_stripped, lines):
        if COMMAND.search(line.plain):
            yield from _displayed(line)
        elif line.plain:
            yield Found(line, is_latex=False)


def _bare(lines: list[Written]) -> Iterator[Found]:
    """The equations of a text that is nothing else; with line ends in LaTeX it is one display."""
    if any(re.search(r"\\\\\s*(\[[^\]]*\]\s*)?$", each.plain) for each in lines):
        ended = (part for line in map(_stripped, lines) if line.plain for part in (line, Written.of("\n", line.columns[-1])))
        yield from _displayed(Written.joined(ended), is_paired=True)
    else:
        yield from _coded(lines)


def _stripped(line: Written) -> Written:
    """A line without what is no part of it: the comment, space and punctuation around it."""
    bare = re.split(r"#|^\s*%", line.plain)[0].rstrip().rstrip(",.;").rstrip()
    return unnumbered(line[len(bare) - len(bare.lstrip()) : len(bare)])


def time_letter(texts: Iterable[str]) -> str:
    """The letter that pages without a t have for the time, as in x_{k+1}; "" if they have a t, or two such letters."""
    every = list(texts)
    if any(re.search(r"(?<![A-Za-z\\])t(?![A-Za-z])|(?<=_\{)t(?=[a-z]\})|ₜ", each) for each in every):
        return ""
    letters = {letter for each in every for letter in LAGGED.findall(each)}
    letters |= {LOW[letter] for each in every for letter in LOWERED.findall(each)}
    return letters.pop() if len(letters) == 1 else ""
