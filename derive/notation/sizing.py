"""The kinds and the sizes of all names of a page, from its equations and declarations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from heapq import heapify, heappop, heappush

import sympy as sp

from derive.algebra import nodes, shapes
from derive.algebra.nodes import Expr
from derive.algebra.shapes import Inference, Shape
from derive.calculus.names import fresh
from derive.errors import InputError, NotationError, ShapeError
from derive.evidence import Ground
from derive.notation import write
from derive.notation.kinds import COLUMN, MATRIX, NAMES, NUMBER, ROW, Kind, Kinds, is_greek
from derive.notation.lower import END
from derive.notation.surface import Diagonal, Juxtaposed, Starred
from derive.system import Equation, Role, System, Variable

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


def kinds(variables: Mapping[str, Variable], equations: list[tuple[int, Expr, Expr]], declared: Declared) -> Kinds:
    """The kinds of all names, found by going through the equations until nothing changes.

    A small parameter that turns out to multiply numbers only, u in u s_t with s_t = v^T h_t, is no matrix.
    """
    multiplying = _multiplying(right for _, _, right in equations)
    found = _kinds(variables, equations, declared, multiplying)
    factors = _factors(right for _, _, right in equations)
    of_numbers = {name for name, is_number in multiplying.items() if not is_number and _scales(factors.get(name, ()), found)}
    if not of_numbers:
        return found
    return _kinds(variables, equations, declared, {name: each for name, each in multiplying.items() if name not in of_numbers})


def _factors(rights: Iterable[Expr]) -> dict[str, list[Expr]]:
    """By name, what a value without index multiplies from the left."""
    found: dict[str, list[Expr]] = {}
    for part in (part for right in rights for part in nodes.parts(right) if isinstance(part, Juxtaposed)):
        if isinstance(part.args[0], sp.Symbol):
            found.setdefault(str(part.args[0]), []).append(part.args[1])
    return found


def _scales(factors: Collection[Expr], found: Kinds) -> bool:
    """Whether all that a parameter multiplies from the left are numbers; a value with a second index is one for each k."""
    return bool(factors) and all(
        (isinstance(each, sp.Indexed) and len(each.indices) == 2) or _kind(each, found) == NUMBER for each in factors
    )


def _kind(expr: Expr, found: Kinds) -> Kind | None:
    try:
        return found.read(expr)[1]
    except ShapeError:
        return None


def _kinds(
    variables: Mapping[str, Variable], equations: list[tuple[int, Expr, Expr]], declared: Declared, multiplying: Mapping[str, bool]
) -> Kinds:
    """The kinds of all names, where it is settled which small parameters multiply."""
    found = Kinds(is_rows=_is_in_rows(variables, equations, declared))
    open_parameters: list[str] = []
    for name, each in variables.items():
        if (stated := _stated(name, declared)) is not None:
            found.decide(name, stated, Ground.DECLARED, "")
        elif (own := _by_role(each, multiplying, found)) is not None:
            found.decide(name, *own)
        elif each.role is Role.PARAMETER:
            open_parameters.append(name)
    for name in _factors_that_are_numbers(variables, equations, multiplying):
        if name not in found.table or found.evidence[name].ground is Ground.CONVENTION:
            found.decide(name, NUMBER, Ground.CONVENTION, "a small letter beside a factor, or what it is made of")
    open_parameters = [name for name in open_parameters if name not in found.table]
    _spread(found, equations, declared)
    sums = _first_sums(right for _, _, right in equations) if open_parameters else {}
    for name in open_parameters:
        kind = _beside(nodes.parameter(name), sums.get(name), found)
        is_bias = name in sums
        found.decide(
            name, kind, Ground.FORCED if is_bias else Ground.CONVENTION, "it is added to such values" if is_bias else "a small letter"
        )
    for found.guess in (0, 1, 2):
        if found.guess == 1:
            _decide_capitals(found, variables, equations)
        _spread(found, equations, declared)
    for name in variables:
        if name not in found.table:
            found.decide(name, found.vector, Ground.DEFAULT, "nothing says more")
    _spread(found, equations, declared)
    return found


def _factors_that_are_numbers(
    variables: Mapping[str, Variable], equations: list[tuple[int, Expr, Expr]], multiplying: Mapping[str, bool]
) -> list[str]:
    """The small names without index that have an equation and multiply from the left, and the small parameters that these are made of."""
    rights = {nodes.name_of(left): right for _, left, right in equations}
    pending = [name for name in multiplying if name in rights and not variables[name].is_sequence and name[0].islower()]
    found: dict[str, None] = {}
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found[name] = None
        leaves = nodes.leaves(rights[name]) if name in rights else []
        pending += [str(leaf) for leaf in leaves if isinstance(leaf, sp.Symbol) and str(leaf)[0].islower() and str(leaf) in variables]
    return list(found)


def _decide_capitals(found: Kinds, variables: Mapping[str, Variable], equations: list[tuple[int, Expr, Expr]]) -> None:
    """The values with a capital letter of which equations say no kind, and which multiply others from the left, as matrices."""
    products = (part for _, _, right in equations for part in nodes.parts(right) if isinstance(part, Juxtaposed))
    lefts = {nodes.name_of(part.args[0]) for part in products if isinstance(part.args[0], sp.Indexed)}
    for name, each in variables.items():
        if name not in found.table and each.role is Role.DEFINED and name in lefts and name[0].isupper():
            found.decide(name, MATRIX, Ground.CONVENTION, "a capital letter that multiplies")


def _is_in_rows(variables: Mapping[str, Variable], equations: list[tuple[int, Expr, Expr]], declared: Declared) -> bool:
    """Whether vectors of a page are rows: where weights stand behind values, as in x W, and nowhere before them, or where it says so."""
    stated = [kind for name in variables if (kind := _stated(name, declared)) is not None]
    if any(kind == ROW for kind in stated):
        return not any(kind == COLUMN for kind in stated)
    behind = before = 0
    for part in (part for _, _, right in equations for part in nodes.parts(right) if isinstance(part, (Juxtaposed, nodes.MatMul, Starred))):
        left, right = part.args
        own, other = (_is_weight(each, variables, declared) for each in (left, right))
        behind += other and _is_value_vector(left)
        before += own and _is_value_vector(right)
    return behind > 0 and not before


def _is_weight(factor: Expr, variables: Mapping[str, Variable], declared: Declared) -> bool:
    """Whether a factor is a matrix of parameters by its letter, transposed or not."""
    if isinstance(factor, nodes.Transpose):
        factor = factor.args[0]
    name = nodes.name_of(factor) if isinstance(factor, sp.Symbol) and not factor.is_integer else ""
    return (
        name in variables
        and variables[name].role is Role.PARAMETER
        and name[0].isupper()
        and not is_greek(name)
        and (_stated(name, declared) in (None, MATRIX))
    )


def _is_value_vector(factor: Expr) -> bool:
    """Whether a factor is a value at a time, or is made of such, and not transposed."""
    return not isinstance(factor, nodes.Transpose) and any(isinstance(each, sp.Indexed) for each in nodes.parts(factor))


def _stated(name: str, declared: Declared) -> Kind | None:
    """The kind that a page states."""
    if ("kind", name) in declared:
        return NAMES[str(declared["kind", name])]
    shape = declared_shape(name, declared)
    return None if shape is None else Kind(*(side != 1 for side in shape))


def _multiplying(rights: Iterable[Expr]) -> dict[str, bool]:
    """The small parameters that multiply from the left, and whether as a number: k in (1 - k) h_t, and small Greek letters."""
    found: dict[str, bool] = {}
    for right in rights:
        for part in nodes.parts(right):
            if isinstance(part, Starred):
                found |= {str(leaf): True for leaf in nodes.leaves(part.args[0]) if isinstance(leaf, sp.Symbol) and _is_rate(str(leaf))}
            if not isinstance(part, Juxtaposed) or isinstance(part.args[0], nodes.Transpose):
                continue
            left = part.args[0]
            if isinstance(left, Diagonal):
                continue
            has_number = isinstance(left, sp.Add) and any(each.is_Number for each in left.args)
            for leaf in nodes.leaves(left):
                if isinstance(leaf, sp.Symbol):
                    found[str(leaf)] = has_number or is_greek(str(leaf))
    return found


def _is_rate(name: str) -> bool:
    """Whether a name is one that a rate or a step size has, so that it is a number before a star too."""
    return name in ("dt", "tau", "λ", "eta", "τ", "η")


def _by_role(variable: Variable, multiplying: Mapping[str, bool], found: Kinds) -> tuple[Kind, Ground, str] | None:
    """The kind that a variable has by convention, with what that is; None if the equations are to say it."""
    name = variable.name
    if variable.clock is not None:
        return (COLUMN if variable.clock.form.rows != 1 else NUMBER), Ground.FORCED, "a clock"
    if variable.role is Role.DEFINED:
        return None
    if variable.is_sequence:
        return found.vector, Ground.CONVENTION, "an input"
    if name[0].isupper() and not is_greek(name):
        return MATRIX, Ground.CONVENTION, "a capital letter"
    if variable.role is Role.CONSTANT:
        return NUMBER, Ground.CONVENTION, "a constant"
    if name not in multiplying:
        return None
    return NUMBER, Ground.CONVENTION, "a small letter beside a factor"


def _first_sums(rights: Iterable[Expr]) -> dict[str, Expr]:
    """By name, the first sum of which a value without index is a term, or is taken from the others."""
    found: dict[str, Expr] = {}
    for part in (part for right in rights for part in nodes.parts(right) if isinstance(part, sp.Add)):
        for term in part.args:
            bare = term.args[1] if isinstance(term, sp.Mul) and len(term.args) == 2 and term.args[0] == -1 else term
            if isinstance(bare, sp.Symbol):
                found.setdefault(str(bare), part)
    return found


def _beside(parameter: Expr, total: Expr | None, found: Kinds) -> Kind:
    """The kind of a small parameter: a number if all that it is added to are numbers, else a column."""
    if total is None:
        return found.vector
    others = nodes.add(
        *(each for each in total.args if each != parameter and not (isinstance(each, sp.Mul) and each.args == (-1, parameter)))
    )
    bold = replace(found, guess=2)
    return NUMBER if others != 0 and not others.is_Number and _kind(others, bold) == NUMBER else found.vector


def _spread(found: Kinds, equations: list[tuple[int, Expr, Expr]], declared: Declared) -> None:
    """Go through the equations, those again of which something read has changed, until no kind does; what has two readings is refused later."""
    readers: dict[str, list[int]] = {}
    for at, (_, left, right) in enumerate(equations):
        for name in {nodes.name_of(left), *map(nodes.name_of, nodes.leaves(right))}:
            readers.setdefault(name, []).append(at)
    waiting = [*range(len(equations))]
    for _ in range(2 * len(equations) + 2):
        again: set[int] = set()
        queued = set(waiting)
        heapify(waiting)
        while waiting:
            at = heappop(waiting)
            queued.discard(at)
            _, left, right = equations[at]
            name = nodes.name_of(left)
            kind = None if _stated(name, declared) else _kind(right, found)
            if kind is None or found.table.get(name) == kind:
                continue
            found.decide(name, kind, Ground.FORCED, "what it is computed from")
            for reader in readers[name]:
                if reader <= at:
                    again.add(reader)
                elif reader not in queued:
                    queued.add(reader)
                    heappush(waiting, reader)
        waiting = [*again]
        if not waiting:
            return


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
    equations = [replace(each, right=_placed(_ended, each)) for each in made.equations]
    for equation in equations:
        try:
            inference.equation(equation.left, equation.right)
        except ShapeError as error:
            raise _explained(error, equation, made, inference) from None
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
    for equation in settled:
        _refuse_beyond(equation, system)
    return system


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
