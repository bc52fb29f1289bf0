"""The sizes of all names of a page, from its equations and declarations, once their kinds are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import sympy as sp

from derive.algebra import nodes, shapes
from derive.algebra.nodes import Expr
from derive.algebra.shapes import Inference, Shape
from derive.calculus.names import fresh
from derive.errors import Gathered, InputError, NotationError, ShapeError
from derive.notation import write
from derive.notation.meaning.kinds import Kind
from derive.notation.meaning.lower import END
from derive.notation.meaning.surface import Juxtaposed
from derive.soundness import check_shapes
from derive.system import Equation, Role, System

Declared = Mapping[tuple[str, str], object]
"""By (declaration, name), its value."""


def sized_symbols(expr: Expr, names: Iterable[str]) -> Expr:
    """The expression with n_h, where h is a name, as the number of rows of h, and n_h_columns as that of its columns."""
    known = {nodes.parameter(f"n_{name}"): Inference.unknown(name) for name in names}
    known |= {nodes.parameter(f"n_{name}_columns"): Inference.unknown(name, "columns") for name in names}
    return nodes.replace(expr, known)


def extents(name: str, rows: Expr, columns: Expr, names: Iterable[str], place: str) -> Shape:
    """The two sizes of the shape that is declared of a name, in which a name stands for its number of rows.

    Raises:
        NotationError: they are no sizes.
    """
    known = {nodes.parameter(each): Inference.unknown(each) for each in names}
    sides = []
    for written in (rows, columns):
        side = sp.expand(nodes.replace(sized_symbols(written, names), known).replace(Juxtaposed, sp.Mul))
        strange = [str(each) for each in sorted(side.free_symbols, key=str) if not each.is_integer]
        if strange:
            raise NotationError(f"{strange[0]} is not a variable", place=place, advice="give a number, or a variable whose rows it has")
        if Inference.unknown(name) in side.free_symbols and side != Inference.unknown(name):
            raise NotationError(f"the size of {name} is said by the rows of {name} itself", place=place,
                                advice="give a number, or a variable whose rows it has")  # fmt: skip
        if side == 0:
            raise NotationError(f"{name} has no entries", place=place, advice="a size is at least 1")
        if not side.is_integer or side.is_positive is not True:
            raise NotationError(
                f"{side} is no size", place=place, advice="give an integer, a variable whose rows it has, or a multiple, 4 h"
            )
        sides.append(side)
    return sides[0], sides[1]


def declared_shape(name: str, declared: Declared) -> Shape | None:
    """The shape that a page states for a name, or None."""
    return declared.get(("shape", name))  # type: ignore[return-value]


def sized(made: System, table: Mapping[str, Kind], wide: Mapping[str, bool], declared: Declared) -> System:
    """The system with the shapes of its variables and with all sizes in its equations by their names.

    Args:
        wide: the names that have a column for each step, by a second index.

    Raises:
        ShapeError: sizes do not fit together.
    """
    known = {name: shape for name in made.variables if (shape := declared_shape(name, declared)) is not None}
    known |= {each.name: (each.clock.form.rows, shapes.ONE) for each in made.variables.values() if each.clock is not None}
    single = {name: (not table[name].rows, not table[name].columns and name not in wide) for name in made.variables}
    inference = Inference(single, [each.name for each in made.inputs if table[each.name].rows], known)
    wrong = Gathered()
    equations = []
    for each in made.equations:
        with wrong.going_on():
            equations.append(replace(each, right=_placed(_ended, each)))
    for each in equations:
        with wrong.going_on():
            _inferred(each, made, inference)
    wrong.raise_all()
    for name, rows in _tiled(made):
        own, end = inference.resolve(inference.unknown(name)), inference.resolve(rows)
        if isinstance(own, sp.Symbol) and own not in end.free_symbols:
            inference.bound[own] = end
    columns = [name for name, each in made.variables.items() if each.is_sequence]
    inputs, states = [each.name for each in made.inputs], [each.name for each in made.states]
    given = [name for name, each in made.variables.items() if each.role in (Role.INPUT, Role.PARAMETER, Role.CONSTANT)]
    own = inference.result(
        [*inputs, *(name for name in made.outputs if name in states), *states, *made.outputs, *columns, *made.variables], given
    )
    settled = tuple(replace(each, right=_placed(inference.settled, each)) for each in equations)
    variables = {name: replace(each, shape=own[name]) for name, each in made.variables.items()}
    system = replace(made, equations=settled, variables=variables)
    for each in settled:
        with wrong.going_on():
            _refuse_beyond(each, system)
    wrong.raise_all()
    check_shapes(system)
    return system


def _inferred(equation: Equation, made: System, inference: Inference) -> None:
    """Learn sizes from an equation; from one in which they do not fit nothing, so that the next ones are not blamed for it."""
    before = dict(inference.bound), set(inference.rigid)
    try:
        inference.equation(equation.left, equation.right)
    except ShapeError as error:
        explained = _explained(error, equation, made, inference)
        inference.bound, inference.rigid = before
        raise explained from None


def _placed(change: Callable[[Expr], Expr], equation: Equation) -> Expr:
    """What a change makes of a right side; an error says in which equation."""
    try:
        return change(equation.right)
    except InputError as error:
        raise type(error)(error.fact, place=f"{equation.where} for {equation.name}", advice=error.advice) from None


def _refuse_beyond(equation: Equation, system: System) -> None:
    """Refuse slices of rows that a value may not have: emitted code would take fewer, and none from behind its end."""
    for part in (each for each in nodes.parts(equation.right) if isinstance(each, nodes.Slice)):
        whole, start, stop = part.args
        rows = system.shape(whole)[0]
        if start.is_nonnegative is not True:
            place = f"line {equation.line}, equation ({equation.number}) for {equation.name}, in {write.text(part, system)}"
            raise ShapeError(f"a slice from row {start} is asked for", place=place,
                             advice="rows are counted from 0, and a size less another one may be negative")  # fmt: skip
        beyond = next((row for row in (stop, start) if not sp.expand(rows - row).is_nonnegative), None)
        if beyond is not None:
            name = _own_name(whole) or "what is sliced"
            place = f"{equation.where} for {equation.name}, in {write.text(part, system)}"
            raise ShapeError(f"row {beyond} of {name} is asked for, and {name} is known to have {rows}", place=place,
                             advice=_way_out(whole, beyond, system))  # fmt: skip


def _own_name(whole: Expr) -> str:
    """The name of what is sliced, "" if it has none."""
    return nodes.name_of(whole) if isinstance(whole, (sp.Indexed, sp.Symbol)) else ""


def _way_out(whole: Expr, beyond: Expr, system: System) -> str:
    """What to write so that all rows are there up to one that is asked for."""
    if isinstance(whole, nodes.Transpose) and isinstance(whole.args[0], nodes.Slice):
        matrix, _, rows = whole.args[0].args
        return f"declare how many rows and columns the matrix has, such as shape {_own_name(matrix) or 'M'} = ({rows}, {beyond})"
    rows, columns = system.shape(whole)
    if rows.is_Integer and beyond.is_Integer:
        return f"end the slice at {rows} or before"
    if not (name := _own_name(whole)):
        return f"give it a name, v_t = ..., and say how many rows that has: shape v = ({write.text(beyond, system)}, {columns})"
    every = {part for each in system.equations for part in nodes.parts(each.right) if isinstance(part, nodes.Slice)}
    pieces = [part.args[1:] for part in every if _own_name(part.args[0]) == name]
    ends = [row for piece in pieces for row in piece if row != rows]
    last = next((row for row in ends if all(sp.expand(row - each).is_nonnegative for each in ends)), beyond)
    at_least = last + 1 if (last, rows) in pieces else last
    advice = f"declare as many rows or more: shape {name} = ({write.text(at_least, system)}, {columns})"
    if system[name].role not in (Role.INPUT, Role.PARAMETER) or columns != 1:
        return advice
    t = "_t" if system[name].is_sequence else ""
    first, rest = (fresh(f"{name}_{letter}", system.variables) for letter in "ab")
    size = f"({write.text(last, system)}, {columns})"
    return f"{advice}; or leave the number of its other rows free: {name}{t} = [{first}{t}; {rest}{t}] and shape {first} = {size}"


def _ended(right: Expr) -> Expr:
    """The expression with the end of open slices, v_t[2:], as the rows of what is sliced; products in sizes multiplied out."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, nodes.Slice):
            return None
        whole, start, stop = part.args
        if stop == END:
            if not (name := _own_name(whole)):
                raise NotationError("the end of a slice is missing", advice="write it, or give what is sliced a name")
            stop = Inference.unknown(name)
        sides = [sp.expand(side.replace(Juxtaposed, sp.Mul)) for side in (start, stop)]
        if strange := next((side for side in sides if not side.is_integer), None):
            told = strange.xreplace({symbol: nodes.size(symbol.name.removeprefix("rows of ")) for symbol in strange.free_symbols})
            raise NotationError(
                f"{told} is no row at which a slice begins or ends", advice="give integers, sizes such as n_h, or multiples"
            )
        return nodes.Slice(_ended(whole), *sides)

    return nodes.rewrite(right, change)


