"""An emitted module run over other numbers than floats: its own text, line by line, on arrays of objects.

NumPy's arithmetic calls the operators of the objects. What it cannot do with them is in `Namespace`, which stands where the text says `np`;
a decimal in the text stands for the decimal that it is written as.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from verify.numbers.scalars import Scalar, rational

Array = np.ndarray[Any, Any]


class Namespace:
    """NumPy, but for what it cannot do with arrays of objects.

    Args:
        functions: elementwise functions by their names in NumPy.
    """

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        self.__dict__.update(functions)

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


def over(source: str, number: type[Scalar], namespace: Namespace) -> ModuleType:
    """An emitted module whose text runs over these numbers; its `example` still gives floats, see `converted`."""
    tree = ast.fix_missing_locations(_Literals().visit(ast.parse(source)))
    module = ModuleType("emitted")
    module.__dict__.update({"number_": number.of, "fraction_": rational})
    exec(compile(tree, "<emitted, over other numbers>", "exec"), module.__dict__)
    module.__dict__["np"] = namespace
    return module


def converted(arrays: Mapping[str, Array], number: type[Scalar]) -> dict[str, Array]:
    """Arrays of floats as arrays of numbers."""
    return {
        name: np.array([number.of(x) for x in each.ravel().tolist()] or [], object).reshape(each.shape) for name, each in arrays.items()
    }


class _Literals(ast.NodeTransformer):
    """Writes `number_(0.1)` for 0.1 and `number_(1) / 3` for 1 / 3, so that Python rounds nothing; in exponents, fractions."""

    maker = "number_"

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return self.made(node) if isinstance(node.value, float) else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        node.left = self.visit(node.left)
        if isinstance(node.op, (ast.Div, ast.Pow)) and isinstance(node.left, ast.Constant):
            node.left = self.made(node.left)
        outer = self.maker
        self.maker = "fraction_" if isinstance(node.op, ast.Pow) else outer
        node.right = self.visit(node.right)
        self.maker = outer
        return node

    def made(self, node: ast.expr) -> ast.expr:
        return ast.Call(ast.Name(self.maker, ast.Load()), [node], [])
