"""Recurrent networks from their equations: read, derived, proved, drawn, emitted and trained. All public names in one place.

    import bptt

    cell = bptt.cell("lstm")            a System: the equations of a built-in cell, of a page (bptt.cell("mine.md")) or of a network
    cell = bptt.read("h_t = tanh(W x_t + U h_{t-1} + b)")
    derivation = bptt.bptt(cell)        a Derivation: the gradients, as equations for every length
    bptt.explain(cell)                  the derivation step by step; in Jupyter it shows itself, as all results do
    bptt.verify(cell)                   a Report: proved for every length and all sizes, and the code measured
    bptt.draw(cell, steps=3)            a Drawing: the unrolled graph
    source = bptt.emit(cell)            a standalone NumPy module

The same names are those of three packages, one for each part: `derive` (equations in; systems, documents and source out), `verify` (proofs and
checks) and `graphs` (pictures). They are imported when they are first used. The command line is `bptt.command_line`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import derive as _derive
import graphs as _graphs
import verify as _verify
from derive.face import face

if TYPE_CHECKING:
    from bptt.command_line import main as main
    from derive import *  # noqa: F403
    from graphs import *  # noqa: F403
    from verify import *  # noqa: F403

__version__ = "0.1.0"

_HOME = {name: f"{package.__name__}.{name}" for package in (_derive, _graphs, _verify) for name in package.__all__}

__all__ = [*_HOME, "__version__"]

__getattr__, __dir__ = face(__name__, {**_HOME, "main": "bptt.command_line.main"}, __all__)
