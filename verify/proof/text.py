"""Forms as text: `abar_h[t+1][k] U[k,i]`, sums over repeated bound indices written out as `sum_k`."""

from __future__ import annotations

from collections.abc import Mapping

from verify.proof import inverses
from verify.proof.normal_form import DECLARED, FUNCTION, INVERSE, NUMBER, OVER_TIME, POWER, Atom, Bound, Form, Index, Number, Term, Time
from verify.proof.tagged import part

LETTERS = "klmnpqruvw"
TIMES = ("s", "s'", "s''")


def told(form: Form) -> str:
    """A form as a person writes it; indices i and j are the row and column of the left side."""
    return _told(form, {})


def _told(form: Form, outer: Mapping[str, str]) -> str:
    text = ""
    for term, coefficient in form:
        sign = ("-" if coefficient < 0 else "") if not text else (" - " if coefficient < 0 else " + ")
        text += sign + _term(term, max(coefficient, -coefficient), outer)
    return text or "0"


def _term(term: Term, coefficient: Number, outer: Mapping[str, str]) -> str:
    bounds, factors = term
    names = dict(outer)
    for each in bounds:
        letters = TIMES if each.length == OVER_TIME else LETTERS
        names[each.variable] = next((a for a in letters if a not in names.values()), each.variable)
    sums = [_sum(each, names[each.variable]) for each in bounds]
    number = [str(coefficient)] if coefficient != 1 or not factors else []
    return " ".join([*sums, *number, *(_power(atom, exponent, names) for atom, exponent in factors)])


def _sum(each: Bound, name: str) -> str:
    if each.length != OVER_TIME or (each.first, each.last) == (0, 0):
        return f"sum_{name}"
    return f"sum_{{{name}={1 + each.first}..{_shifted('T', -each.last)}}}"


def _shifted(variable: str, offset: int) -> str:
    return f"{variable}{offset:+d}" if offset else variable


def _power(atom: Atom, exponent: Number, names: Mapping[str, str]) -> str:
    return _atom(atom, names) if exponent == 1 else f"{_atom(atom, names)}^{exponent if exponent.denominator == 1 else f'({exponent})'}"


def _atom(atom: Atom, names: Mapping[str, str]) -> str:
    if atom.kind == FUNCTION:
        return f"{atom.name}({_told(atom.inside, names)})"
    if atom.kind == POWER:
        return f"({_told(atom.inside, names)})"
    if atom.kind == DECLARED:
        return f"({_told(part(atom.inside, 'value'), names)} slope {_told(part(atom.inside, 'slope'), names)})"
    if atom.kind == INVERSE:
        return f"inv({_matrix(atom, names)})[{_index(atom.row, names)},{_index(atom.column, names)}]"
    return atom.name if atom.kind == NUMBER else entry(atom.name, atom.time, atom.row, atom.column, names)


def _matrix(atom: Atom, names: Mapping[str, str]) -> str:
    """The entries of the matrix that is inverted, its row and column as dots."""
    own = {**names, inverses.ROW: ".", inverses.COLUMN: "."}
    return "; ".join(_told(block.entry, own) for block in inverses.blocks(inverses.entries_of(atom)))


def entry(name: str, time: Time, row: Index, column: Index, names: Mapping[str, str]) -> str:
    """An entry of a variable: h[t-1][i], U[k,i], b[i]; an index that can only be 0 is left out."""
    indices = [_index(each, names) for each in (row, column)]
    while indices and indices[-1] == "0":
        indices.pop()
    return name + (f"[{_moment(time, names)}]" if time[0] else "") + (f"[{','.join(indices)}]" if indices else "")


def _moment(time: Time, names: Mapping[str, str]) -> str:
    variable, offset = time
    return str(offset) if variable == "0" else _shifted(names.get(variable, variable), offset)


def _index(index: Index, names: Mapping[str, str]) -> str:
    start, variable = index
    if not variable:
        return start
    return names.get(variable, variable) if start == "0" else f"{start}+{names.get(variable, variable)}"
