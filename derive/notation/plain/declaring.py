"""Declarations of the plain notation as they are built from their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lark

from derive.notation.plain.names import name_of
from derive.notation.tree import Declaration, Name, Place


def place_of(token: lark.Token) -> Place:
    """Where a token stands."""
    return Place(token.start_pos or 0, token.end_pos or 0)


def named(token: lark.Token) -> Name:
    """The name that a token is."""
    return name_of(str(token), place_of(token))


def _declared(key: str, token: lark.Token, names: Sequence[lark.Token], value: Any = None) -> Declaration:
    made = tuple(map(named, names))
    return Declaration(key, made, value, place=place_of(token).to(made[-1].place))


@lark.v_args(inline=True)
class Declaring(lark.Transformer[Any, Any]):
    """Builds the declarations, one method for each rule of the grammar."""

    def output(self, token: lark.Token, *names: lark.Token) -> Declaration:
        return _declared("output", token, names)

    def input(self, token: lark.Token, *names: lark.Token) -> Declaration:
        return _declared("input", token, names)

    def boundary(self, token: lark.Token, *names: lark.Token) -> Declaration:
        return _declared("boundary", token, names[:-1], str(names[-1]))

    def shape(self, token: lark.Token, *rest: Any) -> Declaration:
        *names, rows, columns = rest
        return _declared("shape", token, names, (rows, columns))

    def kind(self, token: lark.Token, *names: lark.Token) -> Declaration:
        return _declared("kind", token, names, {"s": "scalar", "v": "vector", "m": "matrix", "r": "row"}[token[0]])

    def constant(self, token: lark.Token, *names: lark.Token) -> Declaration:
        if names[-1].type == "SIGNED":
            return _declared("constant", token, names[:-1], float(names[-1]))
        return _declared("constant", token, names)

    def init(self, token: lark.Token, *names: lark.Token) -> Declaration:
        return _declared("init", token, names[:-1], float(names[-1]))

    def loss(self, token: lark.Token, name: lark.Token) -> Declaration:
        return _declared("loss", token, (name,))

    def distribution(self, token: lark.Token, name: lark.Token) -> Declaration:
        return _declared("distribution", token, (name,))