def _tiled(made: System) -> Iterator[tuple[str, Expr]]:
    """The names of which slices take all rows one after the other, from 0 to the end that is given."""
    slices: dict[str, dict[Expr, Expr]] = {}
    for equation in made.equations:
        for part in nodes.parts(_ended(equation.right)):
            if isinstance(part, nodes.Slice) and (name := _own_name(part.args[0])):
                slices.setdefault(name, {})[part.args[1]] = part.args[2]
    for name, pieces in slices.items():
        end: Expr = sp.Integer(0)
        seen = 0
        while end in pieces:
            end, seen = pieces[end], seen + 1
        if seen == len(pieces) > 1 and Inference.unknown(name) not in end.free_symbols:
            yield name, end


def _explained(error: ShapeError, equation: Equation, made: System, inference: Inference) -> InputError:
    """The error with its equation and term, and the likeliest way out."""
    term: Expr = error.term  # type: ignore[attr-defined]
    written = write.text(inference.named(term), made)
    advice = "declare a shape, such as shape W = (h, x), or see which factor is meant"
    if isinstance(term, nodes.MatMul) and all(_is_value(each) for each in term.args):
        advice = f"an elementwise product is written {write.text(sp.Mul(*term.args, evaluate=False), made)}"
    return ShapeError(error.fact, place=f"{equation.where} for {equation.name}, in {written}", advice=advice)


def _is_value(factor: Expr) -> bool:
    """Whether a factor is computed from sequences and is not transposed: a column and no matrix."""
    return not isinstance(factor, nodes.Transpose) and any(isinstance(part, sp.Indexed) for part in nodes.parts(factor))
