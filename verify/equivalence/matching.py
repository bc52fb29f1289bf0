"""The search for a correspondence: which variable of one system is which of the other, and which coefficients have to be equal.

The updates of two systems are laid over one another, monomial by monomial, from the outputs on. Names are bound where they are first met;
the update of a state that was bound has to match too. What parameters stand in a coefficient does not matter here: the pair of coefficients
is an equation, which `weights.py` solves. Nothing that is found here is believed: the proof takes a correspondence from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations

from derive.system import Role
from verify.equivalence.groups import Group, cost, groups, look, whole
from verify.equivalence.indices import canonical, free
from verify.equivalence.reading import Reading
from verify.equivalence.sizes import fits, size_of, sole_size
from verify.equivalence.weights import Block
from verify.proof.normal_form import (
    CORNER,
    FUNCTION,
    INVERSE,
    NUMBER,
    OVER_TIME,
    POWER,
    TAG,
    ZERO,
    Atom,
    Bound,
    Factors,
    Form,
    Index,
    Time,
    constant,
    renamed,
    single,
)

STEPS = 20_000
"""The number of pairs that are tried before a search is given up."""


@dataclass(frozen=True)
class Difference:
    """What one system has and the other has not, or has in its place: terms, or functions that are not the same.

    Attributes:
        name: of the variable of the first system in whose update it is, and `other` of the second one's.
        own, standing: the term of the first and of the second system, None where there is none.
        cost: how much of the systems it is.
    """

    name: str
    other: str
    own: Form | None
    standing: Form | None
    cost: int


@dataclass(frozen=True)
class Binding:
    """A partial correspondence.

    Attributes:
        names: by name of the first system, that of the second.
        sizes: the same for sizes.
        parameters: the same for blocks of parameters, if the search is strict.
        indices: the same for the index variables in scope.
        equations: pairs of coefficients that have to be equal, over the index variables of the second.
        pending: pairs of states whose updates have to match.
        at: the pair whose updates are being matched.
        differences: what does not match.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[Block, Block] = field(default_factory=dict)
    indices: Mapping[str, str] = field(default_factory=dict)
    equations: tuple[tuple[Form, Form], ...] = ()
    pending: tuple[tuple[str, str], ...] = ()
    at: tuple[str, str] = "", ""
    differences: frozenset[Difference] = frozenset()

    @property
    def cost(self) -> int:
        """What the differences cost together."""
        return sum(each.cost for each in self.differences)


