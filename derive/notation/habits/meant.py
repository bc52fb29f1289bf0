"""Names in LaTeX that may be meant as something else: functions of which nobody says what they are, components that look like names.

Takes the pieces of a page that are in LaTeX. Each check raises `Wrong` at an offset of the page.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from derive.algebra import nodes
from derive.notation.habits.named_functions import is_function
from derive.notation.latex.builder import CALLIGRAPHIC
from derive.notation.meaning.calls import NAMES, canonical
from derive.notation.pieces import Piece
from derive.notation.prose.said import name_of
from derive.notation.tree import (
    Bracketed,
    Call,
    Declaration,
    Definition,
    Equation,
    Listed,
    Name,
    Operator,
    Row,
    Statement,
    Tree,
    names,
    parts,
)
from derive.notation.written import Wrong

LAYERS = ("Linear", "linear", "Lin", "Dense", "dense", "Affine", "affine", "FC", "fc", "Proj", "proj")
"""How a product with weights is called, as layers of neural networks are."""
CELLS = ("LSTM", "GRU", "RNN", "MLP", "FFN", "NN", "Conv", "Conv1D", "Attention", "SSM")
"""How whole networks are called."""
SIM = re.compile(r"\\sim(?![A-Za-z])|∼")
INDEXED = re.compile(r"\\?[A-Za-z]+\s*_\s*(?:\{[^{}]*\}|\w)")
KNOWN = (*nodes.FUNCTIONS, "sum_columns")
Key = tuple[str, ...]


def key(name: Name) -> Key:
    """A name without its time, by the parts of it."""
    return tuple(part for part in name.whole.split("_") if part)


def refuse_unknown_functions(pieces: Iterable[Piece], own: Collection[str], words: str) -> None:
    r"""Refuse what would be a factor and is a function: \sigma_g(x), \mathcal{H}(x), G where words say G(\cdot) or "the network G".

    Args:
        pieces: what the page says.
        own: the functions that it defines.
        words: its prose.

    Raises:
        Wrong: nothing says which function one is; at an offset of the page.
    """
    for piece in pieces:
        marked = (
            each
            for each in _applied(piece.statement)
            if canonical(each.whole) not in NAMES and (_is_marked(piece.shown(each.place), words) or _is_called_function(each, words))
        )
        for name in (*(_called(piece.statement) if piece.is_latex else ()), *marked):
            if name.whole not in (*own, *KNOWN):
                written = piece.shown(name.place)
                one = rf"{written}(x) = \tanh(x)" if piece.is_latex else f"{written}(x) = tanh(x)"
                advice = rf"write \sigma or \tanh, or define it: {one}" if piece.is_latex else f"define it: {one}"
                raise Wrong(f"which function {written} is, is not said", advice, piece.offset(name.place.start))


def _is_called_function(name: Name, words: str) -> bool:
    """Whether a name that would be a matrix is a function by what words say of it."""
    return name.base[:1].isupper() and name.time is None and is_function(name, words)


def _is_marked(written: str, words: str) -> bool:
    r"""Whether words write a name as a function, f(\cdot)."""
    return (
        bool(written)
        and re.search(rf"(?<![\w\\]){re.escape(written)}\s*(?:\\left\s*)?\(\s*(?:\\cdot|\\bullet|·)\s*(?:\\right\s*)?\)", words) is not None
    )


def refuse_drawn(drawn: Iterable[tuple[str, int]], pieces: Collection[Piece]) -> None:
    r"""z_t \sim \mathcal{N}(\mu_t, \sigma_t) with a computed \mu_t is no equation; what is drawn from data is an input.

    Args:
        drawn: the formulas of the page that say how something is drawn, each with its offset.
        pieces: what counts on the page.
    """
    equations = [piece.statement for piece in pieces if isinstance(piece.statement, Equation)]
    defined = {key(name) for each in equations for name in names(each.left)}
    read = {key(name) for each in equations for name in names(each.right) if name.time is not None} - defined
    for text, at in drawn:
        left, right = SIM.split(text, maxsplit=1)
        if _key_of(left) in read and any(_key_of(each) in defined for each in INDEXED.findall(right)):
            raise Wrong(f"{left.strip()} is drawn at random, which no equation says", "write what is computed from a draw that is an input, such as "
                        "z_t = mu_t + sigma_t ⊙ eps_t", at)  # fmt: skip


def _key_of(written: str) -> Key:
    """The key of a name as it is written; that of no name for something else."""
    return tuple(part for part in (name_of(written) or "").split("_") if part)


def spelled_out(pieces: Sequence[Piece], own: Collection[str]) -> list[Piece]:
    """The pieces without the equations that apply Linear to something, where the page has the same values with their weights too."""
    short = [each for each in pieces if any(name.base in LAYERS and name.whole not in own for name in _applied(each.statement))]
    short = [each for each in short if _left(each.statement) not in {name.whole for name in names(each.statement.right)}]  # type: ignore[union-attr]
    defined = {_left(each.statement) for each in pieces if each not in short} - {""}
    return [each for each in pieces if each not in short or _left(each.statement) not in defined]


def _left(statement: Statement) -> str:
    """What an equation defines, by name."""
    return statement.left.whole if isinstance(statement, Equation) and isinstance(statement.left, Name) else ""


def refuse_layers_by_name(pieces: Iterable[Piece], own: Collection[str]) -> None:
    r"""Linear(x) says that there are weights and not which; two of them have two, and a product with a name would have one.

    Raises:
        Wrong: a page does not define what it applies; at an offset of it.
    """
    for piece in pieces:
        for name in _applied(piece.statement):
            if name.base in LAYERS and name.whole not in own:
                raise Wrong(f"{name.base} does not say with which weights", "write them out, W_a x_t + b_a, with names of their own in each place",
                            piece.offset(name.place.start))  # fmt: skip
            if name.base in CELLS and name.whole not in own:
                raise Wrong(f"{name.base} stands for equations that are not on the page", "write each of them on a line of its own",
                            piece.offset(name.place.start))  # fmt: skip


def _applied(tree: Tree) -> Iterator[Name]:
    """Names before parentheses."""
    for part in parts(tree):
        if isinstance(part, Call):
            yield part.function
        elif isinstance(part, Row):
            factors = [part.first, *(each for _, each in part.rest)]
            pairs = zip(factors, factors[1:], strict=False)
            yield from (before for before, behind in pairs if isinstance(before, Name) and isinstance(behind, Bracketed | Listed))


def _called(tree: Tree) -> Iterator[Name]:
    """Names that are applied to something and would else be factors."""
    for part in parts(tree):
        if isinstance(part, Call) and "_" in part.function.whole:
            yield part.function
        elif isinstance(part, Row):
            factors = [part.first, *(each for operator, each in part.rest if operator is Operator.BESIDE)]
            for before, behind in zip(factors, factors[1:], strict=False):
                is_capital = isinstance(before, Name) and re.fullmatch("[A-Z]", before.whole) is not None and before.time is None
                if (
                    is_capital
                    and isinstance(behind, Bracketed | Listed)
                    and isinstance(before, Name)
                    and (before.spelling.fonts or set()) & CALLIGRAPHIC
                ):
                    yield before


def refuse_components(latex: Iterable[Piece], pieces: Collection[Piece]) -> None:
    r"""h_{t,2} and h_t^{(2)} are names of their own; where h has an equation and they have none, a component may be meant."""
    defined = {key(name) for piece in pieces for name in defined_names(piece)}
    declared = {key(name) for piece in pieces if isinstance(piece.statement, Declaration) for name in piece.statement.names}
    for piece in latex:
        if not isinstance(piece.statement, Equation):
            continue
        for read in names(piece.statement.right):
            own = key(read)
            is_numbered = read.time is not None and len(read.labels) == 1 and read.labels[0].isdigit()
            if is_numbered and own not in defined | declared and own[:-1] in defined:
                name = "_".join(own)
                raise Wrong(f"{name} has no equation, and {'_'.join(own[:-1])} has one", f"component {int(own[-1])} is written "
                            f"{own[0]}_t[{int(own[-1])}], counted from 0; for another variable write its equation, or declare it: input {name}",
                            piece.offset(read.place.start))  # fmt: skip


def defined_names(piece: Piece) -> list[Name]:
    """What an equation or a function defines."""
    statement = piece.statement
    if isinstance(statement, Definition):
        return [statement.name]
    return list(names(statement.left)) if isinstance(statement, Equation) else []
