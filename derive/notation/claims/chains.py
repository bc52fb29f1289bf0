r"""Formulas about derivatives of one value by another: \frac{\partial h_t}{\partial h_{t-1}}, \prod_{j=k+1}^{t}, \sum_{k=1}^{3}, in LaTeX or plain.

A formula is a chain if it has a derivative of something else than a loss, a product over steps, or a sum whose ends are not those of the sequence.
Takes the statements of a derivation, gives chains of nodes, each with the steps at which it is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

from derive.notation import tree
from derive.notation.claims.names import DELTA, is_loss, step_of, told, value_of
from derive.notation.meaning.calls import canonical
from derive.notation.pieces import Piece
from derive.notation.tree import Derivative, Equation, Name, Operator, OverIndex, OverSteps, Place, Reach, Statement, Step, Tree, rewritten
from derive.notation.written import Wrong


@dataclass(frozen=True)
class When:
    """A step: base + offset, where base is a letter, T or nothing."""

    base: str
    offset: int = 0


@dataclass(frozen=True)
class Ref:
    """A value of the cell, the loss (name ""), or a name of the author's, at a step or at none."""

    name: str
    when: When | None = None


@dataclass(frozen=True)
class Partial:
    """The derivative of one value by another."""

    top: Ref
    bottom: Ref


@dataclass(frozen=True)
class Over:
    """A sum or a product over steps, from low to high."""

    is_product: bool
    index: str
    low: When
    high: When
    body: Node


@dataclass(frozen=True)
class Call:
    """A function of one argument; diag and transpose are functions too."""

    name: str
    argument: Node


@dataclass(frozen=True)
class Binary:
    """Two parts with a sign between them: + - . (a product) * (entry by entry) x (outer) / ^."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Span:
    """How many steps there are from one to another."""

    low: When
    high: When


Node = Ref | Partial | Over | Call | Binary | Span | float


@dataclass(frozen=True)
class Chain:
    """One such formula.

    Attributes:
        line: on the page, from 1.
        text: as it is written.
        left, right: its sides.
        error: why it cannot be read; "" if it can.
        column: of what cannot be read, from 1.
    """

    line: int
    text: str
    left: Node
    right: Node
    error: str = ""
    column: int = 0

    @property
    def defined(self) -> str:
        """The value by which its left side differentiates the loss, or the name of the author's own that it is; "" of another one."""
        left = self.left
        if isinstance(left, Partial) and left.top == Ref(""):
            return left.bottom.name
        return left.name if isinstance(left, Ref) else ""

    @property
    def by_loss(self) -> set[str]:
        """The values by which it differentiates the loss."""
        return {each.bottom.name for each in _nodes((self.left, self.right)) if isinstance(each, Partial) and each.top == Ref("")}

    @property
    def step(self) -> When | None:
        """The step at which that stands."""
        left = self.left.bottom if isinstance(self.left, Partial) else self.left
        return left.when if isinstance(left, Ref) else None


FUNCTIONS = ("tanh", "sigmoid", "exp", "sin", "cos", "diag")
"""The functions in chains."""
SIGNS = {Operator.BESIDE: ".", Operator.MATRIX: ".", Operator.ENTRIES: "*", Operator.OUTER: "x", Operator.OVER: "/"}
ENDS = {Reach.ALL: Step("T"), Reach.BEFORE: Step("t", -1), Reach.UP_TO: Step("t")}


def is_chain(statement: Statement, values: Collection[str]) -> bool:
    """Whether a statement of a derivation is a chain.

    Args:
        statement: with its derivatives as they are.
        values: the values of the cell, but for its loss, by name.
    """
    if not isinstance(statement, Equation):
        return False
    found = list(tree.parts(statement))
    derivatives = [each for each in found if isinstance(each, Derivative)]
    if any(isinstance(each, OverSteps | tree.PowerOverSteps) for each in found) or any(
        not is_loss(each.top, values) for each in derivatives
    ):
        return True
    if any(isinstance(each, OverIndex) and each.letter != "t" for each in found) and derivatives:
        return True
    if any(step_of(each.top, values)[1] and not step_of(each.bottom, values)[1] for each in derivatives):
        return True
    left = statement.left
    if not isinstance(left, Derivative):
        return False
    is_outer = any(isinstance(each, tree.Product) and any(sign is Operator.OUTER for sign, _ in each.rest) for each in found)
    return step_of(left.top, values)[1] is not None or (is_outer and step_of(left.bottom, values)[1] is None)


def by_loss(statement: Statement, values: Collection[str]) -> set[str]:
    """The values by which a chain has derivatives of the loss."""
    found = (each for each in tree.parts(statement) if isinstance(each, Derivative) and is_loss(each.top, values))
    return {step_of(each.bottom, values)[0] for each in found}


def over_time(statement: Statement, values: Collection[str]) -> Statement:
    r"""A statement of a derivation with its sums over all steps as sums over t, \sum_{j=1}^{T} \delta_j as \sum_t \delta_t.

    Args:
        statement: with its derivatives as they are.
        values: the values of the cell, but for its loss, by name.
    """

    def change(node: Tree) -> Tree | None:
        if not isinstance(node, OverIndex) or node.kind != "sum" or node.reach is not Reach.ALL or node.letter == "t":
            return None
        inside = list(tree.parts(node.body))
        if any(isinstance(each, OverIndex | OverSteps) or (isinstance(each, Name) and each.time is not None) for each in inside):
            return None
        return replace(node, letter="t", body=rewritten(node.body, lambda each: _at_t(each, node.letter, values)))

    made: Statement = rewritten(statement, change)
    return made


