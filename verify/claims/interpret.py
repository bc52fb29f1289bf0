"""A NumPy function run without running it: its text is parsed, and the arithmetic, loops and array functions listed here are carried out.

Whatever is not listed is refused with its line, so a file can do no more than compute with small arrays; each step is charged to a budget first.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from derive.errors import InputError
from verify.claims.budget import Budget, OverBudget, extent, size
from verify.claims.operations import METHODS, OPERATIONS, array_of, carried_out
from verify.claims.syntax import parsed

CALLS = 20
"""How deep functions may call one another."""
EXPONENT = 100
"""The largest exponent."""
OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.MatMult: operator.matmul,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
IN_PLACE = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
"""What changes an array itself, and all other names of it with it."""
PROPERTIES = frozenset("T shape ndim size".split())
PLAIN = frozenset("len range reversed abs min max float int dict zip enumerate".split())
MODULES = ("np", "numpy")
FLOATS = frozenset("float float64 float32 double dtype".split())
"""How the type of a new array may be said: all numbers are floats of eight bytes here."""
FAILURES = (ArithmeticError, ValueError, TypeError, LookupError, AttributeError, MemoryError)
"""What an operation raises that does not go with what it is given."""


class Function:
    """The last function of a text, or that named `backward`.

    Args:
        text: of a file in Python.
        place: how errors name the file.

    Raises:
        InputError: it is no Python, or defines no function.
    """

    def __init__(self, text: str, place: str) -> None:
        tree = parsed(text, place)
        self.text, self.place = text, place
        found = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
        if not found:
            raise InputError("it defines no function", place=place, advice="define one: def backward(x, h, W, U, dh): ... return dW, dU")
        named = {each.name: each for each in found}
        self.node = named.get("backward", found[-1])
        self.helpers = {name: each for name, each in named.items() if each is not self.node}
        for each in found:
            own, names = each.args, [argument.arg for argument in each.args.args]
            if own.vararg or own.kwarg or own.kwonlyargs or own.posonlyargs or each.decorator_list or len(set(names)) < len(names):
                raise self.refused(each, "its arguments are more than names, or it is decorated")
        self.arguments = tuple(each.arg for each in self.node.args.args)

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
            InputError: it does what is not carried out here, or what cannot be, or takes too much.
        """
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = _Run(self).called(self.node, dict(given))
        except RecursionError:
            raise self.refused(self.node, f"{self.node.name} calls too many functions within one another") from None
        if isinstance(found, dict):
            return found
        names, values = self.results(), found if isinstance(found, (tuple, list)) else (found,)
        if len(names) != len(values):
            raise self.refused(self.node, f"{self.node.name} returns {len(values)} values where {len(names)} have names")
        return dict(zip(names, values, strict=True))

    def refused(self, node: ast.AST, fact: str, advice: str = "") -> InputError:
        """An error at a line of the text."""
        return InputError(fact, place=f"{self.place}, line {getattr(node, 'lineno', 1)}",
                          advice=advice or "write it with loops over range, arithmetic, indices and NumPy's functions of arrays")  # fmt: skip

    def shown(self, node: ast.AST) -> str:
        """A part of the text as it is written, its beginning only."""
        lines = (ast.get_source_segment(self.text, node) or type(node).__name__).splitlines()
        return lines[0][:60] + "..." * (len(lines) > 1 or len(lines[0]) > 60)


class _Returned(Exception):
    """A return statement was reached; it carries the value."""


