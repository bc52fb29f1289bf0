"""Which values lie side by side in memory, so that equations of one form are computed as one: the gates of a cell in one product.

Equations are isomorphic when they differ only in the names at some places (their slots). If each slot's names, and the left sides, can
lie side by side in the same order (a pack), the equations are one statement over packs:

    a_f_t = p_f_t + U_f h_{t-1},  a_i_t = p_i_t + U_i h_{t-1}    become    a_t = p_t + U h_{t-1}

A sum of products over packs is one product too: U_f^T abar_f_t + U_i^T abar_i_t is U^T abar_t.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

import networkx as nx
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.calculus.names import fresh
from derive.program.clocked import Only, Where, clock_of, plain, split
from derive.program.destination import function_of
from derive.program.forms import varying
from derive.program.schedule import Block
from derive.system import Equation, Role, System, Variable


@dataclass(frozen=True)
class Pack:
    """Variables of one shape that lie side by side, the rows of the first one first."""

    name: str
    members: tuple[str, ...]


class Beside(nodes.Node):
    """Beside(u, v, ...): leaves that lie side by side in a pack, read or written as one."""


@dataclass(frozen=True)
class Statement:
    """One equation, or isomorphic ones that are computed as one."""

    equations: tuple[Equation, ...]

    @property
    def left(self) -> Expr:
        """What is written."""
        lefts = [equation.left for equation in self.equations]
        return lefts[0] if len(lefts) == 1 else Beside(*lefts)

    def right(self, layout: Layout) -> Expr:
        """What is computed, over packs where the layout has them."""
        own = [equation.right for equation in self.equations]
        return _beside(own) if len(own) > 1 else _joined_products(own[0], layout)

    @property
    def clock(self) -> str:
        """The name of the clock that decides whether or how it is computed, "" if there is none."""
        right = self.equations[0].right
        return clock_of(right) if isinstance(right, (Only, Where)) else ""

    @property
    def is_guarded(self) -> bool:
        """Whether it is computed at the steps of a clock alone."""
        return isinstance(self.equations[0].right, Only)

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that it defines."""
        return tuple(equation.name for equation in self.equations)


@dataclass
class Layout:
    """The packs of a program, by member; the names in `alone` are in none, where they stand is settled.

    The values of the names in `varying` differ between the sequences of a batch. `home` is the part, forward or backward, that computes a
    name; one that is given has none. A pack is an array of one part: the other one would write over what is there.
    """

    variables: dict[str, Variable]
    alone: frozenset[str]
    varying: frozenset[str] = frozenset()
    home: dict[str, int] = field(default_factory=dict)
    packs: dict[str, Pack] = field(default_factory=dict)

    def run(self, names: tuple[str, ...]) -> tuple[Pack, int] | None:
        """The pack in which the names lie side by side in this order, and where they begin; None if there is none."""
        pack = self.packs.get(names[0])
        if pack is None:
            return None
        start = pack.members.index(names[0])
        return (pack, start) if pack.members[start : start + len(names)] == names else None

    def fits(self, names: tuple[str, ...]) -> bool:
        """Whether the names lie side by side, or can still be laid so."""
        return self.run(names) is not None or self._members(names) is not None

    def lay(self, names: tuple[str, ...]) -> None:
        """Lay the names side by side, if they do not lie so already; they fit."""
        if self.run(names) is not None or (members := self._members(names)) is None:
            return
        known = next((self.packs[name].name for name in names if name in self.packs), None)
        taken = [*self.variables, *(pack.name for pack in self.packs.values())]
        pack = Pack(known or fresh(pack_name(names), taken), members)
        self.packs.update(dict.fromkeys(members, pack))

    def _members(self, names: tuple[str, ...]) -> tuple[str, ...] | None:
        """The members of the pack that names are to lie in: a new one, or one that is continued by them at an end; None if they fit in none."""
        free = [name for name in names if name not in self.packs]
        packs = {self.packs[name] for name in names if name in self.packs}
        if len(set(names)) < len(names) or len(packs) > 1 or any(name in self.alone for name in free):
            return None
        old = next(iter(packs)).members if packs else ()
        if len({self.home.get(name) for name in (*names, *old)}) > 1 or len({self.variables[name].shape for name in (*names, *old)}) > 1:
            return None
        shared = len(names) - len(free)
        if names[len(free) :] == old[:shared]:
            return (*names, *old[shared:])
        return (*old[:-shared], *names) if names[:shared] == old[-shared:] else None


