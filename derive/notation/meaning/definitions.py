"""The functions that a page defines, ready to be applied: their cases as sums, those of entries as functions of whole columns.

    softmax(x)_i = exp(x_i) / sum_j exp(x_j)      exp(x) / sum(exp(x))

A page may define what is built in; then its own definition counts, unless it is proved to say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import NotationError
from derive.notation.meaning.calls import ALIASES, NAMES, Function, canonical, declared, expand
from derive.notation.meaning.cases import Cases, resolved
from derive.notation.meaning.equality import is_same
from derive.notation.meaning.surface import ALL, SUM, Call, OverIndex, Sloped, Total


def of_column(operands: tuple[Expr, ...], body: Expr, index: str, place: str) -> tuple[tuple[Expr, ...], Expr]:
    """A function of the entries of a column, f(x)_i or f(x_i), as one of the column.

    Args:
        index: the letter of the entry, "" if it is that of the operand, or if there is none.

    Raises:
        NotationError: entries are read in a way that is not understood.
    """
    sums = [part for part in nodes.parts(body) if isinstance(part, OverIndex)]
    if not index and not (sums and len(operands) == 1):
        return operands, body
    base, _, letter = str(operands[0]).rpartition("_")
    name, index = (str(operands[0]), index) if index else (base, letter)
    whole = nodes.parameter(name)

    def entry(letter: str) -> Expr:
        return nodes.parameter(f"{name}_{letter}")

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, OverIndex):
            return whole if part == entry(index) else None
        kind, over, reach, inner = part.args
        leaves = nodes.leaves(inner)
        is_plain = kind == SUM and reach == ALL and entry(str(over)) in leaves and entry(index) not in leaves
        if not is_plain or any(isinstance(each, OverIndex) for each in nodes.parts(inner)):
            raise NotationError(
                "this sum over entries is not understood", place=place, advice="write sum(...) over all entries of a column"
            )
        return Total(nodes.replace(inner, {entry(str(over)): whole}))

    made = nodes.rewrite(body, change)
    if len(operands) > 1 or not name or any(re.fullmatch(rf"{name}_[a-z]", str(leaf)) for leaf in nodes.leaves(made)):
        raise NotationError("a function of single entries is not understood", place=place,
                            advice="write the function of whole columns, such as f(x) = exp(x) / sum(exp(x))")  # fmt: skip
    return (whole,), made


def usable(functions: Iterable[Function]) -> dict[str, Function]:
    """The functions of a page by name, without those that are proved to be built in.

    Raises:
        NotationError: one is defined twice in different ways, by cases that are not understood, or by itself.
    """
    found: dict[str, Function] = {}
    for each in functions:
        name = canonical(each.name)
        if name in found and not _is_alike(found[name], each):
            raise NotationError(f"{each.name} is defined a second time, and in another way", place=f"line {each.line}",
                                advice=f"keep one of the two; the first stands in line {found[name].line}")  # fmt: skip
        found.setdefault(name, each)
    for name in _restating(found):
        del found[name]
    made: dict[str, Function] = {}
    for name in _ordered(found):
        function = found[name]
        if name in NAMES or any(isinstance(part, (Cases, Sloped)) for part in nodes.parts(function.body)):
            try:
                body = _body(function, made)
            except NotationError as error:
                raise NotationError(error.fact, place=error.place or f"line {function.line}", advice=error.advice) from None
            function = replace(function, body=body)
        if not is_built_in(name, function):
            made[name] = function
    return made


def _restating(functions: Mapping[str, Function]) -> set[str]:
    """The functions that are proved to be built in, each by what is built in: tanh by σ and σ by tanh."""
    found = set()
    for name, each in functions.items():
        if name in NAMES:
            try:
                body = _body(each, {})
            except NotationError:
                continue
            if is_built_in(name, replace(each, body=body)):
                found.add(name)
    while wrong := {name for name in found if _calls(functions[name]) & (set(functions) - found)}:
        found -= wrong
    return found


def _body(function: Function, own: Mapping[str, Function]) -> Expr:
    """The body of a function, its calls replaced by what they mean and its cases by sums.

    Raises:
        NotationError: as `usable`; or its slope is declared in a way that is not clear.
    """
    body = function.body
    if not isinstance(body, Sloped):
        return resolved(expand(body, own), function.operands, function.name)
    value = body.args[0]
    value = resolved(expand(value, own), function.operands, function.name) if isinstance(value, Cases) else value
    return declared(Sloped(value, *body.args[1:]), own, (), function.operands)


def _calls(function: Function) -> set[str]:
    """The names of the functions that one calls; what has the name of a built-in function and declares its slope calls that one."""
    own = {function.name} & {*nodes.FUNCTIONS} if isinstance(function.body, Sloped) else set()
    return {canonical(str(part.args[0])) for part in nodes.parts(function.body) if isinstance(part, Call)} - own


def is_built_in(name: str, function: Function) -> bool:
    """Whether a definition is proved to say what a built-in function is."""
    known = nodes.FUNCTIONS.get(ALIASES.get(name, name))
    if known is None or len(function.operands) != 1:
        return False
    (operand,) = function.operands
    if issubclass(known, nodes.Elementwise):
        return is_same(known(operand), function.body, operand)
    if known is nodes.hardmax or known.arity != 1:
        return False
    body = nodes.rewrite(function.body, lambda part: nodes.SumRows(*part.args) if isinstance(part, Total) else None)
    return bool(body == known.expansion(operand))


def _is_alike(one: Function, other: Function) -> bool:
    """Whether two functions are the same but for the names of their operands."""
    if len(one.operands) != len(other.operands):
        return False
    return bool(nodes.replace(other.body, dict(zip(other.operands, one.operands, strict=True))) == one.body)


def _ordered(functions: Mapping[str, Function]) -> list[str]:
    """The names, each behind those that it calls; one that calls itself is refused where it is expanded."""
    ordered: dict[str, None] = {}
    for start in functions:
        pending = [(start, False)]
        seen: set[str] = set()
        while pending:
            name, is_done = pending.pop()
            if is_done:
                ordered.setdefault(name)
            elif name in seen and name not in ordered:
                raise NotationError(f"{functions[name].name} calls itself", place=f"line {functions[name].line}",
                                    advice="a function is short for an expression, so it cannot recur")  # fmt: skip
            elif name not in ordered:
                seen.add(name)
                pending += [(name, True), *((each, False) for each in sorted(_calls(functions[name]) & set(functions)))]
    return list(ordered)
