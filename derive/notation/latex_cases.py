r"""A function by cases in LaTeX to the plain notation.

f(x) = \begin{cases} x & \text{if } x > 0 \\ 0.1 x & \text{otherwise} \end{cases}      f(x) = x if x > 0, 0.1 x otherwise
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from derive.notation.typed import replaced
from derive.notation.written import Written, Wrong

ENVIRONMENT = r"(?:[dr]?cases\*?|array)"
DEFINITION = re.compile(
    rf"(?P<left>[^=]*[)\]]\s*(?:_\s*(?:\{{\s*[a-z]\s*\}}|[a-z]))?\s*)(?:=|:=)\s*&?\s*(?:\\left\s*\\\{{|\\\{{|\\left\s*\\lbrace)?\s*"
    rf"\\begin\s*\{{{ENVIRONMENT}\}}(?:\s*\{{[lcr|@\s]*\}})?(?P<rows>.*)\\end\s*\{{{ENVIRONMENT}\}}\s*(?:\\right\s*\.?)?"
    r"(?:[\s.,;&]|\\(?:nonumber|notag|q?quad|[,;!])(?![A-Za-z])|\\(?:label|tag\*?)\s*\{[^{}]*\})*",
    re.DOTALL,
)
ROW = re.compile(r"\\\\(?:\s*\[[^\]\n]*\])?|\\(?:newline|cr)(?![A-Za-z])")
TEXT = re.compile(r"\\(?:text\w*|mbox|hbox|mathrm|textrm)\s*\{([^{}]*)\}")
SPACE = re.compile(r"\\q?quad(?![A-Za-z])|\\[,;:! ]|~|\$")
LEADING = re.compile(r"\s*(?:if|for|when|where)(?![A-Za-z])")
OTHERWISE = re.compile(r"\s*(?:otherwise|else|elsewhere)[\s.,;]*")
BEHIND = re.compile(r"(?:\s|\\q?quad|\\[,;])*\\(?:text\w*|mbox)\s*\{\s*(?:if|for|when|otherwise|else)\b")
COMPARED = re.compile(r"[<>≤≥]|\\(?:[lg]t|[lg]eq?(?:slant)?)(?![A-Za-z])")
BOTH = re.compile(r"\s+and\s+|\\(?:wedge|land)(?![A-Za-z])")

Reader = Callable[[Written], Written]
"""Reads a part of a formula in LaTeX."""


def is_definition(source: Written) -> bool:
    """Whether it is a function of something that is defined by cases."""
    return DEFINITION.fullmatch(source.plain) is not None


def read(source: Written, part: Reader) -> Written:
    """A definition by cases in the plain notation.

    Args:
        source: the definition in LaTeX.
        part: what reads a formula in LaTeX.

    Raises:
        Wrong: a case is not understood; at a column of the source.
    """
    found = DEFINITION.fullmatch(source.plain)
    assert found is not None
    left = source[: found.end("left")]
    end = left.columns[-1]
    head = part(Written.joined([left, Written.of("= 0", end)]))
    made = [head[: head.plain.rindex("=")], Written.of("= ", end)]
    rows = [row for row in _split(source[found.start("rows") : found.end("rows")], ROW) if row.plain.strip()]
    for place, row in enumerate(rows):
        value, condition = _cells(row)
        at = (row.columns or (end,))[0]
        made += [Written.of(", ", at)] if place else []
        if OTHERWISE.fullmatch(condition.plain):
            if place < len(rows) - 1:
                raise Wrong("a case stands behind the one for all others", "write it before", at)
            made += [part(value), Written.of(" otherwise", at)]
            continue
        bare = condition[_leading(condition) :]
        if not bare.plain.strip(" .,;\n"):
            raise Wrong("a case has no condition", r"write x & x > 0 \\ or x & \text{otherwise}", at)
        made += [part(value), Written.of(" if ", at)]
        for number, each in enumerate(_split(bare, BOTH)):
            made += [Written.of(" and ", at)] if number else []
            if not COMPARED.search(each.plain):
                raise Wrong(
                    "the condition of a case is not understood", r"write x & x > 0 \\ or x & \text{otherwise}", (each.columns or (at,))[0]
                )
            made.append(part(each))
    return Written.joined(made)


def _leading(condition: Written) -> int:
    found = LEADING.match(condition.plain)
    return found.end() if found else 0


def _cells(row: Written) -> tuple[Written, Written]:
    """The value of a case and its condition, in words and formulas."""
    cut = row.plain.find("&")
    behind = cut + 1
    if cut < 0:
        found = BEHIND.search(row.plain)
        cut = behind = found.start() if found else len(row.plain)
    value, condition = row[:cut], row[behind:]
    condition = replaced(replaced(condition, TEXT, lambda found: f" {found[1]} "), SPACE, lambda _: " ")
    return value[: len(value.plain.rstrip(" \n\t,;"))], condition[: len(condition.plain.rstrip(" \n\t,;."))]


def _split(source: Written, sign: re.Pattern[str]) -> Iterator[Written]:
    at = 0
    for found in sign.finditer(source.plain):
        yield source[at : found.start()]
        at = found.end()
    yield source[at:]