class Matching:
    """The search over one pair of systems.

    Args:
        own, other: the updates as forms.
        most: what all differences together may cost.
        is_strict: whether a parameter that stands alone has to be one and the same parameter of the other system wherever it does.
        is_lax: whether entries match whatever their indices are, so that r[i] U[i,k] h[k] may be U[i,k] r[k] h[k].
    """

    def __init__(self, own: Reading, other: Reading, most: int, is_strict: bool = False, is_lax: bool = False) -> None:
        self.own, self.other, self.most, self.is_strict, self.is_lax = own, other, most, is_strict, is_lax
        self.steps = 0

    def matches(self, outputs: Sequence[tuple[str, str]]) -> Iterator[Binding]:
        """All correspondences in which these outputs are the same."""
        start: Binding | None = Binding(indices={"t": "t", "i": "i", "j": "j"})
        for one, two in outputs:
            start = self.named(one, two, start) if start is not None else None
        if start is not None:
            yield from self.updates(start)

    def updates(self, binding: Binding) -> Iterator[Binding]:
        """The ways to match the updates that are still to be matched."""
        if not binding.pending:
            yield binding
            return
        (one, two), rest = binding.pending[0], binding.pending[1:]
        blocks, others = self.own.forms(one), self.other.forms(two)
        if len(blocks) == len(others):
            yield from self.blocks(list(zip(blocks, others, strict=True)), replace(binding, pending=rest, at=(one, two)))

    def blocks(self, pairs: list[tuple[Form, Form]], binding: Binding) -> Iterator[Binding]:
        """The ways to match the blocks of an update."""
        if not pairs:
            yield from self.updates(binding)
            return
        for found in self.forms(*pairs[0], binding):
            yield from self.blocks(pairs[1:], found)

    def forms(self, one: Form, two: Form, binding: Binding) -> Iterator[Binding]:
        """The ways to match two sums."""
        left, right = groups(one, self.own.parameters), groups(two, self.other.parameters)
        yield from self.sums(left, right, not (left or right), binding)

    def sums(self, left: tuple[Group, ...], right: tuple[Group, ...], agrees: bool, binding: Binding) -> Iterator[Binding]:
        """The ways to match the monomials that are left; at least one of a sum has to agree, or the sums have nothing to do with each other."""
        self.steps += 1
        if self.steps > STEPS or binding.cost > self.most or abs(len(left) - len(right)) > self.most:
            return
        if not left:
            for each in right:
                binding = self.missing(None, each, binding)
            if agrees and binding.cost <= self.most:
                yield binding
            return
        looks = {each: look(each, self.other.parameters) for each in right}
        wanted = [look(each, self.own.parameters) for each in left]
        place = min(range(len(left)), key=lambda at: (list(looks.values()).count(wanted[at]) or len(right) + 1, -len(left[at].factors)))
        first, rest = left[place], (*left[:place], *left[place + 1 :])
        candidates = sorted(right, key=lambda each: looks[each] != wanted[place])
        for each in candidates:
            if self.most or looks[each] == wanted[place]:
                for found in self.group(first, each, binding):
                    yield from self.sums(rest, tuple(other for other in right if other is not each), True, found)
        if self.most:
            yield from self.sums(rest, right, agrees, self.missing(first, None, binding))

    def missing(self, one: Group | None, two: Group | None, binding: Binding) -> Binding:
        """The binding with a monomial that only one system has; its coefficient has to be zero."""
        own, other = (None if each is None else whole(each) for each in (one, two))
        equation = (ZERO if one is None else one.coefficient, ZERO if two is None else two.coefficient)
        return self.differing(own, other, cost(own or other or ZERO), equation, binding)

    def differing(self, own: Form | None, other: Form | None, cost: int, equation: tuple[Form, Form], binding: Binding) -> Binding:
        """The binding with one difference more."""
        found = Difference(*binding.at, None if own is None else canonical(own), None if other is None else canonical(other), cost)
        differences = binding.differences | {found}
        return replace(binding, differences=differences, equations=(*binding.equations, equation))

    def group(self, one: Group, two: Group, binding: Binding) -> Iterator[Binding]:
        """The ways to match two monomials; their coefficients are an equation, or two numbers that have to be the same."""
        if len(one.bounds) != len(two.bounds) or len(one.factors) != len(two.factors):
            return
        inner = {b.variable for b in one.bounds}, {b.variable for b in two.bounds}
        scope = {a: b for a, b in binding.indices.items() if a not in inner[0] and b not in inner[1]}
        for order in permutations(two.bounds):
            start: Binding | None = replace(binding, indices=scope)
            for bound, partner in zip(one.bounds, order, strict=True):
                start = self.ranges(bound, partner, start) if start is not None else None
            if start is not None:
                yield from self.products(one, two, scope, start)

    def products(self, one: Group, two: Group, scope: Mapping[str, str], binding: Binding) -> Iterator[Binding]:
        """The ways to match two monomials whose bound indices are bound to each other already."""
        for found in self.factors(one.factors, two.factors, binding):
            after = replace(found, indices=scope)
            table = {a: (b, 0) for a, b in found.indices.items()}
            own, other = renamed(one.coefficient, table), two.coefficient
            if _is_number(own) and _is_number(other):
                if own == other:
                    yield after
                elif self.most:
                    yield self.differing(whole(one), whole(two), 1, (own, other), after)
            elif self.is_lax:
                yield replace(after, equations=(*after.equations, (canonical(own), canonical(other))))
            elif set(free(own)) <= set(free(other)) or set(free(other)) <= set(free(own)):
                tied = self.tied(own, other, after)
                if tied is not None:
                    yield replace(tied, equations=(*tied.equations, (own, other)))

    def tied(self, one: Form, two: Form, binding: Binding) -> Binding | None:
        """The binding in which two parameters that stand alone are the same, if the search is strict."""
        if not self.is_strict or not (len(one) == len(two) == 1) or not (len(one[0][0][1]) == len(two[0][0][1]) == 1):
            return binding
        pair = one[0][0][1][0][0], two[0][0][1][0][0]
        own, other = ((atom.name, atom.row[0], atom.column[0]) for atom in pair)
        if own in binding.parameters or other in binding.parameters.values():
            return binding if binding.parameters.get(own) == other else None
        return replace(binding, parameters={**binding.parameters, own: other})

    def ranges(self, one: Bound, two: Bound, binding: Binding) -> Binding | None:
        """The binding in which two bound indices are the same, if they run over the same."""
        if (one.first, one.last) != (two.first, two.last) or (one.length == OVER_TIME) != (two.length == OVER_TIME):
            return None
        found = self.extent(one.length, two.length, binding)
        return None if found is None else self.bound(one.variable, two.variable, found)

    def extent(self, one: Form, two: Form, binding: Binding) -> Binding | None:
        """The binding in which two sizes are the same."""
        own, other = sole_size(one), sole_size(two)
        if own is None or other is None:
            return binding if fits(size_of(one), size_of(two), binding.sizes) else None
        if own in binding.sizes or other in binding.sizes.values():
            return binding if binding.sizes.get(own) == other else None
        return replace(binding, sizes={**binding.sizes, own: other})

    def factors(self, left: Factors, right: Factors, binding: Binding) -> Iterator[Binding]:
        """The ways to match the factors of two monomials."""
        if not left:
            yield binding
            return
        atom, exponent = left[0]
        for place, (other, power) in enumerate(right):
            if power == exponent and other.kind == atom.kind:
                for found in self.atoms(atom, other, binding):
                    yield from self.factors(left[1:], (*right[:place], *right[place + 1 :]), found)

    def atoms(self, one: Atom, two: Atom, binding: Binding) -> Iterator[Binding]:
        """The ways to match two factors of the same kind."""
        if one.kind == NUMBER:
            found = self.extent(single(one), single(two), binding)
        elif one.kind in (FUNCTION, POWER):
            if one.name != two.name:
                if not self.most:
                    return
                binding = self.differing(single(one), single(two), 1, (ZERO, constant(1)), binding)
            yield from self.forms(one.inside, two.inside, binding)
            return
        elif one.kind in (INVERSE, CORNER, TAG):
            yield from self.held(one, two, binding)
            return
        else:
            found = self.entry(one, two, binding)
        if found is not None:
            yield found

    def held(self, one: Atom, two: Atom, binding: Binding) -> Iterator[Binding]:
        """The ways to match two entries of inverses, or two parts of what these hold."""
        found: Binding | None = binding if one.name == two.name else None
        for own, other in ((one.row, two.row), (one.column, two.column)):
            found = self.index(own, other, found) if found is not None else None
        if found is not None:
            yield from self.forms(one.inside, two.inside, found) if one.inside else (found,)

    def entry(self, one: Atom, two: Atom, binding: Binding) -> Binding | None:
        """The binding in which two entries are the same."""
        found = self.moment(one.time, two.time, binding)
        for own, other in ((one.row, two.row), (one.column, two.column)):
            found = self.index(own, other, found) if found is not None else None
        return self.named(one.name, two.name, found) if found is not None else None

    def moment(self, one: Time, two: Time, binding: Binding) -> Binding | None:
        if one[1] != two[1] or (one[0] == "") != (two[0] == ""):
            return None
        return binding if one[0] == two[0] else self.bound(one[0], two[0], binding)

    def index(self, one: Index, two: Index, binding: Binding) -> Binding | None:
        if not fits(one[0], two[0], binding.sizes) or (one[1] == "") != (two[1] == ""):
            return None
        return self.bound(one[1], two[1], binding) if one[1] else binding

    def bound(self, one: str, two: str, binding: Binding) -> Binding | None:
        """The binding in which two index variables are the same."""
        if one in binding.indices or two in binding.indices.values():
            return binding if self.is_lax or binding.indices.get(one) == two else None
        return replace(binding, indices={**binding.indices, one: two})

    def named(self, one: str, two: str, binding: Binding) -> Binding | None:
        """The binding in which two variables are the same; the update of one that is defined is still to be matched."""
        if one in binding.names or two in binding.names.values():
            return binding if binding.names.get(one) == two else None
        own, other = self.own.system.variables.get(one), self.other.system.variables.get(two)
        if own is None or other is None:
            (kind, _, size), (other_kind, _, other_size) = one.partition(" "), two.partition(" ")
            return binding if own is other and kind == other_kind and fits(size, other_size, binding.sizes) else None
        nature = [(each.role, each.is_sequence, each.boundary, each.clock) for each in (own, other)]
        if nature[0] != nature[1] or (own.role is Role.CONSTANT and own.start != other.start):
            return None
        found: Binding | None = replace(binding, names={**binding.names, one: two})
        for side, its in zip(own.shape, other.shape, strict=True):
            found = self.extent(self.own.extent(side), self.other.extent(its), found) if found is not None else None
        if found is None or own.role is not Role.DEFINED:
            return found
        if one not in self.own.updates.rights or two not in self.other.updates.rights:
            return None
        return replace(found, pending=(*found.pending, (one, two)))


def _is_number(form: Form) -> bool:
    """Whether a coefficient has no parameter."""
    return all(term == ((), ()) for term, _ in form)
