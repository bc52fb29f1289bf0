r"""Of which step a value is, where names have no index t: h_prev and h_next, h' of h, and the lines of a program.

    h = np.tanh(W @ x + U @ h_prev)     h_prev is h_{t-1}, and x and h are at t
    h' = \tanh(W x + U h)               h' is h_t, h is h_{t-1}
    r += a * (-r + np.tanh(W @ x))      in a program what is read before it is set is of the step before

What has an equation is at t, and so is what has none and is multiplied by a weight or stacked with such a value; weights are capital, or w, u, v
and b with more letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from derive.notation.pieces import Piece
from derive.notation.tree import (
    Call,
    Declaration,
    Equation,
    Listed,
    Name,
    Operator,
    Row,
    Statement,
    Transposed,
    Tree,
    names,
    parts,
    rewritten,
)

BEFORE = re.compile(r"(?:(.+)_(?:prev|previous|old|before)|(?:prev|previous|old)_(.+))")
AFTER = re.compile(r"(?:(.+)_(?:next|new|prime)|(?:next|new)_(.+))")
CODE = re.compile(r"(?<!\w)(?:np|numpy|jnp|torch|tf|F|nn)\.[a-z]|\.T(?!\w)|\.(?:dot|matmul)\(|[+\-*/]=")
"""What only a program has in a line."""
CONTINUOUS = re.compile(r"\bODEs?\b|differential|derivative|continuous|Euler|微分|导数|连续|欧拉", re.IGNORECASE)
"""Words of pages where h' is a derivative."""
WEIGHT = re.compile(r"[A-Z].*|[wuvb]|[wuvb]_.+|(?:bias|weight|beta|gamma|alpha|scale).*|[^a-zA-Z].*")
"""Names that are weights, if nothing else is said."""
INPUT = re.compile(r"[xu]s?|x_?in|inp(?:ut)?s?")
"""Names that are inputs wherever they stand."""
VALUE = re.compile(r"(?!b_|bias|weight|b$)[a-z].*")
"""Names that may be inputs where a weight multiplies them."""


def at_steps(pieces: Sequence[Piece], page: str) -> list[Piece]:
    """The pieces of a page, each value with the step that it is of.

    Args:
        pieces: what the page says.
        page: its text.
    """
    names_of = _Names.of(pieces, page)
    is_program = any(_is_code(each) for each in pieces)
    if not names_of.states and not is_program:
        return list(pieces)
    set_before: set[str] = set()
    made: list[Piece] = []
    for piece in pieces:
        made.append(replace(piece, statement=names_of.stepped(piece.statement, set_before if is_program and not piece.is_latex else None)))
        if isinstance(piece.statement, Equation):
            set_before |= {name.whole for name in names(piece.statement.left)}
    return made


def _is_code(piece: Piece) -> bool:
    """Whether it is a line of a program."""
    statement = piece.statement
    return not piece.is_latex and isinstance(statement, Equation) and not statement.is_added and CODE.search(piece.text) is not None


@dataclass(frozen=True)
class _Names:
    """The names of a page.

    Attributes:
        defined: those with equations.
        states: by the names of values before and after a step, the name of the state and the steps from t.
        inputs: those without equations that are at t.
        has_time: whether a name of the page has an index t.
    """

    defined: frozenset[str]
    states: dict[str, tuple[str, int]]
    inputs: frozenset[str]
    has_time: bool

    @staticmethod
    def of(pieces: Sequence[Piece], page: str) -> _Names:
        """The names of a page."""
        equations = [piece.statement for piece in pieces if isinstance(piece.statement, Equation)]
        defined = frozenset(name.whole for each in equations for name in names(each.left))
        read = [name for each in equations for name in names(each.right)]
        has_time = any(name.time is not None for each in equations for name in names(each))
        declared = {name.whole for piece in pieces if isinstance(piece.statement, Declaration) for name in piece.statement.names}
        untimed = {name.whole for name in read if name.time is None} - declared
        states: dict[str, tuple[str, int]] = {}
        for name in sorted(defined):
            core = _core(AFTER, name)
            is_bare = core in untimed and not (name.endswith("_prime") and (has_time or CONTINUOUS.search(page)))
            if core and core not in defined and (is_bare or any(_core(BEFORE, each) == core for each in untimed)):
                states |= {name: (core, 0), core: (core, -1)}
        for name in sorted(untimed - defined):
            core = _core(BEFORE, name)
            if core and (core in defined or (core in states and states[core] == (core, -1))):
                states[name] = core, -1
        at_t = {*defined, *states}
        given = {name for each in equations for name in _given(each.right, at_t)} | {name for name in untimed if INPUT.fullmatch(name)}
        inputs = frozenset() if has_time else frozenset(given - at_t - declared)
        return _Names(defined, states, inputs, has_time)

    def stepped(self, statement: Statement, set_before: set[str] | None) -> Statement:
        """A statement with the steps of its names.

        Args:
            statement: what is said.
            set_before: in a program the names that are set before it, else None.
        """
        if not isinstance(statement, Equation):
            return statement
        cores = {core for core, _ in self.states.values()}

        def at(name: Name, *, is_left: bool) -> Name:
            if name.time is not None:
                return name
            if name.whole in self.states:
                core, by = self.states[name.whole]
                return replace(name, base=core, labels=(), time=by)
            is_before = set_before is not None and not is_left and not self.has_time and name.whole in self.defined - set_before
            if is_before:
                return replace(name, time=-1)
            return replace(name, time=0) if name.whole in cores | self.inputs | self.before else name

        right: Tree = rewritten(statement.right, _of_names(lambda name: at(name, is_left=False)))
        left: Tree = rewritten(statement.left, _of_names(lambda name: at(name, is_left=True)))
        return replace(statement, left=left, right=right)

    @property
    def before(self) -> frozenset[str]:
        """The names with equations, where no name has a time."""
        return frozenset() if self.has_time else self.defined


def _of_names(change: Callable[[Name], Name]) -> Callable[[Tree], Tree | None]:
    """What changes the names of values in a tree, and no functions."""

    def made(tree: Tree) -> Tree | None:
        if isinstance(tree, Call):
            return replace(tree, operands=rewritten(tree.operands, made))
        return change(tree) if isinstance(tree, Name) else None

    return made


def _core(pattern: re.Pattern[str], name: str) -> str:
    """The name of the state in h_prev; "" for another name."""
    found = pattern.fullmatch(name)
    return (found[1] or found[2]) if found else ""


def _given(right: Tree, at_t: Iterable[str]) -> Iterator[str]:
    """The names that a weight multiplies, or that are stacked with what is at t."""
    known = set(at_t)
    for part in parts(right):
        if isinstance(part, Row):
            factors = [part.first, *(each for operator, each in part.rest if operator in (Operator.BESIDE, Operator.MATRIX))]
            for before, behind in zip(factors, factors[1:], strict=False):
                yield from _operand(before, behind)
                yield from _operand(behind, before)
        elif isinstance(part, Listed) and any(name.whole in known for name in names(part)):
            yield from (each.whole for each in part.parts if isinstance(each, Name) and each.time is None)


def _operand(weight: Tree, value: Tree) -> Iterator[str]:
    """The value that a weight multiplies, if it is a name without a time."""
    weight = weight.base if isinstance(weight, Transposed) else weight
    is_weight = isinstance(weight, Name) and weight.time is None and WEIGHT.fullmatch(weight.whole) is not None
    if is_weight and isinstance(value, Name) and value.time is None and VALUE.fullmatch(value.whole):
        yield value.whole
