r"""A page to its notes and the lines of plain notation in it: Markdown, LaTeX, or equations alone.

In Markdown equations stand in code blocks (indented by four spaces, or fenced), in the plain notation or in LaTeX, and in mathematics
(`$...$`, `$$...$$`, `\[...\]`, `align` and its like). In LaTeX they stand in mathematics; declarations stand in comments, `% bptt: output h`.
A text with neither is read as equations, a line each; `#` begins a comment there. All else is prose. A formula in the midst of prose counts
where it defines what a displayed equation reads.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from derive.algebra import nodes
from derive.errors import NotationError
from derive.limits import FORMULAS, PAGE
from derive.notation import latex, restated
from derive.notation.fragments import equations
from derive.notation.habits import chained, said, stepped, valued
from derive.notation.letters import GREEK_NAMES
from derive.notation.needed import FUNCTION, needed
from derive.notation.regions import regions, title
from derive.notation.stacked import unstacked
from derive.notation.typed import narrowed, spelled, time_letter, timed, unnumbered
from derive.notation.written import Written, Wrong, caret

NOTE = re.compile(r"(Year|Reference|Source|Role|Variant|Hint):\s*(.+)")
PLAIN_DECLARATION = re.compile(
    r"\s*(?:outputs?|inputs?|scalars?|vectors?|matrix|matrices|constants?|distribution|loss)\s+([^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)*)"
    r"(?:\s*=\s*[-+0-9.eE]+)?"
)
COMMAND = re.compile(r"\\[A-Za-z]{2}|\\\\|\\[,;!]")
DECLARATION = re.compile(r"\s*%+\s*bptt:(.*)")
WORDS = "|".join(latex.WORDS)
KNOWN = re.compile(
    rf"\s*(?:\\sigma|\\(?:{WORDS})|\\(?:operatorname|mathrm|text)\*?\{{(?:{WORDS})\}})\s*(?:\\left\s*)?[(\[]"
    r"\s*[\\A-Za-z{}]+\s*(?:\\right\s*)?[)\]][^=]*="
)
"""What begins like the definition of a known function."""

INDEXED_CALL = re.compile(r"(?<![\w}])(?!softmax_)([^\W\d_][^\W_]*_(?:\{\w+\}|\w+))\(")
CALLIGRAPHIC_CALL = re.compile(r"\\math(?:cal|scr|frak|bb)\s*\{?\s*([A-Z])\s*\}?\s*(?:\\!|\\left|\\[bB]igg?l?|\s)*\(")
"""Calls that would be read as products if nobody said that these are functions."""


class Source:
    """The text of a page, and the lines and columns in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.splitlines()
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def line(self, offset: int) -> int:
        """The number of the line, from 1."""
        return min(bisect_right(self.starts, offset), max(len(self.lines), 1))

    def token(self, offset: int) -> str:
        """The command or the sign that stands there."""
        found = re.compile(r"\\[A-Za-z]+|\S").match(self.text, offset)
        return found[0] if found else ""

    def error(self, wrong: Wrong) -> NotationError:
        """The error that says what is wrong at an offset, with that line and a caret."""
        number = self.line(wrong.column)
        line = self.lines[number - 1] if self.lines else ""
        column = min(wrong.column - self.starts[number - 1], len(line))
        place = f"line {number}, column {column + 1}"
        return NotationError(wrong.fact, place=place, advice=wrong.advice, excerpt=caret(line.replace("\t", " "), column))


@dataclass(frozen=True)
class Piece:
    """An equation or a declaration of a page.

    Attributes:
        written: it as the page has it, with the offsets of its characters.
        made: it in the plain notation, with the offsets of its characters.
        source: the page.
    """

    written: Written
    made: Written
    source: Source

    @property
    def plain(self) -> str:
        """It in the plain notation."""
        return self.made.plain

    @property
    def text(self) -> str:
        """It as the page has it."""
        return self.written.plain

    @property
    def line(self) -> int:
        """The number of its line, from 1."""
        return self.source.line(self.written.columns[0])

    def located(self, error: NotationError) -> NotationError:
        """An error in the plain text as one in the page."""
        found = re.fullmatch(r"line \d+, column (\d+)", error.place)
        if found is None or not self.made.columns:
            return error
        column = int(found[1]) - 1
        columns = self.made.columns
        at = columns[max(column, 0)] if column < len(columns) else self.written.columns[-1] + 1
        fact = error.fact
        if self.made != self.written:
            fact = re.sub(r"^'[^']*'(?= is not expected)", lambda _: f"'{self.source.token(at)}'", fact)
        return self.source.error(Wrong(fact, error.advice, at))


