"""The operations of an equation as nodes: products, sums, functions, elementwise products, each with an edge from its operands.

Numbers are part of the operation's label (1 − ·), a minus sign before a term of a sum is the label of its edge.
"""

from __future__ import annotations

import networkx as nx
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.notation import write
from derive.system import Equation, System

OPERATIONS = ("product", "function", "operation")
"""The roles of operations: matrix product, function, anything elementwise."""

FUNCTIONS = {"sigmoid": "σ", "sqrt": "√", "abs": "|·|", "log_softmax": "log softmax"}
SYMBOLS: dict[type[Expr], str] = {
    nodes.Transpose: "ᵀ",
    nodes.Solve: "⁻¹",
    nodes.SumRows: "Σ",
    nodes.SumColumns: "Σ",
    nodes.Broadcast: "1 ·",
    nodes.Stack: "[ ; ]",
    nodes.Slice: "[ : ]",
    nodes.OverTime: "Σₜ",
    nodes.Zeros: "0",
}
HOLE = nodes.parameter("·")


def key(value: Expr) -> str:
    """The id of a value's node."""
    return f"{nodes.sequence_name(value)}[{value.indices[0]}]" if isinstance(value, sp.Indexed) else str(value)


def connect(made: nx.DiGraph, source: str, target: str, label: str = "") -> None:
    """Add the edge from a value or operation to one that reads it."""
    times = made.nodes[source]["time"], made.nodes[target]["time"]
    kind = "parameter" if made.nodes[source]["role"] == "parameter" else "data"
    made.add_edge(source, target, kind=kind, label=label, lag=0 if None in times else times[1] - times[0])


def add_operations(made: nx.DiGraph, equation: Equation, system: System) -> None:
    """Add the operations of an equation between the values that it reads and the one that it defines."""
    adding = _Adding(made, equation, system)
    connect(made, adding.add(equation.right), key(equation.left))


class _Adding:
    def __init__(self, made: nx.DiGraph, equation: Equation, system: System) -> None:
        self.made, self.equation, self.system = made, equation, system
        self.count = 0

    def add(self, expr: Expr) -> str:
        """The node whose value is that of the expression."""
        if isinstance(expr, (sp.Indexed, sp.Symbol)):
            return key(expr)
        operands = _operands(expr)
        signs = [isinstance(expr, sp.Add) and len(operands) > 1 and write.Text.signed(each)[0] for each in operands]
        sources = [self.add(write.Text.signed(each)[1] if minus else each) for each, minus in zip(operands, signs, strict=True)]
        made = self.node(expr, operands)
        for source, minus in zip(sources, signs, strict=True):
            connect(self.made, source, made, "−" if minus else "")
        return made

    def node(self, expr: Expr, operands: list[Expr]) -> str:
        """A node for the operation at the root of the expression."""
        self.count += 1
        name = f"{key(self.equation.left)}#{self.count}"
        role = "product" if isinstance(expr, nodes.MatMul) else "function" if isinstance(expr, CALLS) else "operation"
        own = self.made.nodes[key(self.equation.left)]
        self.made.add_node(name, **{**own, "role": role, "label": self.label(expr, operands)})
        return name

    def label(self, expr: Expr, operands: list[Expr]) -> str:
        if isinstance(expr, CALLS):
            function = type(expr).__name__
            return FUNCTIONS.get(function, function)
        if isinstance(expr, nodes.MatMul):
            return "·"
        if type(expr) in SYMBOLS:
            return SYMBOLS[type(expr)]
        if len(operands) == 1:
            written = write.text(nodes.replace(expr, {operands[0]: HOLE}), self.system)
            return unicode_math(written).replace("−·", "−")
        numbers = [write.text(each, self.system) for each in expr.args if each.is_Number]
        return " ".join(["+" if isinstance(expr, sp.Add) else "⊙", *numbers] if isinstance(expr, sp.Add) else [*numbers, "⊙"])


CALLS = (nodes.Elementwise, nodes.Composite)
ARITHMETIC = (sp.Add, sp.Mul, sp.Pow)


def _operands(expr: Expr) -> list[Expr]:
    """The matrices among the operands; not the numbers, and not the sizes of a slice or a broadcast. 1 - z has the operand z."""
    if isinstance(expr, nodes.Zeros):
        return []
    if isinstance(expr, (nodes.Slice, nodes.Broadcast)):
        return [expr.args[0]]
    operands = [each for each in expr.args if not each.is_Number]
    is_nested = len(operands) == 1 and isinstance(expr, ARITHMETIC) and isinstance(operands[0], ARITHMETIC)
    inner = _operands(operands[0]) if is_nested else []
    return inner if len(inner) == 1 else operands


def unicode_math(text: str) -> str:
    """Plain text as a label: a real minus sign, and small powers raised."""
    return text.replace("-", "−").replace("^2", "²").replace("^3", "³")
