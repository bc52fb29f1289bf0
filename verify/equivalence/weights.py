"""The parameters of one system in those of another one: a solution of the equations between coefficients.

    (W[i,k], V[i,k]), (0, p[i]), (b[i], c[i] + d[i])    gives    V[i,k] = W[i,k], p[i] = 0, c[i] = b[i], d[i] = 0

An equation with one unknown entry that stands alone gives it; where several are added, all but one are taken to be zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from verify.equivalence.groups import is_weight
from verify.equivalence.indices import free, together
from verify.proof.equality import is_zero
from verify.proof.normal_form import (
    POWER,
    ZERO,
    Atom,
    Form,
    Number,
    Term,
    closed,
    minus,
    opened,
    plus,
    power,
    renamed,
    scaled,
    single,
    summed,
    times,
)

Block = tuple[str, str, str]
"""A parameter and the starts of the rows and columns of a block of it."""
Summand = tuple[Term, Number]
ROW, COLUMN = "p", "q"
"""The free indices of what an entry of a block is."""


@dataclass(frozen=True)
class Solution:
    """What each block of the unknown parameters is, as a form in ROW and COLUMN; the equations that cannot be met."""

    blocks: Mapping[Block, Form]
    unmet: tuple[tuple[Form, Form], ...]

    @property
    def is_complete(self) -> bool:
        """Whether all equations are met."""
        return not self.unmet


def solved(equations: Iterable[tuple[Form, Form]], unknown: frozenset[str]) -> Solution:
    """Solve equations (known, unknown) for the parameters of these names, which stand on the right only."""
    distinct = list(dict.fromkeys((together(*each)[0], together(*each)[1]) for each in equations))
    found = [_Solving(distinct, unknown, pairs).solution() for pairs in (True, False)]
    return min(found, key=lambda each: len(each.unmet))


def substituted(form: Form, blocks: Mapping[Block, Form]) -> Form:
    """The form with the entries of these blocks replaced."""
    found = []
    for bounds, factors, coefficient in opened(form):
        product = times(*(power(_substituted(atom, blocks), exponent) for atom, exponent in factors))
        found.append(scaled(summed(product, bounds), coefficient))
    return plus(*found)


def _substituted(atom: Atom, blocks: Mapping[Block, Form]) -> Form:
    if atom.inside:
        inside = substituted(atom.inside, blocks)
        return inside if atom.kind == POWER else single(atom._replace(inside=inside))
    value = blocks.get(_block(atom))
    if value is None:
        return single(atom)
    return renamed(value, {own: (variable, 0) for own, (_, variable) in ((ROW, atom.row), (COLUMN, atom.column)) if variable})


def _block(atom: Atom) -> Block:
    return atom.name, atom.row[0], atom.column[0]


def _entries(form: Form) -> list[Atom]:
    """The entries of parameters in a form, those with the same indices in the order of their names."""
    atoms = dict.fromkeys(atom for (_, factors), _ in form for atom, _ in factors)
    return sorted(atoms, key=lambda atom: (atom.row[1], atom.column[1], atom.name, atom.row[0], atom.column[0]))


def _taken(one: Atom, two: Atom) -> Form:
    """The first entry, as what the block of the second one is."""
    table = {variable: (name, 0) for name, (_, variable) in ((ROW, two.row), (COLUMN, two.column)) if variable}
    return renamed(single(one), table)


def _quotient(form: Form, term: Summand, atom: Atom) -> Form | None:
    """The form divided by what an entry is multiplied by in a term; None if that does not divide it."""
    (_, factors), coefficient = term
    below = closed([((), tuple(each for each in factors if each[0] != atom), coefficient)])
    value = times(form, power(below, -1))
    return None if any(exponent < 0 for (_, own), _ in value for _, exponent in own) else value


class _Solving:
    """The equations that are left, and the blocks that are known."""

    def __init__(self, equations: list[tuple[Form, Form]], unknown: frozenset[str], pairs: bool) -> None:
        self.equations, self.unknown, self.pairs = equations, unknown, pairs
        self.blocks: dict[Block, Form] = {}
        self.unmet: list[tuple[Form, Form]] = []

    def solution(self) -> Solution:
        """Solve for one block after the other."""
        while self.equations:
            left = []
            for known, right in self.equations:
                if not self.met(known, substituted(right, self.blocks)):
                    left.append((known, right))
            if len(left) == len(self.equations) and not (self.paired() or self.with_a_zero()):
                self.unmet += left
                break
            self.equations = left
        return Solution(self.blocks, tuple(self.unmet))

    def met(self, known: Form, right: Form) -> bool:
        """Whether an equation is done with: it was used to solve for a block, or it has no unknown any more."""
        open_terms = [each for each in right if self.has_unknown(each[0][1])]
        rest = tuple(each for each in right if each not in open_terms)
        if not open_terms:
            if not is_zero(minus(known, rest)):
                self.unmet.append((known, right))
            return True
        if len(open_terms) > 1 or (atom := self.alone(open_terms[0])) is None:
            return False
        value = _quotient(minus(known, rest), open_terms[0], atom)
        if value is None:
            return False
        own = [variable for _, variable in (atom.row, atom.column)]
        if not set(free(value)) <= set(own) - {""}:
            self.unmet.append((known, right))
            return True
        self.blocks[_block(atom)] = renamed(value, {each: (name, 0) for each, name in zip(own, (ROW, COLUMN), strict=True) if each})
        return True

    def has_unknown(self, factors: Iterable[tuple[Atom, object]]) -> bool:
        return any(is_weight(atom, self.unknown) and _block(atom) not in self.blocks for atom, _ in factors)

    def alone(self, each: Summand) -> Atom | None:
        """The entry of a whole block that a term is, up to factors that are known."""
        (bounds, factors), _ = each
        unknown = [(atom, exponent) for atom, exponent in factors if self.has_unknown([(atom, exponent)])]
        if bounds or len(unknown) != 1 or unknown[0][1] != 1:
            return None
        atom = unknown[0][0]
        return None if atom.row[1] and atom.row[1] == atom.column[1] else atom

    def paired(self) -> bool:
        """Take the entries of one equation with as many terms and factors on both sides to be those that stand alike; whether there is one."""
        for known, right in self.equations if self.pairs else ():
            own = _entries(known)
            entries = _entries(substituted(right, self.blocks))
            unknown = [each for each in entries if is_weight(each, self.unknown) and _block(each) not in self.blocks]
            if (
                not unknown
                or len(own) != len(entries)
                or [(a.row[1], a.column[1]) for a in own] != [(a.row[1], a.column[1]) for a in entries]
            ):
                continue
            self.blocks |= {_block(two): _taken(one, two) for one, two in zip(own, entries, strict=True) if two in unknown}
            return True
        return False

    def with_a_zero(self) -> bool:
        """Take an entry that is only added to others to be zero, of the block that stands in the fewest equations; whether there is one."""
        uses: dict[Block, int] = {}
        candidates: dict[Block, None] = {}
        for _, right in self.equations:
            terms = [each for each in substituted(right, self.blocks) if self.has_unknown(each[0][1])]
            alone = [_block(atom) for each in terms if (atom := self.alone(each)) is not None]
            for block in {_block(atom) for each in terms for atom, _ in each[0][1]}:
                uses[block] = uses.get(block, 0) + 1
            if len(alone) > 1:
                candidates.update(dict.fromkeys(alone))
        if not candidates:
            return False
        self.blocks[min(reversed(candidates), key=lambda block: uses[block])] = ZERO
        return True
