"""A NumPy function run without running it: its text is parsed, and the arithmetic, loops and array functions listed here are carried out.

Whatever is not listed is refused with its line, so a file can do no more than compute with small arrays.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from derive.errors import InputError

LARGEST = 2_000
"""How many entries an array may have, and how long a range may be; the sizes at which a function is tried are below ten."""
STATEMENTS = 200_000
"""How many statements may be carried out."""

OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.MatMult: operator.matmul,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
ARRAY_FUNCTIONS = frozenset(
    "abs add array asarray atleast_2d concatenate copy cos cosh diag divide dot empty_like exp exp2 expand_dims eye hstack log log1p matmul maximum "
    "mean minimum multiply negative ones ones_like outer power ravel reshape sign sin sinh split sqrt square squeeze stack subtract sum tanh "
    "transpose vstack where zeros zeros_like array_split column_stack einsum empty".split()
)
METHODS = frozenset("T shape ndim copy dot sum mean reshape transpose ravel squeeze".split())
PLAIN: dict[str, Callable[..., Any]] = {
    "len": len, "range": range, "reversed": reversed, "abs": abs, "min": min, "max": max, "float": float, "int": int,
    "dict": dict, "zip": lambda *each: zip(*each, strict=False), "enumerate": enumerate,
}  # fmt: skip
MODULES = ("np", "numpy")


class Function:
    """The last function of a text, or that named `backward`.

    Args:
        text: of a file in Python.
        place: how errors name the file.

    Raises:
        InputError: it is no Python, or defines no function.
    """

    def __init__(self, text: str, place: str) -> None:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError) as error:
            raise InputError(f"it is no Python: {getattr(error, 'msg', error)}", place=f"{place}, line {getattr(error, 'lineno', 1)}",
                             advice="give a page of equations, or a file with a function") from None  # fmt: skip
        found = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
        if not found:
            raise InputError("it defines no function", place=place, advice="define one: def backward(x, h, W, U, dh): ... return dW, dU")
        self.place = place
        self.node = next((each for each in found if each.name == "backward"), found[-1])
        self.helpers = {each.name: each for each in found if each is not self.node}
        arguments = self.node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            raise self.refused(self.node, "its arguments are more than names")
        self.arguments = tuple(each.arg for each in arguments.args)

    def results(self) -> tuple[str, ...]:
        """The names of what is returned, in their order; of a dictionary, its keys."""
        returned = [each for each in ast.walk(self.node) if isinstance(each, ast.Return) and each.value is not None]
        value = returned[-1].value if returned else None
        if isinstance(value, ast.Dict):
            names = [each.value if isinstance(each, ast.Constant) else None for each in value.keys]
        else:
            parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]
            names = [each.id if isinstance(each, ast.Name) else None for each in parts]
        if not names or not all(isinstance(each, str) for each in names):
            raise self.refused(returned[-1] if returned else self.node, "what it returns has no names",
                               "end it with return dW, dU or return {'W': dW, 'U': dU}")  # fmt: skip
        return tuple(map(str, names))

    def __call__(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the function returns, by name.

        Raises:
            InputError: it does what is not carried out here, or what cannot be.
        """
        found = _Run(self).called(self.node, dict(given))
        if not isinstance(found, dict):
            found = dict(zip(self.results(), found if isinstance(found, (tuple, list)) else (found,), strict=False))
        return found

    def refused(self, node: ast.AST, fact: str, advice: str = "") -> InputError:
        """An error at a line of the text."""
        return InputError(fact, place=f"{self.place}, line {getattr(node, 'lineno', 1)}",
                          advice=advice or "write it with loops over range, arithmetic, indices and NumPy's functions of arrays")  # fmt: skip


class _Returned(Exception):
    """A return statement was reached; it carries the value."""


