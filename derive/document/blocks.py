"""What a page is made of. Everything that is shown is a list of these; each output format prints these six and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

from derive.system import Equation, System


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is the page's own."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """A paragraph. Mathematics in it stands between dollar signs, as LaTeX; `code` between backticks."""

    text: str


@dataclass(frozen=True)
class Equations:
    """Displayed equations of a system, aligned at the equals sign and numbered by their own numbers.

    Attributes:
        reasons: for each equation the remark beside it, or "".
    """

    system: System
    equations: tuple[Equation, ...]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Code:
    """Source text in a fixed-width face."""

    text: str
    language: str = "python"


@dataclass(frozen=True)
class Figure:
    """A picture as SVG text, with a caption that says what it shows."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Table:
    """Rows of cells under a header. `marks` gives the outcome of each row ("good", "bad", "unsure" or "") for colour and sign."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    marks: tuple[str, ...] = field(default=())


Block = Heading | Text | Equations | Code | Figure | Table
