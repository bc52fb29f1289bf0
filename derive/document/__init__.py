"""Pages: `render` Blocks to a format, `save` them to a file whose suffix picks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from derive.document.blocks import Block, Figure, Heading
from derive.errors import InputError
from derive.files import write

_PRINTERS = {
    "terminal": "terminal.coloured",
    "text": "terminal.render",
    "markdown": "markdown.render",
    "latex": "latex.render",
    "html": "html.render",
    "html-fragment": "html.fragment",
    "pdf": "pdf.render",
}
_SUFFIXES = {".txt": "text", ".md": "markdown", ".tex": "latex", ".html": "html", ".htm": "html", ".pdf": "pdf"}


def formats() -> tuple[str, ...]:
    """The names of all formats."""
    return tuple(_PRINTERS)


def render(blocks: Sequence[Block], format: str = "text") -> str | bytes:
    """The page in a format; bytes for PDF, text for all others.

    Raises:
        InputError: there is no such format, or it cannot show something on the page.
    """
    if format not in _PRINTERS:
        raise InputError(f"there is no format {format}", advice=f"the formats are {', '.join(_PRINTERS)}")
    module, name = _PRINTERS[format].split(".")
    printed: str | bytes = getattr(import_module(f"derive.document.{module}"), name)(blocks)
    return printed


def save(blocks: Sequence[Block], path: str | Path) -> Path:
    """Write the page to a file, whole or not at all, in the format of its suffix.

    Markdown and LaTeX cannot hold pictures: they are written beside the file, NAME-1.svg or NAME-1.pdf and so on.

    Raises:
        InputError: the suffix belongs to no format, or a file cannot be written.
    """
    target = Path(path)
    form = _SUFFIXES.get(target.suffix.lower())
    if form is None:
        raise InputError(f"no format has the suffix {target.suffix!r}", place=str(path), advice=f"use one of {', '.join(_SUFFIXES)}")
    blocks = _titled(blocks)
    figures = [block for block in blocks if isinstance(block, Figure)]
    if form not in ("markdown", "latex") or not figures:
        return write(target, render(blocks, form))
    suffix = "svg" if form == "markdown" else "pdf"
    names = [f"{target.stem}-{count}.{suffix}" for count in range(1, len(figures) + 1)]
    page = import_module(f"derive.document.{form}").render(blocks, names)
    for name, figure in zip(names, figures, strict=True):
        write(target.with_name(name), figure.svg if form == "markdown" else import_module("derive.document.pdf").picture(figure.svg))
    return write(target, page)


def _titled(blocks: Sequence[Block]) -> list[Block]:
    """The page with its first heading as its title, if it has none: a section that is a page by itself."""
    first = next((place for place, block in enumerate(blocks) if isinstance(block, Heading)), None)
    return [replace(block, level=1) if isinstance(block, Heading) and place == first else block for place, block in enumerate(blocks)]
