"""Names in LaTeX that may be meant as something else: functions of which nobody says what they are, components that look like names.

Takes the pieces of a page that are in LaTeX. Each check raises `Wrong` at an offset of the page.
"""

from __future__ import annotations

import re

from derive.algebra import nodes
from derive.notation.pieces import Piece
from derive.notation.written import Wrong

NAME = re.compile(r"[^\W\d_](?:\w*[^\W_])?(?:_\{[^{}]*\})?'*")
NUMBERED_NAME = re.compile(r"[^\W\d_]\w*_\{\d+,\s*t(?:[+-]\d+)?\}")
"""A name with a number and the time, as h_{t,2} and h_t^{(2)} are in the plain notation."""
INDEXED_CALL = re.compile(r"(?<![\w}])(?!softmax_)([^\W\d_][^\W_]*_(?:\{\w+\}|\w+))\(")
CALLIGRAPHIC_CALL = re.compile(r"\\math(?:cal|scr|frak|bb)\s*\{?\s*([A-Z])\s*\}?\s*(?:\\!|\\left|\\[bB]igg?l?|\s)*\(")
"""Calls that would be read as products if nobody said that these are functions."""


def key(name: str) -> tuple[str, ...]:
    """A name without its time."""
    bare = re.sub(r"[{}\s]", "", name).replace("'", "_prime")
    return tuple(part for part in re.split("[_,]", bare) if part and not re.fullmatch(r"t([+-]\d+)?", part))


def refuse_unknown_functions(pieces: list[Piece], own: frozenset[str]) -> None:
    r"""\sigma_g(x) and \mathcal{H}(x) are no products, and which functions they are must be said."""
    for piece in pieces:
        calls = [(call[1], piece.made.columns[call.start()]) for call in INDEXED_CALL.finditer(piece.plain)]
        calls += [(call[1], piece.written.columns[call.start()]) for call in CALLIGRAPHIC_CALL.finditer(piece.text)]
        for name, at in calls:
            if name not in (*own, *nodes.FUNCTIONS, "sum_columns"):
                written = name.replace("sigma", r"\sigma")
                raise Wrong(
                    f"which function {written} is, is not said", rf"write \sigma or \tanh, or define it: {written}(x) = \tanh(x)", at
                )


def refuse_components(pieces: list[Piece], plain: list[str]) -> None:
    r"""h_{t,2} and h_t^{(2)} are names of their own; where h has an equation and they have none, a component may be meant."""
    defined = {key(text.partition("=")[0]) for text in plain}
    declared = {key(name) for text in plain if "=" not in text for name in NAME.findall(text)}
    for piece in pieces:
        start = piece.plain.find("=") + 1
        for read in NUMBERED_NAME.finditer(piece.plain, start):
            own = key(read[0])
            if own not in defined | declared and own[:-1] in defined:
                name = "_".join(own)
                raise Wrong(f"{name} has no equation, and {'_'.join(own[:-1])} has one", f"component {int(own[-1])} is written "
                            f"{own[0]}_t[{int(own[-1])}], counted from 0; for another variable write its equation, or declare it: input {name}",
                            piece.made.columns[read.start()])  # fmt: skip