@dataclass(frozen=True)
class _Found:
    """An equation before it is read: where it stands, and whether in LaTeX and in the midst of prose."""

    written: Written
    is_latex: bool = True
    is_inline: bool = False


def read(text: str) -> tuple[dict[str, str], list[Piece]]:
    """The notes of a page and what its equations and declarations say, in their order.

    Raises:
        NotationError: LaTeX in it cannot be understood.
    """
    PAGE.check(len(text))
    source = Source(text)
    try:
        marked, rest = regions(text)
        notes, inside, outside = _lines(rest, source)
        found = [_Found(each, True, region.is_inline) for region in marked for each in equations(region.source, region.is_paired)]
        found = [*found, *_coded(inside)] or list(_bare(outside))
        found = [each for each in _habitual(found) if each.written.plain.strip()]
        found += _declared(outside, found) if marked else []
        found = [*_said(text, found), *sorted(found, key=lambda each: each.written.columns[0])]
        if len(found) > FORMULAS.most:
            raise Wrong(FORMULAS.fact, FORMULAS.advice, found[FORMULAS.most].written.columns[0])
        pieces = _pieces(found, source)
    except Wrong as wrong:
        raise source.error(wrong) from None
    if own_title := title(text):
        notes = {"title": own_title, **notes}
    return notes, pieces


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


def _declared(lines: Iterable[Written], found: Iterable[_Found]) -> Iterator[_Found]:
    """Lines outside code that declare something of names in the mathematics: "vector A"."""
    text = " ".join(each.written.plain for each in found)
    for line in map(_stripped, lines):
        if (declared := PLAIN_DECLARATION.fullmatch(line.plain)) and all(name.strip() in text for name in declared[1].split(",")):
            yield _Found(line, is_latex=False)


def _habitual(found: list[_Found]) -> Iterator[_Found]:
    """What was found, in the ways of the notation."""
    for each, written in zip(found, valued([stepped(each.written) for each in found]), strict=True):
        yield from (replace(each, written=one) for one in chained(written))


def _said(text: str, found: Iterable[_Found]) -> Iterator[_Found]:
    """Definitions of the functions of which only prose says what they are."""
    for name, function in said(text, [each.written for each in found if each.is_latex]):
        body = "a" if function == "identity" else f"{function}(a)"
        yield _Found(Written.of(f"{name}(a) = {body}", 0), is_latex=False)


def _coded(lines: Iterable[Written]) -> Iterator[_Found]:
    """The lines of code blocks: of the plain notation, or of LaTeX where a line has a command."""
    for line in map(_stripped, lines):
        if COMMAND.search(line.plain):
            yield from (_Found(each) for each in equations(line))
        elif line.plain:
            yield _Found(line, is_latex=False)


def _bare(lines: list[Written]) -> Iterator[_Found]:
    """The equations of a text that is nothing else; with line ends in LaTeX it is one display."""
    if any(re.search(r"\\\\\s*(\[[^\]]*\]\s*)?$", each.plain) for each in lines):
        ended = (part for line in map(_stripped, lines) if line.plain for part in (line, Written.of("\n", line.columns[-1])))
        yield from (_Found(each) for each in equations(Written.joined(ended), is_paired=True))
    else:
        yield from _coded(lines)


def _stripped(line: Written) -> Written:
    """A line without what is no part of it: the comment, space and punctuation around it."""
    bare = re.split(r"#|^\s*%", line.plain)[0].rstrip().rstrip(",.;").rstrip()
    return unnumbered(line[len(bare) - len(bare.lstrip()) : len(bare)])


