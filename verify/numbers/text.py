"""An emitted module run over other numbers than floats: its own text, line by line, on arrays of objects.

NumPy's arithmetic calls the operators of the objects. What it cannot do with them is in `Namespace`, which stands where the text says `np`, and in
`Scalars`, where it says `math`; a decimal in the text stands for the decimal that it is written as.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from verify.numbers.scalars import rational, solved

Array = np.ndarray[Any, Any]


class Solving:
    """What stands where the text says `np.linalg`."""

    @staticmethod
    def solve(matrix: Any, right: Any) -> Any:
        """A^-1 B over the last two axes."""
        return solved(np.asarray(matrix), np.asarray(right))


class Namespace:
    """NumPy, but for what it cannot do with arrays of objects.

    Args:
        functions: elementwise functions by their names in NumPy.
    """

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        self.__dict__.update(functions)

    linalg = Solving

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    @staticmethod
    def issubdtype(dtype: Any, other: Any) -> bool:
        """Objects pass for floats."""
        return True

    @staticmethod
    def isfinite(array: Any) -> Array:
        """Every object is finite."""
        return np.ones(np.shape(array), bool)

    @staticmethod
    def sign(array: Any) -> Array:
        """-1, 0 or 1."""
        return np.asarray(np.where(array > 0, 1, np.where(array < 0, -1, 0)))


class Scalars:
    """Python's `math`, but for the functions that these numbers have their own of.

    Args:
        namespace: of the functions of arrays.
        number: makes the number that an integer or float stands for.
    """

    def __init__(self, namespace: Namespace, number: Callable[[Fraction], Any]) -> None:
        self.namespace, self.number = namespace, number

    def __getattr__(self, name: str) -> Any:
        own = vars(self.namespace).get(name)
        if own is None:
            return getattr(math, name)
        return lambda value: own(np.array([self.number(rational(value)) if isinstance(value, (int, float)) else value], object))[0]


def over(source: str, namespace: Namespace, number: Callable[[Fraction], Any], exponent: Callable[[Fraction], Any]) -> ModuleType:
    """An emitted module whose text runs over other numbers, on arrays of objects.

    Args:
        source: of the module.
        namespace: stands where the text says `np`.
        number: makes the number that a literal stands for.
        exponent: likewise in exponents.
    """
    module = ModuleType("emitted")
    module.__dict__.update({"number_": lambda value: number(rational(value)), "exponent_": lambda value: exponent(rational(value))})
    exec(_compiled(source), module.__dict__)
    module.__dict__.update({"np": namespace, "math": Scalars(namespace, number)})
    return module


@lru_cache(maxsize=16)
def _compiled(source: str) -> CodeType:
    """The code of a text whose literals are made by functions of the module, the same for all numbers."""
    tree = ast.fix_missing_locations(_Literals().visit(ast.parse(source)))
    return compile(tree, "<emitted, over other numbers>", "exec")


class _Literals(ast.NodeTransformer):
    """Writes `number_(0.1)` for 0.1 and `number_(1) / 3` for 1 / 3, so that Python rounds nothing; `exponent_` in exponents."""

    maker = "number_"

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return self.made(node) if isinstance(node.value, float) else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        is_whole = _is_whole(node.left)
        node.left = self.visit(node.left)
        if isinstance(node.op, (ast.Div, ast.Pow)) and is_whole:
            node.left = self.made(node.left)
        outer = self.maker
        self.maker = "exponent_" if isinstance(node.op, ast.Pow) else outer
        node.right = self.visit(node.right)
        self.maker = outer
        return node

    def made(self, node: ast.expr) -> ast.expr:
        return ast.Call(ast.Name(self.maker, ast.Load()), [node], [])


def _is_whole(node: ast.expr) -> bool:
    """Whether an expression is made of whole numbers alone, such as -2."""
    if isinstance(node, ast.BinOp):
        return _is_whole(node.left) and _is_whole(node.right)
    return _is_whole(node.operand) if isinstance(node, ast.UnaryOp) else isinstance(node, ast.Constant) and isinstance(node.value, int)
