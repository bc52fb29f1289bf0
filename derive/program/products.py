"""Products and sums in NumPy, in all forms: `A @ B` where it does it, broadcasting for outer products, else np.einsum.

In the letters of an einsum t is the step, b the sequence of the batch, and i, j, k are rows and columns. A transposition in a product is a
swap of letters.
"""

from __future__ import annotations

import sympy as sp

from derive.algebra import nodes, shapes
from derive.algebra.nodes import Expr, MatMul, OverTime, Transpose
from derive.algebra.rules import flip
from derive.notation.write import ATOM, MATMUL, POWER, PRODUCT, SUM, Writer
from derive.program.clocked import Only, clock_of
from derive.program.forms import Form, Forms, OverAll, OverBatch
from derive.system import System

SUMMED: dict[type[Expr], str] = {OverTime: "t", OverAll: "tb", OverBatch: "b"}
"""What a sum is over: t is the steps, b the batch."""
SUMS = tuple(SUMMED)


class Products(Writer):
    """Writes the products and sums of a system's values."""

    system: System
    forms: Forms
    length: str
    """How many steps there are, in code."""
    library: str

    # What a library of arrays decides

    def part(self, array: str, index: str) -> str:
        """Some entries of an array."""
        raise NotImplementedError

    def swapped(self, array: str, axis: int, other: int) -> str:
        """An array with two axes beside each other swapped."""
        raise NotImplementedError

    def summed(self, expr: Expr, axes: str) -> str:
        """The sum of a value along some axes, which are said as arguments."""
        raise NotImplementedError

    def einsum(self, letters: str, *operands: str, path: str = "") -> str:
        """A sum of products by the letters of axes; `path` is a further argument of NumPy's."""
        raise NotImplementedError

    def at_steps(self, clock: str) -> Products:
        """The writer for the steps of a clock, all at once."""
        raise NotImplementedError

    def flat(self, column: Expr) -> str:
        """A column at all steps as (rows, T * batch), so that a product over steps and batch is one."""
        raise NotImplementedError

    # Products

    def _matmul(self, expr: Expr) -> tuple[str, int]:
        left, right = expr.args
        if self.is_plain_product(expr):
            if self.is_product_at_all(expr):
                return f"product({self.write(left)}, {self.write(right)}, dtype)", ATOM
            return self.matmul(self.write(left, MATMUL), self.write(right, POWER)), MATMUL
        if shapes.SCALAR in (self.system.shape(left), self.system.shape(right)):
            return self._write(nodes.mul(left, right))
        if self.forms.is_position(right) and not nodes.is_sequence(left):
            return self._at_t(left), ATOM
        if isinstance(left, Transpose) and self.forms.form(left.args[0]) is Form.COLUMN:
            if self.forms.form(right) is not Form.COLUMN:
                return self._write(Transpose(MatMul(flip(right), left.args[0])))
            product = f"{self.write(left.args[0], PRODUCT)} * {self.write(right, POWER)}"
            return f"{self.library}.sum({product}, axis=-2, keepdims=True)", ATOM
        if self.forms.is_outer(expr):
            return self._write(sp.Mul(expr, evaluate=False) if isinstance(expr, sp.Mul) else sp.Mul(left, right, evaluate=False))
        return self._einsum(left, right, ""), ATOM

    def _solved(self, matrix: Expr, right: Expr) -> tuple[str, int]:
        """A solve: one matrix with columns, or a matrix for each sequence of the batch."""
        if self.system.shape(matrix) == shapes.SCALAR:
            return self._write(nodes.mul(right, sp.Pow(matrix, -1, evaluate=False)))
        is_fixed = not self.forms.varies(matrix)
        if is_fixed and self.forms.form(right) is not Form.MATRIX:
            return f"{self.library}.linalg.solve({self.write(matrix)}, {self.write(right)})", ATOM
        made = f"solve({self.write(matrix)}, {self.write(self.forms.wide(right))})"
        return self.part(made, "..., 0, :") if self.forms.columns(right) == 1 else made, ATOM

    def is_plain_product(self, expr: Expr) -> bool:
        """Whether a value is the product of a matrix, the same in all sequences, with columns that are computed; it is `A @ v` then."""
        left, right = expr.args
        return not self.forms.varies(left) and self.forms.form(right) is not Form.MATRIX and not self.forms.is_position(right)

    def is_product_at_all(self, expr: Expr) -> bool:
        """Whether a value is the product of a matrix with columns at all steps."""
        if not isinstance(expr, MatMul) or self.forms.varies(expr.args[0]):
            return False
        right = expr.args[1]
        is_column = self.forms.form(right) is Form.COLUMN and not self.forms.is_position(right)
        return is_column and self._is_at_all(right) and self.forms.fills(right)

    def _is_at_all(self, expr: Expr) -> bool:
        """Whether a value is that of all steps at once."""
        return self.forms.has_steps(expr)

    def _at_t(self, whole: Expr) -> str:
        """The product of a matrix with the one-hot column of t: its column t."""
        bare = whole.args[0] if isinstance(whole, Transpose) else whole
        written, is_transposed = self.write(bare, ATOM), bare is not whole
        if self.forms.has_steps(bare) and not self.forms.in_loop:
            return self.einsum(f"{'ttib' if is_transposed else 'titb'}->tib", written)
        if self.forms.varies(bare):
            if self.forms.in_loop:
                return self.part(written, "t" if is_transposed else ":, t")
            return written if is_transposed else self.swapped(written, 0, 1)
        if self.forms.in_loop:
            return f"{written}[t, :, None]" if is_transposed else f"{written}[:, t, None]"
        return f"{written}[..., None]" if is_transposed else f"{written}.T[..., None]"

    def _einsum(self, left: Expr, right: Expr, summed: str) -> str:
        """The product of two values, summed over t and b as is said."""
        (first, one), (second, other) = self._lettered(left, "i", "j"), self._lettered(right, "j", "k")
        kept = [letter for letter in "tikb" if letter in one + other and letter not in summed]
        both_matrices = Form.MATRIX is self.forms.form(left) is self.forms.form(right)
        is_fast = both_matrices or "b" in summed or "b" not in one or "b" not in other
        path = ", optimize=True" if is_fast else ""
        written = self.einsum(f"{one},{other}->{''.join(kept)}", first, second, path=path)
        lacks_rows, lacks_columns = "i" not in kept, "k" not in kept
        if lacks_rows:
            return self.part(written, ":, None" if "t" in kept else "None")
        return self.part(written, ":, None") if lacks_columns and "b" in summed else written

    def _lettered(self, expr: Expr, rows: str, columns: str) -> tuple[str, str]:
        """An operand of an einsum and its letters."""
        if isinstance(expr, Transpose):
            return self._lettered(expr.args[0], columns, rows)
        form = self.forms.form(expr)
        if form is Form.FIXED:
            is_column = self.forms.columns(expr) == 1
            return (f"{self.write(expr, ATOM)}[:, 0]", rows) if is_column else (self.write(expr), rows + columns)
        if form is Form.MATRIX and self.system.shape(expr)[0] == 1:
            first = self.part(self.write(expr, ATOM), f"{':, ' if self.forms.has_steps(expr) else ''}0")
            return first, ("t" if self.forms.has_steps(expr) else "") + columns + "b"
        letters = rows if form is Form.COLUMN else rows + columns
        return self.write(expr), ("t" if self.forms.has_steps(expr) else "") + letters + "b"

    # Sums over t and over the batch

    def _total(self, kind: type[Expr], expr: Expr) -> tuple[str, int]:
        """The sum of an expression over t, over the batch, or over both; that of an outer product is one matrix product."""
        summed = SUMMED[kind]
        if isinstance(expr, Only):
            return self.at_steps(clock_of(expr))._total(kind, expr.args[1])
        if isinstance(expr, sp.Add):
            return self.sum([(False, self.write(kind(term), PRODUCT)) for term in expr.args]), SUM
        if isinstance(expr, Transpose):
            return self._write(Transpose(kind(expr.args[0])))
        if isinstance(expr, sp.Mul) and expr.args[0].is_Number:
            return f"{self.number(expr.args[0])} * {self.write(kind(nodes.mul(*expr.args[1:])), POWER)}", PRODUCT
        if not self._is_summed(expr, "b") and "b" in summed:
            return f"{f'{self.length} * ' if 't' in summed else ''}batch * {self.write(expr, POWER)}", PRODUCT
        if not self._is_summed(expr, "t") and "t" in summed:
            return f"{self.length} * {self.write(OverBatch(expr) if 'b' in summed else expr, POWER)}", PRODUCT
        if (taken_out := self._taken_out(kind, expr)) is not None:
            return self._write(taken_out)
        return self._product_total(kind, expr) if isinstance(expr, MatMul) else self._plain_total(kind, expr)

    def _is_summed(self, expr: Expr, axis: str) -> bool:
        """Whether a value differs along the steps or the batch."""
        return self.forms.has_steps(expr) if axis == "t" else self.forms.varies(expr)

    def _taken_out(self, kind: type[Expr], expr: Expr) -> Expr | None:
        """A sum of products as the product of a sum with what is the same in all terms; None if nothing is."""
        if not isinstance(expr, (MatMul, sp.Mul)):
            return None
        moving = [each for each in expr.args if self._is_summed(each, "t")]
        if "t" in SUMMED[kind] and len(moving) < len(expr.args):
            rest = OverBatch if kind is OverAll and any(self.forms.varies(each) for each in expr.args if each not in moving) else None
            inner = OverTime if rest else kind
            if isinstance(expr, MatMul):
                made = MatMul(*(inner(each) if each in moving else each for each in expr.args))
            elif rest or kind is OverTime:
                made = nodes.mul(*(each for each in expr.args if each not in moving), inner(nodes.mul(*moving)))
            else:
                return None
            return rest(made) if rest else made
        if isinstance(expr, MatMul) and "b" in SUMMED[kind] and not all(map(self.forms.varies, expr.args)):
            return MatMul(*(kind(each) if self.forms.varies(each) else each for each in expr.args))
        return None

    def _product_total(self, kind: type[Expr], expr: Expr) -> tuple[str, int]:
        left, right = expr.args
        forms, is_full = self.forms, all(map(self.forms.fills, expr.args))
        if kind is OverTime and isinstance(right, Transpose) and forms.is_position(right.args[0]):
            return self.swapped(self.write(left, ATOM), 0, 1), ATOM
        if forms.form(left) is Form.COLUMN and isinstance(right, Transpose) and forms.form(right.args[0]) is Form.COLUMN and is_full:
            bare = right.args[0]
            if kind is OverAll:
                return f"{self.flat(left)} @ {self.flat(bare)}.T", MATMUL
            if kind is OverBatch:
                return f"{self.write(left, MATMUL)} @ {self.write(bare, ATOM)}.T", MATMUL
        if self.system.shape(expr) == shapes.SCALAR:
            return self._plain_total(kind, expr)
        return self._einsum(left, right, SUMMED[kind]), ATOM

    def _plain_total(self, kind: type[Expr], expr: Expr) -> tuple[str, int]:
        if kind is OverAll:
            is_matrix = self.forms.form(expr) is Form.MATRIX
            return (self.summed(expr, "axis=(0, -1)") if is_matrix else f"total({self.write(expr)})"), ATOM
        axis = "axis=0" if kind is OverTime else "axis=-1"
        keep = ", keepdims=True" if kind is OverBatch and self.forms.form(expr) is Form.COLUMN else ""
        return self.summed(expr, f"{axis}{keep}"), ATOM
