"""Expressions and assignments of a program in NumPy.

Values are feature-major: (rows, batch) within a step, (T, rows, batch) for the whole sequence, so that W @ x reads as in the equations and
rows are the second axis from the end in both. What is the same for all sequences of a batch is (rows, columns).
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass

import sympy as sp

from derive.algebra import nodes, shapes
from derive.algebra.nodes import Expr
from derive.algebra.rules import RULES
from derive.errors import MissingRule
from derive.notation.write import MATMUL, POWER, PRODUCT, SUM, Writer, joined_signs
from derive.program.layout import Beside, Layout
from derive.program.storage import Storage
from derive.system import System

RESERVED = frozenset(
    "T batch dtype params inputs initial outputs tape grads output_gradients given main np sys rng name seed "
    "init forward backward example check_gradients shapes sizes rows_of checked flat total previous unpacked time_major feature_major "
    "Gradients NamedTuple INPUTS PARAMETERS OUTPUTS STATES "
    "print range reversed len dict float int bool str zip sum max min abs any isinstance ValueError".split()
)
"""Names that mean something in the emitted module."""


def identifier(name: str) -> str:
    """A variable's name as a Python name that means nothing else in the emitted module."""
    return f"{name}_" if name in RESERVED or name in NAMES_OF_FUNCTIONS or keyword.iskeyword(name) else name


NAMES_OF_FUNCTIONS = frozenset(rule.numpy.removeprefix("np.") for rule in RULES.values() if rule.numpy)


@dataclass
class Place:
    """Where code stands: in a loop over t (`direction`), for all t at once (0); `views` are members of packs with names of their own."""

    direction: int = 0
    views: frozenset[str] = frozenset()

    @property
    def in_loop(self) -> bool:
        """Whether there is a t."""
        return self.direction != 0


