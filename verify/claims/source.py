"""A file of Python as functions and constants, none of which is run: which functions are backward passes, and where results get their values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from derive.errors import InputError
from verify.claims.classes import FIRST, bare, kind_of, methods, parts_in
from verify.claims.syntax import parsed

BACKWARD = re.compile(r"back|bptt|grad|lossfun", re.IGNORECASE)
"""What the name of a backward pass has in it."""
GRADIENT = re.compile(r"^(?:d|grad_?|delta_?|g_)[A-Za-z]")


class Source:
    """The functions of a file, by name: of two with the same name the last one.

    Args:
        text: of a file in Python.
        place: how errors name the file.

    Raises:
        InputError: it is no Python, or defines no function.
    """

    def __init__(self, text: str, place: str) -> None:
        self.text, self.place = text, place
        tree = parsed(text, place)
        kinds = [each for each in tree.body if isinstance(each, ast.ClassDef)]
        found = [each for each in tree.body if isinstance(each, ast.FunctionDef)] + [own for each in kinds for own in methods(each)]
        if not [each for each in found if bare(each.name) != FIRST]:
            told = f"its class {kinds[0].name} has no method that can be read" if kinds else "it defines no function"
            raise InputError(told, place=place, advice="define a function: def backward(x, h, W, U, dh): ... return dW, dU")
        self.functions = {each.name: each for each in found}
        self.tables = frozenset(_tables(tree))
        self.constants = {name: value for name, value in _assigned(tree) if name}
        for each in found:
            own, names = each.args, arguments(each)
            if own.vararg or own.kwarg or own.posonlyargs or each.decorator_list or len(set(names)) < len(names):
                raise self.refused(each, "its arguments are more than names, or it is decorated")

    def backward(self) -> list[ast.FunctionDef]:
        """The functions on trial: those that are called as a backward pass is, else those that return gradients, else the last one."""
        every = [each for each in self.functions.values() if bare(each.name) != FIRST]
        if plain := [each for each in every if bare(each.name) == "backward"]:
            return plain
        returning = [each for each in every if any(names_gradient(name) for name in (*result_names(each), *given_parts(each)))]
        named = [each for each in returning if BACKWARD.search(bare(each.name))]
        return named or returning or every[-1:]

    def calls(self, node: ast.FunctionDef) -> set[str]:
        """The functions of the file that one calls, on whatever way."""
        found: set[str] = set()
        pending = [node]
        while pending:
            for each in ast.walk(pending.pop()):
                if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id in self.functions.keys() - found:
                    found.add(each.func.id)
                    pending.append(self.functions[each.func.id])
        return found

    def refused(self, node: ast.AST, fact: str, advice: str = "") -> InputError:
        """An error at a line of the text."""
        return InputError(fact, place=f"{self.place}, line {getattr(node, 'lineno', 1)}",
                          advice=advice or "write it with loops over range, arithmetic, indices and NumPy's functions of arrays")  # fmt: skip

    def shown(self, node: ast.AST) -> str:
        """A part of the text as it is written, its beginning only."""
        lines = (ast.get_source_segment(self.text, node) or type(node).__name__).splitlines()
        return lines[0][:60] + "..." * (len(lines) > 1 or len(lines[0]) > 60)


def arguments(node: ast.FunctionDef | ast.Lambda) -> list[str]:
    """The names of the arguments of a function."""
    return [each.arg for each in (*node.args.args, *node.args.kwonlyargs)]


def returned(node: ast.FunctionDef) -> ast.expr | None:
    """What a function returns at its end."""
    found = [each for each in ast.walk(node) if isinstance(each, ast.Return) and each.value is not None]
    return found[-1].value if found else None


def result_names(node: ast.FunctionDef) -> list[str]:
    """The names of what a function returns, in their order; of a dictionary its keys; "" of what has no name."""
    value = returned(node)
    if isinstance(value, ast.Name) and (made := _dictionary(node, value.id)):
        value = made
    if isinstance(value, ast.Dict):
        return [each.value if isinstance(each, ast.Constant) and isinstance(each.value, str) else "" for each in value.keys]
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
        return [each.arg or "" for each in value.keywords]
    return [] if value is None else [_name(each) for each in single(value)]


def table_name(node: ast.FunctionDef) -> str:
    """The name of the table that a function returns; "" of one that has none."""
    value = returned(node)
    return bare(value.id) if isinstance(value, ast.Name) else ""


def single(value: ast.expr) -> list[ast.expr]:
    """What is returned one by one, that in lists within lists too."""
    return [part for each in value.elts for part in single(each)] if isinstance(value, (ast.Tuple, ast.List)) else [value]


def flattened(value: ast.expr | None, found: Any) -> list[Any]:
    """The values of what is returned one by one, as `single` has their expressions."""
    if not isinstance(value, (ast.Tuple, ast.List)) or not isinstance(found, (tuple, list)) or len(found) != len(value.elts):
        return list(found) if isinstance(found, (tuple, list)) else [found]
    inner = zip(value.elts, found, strict=True)
    return [part for own, each in inner for part in (flattened(own, each) if isinstance(own, (ast.Tuple, ast.List)) else [each])]


def lines_of(node: ast.FunctionDef, name: str) -> int:
    """The line at which a result gets its last value; that of what is returned, if it has no name of its own."""
    value = returned(node)
    made = _dictionary(node, value.id) if isinstance(value, ast.Name) else value if isinstance(value, ast.Dict) else None
    own = {name}
    for key, each in zip(made.keys, made.values, strict=True) if made else ():
        if isinstance(key, ast.Constant) and key.value == name and _name(each):
            own = {_name(each)}
    if own == {name}:
        own = {written_as(node, name)}
    found = [each.lineno for each in ast.walk(node) if isinstance(each, (ast.Assign, ast.AugAssign)) and own & set(targets(each))]
    return max(found, default=getattr(value, "lineno", node.lineno))


def written_as(node: ast.FunctionDef, name: str) -> str:
    """What a result is called where it is given a value: dW, if dW_f is an entry of the table dW."""
    given = {own for each in ast.walk(node) if isinstance(each, (ast.Assign, ast.AugAssign)) for own in targets(each)}
    tables = [own for own in given if name.startswith(f"{own}_") and names_gradient(own)]
    return name if name in given else max(tables, key=len, default=name)


def targets(node: ast.Assign | ast.AugAssign) -> Iterator[str]:
    """The names that a statement gives a value to, in whole or in part."""
    pending: list[ast.expr] = list(node.targets) if isinstance(node, ast.Assign) else [node.target]
    while pending:
        match pending.pop():
            case ast.Name(id=name):
                yield bare(name)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                pending.extend(parts)
            case ast.Subscript(value=ast.Name(id=name), slice=key):
                yield key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else bare(name)


def given_parts(node: ast.FunctionDef) -> list[str]:
    """The parts of its object that a method gives a value, without what says that they are such."""
    return sorted(bare(each) for each in parts_in(node, is_given=True)) if kind_of(node) else []


def _dictionary(node: ast.FunctionDef, name: str) -> ast.Dict | None:
    """The dictionary that a name stands for."""
    made = (each.value for each in ast.walk(node) if isinstance(each, ast.Assign) and bare(name) in targets(each))
    return next((each for each in made if isinstance(each, ast.Dict) and each.keys), None)


def _name(node: ast.expr) -> str:
    """What an expression that is returned is called: the one name in it, or the one of them that is a gradient's."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    match node:
        case ast.Name(id=name):
            return bare(name)
        case ast.UnaryOp(operand=inner) | ast.Subscript(value=inner) | ast.Attribute(value=inner):
            return _name(inner)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np" | "numpy")), args=[inner, *_]) | ast.Call(func=ast.Name(), args=[inner]):
            return _name(inner)
        case ast.Call(func=ast.Attribute(value=inner)):
            return _name(inner)
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div(), right=right):
            names = [name for name in (_name(left), _name(right)) if names_gradient(name)]
            return names[0] if len(names) == 1 else ""
    return ""


