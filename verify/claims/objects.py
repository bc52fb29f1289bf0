"""What the parts of an object are where a method is on trial.

They are values of the cell, what the forward method of its class made, or what the class began with.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from derive.errors import InputError
from verify.claims.classes import FIRST, SELF, Beginnings, bare, kind_of, parts_in
from verify.claims.interpret import CALLED, Function
from verify.claims.presentation import Given

Free = Callable[[str], Any]

MOST = 100
"""How many parts may be what the class began with."""


class Parts:
    """The parts of an object, by their names.

    Args:
        function: the method on trial.
        given: what it is given at one choice of numbers.
        forward: the methods that may give parts their values.
        ahead: carries one of these out, with what gives the values of names that it does not define.
    """

    def __init__(
        self, function: Function, given: Given, forward: Sequence[ast.FunctionDef], ahead: Callable[[Function, Given, Free], Any]
    ) -> None:
        self.function, self.given, self.forward, self.ahead = function, given, forward, ahead
        self.known: dict[str, dict[str, Any]] = {}
        self.begun_with: dict[str, Any] = {}
        self.pending: list[str] = []

    def value(self, name: str) -> Any:
        """The value of a name that the method does not define.

        Raises:
            LookupError: that is not known.
        """
        if name.endswith(CALLED):
            return self.given.bundle(name)
        if not name.startswith(SELF):
            return self.given.value(name)
        if self.is_the_same(name):
            return self.given.value(name)
        for node in self.forward:
            if name in parts_in(node):
                made = self.made_by(node)
                if name in made:
                    return made[name]
        return self.begun(name)

    def is_the_same(self, name: str) -> bool:
        """Whether a part is a parameter or a size of the cell, or the gradient by a parameter."""
        names = self.given.names
        if name in self.function.source.tables:
            return False
        found = names.value(name) or names.gradient(name)
        return names.size(bare(name)) is not None or (found is not None and not self.given.forward[found.value].is_sequence)

    def made_by(self, node: ast.FunctionDef) -> dict[str, Any]:
        """The parts that a forward method gives values; none if it cannot be carried out."""
        if node.name not in self.known:
            self.known[node.name] = {}
            forward = Function(self.function.source, node=node)
            try:
                self.ahead(forward, self.given, self.begun)
                self.known[node.name] = forward.parts
            except (LookupError, TypeError, InputError):
                pass
        return self.known[node.name]

    def begun(self, name: str) -> Any:
        """A value of the cell, what the class begins with, or a table of parameters."""
        source = self.function.source
        if name not in source.tables:
            try:
                return self.given.value(name)
            except LookupError:
                if not name.startswith(SELF):
                    raise
        if name not in self.begun_with:
            self.begun_with[name] = self.made_first(name)
        return self.begun_with[name]

    def made_first(self, name: str) -> Any:
        """What a class begins with; what that is not known of is a table, if it is used as one."""
        source = self.function.source
        made = self.beginnings.function(name) if self.beginnings else None
        if made is not None and name not in self.pending and len(self.pending) + len(self.begun_with) < MOST:
            self.pending.append(name)
            try:
                return self.first(Function(source, node=made))
            except InputError:
                pass
            finally:
                self.pending.pop()
        if name in source.tables:
            return self.given.bundle(name)
        raise LookupError(name)

    @cached_property
    def beginnings(self) -> Beginnings | None:
        """What the class makes of its parts at first; None if it has no method that does."""
        first = self.function.source.functions.get(f"{kind_of(self.function.node)}.{FIRST}")
        return Beginnings(first) if first else None

    def first(self, function: Function) -> Any:
        """What a class first makes of a part: its arguments are sizes, or what they are if they are left out."""
        arguments: dict[str, Any] = {}
        for name in function.arguments:
            try:
                arguments[name] = self.given.value(name)
            except LookupError:
                if name not in function.defaults:
                    arguments[name] = self.given.bundle(name)
        try:
            return function.carried_out(arguments, self.begun)
        finally:
            self.function.spent += function.spent
