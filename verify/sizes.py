"""The numbers that size symbols stand for, as they are learned from arrays."""

from __future__ import annotations

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import InputError, ShapeError
from derive.system import System


class Sizes:
    """The sizes of one run of a system.

    Args:
        system: for shapes.
        steps: T.
    """

    def __init__(self, system: System, steps: int) -> None:
        self.system = system
        self.known: dict[Expr, int] = {nodes.T: steps}
        self.shapes: dict[Expr, tuple[int, int]] = {}

    def learn(self, name: str, shape: tuple[int, ...]) -> None:
        """Take the shape of a variable's array: a size symbol is known from it, alone or as the one unknown of a sum.

        Raises:
            ShapeError: a size that is known already is another one.
        """
        for size, number in zip(self.system[name].shape, shape, strict=True):
            if number in (size, self.known.get(size)):
                continue
            rest = sp.expand(size.xreplace(self.known))
            unknown = sorted(rest.free_symbols, key=str)
            if len(unknown) == 1 and (value := sp.expand(unknown[0] + (number - rest) / rest.coeff(unknown[0]))).is_Integer:
                self.known[unknown[0]] = int(value)
            elif not unknown and rest != number:
                raise ShapeError(f"its size {size} is {rest}, the array has {number}", place=name, advice="give arrays that fit together")

    def size(self, expr: Expr) -> int:
        """The number that a size stands for.

        Raises:
            InputError: it is not known.
        """
        if expr in self.known:
            return self.known[expr]
        value = sp.expand(expr.xreplace(self.known))
        if not value.is_Integer:
            raise InputError(f"the size {value} is not known", place=self.system.name, advice="give a value for a variable that has it")
        return int(value)

    def shape(self, expr: Expr) -> tuple[int, int]:
        """The shape of an expression in numbers."""
        if expr not in self.shapes:
            rows, columns = self.system.shape(expr)
            self.shapes[expr] = self.size(rows), self.size(columns)
        return self.shapes[expr]
