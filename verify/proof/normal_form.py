"""Sums over named indices, and their normal form.

    sum_k U[k,i] abar[t+1][k]  -  2 h[t][i]^2

is a `Form`: a tuple of (term, coefficient). A term is a product of powers of atoms (entries of matrices, function values, powers of sums)
under a sum over bound indices. Every function here gives forms in normal form: like terms collected, bound indices named canonically, the
whole sorted. The law: equal tuples are equal for all sizes and all T. Two forms that differ may still be equal as rational functions of
their atoms, see equality.py.

An index is a pair (start, variable): row start + variable of a matrix whose rows were cut into blocks, see entries.py. A time is a pair
(variable, offset): ("t", -1) is t - 1, ("0", 2) is 2, ("T", 1) is T + 1, ("", 0) stands for what has no time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import count, groupby, permutations, product
from typing import Any, NamedTuple

Time = tuple[str, int]
Index = tuple[str, str]

NO_TIME: Time = ("", 0)
SINGLE: Index = ("0", "")
ADJOINT, ZERO_OUTSIDE, GIVEN, SHARES, CHANGE = "adjoint", "zero outside", "given", "shares", "change"
FUNCTION, POWER, NUMBER = "function", "power", "number"
INVERSE, CORNER, DECLARED, TAG = "inverse", "corner", "declared", "tag"
SYMMETRIC = "symmetric"
"""The name of an entry of the inverse of a matrix that is its own transpose."""
INDICATOR = "positive"
"""The function that is 1 where its argument is positive, else 0."""
LIMIT = 5000
"""The number of terms of a product beyond which it is not multiplied out."""
WORK = 20_000
"""The number of terms, also of those met on the way, that one question may take."""
BITS = 20_000
"""The number of bits of a coefficient beyond which it is not worked out."""
NESTED = 1000
"""The number of factors of a form beyond which it is not put into a function or a power."""
VANISHING = (ADJOINT, ZERO_OUTSIDE)


class Undecided(Exception):
    """The question is beyond this checker; the message says which part of it."""


class Atom(NamedTuple):
    """A factor that is not looked into: an entry of a variable, a function of a form, a sum under an exponent, a size.

    Attributes:
        kind: of an entry: ADJOINT and ZERO_OUTSIDE (both zero outside 1..T), GIVEN, SHARES (of a column that sums to 1), CHANGE (the
            differential of an entry); else FUNCTION, POWER, NUMBER, INVERSE (an entry of the inverse of a matrix) and CORNER
            (inverses.py), DECLARED (a function with a declared slope) or TAG (tagged.py).
        name: of the variable, function or number.
        time, row, column: of an entry.
        inside: the argument of a function, the base of a power, the entries of an inverted matrix, what is tagged.
    """

    kind: str
    name: str
    time: Time = NO_TIME
    row: Index = SINGLE
    column: Index = SINGLE
    inside: Form = ()

    def ordered(self) -> Atom:
        """The atom; an entry of the inverse of a symmetric matrix with the smaller one of its indices first."""
        if self.kind == INVERSE and self.name == SYMMETRIC and self.column < self.row:
            return self._replace(row=self.column, column=self.row)
        return self


class Bound(NamedTuple):
    """A bound index: 0..length-1, or of time (length OVER_TIME): 1 + first .. T - last."""

    variable: str
    length: Form
    first: int = 0
    last: int = 0


Number = int | Fraction
Factors = tuple[tuple[Atom, Number], ...]
Term = tuple[tuple[Bound, ...], Factors]
Form = tuple[tuple[Term, Number], ...]
Open = tuple[tuple[Bound, ...], Factors, Number]
"""A term and its coefficient before they are brought to normal form."""


class Remembering(tuple[Any, ...]):
    """A tuple that remembers its hash: forms stand in atoms that stand in forms, and each is looked up often."""

    def __hash__(self) -> int:
        found: int | None = self.__dict__.get("hash")
        if found is None:
            found = self.__dict__["hash"] = super().__hash__()
        return found


ZERO: Form = ()
OVER_TIME: Form = ((((), ((Atom(NUMBER, "time"), 1),)), 1),)
"""The length of a bound index of time."""
_fresh = count()


def fresh() -> str:
    """An index variable that occurs nowhere else."""
    return f"~{next(_fresh)}"


def constant(value: Number) -> Form:
    """A number."""
    return ((((), ()), value),) if value else ZERO


def single(atom: Atom, exponent: Number = 1) -> Form:
    """A power of one atom."""
    if _weight(atom) > NESTED:
        raise Undecided(f"a function of a form with more than {NESTED} factors")
    return closed([((), ((atom, exponent),), 1)])


_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


@contextmanager
def budget(work: int = WORK) -> Iterator[None]:
    """For one question: inside, Undecided is raised when so many terms have been put into normal form."""
    token = _left.set([work])
    try:
        yield
    finally:
        _left.reset(token)


def _spend() -> None:
    """Count a term."""
    left = _left.get()
    if left is not None:
        left[0] -= 1
        if left[0] < 0:
            raise Undecided(f"it takes more than {WORK} terms to write out")


def plus(*forms: Form) -> Form:
    """The sum."""
    found: dict[Term, Number] = {}
    for term, coefficient in (each for form in forms for each in form):
        found[term] = found.get(term, 0) + coefficient
    return Remembering(sorted(each for each in found.items() if each[1]))


def scaled(form: Form, by: Number) -> Form:
    """A multiple."""
    return Remembering((term, _whole(coefficient * by)) for term, coefficient in form) if by else ZERO


def _whole(number: Number) -> Number:
    """A fraction that is an integer as one, which is hashed and multiplied sooner."""
    return number.numerator if number.denominator == 1 else number


def minus(one: Form, other: Form) -> Form:
    """The difference."""
    return plus(one, scaled(other, -1))


def times(*forms: Form) -> Form:
    """The product."""
    return reduce(_times, forms, constant(1))


def _times(one: Form, other: Form) -> Form:
    if len(one) * len(other) > LIMIT:
        raise Undecided(f"a product of more than {LIMIT} terms")
    pairs = product(opened(one), opened(other))
    return closed((s + z, f + g, c * d) for (s, f, c), (z, g, d) in pairs)


def summed(form: Form, bounds: Iterable[Bound]) -> Form:
    """The sum over index variables that are free in the form."""
    extra = tuple(bounds)
    return closed((s + extra, f, c) for s, f, c in opened(form)) if extra else form


def power(form: Form, exponent: Number) -> Form:
    """A power; of a sum of several terms a negative or fractional one is an atom, its common factors taken out."""
    if exponent.denominator == 1 and exponent >= 0:
        return times(*[form] * int(exponent))
    if not form and exponent < 0:
        raise Undecided("a division by zero")
    if exponent.denominator != 1:
        return single(Atom(POWER, "", inside=form), exponent)
    common = _content(form)
    primitive = closed((b, f + tuple((atom, -e) for atom, e in common), c) for b, f, c in opened(form))
    leading = Fraction(primitive[0][1])
    if max(exponent, -exponent) * max(leading.numerator.bit_length(), leading.denominator.bit_length()) > BITS:
        raise Undecided(f"a number of more than {BITS} bits")
    outside = closed([((), tuple((atom, e * exponent) for atom, e in common), leading ** int(exponent))])
    primitive = scaled(primitive, 1 / leading)
    return outside if primitive == constant(1) else times(outside, single(Atom(POWER, "", inside=primitive), exponent))


def _content(form: Form) -> Factors:
    """The factors that all terms have, outside their sums, and the negative powers that any has."""
    exponents: list[dict[Atom, Number]] = []
    for (bounds, factors), _ in form:
        exponents.append({a: e for a, e in factors if not any(b.variable in variables(a) for b in bounds)})
    every = sorted({a for each in exponents for a in each})
    return tuple((a, e) for a in every if (e := min(each.get(a, 0) for each in exponents)))


def opened(form: Form) -> Iterator[Open]:
    """The terms with fresh variables for their bound indices."""
    for (bounds, factors), coefficient in form:
        if not bounds:
            yield bounds, factors, coefficient
            continue
        table = {b.variable: (fresh(), 0) for b in bounds}
        own = tuple(b._replace(variable=table[b.variable][0]) for b in bounds)
        yield own, tuple((renamed_atom(a, table), e) for a, e in factors), coefficient


def renamed(form: Form, table: Mapping[str, tuple[str, int]]) -> Form:
    """The form with free variables renamed, times shifted too: {"t": ("t", 1)} is the form one step later."""
    return closed((b, tuple((renamed_atom(a, table), e) for a, e in f), c) for (b, f), c in form)


def renamed_atom(atom: Atom, table: Mapping[str, tuple[str, int]]) -> Atom:
    """An atom with variables renamed."""
    if not any(name in table for name in variables(atom)):
        return atom
    variable, shift = table.get(atom.time[0], (atom.time[0], 0))
    row, column = ((start, table.get(v, (v, 0))[0]) for start, v in (atom.row, atom.column))
    return atom._replace(time=(variable, atom.time[1] + shift), row=row, column=column, inside=renamed(atom.inside, table)).ordered()


@lru_cache(maxsize=100_000)
def variables(atom: Atom) -> frozenset[str]:
    """All index variables in an atom."""
    own = {atom.time[0], atom.row[1], atom.column[1]} - {""}
    return frozenset(own).union(*(variables(a) for (_, factors), _ in atom.inside for a, _ in factors))


@lru_cache(maxsize=100_000)
def _height(atom: Atom) -> int:
    """How deep forms are nested in an atom."""
    return 1 + height(atom.inside) if atom.inside else 0


def height(form: Form) -> int:
    """How deep forms are nested in the atoms of a form."""
    return max((_height(a) for (_, factors), _ in form for a, _ in factors), default=0)


@lru_cache(maxsize=100_000)
def _weight(atom: Atom) -> int:
    """How many factors the form in an atom has, those of the forms in it among them."""
    return sum(1 + _weight(a) for (_, factors), _ in atom.inside for a, _ in factors)


def closed(terms: Iterable[Open]) -> Form:
    """The normal form of a sum of terms whose bound variables may have any distinct names."""
    found: dict[Term, Number] = {}
    pending = list(terms)
    while pending:
        _spend()
        bounds, factors, coefficient = pending.pop()
        if max(coefficient.numerator.bit_length(), coefficient.denominator.bit_length()) > BITS:
            raise Undecided(f"a number of more than {BITS} bits")
        exponents: dict[Atom, Number] = {}
        for atom, exponent in factors:
            exponents[atom] = exponents.get(atom, 0) + exponent
        if any(_is_outside(atom) for atom, e in exponents.items() if e > 0):
            continue
        exponents = {a: _reduced(a, e) for a, e in exponents.items() if e}
        whole = next((a for a, e in exponents.items() if a.kind == POWER and e >= 1), None)
        idle = next((b for b in bounds if b.length != OVER_TIME and not any(b.variable in variables(a) for a in exponents)), None)
        if whole is not None:
            steps = math.floor(exponents[whole])
            exponents[whole] -= steps
            factor = times(*[whole.inside] * steps)
        elif idle is not None:
            bounds = tuple(b for b in bounds if b != idle)
            factor = idle.length
        else:
            term = _canonical(bounds, exponents)
            found[term] = found.get(term, 0) + _whole(coefficient)
            continue
        for more, others, scale in opened(factor):
            pending.append((bounds + more, (*exponents.items(), *others), coefficient * scale))
    return _shared(Remembering(sorted(each for each in found.items() if each[1])))


@lru_cache(maxsize=100_000)
def _shared(form: Form) -> Form:
    """The first form made that is equal: a form is then compared with itself at a glance, however deep it is."""
    return form


def _is_outside(atom: Atom) -> bool:
    """Whether an atom is zero because its time is outside 1..T for each T."""
    variable, offset = atom.time
    return atom.kind in VANISHING and ((variable == "0" and offset < 1) or (variable == "T" and offset > 0))


def _reduced(atom: Atom, exponent: Number) -> Number:
    """The exponent; an indicator is its own square."""
    return 1 if atom.name == INDICATOR and atom.kind == FUNCTION and exponent > 0 else exponent


def _canonical(bounds: tuple[Bound, ...], exponents: dict[Atom, Number]) -> Term:
    """One term in normal form: sums that can be done are done, times of sums over t anchored, bound variables renamed."""
    kept: list[Bound] = []
    for bound in bounds:
        using = [a for a in exponents if bound.variable in variables(a)]
        if bound.length == OVER_TIME:
            bound, exponents = _anchored(bound, exponents, using)
            kept.append(bound)
        elif len(using) == 1 and using[0].kind == SHARES and exponents[using[0]] == 1 and using[0].row == ("0", bound.variable):
            del exponents[using[0]]
        else:
            kept.append(bound)
    return _labelled(kept, exponents)


def _anchored(bound: Bound, exponents: dict[Atom, Number], using: list[Atom]) -> tuple[Bound, dict[Atom, Number]]:
    """A sum over time shifted so that its adjoint is read at the bound time itself, over the times at which no factor is zero."""
    own = [a for a in using if a.time[0] == bound.variable]
    anchor = min([a.time[1] for a in own if a.kind == ADJOINT] or [k for a in using for k in _offsets(a, bound.variable)], default=0)
    first, last = bound.first + anchor, bound.last - anchor
    vanishing = [a.time[1] - anchor for a in own if a.kind in VANISHING and exponents[a] > 0]
    bound = bound._replace(first=max([first, *(-k for k in vanishing)]), last=max([last, *vanishing]))
    table = {bound.variable: (bound.variable, -anchor)}
    return bound, {renamed_atom(a, table): e for a, e in exponents.items()} if anchor else exponents


def _offsets(atom: Atom, variable: str) -> list[int]:
    """The offsets at which an atom reads a time."""
    inner = [k for (_, factors), _ in atom.inside for a, _ in factors for k in _offsets(a, variable)]
    return [atom.time[1], *inner] if atom.time[0] == variable else inner


def _labelled(bounds: list[Bound], exponents: dict[Atom, Number]) -> Term:
    """The term with the names of bound variables that make it least; only variables that look alike are permuted."""
    if not bounds:
        return (), tuple(sorted(exponents.items()))
    height = max((_height(a) for a in exponents), default=0)
    masked = {b.variable: ("#?", 0) for b in bounds}

    def look(bound: Bound) -> tuple[tuple[Form, int, int], list[tuple[Atom, Number]]]:
        mask = {**masked, bound.variable: ("#!", 0)}
        seen = sorted((renamed_atom(a, mask), e) for a, e in exponents.items() if bound.variable in variables(a))
        return bound[1:], seen

    looks = sorted(((look(b), b) for b in bounds), key=lambda each: each[0])
    classes = [[b for _, b in group] for _, group in groupby(looks, key=lambda each: each[0])]
    if math.prod(math.factorial(len(each)) for each in classes) > 720:
        raise Undecided("a sum over more than six indices that look alike")
    best: Term | None = None
    for order in product(*(permutations(each) for each in classes)):
        flat = [b for each in order for b in each]
        table = {b.variable: (f"#{height}.{place}", 0) for place, b in enumerate(flat)}
        named = tuple(b._replace(variable=table[b.variable][0]) for b in flat)
        term = named, tuple(sorted((renamed_atom(a, table), e) for a, e in exponents.items()))
        best = term if best is None or term < best else best
    assert best is not None
    return best