class _Run:
    def __init__(self, function: Function) -> None:
        self.function, self.count, self.depth = function, 0, 0

    def called(self, node: ast.FunctionDef, names: dict[str, Any]) -> Any:
        self.depth += 1
        if self.depth > 20:
            raise self.function.refused(node, f"{node.name} calls itself")
        try:
            self.block(node.body, names)
        except _Returned as returned:
            return returned.args[0]
        finally:
            self.depth -= 1
        raise self.function.refused(node, f"{node.name} returns nothing")

    def block(self, body: list[ast.stmt], names: dict[str, Any]) -> None:
        for each in body:
            self.count += 1
            if self.count > STATEMENTS:
                raise self.function.refused(each, f"it takes more than {STATEMENTS} statements")
            try:
                self.statement(each, names)
            except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError, RecursionError, MemoryError) as error:
                raise self.function.refused(
                    each, f"{ast.unparse(each).splitlines()[0]} fails: {error}", "see the shapes and names in it"
                ) from None

    def statement(self, node: ast.stmt, names: dict[str, Any]) -> None:
        match node:
            case ast.Assign():
                value = self.value(node.value, names)
                for target in node.targets:
                    self.assign(target, value, names)
            case ast.AugAssign():
                inner = _loaded(node.target)
                old, new = self.value(inner, names), self.value(node.value, names)
                self.assign(node.target, self.operated(node, node.op, old, new), names)
            case ast.For(orelse=[]):
                for each in self.value(node.iter, names):
                    self.assign(node.target, each, names)
                    self.block(node.body, names)
            case ast.If():
                self.block(node.body if self.value(node.test, names) else node.orelse, names)
            case ast.Return(value=ast.expr()):
                assert node.value is not None
                raise _Returned(self.value(node.value, names))
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                return
            case _:
                raise self.function.refused(node, f"{type(node).__name__.lower()} is not carried out here")

    def assign(self, target: ast.expr, value: Any, names: dict[str, Any]) -> None:
        match target:
            case ast.Name():
                names[target.id] = value
            case ast.Tuple() | ast.List():
                for each, part in zip(target.elts, value, strict=True):
                    self.assign(each, part, names)
            case ast.Subscript():
                self.value(target.value, names)[self.index(target.slice, names)] = value
            case _:
                raise self.function.refused(target, f"{ast.unparse(target)} cannot be assigned to")

    def value(self, node: ast.expr, names: dict[str, Any]) -> Any:
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None):
                return node.value
            case ast.Name():
                if node.id not in names:
                    raise self.function.refused(node, f"{node.id} is not defined", f"the names are {', '.join(names)}")
                return names[node.id]
            case ast.BinOp():
                return self.operated(node, node.op, self.value(node.left, names), self.value(node.right, names))
            case ast.UnaryOp() if type(node.op) in OPERATORS:
                return OPERATORS[type(node.op)](self.value(node.operand, names))
            case ast.Compare(ops=[_]):
                left, right = self.value(node.left, names), self.value(node.comparators[0], names)
                if type(node.ops[0]) in OPERATORS:
                    return OPERATORS[type(node.ops[0])](left, right)
            case ast.IfExp():
                return self.value(node.body if self.value(node.test, names) else node.orelse, names)
            case ast.Subscript():
                return self.value(node.value, names)[self.index(node.slice, names)]
            case ast.Attribute() if node.attr in METHODS:
                return getattr(np.asarray(self.value(node.value, names)), node.attr)
            case ast.Call():
                return self.call(node, names)
            case ast.Dict() if None not in node.keys:
                return {self.value(key, names): self.value(each, names) for key, each in zip(node.keys, node.values, strict=True) if key}
            case ast.Tuple() | ast.List():
                made = [self.value(each, names) for each in node.elts]
                return tuple(made) if isinstance(node, ast.Tuple) else made
        raise self.function.refused(node, f"{ast.unparse(node)} is not carried out here")

    def operated(self, node: ast.AST, sign: ast.operator, left: Any, right: Any) -> Any:
        """The result of an operator; powers of arrays by numbers only, which cannot grow without bound."""
        if isinstance(sign, ast.Pow) and abs(right) <= 100 and isinstance(left, (float, np.ndarray, np.floating)):
            return left**right
        if type(sign) not in OPERATORS or isinstance(left, (str, list, tuple)) or isinstance(right, (str, list, tuple)):
            raise self.function.refused(node, f"{type(sign).__name__} of these is not carried out here")
        return self.small(node, OPERATORS[type(sign)](left, right))

    def index(self, node: ast.expr, names: dict[str, Any]) -> Any:
        if isinstance(node, ast.Slice):
            return slice(*(None if each is None else self.value(each, names) for each in (node.lower, node.upper, node.step)))
        return tuple(self.index(each, names) for each in node.elts) if isinstance(node, ast.Tuple) else self.value(node, names)

    def call(self, node: ast.Call, names: dict[str, Any]) -> Any:
        """A call of one of the functions that are known here, of a method of an array, or of another function of the file."""
        arguments = [self.value(each, names) for each in node.args]
        named = {each.arg: self.value(each.value, names) for each in node.keywords if each.arg in ("axis", "keepdims", "out", "shape")}
        if len(named) < len([each for each in node.keywords if each.arg != "dtype"]):
            raise self.function.refused(node, f"{ast.unparse(node)} has an argument that is not known here")
        match node.func:
            case ast.Attribute(value=ast.Name(id=module)) if module in MODULES and module not in names:
                if node.func.attr not in ARRAY_FUNCTIONS:
                    raise self.function.refused(node, f"np.{node.func.attr} is not carried out here")
                return self.small(node, self.made(node, arguments, named))
            case ast.Attribute() if node.func.attr in METHODS:
                return self.small(node, getattr(np.asarray(self.value(node.func.value, names)), node.func.attr)(*arguments, **named))
            case ast.Name(id=name) if name in self.function.helpers and name not in names:
                own = self.function.helpers[name]
                return self.called(own, dict(zip((each.arg for each in own.args.args), arguments, strict=True)))
            case ast.Name(id=name) if name in PLAIN and name not in names:
                return self.small(node, PLAIN[name](*arguments))
        raise self.function.refused(node, f"{ast.unparse(node.func)} is not known here")

    def made(self, node: ast.Call, arguments: list[Any], named: dict[str, Any]) -> Any:
        """What NumPy's function gives; what it would leave uninitialized is NaN."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name in ("zeros", "ones", "empty", "eye"):
            shape = named.pop("shape", None) or arguments.pop(0)
            if np.prod(np.atleast_1d(shape), dtype=float) > LARGEST:
                raise self.function.refused(node, f"an array of shape {shape} is too large")
            return np.full(shape, np.nan) if name == "empty" else getattr(np, name)(shape)
        if name == "empty_like":
            return np.full_like(arguments[0], np.nan)
        if name == "einsum" and len(arguments) > 3:
            raise self.function.refused(node, "an einsum of more than two arrays is not carried out here")
        return getattr(np, name)(*arguments, **named)

    def small(self, node: ast.AST, value: Any) -> Any:
        """A value that is no larger than what two others of these can be made into without harm."""
        if isinstance(value, (np.ndarray, range)) and (np.size(value) if isinstance(value, np.ndarray) else len(value)) > LARGEST:
            raise self.function.refused(node, f"more than {LARGEST} entries are too large here")
        if isinstance(value, int) and abs(value) > 10**12:
            raise self.function.refused(node, "a whole number of more than twelve digits is too large here")
        return value


def _loaded(target: ast.expr) -> ast.expr:
    """The target of an assignment as a value."""
    return ast.parse(ast.unparse(target), mode="eval").body
