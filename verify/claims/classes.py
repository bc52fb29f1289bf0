"""The methods of a class as functions: self is no argument, self.W is one name, and what another method does is called by the class and its name."""

from __future__ import annotations

import ast

SELF = "self."
"""What the names of the parts of an object begin with."""
FIRST = "__init__"


def methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    """The methods that are functions of an object or of nothing, written so in their trees; those that are decorated otherwise are left out."""
    own = [each for each in node.body if isinstance(each, ast.FunctionDef)]
    names = {each.name for each in own}
    made = []
    for each in own:
        marks = [mark.id for mark in each.decorator_list if isinstance(mark, ast.Name)]
        if each.decorator_list and marks != ["staticmethod"]:
            continue
        receiver = "" if marks or not each.args.args else each.args.args.pop(0).arg
        each.decorator_list = []
        each.name = f"{node.name}.{each.name}"
        each.body = [_Parts(receiver, node.name, names).visit(part) for part in each.body]
        made.append(each)
    return made


class _Parts(ast.NodeTransformer):
    """Makes one name of each part of an object."""

    def __init__(self, receiver: str, kind: str, names: set[str]) -> None:
        self.receiver, self.kind, self.names = receiver, kind, names

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if not isinstance(node.value, ast.Name) or node.value.id not in (self.receiver, self.kind):
            return self.generic_visit(node)
        if node.attr in self.names:
            return ast.copy_location(ast.Name(f"{self.kind}.{node.attr}", node.ctx), node)
        return ast.copy_location(ast.Name(SELF + node.attr, node.ctx), node)


def kind_of(node: ast.FunctionDef) -> str:
    """The class of a method; "" of a function."""
    return node.name.rpartition(".")[0]


def bare(name: str) -> str:
    """A name without what says that it is that of a part of an object, or of a method of a class."""
    return name.rpartition(".")[2]


def parts_in(node: ast.FunctionDef, is_given: bool = False) -> set[str]:
    """The parts of its object that a method names, or those alone that it gives a value."""
    named = (each for each in ast.walk(node) if isinstance(each, ast.Name) and each.id.startswith(SELF))
    stored = {
        each.value.id
        for each in ast.walk(node)
        if isinstance(each, ast.Subscript) and isinstance(each.value, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    return {each.id for each in named if not is_given or isinstance(each.ctx, ast.Store) or each.id in stored}


class Beginnings:
    """What a class first makes of its parts, by what its first method says."""

    def __init__(self, first: ast.FunctionDef) -> None:
        self.first = first
        self.given: dict[str, ast.Assign] = {}
        self.filled: set[str] = set()
        for each in ast.walk(first):
            if isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Store) and isinstance(each.value, ast.Name):
                self.filled.add(each.value.id)
            if isinstance(each, ast.Assign):
                for target in each.targets:
                    if isinstance(target, ast.Name):
                        self.given.setdefault(target.id, each)

    def function(self, name: str) -> ast.FunctionDef | None:
        """A function that gives what a part begins with; None of a table that is filled afterwards."""
        if name in self.filled or (found := self.given.get(name)) is None:
            return None
        body: list[ast.stmt] = [ast.copy_location(ast.Return(found.value), found)]
        made = ast.FunctionDef(f"{kind_of(self.first)}.{bare(name)}", self.first.args, body, [], lineno=found.lineno, col_offset=0)
        return ast.fix_missing_locations(made)