def pack_name(names: tuple[str, ...]) -> str:
    """A name for a pack: W for W_f and W_i, fio for f, i and o."""
    letters = {name.split("_")[0] for name in names}
    if len(letters) == 1 and all("_" in name for name in names):
        return letters.pop()
    joined = "".join(names)
    return joined if len(joined) <= 8 else f"{names[0]}_to_{names[-1]}"


@dataclass(frozen=True)
class Form:
    """An equation with its slots taken out: `key` is what isomorphic equations share.

    An operand outside a product that has other rows than the left side fits one equation only, so it makes the key unlike all others.
    """

    equation: Equation
    key: tuple[object, ...]
    slots: tuple[str, ...]


def plan(parts: list[tuple[System, tuple[Block, ...]]], states: list[str]) -> tuple[Layout, list[list[list[Statement]]]]:
    """The packs of two scheduled systems, forward and backward, and for each system and block its statements in order.

    `states` are sequences whose values at single times are asked for, whether or not an equation reads them so.
    """
    variables = {name: each for system, _ in reversed(parts) for name, each in system.variables.items()}
    varies = varying(*(system for system, _ in parts))
    single = [name for name in varies if not (variables[name].is_sequence and variables[name].shape[1] == 1)]
    settled = [name for system, _ in parts for name in _settled(system, variables)]
    home = {equation.name: part for part, (system, _) in enumerate(parts) for equation in system.equations}
    layout = Layout(variables, frozenset([*states, *single, *settled]), varies, home)
    groups: list[tuple[System, Block, tuple[Form, ...]]] = []
    for system, blocks in parts:
        for block in blocks:
            groups += [(system, block, group) for group in _isomorphic(block, system, with_product=True)]
    joined: dict[int, list[tuple[Equation, ...]]] = {}
    for system, block, group in sorted(groups, key=lambda each: -len(each[2])):
        for order in _orders(group, layout, system):
            if _join(layout, block, order, joined):
                break
    for system, blocks in parts:
        for block in blocks:
            _lay_sums(layout, block, system)
            for group in _isomorphic(block, system, with_product=False):
                for run in _runs(layout, group):
                    _join(layout, block, run, joined)
    return layout, [[_statements(block, joined.get(id(block), [])) for block in blocks] for _, blocks in parts]


def _settled(system: System, variables: dict[str, Variable]) -> list[str]:
    """What stays where it is: sequences given from outside, those with rows for values outside 1..T, matrices computed on the way."""
    given = [name for name, each in variables.items() if each.role in (Role.INPUT, Role.CLOCK) and each.is_sequence]
    matrices = [str(leaf) for each in system.equations for leaf in each.reads if isinstance(leaf, sp.Symbol)]
    computed = [name for name in matrices if variables[name].role not in (Role.PARAMETER, Role.CONSTANT)]
    return [*given, *computed, *(each.name for each in system.states)]


def _isomorphic(block: Block, system: System, with_product: bool) -> list[tuple[Form, ...]]:
    """The groups of two or more isomorphic equations of a block."""
    groups: dict[tuple[object, ...], list[Form]] = {}
    for equation in block.equations:
        if any(isinstance(part, nodes.MatMul) for part in nodes.parts(equation.right)) == with_product:
            form = _form(equation, system)
            groups.setdefault(form.key, []).append(form)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _form(equation: Equation, system: System) -> Form:
    slots: list[str] = []
    kinds: list[object] = []
    rows = system[equation.name].shape[0]

    def slot(leaf: Expr) -> Expr:
        is_read = isinstance(leaf, sp.Indexed)
        name = nodes.sequence_name(leaf) if is_read else str(leaf)
        slots.append(name)
        kinds.append((nodes.offset(leaf) if is_read else None, system[name].shape))
        if system[name].shape[0] != rows:
            kinds.append(equation.name)
        return sp.Symbol(f"slot {len(slots)}", real=True)

    def change(part: Expr) -> Expr | None:
        if isinstance(part, sp.Indexed) or (isinstance(part, sp.Symbol) and not part.is_integer):
            return slot(part)
        if isinstance(part, nodes.MatMul) and isinstance(part.args[0], (sp.Indexed, sp.Symbol)):
            return nodes.MatMul(slot(part.args[0]), part.args[1])
        if isinstance(part, nodes.Composite):
            kinds.append(equation.name)
        if not isinstance(part, nodes.Linear) or isinstance(part, nodes.OverTime):
            return None
        if system.shape(part)[0] != 1:
            kinds.append(equation.name)
        return part

    body = nodes.rewrite(equation.right, change)
    variable = system[equation.name]
    return Form(equation, (body, tuple(kinds), variable.shape, variable.is_sequence), tuple(slots))


