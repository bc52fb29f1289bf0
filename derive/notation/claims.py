"""Somebody's own backward pass, read beside the cell that it is of: each equation as a system of its own, which gives it a value.

The values of the cell keep their names; gradients are named as `partials.py` says. Another name is one of the author's own: what he defines on
the way, or, if he does not, the derivative of the loss by an output as far as the loss reads it directly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.calculus.names import fresh
from derive.errors import InputError, NotationError
from derive.notation import page
from derive.notation.grammar import parse_line
from derive.notation.page import Piece
from derive.notation.partials import DIRECT, barred, value_of
from derive.notation.read import system as read_system
from derive.notation.restate import declarations
from derive.notation.write import equation_text
from derive.system import Role, System

SUBSCRIPT = re.compile(r"_(?:\{t([+-]\d+)?\}|t(?![^\W_]))")
CLAIMED = "claimed"


@dataclass(frozen=True)
class Claim:
    """One equation of a backward pass.

    Attributes:
        name: what it defines, as the page calls it.
        value: the value of the cell whose gradient that is; "" of one of the author's own.
        time: the time at which it is defined: t, or 0, 1, T; None of what has no index.
        offset: the page defines it at t + offset, the system at t.
        line: its line on the page, from 1.
        text: it as the page has it.
        system: the cell, what the equation reads of the author's own, and the equation, which defines `target`; None if it has no meaning.
        target: the name that the system gives to what is claimed.
        gradients: by its name in the system, the value whose gradient is read.
        own: the author's own names that it reads.
        direct: by its name in the system, the output by which the loss of each step is differentiated.
        error: why there is no system.
    """

    name: str
    value: str
    time: Expr | None
    offset: int
    line: int
    text: str
    system: System | None
    target: str
    gradients: dict[str, str]
    direct: dict[str, str]
    own: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class _Read:
    """An equation as it was found: its left side, and the names that it reads."""

    piece: Piece
    left: Expr
    reads: tuple[str, ...]

    @property
    def name(self) -> str:
        return nodes.name_of(self.left)

    @property
    def time(self) -> Expr | None:
        return self.left.indices[0] if isinstance(self.left, sp.Indexed) else None


def claims(text: str, forward: System) -> list[Claim]:
    """The equations of a page, in its order, as claims about the gradients of a system.

    Raises:
        NotationError: the page has no equation of a gradient, or one that is not in the notation.
    """
    reader = _Reader(text, forward)
    found = [reader.claim(each) for each in reader.equations]
    if not any(each.value for each in found):
        known = ", ".join(name for name, each in forward.variables.items() if each.changes)
        raise NotationError("there is no equation for a gradient", place=forward.name,
                            advice=f"write one such as dL/dW = ..., hbar_t = ..., dW = ...; the values are {known}")  # fmt: skip
    return found


class _Reader:
    def __init__(self, text: str, forward: System) -> None:
        self.forward = forward
        self.known = [name for name, each in forward.variables.items() if each.changes]
        bases = {name.split("_")[0] for name in forward.variables}
        _, pieces = page.read(barred(text, bases))
        found = list(_equations(pieces))
        given = {name for name, each in forward.variables.items() if each.role is Role.DEFINED}
        self.equations = [each for each in found if each.name not in given]
        self.own = {each.name: each for each in self.equations if not self.value(each.name)}
        self.page = [equation_text(each, forward) for each in forward.equations]
        self.declared = list(declarations(forward))

    def value(self, name: str) -> str:
        """The value whose gradient a name stands for, "" if it is none."""
        return "" if name in self.forward.variables else value_of(name, self.known)

    def claim(self, read: _Read) -> Claim:
        """An equation as a claim."""
        line, written = read.piece.line, read.piece.plain.strip()
        index = SUBSCRIPT.search(read.piece.plain.partition("=")[0])
        shift = int(index[1] or 0) if index else 0
        needed = self._needed(read)
        names = dict.fromkeys(name for each in (read, *needed) for name in each.reads)
        gradients = {name: value for name in names if (value := self.value(name))}
        strange = [name for name in names if name not in (*self.forward.variables, *gradients, *self.own, "T", "t")]
        direct = {name: output for name in strange if (output := self._output(name))}
        target = fresh(CLAIMED, [*self.forward.variables, *names])
        is_at_each_t = read.time is not None and nodes.t in read.time.free_symbols
        made = Claim(
            read.name,
            self.value(read.name),
            nodes.t if is_at_each_t else read.time,
            shift,
            line,
            written,
            None,
            target,
            gradients,
            direct,
            tuple(name for name in read.reads if name in self.own),
        )
        unknown = next((name for name in strange if name not in direct and not name.startswith("n_")), "")
        if unknown:
            return replace(made, error=f"{unknown} is no value of the cell, no gradient of one, and has no equation")
        right = _moved(read.piece.plain.partition("=")[2], -shift)
        lines = [*self.page, *(each.piece.plain for each in needed), f"{target}{'_t' if is_at_each_t else ''} = {right}"]
        shapes = [f"shape {name} = {self._shape(value)}" for name, value in gradients.items()]
        shapes += [f"shape {name} = {self._shape(output)}" for name, output in direct.items()]
        text = "\n".join([*lines, *shapes, *self._declarations(target)])
        try:
            return replace(made, system=read_system(text, self.forward.name))
        except InputError as error:
            return replace(made, error=f"{error.fact}; {error.advice}" if error.advice else error.fact)

    def _needed(self, read: _Read) -> list[_Read]:
        """The author's own equations that one depends on."""
        found: dict[str, _Read] = {}
        pending = list(read.reads)
        while pending:
            name = pending.pop()
            if name in self.own and name not in found:
                found[name] = self.own[name]
                pending += self.own[name].reads
        return [each for name, each in self.own.items() if name in found]

    def _output(self, name: str) -> str:
        """The output by which a name that is not known differentiates the loss of a step."""
        outputs = [] if self.forward.loss else list(self.forward.outputs)
        meant = next((each for each in outputs if name in (f"dLd{each}", f"{DIRECT}{each}", f"d{each}_t")), "")
        return meant or (outputs[0] if len(outputs) == 1 and name in ("Delta", "Δ", "g", "e", "delta", "δ") else "")

    def _shape(self, name: str) -> str:
        rows, columns = self.forward[name].shape
        return f"({rows}, {columns})"

    def _declarations(self, target: str) -> Iterator[str]:
        for each in self.declared:
            if not each.startswith(("input", "output", "loss")):
                yield each
        yield f"output {target}"


def _equations(pieces: list[Piece]) -> Iterator[_Read]:
    for piece in pieces:
        try:
            line = parse_line(piece.plain, f"line {piece.line}", {})
        except NotationError as error:
            raise piece.located(error) from None
        if line.key == "equation" and line.left is not None and line.right is not None:
            reads = tuple(dict.fromkeys(nodes.name_of(leaf) for leaf in nodes.leaves(line.right)))
            yield _Read(piece, line.left, reads)


def _moved(text: str, by: int) -> str:
    """Plain text with t + by in place of t in all indices."""

    def moved(found: re.Match[str]) -> str:
        offset = int(found[1] or 0) + by
        return f"_{{t{offset:+d}}}" if offset else "_t"

    return SUBSCRIPT.sub(moved, text) if by else text
