"""A page as a result: Blocks that a notebook shows, and that write themselves."""

from __future__ import annotations

from pathlib import Path

from derive.document import render, save
from derive.document.blocks import Block, Heading
from derive.shown import Shown


class Page(Shown, list[Block]):
    """A whole page: a list of Blocks that a notebook shows, and that can be written to a file."""

    @property
    def summary(self) -> str:
        """Its title, and how long it is."""
        title = next((each.text for each in self if isinstance(each, Heading)), "without a title")
        return f"{title!r}: {len(self)} blocks"

    def blocks(self) -> list[Block]:
        """What it is made of."""
        return list(self)

    def render(self, format: str = "text") -> str | bytes:
        """It in a format, as `derive.document.render` gives it: "markdown", "latex", "html", "pdf" and others.

        Raises:
            InputError: there is no such format, or it cannot show something on the page.
        """
        return render(self, format)

    def save(self, path: str | Path) -> Path:
        """Write it to a file; the suffix picks the format: .txt, .md, .tex, .html or .pdf.

        Raises:
            InputError: the suffix belongs to no format, or the file cannot be written.
        """
        return save(self, path)
