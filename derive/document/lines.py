"""Displayed equations to lines: what all formats print of an `Equations` block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from derive.document.blocks import Block, Equations

if TYPE_CHECKING:
    from derive.notation.write import Latex


@dataclass(frozen=True)
class Line:
    """left = right, in LaTeX.

    Attributes:
        left: "" where the line goes on from the one above.
        terms: of the right side, each but the first with its sign: where a line that is too long may be broken.
        number: of the equation; 0 where none is shown.
        reason: the remark beside it.
    """

    left: str
    terms: tuple[str, ...]
    number: int
    reason: str


def lines(block: Equations, writer: Latex | None = None) -> Iterator[Line]:
    """The lines of the block, in order, as the writer spells them."""
    if writer is None:
        writer = import_module("derive.notation.write").Latex(block.system.variables)
    for place, equation in enumerate(block.equations):
        left = writer.write(equation.left)
        for earlier, remark in block.working[place] if block.working else ():
            yield Line(left, tuple(writer.terms(earlier)), 0, remark)
            left = ""
        yield Line(left, tuple(writer.terms(equation.right)), equation.number, block.reasons[place] if block.reasons else "")


def homes(blocks: Sequence[Block]) -> dict[int, int]:
    """By equation number, the place of the last block that shows it: where a reference leads."""
    shown = ((place, block) for place, block in enumerate(blocks) if isinstance(block, Equations))
    return {equation.number: place for place, block in shown for equation in block.equations if equation.number}
