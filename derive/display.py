"""Systems and derivations as LaTeX and HTML, for notebooks."""

from __future__ import annotations

from derive.calculus.bptt import Derivation
from derive.document import render
from derive.document.blocks import Block, Equations
from derive.document.narrate import explain
from derive.notation.write import equation_latex
from derive.system import System


def latex(shown: System | Derivation) -> str:
    """The equations, aligned; of a derivation, those of the gradients."""
    system = shown.adjoint if isinstance(shown, Derivation) else shown
    lines = [equation_latex(equation, system).replace(" = ", " &= ", 1) for equation in system.equations]
    return "$$\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}$$"


def html(shown: System | Derivation) -> str:
    """The equations as a fragment of a page; of a derivation, the whole of it."""
    blocks: list[Block] = explain(shown) if isinstance(shown, Derivation) else [Equations(shown, shown.equations)]
    return str(render(blocks, "html-fragment"))
