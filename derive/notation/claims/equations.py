"""Somebody's own backward pass, read beside the cell that it is of: each equation as a system of its own, which gives it a value.

The values of the cell keep their names; gradients are named as `partials.py` says. Another name is one of the author's own: what he defines on
the way, or, if he does not, the derivative of the loss by an output as far as the loss reads it directly.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.calculus.names import fresh
from derive.errors import InputError, NotationError, ShapeError
from derive.limits import PAGE
from derive.notation.claims.chains import by_loss, chain
from derive.notation.claims.claim import Claim, Claims, Meaning, Of
from derive.notation.claims.names import DELTA, step_of, told, value_of
from derive.notation.claims.partials import DIRECT, at_end, spelled
from derive.notation.claims.printed import BAR, unprinted
from derive.notation.claims.statements import alone, at_t, bare, has_zeros, is_asked, of_entries, step_of_left
from derive.notation.habits.derivatives import is_of_loss
from derive.notation.meaning import lower
from derive.notation.meaning.kinds import TWO_READINGS
from derive.notation.page import reading
from derive.notation.pieces import Piece
from derive.notation.plain.parser import parse
from derive.notation.plainly import plainly
from derive.notation.read import of_pieces
from derive.notation.restate import declarations, shape
from derive.notation.tree import (
    Bracketed,
    Declaration,
    Equation,
    Name,
    Number,
    OverIndex,
    Reach,
    Sum,
    Tree,
    rewritten,
)
from derive.notation.tree import names as names_in
from derive.notation.write import equation_text
from derive.notation.written import Wrong
from derive.system import Boundary, System

CLAIMED = "claimed"
DIRECTLY = ("Delta", "Δ", "delta", "δ", "g", "e")
"""What people call the derivative of the loss of a step by the output, if there is one output and the name has no equation."""


@dataclass(frozen=True)
class _Read:
    """An equation as it was found, and as it is meant: what it defines, at which time, and the names that it reads."""

    piece: Piece
    statement: Equation
    name: str
    time: Expr | None
    reads: tuple[str, ...]

    @property
    def is_general(self) -> bool:
        """Whether it says what a name stands for at each t, or of what has no time."""
        return self.time is None or self.time.has(nodes.t)


def claims(text: str, forward: System) -> Claims:
    """The equations of a page, as claims about the gradients of a system.

    Raises:
        NotationError: the page has no equation of a gradient, or one that is not in the notation.
    """
    PAGE.check(len(text))
    reader = _Reader(text, forward)
    found = sorted([*map(reader.claim, reader.equations), *map(_unread, reader.unread)], key=lambda each: each.line)
    is_of_gradients = any(each.value or _gradients_read(each) for each in found) or any(is_of_loss(each) for each, _ in reader.unread)
    if not is_of_gradients and not reader.chains:
        if reader.unread:
            raise reader.unread[0][1]
        known = ", ".join(name for name, each in forward.variables.items() if each.changes)
        raise NotationError("there is no equation for a gradient", place=forward.name,
                            advice=f"write one such as dL/dW = ..., hbar_t = ..., dW = ...; the values are {known}")  # fmt: skip
    return Claims(found, reader.chains)


class _Reader:
    def __init__(self, text: str, forward: System) -> None:
        self.forward = forward
        self.has_bars = "\\" in text or BAR in unicodedata.normalize("NFD", text)
        self.known = [name for name, each in forward.variables.items() if each.changes]
        values = [name for name in forward.variables if name != forward.loss]
        page = reading(unprinted(text), gradients_of=values)
        self.unread = list(page.unread)
        self.sizes = {str(side) for each in forward.variables.values() for size in each.shape for side in size.free_symbols}
        names = [*forward.variables, *self.sizes]
        chains = spelled(page.chains, names)
        pieces = at_end(spelled(page.pieces, names), names)
        self.direct: dict[str, str] = {}
        self.defined: set[str] = set()
        self.redefined = self._redefined(pieces, chains)
        self.chains = [chain(each, self.known, values, self.redefined) for each in chains]
        found = [each for piece in pieces for each in self._equation(piece)]
        self.defined = {each.name for each in found}
        claimed = [each for each in found if each.name not in forward.variables and not self._is_of_the_cell(each)]
        self.equations = self._gathered(self._timed(claimed))
        self.own = {each.name: each for each in self.equations if not self._is_gradient(each.name) and each.is_general}
        self.direct = dict(pair for each in self.equations for pair in self._added_directly(each))
        self.page = [alone(parse(equation_text(each, forward))[-1]) for each in forward.equations]
        self.declared = [alone(each) for line in declarations(forward) for each in parse(line) if not is_asked(each)]
        matrices = tuple(Name(name) for name, each in forward.variables.items() if each.is_sequence and 1 not in each.shape)
        self.declared += [alone(Declaration("kind", matrices, "matrix"))] if matrices else []

    def _redefined(self, pieces: list[Piece], chains: list[Piece]) -> frozenset[str]:
        """The values whose gradients the page writes otherwise than with a delta, and targets: what it defines as delta_n is a name of its own."""
        equations = [piece.statement for piece in pieces if isinstance(piece.statement, Equation)]
        in_chains = [piece.statement for piece in chains if isinstance(piece.statement, Equation)]
        lefts = {name.whole for each in equations for name in names_in(each.left)}
        lefts |= {step_of(name, self.known)[0] for each in in_chains for name in names_in(each.left)}
        deltas = {value_of(name, self.known) for name in lefts if DELTA.match(name)}
        every = {name.whole for each in equations for name in names_in(each)}
        others = {value_of(name, self.known) for name in every if not DELTA.match(name)}
        others |= {value for each in in_chains for value in by_loss(each, self.known)}
        targets = {name for name, each in self.forward.variables.items() if each.is_distribution}
        return frozenset(deltas & others - {""} | targets)

    def _is_of_the_cell(self, read: _Read) -> bool:
        """Whether an equation says h_0 = 0 of a value that is zero before the first step."""
        meaning, right = self.meaning(read.name), read.statement.right
        if meaning is None or meaning.of is not Of.VALUE or meaning.time is None or not isinstance(right, Number):
            return False
        return right.is_zero and self.forward[meaning.variable].boundary is Boundary.ZERO

    def _added_directly(self, read: _Read) -> Iterator[tuple[str, str]]:
        """The names that nothing defines and that are added in the gradient by an output, or in what may be it, each with that output."""
        meaning, right = self.meaning(read.name), read.statement.right
        outputs = [] if self.forward.loss else list(self.forward.outputs)
        output = meaning.variable if meaning else outputs[0] if len(outputs) == 1 and read.time is not None else ""
        if output not in outputs or (meaning is not None and meaning.of is not Of.GRADIENT):
            return
        for sign, term in right.terms if isinstance(right, Sum) else ((1, right),):
            if sign == 1 and isinstance(term, Name) and (term.time is not None or term.labels[-1:] == ("T",)):
                name = term.whole if term.time is not None else "_".join((term.base, *term.labels[:-1]))
                if name not in self.own and self.meaning(name) is None:
                    yield name, output

    def _equation(self, piece: Piece) -> Iterator[_Read]:
        """The equation of a piece, if it has one that can be read."""
        statement = piece.statement
        if not isinstance(statement, Equation):
            return
        try:
            yield self._read(piece, self._directly(statement))
        except Wrong as wrong:
            self.unread.append((piece.text, piece.located(wrong)))

    def _read(self, piece: Piece, statement: Equation) -> _Read:
        """An equation with what it defines and reads; hbar_0 on the left is hbar at one time.

        Raises:
            Wrong: it has no meaning; at a column.
        """
        line = lower.line(statement)
        assert line.left is not None
        assert line.right is not None
        name, time = nodes.name_of(line.left), line.left.indices[0] if isinstance(line.left, sp.Indexed) else None
        meaning = self.meaning(name)
        if meaning is not None and meaning.of is Of.GRADIENT and meaning.time is not None:
            name, time = name.rpartition("_")[0], meaning.time
        return _Read(piece, statement, name, time, tuple(dict.fromkeys(map(nodes.name_of, nodes.leaves(line.right)))))

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
        """The equations, with all that is added to a gradient at each step in one sum, which stands in the last of them.

        What it is before that, as the step behind it has said, delta_{t-1} = ..., is in the sum too.
        """
        adding = [each for each in found if each.statement.is_added]
        last = {each.name: each for each in adding}
        kept: list[_Read] = []
        begun = {each.name: each for each in found if each.name in last and not each.statement.is_added and step_of_left(each.statement)}
        for each in found:
            if begun.get(each.name) is each:
                continue
            if not each.statement.is_added:
                kept.append(each)
            elif last[each.name] is each:
                first = [replace(begun[each.name], statement=at_t(begun[each.name].statement))] if each.name in begun else []
                kept.append(self._summed([*first, *(other for other in adding if other.name == each.name)]))
        return kept

    def _summed(self, added: list[_Read]) -> _Read:
        """The sum of what is added to one gradient: over all steps of what is no sequence; else with what the loss gives directly."""
        whole, meaning = added[-1], self.meaning(added[-1].name)
        left = whole.statement.left
        terms: list[Tree] = [Bracketed(each.statement.right, place=each.statement.right.place) for each in added]
        is_output = meaning is not None and meaning.variable in self.forward.outputs and not self.forward.loss
        if meaning is not None and is_output and isinstance(left, Name) and left.time is not None:
            terms.insert(0, Name(f"{DIRECT}{meaning.variable}", time=left.time))
        made = terms[0] if len(terms) == 1 else Sum(tuple((1, each) for each in terms))
        if whole.time is None:
            made = OverIndex("sum", "t", Reach.ALL, made if isinstance(made, Bracketed) else Bracketed(made))
        return self._read(whole.piece, replace(whole.statement, right=made, is_added=False))

    def _directly(self, statement: Equation) -> Equation:
        """An equation whose right side reads what it defines, at the same time: that can only be meant as far as the loss reads it directly."""
        left = statement.left
        output = value_of(left.whole, self.known) if isinstance(left, Name) and left.time is not None else ""
        is_own = output in self.redefined and isinstance(left, Name) and DELTA.match(left.whole) is not None
        if not isinstance(left, Name) or self.forward.loss or output not in self.forward.outputs or is_own:
            return statement

        def change(node: Tree) -> Tree | None:
            is_same = isinstance(node, Name) and node.time == left.time and value_of(node.whole, self.known) == output
            return replace(node, base=f"{DIRECT}{output}", labels=()) if isinstance(node, Name) and is_same else None

        return replace(statement, right=rewritten(statement.right, change))

    def meaning(self, name: str) -> Meaning | None:
        """What a name stands for; None if it is nothing of the cell."""
        if name in self.forward.variables:
            return Meaning(Of.VALUE, name)
        if (value := value_of(name, self.known)) and not (value in self.redefined and DELTA.match(name)):
            return Meaning(Of.GRADIENT, value, is_marked=DELTA.match(name) is not None)
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
        meant = self.direct.get(name) or next((each for each in outputs if name in (f"dLd{each}", f"{DIRECT}{each}")), "")
        return meant or (outputs[0] if len(outputs) == 1 and name in DIRECTLY and name not in self.defined else "")

    def claim(self, read: _Read) -> Claim:
        """An equation as a claim."""
        left = read.statement.left
        meaning, needed = self.meaning(read.name), self._needed(read)
        read_there = dict.fromkeys(name for each in (read, *needed) for name in each.reads if name not in self.own)
        names = {name: found for name in read_there if (found := self.meaning(name))}
        is_at_each_t = read.time is not None and nodes.t in read.time.free_symbols
        made = Claim(
            name=read.name,
            value=meaning.variable if meaning and meaning.of is Of.GRADIENT else "",
            time=nodes.t if is_at_each_t else read.time,
            offset=left.time or 0 if isinstance(left, Name) else 0,
            line=read.piece.line_of(read.statement.place),
            text=plainly(read.statement),
            names=names,
            own=tuple(name for name in read.reads if name in self.own),
            is_marked=meaning is not None and meaning.is_marked,
        )
        if of_both := next((name for each in (read, *needed) for name in (each.name, *each.reads) if self.is_of_both(name)), ""):
            return replace(
                made,
                error=f"{of_both} may be a value of the cell, or the gradient of one; write gradients as dL/dh, or give the value another name",
            )
        unknown = next((name for name in read_there if name not in {*names, *self.sizes, "T", "t"}), "")
        if unknown:
            return replace(made, error=f"{unknown} is no value of the cell, no gradient of one, and has no equation")
        return self._with_system(made, needed, read)

    def _with_system(self, claim: Claim, needed: list[_Read], read: _Read) -> Claim:
        """The claim with its system; a sequence at one time goes there by a name of its own."""
        single = {name: fresh(f"{name}_only", self.forward.variables) for name, each in claim.names.items() if each.time is not None}
        names = {single.get(name, name): each for name, each in claim.names.items()}
        target = fresh(CLAIMED, [*self.forward.variables, *names])

        def change(node: Tree) -> Tree | None:
            is_single = isinstance(node, Name) and node.time is None and node.whole in single
            return Name(single[node.whole], place=node.place) if isinstance(node, Name) and is_single else None

        own = replace(read.statement, left=Name(target, time=claim.offset if claim.time == nodes.t else None))
        equations = [
            *(replace(each.piece, statement=rewritten(each.statement, change)) for each in needed),
            replace(read.piece, statement=rewritten(own, change)),
        ]
        shapes = [self._shape(name, each.variable) for name, each in names.items() if name not in self.forward.variables]
        asked = Declaration("output", (Name(target),))
        others = [*map(alone, shapes), *self.declared, alone(asked)]
        try:
            system = self._system(equations, others)
        except InputError as error:
            return replace(claim, error=told(error), clashes=isinstance(error, ShapeError) and not has_zeros(read.statement))
        return replace(claim, names=names, target=target, system=system)

    def _system(self, equations: list[Piece], others: list[Piece]) -> System:
        """The cell with the equations of a claim; where * between two matrices has two readings, it is meant of entries, as in gradients.

        Raises:
            InputError: it is no system.
        """
        own = list(map(bare, equations))
        try:
            return of_pieces([*self.page, *own, *others], self.forward.name)
        except ShapeError as error:
            if error.fact != TWO_READINGS:
                raise
            entries = [replace(each, statement=rewritten(each.statement, of_entries)) for each in own]
            return of_pieces([*self.page, *entries, *others], self.forward.name)

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

    def _shape(self, name: str, of: str) -> Declaration:
        """That a name has the size of a variable of the cell."""
        declared = parse(shape(self.forward[of]))[0]
        assert isinstance(declared, Declaration)
        return replace(declared, names=(Name(name),))


def _gradients_read(claim: Claim) -> bool:
    """Whether an equation of the author's own reads a gradient."""
    return any(each.of is Of.GRADIENT for each in claim.names.values())


def _unread(found: tuple[str, NotationError]) -> Claim:
    """A line that cannot be read, as a claim of which nothing can be told."""
    text, error = found
    line, column = (error.spot.line, error.spot.column) if error.spot else (0, 0)
    return Claim("", "", None, 0, line, " ".join(text.split()), {}, (), error=told(error), column=column)