class _Run:
    def __init__(self, function: Function) -> None:
        self.function, self.budget, self.depth = function, Budget(), 0

    def called(self, node: ast.FunctionDef, names: dict[str, Any]) -> Any:
        self.depth += 1
        if self.depth > CALLS:
            raise self.function.refused(node, f"functions call one another more than {CALLS} deep")
        try:
            self.block(node.body, names)
        except _Returned as returned:
            return returned.args[0]
        finally:
            self.depth -= 1
        raise self.function.refused(node, f"{node.name} returns nothing")

    def block(self, body: list[ast.stmt], names: dict[str, Any]) -> None:
        for each in body:
            try:
                self.budget.charge()
                self.statement(each, names)
            except OverBudget as error:
                raise self.function.refused(each, f"{self.function.shown(each)}: {error}", "see the sizes and loops in it") from None
            except FAILURES as error:
                told = str(error) or type(error).__name__
                raise self.function.refused(
                    each, f"{self.function.shown(each)} fails: {told[:200]}", "see the shapes and names in it"
                ) from None

    def statement(self, node: ast.stmt, names: dict[str, Any]) -> None:
        match node:
            case ast.Assign():
                value = self.value(node.value, names)
                for target in node.targets:
                    self.assign(target, value, names)
            case ast.AugAssign():
                old, new = self.value(node.target, names), self.value(node.value, names)
                self.assign(node.target, self.changed(node, old, new), names)
            case ast.For(orelse=[]):
                for each in self.iterated(self.value(node.iter, names)):
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

    def iterated(self, value: Any) -> list[Any]:
        """What a loop goes through."""
        if not isinstance(value, (np.ndarray, list, tuple, dict, range, str)):
            raise TypeError(f"{type(value).__name__} cannot be gone through")
        self.budget.charge(len(value))
        return list(value)

    def changed(self, node: ast.AugAssign, old: Any, new: Any) -> Any:
        """What x += y makes of x, which is the same array, if it is one."""
        if not isinstance(old, np.ndarray):
            return self.operated(node, node.op, old, new)
        if type(node.op) not in IN_PLACE:
            raise self.function.refused(node, f"{self.function.shown(node)} is not carried out here")
        return carried_out(IN_PLACE[type(node.op)], [old, new, old], {}, self.budget)

    def assign(self, target: ast.expr, value: Any, names: dict[str, Any]) -> None:
        match target:
            case ast.Name():
                names[target.id] = value
            case ast.Tuple() | ast.List():
                for each, part in zip(target.elts, self.iterated(value), strict=True):
                    self.assign(each, part, names)
            case ast.Subscript():
                self.put(self.value(target.value, names), self.index(target.slice, names), value)
            case _:
                raise self.function.refused(target, f"{self.function.shown(target)} cannot be assigned to")

    def put(self, target: Any, index: Any, value: Any) -> None:
        """Carry out target[index] = value."""
        if isinstance(target, np.ndarray):
            self.budget.result(_picked(target, index))
            target[index] = array_of(value, self.budget)
        elif isinstance(target, dict) or (isinstance(target, list) and isinstance(index, int)):
            target[index] = value
            self.budget.checked(target)
        else:
            raise TypeError(f"a part of {type(target).__name__} cannot be assigned to here")

    def value(self, node: ast.expr, names: dict[str, Any]) -> Any:
        """The value of an expression, which keeps to the budget."""
        match node:
            case ast.Name():
                if node.id not in names:
                    raise self.function.refused(node, f"{node.id} is not defined", f"the names are {', '.join(list(names)[:12])}")
                self.budget.charge()
                return names[node.id]
            case _:
                return self.budget.checked(self.made(node, names))

    def made(self, node: ast.expr, names: dict[str, Any]) -> Any:
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None):
                return node.value
            case ast.BinOp():
                return self.operated(node, node.op, self.value(node.left, names), self.value(node.right, names))
            case ast.UnaryOp() if type(node.op) in OPERATORS:
                operand = self.value(node.operand, names)
                self.budget.charge(size(operand))
                return OPERATORS[type(node.op)](operand)
            case ast.Compare(ops=[_]) if type(node.ops[0]) in OPERATORS:
                return self.compared(node.ops[0], self.value(node.left, names), self.value(node.comparators[0], names))
            case ast.IfExp():
                return self.value(node.body if self.value(node.test, names) else node.orelse, names)
            case ast.Subscript():
                return self.part(self.value(node.value, names), self.index(node.slice, names))
            case ast.Attribute() if node.attr in PROPERTIES:
                return getattr(array_of(self.value(node.value, names), self.budget), node.attr)
            case ast.Call():
                return self.call(node, names)
            case ast.Dict() if None not in node.keys:
                return {self.value(key, names): self.value(each, names) for key, each in zip(node.keys, node.values, strict=True) if key}
            case ast.Tuple() | ast.List():
                made = [self.value(each, names) for each in node.elts]
                return tuple(made) if isinstance(node, ast.Tuple) else made
        raise self.function.refused(node, f"{self.function.shown(node)} is not carried out here")

    def operated(self, node: ast.AST, sign: ast.operator, left: Any, right: Any) -> Any:
        """The result of an operator; powers by small numbers only."""
        numbers = (bool, int, float, np.generic, np.ndarray)
        is_known = type(sign) in OPERATORS and isinstance(left, numbers) and isinstance(right, numbers)
        if not is_known or (isinstance(sign, ast.Pow) and (isinstance(right, np.ndarray) or not abs(right) <= EXPONENT)):
            raise self.function.refused(node, f"{type(sign).__name__} of these is not carried out here")
        if isinstance(sign, ast.MatMult):
            return carried_out("matmul", [left, right], {}, self.budget)
        self.budget.result(_together(left, right))
        return OPERATORS[type(sign)](left, right)

    def compared(self, sign: ast.cmpop, left: Any, right: Any) -> Any:
        is_array = isinstance(left, np.ndarray) or isinstance(right, np.ndarray)
        operands = [array_of(each, self.budget) for each in (left, right)] if is_array else [left, right]
        self.budget.result(_together(*operands) if is_array else max(map(size, operands)))
        return OPERATORS[type(sign)](*operands)

    def part(self, value: Any, index: Any) -> Any:
        """Carry out value[index]."""
        if isinstance(value, (np.ndarray, np.generic)):
            self.budget.result(_picked(value, index))
        return value[index]

    def index(self, node: ast.expr, names: dict[str, Any]) -> Any:
        if isinstance(node, ast.Slice):
            return slice(*(None if each is None else self.value(each, names) for each in (node.lower, node.upper, node.step)))
        if isinstance(node, ast.Tuple):
            return tuple(self.index(each, names) for each in node.elts)
        found = self.value(node, names)
        return array_of(found, self.budget) if isinstance(found, list) else found

    def call(self, node: ast.Call, names: dict[str, Any]) -> Any:
        """A call of one of the functions that are known here, of a method of an array, or of another function of the file."""
        arguments = [self.value(each, names) for each in node.args]
        named = self.named(node, names)
        match node.func:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in MODULES and module not in names:
                if name not in OPERATIONS:
                    raise self.function.refused(node, f"np.{name} is not carried out here")
                return carried_out(name, arguments, named, self.budget)
            case ast.Attribute(attr=name) if name in METHODS:
                own, several = array_of(self.value(node.func.value, names), self.budget), name in ("reshape", "transpose")
                rest = [arguments] if several and len(arguments) > 1 else arguments
                return carried_out(name, [own, *rest], named, self.budget)
            case ast.Name(id=name) if name in self.function.helpers and name not in names and not named:
                own_names = [each.arg for each in self.function.helpers[name].args.args]
                return self.called(self.function.helpers[name], dict(zip(own_names, arguments, strict=True)))
            case ast.Name(id=name) if name in PLAIN and name not in names and not named:
                return self.plain(name, arguments)
        raise self.function.refused(node, f"{self.function.shown(node.func)} is not known here")

    def named(self, node: ast.Call, names: dict[str, Any]) -> dict[str, Any]:
        """The arguments that are given by name, but for a type that says floats."""
        for each in node.keywords:
            own = each.value
            kind = own.id if isinstance(own, ast.Name) else own.attr if isinstance(own, ast.Attribute) else getattr(own, "value", "")
            if each.arg is None or (each.arg == "dtype" and kind not in FLOATS):
                raise self.function.refused(node, f"{self.function.shown(node)} has an argument that is not known here")
        return {str(each.arg): self.value(each.value, names) for each in node.keywords if each.arg != "dtype"}

    def plain(self, name: str, arguments: list[Any]) -> Any:
        """What one of Python's functions gives; what would be made step by step is made at once."""
        match name:
            case "len":
                return len(*arguments)
            case "range":
                return range(*arguments)
            case "abs":
                return abs(*arguments)
            case "float" | "int":
                return {"float": float, "int": int}[name](*arguments)
            case "reversed":
                return self.iterated(*arguments)[::-1]
            case "enumerate":
                return list(enumerate(self.iterated(arguments[0]), *arguments[1:]))
            case "zip":
                return list(zip(*map(self.iterated, arguments), strict=False))
            case "dict":
                return dict(*arguments)
        parts: Iterable[Any] = self.iterated(arguments[0]) if len(arguments) == 1 else arguments
        self.budget.charge(sum(map(size, parts)))
        return {"min": min, "max": max}[name](parts)


def _together(left: Any, right: Any) -> int:
    """The entries of what comes of two numbers or arrays, entry by entry."""
    return extent(np.broadcast_shapes(np.shape(left), np.shape(right)))


def _picked(array: Any, index: Any) -> int:
    """No fewer than the entries of a part of an array: lists of places have their own number, of all that is behind them."""
    parts = index if isinstance(index, tuple) else (index,)
    lists = [size(each) for each in parts if isinstance(each, (np.ndarray, list, range, tuple))]
    total = extent(array.shape)
    for each in lists:
        total *= each
    return total if lists else 0