def names_gradient(name: str) -> bool:
    """Whether a name is that of a gradient."""
    return GRADIENT.match(name) is not None


def _tables(tree: ast.Module) -> Iterator[str]:
    """The names of what is used as a table: its parts have names, or it is gone through by the names of its parts."""
    parts: set[tuple[str, str]] = set()
    through: set[tuple[str, str]] = set()
    for each in ast.walk(tree):
        match each:
            case ast.Subscript(value=ast.Name(id=name), slice=key) if _is_text(key):
                yield name
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Name(id=key_name)):
                parts.add((name, key_name))
            case ast.Attribute(value=ast.Name(id=name), attr="items" | "keys" | "values"):
                yield name
            case ast.comprehension(target=ast.Name(id=key_name), iter=ast.Name(id=name)):
                through.add((name, key_name))
            case ast.For(target=ast.Name(id=key_name), iter=ast.Name(id=name)):
                through.add((name, key_name))
    yield from (name for name, _ in parts & through)


def _is_text(node: ast.expr) -> bool:
    """Whether an expression is plainly a text."""
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_text(left) or _is_text(right)
    return False


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for each in tree.body:
        if isinstance(each, ast.Assign):
            for target in each.targets:
                if isinstance(target, ast.Name):
                    yield target.id, each.value
                elif isinstance(target, ast.Tuple) and isinstance(each.value, ast.Tuple) and len(target.elts) == len(each.value.elts):
                    yield from (
                        (own.id, value) for own, value in zip(target.elts, each.value.elts, strict=True) if isinstance(own, ast.Name)
                    )
