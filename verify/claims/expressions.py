"""Expressions of Python carried out: arithmetic, parts of arrays and lists, comprehensions, calls of what is listed in `operations` and here."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from verify.claims.budget import Budget, size
from verify.claims.bundle import Bundle
from verify.claims.classes import SELF
from verify.claims.operations import METHODS, OPERATIONS, array_of, carried_out, picked, together
from verify.claims.source import Source, arguments

EXPONENT = 100
"""The largest exponent."""
OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.MatMult: operator.matmul,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
IDENTITY: dict[type, bool] = {ast.Is: True, ast.IsNot: False, ast.In: True, ast.NotIn: False}
"""Whether a comparison asks that something is so, or is not so."""
PROPERTIES = frozenset("T shape ndim size".split())
PLAIN = frozenset("len range xrange reversed abs min max float int dict list tuple sum zip enumerate print".split())
OF_LISTS = frozenset("append insert extend".split())
OF_TABLES = frozenset("items keys values get".split())
MODULES = ("np", "numpy")
FLOATS = frozenset("float float64 float32 double dtype".split())
"""How the type of a new array may be said: all numbers are floats of eight bytes here."""


class Expressions:
    """Carries out expressions of one file.

    Args:
        source: the file.
        free: the value of a name that no function defines; raises LookupError.
    """

    def __init__(self, source: Source, free: Callable[[str], Any]) -> None:
        self.source, self.budget, self.free = source, Budget(), free
        self.constants: list[str] = []
        self.parts: dict[str, Any] = {}
        """The parts of the object whose methods are carried out."""

    def called(self, node: ast.FunctionDef, names: dict[str, Any]) -> Any:
        """What a function of the file returns."""
        raise NotImplementedError

    def value(self, node: ast.expr, names: dict[str, Any]) -> Any:
        """The value of an expression, which keeps to the budget."""
        if not isinstance(node, ast.Name):
            return self.budget.checked(self.made(node, names))
        self.budget.charge()
        known = self.parts if node.id.startswith(SELF) else names
        if node.id in known:
            return known[node.id]
        try:
            found = self.free(node.id)
        except LookupError:
            return self.constant(node, names)
        return self.parts.setdefault(node.id, found) if known is self.parts else found

    def constant(self, node: ast.Name, names: dict[str, Any]) -> Any:
        """The value of a name that the file defines outside of its functions."""
        if node.id not in self.source.constants or node.id in self.constants:
            raise self.source.refused(node, f"{node.id} is not defined", f"the names are {', '.join(list(names)[:12])}")
        self.constants.append(node.id)
        try:
            return self.value(self.source.constants[node.id], {})
        finally:
            self.constants.pop()

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
            case ast.BoolOp():
                return self.either(node, names)
            case ast.Compare():
                return self.chain(node, names)
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
                made = self.several(node.elts, names)
                return tuple(made) if isinstance(node, ast.Tuple) else made
            case ast.JoinedStr():
                return self.joined(node, names)
            case ast.ListComp(elt=part) | ast.GeneratorExp(elt=part):
                return [self.value(part, own) for own in self.bound(node.generators, dict(names))]
            case ast.DictComp():
                bound = self.bound(node.generators, dict(names))
                return {self.value(node.key, own): self.value(node.value, own) for own in bound}
        raise self.source.refused(node, f"{self.source.shown(node)} is not carried out here")

    def bound(self, generators: list[ast.comprehension], names: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """The names within a comprehension, time after time."""
        first, *rest = generators
        for each in self.iterated(self.value(first.iter, names)):
            self.budget.charge()
            self.assign(first.target, each, names)
            if all(self.value(test, names) for test in first.ifs):
                yield from self.bound(rest, names) if rest else (names,)

    def assign(self, target: ast.expr, value: Any, names: dict[str, Any]) -> None:
        """Give a name, a tuple of names or a part of a value another value."""
        match target:
            case ast.Name():
                (self.parts if target.id.startswith(SELF) else names)[target.id] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts) if isinstance(value, Bundle):
                for each in parts:
                    self.assign(each, value.named(each.id) if isinstance(each, ast.Name) else value, names)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for each, part in zip(parts, self.iterated(value), strict=True):
                    self.assign(each, part, names)
            case ast.Subscript():
                self.put(self.value(target.value, names), self.index(target.slice, names), value)
            case _:
                raise self.source.refused(target, f"{self.source.shown(target)} cannot be assigned to")

    def put(self, target: Any, index: Any, value: Any) -> None:
        """Carry out target[index] = value."""
        if isinstance(target, np.ndarray):
            self.budget.result(picked(target, index))
            target[index] = array_of(value, self.budget)
        elif isinstance(target, dict) or (isinstance(target, list) and isinstance(index, int)):
            target[index] = value
            self.budget.checked(target)
        else:
            kind = f"the argument {target.name}" if isinstance(target, Bundle) else type(target).__name__
            raise TypeError(f"a part of {kind} cannot be assigned to here")

    def iterated(self, value: Any) -> list[Any]:
        """What a loop goes through."""
        if isinstance(value, Bundle):
            return list(value.names) if value.name in self.source.tables else value.steps()
        if not isinstance(value, (np.ndarray, list, tuple, dict, range, str)):
            raise TypeError(f"{type(value).__name__} cannot be gone through")
        self.budget.charge(len(value))
        return list(value)

    def operated(self, node: ast.AST, sign: ast.operator, left: Any, right: Any) -> Any:
        """The result of an operator; powers by small numbers only, and lists that are joined."""
        if isinstance(sign, ast.Add) and type(left) is type(right) and isinstance(left, (list, tuple, str)):
            self.budget.result(size(left) + size(right))
            return operator.add(left, right)
        if isinstance(sign, ast.Mult) and isinstance(left, list) and isinstance(right, int):
            self.budget.result(size(left) * max(right, 0))
            return left * right
        for each in (left, right):
            if isinstance(each, Bundle):
                raise TypeError(each.unknown)
        numbers = (bool, int, float, np.generic, np.ndarray)
        is_known = type(sign) in OPERATORS and isinstance(left, numbers) and isinstance(right, numbers)
        if not is_known or (isinstance(sign, ast.Pow) and (isinstance(right, np.ndarray) or not abs(right) <= EXPONENT)):
            raise self.source.refused(node, f"{type(sign).__name__} of these is not carried out here")
        if isinstance(sign, ast.MatMult):
            return carried_out("matmul", [left, right], {}, self.budget)
        self.budget.result(together(left, right))
        return OPERATORS[type(sign)](left, right)

    def either(self, node: ast.BoolOp, names: dict[str, Any]) -> Any:
        """What "and" and "or" give."""
        found: Any = None
        for each in node.values:
            found = self.value(each, names)
            if bool(found) is isinstance(node.op, ast.Or):
                break
        return found

    def chain(self, node: ast.Compare, names: dict[str, Any]) -> Any:
        """What a comparison gives, or several in a row."""
        left, found = self.value(node.left, names), True
        for sign, other in zip(node.ops, node.comparators, strict=True):
            right = self.value(other, names)
            if type(sign) in IDENTITY:
                found = self.belongs(node, sign, left, right)
            elif type(sign) in OPERATORS:
                found = self.compared(sign, left, right)
            else:
                raise self.source.refused(node, f"{self.source.shown(node)} is not carried out here")
            if len(node.ops) > 1 and not found:
                return False
            left = right
        return found

    def belongs(self, node: ast.AST, sign: ast.cmpop, left: Any, right: Any) -> bool:
        """Whether a value is None, or is a key or a number in another one."""
        if isinstance(sign, (ast.Is, ast.IsNot)):
            if right is not None and not isinstance(right, bool):
                raise self.source.refused(node, "is is carried out for None, True and False alone")
            return (left is right) is IDENTITY[type(sign)]
        if isinstance(right, Bundle):
            return right.has(left) is IDENTITY[type(sign)]
        if not isinstance(right, (dict, list, tuple, range, str)) or not isinstance(left, (str, int)):
            raise self.source.refused(node, "in is carried out for names and whole numbers alone")
        self.budget.charge(size(right))
        return any(isinstance(each, (str, int)) and each == left for each in right) is IDENTITY[type(sign)]

    def compared(self, sign: ast.cmpop, left: Any, right: Any) -> Any:
        is_array = isinstance(left, np.ndarray) or isinstance(right, np.ndarray)
        operands = [array_of(each, self.budget) for each in (left, right)] if is_array else [left, right]
        self.budget.result(together(*operands) if is_array else max(map(size, operands)))
        return OPERATORS[type(sign)](*operands)

    def part(self, value: Any, index: Any) -> Any:
        """Carry out value[index]."""
        if isinstance(value, Bundle):
            return value.part(index)
        if isinstance(value, (np.ndarray, np.generic)):
            self.budget.result(picked(value, index))
        return value[index]

    def index(self, node: ast.expr, names: dict[str, Any]) -> Any:
        if isinstance(node, ast.Slice):
            return slice(*(None if each is None else self.value(each, names) for each in (node.lower, node.upper, node.step)))
        if isinstance(node, ast.Tuple):
            return tuple(self.index(each, names) for each in node.elts)
        if isinstance(node, ast.Attribute) and node.attr == "newaxis":
            return None
        found = self.value(node, names)
        return array_of(found, self.budget) if isinstance(found, list) else found

    def call(self, node: ast.Call, names: dict[str, Any]) -> Any:
        """A call of one of the functions that are known here, of a method of an array, or of another function of the file."""
        given, named = self.given(node, names), self.named(node, names)
        match node.func:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in MODULES and module not in names:
                if name not in OPERATIONS:
                    raise self.source.refused(node, f"np.{name} is not carried out here")
                return carried_out(name, given, named, self.budget)
            case ast.Attribute(attr=name) if name in OF_LISTS | OF_TABLES and not named:
                return self.of_container(node, name, self.value(node.func.value, names), given)
            case ast.Attribute(attr=name) if name in METHODS:
                own, several = array_of(self.value(node.func.value, names), self.budget), name in ("reshape", "transpose")
                rest = [given] if several and len(given) > 1 else given
                return carried_out(name, [own, *rest], named, self.budget)
            case ast.Name(id=name) if name in names and isinstance(names[name], ast.FunctionDef):
                return self.called(names[name], names | self.matched(names[name], given, named))
            case ast.Name(id=name) if name in self.source.functions and name not in names:
                return self.called(self.source.functions[name], self.matched(self.source.functions[name], given, named))
            case ast.Name(id=name) if name in self.source.constants and isinstance(self.source.constants[name], ast.Lambda):
                return self.of_lambda(self.source.constants[name], {}, given)
            case ast.Name(id=name) if name in PLAIN and name not in names and not (named and name != "dict"):
                return self.plain(name, given, named)
            case ast.Name(id=name) if isinstance(names.get(name), ast.Lambda):
                return self.of_lambda(names[name], names, given)
        raise self.source.refused(node, f"{self.source.shown(node.func)} is not known here")

    def given(self, node: ast.Call, names: dict[str, Any]) -> list[Any]:
        """The arguments of a call that have no names."""
        return self.several(node.args, names)

    def several(self, nodes: Sequence[ast.expr], names: dict[str, Any]) -> list[Any]:
        """The values of expressions, those with a star spread out."""
        found: list[Any] = []
        for each in nodes:
            if isinstance(each, ast.Starred):
                found += self.iterated(self.value(each.value, names))
                self.budget.checked(found)
            else:
                found.append(self.value(each, names))
        return found

    def joined(self, node: ast.JoinedStr, names: dict[str, Any]) -> str:
        """A text with the values of names and whole numbers in it."""
        found = ""
        for each in node.values:
            value = self.value(each.value if isinstance(each, ast.FormattedValue) else each, names)
            is_plain = not isinstance(each, ast.FormattedValue) or (each.conversion == -1 and each.format_spec is None)
            if not is_plain or not isinstance(value, (str, int)):
                raise self.source.refused(node, f"{self.source.shown(node)} is not carried out here")
            self.budget.result(len(found) + (len(value) if isinstance(value, str) else 1))
            found += str(value)
        return found

    def matched(self, node: ast.FunctionDef, given: list[Any], named: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a function of the file by their names."""
        own = arguments(node)
        if len(given) > len(own) or set(named) - set(own[len(given) :]):
            raise TypeError(f"{node.name} has not these arguments")
        found = {**dict(zip(own, given, strict=False)), **named}
        positional, last = [each.arg for each in node.args.args], node.args.defaults
        standing = dict(zip(positional[len(positional) - len(last) :], last, strict=True))
        standing |= {each.arg: value for each, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if value is not None}
        for name in own:
            if name not in found:
                if name not in standing:
                    raise TypeError(f"{node.name} is not given {name}")
                found[name] = self.value(standing[name], {})
        return found

    def of_lambda(self, node: Any, names: dict[str, Any], given: list[Any]) -> Any:
        """What a function in one line gives."""
        return self.value(node.body, names | dict(zip(arguments(node), given, strict=True)))

    def named(self, node: ast.Call, names: dict[str, Any]) -> dict[str, Any]:
        """The arguments that are given by name, but for a type that says floats."""
        for each in node.keywords:
            own = each.value
            kind = own.id if isinstance(own, ast.Name) else own.attr if isinstance(own, ast.Attribute) else getattr(own, "value", "")
            if each.arg is None or (each.arg == "dtype" and kind not in FLOATS):
                raise self.source.refused(node, f"{self.source.shown(node)} has an argument that is not known here")
        return {str(each.arg): self.value(each.value, names) for each in node.keywords if each.arg != "dtype"}

    def of_container(self, node: ast.AST, name: str, own: Any, given: list[Any]) -> Any:
        """What a method of a list or of a table gives, or makes of it."""
        if isinstance(own, list) and name in OF_LISTS:
            added = self.iterated(given[-1]) if name == "extend" else [given[-1]]
            place = max(min(int(given[0]), len(own)), -len(own)) if name == "insert" else len(own)
            own[place:place] = added
            self.budget.checked(own)
            return None
        if isinstance(own, Bundle) and name == "get":
            return own.part(given[0])
        if isinstance(own, Bundle) and name in OF_TABLES and own.names:
            own = {each: own.part(each) for each in own.names}
        if not isinstance(own, dict) or name not in OF_TABLES:
            kind = f"the argument {own.name}" if isinstance(own, Bundle) else type(own).__name__
            raise self.source.refused(node, f"{name} of {kind} is not carried out here")
        self.budget.charge(len(own))
        if name == "get":
            return own.get(*given)
        return {"items": list(own.items()), "keys": list(own), "values": list(own.values())}[name]

    def plain(self, name: str, given: list[Any], named: dict[str, Any]) -> Any:
        """What one of Python's functions gives; what would be made step by step is made at once."""
        match name:
            case "print":
                return None
            case "len":
                return len(*given)
            case "range" | "xrange":
                return range(*given)
            case "abs":
                return abs(*given)
            case "float" | "int":
                return {"float": float, "int": int}[name](*given)
            case "reversed":
                return self.iterated(*given)[::-1]
            case "list" | "tuple":
                return {"list": list, "tuple": tuple}[name](self.iterated(*given) if given else ())
            case "enumerate":
                return list(enumerate(self.iterated(given[0]), *given[1:]))
            case "zip":
                return list(zip(*map(self.iterated, given), strict=False))
            case "dict":
                return dict(*given, **named)
            case "sum":
                return self.total(*given)
        parts: Iterable[Any] = self.iterated(given[0]) if len(given) == 1 else given
        self.budget.charge(sum(map(size, parts)))
        return {"min": min, "max": max}[name](parts)

    def total(self, parts: Any, start: Any = 0) -> Any:
        """The sum of the parts of a list."""
        found = start
        for each in self.iterated(parts):
            found = self.operated(ast.Add(), ast.Add(), found, each)
        return found
