"""What stands in brackets behind a value: a component v[k], an entry M[i, j], or blocks of rows that it multiplies, W [h; x].

    h_t[2], M[0, n_h - 1]        numbers and sizes are indices, counted from 0
    W [h_{t-1}, x_t], W [a; b]   values are stacked, and so is all that a semicolon separates
    U [r_t ⊙ h_{t-1}]            a computed value alone in brackets is one in parentheses
    h_t[i], h_t[-1], W [b]       anything else is refused

The parser makes a `Listed` of each pair of brackets. `attached` decides by what is written whether they are indices of the factor before
them, `settled` by the names of the page; what they are of is decided with the kinds.
"""

from __future__ import annotations

from collections.abc import Collection

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, Node, Slice, Stack, Transpose
from derive.errors import NotationError
from derive.notation.meaning.surface import Juxtaposed, Starred

REMEDY = (
    "a component is written v[2] and an entry M[0, 1], with numbers or sizes such as n_h - 1, counted from 0; a product W (x) or W [x; y]"
)


class Listed(Node):
    """Listed(a, b, ...): values in brackets, between commas."""


class Entry(Node):
    """Entry(v, k): component k of a column; Entry(M, i, j): entry (i, j) of a matrix; counted from 0."""


def attached(expr: Expr) -> Expr:
    """An expression in which each `Listed` is a part of the factor before it, rows that are stacked, or what it holds.

    Raises:
        NotationError: indices stand behind a number.
    """
    if isinstance(expr, Juxtaposed):
        return _chained(expr)
    if isinstance(expr, Listed):
        return _stack(expr)
    if isinstance(expr, sp.Indexed) or not expr.args:
        return expr
    return nodes.rebuild(expr, tuple(map(attached, expr.args)))


def refuse_behind_number(left: Expr, right: Expr) -> None:
    """Refuse 2 [3], a number with an index.

    Raises:
        NotationError: it is one.
    """
    first = _first(right)
    if left.is_Number and isinstance(first, Listed) and _is_index(first):
        raise NotationError("a number has no components", advice="write 2 * 3 for a product", excerpt="[")


def component(whole: Expr, *indices: Expr) -> Expr:
    """One entry as a matrix of one row and one column."""
    row = Slice(whole, indices[0], indices[0] + 1)
    return row if len(indices) == 1 else Slice(Transpose(row), indices[1], indices[1] + 1)


def settled(expr: Expr, known: Collection[str], place: str) -> Expr:
    """An expression whose entries have integers and sizes as indices.

    Args:
        known: the names of the page that stand elsewhere than in brackets behind a value.

    Raises:
        NotationError: something else stands there.
    """
    if isinstance(expr, sp.Indexed) or not expr.args:
        return expr
    if not isinstance(expr, Entry):
        return nodes.rebuild(expr, tuple(settled(part, known, place) for part in expr.args))
    whole, *indices = expr.args
    whole = settled(whole, known, place)
    leaves = [leaf for index in indices for leaf in nodes.leaves(index)]
    has_values = any(isinstance(leaf, sp.Indexed) for leaf in leaves) or (leaves and all(str(leaf) in known for leaf in leaves))
    if len(indices) > 1 and has_values:
        return Juxtaposed(whole, Stack(*(settled(each, known, place) for each in indices)))
    return Entry(whole, *(_integer(each, place) for each in indices))


def names_elsewhere(expr: Expr) -> set[str]:
    """The names that stand in an expression elsewhere than as indices."""
    found: set[str] = set()
    pending = [expr]
    while pending:
        part = pending.pop()
        if isinstance(part, sp.Indexed) or (isinstance(part, sp.Symbol) and not part.is_integer):
            found.add(nodes.name_of(part))
        elif isinstance(part, Entry):
            pending.append(part.args[0])
        else:
            pending += part.args
    return found


def _chained(product: Expr) -> Expr:
    """A row of factors, those in brackets with the one before."""
    factors: list[Expr] = []
    rest: Expr = product
    while isinstance(rest, Juxtaposed):
        factors.append(rest.args[0])
        rest = rest.args[1]
    kept: list[Expr] = []
    for each in (*factors, rest):
        first = _first(each)
        if kept and isinstance(first, Listed) and _is_index(first):
            kept[-1] = _replaced_first(each, Entry(kept[-1], *map(attached, first.args)))
        else:
            kept.append(attached(each))
    made = kept.pop()
    while kept:
        made = Juxtaposed(kept.pop(), made)
    return made


def _first(expr: Expr) -> Expr:
    """What a power, a transposition, a slice or a multiple begins with."""
    while isinstance(expr, (sp.Pow, Transpose, Slice, Juxtaposed, sp.Mul)) and expr.args:
        expr = expr.args[0]
    return expr


def _replaced_first(expr: Expr, new: Expr) -> Expr:
    if isinstance(expr, Listed):
        return new
    return nodes.rebuild(expr, (_replaced_first(expr.args[0], new), *map(attached, expr.args[1:])))


def _is_index(listed: Expr) -> bool:
    """Whether brackets hold what may be meant as indices: nothing at a time, or alone a value at a time and no more."""
    if len(listed.args) > 1:
        return not any(isinstance(part, sp.Indexed) for block in listed.args for part in nodes.parts(block))
    (inner,) = listed.args
    terms = inner.args if isinstance(inner, (sp.Add, sp.Mul, Juxtaposed, Starred)) else (inner,)
    values = [each for each in terms if any(isinstance(part, sp.Indexed) for part in nodes.parts(each))]
    return not values or (len(values) == 1 and isinstance(values[0], sp.Indexed) and all(e.is_Number for e in terms if e not in values))


def _stack(listed: Expr) -> Expr:
    blocks = tuple(map(attached, listed.args))
    return Stack(*blocks) if len(blocks) > 1 else blocks[0]


def _integer(index: Expr, place: str) -> Expr:
    """An index as an integer or a size.

    Raises:
        NotationError: it is none, or negative.
    """
    if any(part.is_Float for part in nodes.parts(index)):
        raise NotationError(f"{index} in brackets is no integer", place=place, advice=REMEDY)
    found = sp.expand(index.replace(lambda part: isinstance(part, (Juxtaposed, Starred)), lambda part: sp.Mul(*part.args)))
    strange = sorted((str(each) for each in found.free_symbols if not each.is_integer or each in (nodes.t, nodes.T)), key=str)
    reads = [nodes.name_of(part) for part in nodes.parts(index) if isinstance(part, sp.Indexed)]
    if strange or reads:
        raise NotationError(f"{[*reads, *strange][0]} in brackets is no number and no size", place=place, advice=REMEDY)
    if found.is_negative:
        raise NotationError(
            f"there is no component {found}", place=place, advice="they are counted from 0; the last one of h_t is h_t[n_h - 1]"
        )
    if not found.is_integer:
        raise NotationError(f"{found} in brackets is no integer", place=place, advice=REMEDY)
    return found