def _pieces(found: list[_Found], source: Source) -> list[Piece]:
    """What counts of what was found, in the plain notation.

    Raises:
        Wrong: an equation that counts cannot be understood; at an offset.
    """
    own: frozenset[str] = frozenset()
    if letter := time_letter(each.written.plain for each in found):
        found = [replace(each, written=timed(each.written, letter)) for each in found]
    made = [_made(each, source, own) for each in found]
    own = frozenset(name[1] for each in made if isinstance(each, Piece) and (name := FUNCTION.match(each.plain)))
    if own:
        made = [_made(each, source, own) for each in found]
    has_display = any(not each.is_inline for each in found)
    kept = {place for place, each in enumerate(found) if not (each.is_inline and has_display)}
    plain = {place: each.plain for place, each in enumerate(made) if isinstance(each, Piece)}
    others = {place: plain.get(place) or _left(found[place]) for place, each in enumerate(made) if place not in kept and each is not None}
    kept |= needed([plain[place] for place in kept if place in plain], others, plain)
    for place in sorted(kept):
        if isinstance(wrong := made[place], Wrong):
            raise wrong
    _refuse_unknown_functions([(found[place], each) for place in sorted(kept) if isinstance(each := made[place], Piece)], own)
    retyped = _retyped([(found[place].is_latex, each) for place in sorted(kept) if isinstance(each := made[place], Piece)])
    return [replace(each, made=part) for each in retyped for part in unstacked(each.made)]


def _made(each: _Found, source: Source, own: frozenset[str]) -> Piece | Wrong | None:
    """What was found in the plain notation, or what is wrong with it; None for the definition of a known function."""
    try:
        typed = spelled(each.written, each.is_latex)
    except Wrong as wrong:
        return Wrong(wrong.fact, wrong.advice, each.written.columns[wrong.column])
    if not each.is_latex:
        return Piece(each.written, typed, source)
    columns = typed.columns
    try:
        made = latex.read(typed.plain, own)
    except Wrong as wrong:
        if KNOWN.match(each.written.plain):
            return None
        return Wrong(wrong.fact, wrong.advice, columns[wrong.column] if wrong.column < len(columns) else columns[-1] + 1)
    if restated.is_known(made.plain):
        return None
    return Piece(each.written, Written(made.plain, tuple(columns[min(at, len(columns) - 1)] for at in made.columns)), source)


def _left(found: _Found) -> str:
    """The left side of an equation whose right side cannot be read, in the plain notation; "" if it cannot be read either."""
    try:
        return latex.read(found.written.plain.partition("=")[0]).plain
    except Wrong:
        return ""


def _refuse_unknown_functions(pieces: list[tuple[_Found, Piece]], own: frozenset[str]) -> None:
    r"""\sigma_g(x) and \mathcal{H}(x) are no products, and which functions they are must be said."""
    for found, piece in pieces:
        if not found.is_latex:
            continue
        calls = [(call[1], piece.made.columns[call.start()]) for call in INDEXED_CALL.finditer(piece.plain)]
        calls += [(call[1], piece.written.columns[call.start()]) for call in CALLIGRAPHIC_CALL.finditer(piece.text)]
        for name, at in calls:
            if name not in (*own, *nodes.FUNCTIONS, "sum_columns"):
                written = name.replace("sigma", r"\sigma")
                raise Wrong(
                    f"which function {written} is, is not said", rf"write \sigma or \tanh, or define it: {written}(x) = \tanh(x)", at
                )


def _retyped(pieces: list[tuple[bool, Piece]]) -> list[Piece]:
    r"""The pieces with \alpha as the page writes it: α if it types that letter somewhere, else alpha."""
    letters = {letter for _, piece in pieces for letter in piece.plain if letter in GREEK_NAMES}
    result = []
    for is_latex, piece in pieces:
        made = piece.made
        for letter in sorted(letters) if is_latex else ():
            while found := re.search(rf"(?<![^\W_]){GREEK_NAMES[letter]}(?![^\W_(])", made.plain):
                made = Written.joined([made[: found.start()], Written.of(letter, made.columns[found.start()]), made[found.end() :]])
        result.append(replace(piece, made=made))
    return result
