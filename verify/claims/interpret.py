"""A NumPy function run without running it: its text is parsed, and the arithmetic, loops and array functions listed here are carried out.

Whatever is not listed is refused with its line, so a file can do no more than compute with small arrays; each step is charged to a budget first.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from derive.errors import InputError
from verify.claims.budget import OverBudget
from verify.claims.classes import bare, kind_of
from verify.claims.expressions import PLAIN as PLAIN
from verify.claims.expressions import Expressions
from verify.claims.operations import carried_out
from verify.claims.source import Source, arguments, flattened, given_parts, names_gradient, result_names, returned, single, table_name

CALLED = "()"
"""What the name of a method ends with where what it returns is asked for, since it cannot be carried out."""
CALLS = 20
"""How deep functions may call one another."""
TURNS = 1_000
"""How many turns a loop with a condition may make."""
IN_PLACE = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
"""What changes an array itself, and all other names of it with it."""
FAILURES = (ArithmeticError, ValueError, TypeError, LookupError, AttributeError, MemoryError)
"""What an operation raises that does not go with what it is given."""


def _nothing(name: str) -> Any:
    raise LookupError(name)


class Function:
    """A function of a text: by its node, or else the first that is a backward pass.

    Args:
        text: of a file in Python, or what was read of it.
        place: how errors name the file.
        node: the function.

    Raises:
        InputError: it is no Python, or defines no function.
    """

    def __init__(self, text: str | Source, place: str = "", node: ast.FunctionDef | None = None) -> None:
        self.source = Source(text, place) if isinstance(text, str) else text
        self.node = node or self.source.backward()[0]
        self.arguments = tuple(arguments(self.node))
        self.parts: dict[str, Any] = {}
        """The parts of the object as the last run left them."""
        self.spent = 0
        """How many steps all runs have taken together."""
        self.defaults = self.arguments[len(self.node.args.args) - len(self.node.args.defaults) : len(self.node.args.args)]

    def results(self) -> tuple[str, ...]:
        """The names of what is returned, in their order; of a dictionary, its keys; "" of what has none."""
        names = result_names(self.node)
        value = returned(self.node)
        parts = single(value) if isinstance(value, (ast.Tuple, ast.List)) else []
        unnamed = any(not name and not isinstance(part, ast.Constant) for name, part in zip(names, parts, strict=False))
        if not any(names) or unnamed:
            raise self.source.refused(value or self.node, "what it returns has no names",
                                      "end it with return dW, dU or return {'W': dW, 'U': dU}")  # fmt: skip
        return tuple(names)

    def __call__(self, given: Mapping[str, Any], free: Callable[[str], Any] = _nothing) -> dict[str, Any]:
        """What the function returns, by name, tables among it as they are.

        Args:
            given: its arguments.
            free: the values of names that neither it nor the file defines; raises LookupError.

        Raises:
            InputError: it does what is not carried out here, or what cannot be, or takes too much.
        """
        found = self.carried_out(given, free)
        if found is None or isinstance(found, dict):
            table = table_name(self.node)
            return {table: found} if table and found else found or {}
        names, values = self.results(), flattened(returned(self.node), found)
        if len(names) != len(values):
            raise self.source.refused(self.node, f"{self.node.name} returns {len(values)} values where {len(names)} have names")
        return {name: value for name, value in zip(names, values, strict=True) if name}

    def carried_out(self, given: Mapping[str, Any], free: Callable[[str], Any] = _nothing) -> Any:
        """What the function returns, as it is."""
        run = _Run(self.source, free)
        self.parts = run.parts
        allowed = run.budget.steps
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return run.begun(self.node, dict(given))
        except RecursionError:
            raise self.source.refused(self.node, f"{self.node.name} calls too many functions within one another") from None
        finally:
            self.spent += allowed - run.budget.steps


class _Leaving(Exception):
    """A statement was reached that leaves a block."""


class _Returned(_Leaving):
    """A return statement; it carries the value."""


class _Continued(_Leaving):
    """The rest of this turn of a loop is left out."""


class _Broken(_Leaving):
    """The rest of a loop is left out."""


class _Run(Expressions):
    """One run of a function of a file."""

    depth = 0
    first: ast.FunctionDef | None = None

    def begun(self, node: ast.FunctionDef, names: dict[str, Any]) -> Any:
        """What the function gives that is run first, which nothing else may call."""
        self.first = node
        found = self.entered(node, self.matched(node, [], names))
        if found is None and not given_parts(node):
            raise self.source.refused(node, f"{bare(node.name)} returns nothing", "end it with return dW, dU")
        return found

    def called(self, node: ast.FunctionDef, names: dict[str, Any]) -> Any:
        if self.first is not None and node.name == self.first.name:
            raise self.source.refused(node, f"{bare(node.name)} is not known here")
        try:
            return self.entered(node, names)
        except InputError:
            if not kind_of(node) or any(names_gradient(each) for each in result_names(node)):
                raise
            try:
                return self.free(node.name + CALLED)
            except LookupError:
                pass
            raise

    def entered(self, node: ast.FunctionDef, names: dict[str, Any]) -> Any:
        self.depth += 1
        if self.depth > CALLS:
            raise self.source.refused(node, f"functions call one another more than {CALLS} deep")
        try:
            self.block(node.body, names)
        except _Returned as found:
            return found.args[0]
        finally:
            self.depth -= 1
        return None

    def block(self, body: list[ast.stmt], names: dict[str, Any]) -> None:
        for each in body:
            try:
                self.budget.charge()
                self.statement(each, names)
            except OverBudget as error:
                raise self.source.refused(each, f"{self.source.shown(each)}: {error}", "see the sizes and loops in it") from None
            except InputError:
                raise
            except FAILURES as error:
                told = str(error) or type(error).__name__
                raise self.source.refused(
                    each, f"{self.source.shown(each)} fails: {told[:240]}", "see the shapes and names in it"
                ) from None

    def statement(self, node: ast.stmt, names: dict[str, Any]) -> None:
        match node:
            case ast.Assign(value=ast.Lambda(), targets=[ast.Name(id=name)]):
                names[name] = node.value
            case ast.Assign():
                value = self.value(node.value, names)
                for target in node.targets:
                    self.assign(target, value, names)
            case ast.AnnAssign(value=ast.expr()):
                assert node.value is not None
                self.assign(node.target, self.value(node.value, names), names)
            case ast.AugAssign():
                old, new = self.value(node.target, names), self.value(node.value, names)
                self.assign(node.target, self.changed(node, old, new), names)
            case ast.For(orelse=[]):
                for each in self.iterated(self.value(node.iter, names)):
                    self.assign(node.target, each, names)
                    if not self.turn(node, names):
                        break
            case ast.While(orelse=[]):
                self.while_true(node, names)
            case ast.If():
                self.block(node.body if self.value(node.test, names) else node.orelse, names)
            case ast.Return():
                raise _Returned(None if node.value is None else self.value(node.value, names))
            case ast.Continue():
                raise _Continued
            case ast.Break():
                raise _Broken
            case ast.FunctionDef(decorator_list=[]):
                names[node.name] = node
            case ast.Expr(value=ast.Call()):
                self.value(node.value, names)
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Assert() | ast.Global():
                return
            case _:
                raise self.source.refused(node, f"{type(node).__name__.lower()} is not carried out here")

    def turn(self, node: ast.For | ast.While, names: dict[str, Any]) -> bool:
        """One turn of a loop; whether it goes on."""
        try:
            self.block(node.body, names)
        except _Continued:
            return True
        except _Broken:
            return False
        return True

    def while_true(self, node: ast.While, names: dict[str, Any]) -> None:
        """A loop with a condition, of so many turns at most."""
        for _ in range(TURNS):
            if not self.value(node.test, names) or not self.turn(node, names):
                return
        raise self.source.refused(node, f"{self.source.shown(node)} makes more than {TURNS} turns",
                                  "end it, or write it with for t in reversed(range(T))")  # fmt: skip

    def changed(self, node: ast.AugAssign, old: Any, new: Any) -> Any:
        """What x += y makes of x, which is the same array or list, if it is one."""
        if isinstance(old, list) and isinstance(node.op, ast.Add):
            self.of_container(node, "extend", old, [new])
            return old
        if not isinstance(old, np.ndarray):
            return self.operated(node, node.op, old, new)
        if type(node.op) not in IN_PLACE:
            raise self.source.refused(node, f"{self.source.shown(node)} is not carried out here")
        return carried_out(IN_PLACE[type(node.op)], [old, new, old], {}, self.budget)
