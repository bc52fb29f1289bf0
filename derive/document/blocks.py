r"""What a page is made of. Everything that is shown is a list of these; each output format prints these seven and nothing else.

Where a block has text (headings, paragraphs, remarks, captions, summaries and table cells), it may hold

    $h_{t-1}$                 mathematics, as LaTeX; in a paragraph, $$...$$ displays it on a line of its own
    **important**, `code`
    [(7)](#eq-7)              a reference to the equation (7); other formats than HTML and PDF show its text
    \$                        a dollar sign; so for each sign that means something, see `inline.literal`
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from derive.shown import Brief

if TYPE_CHECKING:
    from derive.algebra.nodes import Expr
    from derive.system import Equation, System


@dataclass(frozen=True, repr=False)
class Heading(Brief):
    """A title; level 1 is the page's own."""

    text: str
    level: int = 2


@dataclass(frozen=True, repr=False)
class Text(Brief):
    """A paragraph."""

    text: str


@dataclass(frozen=True, repr=False)
class Equations(Brief):
    """Displayed equations of a system, aligned at the equals sign and numbered by their own numbers; a number 0 is not shown.

    Attributes:
        reasons: for each equation the remark beside it, or "".
        working: for each equation the forms that its right side had before, each with the remark beside it; they are shown above it.
    """

    system: System
    equations: tuple[Equation, ...]
    reasons: tuple[str, ...] = ()
    working: tuple[tuple[tuple[Expr, str], ...], ...] = ()


@dataclass(frozen=True, repr=False)
class Code(Brief):
    """Source text in a fixed-width face."""

    text: str
    language: str = "python"


@dataclass(frozen=True, repr=False)
class Figure(Brief):
    """A picture as SVG text, with a caption that says what it shows."""

    svg: str
    caption: str


@dataclass(frozen=True, repr=False)
class Table(Brief):
    """Rows of cells under a header. `marks` gives the outcome of each row ("good", "bad", "unsure" or "") for colour and sign."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    marks: tuple[str, ...] = field(default=())


@dataclass(frozen=True, repr=False)
class Folded(Brief):
    """What a reader may open: a line that sums it up, and what it is made of, for formats that fold or print small; others show the line."""

    summary: str
    blocks: tuple[Text | Table, ...]


Block = Heading | Text | Equations | Code | Figure | Table | Folded
