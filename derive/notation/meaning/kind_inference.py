"""The kinds of all names of a page, each with its evidence: declarations and prose, conventions by letter, and what the equations force.

Takes the variables and equations of a page and what is declared of them, gives `Kinds` that know every name. What is known spreads through the
equations until nothing changes; only then defaults count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from heapq import heapify, heappop, heappush

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.evidence import NUMBERS_ALONE, Ground
from derive.notation.meaning.kinds import COLUMN, MATRIX, NAMES, NUMBER, ROW, Kind, Kinds, is_greek
from derive.notation.meaning.kinds_by_use import BY_USE, kind_of
from derive.notation.meaning.sizing import Declared, declared_shape
from derive.notation.meaning.surface import Diagonal, Juxtaposed, Starred
from derive.system import Role, Variable


def kinds(
    variables: Mapping[str, Variable],
    equations: list[tuple[int, Expr, Expr]],
    declared: Declared,
    bold: Collection[str] = (),
    has_matrix_sign: bool = False,
    are_numbers: bool = False,
) -> Kinds:
    """The kinds of all names, found by going through the equations until nothing changes.

    A small parameter that multiplies a value is a number. One that turns out to multiply numbers only, u in u s_t with s_t = v^T h_t, is a column.

    Args:
        variables: by name.
        equations: each with its line, its left and its right side.
        declared: what the page declares or says in words.
        bold: the names in small bold letters, which are vectors.
        has_matrix_sign: whether the page writes matrix products as A @ B.
        are_numbers: whether nothing on the page is a vector or a matrix.
    """
    if are_numbers:
        alone = Kinds()
        for name in variables:
            alone.decide(name, NUMBER, Ground.CONVENTION, NUMBERS_ALONE)
        return alone
    vectors = {*bold, *_transposed(right for _, _, right in equations)}
    multiplying = {name: each for name, each in _multiplying(right for _, _, right in equations).items() if name not in vectors}
    found = _kinds(variables, equations, declared, multiplying, has_matrix_sign)
    factors = _factors(right for _, _, right in equations)
    of_numbers = {name for name, is_number in multiplying.items() if not is_number and _scales(factors.get(name, ()), found)}
    if not of_numbers:
        return found
    fewer = {name: each for name, each in multiplying.items() if name not in of_numbers}
    return _kinds(variables, equations, declared, fewer, has_matrix_sign)


def _transposed(rights: Iterable[Expr]) -> set[str]:
    """The values without index that are transposed somewhere, which nobody does with a number."""
    found = (part.args[0] for right in rights for part in nodes.parts(right) if isinstance(part, nodes.Transpose))
    return {str(each) for each in found if isinstance(each, sp.Symbol)}


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
        (isinstance(each, sp.Indexed) and len(each.indices) == 2) or kind_of(each, found) == NUMBER for each in factors
    )


def _kinds(
    variables: Mapping[str, Variable],
    equations: list[tuple[int, Expr, Expr]],
    declared: Declared,
    multiplying: Mapping[str, bool],
    has_matrix_sign: bool,
) -> Kinds:
    """The kinds of all names, where it is settled which small parameters are numbers that multiply."""
    found = Kinds(
        is_rows=_is_in_rows(variables, equations, declared),
        has_matrix_sign=has_matrix_sign,
        has_matrix_stars=any(_is_of_matrices(part, declared) for _, _, right in equations for part in nodes.parts(right)),
    )
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
    for looked_for, is_number, why in BY_USE:
        if names := looked_for(found, variables, equations):
            for name in names:
                found.decide(name, NUMBER if is_number else found.vector, Ground.FORCED, why)
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
        own, other = (_is_matrix_parameter(each, variables, declared) for each in (left, right))
        behind += other and _is_value_vector(left)
        before += own and _is_value_vector(right)
    return behind > 0 and not before


def _is_of_matrices(part: Expr, declared: Declared) -> bool:
    """Whether a part is a product A * B of which the sizes are said, and by them it can be a matrix product and none of entries."""
    shapes = [declared_shape(nodes.name_of(each), declared) for each in part.args if isinstance(each, sp.Symbol | sp.Indexed)]
    if not isinstance(part, Starred) or len(shapes) != 2 or shapes[0] is None or shapes[1] is None:
        return False
    return shapes[0] != shapes[1] and shapes[0][1] == shapes[1][0]


def _is_matrix_parameter(factor: Expr, variables: Mapping[str, Variable], declared: Declared) -> bool:
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
    if declared.get(("constant", name)) is not None:
        return NUMBER
    shape = declared_shape(name, declared)
    return None if shape is None else Kind(*(side != 1 for side in shape))


def _multiplying(rights: Iterable[Expr]) -> dict[str, bool]:
    """The small parameters that multiply from the left, and whether they are numbers whatever they multiply: k in (1 - k) h_t, Greek letters.

    Before a star a Greek letter is one only where the page has stars in products of matrices too.
    """
    found: dict[str, bool] = {}
    rights = list(rights)
    stars = [part.args[0] for right in rights for part in nodes.parts(right) if isinstance(part, Starred)]
    is_of_matrices = any(isinstance(each, sp.Symbol) and str(each)[0].isupper() for each in stars)
    for right in rights:
        for part in nodes.parts(right):
            if isinstance(part, Starred):
                left = [str(leaf) for leaf in nodes.leaves(part.args[0]) if isinstance(leaf, sp.Symbol)]
                found |= {name: True for name in left if _is_rate(name) or (is_of_matrices and is_greek(name))}
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
    return NUMBER if others != 0 and not others.is_Number and kind_of(others, bold) == NUMBER else found.vector


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
            kind = None if _stated(name, declared) else kind_of(right, found)
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