def _orders(group: tuple[Form, ...], layout: Layout, system: System) -> Iterator[tuple[Form, ...]]:
    """The group in the order of packs that exist already, what is in none of them first or last, or as the functions are that values go into."""

    def place(form: Form) -> int | None:
        known = next((each for each in (system[form.equation.name].of, *form.slots) if each in layout.packs), None)
        return layout.packs[known].members.index(known) if known else None

    function = {form.equation.name: function_of(form.equation.name, system) for form in group}
    functions = list(dict.fromkeys(function.values()))
    free = sorted((form for form in group if place(form) is None), key=lambda form: functions.index(function[form.equation.name]))
    known = sorted((form for form in group if place(form) is not None), key=lambda form: place(form) or 0)
    yield (*known, *free)
    if known and free:
        yield (*free, *known)


def _join(layout: Layout, block: Block, group: tuple[Form, ...], joined: dict[int, list[tuple[Equation, ...]]]) -> bool:
    """Make one statement of a group, if its names can lie side by side and no member needs another; equal equations have nothing to lay so."""
    if not group[0].slots:
        return False
    tuples = [tuple(form.equation.name for form in group), *zip(*(form.slots for form in group), strict=True)]
    equations = tuple(form.equation for form in group)
    laid = replace(layout, packs=dict(layout.packs))
    for names in tuples:
        if not laid.fits(names):
            return False
        laid.lay(names)
    known = joined.setdefault(id(block), [])
    if not nx.is_directed_acyclic_graph(_needs(block, [*known, equations], overwriting=False)):
        return False
    layout.packs = laid.packs
    known.append(equations)
    return True


def _needs(block: Block, groups: list[tuple[Equation, ...]], overwriting: bool) -> nx.DiGraph:
    """What must be computed before what at the same t, each group as one node, named by its first member.

    With `overwriting`, what reads a value of the step before also comes before the equation that overwrites it.
    """
    head = {equation.name: group[0].name for group in groups for equation in group}
    graph = nx.DiGraph()
    for equation in block.equations:
        own = head.get(equation.name, equation.name)
        graph.add_node(own)
        for leaf in equation.reads:
            name = nodes.name_of(leaf)
            if name not in block.names:
                continue
            other = head.get(name, name)
            if not block.is_loop or nodes.offset(leaf) == 0:
                graph.add_edge(other, own)
            elif overwriting and other != own:
                graph.add_edge(own, other)
    return graph


def _statements(block: Block, groups: list[tuple[Equation, ...]]) -> list[Statement]:
    """The statements of a block in order, those that one clock decides together; where possible nothing is overwritten before it is read."""
    place = {equation.name: at for at, equation in enumerate(block.equations)}
    by_head = {group[0].name: group for group in groups}
    graph = _needs(block, groups, overwriting=True)
    if not nx.is_directed_acyclic_graph(graph):
        graph = _needs(block, groups, overwriting=False)
    statements = {name: Statement(by_head.get(name) or (block.equations[place[name]],)) for name in graph}
    order: list[Statement] = []
    waiting = dict(graph.in_degree)
    ready: dict[str, list[tuple[int, str]]] = {}
    for name, count in waiting.items():
        if count == 0:
            heappush(ready.setdefault(statements[name].clock, []), (place[name], name))
    while any(ready.values()):
        clock = order[-1].clock if order else ""
        _, first = heappop(ready[clock] if ready.get(clock) else min(filter(None, ready.values())))
        order.append(statements[first])
        for other in graph.successors(first):
            waiting[other] -= 1
            if waiting[other] == 0:
                heappush(ready.setdefault(statements[other].clock, []), (place[other], other))
    return order


