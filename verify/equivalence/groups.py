"""A form as a sum over monomials in what is no parameter, each with its coefficient: what parameters and numbers it is multiplied by.

    sum_k W[i,k] x[t][k] + b[i] + c[i]      has the monomials x[t][k], with the coefficient W[i,k], and 1, with the coefficient b[i] + c[i]

Two sums over the same monomials are equal if their coefficients are, whatever parameters these are made of.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from verify.proof.normal_form import FUNCTION, POWER, Atom, Bound, Factors, Form, closed, renamed_atom, summed, times, variables


class Group(NamedTuple):
    """One monomial.

    Attributes:
        bounds: the indices that it is summed over.
        factors: what is no parameter.
        coefficient: a form in parameters, over the indices of the factors and free ones.
    """

    bounds: tuple[Bound, ...]
    factors: Factors
    coefficient: Form


@lru_cache(maxsize=20_000)
def groups(form: Form, parameters: frozenset[str]) -> tuple[Group, ...]:
    """The monomials of a form."""
    found: dict[tuple[tuple[Bound, ...], Factors], list[tuple[tuple[Bound, ...], Factors, object]]] = {}
    for (bounds, factors), coefficient in form:
        weights = tuple(each for each in factors if is_weight(each[0], parameters))
        others = [each for each in factors if not is_weight(each[0], parameters)]
        outer = [each for each in bounds if any(each.variable in variables(atom) for atom, _ in others)]
        inner = tuple(each for each in bounds if each not in outer)
        table = _labels(outer, others)
        named = tuple(sorted((each._replace(variable=table[each.variable][0]) for each in outer), key=lambda each: each.variable))
        monomial = named, tuple(sorted((renamed_atom(atom, table), e) for atom, e in others))
        own = tuple((renamed_atom(atom, table), e) for atom, e in weights)
        found.setdefault(monomial, []).append((inner, own, coefficient))
    return tuple(Group(*monomial, closed(terms)) for monomial, terms in found.items())  # type: ignore[arg-type]


def whole(group: Group) -> Form:
    """The monomial with its coefficient, as a form."""
    return summed(times(group.coefficient, closed([((), group.factors, 1)])), group.bounds)


def cost(form: Form) -> int:
    """How much a form is: its factors, functions counted twice."""
    return sum(max(1, sum(2 if atom.inside else 1 for atom, _ in factors)) for (_, factors), _ in form)


def is_weight(atom: Atom, parameters: frozenset[str]) -> bool:
    """Whether an atom is an entry of a parameter."""
    return not atom.inside and atom.name in parameters


def _labels(bounds: Iterable[Bound], factors: Iterable[tuple[Atom, object]]) -> dict[str, tuple[str, int]]:
    """Names for bound indices by the order in which the factors, sorted without regard to these names, first have them."""
    own = {each.variable for each in bounds}
    mask = dict.fromkeys(own, ("#?", 0))
    ordered = sorted(factors, key=lambda each: (renamed_atom(each[0], mask), each[1]))
    depth = max((_depth(atom) for atom, _ in ordered), default=0)
    seen: dict[str, None] = {}
    for atom, _ in ordered:
        for variable in _in_order(atom):
            if variable in own:
                seen.setdefault(variable)
    return {variable: (f"@{depth}.{place}", 0) for place, variable in enumerate(seen)}


def _in_order(atom: Atom) -> list[str]:
    """The index variables of an atom as they stand."""
    inside = [variable for (_, factors), _ in atom.inside for each, _ in factors for variable in _in_order(each)]
    return [atom.time[0], atom.row[1], atom.column[1], *inside]


@lru_cache(maxsize=20_000)
def _depth(atom: Atom) -> int:
    return 1 + max((_depth(each) for (_, factors), _ in atom.inside for each, _ in factors), default=0) if atom.inside else 0


@lru_cache(maxsize=20_000)
def signature(atom: Atom, parameters: frozenset[str]) -> tuple[object, ...]:
    """What stays of an atom when names and indices are forgotten."""
    if atom.kind not in (FUNCTION, POWER):
        return atom.kind, atom.time[1]
    inside = sorted((look(each, parameters) for each in groups(atom.inside, parameters)), key=str)
    return atom.kind, atom.name, tuple(inside)


def look(group: Group, parameters: frozenset[str]) -> tuple[object, ...]:
    """What stays of a monomial when names and indices are forgotten."""
    factors = sorted(((signature(atom, parameters), exponent) for atom, exponent in group.factors), key=str)
    return len(group.bounds), tuple(factors)
