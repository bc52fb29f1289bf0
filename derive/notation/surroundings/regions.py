r"""Where the mathematics of a page stands: `$...$`, `$$...$$`, `\[...\]`, `\(...\)`, environments, and fenced blocks of LaTeX.

Takes a page, Markdown or LaTeX; gives the mathematics, with the offsets of its characters, and the page with blanks in its place. What is
code in another language is blank too, and of a page in LaTeX all but the lines that are said to this program.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from derive.notation.surroundings.macros import Macros
from derive.notation.surroundings.typed import narrowed
from derive.notation.written import Written, Wrong, replaced

ENVIRONMENTS = "equation|aligned|alignedat|alignat|align|flalign|gathered|gather|multline|eqnarray|displaymath|math|array|split"
OPENING = re.compile(
    rf"""
      (?P<span>`[^`\n]*`)
    | (?P<verbatim>\\begin\{{(?:verbatim|lstlisting|minted)\*?\}})
    | (?P<environment>\\begin\s*\{{(?P<name>(?:{ENVIRONMENTS})\*?)\}})
    | (?P<escaped>\\\\\[(?=(?:(?!\\\\\[).)*?\\\\\])|\\\\\((?=[^\n]{0, 500}?\\\\\)))
    | (?P<display>\$\$|(?<!\\)\\\[)
    | (?P<round>(?<!\\)\\\()
    | (?P<dollar>(?<!\\)\$)
    """,
    re.VERBOSE | re.DOTALL,
)
SIGN = re.compile(r"[`\\$]")
"""What all that opens mathematics begins with."""
FRONT = re.compile(
    r"(?:[ \t]*\n){0,9}(?:---[ \t]*\n(?:[^\n]*\n){0,80}?(?:---|\.\.\.)|"
    r"(?:(?:[A-Za-z_-]{1,40}:[ \t]|[ \t]{0,8}-[ \t])[^\n]*\n){1,80}---)[ \t]*(?=\n|\Z)"
)
"""What a page says of itself in YAML before it begins; without its first line of dashes too."""
QUOTED = re.compile(r"^[ \t]*>(?:[ \t]*>)*[ \t]?", re.MULTILINE)
ROLE = re.compile(r":math:`([^`$\n]*(?:\n(?![ \t]*\n)[^`$\n]*)?)`")
"""A formula in a line of reStructuredText."""
DIRECTIVE = re.compile(
    r"^(?P<indent>[ \t]*)\.\. math::[ \t]*(?P<inner>[^\n]*\n(?:(?P=indent)[ \t]+:\w+:[^\n]*\n)*(?:(?P=indent)[ \t]+\S[^\n]*(?:\n|\Z)|[ \t]*\n)*)",
    re.MULTILINE,
)
"""A display of reStructuredText."""
DOUBLED = re.compile(r"\\\\[A-Za-z]{3}")
IS_TEX = re.compile(r"\\(?:documentclass|usepackage|begin\s*\{document\}|title\s*\{|(?:sub)*section\*?\s*\{|chapter\*?\s*\{)")
SAID = re.compile(r"\s*%+\s*bptt:|\s*%*\s*(?:Year|Reference|Source|Role|Variant|Hint):")
COMMENT = re.compile(r"(?<!\\)%[^\n]*")
FORMULA_FENCES = ("math", "latex", "tex", "katex")
OTHER_FENCES = (
    "python",
    "py",
    "bash",
    "sh",
    "shell",
    "console",
    "json",
    "yaml",
    "toml",
    "c",
    "cpp",
    "julia",
    "javascript",
    "js",
    "diff",
    "html",
)
ALONE = re.compile(
    r"[\s>]*(?:[-*+]|\d+[.)])?\s*"
    r"|[\s>]*(?:[-*+•]|\d+[.)])\s+\**(?:(?!(?:if|when|where|note|let|for|special|limiting|case|e\.g|old|wrong)\b)[^\W\d_]{1,20}[ -]?){1,3}"
    r"\**\s*(?:\([^()]{1,20}\)\s*)?[:：]\s*\**\s*",
    re.IGNORECASE,
)
"""What stands before a formula that is all that its line says: nothing, or the mark of an item and a label, "- state: $h_t = ...$"."""


