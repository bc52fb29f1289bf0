"""Passes that make a derived system cheap to run; each gives equations that define the same values.

share     a function value that both the forward and the backward pass need is named once and kept
carry     what reaches an adjoint from another time is named where it is computed: no value outside 1..T is touched
inline    a product that one other product alone needs is computed in there
collect   products of several values with one matrix, or sums of them over time, are one of the sum of these values
invariant functions in a loop that do not change with t are computed before it
hoist     terms that do not depend on a loop are computed before it
common    a product that stands in several places is computed once
factor    and so are factors
apart     products of values of loops that go opposite ways are added up one way after the other
prune     what nobody reads is not computed
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, add, mul, shift
from derive.algebra.shapes import SCALAR, Shape
from derive.calculus.names import fresh
from derive.errors import MissingRule
from derive.program.naming import Naming
from derive.program.schedule import Block, schedule
from derive.system import Boundary, Equation, Kind, Role, System, Variable


def share(forward: System, adjoint: System) -> tuple[System, System]:
    """Both systems, with a name for each function value that both compute at t: tanh_c_t = tanh(c_t)."""
    used = {part for equation in forward.equations for part in nodes.parts(equation.right) if part != equation.right}
    found = (part for equation in adjoint.equations for part in nodes.parts(equation.right))
    taken, names = {*adjoint.variables}, {}
    for part in dict.fromkeys(part for part in found if part in used and _is_of_value(part)):
        names[part] = fresh(f"{type(part).__name__}_{nodes.sequence_name(part.args[0])}", taken)
        taken.add(names[part])
    return _named(forward, names, Role.DEFINED), _named(adjoint, names, Role.INPUT)


def _is_of_value(part: Expr) -> bool:
    """Whether a part is a function of a sequence's value at t."""
    return isinstance(part, nodes.Elementwise) and isinstance(part.args[0], sp.Indexed) and nodes.offset(part.args[0]) == 0


def _named(system: System, names: Mapping[Expr, str], role: Role) -> System:
    """The system with variables of these names in the place of these parts; where they are defined, each before what first reads it."""
    variables = {part: Variable(name, role, system.shape(part)) for part, name in names.items()}
    symbols = {part: each.symbol for part, each in variables.items()}
    equations = [replace(each, right=nodes.replace(each.right, symbols)) for each in system.equations] if symbols else system.equations
    if role is not Role.DEFINED:
        return system.with_equations(equations, variables.values())
    rank = {each.symbol: (at, part) for at, (part, each) in enumerate(variables.items())}
    placed: list[Equation] = []
    for equation in equations:
        for _, part in sorted(rank.pop(leaf) for leaf in equation.reads if leaf in rank):
            placed.append(Equation(symbols[part], part, equation.number))
        placed.append(equation)
    return system.with_equations(placed, variables.values())


def carry(adjoint: System, farthest: Mapping[str, int] = MappingProxyType({})) -> System:
    """The adjoint system with what an adjoint reads at t + k named at t: hbar_next_t = U^T abar_t, and hbar_t = dLdh_t + hbar_next_{t+1}.

    A term whose adjoints stand at t + k is zero for t + k outside 1..T, whatever else it reads, and so is the name's boundary. Of an
    adjoint that reads others at t + k, `farthest` has the greatest k: if no term is left there, zero has a name, by which gradients come from
    outside.
    """
    added: dict[str, Variable] = {}
    taken = {*adjoint.variables}
    equations: list[Equation] = []
    at_boundary: dict[tuple[str, int], str] = {}
    for equation in adjoint.equations:
        if equation.is_boundary:
            continue
        groups: dict[int, list[Expr]] = {}
        for term in _terms(equation.right):
            groups.setdefault(_lead(term, adjoint), []).append(term)
        moved = groups.pop(0, [])
        if groups and equation.name in farthest:
            groups.setdefault(farthest[equation.name], [])
        for lead in sorted(groups, key=abs):
            name = fresh(_carried(equation.name, lead), taken)
            taken.add(name)
            added[name] = Variable(
                name, Role.DEFINED, adjoint[equation.name].shape, boundary=Boundary.ZERO, kind=Kind.OPERAND, of=equation.name
            )
            now = add(*(shift(term, -lead) for term in groups[lead]))
            if adjoint.shape(now) != added[name].shape:
                now = nodes.Broadcast(now, *added[name].shape)
            equations.append(Equation(added[name].symbol, now, equation.number))
            moved.append(added[name].at(nodes.t + lead))
            at_boundary[equation.name, lead] = name
        equations.append(replace(equation, right=add(*moved)))
    for equation in adjoint.equations:
        if equation.is_boundary:
            equations.append(_carried_boundary(equation, adjoint[equation.name].shape, at_boundary, added))
    return adjoint.with_equations(equations, added.values())


