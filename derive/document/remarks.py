"""A review to a part of a page: which standard cell a system is, and what in it is likely a slip."""

from __future__ import annotations

from collections.abc import Iterator

from derive.critique.remarks import Remark, Review
from derive.critique.wording import marked
from derive.document.blocks import Block, Heading, Text
from derive.document.sentences import fill, sentences

PLACES = {
    (True, True): "remark on a line",
    (True, False): "remark on a formula",
    (False, True): "remark",
    (False, False): "remark on the page",
}
"""The sentence of a remark, by whether it has a line, and an equation."""


def remarks(found: Review, language: str = "english") -> Iterator[Block]:
    """The part of the page; nothing where there is nothing to say."""
    if not found:
        return
    table = sentences(language)
    yield Heading(table["remarks"])
    if found.recognition is not None:
        yield Text(marked(found.recognition.sentence))
    for each in found.remarks:
        yield Text(_told(each, table[PLACES[bool(each.line), bool(each.equation)]]))


def _told(remark: Remark, sentence: str) -> str:
    values = {"equation": f"({remark.equation})", "line": str(remark.line), "fact": marked(remark.fact), "advice": marked(remark.advice)}
    return fill(sentence, values)