def _lay_sums(layout: Layout, block: Block, system: System) -> None:
    """Lay the factors on one side of a sum of products side by side where those on the other side lie so."""
    for equation in block.equations:
        for right in plain(equation.right):
            for run in product_runs(right, layout):
                for names in zip(*map(_factor_names, run), strict=True):
                    layout.lay(names)


def product_runs(expr: Expr, layout: Layout) -> Iterator[tuple[Expr, ...]]:
    """The terms U_f^T v_f, U_i^T v_i, ... of a sum, two or more, that are one product over packs (or can be laid so)."""
    terms = [term for term in (expr.args if isinstance(expr, sp.Add) else ()) if _is_transposed_product(term)]
    by_pack: dict[tuple[int, str], list[Expr]] = {}
    for term in terms:
        for side, name in enumerate(_factor_names(term)):
            if name in layout.packs:
                by_pack.setdefault((side, layout.packs[name].name), []).append(term)
    seen: set[Expr] = set()
    for (side, _), group in sorted(by_pack.items(), key=lambda each: -len(each[1])):
        members = layout.packs[_factor_names(group[0])[side]].members
        run = tuple(sorted(group, key=lambda term, side=side, members=members: members.index(_factor_names(term)[side])))  # type: ignore[misc]
        sides = list(zip(*map(_factor_names, run), strict=True))
        if len(run) > 1 and seen.isdisjoint(run) and layout.run(sides[side]) and layout.fits(sides[1 - side]):
            seen |= set(run)
            yield run


def _factor_names(term: Expr) -> tuple[str, str]:
    """The names of U and v in U^T v."""
    return str(term.args[0].args[0]), nodes.sequence_name(term.args[1])


def _joined_products(expr: Expr, layout: Layout) -> Expr:
    """A sum with each run of products over packs as one product, in the place of its first; in all branches."""
    if isinstance(expr, (Only, Where)):
        return nodes.rebuild(expr, (expr.args[0], *(_joined_products(part, layout) for part in expr.args[1:])))
    rest, branches = split(expr)
    if branches:
        return nodes.add(_joined_products(rest, layout), *(_joined_products(branch, layout) for branch in branches))
    for run in list(product_runs(expr, layout)):
        lefts, rights = [term.args[0].args[0] for term in run], [term.args[1] for term in run]
        if layout.run(tuple(map(str, lefts))) is None or layout.run(tuple(map(nodes.sequence_name, rights))) is None:
            continue
        joined = nodes.MatMul(nodes.Transpose(Beside(*lefts)), Beside(*rights))
        gone = set(run)
        place = next(at for at, term in enumerate(expr.args) if term in gone) if isinstance(expr, sp.Add) else 0
        rest = [term for term in expr.args if term not in gone]
        expr = nodes.add(*rest[:place], joined, *rest[place:])
    return expr


def _beside(own: list[Expr]) -> Expr:
    """Isomorphic expressions as one, with Beside where they differ."""
    if all(each == own[0] for each in own):
        return own[0]
    if isinstance(own[0], (sp.Indexed, sp.Symbol)):
        return Beside(*own)
    columns = zip(*(each.args for each in own), strict=True)
    return nodes.rebuild(own[0], tuple(_beside(list(column)) for column in columns))


def _is_transposed_product(term: Expr) -> bool:
    return (
        isinstance(term, nodes.MatMul)
        and isinstance(term.args[0], nodes.Transpose)
        and isinstance(term.args[0].args[0], sp.Symbol)
        and isinstance(term.args[1], sp.Indexed)
    )


def _runs(layout: Layout, group: tuple[Form, ...]) -> Iterator[tuple[Form, ...]]:
    """The longest runs of a group whose slots lie side by side already."""
    if not group[0].slots or any(slot not in layout.packs for form in group for slot in form.slots):
        return
    ordered = sorted(group, key=lambda form: (layout.packs[form.slots[0]].name, layout.packs[form.slots[0]].members.index(form.slots[0])))
    run: list[Form] = []
    for form in ordered:
        if run and not all(layout.run((last, slot)) for last, slot in zip(run[-1].slots, form.slots, strict=True)):
            if len(run) > 1:
                yield tuple(run)
            run = []
        run.append(form)
    if len(run) > 1:
        yield tuple(run)