def _carried(name: str, lead: int) -> str:
    way = "next" if lead > 0 else "previous"
    return f"{name}_{way}" if abs(lead) == 1 else f"{name}_{way}{abs(lead)}"


def _terms(expr: Expr) -> tuple[Expr, ...]:
    return expr.args if isinstance(expr, sp.Add) else (expr,)


def _lead(term: Expr, adjoint: System) -> int:
    """How far from t the adjoints in a term are read; 0 inside a sum over time.

    Raises:
        MissingRule: one stands at another time than the others, so that the term cannot be carried as one.
    """
    if any(isinstance(part, nodes.OverTime) for part in nodes.parts(term)):
        return 0
    reads = [leaf for leaf in nodes.leaves(term) if isinstance(leaf, sp.Indexed)]
    leads = {int(nodes.offset(leaf)) for leaf in reads if adjoint[nodes.sequence_name(leaf)].kind in (Kind.ADJOINT, Kind.UPSTREAM)}
    if len(leads) > 1:
        raise MissingRule(f"a term reads adjoints at several times: {term}", advice="let each term of an adjoint read those of one time")
    return leads.pop() if leads else 0


def _carried_boundary(equation: Equation, shape: Shape, known: dict[tuple[str, int], str], added: dict[str, Variable]) -> Equation:
    """hbar_0 as the sum of what the steps 1..T carried to it."""
    time = equation.left.indices[0]
    inside = [(lead, name) for (owner, lead), name in known.items() if owner == equation.name and _within(time + lead)]
    if not inside:
        return replace(equation, right=nodes.Zeros(*shape))
    return replace(equation, right=add(*(added[name].at(time + lead) for lead, name in inside)))


def _within(time: Expr) -> bool:
    """Whether a time such as 1, 0, T or T + 1 lies in 1..T."""
    since, until = time - 1, nodes.T - time
    return (since.is_nonnegative is True or since.has(nodes.T)) and (until.is_nonnegative is True or until.has(nodes.T))


def hoist(system: System) -> System:
    """The system with the terms of a loop's equations that do not depend on the loop, and contain a product, named before it."""
    naming = Naming(system)
    for block in schedule(system):
        if not block.is_loop:
            continue
        own = block.names
        for equation in block.equations:
            terms = _terms(equation.right)
            free = [term for term in terms if not _reads(term, own) and _is_cheaper_before(term, system)]
            if len(free) == len(terms) or not any(
                isinstance(part, (nodes.MatMul, nodes.Solve)) for term in free for part in nodes.parts(term)
            ):
                continue
            before = naming.name(add(*free), _hoisted(equation.name), equation)
            naming.change(equation, add(before, *(term for term in terms if term not in free)))
    return naming.system


def _is_cheaper_before(term: Expr, system: System) -> bool:
    """Whether a term may be computed for all t at once; a matrix at each t would only be written and read once more."""
    return not (nodes.is_sequence(term) and system.shape(term)[1] != 1)


def invariant(system: System) -> System:
    """The system with a name before the loop for each function in it that does not change with t: exp_lambda = exp(lambda)."""
    looped = {name for block in schedule(system) if block.is_loop for name in block.names}
    equations: list[Equation] = []
    taken = {*system.variables}
    known: dict[Expr, Variable] = {}
    for equation in system.equations:

        def named(part: Expr, number: int = equation.number) -> Expr | None:
            if not _is_invariant(part):
                return None
            if part not in known:
                name = fresh("_".join([type(part).__name__.lower(), *map(str, nodes.leaves(part))]), taken)
                taken.add(name)
                known[part] = Variable(name, Role.DEFINED, system.shape(part), is_sequence=False)
                equations.append(Equation(known[part].symbol, part, number))
            return known[part].symbol

        equations.append(replace(equation, right=nodes.rewrite(equation.right, named)) if equation.name in looped else equation)
    return system.with_equations(equations, known.values())


def _is_invariant(part: Expr) -> bool:
    """Whether a part is a function, or a constant, that takes work and reads no sequence."""
    is_work = isinstance(part, (nodes.Elementwise, nodes.Composite, nodes.Lower, nodes.Solve))
    return is_work and not any(isinstance(leaf, sp.Indexed) for leaf in nodes.leaves(part))


