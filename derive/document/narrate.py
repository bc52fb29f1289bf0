"""A derivation to a page that a student can follow.

Everything is read off the derivation: an adjoint's equation from its steps (which use, which rule, which lag), the working from the
rewrites that were applied. A rule is explained where it first arises and named afterwards. The sentences stand in `english.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.algebra.rules import RULES
from derive.calculus.bptt import Derivation, bptt
from derive.critique.remarks import review
from derive.document.backward import backward, order
from derive.document.blocks import Block, Equations, Heading, Table, Text
from derive.document.inline import literal, reference
from derive.document.page import Page
from derive.document.paths import paths
from derive.document.reading import folded
from derive.document.remarks import remarks
from derive.document.sentences import sentences
from derive.document.teller import Teller, listed
from derive.system import Boundary, Equation, Kind, Role, System, Variable

Function = nodes.Elementwise | nodes.Composite


def explain(source: System | Derivation, language: str = "english") -> Page:
    """The derivation as a page.

    Args:
        source: a derivation, or a system, which is derived first.
        language: of the page: the name of a table of sentences.

    Example:
        >>> import derive
        >>> page = derive.explain(derive.cell("rnn"))
        >>> page.save(getfixture("tmp_path") / "rnn.html").name
        'rnn.html'
    """
    derivation = bptt(source)
    teller = Teller(derivation, sentences(language))
    parts = (_equations, _names, _changes, _principle, backward, order, paths)
    told = (block for part in parts for block in part(teller))
    return Page([*_title(teller), folded(derivation.system, language), *remarks(review(derivation.system), language), *told])


def _title(teller: Teller) -> Iterator[Block]:
    notes = teller.system.notes
    yield Heading(teller.say("title", title=literal(notes.get("title", teller.system.name))), 1)
    if source := notes.get("reference", notes.get("source", "")):
        yield Text(literal(source))


def _equations(teller: Teller) -> Iterator[Block]:
    """The equations as they were written, and what every sign in them means."""
    system = teller.system
    yield teller.heading("the equations")
    yield Equations(system, system.equations)
    yield Text(" ".join([teller.say("time"), *_notation(teller)]))
    yield Text(" ".join([_loss(teller), *_boundaries(teller), *_distributions(teller)]))
    yield Table((teller.say("symbol"), teller.say("what it is"), teller.say("size")), tuple(_sizes(teller)), teller.say("sizes"))


def _notation(teller: Teller) -> Iterator[str]:
    used = [part for equation in teller.system.equations for part in nodes.parts(equation.right)]
    slopes = dict.fromkeys(part for part in used if isinstance(part, nodes.Declared))
    if any(isinstance(part, nodes.MatMul) for part in used):
        yield teller.say("matmul")
    if any(isinstance(part, sp.Mul) and sum(not each.is_Number for each in part.args) > 1 for part in used):
        yield teller.say("elementwise")
    if any(isinstance(part, nodes.Solve) for part in used):
        yield teller.say("inverse")
    for each in slopes:
        function, argument, slope = map(teller.math, each.args)
        yield teller.say("declared slope", function=function, argument=argument, slope=slope)
    if any(isinstance(part, nodes.Stack) for part in used):
        yield teller.say("stack")
    if any(isinstance(part, nodes.SumRows) for part in used):
        yield teller.say("sum of entries")
    for key in ("function", "columnwise"):
        own = (part for part in used if isinstance(part, Function) and _is_of_entries(part) == (key == "function"))
        names = list(dict.fromkeys(f"${RULES[type(part)].latex}$" for part in own))
        if names:
            yield teller.say(key, names=listed(names), s="" if len(names) > 1 else "s")
    if any(isinstance(part, nodes.sigmoid) for part in used):
        yield teller.say("sigmoid")
    if any(isinstance(part, nodes.hard_sigmoid) for part in used):
        yield teller.say("hard sigmoid")


def _is_of_entries(part: Expr) -> bool:
    """Whether a function is of each entry, of one value or of several."""
    return isinstance(part, nodes.Elementwise) or type(part).arity > 1


def _loss(teller: Teller) -> str:
    system = teller.system
    if system.loss:
        loss = system[system.loss]
        symbol = teller.math(loss.symbol)
        key = "loss inside" if loss.is_sequence else "loss inside named" if symbol == "L" else "loss inside once"
        return teller.say(key, loss=symbol)
    upstream = [each for each in teller.adjoint.variables.values() if each.kind is Kind.UPSTREAM]
    outputs = listed(_all_values(teller, system[each.of]) for each in upstream)
    return teller.say("loss outside", outputs=outputs, upstream=listed(teller.inline(each.symbol) for each in upstream))


def _all_values(teller: Teller, variable: Variable) -> str:
    """A variable at all times: h_1, ..., h_T."""
    first, last = (teller.math(variable.at(time)) for time in (1, nodes.T))
    return f"${first}, \\ldots, {last}$" if variable.is_sequence else f"${first}$"


def _boundaries(teller: Teller) -> Iterator[str]:
    """What the equations read outside 1..T."""
    groups: dict[str, list[str]] = {}
    for each in teller.system.states:
        low, high = teller.system.reach[each.name]
        if each.boundary is Boundary.ZERO:
            yield teller.say("boundary zero", name=teller.inline(each.symbol))
            continue
        before = "boundary given" if each.boundary is Boundary.GIVEN else "boundary parameter"
        groups.setdefault(before, []).extend(teller.inline(each.at(time)) for time in range(0, low, -1))
        groups.setdefault("boundary given after", []).extend(teller.inline(each.at(nodes.T + by)) for by in range(1, high + 1))
    for key, values in groups.items():
        if values:
            yield teller.say(key, values=listed(values))


def _distributions(teller: Teller) -> Iterator[str]:
    for each in teller.system.variables.values():
        if each.is_distribution:
            yield teller.say("distribution", name=teller.inline(each.symbol))


def _sizes(teller: Teller) -> Iterator[tuple[str, str, str]]:
    """The variables by role and size: inputs, parameters, constants, then what is computed."""
    groups: dict[tuple[str, str], list[str]] = {}
    for role in (Role.INPUT, Role.PARAMETER, Role.CONSTANT, Role.DEFINED):
        for each in teller.system.variables.values():
            if each.role is role:
                groups.setdefault((_role(teller, each), _size(teller, each)), []).append(teller.inline(each.symbol))
    for (role_name, size), names in groups.items():
        yield listed(names), role_name, size


def _role(teller: Teller, variable: Variable) -> str:
    system = teller.system
    if variable.role is Role.CONSTANT and variable.start is not None:
        return teller.say("constant known", value=f"{variable.start:g}")
    if variable.role is not Role.DEFINED:
        return teller.say(variable.role.value)
    roles = [
        *(["state"] if variable in system.states else []),
        *(["output"] if variable.name in system.outputs and variable.name != system.loss else []),
        *(["loss" if variable.is_sequence else "whole loss"] if variable.name == system.loss else []),
    ]
    return ", ".join(map(teller.say, roles or ["value"]))


def _size(teller: Teller, variable: Variable) -> str:
    rows, columns = (f"({teller.math(side)})" if isinstance(side, sp.Add) else teller.math(side) for side in variable.shape)
    return f"${rows} \\times {columns}$"


def _names(teller: Teller) -> Iterator[Block]:
    """The normal form: which intermediates were named, and why."""
    added = [each for each in teller.forward.equations if teller.forward[each.name].kind is not Kind.PRIMAL]
    if not added:
        return
    yield teller.heading("the names")
    yield Text(teller.say("why names"))
    yield Equations(teller.forward, teller.forward.equations, tuple(_why_named(teller, each) for each in teller.forward.equations))


def _why_named(teller: Teller, equation: Equation) -> str:
    variable = teller.forward[equation.name]
    if variable.kind is Kind.PRIMAL:
        return teller.say("with names", number=str(equation.number)) if equation.steps else ""
    users = (user for user, _ in teller.forward.readers[variable.name])
    user, part = next((user, part) for user in users if (part := _reader(user.right, variable.symbol)) is not None)
    if isinstance(part, Function):
        return teller.say("argument", function=RULES[type(part)].latex, equation=reference(user.number))
    return teller.say("operand", equation=reference(user.number))


def _reader(expr: Expr, value: Expr) -> Expr | None:
    """The part of an expression that has the value as an operand."""
    return next((part for part in nodes.parts(expr) if value in part.args), expr if expr == value else None)


def _changes(teller: Teller) -> Iterator[Block]:
    """The tangent system."""
    yield teller.heading("the tangent")
    changing = [name for name, each in teller.system.variables.items() if each.changes]
    reads = [read for equation in teller.system.equations for read in equation.reads if nodes.name_of(read) in changing]
    value = next((read for read in reads if isinstance(read, sp.Indexed)), reads[0] if reads else teller.system.equations[0].left)
    yield Text(teller.say("why changes", value=teller.math(value), change=teller.math(_dotted(teller, value))) + "".join(_slopes(teller)))
    reasons = tuple(teller.say("from", equation=reference(each.steps[0].equation)) for each in teller.tangent.equations)
    yield Equations(teller.tangent, teller.tangent.equations, reasons)


def _dotted(teller: Teller, value: Expr) -> Expr:
    """The tangent of a read."""
    own = next(each for each in teller.tangent.variables.values() if each.kind is Kind.TANGENT and each.of == nodes.name_of(value))
    return own.at(value.indices[0]) if isinstance(value, sp.Indexed) else own.symbol


def _slopes(teller: Teller) -> Iterator[str]:
    """The derivative of each function in use, from its row of the rule book."""
    rights = [equation.right for equation in teller.forward.equations if not isinstance(equation.right, nodes.Declared)]
    used = (type(part) for right in rights for part in nodes.parts(right) if isinstance(part, Function))
    for kind in dict.fromkeys(used):
        names = "ab"[: kind.arity if issubclass(kind, nodes.Composite) else 1]
        arguments, changes = [nodes.parameter(each) for each in names], [nodes.parameter(f"{each}_dot") for each in names]
        value = kind(*arguments)
        claim: Callable[..., Expr] = RULES[kind].claim
        if issubclass(kind, nodes.Elementwise):
            yield " " + teller.say("slope", function=teller.math(value), slope=teller.math(claim(*arguments, value)))
        else:
            yield " " + teller.say("tangent of", function=teller.math(value), change=teller.math(claim(*arguments, value, *changes)))


def _principle(teller: Teller) -> Iterator[Block]:
    """What an adjoint is, and the one rule from which all of them follow."""
    yield teller.heading("the principle")
    upstream = [each for each in teller.adjoint.variables.values() if each.kind is Kind.UPSTREAM]
    first = teller.forward[upstream[0].of if upstream else teller.forward.equations[0].name]
    shown = first if upstream else next(iter(teller.forward.states), first)
    bar = next(each for each in teller.adjoint.variables.values() if each.kind is Kind.ADJOINT and each.of == shown.name)
    names = {"value": teller.math(shown.symbol), "bar": teller.math(bar.symbol)}
    yield Text(teller.say("adjoint", **names))
    if upstream:
        yield Text(teller.say("total", **names, upstream=teller.math(upstream[0].symbol)))
    else:
        yield Text(teller.say("total inside", **names))
    yield Text(teller.say("transpose"))
