"""An expression or equation of a System to text or LaTeX, its terms in the order in which they stand.

`Writer` knows the structure (what binds tighter than what, where a minus sign goes); a subclass knows the spelling. The text form is
the form that `read.py` reads.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.algebra.rules import RULES
from derive.algebra.shapes import SCALAR, Shape, shape
from derive.errors import InputError
from derive.notation.letters import latex_name
from derive.system import Equation, Kind, System, Variable

SUM, PRODUCT, MATMUL, POWER, ATOM = range(1, 6)
"""How tightly an expression binds, loosest first."""
SEMICOLON = r";\, "
OF_ROWS: dict[type[Expr], tuple[str, str]] = {
    nodes.SumRows: ("sum", "sum_rows"), nodes.MeanRows: ("mean", "mean_rows"),
    nodes.max_rows: ("max", "max_rows"), nodes.min_rows: ("min", "min_rows"),
    nodes.logsumexp_rows: ("logsumexp", "logsumexp_rows"),
}  # fmt: skip
"""What is of the rows of a value, of a column and of a matrix."""
MARKS = {Kind.ADJOINT: "bar", Kind.TANGENT: "dot"}


class Writer(ABC):
    """Writes expressions over the variables of a system.

    Args:
        variables: by name; a name that is not among them is written as it is.
        shapes: theirs, if these are known already.
    """

    def __init__(self, variables: Mapping[str, Variable], shapes: Mapping[str, Shape] | None = None) -> None:
        self.variables = variables
        self._known = shapes

    def equation(self, equation: Equation) -> str:
        """left = right."""
        return self.equality(self.write(equation.left), self.write(equation.right))

    def write(self, expr: Expr, within: int = 0) -> str:
        """The expression, in parentheses where it binds more loosely than what it stands in."""
        written, level = self._write(expr)
        return self.group(written) if level < within else written

    def terms(self, expr: Expr) -> list[str]:
        """The terms of a sum, each but the first with its sign before it; another expression as one term."""
        if not isinstance(expr, sp.Add):
            return [self.write(expr)]
        (first, *rest) = ((negative, self.write(term, PRODUCT)) for negative, term in map(self.signed, expr.args))
        return [self.sum([first]), *(f"{'-' if negative else '+'} {written}" for negative, written in rest)]

    def _write(self, expr: Expr) -> tuple[str, int]:
        if isinstance(expr, sp.Indexed):
            return self.read(nodes.sequence_name(expr), expr.indices[0]), ATOM
        if isinstance(expr, sp.Symbol):
            return (self.size(expr) if expr.is_integer else self.read(str(expr), None)), ATOM
        if expr.is_Number:
            return self.number(expr), (SUM if expr.is_negative else PRODUCT if expr.is_Rational and not expr.is_Integer else ATOM)
        if isinstance(expr, sp.Add):
            return self._sum(expr), SUM
        if isinstance(expr, sp.Mul):
            return self._product(expr)
        if isinstance(expr, sp.Pow):
            return self._power(expr)
        return self._operation(expr)

    def _operation(self, expr: Expr) -> tuple[str, int]:
        if isinstance(expr, nodes.MatMul):
            bare = expr.args[0].args[0] if isinstance(expr.args[0], nodes.Transpose) else expr.args[0]
            if isinstance(bare, nodes.Lower):
                return self.cumulative("cumsum" if bare is expr.args[0] else "revcumsum", self.write(expr.args[1])), ATOM
            return self.matmul(self.write(expr.args[0], POWER), self.write(expr.args[1], MATMUL)), MATMUL
        if isinstance(expr, nodes.Transpose):
            return self.transpose(self.write(expr.args[0], ATOM)), POWER
        if isinstance(expr, nodes.Solve):
            return self.solve(*expr.args)
        if isinstance(expr, nodes.Declared):
            return self.declared(expr), 0
        if isinstance(expr, nodes.Stack):
            return self.stack([self.write(part) for part in expr.args]), ATOM
        if isinstance(expr, nodes.Slice):
            return self.slice(self.write(expr.args[0], ATOM), self.write(expr.args[1]), self.write(expr.args[2])), ATOM
        if isinstance(expr, nodes.OverTime):
            return self.over_time(self.write(expr.args[0], PRODUCT)), PRODUCT
        return self.call(type(expr), [self.write(part) for part in expr.args]), ATOM

    def _sum(self, expr: Expr) -> str:
        return self.sum([(negative, self.write(term, PRODUCT)) for negative, term in map(self.signed, expr.args)])

    @staticmethod
    def signed(term: Expr) -> tuple[bool, Expr]:
        """Whether a minus sign stands before the term, and the term without it."""
        if term.is_Number and term.is_negative:
            return True, -term
        if isinstance(term, sp.Mul) and term.args[0].is_Number and term.args[0].is_negative:
            number, rest = -term.args[0], term.args[1:]
            kept = rest if number == 1 else (number, *rest)
            return True, kept[0] if len(kept) == 1 else sp.Mul(*kept, evaluate=False)
        return False, term

    def _product(self, expr: Expr) -> tuple[str, int]:
        negative, rest = self.signed(expr)
        if negative:
            return self.sum([(True, self.write(rest, PRODUCT))]), SUM
        factors: list[tuple[bool, str]] = []
        for part in expr.args:
            if isinstance(part, sp.Pow) and part.exp == -1:
                above = self.factors(expr, factors) if factors else self.number(sp.Integer(1))
                factors = [(False, self.quotient(above, part.base))]
            else:
                factors.append((part.is_Number, self.write(part, PRODUCT if part.is_Number and not factors else POWER)))
        return self.factors(expr, factors), PRODUCT

    def factors(self, expr: Expr, factors: list[tuple[bool, str]]) -> str:
        """The factors of an elementwise product that are above the line, with their signs."""
        return self.times(factors)

    def shape(self, expr: Expr) -> Shape | None:
        """The shape of an expression, None where variables in it are not known."""
        try:
            return shape(expr, self._shapes)
        except (KeyError, InputError):
            return None

    @cached_property
    def _shapes(self) -> Mapping[str, Shape]:
        return {name: each.shape for name, each in self.variables.items()} if self._known is None else self._known

    def _power(self, expr: Expr) -> tuple[str, int]:
        base, exponent = expr.args
        if exponent == -1:
            return self.quotient(self.number(sp.Integer(1)), base), PRODUCT
        if exponent.is_Integer and exponent > 1 and nodes.is_of_parameters(base) and 1 not in (self.shape(base) or SCALAR):
            return self._product(sp.Mul(*[base] * int(exponent), evaluate=False))
        return self.power(self.write(base, ATOM), self.write(exponent)), POWER

    @abstractmethod
    def equality(self, left: str, right: str) -> str: ...
    @abstractmethod
    def group(self, inner: str) -> str: ...
    @abstractmethod
    def number(self, value: Expr) -> str: ...
    @abstractmethod
    def size(self, symbol: Expr) -> str: ...
    @abstractmethod
    def read(self, name: str, time: Expr | None) -> str: ...
    @abstractmethod
    def sum(self, terms: list[tuple[bool, str]]) -> str: ...
    @abstractmethod
    def times(self, factors: list[tuple[bool, str]]) -> str: ...
    @abstractmethod
    def quotient(self, above: str, below: Expr) -> str: ...
    @abstractmethod
    def power(self, base: str, exponent: str) -> str: ...
    @abstractmethod
    def matmul(self, left: str, right: str) -> str: ...
    @abstractmethod
    def transpose(self, inner: str) -> str: ...
    @abstractmethod
    def stack(self, blocks: list[str]) -> str: ...
    @abstractmethod
    def slice(self, inner: str, start: str, stop: str) -> str: ...
    @abstractmethod
    def over_time(self, inner: str) -> str: ...
    def cumulative(self, name: str, operand: str) -> str:
        """The sums of the rows so far, or of those to come."""
        return f"{name}({operand})"

    SLOPE, BY = " slope ", " by "
    """What stands before a declared slope, and before what it is a derivative by where that is not said by the function."""

    def declared(self, expr: nodes.Declared) -> str:
        """A function with a declared slope, which binds more loosely than all else."""
        written = f"{self.write(expr.value, SUM)}{self.SLOPE}{self.write(expr.slope, SUM)}"
        is_said = isinstance(expr.value, nodes.Elementwise) and expr.value.args == (expr.argument,)
        return written if is_said else f"{written}{self.BY}{self.write(expr.argument, SUM)}"

    def solve(self, matrix: Expr, right: Expr) -> tuple[str, int]:
        """The inverse of a matrix, or its product with what stands right of it, and how tightly that binds."""
        operands = self.write(matrix) if isinstance(right, nodes.Identity) else f"{self.write(matrix)}, {self.write(right)}"
        return f"{'inv' if isinstance(right, nodes.Identity) else 'solve'}({operands})", ATOM

    @abstractmethod
    def call(self, operation: type[Expr], operands: list[str]) -> str: ...


class Text(Writer):
    """Plain text: h_t = tanh(W x_t + U h_{t-1} + b)."""

    CALLS: ClassVar = {nodes.SumColumns: "sum_columns", nodes.Broadcast: "broadcast", nodes.Zeros: "zeros", nodes.Lower: "lower"}

    def equality(self, left: str, right: str) -> str:
        return f"{left} = {right}"

    def group(self, inner: str) -> str:
        return f"({inner})"

    def number(self, value: Expr) -> str:
        return decimal(value)

    def size(self, symbol: Expr) -> str:
        return str(symbol)

    def read(self, name: str, time: Expr | None) -> str:
        if time is None:
            return name
        index = str(time).replace(" ", "")
        clock = self.variables[name].clock if name in self.variables else None
        if clock is not None:
            return clock.written(str(time))
        return f"{name}_{index}" if re.fullmatch(r"\w", index) else f"{name}_{{{index}}}"

    def sum(self, terms: list[tuple[bool, str]]) -> str:
        return joined_signs(terms)

    def times(self, factors: list[tuple[bool, str]]) -> str:
        return " * ".join(written for _, written in factors)

    def factors(self, expr: Expr, factors: list[tuple[bool, str]]) -> str:
        """Where a * might be read as a matrix product, ⊙ says that it is none."""
        return (" ⊙ " if self._may_be_matrices(expr.args) else " * ").join(written for _, written in factors)

    def _may_be_matrices(self, factors: tuple[Expr, ...]) -> bool:
        """Whether a factor that is a matrix, or has the capital letter of one, stands before another that is no number."""
        many = [(each, own) for each in factors if (own := self.shape(each)) != SCALAR and not each.is_Number]
        return any((isinstance(each, sp.Symbol) and str(each)[0].isupper()) or (own is not None and own[1] != 1) for each, own in many[:-1])

    def _operation(self, expr: Expr) -> tuple[str, int]:
        if isinstance(expr, nodes.Identity):
            return "I", ATOM
        if type(expr) in OF_ROWS:
            own = self.shape(expr.args[0])
            of_column, of_matrix = OF_ROWS[type(expr)]
            return f"{of_column if own is None or own[1] == 1 else of_matrix}({self.write(expr.args[0])})", ATOM
        return super()._operation(expr)

    def quotient(self, above: str, below: Expr) -> str:
        return f"{above} / {self.write(below, POWER)}"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{exponent}" if re.fullmatch(r"\d+", exponent) else f"{base}^{{{exponent}}}"

    def matmul(self, left: str, right: str) -> str:
        return f"{left} {right}"

    def transpose(self, inner: str) -> str:
        return f"{inner}^T"

    def stack(self, blocks: list[str]) -> str:
        return f"[{'; '.join(blocks)}]"

    def slice(self, inner: str, start: str, stop: str) -> str:
        return f"{inner}[{start}:{stop}]"

    def over_time(self, inner: str) -> str:
        return f"sum_t {inner}"

    def call(self, operation: type[Expr], operands: list[str]) -> str:
        return f"{self.CALLS.get(operation, operation.__name__)}({', '.join(operands)})"


class Latex(Writer):
    """LaTeX, for a document in mathematics mode."""

    SLOPE, BY = r" \;\text{slope}\; ", r" \;\text{by}\; "

    def equality(self, left: str, right: str) -> str:
        return f"{left} = {right}"

    def group(self, inner: str) -> str:
        return rf"\left({inner}\right)"

    def number(self, value: Expr) -> str:
        if value.is_Rational and not value.is_Integer:
            sign = "-" if value.is_negative else ""
            return rf"{sign}\tfrac{{{abs(value.p)}}}{{{value.q}}}"
        digits, _, exponent = decimal(value).partition("e")
        return rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits

    def size(self, symbol: Expr) -> str:
        return latex_name(str(symbol))

    def read(self, name: str, time: Expr | None) -> str:
        variable = self.variables.get(name)
        if variable is not None and variable.kind is Kind.UPSTREAM:
            return rf"\frac{{\partial L}}{{\partial {self.read(variable.of, time)}}}"
        index = "" if time is None else str(time).replace(" ", "")
        if variable is not None and variable.clock is not None:
            return rf"\operatorname{{{variable.clock.kind}}}{variable.clock.written(str(time))[len(variable.clock.kind) :]}"
        if variable is not None and variable.kind in MARKS:
            return latex_name(variable.of, index, MARKS[variable.kind])
        return latex_name(name, index)

    def sum(self, terms: list[tuple[bool, str]]) -> str:
        return joined_signs(terms)

    def times(self, factors: list[tuple[bool, str]]) -> str:
        pieces = [factors[0][1]]
        for (left_number, _), (right_number, written) in zip(factors, factors[1:], strict=False):
            pieces += [r" \cdot " if right_number else r" \, " if left_number else r" \odot ", written]
        return "".join(pieces)

    def quotient(self, above: str, below: Expr) -> str:
        return rf"\frac{{{above}}}{{{self.write(below)}}}"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{{{exponent}}}"

    def matmul(self, left: str, right: str) -> str:
        is_called = " " not in left and not left[0].isupper() and right.startswith(r"\left")
        return rf"{left} {{}} \, {right}" if is_called else rf"{left} \, {right}"

    def _operation(self, expr: Expr) -> tuple[str, int]:
        own = self.shape(expr.args[0]) if type(expr) in OF_ROWS and isinstance(expr, nodes.Composite) else None
        name = "" if own is None or own[1] == 1 else OF_ROWS[type(expr)][1].replace("_", "")
        return (rf"\operatorname{{{name}}}\left({self.write(expr.args[0])}\right)", ATOM) if name else super()._operation(expr)

    def transpose(self, inner: str) -> str:
        return rf"{inner}^{{\top}}"

    def solve(self, matrix: Expr, right: Expr) -> tuple[str, int]:
        inverse = self.power(self.write(matrix, ATOM), "-1")
        is_alone = isinstance(right, nodes.Identity)
        return (inverse, POWER) if is_alone else (self.matmul(inverse, self.write(right, MATMUL)), MATMUL)

    def stack(self, blocks: list[str]) -> str:
        return rf"\left[{SEMICOLON.join(blocks)}\right]"

    def slice(self, inner: str, start: str, stop: str) -> str:
        return rf"{inner}[{start}\mathbin{{:}}{stop}]"

    def cumulative(self, name: str, operand: str) -> str:
        return rf"\operatorname{{{name}}}\left({operand}\right)"

    def over_time(self, inner: str) -> str:
        return rf"\sum_{{t=1}}^{{T}} {inner}"

    def call(self, operation: type[Expr], operands: list[str]) -> str:
        if operation is nodes.SumRows:
            return rf"\mathbf{{1}}^{{\top}} \left({operands[0]}\right)"
        if operation is nodes.MeanRows:
            return rf"\operatorname{{mean}}\left({operands[0]}\right)"
        if operation is nodes.Identity:
            return r"\mathbf{I}"
        if operation is nodes.Lower:
            return r"\mathbf{L}"
        if operation is nodes.SumColumns:
            return rf"\left({operands[0]}\right) \mathbf{{1}}"
        if operation is nodes.Broadcast:
            return rf"\mathbf{{1}}_{{{operands[1]} \times {operands[2]}}} \odot \left({operands[0]}\right)"
        if operation is nodes.Zeros:
            return rf"\mathbf{{0}}_{{{operands[0]} \times {operands[1]}}}"
        return rf"{RULES[operation].latex}\left({', '.join(operands)}\right)"


def decimal(value: Expr) -> str:
    """A number as people write it: 2, 0.5, 1/3."""
    if value.is_Float:
        written = repr(float(value))
        return written if re.search("[.e]", written) else f"{written}.0"
    return str(value)


def joined_signs(terms: list[tuple[bool, str]]) -> str:
    """Terms with the plus and minus signs between them."""
    (negative, written), *rest = terms
    return ("-" if negative else "") + written + "".join(f"{' - ' if minus else ' + '}{each}" for minus, each in rest)


def text(expr: Expr, system: System) -> str:
    """An expression as plain text."""
    return Text(system.variables, system.shapes).write(expr)


def latex(expr: Expr, system: System) -> str:
    """An expression in LaTeX."""
    return Latex(system.variables, system.shapes).write(expr)


def equation_text(equation: Equation, system: System) -> str:
    """An equation as plain text."""
    return Text(system.variables, system.shapes).equation(equation)


def equation_latex(equation: Equation, system: System) -> str:
    """An equation in LaTeX."""
    return Latex(system.variables, system.shapes).equation(equation)
