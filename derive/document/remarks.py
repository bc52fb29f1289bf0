"""A review to a part of a page: which standard cell a system is, and what in it is likely a slip."""

from __future__ import annotations

from collections.abc import Iterator

from derive.critique.remarks import Remark, Review
from derive.critique.wording import marked
from derive.document.blocks import Block, Heading, Text
from derive.document.sentences import fill, sentences


def remarks(found: Review, language: str = "english") -> Iterator[Block]:
    """The part of the page; nothing where there is nothing to say."""
    if not found:
        return
    table = sentences(language)
    yield Heading(table["remarks"])
    if found.recognition is not None:
        yield Text(marked(found.recognition.sentence))
    for each in found.remarks:
        yield Text(
            _told(each, table["remark on a line" if each.line and each.equation else "remark on a formula" if each.line else "remark"])
        )


def _told(remark: Remark, sentence: str) -> str:
    values = {"equation": f"({remark.equation})", "line": str(remark.line), "fact": marked(remark.fact), "advice": marked(remark.advice)}
    return fill(sentence, values)