def _at_t(node: Tree, letter: str, values: Collection[str]) -> Name | None:
    """A name at a step with a letter as one at a time; None for something else."""
    if not isinstance(node, Name):
        return None
    step = step_of(node, values)[1]
    if step is None or step.letter != letter:
        return None
    return replace(node, labels=node.labels if node.step else node.labels[:-1], time=step.by, step=None)


def chain(piece: Piece, known: Collection[str], values: Collection[str], redefined: Collection[str] = ()) -> Chain:
    """A statement that is a chain.

    Args:
        piece: the statement.
        known: the names of the values of the cell.
        values: the same but for its loss.
        redefined: the values of which the page defines delta_n itself.
    """
    equation = piece.statement
    assert isinstance(equation, Equation)
    text = " = ".join(" ".join(piece.shown(side.place).split()) for side in (equation.left, equation.right))
    reader = _Reader(piece, known, values, redefined)
    try:
        return Chain(piece.line_of(equation.place), text, reader.node(equation.left), reader.node(equation.right))
    except Wrong as wrong:
        error = piece.located(wrong)
        return Chain(piece.line_of(equation.place), text, 0.0, 0.0, told(error), error.spot.column if error.spot else 0)


class _Reader:
    """Makes nodes of the trees of a chain."""

    def __init__(self, piece: Piece, known: Collection[str], values: Collection[str], redefined: Collection[str]) -> None:
        self.piece, self.known, self.values, self.redefined = piece, known, values, redefined

    def node(self, part: Tree) -> Node:
        """The node of a tree.

        Raises:
            Wrong: a chain has no such part; at a column.
        """
        match part:
            case tree.Number():
                above, _, below = part.text.partition("/")
                return float(above) / float(below or 1)
            case Name():
                return self.value(part)
            case Derivative():
                return Partial(self.ref(part.top), self.ref(part.bottom))
            case tree.Bracketed() | tree.Listed(parts=(_,)):
                return self.node(part.children[0])
            case tree.Negative():
                return Binary(".", -1.0, self.node(part.operand))
            case tree.Sum():
                return self.sum(part)
            case tree.Product() | tree.Row():
                return self.product(part)
            case tree.Transposed():
                return Call("transpose", self.node(part.base))
            case tree.Power():
                return Binary("^", self.node(part.base), float(part.exponent))
            case tree.Call(operands=(operand,)):
                return self.call(part, operand)
            case tree.PowerOverSteps(base=base, span=span):
                return Binary("^", self.node(base), Span(_when(span.low), _when(span.high)))
            case OverSteps():
                return Over(part.kind == "prod", part.letter, _when(part.low), _when(part.high), self.node(part.body))
            case OverIndex(kind="sum"):
                return Over(False, part.letter, When("", 1), _when(ENDS[part.reach]), self.node(part.body))
        raise Wrong("this is not understood there", "write products and sums of derivatives and values", part.place.start)

    def sum(self, part: tree.Sum) -> Node:
        (_, first), *rest = part.terms
        found = self.node(first)
        for sign, term in rest:
            found = Binary("+" if sign > 0 else "-", found, self.node(term))
        return found

    def product(self, part: tree.Product | tree.Row) -> Node:
        """Factors from the left; what a star means is told by how it is written."""
        found, last = self.node(part.first), part.first.place.stop
        for operator, factor in part.rest:
            is_star = operator is Operator.STAR and "*" in self.piece.shown(Place(last, factor.place.start))
            sign = "*" if is_star else SIGNS.get(operator, ".")
            found, last = Binary(sign, found, self.node(factor)), factor.place.stop
        return found

    def call(self, part: tree.Call, operand: Tree) -> Node:
        """A function; a name before a bracket that is none is a factor."""
        function = canonical(part.function.whole).replace("σ", "sigmoid")
        if function in FUNCTIONS:
            return Call(function, self.node(operand))
        if part.function.whole.split("_")[0] in self.known or part.function.whole in self.known:
            return Binary(".", self.value(part.function), self.node(operand))
        raise Wrong(f"{part.function.whole} is no function that is known here", f"the functions are {', '.join(FUNCTIONS)}",
                    part.function.place.start)  # fmt: skip

    def value(self, name: Name) -> Node:
        """A name; that of a gradient is the derivative of the loss, but for a delta that the page defines itself."""
        ref = self.ref(name)
        of = value_of(ref.name, self.known) if ref.name and ref.name not in self.known else ""
        if of and not (of in self.redefined and DELTA.match(ref.name)):
            return Partial(Ref(""), Ref(of, ref.when))
        return ref

    def ref(self, name: Name) -> Ref:
        """A name with its step; that of a loss is "" where it is differentiated."""
        whole, step = step_of(name, self.known)
        return Ref("" if is_loss(name, self.values) else whole, _when(step) if step else None)


def _nodes(node: Any) -> Iterator[Any]:
    """A node with all that it is made of."""
    yield node
    for each in node if isinstance(node, tuple) else vars(node).values() if is_dataclass(node) else ():
        yield from _nodes(each)


def _when(step: Step) -> When:
    return When(step.letter, step.by)