def inline(system: System) -> System:
    """The system with each product that a loop computes for one other product alone put in there, so that its fixed factors meet."""
    loops = {name: block for block in schedule(system) if block.is_loop for name in block.names}
    uses = Counter(
        nodes.name_of(part)
        for equation in system.equations
        for part in nodes.parts(equation.right)
        if isinstance(part, sp.Indexed) or (isinstance(part, sp.Symbol) and not part.is_integer)
    )
    once = {
        equation.left: equation.right
        for equation in system.equations
        if equation.name in loops and isinstance(equation.right, sp.Mul) and uses[equation.name] == 1
    }
    gone: set[Expr] = set()
    equations = []

    def within(product: Expr, name: str) -> list[Expr]:
        return [each for each in _factors(product) if each in once and loops.get(name) is loops[nodes.name_of(each)]]

    for equation in system.equations:
        terms = []
        for term in _terms(equation.right):
            inner = [each for each in within(term, equation.name) if not within(once[each], nodes.name_of(each))]
            gone |= set(inner)
            terms.append(mul(*(once[each] if each in inner else each for each in _factors(term))) if inner else term)
        equations.append(replace(equation, right=add(*terms)))
    return inline(system.with_equations(each for each in equations if each.left not in gone)) if gone else system


def collect(system: System) -> System:
    """The system with W^T abar_f_t + W^T abar_i_t as W^T abar_sum_t, where abar_sum_t = abar_f_t + abar_i_t; and sums over time likewise."""
    equations: list[Equation] = []
    added: list[Variable] = []
    taken = {*system.variables}
    known: dict[Expr, Expr] = {}
    for equation in system.equations:
        terms = list(_terms(equation.right))
        while len(group := _alike(terms, system)) > 1:
            first, *others = group
            total = add(*(_operands(terms[at])[place] for at, place in group.items()))
            if total not in known:
                name = fresh(f"{_stem(total)}_sum", taken)
                taken.add(name)
                added.append(Variable(name, Role.DEFINED, system.shape(total)))
                known[total] = added[-1].symbol
                equations.append(Equation(known[total], total, equation.number))
            terms[first] = _with_operand(terms[first], group[first], known[total])
            terms = [term for at, term in enumerate(terms) if at not in others]
        equations.append(replace(equation, right=add(*terms)))
    return system.with_equations(equations, added)


def _alike(terms: list[Expr], system: System) -> dict[int, int]:
    """The most of some terms that differ in one operand only, a column at t, by their places, with the place of that operand."""
    groups: dict[tuple[object, ...], dict[int, int]] = {}
    for at, term in enumerate(terms):
        operands = _operands(term)
        for place, value in enumerate(operands):
            is_read = isinstance(value, sp.Indexed) and nodes.offset(value) == 0 and nodes.sequence_name(value) in system.variables
            if is_read and system.shape(value)[1] == 1:
                others = *operands[:place], *operands[place + 1 :]
                groups.setdefault((isinstance(term, nodes.OverTime), place, *others), {})[at] = place
    return max(groups.values(), key=len, default={})


def _operands(term: Expr) -> tuple[Expr, ...]:
    """The factors of a product, or of a sum of products over time; what is summed over time; nothing of other terms."""
    inner = term.args[0] if isinstance(term, nodes.OverTime) else term
    return inner.args if isinstance(inner, nodes.MatMul) else (inner,) if inner is not term else ()


def _with_operand(term: Expr, place: int, value: Expr) -> Expr:
    """A term with a value in the place of one of its operands."""
    operands = _operands(term)
    changed = (*operands[:place], value, *operands[place + 1 :])
    inner = nodes.MatMul(*changed) if len(changed) > 1 else value
    return nodes.OverTime(inner) if isinstance(term, nodes.OverTime) else inner


def _stem(total: Expr) -> str:
    """What the name of a sum begins with: abar for abar_f_t + abar_i_t."""
    return nodes.sequence_name(total.args[0]).partition("_")[0]


def common(system: System) -> System:
    """The system with a name for each product or solve with a column that is computed more than once: Uh_t = U h_{t-1}."""
    kinds = nodes.MatMul, nodes.Solve
    products = [part for equation in system.equations for part in nodes.parts(equation.right) if isinstance(part, kinds)]
    taken, names = {*system.variables}, dict[Expr, str]()
    for part in (each for each, count in Counter(products).items() if count > 1 and nodes.is_sequence(each) and system.shape(each)[1] == 1):
        if not any(inner in names for inner in nodes.parts(part)):
            names[part] = fresh("".join(map(nodes.name_of, nodes.leaves(part))), taken)
            taken.add(names[part])
    return _named(system, names, Role.DEFINED)