class NumPy(Writer):
    """Writes expressions of one part of a program at one place."""

    def __init__(self, system: System, layout: Layout, storage: Storage, place: Place) -> None:
        super().__init__(system.variables)
        self.system, self.layout, self.storage, self.place = system, layout, storage, place

    # What is special to arrays with a batch axis

    def _write(self, expr: Expr) -> tuple[str, int]:
        if isinstance(expr, Beside):
            return self.target(expr), POWER + 1
        if isinstance(expr, nodes.OverTime):
            return self._over_time(expr.args[0])
        if isinstance(expr, nodes.MatMul):
            return self._inner(expr) if self._varies(expr.args[0]) else self._product_from_left(expr)
        if isinstance(expr, nodes.Slice):
            return self._sliced(expr), POWER + 1
        if isinstance(expr, nodes.Broadcast) and not self._varies(expr):
            rows, columns = (self.size(side) for side in expr.args[1:])
            return f"np.full(({rows}, {columns}), {self.write(expr.args[0])}, dtype)", POWER + 1
        if isinstance(expr, nodes.Stack) and self._varies(expr):
            blocks = [self.write(block) if self._varies(block) else self.spread(block, self.system.shape(block)[0]) for block in expr.args]
            return self.stack(blocks), POWER + 1
        if isinstance(expr, nodes.Transpose) and self._varies(expr.args[0]):
            raise MissingRule(
                "a transposed sequence outside a product with another is not emitted", advice="write the sum as a product, v_t^T w_t"
            )
        return super()._write(expr)

    def _varies(self, expr: Expr) -> bool:
        """Whether a value differs between the sequences of a batch."""
        if isinstance(expr, nodes.OverTime):
            return False
        return isinstance(expr, sp.Indexed) or any(self._varies(part) for part in expr.args)

    def _product_from_left(self, expr: Expr) -> tuple[str, int]:
        """A B C is (A B) C in Python."""
        return self.matmul(self.write(expr.args[0], MATMUL), self.write(expr.args[1], POWER)), MATMUL

    def spread(self, expr: Expr, rows: Expr) -> str:
        """What is the same in all sequences, and at all t, as an array of its own."""
        leading = "" if self.place.in_loop else "T, "
        return f"np.full(({leading}{self.size(rows)}, batch), {self.write(expr)}, dtype)"

    def _sliced(self, expr: Expr) -> str:
        """Some rows: the first axis of a value at one t, the second one of a whole sequence."""
        whole, start, stop = expr.args
        steps = ":, " if self._varies(whole) and not self.place.in_loop else ""
        return f"{self._at_least(whole)}[{steps}{'' if start == 0 else self.write(start)}:{self.write(stop)}]"

    def _inner(self, expr: Expr) -> tuple[str, int]:
        left, right = expr.args
        if shapes.SCALAR in (self.system.shape(left), self.system.shape(right)):
            return self._write(nodes.mul(left, right))
        if not isinstance(left, nodes.Transpose) or isinstance(right, nodes.Transpose):
            raise MissingRule("a product of two sequences that is a matrix at each t is not emitted",
                              advice="only v_t^T w_t, a number at each t, is")  # fmt: skip
        product = f"{self.write(left.args[0], PRODUCT)} * {self.write(right, POWER)}"
        return f"np.sum({product}, axis=-2, keepdims=True)", POWER + 1

    def _over_time(self, expr: Expr) -> tuple[str, int]:
        """The sum over t and the batch: an outer product's is one matrix product."""
        if isinstance(expr, sp.Add):
            return self.sum([(False, self.write(nodes.OverTime(term), PRODUCT)) for term in expr.args]), SUM
        if isinstance(expr, nodes.Transpose):
            return f"{self._at_least(nodes.OverTime(expr.args[0]))}.T", POWER
        if isinstance(expr, nodes.MatMul) and not all(self._varies(each) for each in expr.args):
            return self._write(nodes.MatMul(*(nodes.OverTime(each) if self._varies(each) else each for each in expr.args)))
        if isinstance(expr, nodes.MatMul) and isinstance(expr.args[1], nodes.Transpose):
            return f"flat({self.write(expr.args[0])}) @ flat({self.write(expr.args[1].args[0])}).T", MATMUL
        if isinstance(expr, sp.Mul) and expr.args[0].is_Number:
            return f"{self.number(expr.args[0])} * {self.write(nodes.OverTime(nodes.mul(*expr.args[1:])), POWER)}", PRODUCT
        if not self._varies(expr):
            return f"T * batch * {self.write(expr, POWER)}", PRODUCT
        return f"total({self.write(expr)})", POWER + 1

    def _at_least(self, expr: Expr) -> str:
        return self.write(expr, POWER + 1)

    # Reads

    def read(self, name: str, time: Expr | None) -> str:
        return self.stored((name,), time)

    def target(self, left: Expr) -> str:
        """Names that lie side by side, or a single one, as they are read and written."""
        leaves = left.args if isinstance(left, Beside) else (left,)
        names = tuple(nodes.sequence_name(leaf) if isinstance(leaf, sp.Indexed) else str(leaf) for leaf in leaves)
        return self.stored(names, leaves[0].indices[0] if isinstance(leaves[0], sp.Indexed) else None)

    def stored(self, names: tuple[str, ...], time: Expr | None) -> str:
        """The values of names that lie side by side, at a time."""
        run = None if len(names) == 1 and names[0] in self.place.views else self.layout.run(names)
        base = identifier(run[0].name if run else names[0])
        rows = self._rows(run[0].members, run[1], len(names)) if run else ""
        if time is None:
            return f"{base}[{rows}]" if rows else base
        if names[0] in self.storage.registers or base not in self._kept():
            return f"{base}[{rows}]" if rows else base
        return self._in_time(base, rows, time)

    def _kept(self) -> set[str]:
        return {identifier(name) for name in self.storage.kept}

    def _rows(self, members: tuple[str, ...], start: int, count: int) -> str:
        """The rows of a part of a pack, ":n_h"; "" for all of it."""
        if count == len(members):
            return ""
        size = self.layout.variables[members[0]].shape[0]
        since = "" if start == 0 else times(start, size)
        until = "" if start + count == len(members) else times(start + count, size)
        return f"{since}:{until}"

    def _in_time(self, base: str, rows: str, time: Expr) -> str:
        if nodes.t not in time.free_symbols:
            index = str(time - 1)
        elif self.place.in_loop:
            index = str(time)
        else:
            return self._whole(base, rows, int(time - nodes.t))
        return f"{base}[{index}, {rows}]" if rows else f"{base}[{index}]"

    def _whole(self, base: str, rows: str, offset: int) -> str:
        """A sequence at all t; `offset` steps before or after."""
        after, before = self.storage.rows(self._original(base))
        if offset < 0:
            moved = f"previous({base}, T, {-offset})" if offset != -1 else f"previous({base}, T)"
            return f"{moved}[:, {rows}]" if rows else moved
        span = f"{offset}:T + {offset}" if offset else ":T" if after + before else ""
        pieces = ", ".join(each for each in ([span or ":", rows] if rows else [span]) if each)
        return f"{base}[{pieces}]" if pieces else base

    def _original(self, base: str) -> str:
        return next(name for name in self.storage.kept if identifier(name) == base)

    # Spelling

    def equality(self, left: str, right: str) -> str:
        return f"{left} = {right}"

    def group(self, inner: str) -> str:
        return f"({inner})"

    def number(self, value: Expr) -> str:
        if value.is_Rational and not value.is_Integer:
            exact = sp.Float(value, 17)
            return f"{float(exact)!r}" if sp.Rational(float(exact)) == value else f"({value.p} / {value.q})"
        return str(int(value)) if value.is_Integer else repr(float(value))

    def size(self, symbol: Expr) -> str:
        return str(symbol)

    def sum(self, terms: list[tuple[bool, str]]) -> str:
        return joined_signs(terms)

    def times(self, factors: list[tuple[bool, str]]) -> str:
        return " * ".join(written for _, written in factors)

    def quotient(self, above: str, below: Expr) -> str:
        return f"{above} / {self.write(below, POWER)}"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}**{exponent}" if exponent.isdigit() else f"{base}**({exponent})"

    def matmul(self, left: str, right: str) -> str:
        return f"{left} @ {right}"

    def transpose(self, inner: str) -> str:
        return f"{inner}.T"

    def stack(self, blocks: list[str]) -> str:
        return f"np.concatenate([{', '.join(blocks)}], axis=-2)"

    def slice(self, inner: str, start: str, stop: str) -> str:
        return f"{inner}[{start}:{stop}]"

    def over_time(self, inner: str) -> str:
        return f"total({inner})"

    def call(self, operation: type[Expr], operands: list[str]) -> str:
        if operation is nodes.SumRows:
            return f"np.sum({operands[0]}, axis=-2, keepdims=True)"
        if operation is nodes.MeanRows:
            return f"np.mean({operands[0]}, axis=-2, keepdims=True)"
        if operation is nodes.SumColumns:
            raise MissingRule("a sum over columns is not emitted", advice="write it as a product with a column of ones")
        if operation is nodes.Broadcast:
            return f"np.repeat({operands[0]}, {operands[1]}, axis=-2)"
        if operation is nodes.Zeros:
            leading = "T, " if not self.place.in_loop else ""
            return f"np.zeros(({leading}{operands[0]}, batch), dtype)"
        if operation is nodes.Identity:
            return f"np.eye({operands[0]}, dtype=dtype)"
        if operation is nodes.Lower:
            return f"np.tri({operands[0]}, dtype=dtype)"
        return f"{RULES[operation].numpy}({', '.join(operands)})"


def times(count: int, size: Expr) -> str:
    """A multiple of a size in Python: n_h, 2 * n_h."""
    if count == 1 or size.is_Integer:
        return str(count * size)
    return f"{count} * {size}" if size.is_Symbol else f"{count} * ({size})"
