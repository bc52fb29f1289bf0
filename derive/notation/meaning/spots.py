"""Errors that name a line of a page, with the place in it: the term that they are about, or the equation."""

from __future__ import annotations

import re

from derive.errors import InputError, Spot
from derive.notation.written import caret

PLACE = re.compile(r"line (?P<line>\d+)(?:, equation \(\d+\))?(?: for (?P<name>\w+))?(?:, in (?P<term>.+))?$")
TOKEN = re.compile(r"\w+|\S")


def located(error: InputError, page: str) -> InputError:
    """The same error with its spot and the line that it is about, if it names one and has none yet."""
    others = tuple(located(each, page) for each in error.others)
    found = PLACE.match(error.place) if error.spot is None else None
    lines = page.splitlines()
    if found is None or not 0 < int(found["line"]) <= len(lines):
        error.others = others
        return error
    line = lines[int(found["line"]) - 1]
    column, length = _span(line, found["term"] or "", found["name"] or "")
    spot = Spot(int(found["line"]), column + 1, length)
    excerpt = caret(line.replace("\t", " "), column)
    return type(error)(
        error.fact, place=error.place, advice=error.advice, excerpt=excerpt, spot=spot, others=others, remedies=error.remedies
    )


def _span(line: str, term: str, name: str) -> tuple[int, int]:
    """Where a term stands in a line, however it is spaced, or else a name; else the line."""
    for said in (term, name.split("_")[0]):
        found = re.search(r"\s*".join(map(re.escape, TOKEN.findall(said))), line) if said else None
        if found:
            return found.start(), found.end() - found.start()
    return len(line) - len(line.lstrip()), max(len(line.strip()), 1)
