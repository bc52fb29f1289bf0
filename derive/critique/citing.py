"""How a cell and its paper are called in a sentence: "the LSTM of Gers et al. 2000"."""

from __future__ import annotations

import re

from derive.system import System

INITIALS = r"(?:[^\W\d_a-z](?:\.-?|[^\W\d_]\.)\s?)+"
NAME = rf"{INITIALS}\s*(?P<%s>(?:(?:van|von|der|de|den)\s)*[^\W\d_][\w’'-]*)"
AUTHORS = re.compile(rf"(?:^|: ?){NAME % 'first'}(?P<others>.*?)(?:,\s(?![^,]*?{INITIALS})|$)")
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
PROPER = ("Elman", "Jordan", "Legendre", "Lipschitz", "Mogrifier")
"""First words of titles that keep their capital inside a sentence."""


def called(cell: System) -> str:
    """A cell and its paper: "the LSTM of Gers et al. 2000"."""
    name, source = short_name(cell), cited(cell.notes.get("reference", ""))
    return f"the {name}" + (f"{',' * (',' in name)} of {source}" if source else "")


def cited(reference: str) -> str:
    """The last paper of a reference by its authors and year: "Cho et al. 2014"; "" where none is to be seen."""
    papers = [found for part in reference.split(";") if (found := _paper(part.strip()))]
    return papers[-1] if papers else ""


def _paper(part: str) -> str:
    found, years = AUTHORS.search(part), YEAR.findall(part)
    if not found or not years:
        return ""
    others = found["others"]
    second = re.fullmatch(rf"\s+and\s+{NAME % 'second'}", others)
    if second:
        return f"{found['first']} and {second['second']} {years[-1]}"
    return f"{found['first']}{' et al.' if others else ''} {years[-1]}"


def short_name(cell: System) -> str:
    """A cell inside a sentence: by its initials, where these are its name, or by its title."""
    title = cell.notes.get("title", cell.name)
    words = re.split(r"[\s-]+", title)
    if "".join(word[0] for word in words).lower() == cell.name.lower():
        return cell.name.upper()
    is_common = words[0][1:].islower() and words[0] not in PROPER
    return f"{title[0].lower()}{title[1:]}" if is_common else title
