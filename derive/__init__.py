"""Recurrent networks as recurrence equations: written down, differentiated, told, and emitted as NumPy.

    notation -> System -> calculus -> System -> document, program

    import derive

    cell = derive.cell("lstm")              a System: the equations of a built-in cell, or of a file
    cell = derive.cell("stack(lstm, 2)")    a network of such; derive.stack("lstm", 2) is the same
    cell = derive.layer("torch_lstm", layers=2)    a framework's layer, as it computes it
    cell = derive.read("h_t = tanh(W x_t + U h_{t-1} + b)")
    derive.weights("lstm.safetensors", "torch_lstm").params        its weights in a file, for the emitted module
    derivation = derive.bptt(cell)          its gradients, as equations for every length
    page = derive.explain(derivation)       the derivation step by step, as Blocks
    source = derive.emit(derivation)        a standalone NumPy module; derive.emit(derivation, "torch") is an nn.Module
    derive.review(cell)                     the standard cell that it is, and remarks on what is likely a slip

The names below are all there is to know; they are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.face import face

if TYPE_CHECKING:
    from derive.calculus.bptt import Derivation as Derivation
    from derive.calculus.bptt import bptt as bptt
    from derive.calculus.unroll import unroll as unroll
    from derive.cells import head as head
    from derive.cells import names as cell_names
    from derive.critique.remarks import Review as Review
    from derive.critique.remarks import remarks as remarks
    from derive.critique.remarks import review as review
    from derive.document.narrate import explain as explain
    from derive.document.page import Page as Page
    from derive.errors import InputError as InputError
    from derive.layers.exchange import Weights as Weights
    from derive.layers.exchange import load as weights
    from derive.layers.layer import layer as layer
    from derive.layers.page import names as layer_names
    from derive.network import bidirectional as bidirectional
    from derive.network import encoder_decoder as encoder_decoder
    from derive.network import follow as follow
    from derive.network import load as cell
    from derive.network import residual as residual
    from derive.network import reverse as reverse
    from derive.network import stack as stack
    from derive.notation.read import system as read
    from derive.program.emit import Source as Source
    from derive.program.emit import emit as emit
    from derive.system import System as System

_HOME = {
    "cell": "derive.network.load",
    "stack": "derive.network.stack",
    "bidirectional": "derive.network.bidirectional",
    "residual": "derive.network.residual",
    "reverse": "derive.network.reverse",
    "encoder_decoder": "derive.network.encoder_decoder",
    "cell_names": "derive.cells.names",
    "head": "derive.cells.head",
    "layer": "derive.layers.layer.layer",
    "weights": "derive.layers.exchange.load",
    "layer_names": "derive.layers.page.names",
    "read": "derive.notation.read.system",
    "follow": "derive.network.follow",
    "bptt": "derive.calculus.bptt.bptt",
    "Derivation": "derive.calculus.bptt.Derivation",
    "unroll": "derive.calculus.unroll.unroll",
    "explain": "derive.document.narrate.explain",
    "emit": "derive.program.emit.emit",
    "remarks": "derive.critique.remarks.remarks",
    "review": "derive.critique.remarks.review",
    "System": "derive.system.System",
    "Page": "derive.document.page.Page",
    "Review": "derive.critique.remarks.Review",
    "Source": "derive.program.emit.Source",
    "Weights": "derive.layers.exchange.Weights",
    "InputError": "derive.errors.InputError",
}

__all__ = [
    "Derivation", "InputError", "Page", "Review", "Source", "System", "Weights", "bidirectional", "bptt", "cell", "cell_names", "emit",
    "encoder_decoder", "explain", "follow", "head", "layer", "layer_names", "read", "remarks", "residual", "reverse", "review", "stack",
    "unroll", "weights",
]  # fmt: skip


__getattr__, __dir__ = face(__name__, _HOME, __all__)
