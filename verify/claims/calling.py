"""How a function on trial is called: which arguments it is given, in which form, and what it gives back.

What it takes in one piece, a cache, is what the forward function of the same file gives under that name, or values by their names.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from derive.errors import InputError
from derive.system import Boundary, System
from verify.claims.cases import Backward, Case, scenes
from verify.claims.classes import FIRST, SELF, bare, kind_of
from verify.claims.interpret import Function
from verify.claims.names import Names, When, earlier, guessed
from verify.claims.objects import Parts
from verify.claims.presentation import Given, Presentation, Start
from verify.claims.source import given_parts, names_gradient, result_names
from verify.claims.space import close
from verify.claims.tables import by_entry
from verify.evaluation import Array

Results = dict[str, Array]
FORWARD = 10
"""How many functions of a file are tried that may make what another one takes."""
OTHER = "the forward function is of another cell"


@dataclass(frozen=True)
class Cell:
    """A cell whose gradients a function gives.

    Attributes:
        system: its intermediates named.
        adjoint: the equations of its gradients.
        seeded: the cell with all values read by the loss.
    """

    system: System
    adjoint: System
    seeded: Backward

    def case(self, place: int, way: Presentation) -> Case:
        """Numbers: the choice at a place of the list of choices."""
        count = way.layout.count
        own = Backward(self.system, self.adjoint) if self.system.loss else None
        scene = scenes(self.seeded.forward, count, way.is_step)[place]
        zero = {each.name for each in self.system.states if each.boundary is Boundary.ZERO or way.start is Start.ZERO}
        return Case(replace(scene, one_hot=way.labels, from_zero=frozenset() if way.is_step else frozenset(zero)), self.seeded, own)

    def places(self, way: Presentation) -> range:
        """The places of the list of choices."""
        return range(len(scenes(self.seeded.forward, way.layout.count, way.is_step)))


@dataclass(frozen=True)
class Callee:
    """What is called with arrays.

    Attributes:
        name: of the function.
        arguments: the names of its arguments, and those of them that may be left out.
        run: from arrays by the names of arguments, and the values of names that it does not define, to results by name.
        function: its text, if it has one.
    """

    name: str
    arguments: tuple[str, ...]
    optional: tuple[str, ...]
    run: Callable[[Mapping[str, Any], Callable[[str], Any]], Mapping[str, Any]]
    function: Function | None = None

    @staticmethod
    def of(function: Function) -> Callee:
        """A function of a text."""
        return Callee(function.node.name, function.arguments, function.defaults, function, function)


class Calls:
    """One function, as it is called.

    Args:
        cell: the cell whose gradients it gives.
        callee: the function.
    """

    listed: frozenset[str] = frozenset()
    """The results that are entries of tables of gradients."""

    def __init__(self, cell: Cell, callee: Callee) -> None:
        self.cell, self.callee = cell, callee
        self.arguments = tuple(each for each in callee.arguments if each not in callee.optional)
        own = list(callee.arguments) + (names_in(callee.function.node) if callee.function else [])
        called = guessed(own, Names(cell.system))
        names = Names(cell.system, called)
        groups = [callee.arguments, *(parts(callee.function.node) if callee.function else [])]
        before = earlier(groups, names) | (_from_gradients(callee, names) if callee.function else frozenset())
        self.names = Names(cell.system, called, before)
        self.cases: dict[tuple[int, Presentation], Case] = {}

    def case(self, place: int, way: Presentation) -> Case:
        """Numbers, drawn once."""
        way = replace(way, is_transposed=False, with_loss=False)
        if (place, way) not in self.cases:
            self.cases[place, way] = self.cell.case(place, way)
        return self.cases[place, way]

    def given(self, place: int, way: Presentation) -> tuple[Given, dict[str, Any]]:
        """The arguments at one choice of numbers.

        Raises:
            InputError: an argument is no value of the cell, or the forward function of the file is of another cell.
        """
        given = Given(way, self.case(place, way), self.names, self.callee.arguments)
        found: dict[str, Any] = {}
        for name in self.callee.arguments:
            try:
                found[name] = given.value(name)
            except LookupError:
                if name in self.arguments:
                    found[name] = self.piece(name, given)
        return given, found

    def piece(self, name: str, given: Given) -> Any:
        """What is given in one piece: what the forward function of the file gives under that name, or values by their names."""
        if self.callee.function is None or not _is_taken_apart(name, self.callee.function.node):
            states, outputs = (", ".join(mark.format(each) for each in some) for mark, some in (
                ("{}_0", self.names.states), ("d{}", [each for each in self.cell.system.outputs if each != self.cell.system.loss])))  # fmt: skip
            told = f"the values are {self.names.listed}" + f"; initial values are {states}" * bool(states)
            raise InputError(f"nothing is known of the argument {name}", place=self.callee.name,
                             advice=told + f"; gradients by outputs are {outputs}" * bool(outputs))  # fmt: skip
        source = self.callee.function.source
        for node in self.forward():
            if name not in (names := result_names(node)):
                continue
            for whole in (False, True)[: 1 + given.way.is_step]:
                try:
                    found = self.ahead(Function(source, node=node), _of_sequence(given) if whole else given)[names.index(name)]
                    return found[0] if whole else found
                except (LookupError, TypeError):
                    continue
                except InputError as error:
                    if error.fact.startswith(OTHER):
                        raise
        return given.bundle(name)

    def ahead(self, function: Function, given: Given, free: Callable[[str], Any] | None = None) -> tuple[Any, ...]:
        """What the forward function of the file gives, in its order.

        Args:
            free: the values of names that it does not define, if not those of the cell.

        Raises:
            InputError: it computes something else than the cell.
        """
        own = Given(given.way, given.case, self.names_ahead(function), function.arguments)
        arguments: dict[str, Any] = {}
        for name in function.arguments:
            try:
                arguments[name] = own.value(name)
            except LookupError:
                if name not in function.defaults:
                    arguments[name] = own.bundle(name)
        try:
            found = function.carried_out(arguments, free or own.value)
        finally:
            if self.callee.function is not None:
                self.callee.function.spent += function.spent
        named = result_names(function.node)
        values = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        if free is None and (isinstance(found, dict) or (len(named) != len(values) and isinstance(found, (tuple, list)))):
            raise TypeError("it gives no values in an order")
        for name, value in zip(named, values, strict=False):
            meant = self.names.value(name) if name else None
            if meant is None or not isinstance(value, np.ndarray) or meant.value not in self.names.states:
                continue
            right = own.of_cell(replace(meant, when=When.ANY), None)
            if right is not None and value.shape == right.shape and not close(value, right):
                raise function.source.refused(function.node, f"{OTHER}: {name} is not the {meant.value} of {self.cell.system.name}",
                                              "give the cell that this function computes")  # fmt: skip
        return values

    def names_ahead(self, function: Function) -> Names:
        """What names stand for in a forward function: a state that it is given and gives back by another name is that of the step before."""
        named = [each for each in function.arguments if (meant := self.names.value(each)) and meant.when is When.ANY]
        before = {each for each in named if self.names.value(each).value in self.names.states}  # type: ignore[union-attr]
        return Names(self.cell.system, self.names.own, before.union(self.names.earlier))

    def run(self, place: int, way: Presentation) -> tuple[Given, Results]:
        """What the function gives at one choice of numbers."""
        given, arguments = self.given(place, way)
        function = self.callee.function
        if function is None or not kind_of(function.node):
            return given, self.arrays(self.callee.run(arguments, given.value))
        found = dict(self.callee.run(arguments, Parts(function, given, self.forward(), self.ahead).value))
        for name in given_parts(function.node):
            meant, part = self.names.gradient(name), function.parts.get(SELF + name)
            is_table = isinstance(part, dict) and names_gradient(name)
            if name not in found and (is_table or (meant and not self.cell.system[meant.value].is_sequence and part is not None)):
                found[name] = part
        return given, self.arrays(found)

    def arrays(self, found: Mapping[str, Any]) -> Results:
        """What the function returned, as arrays of floats by name."""
        made, self.listed = by_entry(found, self.names, self.callee.name)
        return _arrays(made, self.callee.name)

    def forward(self) -> list[ast.FunctionDef]:
        """The functions that may make what it takes: that which has the same name but for the direction, or else all others of the same class."""
        assert self.callee.function is not None
        functions, own = self.callee.function.source.functions, self.callee.function.node
        pairs = (("backward", "forward"), ("back", "forward"), ("bwd", "fwd"), ("bptt", "forward"))
        named = [functions[other] for one, two in pairs if (other := own.name.replace(one, two)) != own.name and other in functions]
        others = [each for each in functions.values() if each is not own and kind_of(each) == kind_of(own) and bare(each.name) != FIRST]
        return named[:1] or others[:FORWARD]


def _of_sequence(given: Given) -> Given:
    """The numbers of one step as a sequence of that step alone."""
    return Given(replace(given.way, is_step=False), given.case, given.names, given.arguments)


def _from_gradients(callee: Callee, names: Names) -> frozenset[str]:
    """The states of the step before in a function of one step that is given dh_next and gives back dh, the gradient by what it calls h."""
    assert callee.function is not None
    node = callee.function.node
    if any(isinstance(each, (ast.For, ast.While)) for each in ast.walk(node)):
        return frozenset()
    given, back = ([meant for each in some if (meant := names.gradient(each))] for some in (callee.arguments, result_names(node)))
    after = {each.value for each in given if each.when is When.AFTER} - {each.value for each in given if each.when is not When.AFTER}
    found = {each.value for each in back if each.when is When.ANY} - {each.value for each in back if each.when is not When.ANY}
    own = {each: meant for each in (*callee.arguments, *names_in(node)) if (meant := names.value(each))}
    chosen = (after & found & set(names.states)) - {meant.value for meant in own.values() if meant.when is not When.ANY}
    return frozenset(each for each, meant in own.items() if each in names.known and meant.value in chosen)


def parts(node: ast.FunctionDef) -> Iterator[list[str]]:
    """The names that are given together to the parts of one value, such as a cache."""
    for each in ast.walk(node):
        if isinstance(each, ast.Tuple) and isinstance(each.ctx, ast.Store):
            yield [part.id for part in each.elts if isinstance(part, ast.Name)]


def names_in(node: ast.FunctionDef, context: type[ast.expr_context] = ast.Store) -> list[str]:
    """The names to which a function gives values, such as the parts of a cache; or those that it reads."""
    return [each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, context)]


def _is_taken_apart(name: str, node: ast.FunctionDef) -> bool:
    """Whether a function reads parts of an argument, or hands it on."""
    for each in ast.walk(node):
        match each:
            case ast.Assign(value=value, targets=[ast.Tuple()]) if _has(value, name):
                return True
            case ast.Subscript(value=ast.Name(id=own)) | ast.For(iter=ast.Name(id=own)) if own == name:
                return True
            case ast.For(iter=ast.Call() as inner) if _has(inner, name):
                return True
            case ast.Attribute(value=ast.Name(id=own), attr="get" | "items" | "pop") if own == name:
                return True
            case ast.Call(args=args) if not isinstance(each.func, ast.Attribute) and any(_has(part, name) for part in args):
                return True
    return False


def _has(node: ast.expr, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node))


def _arrays(found: Mapping[str, Any], place: str) -> Results:
    """What a function returns, as arrays of floats by name."""
    if not found:
        raise InputError("it returns no gradients", place=place, advice="return {'W': dW, 'U': dU}")
    made = {}
    for name, value in found.items():
        try:
            made[name] = np.asarray(value, float)
        except (TypeError, ValueError):
            raise InputError(f"the result {str(name)[:60]} is no array of numbers", place=place, advice="return arrays by name") from None
        if not isinstance(name, str):
            raise InputError(f"{str(name)[:60]} is no name of a result", place=place, advice="return {'W': dW, 'U': dU}")
    return made
