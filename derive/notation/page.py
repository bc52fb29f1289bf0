r"""A page to its notes and the lines of plain notation in it: Markdown, LaTeX, or equations alone.

In Markdown equations stand in code blocks (indented by four spaces, or fenced), in the plain notation or in LaTeX, and in mathematics
(`$...$`, `$$...$$`, `\[...\]`, `align` and its like). In LaTeX they stand in mathematics; declarations stand in comments, `% bptt: output h`.
A text with neither is read as equations, a line each; `#` begins a comment there. All else is prose. A formula in the midst of prose counts
where it defines what a displayed equation reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from derive.limits import FORMULAS, PAGE
from derive.notation import latex, latex_cases
from derive.notation.calls import NAMES, canonical
from derive.notation.fates import Fate, Formula, aside, squeezed, stray
from derive.notation.fragments import fragments
from derive.notation.habits import chained, said, stepped, valued
from derive.notation.letters import GREEK_NAMES
from derive.notation.looks import clash, looks
from derive.notation.looks import wrong as wrong_looks
from derive.notation.meant import refuse_components, refuse_unknown_functions
from derive.notation.needed import FUNCTION, is_called, needed
from derive.notation.pieces import Piece, Source
from derive.notation.regions import regions, title
from derive.notation.restated import restates
from derive.notation.stacked import unstacked
from derive.notation.typed import narrowed, spelled, time_letter, timed, unnumbered
from derive.notation.written import Written, Wrong

NOTE = re.compile(r"(Year|Reference|Source|Role|Variant|Hint):\s*(.+)")
PLAIN_DECLARATION = re.compile(
    r"\s*(?:outputs?|inputs?|scalars?|vectors?|matrix|matrices|constants?|distribution|loss)\s+([^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)*)"
    r"(?:\s*=\s*[-+0-9.eE]+)?"
)
OTHER_DECLARATION = re.compile(r"\s*(?:boundary|shape|init)\s+([^\W\d]\w*)\s*=\s*\S.*")
COMMAND = re.compile(r"\\[A-Za-z]{2}|\\\\|\\[,;!]")
DECLARATION = re.compile(r"\s*%+\s*bptt:(.*)")


@dataclass(frozen=True)
class _Found:
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


@dataclass(frozen=True)
class Reading:
    """What a page says.

    Attributes:
        notes: its title, year, reference.
        pieces: its equations, functions and declarations, in their order.
        formulas: all that looks like mathematics on it, with what became of it.
    """

    notes: dict[str, str]
    pieces: list[Piece]
    formulas: tuple[Formula, ...]

    @property
    def unused(self) -> tuple[tuple[int, str], ...]:
        """The formulas of which nothing is used, each with its line."""
        return tuple((each.line, each.text) for each in self.formulas if each.fate is Fate.UNUSED)


def read(text: str) -> tuple[dict[str, str], list[Piece]]:
    """The notes of a page and what its equations and declarations say, in their order.

    Raises:
        NotationError: LaTeX in it cannot be understood.
    """
    found = reading(text)
    return found.notes, found.pieces


def reading(text: str) -> Reading:
    """What a page says, and what becomes of each formula on it.

    Raises:
        NotationError: LaTeX in it cannot be understood.
    """
    PAGE.check(len(text))
    source = Source(text)
    try:
        marked, rest = regions(text)
        notes, inside, outside = _lines(rest, source)
        found = [each for region in marked for each in _displayed(region.source, region.is_paired, region.is_inline)]
        found = [*found, *_coded(inside)]
        if not any(each.counts for each in found):
            found, outside = [*found, *_bare(outside)], []
        found = [each for each in _habitual(found) if each.written.plain.strip()]
        found += _declared(outside, found, is_read=bool(marked))
        found += [_Found(_stripped(each), is_latex=False, counts=False) for each in stray(text, marked, outside)]
        found = [*_said(text, found), *sorted(found, key=lambda each: each.written.columns[0])]
        if len(found) > FORMULAS.most:
            raise Wrong(FORMULAS.fact, FORMULAS.advice, found[FORMULAS.most].written.columns[0])
        pieces, fates = _pieces(found, source)
    except Wrong as wrong:
        raise source.error(wrong) from None
    if own_title := title(text):
        notes = {"title": own_title, **notes}
    formulas = (Formula(e.written.plain, source.line(e.written.columns[0]), fate) for e, fate in zip(found, fates, strict=True))
    return Reading(notes, pieces, tuple(formulas))


def _displayed(source: Written, is_paired: bool = False, is_inline: bool = False) -> Iterator[_Found]:
    """The formulas in LaTeX."""
    for each, counts in fragments(source, is_paired):
        yield _Found(each, True, is_inline, counts)


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


def _declared(lines: Iterable[Written], found: Iterable[_Found], is_read: bool) -> Iterator[_Found]:
    """Lines outside code that declare something of names in the equations: "vector A"; they count where equations stand so too."""
    text = " ".join(each.written.plain for each in found)
    for line in map(_stripped, lines):
        declared = PLAIN_DECLARATION.fullmatch(line.plain)
        other = None if declared else OTHER_DECLARATION.fullmatch(line.plain)
        names = (declared or other or [""] * 2)[1]
        if names and all(re.search(rf"(?<![^\W_]){re.escape(name.strip())}(?![^\W_])", text) for name in names.split(",")):
            yield _Found(line, is_latex=False, counts=is_read and declared is not None)


def _habitual(found: list[_Found]) -> Iterator[_Found]:
    """What was found, in the ways of the notation."""
    for each, written in zip(found, valued([stepped(each.written) for each in found]), strict=True):
        yield from (replace(each, written=one) for one in (chained(written) if each.counts else [written]))


def _said(text: str, found: Iterable[_Found]) -> Iterator[_Found]:
    """Definitions of the functions of which only prose says what they are."""
    found = list(found)
    for name, function in said(text, [each.written for each in found if each.is_latex]):
        if any(each.counts and re.match(DEFINED.format(name=re.escape(name)), each.written.plain) for each in found):
            continue
        body = "a" if function == "identity" else f"{function}(a)"
        yield _Found(Written.of(f"{name}(a) = {body}", 0), is_latex=False)


DEFINED = r"\s*(?:\\\w+\s*\{{)?\\?(?:var)?{name}\}}?\s*(?:\\left\s*)?\([^()=]*\)[^()=]*="


def _coded(lines: Iterable[Written]) -> Iterator[_Found]:
    """The lines of code blocks: of the plain notation, or of LaTeX where a line has a command."""
    for line in map(_stripped, lines):
        if COMMAND.search(line.plain):
            yield from _displayed(line)
        elif line.plain:
            yield _Found(line, is_latex=False)


def _bare(lines: list[Written]) -> Iterator[_Found]:
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


def _pieces(found: list[_Found], source: Source) -> tuple[list[Piece], list[Fate]]:
    """What counts of what was found, in the plain notation, and the fate of each formula.

    Raises:
        Wrong: an equation that counts cannot be understood; at an offset.
    """
    own: frozenset[str] = frozenset()
    if letter := time_letter(each.written.plain for each in found if each.counts):
        found = [replace(each, written=timed(each.written, letter)) for each in found]
    made = [_made(each, source, own) for each in found]
    while more := {name[1] for each in made if isinstance(each, Piece) and (name := FUNCTION.match(each.plain))} - own:
        own |= more
        made = [_made(each, source, own) for each in found]
    has_display = any(each.counts and not each.is_inline for each in found)
    kept = {place for place, each in enumerate(found) if each.counts and not (each.is_inline and has_display)}
    plain = {place: each.plain for place, each in enumerate(made) if isinstance(each, Piece)}
    others = {
        place: plain.get(place) or _left(found[place])
        for place, each in enumerate(made)
        if place not in kept and not isinstance(each, Fate)
    }
    kept |= needed([plain[place] for place in kept if place in plain], others, plain)
    kept -= {place for place in kept if _is_idle_definition(place, kept, found, made)}
    for place in sorted(kept):
        if isinstance(wrong := made[place], Wrong):
            raise wrong
    in_latex = [each for place in sorted(kept) if isinstance(each := made[place], Piece) and found[place].is_latex]
    refuse_unknown_functions(in_latex, own)
    refuse_components(in_latex, [each.plain for place in kept if isinstance(each := made[place], Piece)])
    spelled_looks = (look for place in sorted(kept) if isinstance(each := made[place], Piece) for look in each.looks)
    if (pair := clash(spelled_looks)) is not None:
        raise wrong_looks(*pair, source.line(pair[0].at))
    retyped = _retyped([(found[place].is_latex, each) for place in sorted(kept) if isinstance(each := made[place], Piece)])
    pieces = [replace(each, made=part) for each in retyped for part in unstacked(each.made)]
    return pieces, _fates(found, made, kept)


def _fates(found: list[_Found], made: list[Piece | Wrong | Fate], kept: set[int]) -> list[Fate]:
    """What became of each formula."""
    used = [squeezed(found[place].written.plain) for place in kept]
    plain = {each.plain for place in kept if isinstance(each := made[place], Piece)}
    fates = []
    for place, (formula, result) in enumerate(zip(found, made, strict=True)):
        is_again = isinstance(result, Piece) and result.plain in plain
        if isinstance(result, Fate):
            again = result is Fate.UNUSED and formula.is_latex and formula.is_inline
            fates.append(Fate.RESTATED if again and any(squeezed(formula.written.plain) in text for text in used) else result)
        elif place not in kept or isinstance(result, Wrong):
            fates.append(Fate.RESTATED if is_again else Fate.UNUSED)
        else:
            is_function = FUNCTION.match(result.plain) is not None
            fates.append(Fate.DEFINITION if is_function else Fate.EQUATION if "=" in result.plain else Fate.DECLARATION)
    return fates


def _is_idle_definition(place: int, kept: set[int], found: list[_Found], made: list[Piece | Wrong | Fate]) -> bool:
    """Whether it defines a known function in a way that cannot be read, and no equation applies it."""
    each = made[place]
    function = FUNCTION.match(_left(found[place])) if isinstance(each, Wrong) and found[place].is_latex else None
    if function is None or canonical(function[1]) not in (*NAMES, "σ"):
        return False
    return not is_called(function[1], [piece.plain for other in kept if isinstance(piece := made[other], Piece)])


def _made(each: _Found, source: Source, own: frozenset[str]) -> Piece | Wrong | Fate:
    """What was found in the plain notation, or what is wrong with it; the fate of what is not read."""
    if not each.counts:
        return aside(each.written.plain, each.is_inline) if each.is_latex else Fate.UNUSED
    try:
        typed = spelled(each.written, each.is_latex)
    except Wrong as wrong:
        return Wrong(wrong.fact, wrong.advice, each.written.columns[wrong.column])
    if not each.is_latex:
        own_places = Written(typed.plain, tuple(range(len(typed.plain))))
        return Piece(each.written, typed, source, tuple(looks(own_places, typed, source.text, is_latex=False)))
    columns = typed.columns
    try:
        made = _in_latex(Written(typed.plain, tuple(range(len(typed.plain)))), own)
    except Wrong as wrong:
        return Wrong(wrong.fact, wrong.advice, columns[wrong.column] if wrong.column < len(columns) else columns[-1] + 1)
    if restates(made.plain, own):
        return Fate.BUILT_IN
    placed = Written(made.plain, tuple(columns[min(at, len(columns) - 1)] for at in made.columns))
    return Piece(each.written, placed, source, tuple(looks(made, typed, source.text, is_latex=True)))


def _in_latex(source: Written, own: frozenset[str]) -> Written:
    """A formula in LaTeX in the plain notation.

    Raises:
        Wrong: it cannot be understood.
    """
    if latex_cases.is_definition(source):
        return latex_cases.read(source, lambda part: _in_latex(part, own))
    try:
        made = latex.read(source.plain, own)
    except Wrong as wrong:
        at = source.columns[wrong.column] if wrong.column < len(source.columns) else (source.columns or (0,))[-1] + 1
        raise Wrong(wrong.fact, wrong.advice, at) from None
    return Written(made.plain, tuple(source.columns[min(at, len(source.columns) - 1)] for at in made.columns))


def _left(found: _Found) -> str:
    """The left side of an equation whose right side cannot be read, in the plain notation; "" if it cannot be read either."""
    try:
        return latex.read(f"{found.written.plain.partition('=')[0]}= 0").plain
    except Wrong:
        return ""


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
