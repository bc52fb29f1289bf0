"""Pages on trial: derivations of cells and of equations of many kinds, and a page of all blocks with text that no format may take for its own."""

from __future__ import annotations

from functools import cache

import pytest

import derive
from derive.document.blocks import Block, Code, Equations, Figure, Heading, Table, Text
from derive.document.inline import literal
from derive.document.narrate import explain

OTHERS = {
    "lags": "h_t = tanh(W x_t + U h_{t-1} + V h_{t-3} + b)\noutput h",
    "leads": "f_t = tanh(W x_t + U f_{t-1})\ng_t = tanh(P x_t + Q g_{t+1})\nh_t = [f_t; g_t]\noutput h",
    "stack": "h_t = tanh(W [h_{t-1}; x_t] + b)\noutput h",
    "linear": "h_t = A h_{t-1} + B x_t\noutput h",
    "zero": "h_t = relu(W x_t + U h_{t-1})\nboundary h = zero\noutput h",
    "still": "y_t = W x_t\noutput y",
    "long names": "memory_t = sqrt(gate_t * exp(memory_{t-1})) / (1 + gate_t)\ngate_t = sigmoid(Weights_in signal_t)\noutput memory",
    "greek": "α_t = tanh(Γ x_t + λ α_{t-1})\noutput α",
    "primes": "h'_{t} = tanh(W' x_t + U_tilde h'_{t-1})\noutput h'",
}


@cache
def derivation(name: str) -> derive.Derivation:
    if name in OTHERS:
        return derive.bptt(derive.read(OTHERS[name], name))
    cell, *heads = name.split("+")
    system = derive.cell(cell)
    for head in heads:
        system = derive.follow(system, derive.head(head))
    return derive.bptt(system)


CELLS = "rnn lstm gru mlstm slstm clockwork bahdanau_decoder".split()
NAMES = [*CELLS, *OTHERS, "rnn+readout+softmax_cross_entropy", "gru+readout+squared_error"]
every_page = pytest.mark.parametrize("name", NAMES)

SVG = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">
<g id="a"><rect width="40" height="20" fill="#eee"/></g><use href="#a"/></svg>"""
HOSTILE = "<script>alert(1)</script> & 50% of #1 costs $5 or `x_1`^2 ~ \\alpha {*} [a](#b) | \"quoted\" 'it'"
SHOWN = [
    Heading("A page", 1),
    Text(f"Before **bold $h_t$** and `code`, [(1)](#eq-1): {literal(HOSTILE)}"),
    Equations(derive.cell("rnn"), derive.cell("rnn").equations, (literal(HOSTILE),)),
    Code('def f(x):\n    return "</code></script>" + `x`  # <b> & $5'),
    Code("a ``` fence\n#end $", "nothing known"),
    Figure(SVG, f"A picture of $h_t$: {literal(HOSTILE)}"),
    Figure(SVG, "The same once more"),
    Table(("what", "outcome"), (("one", "1"), (literal(HOSTILE), "$x^2$"), ("three", "3")), "a caption", ("good", "bad", "unsure")),
    Table(("no", "marks"), (("1", "2"),)),
]


@cache
def page_of(name: str) -> list[Block]:
    """What is told of a derivation; "any block" is a page of all kinds of block."""
    return SHOWN if name == "any block" else explain(derivation(name))
