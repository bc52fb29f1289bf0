"""Results as Blocks, and so as HTML for notebooks; systems and derivations as LaTeX too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from derive.calculus.bptt import Derivation
from derive.critique.remarks import Remark, Remarks, Review
from derive.document import render
from derive.document.blocks import Block, Code, Equations, Table, Text
from derive.document.inline import literal
from derive.document.narrate import explain
from derive.document.remarks import remarks
from derive.layers.exchange import Weights
from derive.notation.write import equation_latex
from derive.system import System

NOTHING = "There is nothing to remark on."


def latex(shown: System | Derivation) -> str:
    """The equations, aligned; of a derivation, those of the gradients."""
    system = shown.adjoint if isinstance(shown, Derivation) else shown
    lines = [equation_latex(equation, system).replace(" = ", " &= ", 1) for equation in system.equations]
    return "$$\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}$$"


def html(shown: Any) -> str:
    """A result as a fragment of a page; of a system the equations, of a derivation the whole of it."""
    return str(render(blocks(shown), "html-fragment"))


def blocks(shown: Any) -> list[Block]:
    """A result as what a page is made of: what it gives as Blocks itself, if it does, or else its text."""
    match shown:
        case System():
            return [Equations(shown, shown.equations)]
        case Derivation():
            return list(explain(shown))
        case Review():
            return list(remarks(shown)) or [Text(NOTHING)]
        case Remark() | Remarks():
            return [Text(literal(str(each))) for each in (shown if isinstance(shown, Remarks) else (shown,))] or [Text(NOTHING)]
        case Weights():
            return list(weights(shown))
    if hasattr(shown, "blocks"):
        return list(shown.blocks())
    return [Code(shown.text(), getattr(shown, "language", "text"))]


def weights(held: Weights, is_framework: bool = False) -> Iterator[Block]:
    """The layer that weights are of and what its file says beside them, and their arrays; the framework's, or the emitted module's."""
    yield Text(literal("; ".join([held.layer.told, *_beside(held)])))
    arrays = held.arrays(is_framework).items()
    yield Table(
        ("array", "shape", "numbers"), tuple((literal(name), " × ".join(map(str, own.shape)), str(own.dtype)) for name, own in arrays)
    )


def _beside(held: Weights) -> Iterator[str]:
    """What a file says beside weights, and what is to be done with it."""
    if held.initial:
        yield f"the file sets initial states, which are for you to give to forward: {', '.join(held.initial)}"
    if held.lengths is not None:
        yield f"the file sets lengths of sequences, which are for you to give to forward (--ragged): {', '.join(map(str, held.lengths))}"
    if held.takes_lengths:
        yield "lengths of sequences are for you to give to forward (--ragged)"
