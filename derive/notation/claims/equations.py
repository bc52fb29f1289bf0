"""Somebody's own backward pass, read beside the cell that it is of: each equation as a system of its own, which gives it a value.

The values of the cell keep their names; gradients are named as `partials.py` says. Another name is one of the author's own: what he defines on
the way, or, if he does not, the derivative of the loss by an output as far as the loss reads it directly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.calculus.names import fresh
from derive.errors import InputError, NotationError, ShapeError, Spot
from derive.limits import PAGE
from derive.notation.claims.chains import Chain, chains
from derive.notation.claims.derivations import marked, prepared, spelled
from derive.notation.claims.partials import DIRECT, barred, value_of
from derive.notation.claims.printed import BAR
from derive.notation.meaning import lower
from derive.notation.page import reading
from derive.notation.pieces import Piece
from derive.notation.plain.parser import parse
from derive.notation.read import system as read_system
from derive.notation.restate import declarations
from derive.notation.write import equation_text
from derive.notation.written import Wrong
from derive.system import System

SUBSCRIPT = re.compile(r"_(?:\{t([+-]\d+)?\}|t(?![^\W_]))")
PADDED = re.compile(r"[\[;]\s*0\s*[;\]]")
"""Zeros of which nothing says how many there are."""
CLAIMED = "claimed"
DIRECTLY = ("Delta", "Δ", "delta", "δ", "g", "e")
"""What people call the derivative of the loss of a step by the output, if there is one output and the name has no equation."""


class Of(Enum):
    """What is meant of a variable of the cell."""

    VALUE = "its value"
    GRADIENT = "the gradient of the loss by it"
    DIRECT = "the derivative by it of the loss of each step, as far as that reads it directly"


@dataclass(frozen=True)
class Meaning:
    """What a name on a page stands for.

    Attributes:
        of: which of the things that belong to a variable.
        variable: of the cell, by its name.
        time: if the name is that of a sequence at one time, such as h_1 or h_T, that time; else None.
    """

    of: Of
    variable: str
    time: Expr | None = None


@dataclass(frozen=True)
class Claim:
    """One equation of a backward pass.

    Attributes:
        name: what it defines, as the page calls it.
        value: the variable of the cell whose gradient that is; "" of one of the author's own.
        time: the time at which it is defined: t, or 0, 1, T; None of what has no index.
        offset: the page defines it at t + offset, the system at t.
        line: its line on the page, from 1.
        text: it in the plain notation.
        names: by its name in the system, what is read of the cell.
        own: the author's own names that it reads.
        system: the cell, what the equation reads of the author's own, and the equation, which defines `target`; None if there is none.
        target: the name that the system gives to what is claimed.
        error: why there is no system.
        clashes: whether that is because sizes in it do not fit together; else it reads what is not known here.
    """

    name: str
    value: str
    time: Expr | None
    offset: int
    line: int
    text: str
    names: Mapping[str, Meaning]
    own: tuple[str, ...]
    system: System | None = None
    target: str = ""
    error: str = ""
    clashes: bool = False


@dataclass(frozen=True)
class _Read:
    """An equation as it was found, and as it is meant in the plain notation: what it defines, at which time, and the names that it reads."""

    piece: Piece
    plain: str
    name: str
    time: Expr | None
    reads: tuple[str, ...]

    @property
    def is_general(self) -> bool:
        """Whether it says what a name stands for at each t, or of what has no time."""
        return self.time is None or self.time.has(nodes.t)


@dataclass(frozen=True)
class Claims:
    """What a page claims.

    Attributes:
        equations: those of gradients and of names on the way to these, in its order.
        chains: those about derivatives of one value by another, in its order.
    """

    equations: list[Claim]
    chains: list[Chain]


def claims(text: str, forward: System) -> Claims:
    """The equations of a page, as claims about the gradients of a system.

    Raises:
        NotationError: the page has no equation of a gradient, or one that is not in the notation.
    """
    PAGE.check(len(text))
    reader = _Reader(text, forward)
    made = [*map(reader.claim, reader.equations), *map(_unread, reader.unread)]
    found = sorted((replace(each, line=reader.moved.get(each.line, each.line)) for each in made), key=lambda each: each.line)
    if not any(each.value or _gradients_read(each) for each in found) and not reader.chains:
        if reader.unread:
            raise reader.unread[0][1]
        known = ", ".join(name for name, each in forward.variables.items() if each.changes)
        raise NotationError("there is no equation for a gradient", place=forward.name,
                            advice=f"write one such as dL/dW = ..., hbar_t = ..., dW = ...; the values are {known}")  # fmt: skip
    return Claims(found, [replace(each, line=reader.moved.get(each.line, each.line)) for each in reader.chains])


class _Reader:
    def __init__(self, text: str, forward: System) -> None:
        self.forward = forward
        self.has_bars = "\\" in text or BAR in unicodedata.normalize("NFD", text)
        self.known = [name for name, each in forward.variables.items() if each.changes]
        made = prepared(spelled(text, forward.variables))
        rest, self.chains = chains(made.text, self.known)
        bases = {name.split("_")[0] for name in forward.variables} | marked(made.text)
        page = reading(barred(rest, bases), has_gradients=True)
        self.added, self.moved, self.unread = made.added, made.moved, list(page.unread)
        found = [each for piece in page.pieces for each in self._equation(piece) if each.name not in forward.variables]
        self.equations = self._gathered(self._timed(found))
        self.own = {each.name: each for each in self.equations if not self._is_gradient(each.name) and each.is_general}
        self.page = [equation_text(each, forward) for each in forward.equations]
        self.declared = list(declarations(forward))

    def _equation(self, piece: Piece) -> Iterator[_Read]:
        """The equation of a piece, if it has one; hbar_0 on the left is hbar at one time."""
        plain = self._directly(piece.plain)
        try:
            line = lower.line(parse(plain)[-1])
        except Wrong as wrong:
            error = NotationError(
                wrong.fact, place=f"line {piece.line}", advice=wrong.advice, excerpt=piece.text, spot=Spot(piece.line, 1, 1)
            )
            self.unread.append((piece.plain, error))
            return
        if line.key != "equation" or line.left is None or line.right is None:
            return
        name, time = nodes.name_of(line.left), line.left.indices[0] if isinstance(line.left, sp.Indexed) else None
        meaning = self.meaning(name)
        if meaning is not None and meaning.of is Of.GRADIENT and meaning.time is not None:
            name, time = name.rpartition("_")[0], meaning.time
        yield _Read(piece, plain, name, time, tuple(dict.fromkeys(map(nodes.name_of, nodes.leaves(line.right)))))

    def _timed(self, found: list[_Read]) -> list[_Read]:
        """The equations; delta_T is delta at T, if that has an equation at t."""
        sequences = {each.name for each in found if each.time is not None}
        bases = [(each, *each.name.rpartition("_")[::2]) for each in found]
        return [
            replace(each, name=base, time=nodes.T if index == "T" else sp.Integer(index))
            if each.time is None and base in sequences and (index == "T" or index.isdecimal()) and not self._is_gradient(each.name)
            else each
            for each, base, index in bases
        ]

    def _gathered(self, found: list[_Read]) -> list[_Read]:
        """The equations, with all that is added to a gradient at each step in one sum, which stands in the last of them."""
        adding = [each for each in found if each.piece.line in self.added]
        last = {each.name: each for each in adding}
        kept: list[_Read] = []
        for each in found:
            if each in adding and last[each.name] is not each:
                continue
            kept.append(self._summed([other for other in adding if other.name == each.name]) if each in adding else each)
        return kept

    def _summed(self, parts: list[_Read]) -> _Read:
        """The sum of what is added to one gradient: over all steps of what is no sequence; else with what the loss gives directly."""
        whole = parts[-1]
        left = whole.plain.partition("=")[0]
        terms = " + ".join(f"({each.plain.partition('=')[2].strip()})" for each in parts)
        meaning = self.meaning(whole.name)
        if whole.time is None:
            terms = f"sum_t ({terms})"
        elif meaning and meaning.variable in self.forward.outputs and not self.forward.loss and (index := SUBSCRIPT.search(left)):
            terms = f"{DIRECT}{meaning.variable}{index[0]} + {terms}"
        plain = f"{left}= {terms}"
        reads = tuple(dict.fromkeys([name for each in parts for name in each.reads] + self._direct_in(terms)))
        return replace(whole, plain=plain, reads=reads)

    def _direct_in(self, text: str) -> list[str]:
        return re.findall(rf"{DIRECT}\w+?(?=_)", text)

    def _directly(self, plain: str) -> str:
        """An equation whose right side reads what it defines, at the same time: that can only be meant as far as the loss reads it directly."""
        left, equals, right = plain.partition("=")
        defined = left.strip()
        index = SUBSCRIPT.search(defined)
        output = value_of(defined[: index.start()], self.known) if index else ""
        if index is None or self.forward.loss or output not in self.forward.outputs:
            return plain
        names = {found for found in re.findall(r"[^\W\d]\w*?(?=_(?:\{|t))", right) if value_of(found, self.known) == output}
        for name in (defined[: index.start()], *sorted(names)):
            right = re.sub(rf"(?<!\w){re.escape(name + index[0])}(?![\w{{])", f"{DIRECT}{output}{index[0]}", right)
        return left + equals + right

    def meaning(self, name: str) -> Meaning | None:
        """What a name stands for; None if it is nothing of the cell."""
        if name in self.forward.variables:
            return Meaning(Of.VALUE, name)
        if value := value_of(name, self.known):
            return Meaning(Of.GRADIENT, value)
        if output := self._output(name):
            return Meaning(Of.DIRECT, output)
        base, _, index = name.rpartition("_")
        whole = self.meaning(base) if base and (index.isdecimal() or index == "T") else None
        if whole is None or whole.time is not None or not self.forward[whole.variable].is_sequence:
            return None
        return replace(whole, time=nodes.T if index == "T" else sp.Integer(index))

    def is_of_both(self, name: str) -> bool:
        r"""Whether a name with a bar is that of a value of the cell, \bar{h} beside h, so that the gradient of h would have the same.

        In plain text h_bar is the value and hbar the gradient.
        """
        squeezed = name.replace("_", "")
        return self.has_bars and "bar" in squeezed and any(each.replace("_", "") == squeezed for each in self.forward.variables)

    def _is_gradient(self, name: str) -> bool:
        meaning = self.meaning(name)
        return meaning is not None and meaning.of is Of.GRADIENT

    def _output(self, name: str) -> str:
        """The output by which a name differentiates the loss of a step."""
        outputs = [] if self.forward.loss else list(self.forward.outputs)
        meant = next((each for each in outputs if name in (f"dLd{each}", f"{DIRECT}{each}")), "")
        return meant or (outputs[0] if len(outputs) == 1 and name in DIRECTLY else "")

    def claim(self, read: _Read) -> Claim:
        """An equation as a claim."""
        index = SUBSCRIPT.search(read.plain.partition("=")[0])
        meaning, needed = self.meaning(read.name), self._needed(read)
        read_there = dict.fromkeys(name for each in (read, *needed) for name in each.reads if name not in self.own)
        names = {name: found for name in read_there if (found := self.meaning(name))}
        is_at_each_t = read.time is not None and nodes.t in read.time.free_symbols
        made = Claim(
            name=read.name,
            value=meaning.variable if meaning and meaning.of is Of.GRADIENT else "",
            time=nodes.t if is_at_each_t else read.time,
            offset=int(index[1] or 0) if index else 0,
            line=read.piece.line,
            text=read.plain.strip(),
            names=names,
            own=tuple(name for name in read.reads if name in self.own),
        )
        if of_both := next((name for each in (read, *needed) for name in (each.name, *each.reads) if self.is_of_both(name)), ""):
            return replace(
                made,
                error=f"{of_both} may be a value of the cell, or the gradient of one; write gradients as dL/dh, or give the value another name",
            )
        sizes = {str(side) for each in self.forward.variables.values() for size in each.shape for side in size.free_symbols}
        unknown = next((name for name in read_there if name not in {*names, *sizes, "T", "t"}), "")
        if unknown:
            return replace(made, error=f"{unknown} is no value of the cell, no gradient of one, and has no equation")
        return self._with_system(made, [each.plain for each in needed], read.plain.partition("=")[2])

    def _with_system(self, claim: Claim, needed: list[str], right: str) -> Claim:
        """The claim with its system; a sequence at one time goes there by a name of its own."""
        single = {name: fresh(f"{name}_only", self.forward.variables) for name, each in claim.names.items() if each.time is not None}
        names = {single.get(name, name): each for name, each in claim.names.items()}
        target = fresh(CLAIMED, [*self.forward.variables, *names])
        left = f"{target}_t" if claim.time == nodes.t else target
        lines = [*needed, f"{left} = {_moved(right, -claim.offset)}"]
        for name, other in single.items():
            lines = [re.sub(_spellings(name), other, line) for line in lines]
        shapes = [f"shape {name} = {self._shape(each.variable)}" for name, each in names.items() if name not in self.forward.variables]
        declared = [each for each in self.declared if not each.startswith(("input", "output", "loss"))]
        text = "\n".join([*self.page, *lines, *shapes, *declared, f"output {target}"])
        try:
            return replace(claim, names=names, target=target, system=read_system(text, self.forward.name))
        except InputError as error:
            told = f"{error.fact}; {error.advice}" if error.advice else error.fact
            return replace(claim, error=told, clashes=isinstance(error, ShapeError) and not PADDED.search(right))

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

    def _shape(self, name: str) -> str:
        rows, columns = self.forward[name].shape
        return f"({rows}, {columns})"


def _gradients_read(claim: Claim) -> bool:
    """Whether an equation of the author's own reads a gradient."""
    return any(each.of is Of.GRADIENT for each in claim.names.values())


def _unread(found: tuple[str, NotationError]) -> Claim:
    """A line that cannot be read, as a claim of which nothing can be told."""
    text, error = found
    told = f"{error.fact}; {error.advice}" if error.advice else error.fact
    return Claim("", "", None, 0, error.spot.line if error.spot else 0, text.strip(), {}, (), error=told)


def _spellings(name: str) -> str:
    """A pattern for a name with a label and a time, which may stand in one index: a_bar_h_1 is a_bar_{h,1} too."""
    base, _, index = name.rpartition("_")
    body, _, label = base.rpartition("_")
    joined = rf"|{re.escape(body)}_\{{{re.escape(label)},\s*{re.escape(index)}\}}" if body else ""
    return rf"(?<!\w)(?:{re.escape(name)}(?!\w){joined})"


def _moved(text: str, by: int) -> str:
    """Plain text with t + by in place of t in all indices."""

    def moved(found: re.Match[str]) -> str:
        offset = int(found[1] or 0) + by
        return f"_{{t{offset:+d}}}" if offset else "_t"

    return SUBSCRIPT.sub(moved, text) if by else text
