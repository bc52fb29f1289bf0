"""Values with a second index k, which runs over the steps, as matrices with a column for each k; and values at the last step.

    e_{t,k} = v^T tanh(W s_{t-1} + U h_k)    becomes    e_t = v^T tanh(W s_{t-1} + U h_all),   h_all = sum_t h_t position(t)^T
    sum_k a_{t,k} h_k                        becomes    h_all a_t^T
    sum_{k<t} a_{t,k} h_k                    becomes    h_past_{t-1} a_t^T,   h_past_t = h_past_{t-1} + h_t position(t)^T
    y = V h_T                                becomes    y = V h_last,   h_last = sum_t last(t) * h_t

position(t) is the column with a one in row t. So a read of a whole sequence needs no operation of its own, nor a rule.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import sympy as sp

from derive.algebra import nodes
from derive.algebra.clocks import last
from derive.algebra.nodes import Expr, MatMul, Transpose, add, mul, neg
from derive.calculus.names import fresh
from derive.errors import NotationError
from derive.notation.meaning.surface import ALL, BEFORE, SOFTMAX, SUM, Juxtaposed, OverIndex, Total, letters

FAR = 10**9
"""What is subtracted under a softmax from entries that are not in its range."""

Definition = tuple[Expr, Expr]


def _clock(name: str, by: int = 0) -> Expr:
    return nodes.sequence(name)[nodes.t + by]


def summed_entries(equations: list[tuple[int, Expr, Expr]]) -> list[tuple[int, Expr, Expr]]:
    """The equations with sums over entries, sum_i y_{t,i} log(p_{t,i}) where y and p are columns at t, as sums of all entries.

    So is sum_i y_i log(p_i), where p is a column without an index t.
    """
    lefts = [left for _, left, _ in equations]
    wide = {nodes.sequence_name(left) for left in lefts if letters(left)}

    whole = {nodes.sequence_name(left) for left in lefts if isinstance(left, sp.Indexed)} - wide
    fixed = {left for left in lefts if not isinstance(left, sp.Indexed)}

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, OverIndex) or part.args[0] != SUM or part.args[2] != ALL:
            return None
        k, body = part.args[1], part.args[3]
        entries = {leaf: nodes.parameter(str(leaf).removesuffix(f"_{k}")) for leaf in nodes.leaves(body) if _is_at(leaf, k)}
        if fixed & set(entries.values()) and all(isinstance(leaf, sp.Symbol) for leaf in entries):
            return Total(nodes.replace(nodes.rewrite(body, _of_entries), entries))
        over = {leaf: _without(leaf, k) for leaf in nodes.leaves(body) if isinstance(leaf, sp.Indexed)}
        over = {leaf: column for leaf, column in over.items() if column != leaf}
        is_of_entries = bool(whole & {nodes.sequence_name(each) for each in over.values()}) or any(len(leaf.indices) == 2 for leaf in over)
        if not is_of_entries or wide & {nodes.sequence_name(leaf) for leaf in over} or any(_is_at(leaf, k) for leaf in nodes.leaves(body)):
            return None
        return Total(nodes.replace(body, over))

    return [(at, left, nodes.rewrite(right, change)) for at, left, right in equations]


def _of_entries(part: Expr) -> Expr | None:
    """A product of two entries as one of all entries."""
    return sp.Mul(*(nodes.rewrite(each, _of_entries) for each in part.args), evaluate=False) if isinstance(part, Juxtaposed) else None


def _without(leaf: sp.Indexed, k: Expr) -> Expr:
    """The column of which y_{t,k} or y_{k,t} is an entry; another value as it is."""
    name, index = nodes.sequence_name(leaf), leaf.indices[0]
    if len(leaf.indices) == 2 and leaf.indices[1] == k:
        return leaf.base[index]
    return nodes.sequence(name.removesuffix(f"_{k}"))[index] if index != k else leaf


def _is_at(leaf: Expr, k: Expr) -> bool:
    """Whether it is the value of a sequence at step k."""
    return (isinstance(leaf, sp.Symbol) and str(leaf).endswith(f"_{k}")) or (isinstance(leaf, sp.Indexed) and leaf.indices[0] == k)


@dataclass
class Whole:
    """The reads of whole sequences on a page, and the equations that define them.

    Attributes:
        taken: the names that are in use.
        made: the equations that were added, by what they hold.
        pasts: the second indices that run over earlier steps only, by letter: how far, BEFORE or UP_TO.
    """

    taken: list[str]
    pasts: dict[sp.Symbol, sp.Symbol]
    made: dict[tuple[str, str], Definition] = field(default_factory=dict)

    def lifted(self, left: Expr, right: Expr, place: str) -> tuple[Expr, Expr]:
        """An equation without second indices.

        Raises:
            NotationError: a second index is not bound, or a value with one is used in a way that is not understood.
        """
        free = letters(right) - letters(left)
        bound = {part.args[1] for part in nodes.parts(right) if isinstance(part, OverIndex)}
        if free - bound:
            name = sorted(map(str, free - bound))[0]
            raise NotationError(
                f"the index {name} is bound by nothing", place=place, advice=f"sum over it, sum_{name}, or write it on the left too"
            )
        lost = {part.args[1] for part in nodes.parts(right) if isinstance(part, OverIndex) and part.args[0] == SOFTMAX} - letters(left)
        lost -= {part.args[1] for part in nodes.parts(right) if isinstance(part, OverIndex) and part.args[0] == SUM}
        if lost:
            k, name = sorted(map(str, lost))[0], nodes.name_of(left)
            raise NotationError(
                f"softmax_{k} has a value for each {k}", place=place, advice=f"write {name}_{{t,{k}}} on the left, or sum over {k}"
            )
        own = left.base[left.indices[0]] if isinstance(left, sp.Indexed) else left
        return own, self.lift(right, place)

    def lift(self, expr: Expr, place: str) -> Expr:
        """An expression over matrices with a column for each k."""
        if isinstance(expr, OverIndex):
            return self.over(expr, place)
        if isinstance(expr, sp.Indexed):
            return self.read(expr)
        if not expr.args:
            return expr
        indexed = [bool(letters(part)) for part in expr.args]
        if not any(indexed) and not any(isinstance(part, (OverIndex, sp.Indexed)) for part in nodes.parts(expr)):
            return expr
        if isinstance(expr, MatMul) and indexed[0]:
            return self.product(expr, indexed[1], place)
        if isinstance(expr, Transpose) and indexed[0]:
            raise NotationError("a row for each k is not understood here", place=place, advice="use it in a product with a column, h_k^T v")
        inside = tuple(self.lift(part, place) for part in expr.args)
        if isinstance(expr, nodes.Stack) and any(indexed) and not all(indexed):
            wide = nodes.Zeros(1, nodes.T)
            inside = tuple(part if has else add(part, wide) for part, has in zip(inside, indexed, strict=True))
        return nodes.rebuild(expr, inside)

    def product(self, expr: Expr, is_both: bool, place: str) -> Expr:
        """h_k^T v for each k is the row v^T H; h_k^T g_k is the sum of the entries of each column of H * G."""
        left, right = expr.args
        if not isinstance(left, Transpose):
            raise NotationError(
                "a matrix for each k is not understood", place=place, advice="write products with a second index as h_k^T v"
            )
        columns, other = self.lift(left.args[0], place), self.lift(right, place)
        return nodes.SumRows(mul(columns, other)) if is_both else MatMul(Transpose(other), columns)

    def over(self, expr: Expr, place: str) -> Expr:
        """sum_k or softmax_k."""
        kind, letter, reach, body = expr.args
        if letter not in letters(body):
            raise NotationError(f"nothing in the sum has the index {letter}", place=place, advice=f"write it where it is read, h_{letter}")
        inside = self.lift(body, place)
        if kind == SOFTMAX:
            masked = inside if reach == ALL else add(inside, mul(FAR, add(self.mask(reach), neg(sp.Integer(1)))))
            return Transpose(nodes.softmax(Transpose(masked)))
        if isinstance(body, sp.Mul):
            rows = [part for part in body.args if _is_weight(part)]
            rest = [part for part in body.args if part not in rows]
            if len(rest) == 1 and rows and isinstance(rest[0], sp.Indexed):
                return MatMul(self.lift(rest[0], place), Transpose(self.lift(mul(*rows), place)))
        return nodes.SumColumns(inside if reach == ALL else mul(self.mask(reach), inside))

    @staticmethod
    def mask(reach: Expr) -> Expr:
        """The row with a one for each step in the range."""
        before = Transpose(_clock("before"))
        return before if reach == BEFORE else add(before, Transpose(_clock("position")))

    def read(self, leaf: sp.Indexed) -> Expr:
        """e_{t,k} is e_t; h_k is the matrix of all values of h, or of those so far; h_T is the last one."""
        name, index = nodes.sequence_name(leaf), leaf.indices[0]
        if len(leaf.indices) == 2:
            return leaf.base[index]
        if index == nodes.T:
            return self.defined("last", name, last(name))
        if nodes.t in index.free_symbols:
            return leaf
        column = MatMul(nodes.sequence(name)[nodes.t], Transpose(_clock("position")))
        if index not in self.pasts:
            return self.defined("all", name, nodes.OverTime(column))
        past = nodes.sequence(self.name("past", name))
        self.made.setdefault(("past", name), (past[nodes.t], add(past[nodes.t - 1], column)))
        return past[nodes.t - 1 if self.pasts[index] == BEFORE else nodes.t]

    def defined(self, what: str, name: str, right: Expr) -> Expr:
        """The value of that name and meaning, defined once."""
        return self.made.setdefault((what, name), (nodes.parameter(self.name(what, name)), right))[0]

    def name(self, what: str, name: str) -> str:
        known = self.made.get((what, name))
        if known is not None:
            return nodes.name_of(known[0])
        self.taken.append(fresh(f"{name}_{what}", self.taken))
        return self.taken[-1]


def _is_weight(part: Expr) -> bool:
    """Whether a factor is a number for each k, a_{t,k}."""
    return isinstance(part, sp.Indexed) and len(part.indices) == 2


def ranges(right_sides: Collection[Expr]) -> dict[sp.Symbol, sp.Symbol]:
    """The second indices that are bound over a part of the steps somewhere."""
    found = [part for right in right_sides for part in nodes.parts(right) if isinstance(part, OverIndex)]
    return {part.args[1]: part.args[2] for part in found if part.args[2] != ALL}
