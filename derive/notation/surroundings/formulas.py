r"""Where formulas stand on a page: Markdown, LaTeX, or equations alone.

In Markdown equations stand in code blocks (indented by four spaces, or fenced), in the plain notation or in LaTeX, and in mathematics
(`$...$`, `$$...$$`, `\[...\]`, `align` and its like). In LaTeX they stand in mathematics; declarations stand in comments, `% bptt: output h`.
A text with neither is read as equations, a line each; `#` begins a comment there. All else is prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from derive.notation.derivation import IN_DERIVATION
from derive.notation.pieces import Source
from derive.notation.plain.names import LOW
from derive.notation.prose.said import name_of
from derive.notation.surroundings.branches import joined
from derive.notation.surroundings.fates import SPAN, TIMED, reads_like_an_equation, stray
from derive.notation.surroundings.fragments import fragments
from derive.notation.surroundings.lines import EQUAL, KEYS, Clause, Names, clauses, code_lines, is_prose
from derive.notation.surroundings.regions import IS_TEX, regions
from derive.notation.surroundings.slopes_in_words import with_left_side
from derive.notation.surroundings.tables import gradients
from derive.notation.surroundings.typed import narrowed, with_slopes
from derive.notation.written import Edit, Written, Wrong

NOTE = re.compile(r"(Year|Reference|Source|Role|Variant|Hint):\s*(.+)")
PLAIN_DECLARATION = re.compile(
    r"\s*(?:outputs?|inputs?|scalars?|vectors?|matrix|matrices|constants?|distribution|loss)\s+([^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)*)"
    r"(?:\s*=\s*[-+0-9.eE]+)?"
)
OTHER_DECLARATION = re.compile(r"\s*(?:boundary|shape|init)\s+([^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)*)\s*=\s*\S.*")
DECLARES = re.compile(r"\s*[a-z]{3,12}s?:?\s+\w+\s*(?:$|[^\w\s])")
"""How a line begins that may be a declaration."""
ONLY_WORDS = re.compile(r"(?:[A-Za-z]+ ){3}[A-Za-z0-9 ,.;()]*|[\u4e00-\u9fff，。、；：（）]{6,}")
"""A line of words, too many for a declaration."""
COMMAND = re.compile(r"\\[A-Za-z]{2}|\\\\|\\[,;!]")
DECLARATION = re.compile(r"\s*%+\s*bptt:(.*)")
NUMBER = re.compile(r"=\s*-?[0-9.]+(?:e-?[0-9]+)?\s*$")
_GAP = r"(?:\s|~|\\[ ,;:!])*"
_POWER = r"(?:\s*\^\s*(?:\{\s*-?[0-9]\s*\}|[0-9]))?"
UNIT = re.compile(rf"(?<=[0-9]){_GAP}(?:\\(?:mathrm|text|rm|operatorname|unit|si)\s*\{{[^{{}}]*\}}{_POWER}(?:/|\\cdot)?{_GAP})+$")
"""The unit behind a number in a sentence, $\\tau = 10\\,\\mathrm{ms}$."""
FUNCTION = re.compile(r"\s*(?P<name>[^\W\d_]\w*)\([^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)*\)\s*=(?!=)")
"""How the definition of a function begins."""
IN_LATEX = re.compile(r"\s*(?P<key>[a-z]+)\s+(?P<names>\\[A-Za-z]+[^=\n]*?)\s*(?:=|$)")
"""A declaration of names in LaTeX."""
GOES_ON = re.compile(r"\s*(?:[+*/⊙∘·@]|[-−])")
HEADING = re.compile(r"(={1,6})\s*[^=]{1,200}?\s*\1\s*")
"""A heading in a wiki, == Memory ==."""
LONGEST = 5_000
"""How long a line may be that goes on in the next one."""

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
    if not IN_DERIVATION.get():
        marked = [replace(each, source=with_left_side(each.source, text, is_latex=True)) if each.is_inline else each for each in marked]
    notes, inside, outside = _lines(rest, source)
    known = Names.of(each.plain for each in (*inside, *outside)).beside(region.source.plain for region in marked)
    found = [each for region in marked for each in _displayed(region.source, region.is_paired, region.is_inline)]
    if IN_DERIVATION.get():
        found += [Found(each) for each in gradients(text, marked)]
    is_read = any(region.source.columns and not region.is_inline for region in marked)
    found += [each for each in _read(inside, known) if not is_read or each.is_latex or _tells(each.written.plain, known)]
    has_display = any(each.counts and not each.is_inline for each in found)
    found += _beside(outside, known) if has_display else _bare(outside, known)
    found = [each for each in found if each.written.plain.strip()]
    found += _declared(outside if has_display else [], found, is_read=bool(marked))
    if IS_TEX.search(text):
        found += [Found(each, is_latex=False, counts=False) for each in stray(text, marked)]
    refuse_times_without_index(found)
    return notes, sorted((each for each in found if each.written.columns), key=lambda each: each.written.columns[0])


def _tells(text: str, known: Names) -> bool:
    """Whether a line in a block beside displays may be one of the notation, and no output of a program."""
    left = text.partition("=")[0].strip()
    if DECLARES.match(text) and text.split()[0].rstrip(":") in KEYS:
        return True
    return TIMED.search(text) is not None or left in known.used or _defines(text, known) or not re.search(r"\w\s+\w", left)


def _displayed(source: Written, is_paired: bool = False, is_inline: bool = False) -> Iterator[Found]:
    """The formulas in LaTeX."""
    for each, counts in fragments(source, is_paired):
        unit = UNIT.search(each.plain) if is_inline else None
        yield Found(each[: unit.start()] if unit else each, True, is_inline, counts)


def _lines(rest: str, source: Source) -> tuple[dict[str, str], list[Written], list[Written]]:
    """The notes of a page without its mathematics, its lines in code blocks, and its other lines."""
    notes: dict[str, str] = {}
    inside: list[Written] = []
    outside: list[Written] = []
    fenced, note = False, ""
    raws = rest.splitlines()
    programs = code_lines(raws)
    passed = _among_words(raws)
    for place, (raw, start, whole) in enumerate(zip(raws, source.starts, source.lines, strict=False)):
        if not raw.strip():
            note = ""
            continue
        if (place in passed or HEADING.fullmatch(raw)) and place not in programs and not fenced and not note:
            continue
        line = Written(narrowed(raw), tuple(range(start, start + len(raw))))
        line = line if IN_DERIVATION.get() else with_slopes(with_left_side(line, source.text, is_latex=False))
        if declared := DECLARATION.fullmatch(raw):
            inside.append(line[declared.start(1) :])
        elif raw.lstrip().startswith("```"):
            fenced, note = not fenced, ""
        elif place in programs:
            continue
        elif fenced or (raw.startswith(("    ", "\t")) and raw == whole and not note and not _goes_on(line, outside)):
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
    ordered = sorted([*inside, *outside], key=lambda each: each.columns[0])
    in_code = {each.columns[0] for each in inside}
    together = joined(ordered)
    return notes, [e for e in together if e.columns[0] in in_code], [e for e in together if e.columns[0] not in in_code]


def _among_words(lines: list[str]) -> frozenset[int]:
    """The places of lines of words between others of words, which no equation begins in or goes on to."""
    is_words = [ONLY_WORDS.fullmatch(each) is not None for each in lines]
    return frozenset(place for place, three in enumerate(zip(is_words, is_words[1:], is_words[2:], strict=False), start=1) if all(three))


def _declared(lines: Iterable[Written], found: Iterable[Found], is_read: bool) -> Iterator[Found]:
    """Lines outside code that declare something of names in the equations: "vector A"; they count where equations stand so too."""
    text = STEP_SIZE.sub(" dt ", " ".join(each.written.plain for each in found))
    for line in (_stripped(each) for each in lines if DECLARES.match(each.plain)):
        declared = PLAIN_DECLARATION.fullmatch(line.plain)
        other = None if declared else OTHER_DECLARATION.fullmatch(line.plain)
        names = (declared or other or [""] * 2)[1]
        if names and all(re.search(rf"(?<![^\W_]){re.escape(name.strip())}(?![^\W_])", text) for name in names.split(",")):
            yield Found(line, is_latex=False, counts=is_read and declared is not None)


def _read(lines: Iterable[Written], known: Names) -> Iterator[Found]:
    """The formulas in lines of code blocks, or of a page without displays: of the plain notation, or of LaTeX where a line has a command."""
    for line in _continued(lines, known):
        if (declared := IN_LATEX.match(line.plain)) and declared["key"] in KEYS:
            plain = ", ".join(name_of(each) or each for each in declared["names"].split(","))
            raise Wrong(
                "a declaration has its names in plain text", f"write {declared['key']} {plain}", line.columns[declared.start("names")]
            )
        for each in _clauses(line, known):
            is_inline = not each.is_alone
            if COMMAND.search(each.written.plain):
                yield from (replace(one, is_inline=is_inline) for one in _displayed(each.written))
            else:
                yield Found(each.written, is_latex=False, is_inline=is_inline)


def _bare(lines: list[Written], known: Names) -> Iterator[Found]:
    """The equations of a text that is nothing else; with line ends in LaTeX it is one display."""
    if any(re.search(r"\\\\\s*(\[[^\]]*\]\s*)?$", each.plain) for each in lines):
        of_display = [each for each in lines if COMMAND.search(each.plain) or any(_clauses(each, known))]
        ended = (part for line in map(_stripped, of_display) if line.plain for part in (line, Written.of("\n", line.columns[-1])))
        yield from _displayed(Written.joined(ended), is_paired=True)
    else:
        yield from _read(lines, known)


def _beside(lines: list[Written], known: Names) -> Iterator[Found]:
    """The equations in lines of prose beside displays, and those that have an = and cannot be read."""
    for each in _read(lines, known):
        text = each.written.plain
        is_used = text.partition("=")[0].strip() in known.used or _defines(text, known)
        is_part = each.is_inline and not TIMED.search(text) and not NUMBER.search(text) and not is_used
        if EQUAL.search(text) and not is_part and (each.is_latex or reads_like_an_equation(text)):
            yield replace(each, is_inline=True)


def _clauses(line: Written, known: Names) -> Iterator[Clause]:
    """The formulas in a line, in the cells of a table, and in what is set as code in a sentence."""
    if is_prose(line.plain):
        return
    is_row, at = line.plain.lstrip().startswith("|"), 0
    for cell in line.plain.split("|") if is_row else [line.plain]:
        part = line[at : at + len(cell)]
        at += len(cell) + 1
        spans = [found for found in SPAN.finditer(cell) if _is_formula(found[1], known)]
        for found in spans:
            is_label = re.fullmatch(r"[\s>*+|-]*(?:[^.;]*:)?[\s*]*", cell[: found.start()]) is not None and not re.search(
                r"\w", cell[found.end() :]
            )
            yield from (replace(each, is_alone=each.is_alone and is_label) for each in clauses(part[found.start(1) : found.end(1)], known))
        if not spans:
            yield from clauses(part, known)


def _is_formula(code: str, known: Names) -> bool:
    """Whether what is set as code in a sentence is an equation: of a value at t, of a number that an equation reads, of a function."""
    is_number = NUMBER.search(code) is not None and code.partition("=")[0].strip() in known.used
    return (is_number or TIMED.search(code) is not None or _defines(code, known)) and reads_like_an_equation(code)


def _defines(text: str, known: Names) -> bool:
    """Whether it is the definition of a function that an equation applies."""
    found = FUNCTION.match(text)
    return found is not None and found["name"] in known.used


def _continued(lines: Iterable[Written], known: Names) -> Iterator[Written]:
    """The lines, those that go on from the line before joined to it: where a bracket is open there, or a sign begins one that is indented."""
    kept = Written()
    for line in lines:
        if EQUAL.search(kept.plain) and _is_next(line, kept) and known.is_mathematics(line.plain):
            kept = Written.joined([kept, Written.of(" ", kept.columns[-1]), line])
            continue
        if kept.plain:
            yield kept
        kept = line
    if kept.plain:
        yield kept


def _is_next(line: Written, kept: Written) -> bool:
    """Whether a line without an = goes on from the equation in the line before it."""
    is_open = sum(kept.plain.count(each) for each in "([{") > sum(kept.plain.count(each) for each in ")]}")
    goes_on = is_open or (GOES_ON.match(line.plain) and _indent(line.plain) > _indent(kept.plain))
    return bool(goes_on) and line.columns[0] == kept.columns[-1] + 2 and len(kept.plain) < LONGEST and not EQUAL.search(line.plain)


def _goes_on(line: Written, before: list[Written]) -> bool:
    """Whether an indented line goes on from the equation in the line before it that is not indented."""
    is_next = bool(before) and line.columns[0] == before[-1].columns[-1] + 2
    return is_next and EQUAL.search(before[-1].plain) is not None and EQUAL.search(line.plain) is None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _stripped(line: Written) -> Written:
    """A line without what is no part of it: the comment, space and punctuation around it."""
    said = "" if line.plain.lstrip().startswith("%") else line.plain.partition("#")[0]
    bare = said.rstrip().rstrip(",.;").rstrip()
    return line[len(bare) - len(bare.lstrip()) : len(bare)]


SLOPPY = re.compile(r"(?<![\w\\])([A-Za-z])t-1(?!\w)")


def refuse_times_without_index(found: Iterable[Found]) -> None:
    """Refuse ht = ... ht-1 of a page that has no index t.

    Raises:
        Wrong: it stands there; at an offset.
    """
    counting = [each.written for each in found if each.counts]
    if any(TIMED.search(each.plain) for each in counting):
        return
    for each in counting:
        if lagged := SLOPPY.search(each.plain):
            name = lagged[1]
            raise Wrong(f"{lagged[0]} has no index", f"write {name}_{{t-1}} for it and {name}_t for {name}t, and so with all that changes "
                        "from step to step", each.columns[lagged.start()], remedies=(tuple(_with_indices(counting)),))  # fmt: skip


def _with_indices(formulas: Iterable[Written]) -> Iterator[Edit]:
    """What to write for ht-1 and ht, and for all other letters with a t behind them."""
    for each in formulas:
        for found in re.finditer(r"(?<![\w\\])[A-Za-z]t(-1)?(?!\w)", each.plain):
            start, stop = each.columns[found.start() + 1], each.columns[found.end() - 1] + 1
            yield start, stop, "_{t-1}" if found[1] else "_t"


STEP_OF_TIME = re.compile(r"(?:\\[Dd]elta|[Δδ])\s*t(?![A-Za-z])")
"""The length of a step, in which t is no index."""


def time_letter(texts: Iterable[str]) -> str:
    """The letter that pages without a t have for the time, as in x_{k+1}; "" if they have a t, or two such letters."""
    every = [STEP_OF_TIME.sub("", each) for each in texts]
    if any(re.search(r"(?<![A-Za-z\\])t(?![A-Za-z])|(?<=_\{)t(?=[a-z]\})|ₜ", each) for each in every):
        return ""
    letters = {letter for each in every for letter in LAGGED.findall(each)}
    letters |= {LOW[letter] for each in every for letter in LOWERED.findall(each)}
    return letters.pop() if len(letters) == 1 else ""
