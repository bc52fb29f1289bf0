"""Whether forms are equal as rational functions of their atoms, wherever they are defined."""

from __future__ import annotations

import math

from verify.proof.normal_form import POWER, Atom, Form, Open, closed, fresh, opened, renamed_atom, variables


def is_zero(form: Form) -> bool:
    """Whether a form is zero as a rational function of its atoms, wherever it is defined. False means: not found to be.

    Denominators are cleared where their indices are free; under a sum each summand is asked to be zero.
    """
    for _ in range(20):
        found: dict[Atom, int] = {}
        for (bounds, factors), _ in form:
            own = {b.variable for b in bounds}
            for atom, exponent in factors:
                if atom.kind == POWER and exponent < 0 and own.isdisjoint(variables(atom)):
                    found[atom] = max(found.get(atom, 0), math.ceil(-exponent))
        if not found:
            break
        common = tuple((atom, n) for atom, n in found.items())
        form = closed((b, f + common, c) for b, f, c in opened(form))
    if not any(a.kind == POWER and e < 0 for (_, factors), _ in form for a, e in factors):
        return not form
    groups: dict[tuple[tuple[Form, int, int], ...], list[Open]] = {}
    for (bounds, factors), coefficient in form:
        groups.setdefault(tuple(b[1:] for b in bounds), []).append((bounds, factors, coefficient))
    return all(ranges and is_zero(_summand(terms)) for ranges, terms in groups.items())


def _summand(terms: list[Open]) -> Form:
    """What terms under the same sum sum up, their indices free."""
    free = [(fresh(), 0) for _ in terms[0][0]]
    tables = [{b.variable: name for b, name in zip(bounds, free, strict=True)} for bounds, _, _ in terms]
    return closed(((), tuple((renamed_atom(a, table), e) for a, e in f), c) for table, (_, f, c) in zip(tables, terms, strict=True))