def factor(system: System) -> System:
    """The system with what multiplies a loop's values and does not depend on the loop named before it: s_f_t = f_t * (1 - f_t)."""
    naming = Naming(system)
    for block in schedule(system):
        own = block.names
        for equation in block.equations if block.is_loop else ():
            terms = []
            for term in _terms(equation.right):
                fixed = [each for each in _factors(term) if not _is_known(each, system) and not _reads(each, own)]
                if not _is_work(fixed):
                    terms.append(term)
                    continue
                known = naming.name(mul(*fixed), _slope(system[equation.name], equation), equation)
                terms.append(mul(*(each for each in _factors(term) if each not in fixed), known))
            naming.change(equation, add(*terms))
    return naming.system


def apart(system: System) -> System:
    """The system with a name for the first part of a sum of products of loops that go opposite ways, as loops both ways leave it.

    xbar_part_t = W^T abar_t, and xbar_t = xbar_part_t + V^T kbar_t: so abar need not be kept until kbar is known.
    """
    loops = {name: block for block in schedule(system) if block.is_loop for name in block.names}
    rank = {name: at for at, name in enumerate(loops)}
    equations: list[Equation] = []
    added: list[Variable] = []
    taken = {*system.variables}
    for equation in system.equations:
        ways = {term: way for term in _terms(equation.right) if (way := _way(term, loops))} if equation.name not in loops else {}
        if len(set(ways.values())) == 2 and not equation.is_boundary:
            earlier = min(ways, key=lambda term: min(map(rank.__getitem__, _looped(term, loops))))
            own = [term for term, way in ways.items() if way == ways[earlier]]
            name = fresh(f"{equation.name}_part", taken)
            taken.add(name)
            added.append(Variable(name, Role.DEFINED, system[equation.name].shape))
            equations.append(Equation(added[-1].symbol, add(*own), equation.number))
            rest = [term for term in _terms(equation.right) if term not in own]
            equation = replace(equation, right=add(added[-1].symbol, *rest))
        equations.append(equation)
    return system.with_equations(equations, added)


def _looped(term: Expr, loops: Mapping[str, Block]) -> list[str]:
    return [name for name in map(nodes.name_of, nodes.leaves(term)) if name in loops]


def _way(term: Expr, loops: Mapping[str, Block]) -> int:
    """The direction of the loop that computes what a product of a matrix is of; 0 where a term is none, or of several loops."""
    found = {loops[name].direction for name in _looped(term, loops)}
    return found.pop() if len(found) == 1 and isinstance(term, nodes.MatMul) and nodes.is_sequence(term) else 0


def _factors(term: Expr) -> tuple[Expr, ...]:
    """The factors of a product; nothing of what is none."""
    return term.args if isinstance(term, sp.Mul) else ()


def _is_known(expr: Expr, system: System) -> bool:
    """Whether a factor is a number, or one that a clock decides."""
    read = [system[nodes.name_of(leaf)] for leaf in nodes.leaves(expr)]
    return not read or any(each.clock is not None and each.shape == SCALAR for each in read)


def _is_work(factors: list[Expr]) -> bool:
    """Whether a product of these takes more than a read, and changes with t."""
    varies = any(isinstance(leaf, sp.Indexed) for each in factors for leaf in nodes.leaves(each))
    return varies and (len(factors) > 1 or not isinstance(factors[0], sp.Indexed))


def _slope(variable: Variable, equation: Equation) -> str:
    """s_f for what multiplies the adjoint of f, or of its pre-activation, before the loop."""
    return f"s_{(variable.of or equation.name).removeprefix('a_')}"


def _reads(term: Expr, names: frozenset[str]) -> bool:
    return any(isinstance(leaf, sp.Indexed) and nodes.sequence_name(leaf) in names for leaf in nodes.leaves(term))


def _hoisted(name: str) -> str:
    """p_f for what is known of a_f before the loop."""
    return f"p_{name.removeprefix('a_')}"


def prune(system: System, wanted: Iterable[str]) -> System:
    """The system without the equations that none of the wanted variables depends on; boundary equations stay."""
    needed = set(wanted)
    for equation in system.equations:
        if equation.is_boundary:
            needed |= {nodes.name_of(leaf) for leaf in equation.reads}
    pending = sorted(needed)
    while pending:
        name = pending.pop()
        if not system.defines(name):
            continue
        for leaf in system.equation(name).reads:
            if nodes.name_of(leaf) not in needed:
                needed.add(nodes.name_of(leaf))
                pending.append(nodes.name_of(leaf))
    return system.with_equations(each for each in system.equations if each.is_boundary or each.name in needed)
