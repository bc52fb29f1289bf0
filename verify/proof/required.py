"""What the gradients of a forward system must satisfy, from its equations alone, entry by entry.

For each variable u and each time s, with the sum over the uses of u_s in the equations of y_t, t = 1..T:

    <ubar_s, udot_s> = <dL/du_s, udot_s> + sum <ybar_t, (d y_t / d u_s) udot_s>

`required` gives the right side as a form in the entry (i, j) of u at t; its terms read adjoints at t + k.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import Variable
from verify.proof.entries import NOW, ONLY, Place, Reader, bound
from verify.proof.functions import differential
from verify.proof.normal_form import (
    ADJOINT,
    CHANGE,
    NO_TIME,
    OVER_TIME,
    Atom,
    Bound,
    Form,
    Open,
    Undecided,
    closed,
    constant,
    fresh,
    opened,
    plus,
    renamed,
    renamed_atom,
    single,
    summed,
    times,
)

Block = tuple[str, str]
"""The starts of the rows and columns of a block of a variable."""


def required(
    reader: Reader, adjoints: Mapping[str, Variable], upstream: Mapping[str, Variable], of: Collection[str]
) -> dict[tuple[str, Block], Form]:
    """By variable and block, the derivative of the loss by the entry (i, j) of the variable at t, from all its uses.

    Args:
        reader: of the forward equations.
        adjoints, upstream: by the names of what they are gradients of.
        of: the variables that are asked for; constants and clocks, whose change is zero, are none of them.
    """
    forward = reader.system
    found: dict[tuple[str, Block], list[Open]] = {}
    for name in of:
        for row, column in reader.places(forward[name].symbol):
            seeds = [constant(1)] if name == forward.loss else []
            if name in upstream:
                seeds.append(_adjoint(upstream[name], row.labelled("i"), column.labelled("j")))
            found[name, (row.key[0], column.key[0])] = list(opened(plus(*seeds)))
    for equation in forward.equations:
        if equation.name not in adjoints or all(nodes.name_of(read) not in of for read in equation.reads):
            continue
        for row, column in reader.places(equation.left):
            change = differential(reader.entry(equation.right, row, column))
            pairing = summed(times(_adjoint(adjoints[equation.name], row, column), change), bound(row, column))
            for term in opened(pairing):
                if not _is_of(term, of):
                    continue
                name, block, own = _collected(term, forward[equation.name].is_sequence)
                found[name, block].append(own)
    return {key: closed(terms) for key, terms in found.items()}


def _adjoint(variable: Variable, row: Place, column: Place) -> Form:
    """An entry of an adjoint or upstream gradient at t."""
    rows, columns = (place if side != 1 else ONLY for side, place in zip(variable.shape, (row, column), strict=True))
    return single(Atom(ADJOINT, variable.name, NOW if variable.is_sequence else NO_TIME, rows.key, columns.key))


def _is_of(term: Open, names: Collection[str]) -> bool:
    """Whether a term has the change of one of some variables."""
    return next(atom for atom, _ in term[1] if atom.kind == CHANGE).name in names


def _collected(term: Open, is_repeated: bool) -> tuple[str, Block, Open]:
    """A term c udot[t+k][a,b] of the pairing as the variable u, the block, and c with a, b named i, j and t + k named t.

    What happens to u at each t is summed over t if u has no time itself.
    """
    bounds, factors, coefficient = term
    change = next(atom for atom, _ in factors if atom.kind == CHANGE)
    rest = tuple(each for each in factors if each[0] != change)
    kept = {each.variable: each for each in bounds}
    table: dict[str, tuple[str, int]] = {}
    for (_, variable), label in ((change.row, "i"), (change.column, "j")):
        if variable:
            if kept.pop(variable, None) is None:
                raise Undecided(f"a use of the diagonal of {change.name}")
            table[variable] = label, 0
    time, offset = change.time
    if time != NOW[0] and is_repeated:
        kept[NOW[0]] = Bound(new := fresh(), OVER_TIME)
        table[NOW[0]] = new, 0
    if time in kept:
        over = kept.pop(time)
        if over.first + offset or over.last - offset:
            raise Undecided(f"a sum over a part of the times of {change.name}")
    elif time not in ("", NOW[0]):
        raise Undecided(f"a read of {change.name} at one time")
    if time:
        table[time] = NOW[0], -offset
    own = tuple(kept.values()), tuple((renamed_atom(a, table), e) for a, e in rest), coefficient
    return change.name, (change.row[0], change.column[0]), own


def at_time(form: Form, time: Expr) -> Form:
    """What is required at one time outside 1..T: the terms whose adjoint, read relative to t, is then in 1..T."""
    is_before = time.is_Integer
    shift = int(time if is_before else time - nodes.T)
    if is_before is (shift > 0):
        raise Undecided(f"an equation for the single time {time}")
    kept = [each for each in form if any(_reaches(a, shift, is_before) for a, _ in each[0][1])]
    return renamed(tuple(kept), {NOW[0]: ("0" if is_before else "T", shift)})


def _reaches(atom: Atom, shift: int, is_before: bool) -> bool:
    """Whether an atom is an adjoint at a time t + k that is in 1..T for long T, where t is `shift` or T + `shift`."""
    reached = atom.time[1] + shift
    return atom.kind == ADJOINT and atom.time[0] == NOW[0] and (reached >= 1 if is_before else reached <= 0)