WORD_BEFORE = re.compile(r"(?<![\w$])(?P<word>[Ll]oss|cost|objective|error|[LEJ])[ \t*_]*$")
"""The left side of a formula that begins with the sign of equality: "loss $= ...$"."""
NEAR = 20
"""How far before a formula it may begin."""


@dataclass(frozen=True)
class Region:
    """Mathematics on a page.

    Attributes:
        source: its LaTeX, with the offsets of the characters.
        is_inline: whether it stands in a line of prose.
        is_paired: whether every second & in it begins a new equation.
    """

    source: Written
    is_inline: bool
    is_paired: bool


def regions(text: str) -> tuple[list[Region], str]:
    """The mathematics of a page, and the page without it, as long as before.

    Raises:
        Wrong: a display does not end; at an offset.
    """
    reader = _Reader(text)
    found = list(reader.found())
    return found, reader.rest()


def title(text: str) -> str:
    """The title of a page in LaTeX, "" if it has none."""
    found = re.search(r"\\title\s*\{([^{}]*)\}", text) or re.search(r"\\(?:(?:sub)*section|chapter)\*?\s*\{([^{}]*)\}", text)
    return " ".join(found[1].split()) if found and IS_TEX.search(text) else ""


class _Reader:
    """Goes through a page once."""

    def __init__(self, text: str) -> None:
        self.text, self.is_tex = text, bool(IS_TEX.search(text))
        if self.is_tex:
            self.shown = COMMENT.sub(_spaces, text)
        else:
            self.shown = ROLE.sub(lambda found: f"      ${found[1]}$", QUOTED.sub(_spaces, text))
            front = FRONT.match(self.shown)
            self.shown = f"{_blank(front[0])}{self.shown[front.end() :]}" if front else self.shown
        self.macros = Macros(self.shown)
        self.paragraphs = [each.start() for each in re.finditer(r"\n[ \t]*(?=\n)", self.shown)]
        self.open_until: dict[str, int] = {}
        self.blank: list[tuple[int, int]] = []

    def rest(self) -> str:
        """The page with blanks where mathematics stands, or code in another language."""
        if self.is_tex:
            return "".join(line if SAID.match(line) else _blank(line) for line in self.text.splitlines(keepends=True))
        pieces, at = [], 0
        for start, end in sorted(self.blank):
            pieces += [self.shown[at:start], _blank(self.shown[start:end])]
            at = end
        return "".join([*pieces, self.shown[at:]])

    def found(self) -> Iterator[Region]:
        """The mathematics, in order; fences are none but those of LaTeX."""
        begin, end = 0, len(self.text)
        if self.is_tex:
            body = re.search(r"\\begin\s*\{document\}(.*?)(\\end\s*\{document\}|\Z)", self.shown, re.DOTALL)
            begin, end = body.span(1) if body else (0, end)
            yield from self.formulas(begin, end)
            return
        for start, stop, language in sorted([*self.fences(), *self.directives()]):
            yield from self.formulas(begin, start)
            if language in FORMULA_FENCES:
                yield self.region(start, stop, "align")
            elif language in OTHER_FENCES:
                self.blank.append((start, stop))
            begin = stop
        yield from self.formulas(begin, end)

    def directives(self) -> Iterator[tuple[int, int, str]]:
        """The displays of reStructuredText, as `fences` gives those between fences."""
        for found in DIRECTIVE.finditer(self.shown) if ".. math::" in self.shown else ():
            yield *found.span("inner"), "math"

    def fences(self) -> Iterator[tuple[int, int, str]]:
        """What stands between two fences, and the language that the first one names."""
        at, opened, language = 0, -1, ""
        for line in self.shown.splitlines(keepends=True) if "```" in self.shown else ():
            if line.lstrip().startswith("```"):
                if opened < 0:
                    opened, language = at + len(line), line.strip().strip("`{. \t").split(" ")[0].lower()
                else:
                    yield opened, at, language
                    opened = -1
            at += len(line)
        if opened >= 0:
            yield opened, at, language

    def opening(self, begin: int, end: int) -> re.Match[str] | None:
        """The next sign between two offsets that opens mathematics."""
        for sign in SIGN.finditer(self.shown, begin, end):
            if found := OPENING.match(self.shown, sign.start(), end):
                return found
        return None

    def formulas(self, begin: int, end: int) -> Iterator[Region]:
        """The mathematics between two offsets."""
        while found := self.opening(begin, end):
            begin = found.end()
            if found["verbatim"]:
                stop = self.shown.find(r"\end", begin, end)
                begin = end if stop < 0 else stop
            elif found["escaped"]:
                closing = found[0].replace("[", "]").replace("(", ")")
                stop = self.shown.find(closing, begin, end)
                if stop >= 0:
                    behind = stop + len(closing)
                    is_inline = closing.endswith(")") and not self.is_alone(found.start(), behind)
                    yield self.region(begin, stop, "", found.start(), behind, is_inline=is_inline)
                    begin = behind
            elif found["environment"] or found["display"]:
                closing = rf"\end{{{found['name']}}}" if found["environment"] else "$$" if found["display"] == "$$" else r"\]"
                stop = self.shown.find(closing, begin, end)
                if stop < 0:
                    raise Wrong("the formula that begins here does not end", f"write {closing} behind it", found.start())
                yield self.region(begin, stop, found["name"] or "", found.start(), stop + len(closing))
                begin = stop + len(closing)
            elif found["round"] or found["dollar"]:
                closing = r"\)" if found["round"] else "$"
                stop = self.inline_end(begin, end, closing)
                if stop >= 0:
                    behind = stop + len(closing)
                    yield self.region(begin, stop, "", found.start(), behind, is_inline=not self.is_alone(found.start(), behind))
                    begin = behind

    def inline_end(self, begin: int, end: int, closing: str) -> int:
        """Where a formula in a line ends, -1 if it is none: a lone dollar, or one before a price."""
        if begin < self.open_until.get(closing, -1):
            return -1
        at = bisect_left(self.paragraphs, begin)
        until = min(end, self.paragraphs[at]) if at < len(self.paragraphs) else end
        stop = self.shown.find(closing, begin, until)
        while stop > 0 and self.shown[stop - 1] == "\\" and closing == "$":
            stop = self.shown.find(closing, stop + 1, until)
        if stop < 0:
            self.open_until[closing] = until
            return -1
        inner = self.shown[begin:stop]
        if not inner.strip():
            return -1
        is_price = (
            closing == "$" and not self.is_tex and (inner[0].isspace() or inner[-1].isspace() or self.shown[stop + 1 : stop + 2].isdigit())
        )
        return -1 if is_price else stop

    def is_alone(self, start: int, end: int) -> bool:
        """Whether a formula is all that its line says, and no part of a sentence that goes over several lines."""
        begin = self.text.rfind("\n", 0, start) + 1
        line_end = self.text.find("\n", end)
        behind = self.text[end:line_end] if line_end >= 0 else self.text[end:]
        if not ALONE.fullmatch(self.text[begin:start]) or behind.strip(" \t\r.,;\\"):
            return False
        return not (ENDS_IN_WORD.search(self.text, max(begin - NEAR, 0), begin) and GOES_ON.match(self.text, end))

    def region(self, begin: int, end: int, name: str, start: int = -1, stop: int = -1, *, is_inline: bool = False) -> Region:
        """The mathematics between two offsets, in an environment of that name; its marks stand from `start` to `stop`."""
        self.blank.append((begin if start < 0 else start, end if stop < 0 else stop))
        source = Written(narrowed(self.shown[begin:end]), tuple(range(begin, end)))
        if not self.is_tex and DOUBLED.search(source.plain):
            source = replaced(source, re.compile(r"\\\\(?=[A-Za-z\\,;!{}])"), lambda _: "\\")
        source = self.macros.expanded(source)
        if is_inline and source.plain.lstrip().startswith("=") and (word := WORD_BEFORE.search(self.shown, max(start - NEAR, 0), start)):
            source = Written.joined([Written(word["word"], tuple(range(*word.span("word")))), source])
        return Region(source, is_inline, is_paired=not name.startswith("eqnarray"))


ENDS_IN_WORD = re.compile(r"[A-Za-z][a-z]*[ \t\r]*\n\Z")
GOES_ON = re.compile(r"[.,;]?[ \t\r]*\n[ \t]*[a-z]{2,}\b(?![ \t]*[=_(])")
"""A line that ends, and one that begins, in the midst of a sentence."""


def _spaces(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _blank(text: str) -> str:
    return "".join(character if character in "\r\n" else " " for character in text)
