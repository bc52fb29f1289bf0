"""Kinds by use, which are decided when all else is: names that are columns or matrices by convention alone and are never used as such.

Takes what is known, the variables and the equations of a page; each function of `BY_USE` gives the names that it finds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import ShapeError
from derive.evidence import Ground
from derive.notation.meaning.kinds import COLUMN, MATRIX, NUMBER, Kind, Kinds, is_greek
from derive.notation.meaning.losses import NAMES as LOSSES
from derive.notation.meaning.surface import Juxtaposed, Square, Starred
from derive.system import Role, Variable

Equations = list[tuple[int, Expr, Expr]]
"""The line of each equation, its left side and its right side."""


def kind_of(expr: Expr, found: Kinds) -> Kind | None:
    """The kind of an expression, None where it has none or is not known yet."""
    try:
        return found.read(expr)[1]
    except ShapeError:
        return None


def _by_convention(role: Role, kind: Kind, found: Kinds, variables: Mapping[str, Variable]) -> set[str]:
    """The names of a role that have a kind by convention alone."""
    of_role = {name for name, each in variables.items() if each.role is role and found.table[name] == kind}
    return {name for name in of_role if found.evidence[name].ground is Ground.CONVENTION}


def _entry_by_entry(found: Kinds, variables: Mapping[str, Variable], equations: Equations) -> list[str]:
    """The capital parameters that stand only in products of entries with columns: D in D ⊙ x_t."""
    free = _by_convention(Role.PARAMETER, MATRIX, found, variables)
    if not free:
        return []
    every = Counter(str(part) for _, _, right in equations for part in nodes.parts(right) if isinstance(part, sp.Symbol))
    beside: Counter[str] = Counter()
    for product in (part for _, _, right in equations for part in nodes.parts(right) if isinstance(part, sp.Mul)):
        own = [name for each in product.args if (name := _of_entries(each, found)) in free]
        others = [kind_of(each, found) for each in product.args if _of_entries(each, found) not in free and not each.is_Number]
        if others and all(each in (found.vector, NUMBER) for each in others) and found.vector in others:
            beside.update(own)
    return [name for name in variables if name in free and beside[name] == every[name] > 0]


def _of_entries(factor: Expr, found: Kinds) -> str:
    """The name of a parameter, of each entry of which a factor is a function: L in c * softplus(L); "" of another factor."""
    parts = list(nodes.parts(factor))
    leaves = {str(part) for part in parts if isinstance(part, sp.Symbol) and found.table.get(str(part)) != NUMBER}
    is_simple = all(
        isinstance(part, sp.Symbol | sp.Number | sp.Add | sp.Mul | sp.Pow | Square | Starred | nodes.Elementwise) for part in parts
    )
    return leaves.pop() if is_simple and len(leaves) == 1 else ""


def _among_numbers(found: Kinds, variables: Mapping[str, Variable], equations: Equations) -> list[str]:
    """The inputs that are columns by convention alone and stand only in sums with values that are numbers: d in w^T h_t - d_t."""
    free = _by_convention(Role.INPUT, found.vector, found, variables)
    if not free:
        return []
    every = Counter(_read_name(part) for _, _, right in equations for part in nodes.parts(right))
    among: Counter[str] = Counter()
    for total in (part for _, _, right in equations for part in nodes.parts(right) if isinstance(part, sp.Add)):
        bare = [term.args[1] if isinstance(term, sp.Mul) and len(term.args) == 2 and term.args[0] == -1 else term for term in total.args]
        own = [name for each in bare if (name := _read_name(each)) in free]
        others = [each for each in bare if _read_name(each) not in free and not each.is_Number]
        if others and all(kind_of(each, found) == NUMBER for each in others):
            among.update(own)
    return [name for name in variables if name in free and among[name] == every[name] > 0]


def _below_numbers(found: Kinds, variables: Mapping[str, Variable], equations: Equations) -> list[str]:
    """The parameters that are columns by convention alone and stand only below numbers: s in exp(-|x_t - c|^2 / s^2)."""
    free = _by_convention(Role.PARAMETER, found.vector, found, variables)
    if not free:
        return []
    every = Counter(str(part) for _, _, right in equations for part in nodes.parts(right) if isinstance(part, sp.Symbol))
    below: Counter[str] = Counter()
    for product in (part for _, _, right in equations for part in nodes.parts(right) if isinstance(part, sp.Mul)):
        divisors = [each for each in product.args if isinstance(each, sp.Pow) and each.exp.is_negative]
        others = [each for each in product.args if each not in divisors and not each.is_Number]
        if others and all(kind_of(each, found) == NUMBER for each in others):
            below.update(name for each in divisors if (name := _of_entries(each, found)) in free)
    return [name for name in variables if name in free and below[name] == every[name] > 0]


def _weighs_losses(found: Kinds, variables: Mapping[str, Variable], equations: Equations) -> list[str]:
    """The values that are columns by convention alone and stand only in losses, as factors of numbers: beta in L = sum_t m_t e_t^2 + beta * c."""
    free = {name for role in (Role.PARAMETER, Role.INPUT) for name in _by_convention(role, found.vector, found, variables)}
    if not free:
        return []
    every = Counter(_leaf(part) for _, _, right in equations for part in nodes.parts(right))
    weighs: Counter[str] = Counter()
    for right in (right for _, left, right in equations if nodes.name_of(left).split("_")[0] in LOSSES):
        for product in (part for part in nodes.parts(right) if isinstance(part, sp.Mul | Starred | Juxtaposed)):
            others = [each for each in product.args if _leaf(each) not in free and not each.is_Number]
            if others and all(kind_of(each, found) == NUMBER for each in others):
                weighs.update(_leaf(each) for each in product.args if _leaf(each) in free)
    return [name for name in variables if name in free and weighs[name] == every[name] > 0]


def _leaf(part: Expr) -> str:
    """The name of a parameter or of the sequence that a part reads, "" if it is something else."""
    return nodes.name_of(part) if isinstance(part, sp.Symbol | sp.Indexed) else ""


def _compared_with_numbers(found: Kinds, variables: Mapping[str, Variable], equations: Equations) -> list[str]:
    """The inputs that are columns by convention alone, which losses alone read, beside numbers alone: y in y_t log p_t + (1 - y_t) log(1 - p_t)."""
    free = _by_convention(Role.INPUT, found.vector, found, variables)
    for _, left, right in equations if free else ():
        read = {nodes.name_of(leaf) for leaf in nodes.leaves(right)}
        others = read - free
        is_loss = nodes.name_of(left).split("_")[0] in LOSSES and any(name in variables and variables[name].is_sequence for name in others)
        if read & free and (not is_loss or any(found.table[name] != NUMBER for name in others if name in found.table)):
            free -= read
    return [name for name in variables if name in free]


def _read_name(part: Expr) -> str:
    """The name of the sequence that a part reads, "" if it is something else."""
    return nodes.name_of(part) if isinstance(part, sp.Indexed) else ""


def _behind_columns(found: Kinds, variables: Mapping[str, Variable], equations: Equations) -> list[str]:
    """The inputs that are columns by convention alone, before which a capital letter stands that is one column: u in B u_t with B of N × 1.

    What stands behind a matrix too is a column, and the other factor the diagonal of one.
    """
    products = (part.args for _, _, right in equations for part in nodes.parts(right) if isinstance(part, Juxtaposed))
    pairs = [(left, nodes.name_of(right)) for left, right in products if isinstance(right, sp.Indexed)]
    behind_matrices = {name for left, name in pairs if kind_of(left, found) == MATRIX}
    return [
        name
        for left, name in pairs
        if name not in behind_matrices
        and isinstance(left, sp.Symbol | sp.Indexed)
        and (own := nodes.name_of(left))[0].isupper()
        and not is_greek(own)
        and found.table.get(own) == found.table[name] == COLUMN
        and variables[name].role is Role.INPUT
        and found.evidence[name].ground is Ground.CONVENTION
    ]


BY_USE: tuple[tuple[Callable[[Kinds, Mapping[str, Variable], Equations], list[str]], bool, str], ...] = (
    (_behind_columns, True, "one column stands before it"),
    (_among_numbers, True, "it is added to numbers alone"),
    (_below_numbers, True, "it stands below numbers alone"),
    (_weighs_losses, True, "it multiplies numbers of a loss alone"),
    (_compared_with_numbers, True, "a loss compares it with numbers alone"),
    (_entry_by_entry, False, "it multiplies columns entry by entry alone"),
)
"""What finds names, whether they are numbers (or columns), and the reason that is told."""
