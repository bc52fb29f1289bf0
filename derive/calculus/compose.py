"""Networks from parts: Systems to a System.

The law: a composition adds no equation of its own. What joins two values, such as a sum or a concatenation, is a System too, with an input
for each. The sizes of what is joined become one, and where a part takes the place of an input nothing is left of that input.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

import sympy as sp

from derive.algebra import clocks, nodes
from derive.algebra.clocks import Clock
from derive.algebra.nodes import Expr
from derive.algebra.shapes import SCALAR
from derive.calculus.names import fresh
from derive.errors import RecurrenceError, ShapeError
from derive.system import Boundary, Equation, Role, System, Variable

FORWARD, BACKWARD = "fwd", "bwd"
"""The labels of the two directions."""


def follow(lower: System, upper: System) -> System:
    """The network in which the first input of `upper` is the first output of `lower`; its outputs are those of `upper`.

    A name of `upper` that `lower` has too is replaced by a new one. Where `lower` says n_h, `upper` does too. An output that is one value for
    the whole sequence is read at each step; if `upper` has no memory, then it runs on that value once.

    Raises:
        RecurrenceError: `upper` has no input, or needs one value where `lower` has a sequence.
        ShapeError: two sizes that are numbers differ.
    """
    if not upper.inputs:
        raise RecurrenceError(f"{upper.name} has no input", advice="put it first, or give it one")
    return attach(lower, upper, {upper.inputs[0].name: lower.outputs[0]})


def stack(*parts: System) -> System:
    """A deep network: each part reads the first output of the part below it.

    Parts that have a name in common carry their number in all their names: h_1, h_2. (El Hihi and Bengio, NIPS 1995; Graves 2013, equation 11.)
    """
    network, *others = _numbered(parts)
    for each in others:
        network = follow(network, each)
    return network


def reverse(system: System) -> System:
    """The system that reads its inputs from the last step to the first: each lag is a lead, and clocks count from the other end."""
    table = {each.name: each.clock.mirror for each in system.variables.values() if each.clock}
    names = {own: clock.name for own, clock in table.items()}

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, sp.Indexed):
            return None
        name = nodes.sequence_name(part)
        return nodes.sequence(names.get(name, name))[nodes.t - nodes.offset(part)]

    equations = [replace(each, right=nodes.rewrite(each.right, change)) for each in system.equations]
    variables = [replace(each, name=names.get(each.name, each.name), clock=table.get(each.name)) for each in system.variables.values()]
    return _ended(replace(system, equations=tuple(equations), variables={each.name: each for each in variables}))


def combine(first: System, second: System, by: System) -> System:
    """Two systems that read the same inputs, the first one and those of one name; what they give are the first two inputs of `by`.

    Raises:
        RecurrenceError: one of them has no input, or `by` has fewer than two.
    """
    _need(by, 2)
    _need(first, 1)
    _need(second, 1)
    common = {each.name: each.name for each in second.inputs if each.name in {own.name for own in first.inputs}}
    both = attach(first, second, {**common, second.inputs[0].name: first.inputs[0].name})
    left, right = (each.name for each in by.inputs[:2])
    return attach(both, by, {left: first.outputs[0], right: both.outputs[0]})


def bidirectional(forward: System, backward: System, by: System) -> System:
    """Two systems, one from the first step to the last and one from the last to the first; `by` reads both.

    The names of the first carry an arrow to the right, those of the second an arrow to the left. (Schuster and Paliwal 1997, section 2.)
    """
    common = {each.name for each in (*forward.inputs, *backward.inputs)}
    return combine(labelled(forward, FORWARD, common), labelled(reverse(backward), BACKWARD, common), by)


def residual(system: System, by: System) -> System:
    """The system with a way around it: `by` reads its first output and its first input, which it usually adds. (He et al. 2016, equation 1.)"""
    _need(by, 2)
    _need(system, 1)
    left, right = (each.name for each in by.inputs[:2])
    return attach(system, by, {left: system.outputs[0], right: system.inputs[0].name})


def encode_decode(encoder: System, decoder: System) -> System:
    """An encoder and a decoder over one sequence of steps; the outputs are the decoder's.

    An input that the decoder reads as a whole, to attend to it, is the encoder's first output. (Bahdanau, Cho and Bengio 2015.) A state of the
    decoder that is read one step before and that the encoder has too starts at the encoder's last value of it. (Sutskever, Vinyals and Le 2014.)

    Raises:
        RecurrenceError: the decoder neither reads an input as a whole nor has a state in common with the encoder.
    """
    upper, lower = labelled(decoder, "dec"), labelled(encoder, "enc")
    summed = {nodes.sequence_name(read) for each in upper.equations for read in nodes.summed(each.right)}
    attended = [each.name for each in upper.inputs if each.name in summed]
    shared = [each.name for each in decoder.states if encoder.defines(each.name) and each.role is Role.DEFINED]
    shared = [name for name in shared if decoder.reach[name] == (-1, 0) and decoder[name].boundary is Boundary.GIVEN]
    if not attended and not shared:
        states = ", ".join(each.name for each in decoder.states) or "none"
        raise RecurrenceError(
            f"nothing goes from {encoder.name} to {decoder.name}: it attends to no input, and its states ({states}) are not the encoder's",
            advice="take one that has a state of the same name, or that reads an input as a whole, such as bahdanau_decoder",
        )
    network = attach(lower, upper, dict.fromkeys(attended, lower.outputs[0]))
    for name in shared:
        network = _started(network, f"{name}_dec", f"{name}_enc")
    return network


def _started(system: System, name: str, source: str) -> System:
    """The system in which the state `name` starts at the last value of `source`."""
    last = fresh(f"{source}_last", system.variables)
    value, state = nodes.parameter(last), system[name]
    table = {state.at(nodes.t - 1): clocks.started(name, value)}
    number = max(each.number for each in system.equations) + 1
    ending = Equation(value, clocks.last(source), number)
    equations = [replace(each, right=nodes.replace(each.right, table)) for each in system.equations]
    new = [kind for kind in ("first", "last") if kind not in system.variables]
    extra = [Variable(kind, Role.CLOCK, SCALAR, True, Boundary.ZERO, clock=Clock(kind)) for kind in new]
    extra += [Variable(last, Role.DEFINED, system[source].shape, is_sequence=False), replace(state, boundary=Boundary.ZERO)]
    made = _unified(system.with_equations([*equations, ending], extra), [(state.shape, system[source].shape)])
    return _numbered_from_one(made)


def attach(lower: System, upper: System, wires: Mapping[str, str]) -> System:
    """Both systems as one in which inputs of `upper` (the keys) are values of `lower`; the outputs and the loss are those of `upper`.

    Raises:
        RecurrenceError: an input that is one value for the whole sequence is given a sequence.
        ShapeError: two sizes that are numbers differ.
    """
    values = {entry: lower[name] for entry, name in wires.items()}
    for entry, value in values.items():
        if value.is_sequence and not upper[entry].is_sequence:
            raise RecurrenceError(
                f"{entry} of {upper.name} is one value, and {value.name} of {lower.name} has one at each t",
                advice="put last or mean between the two, which make one value of a sequence",
            )
    if values and not any(each.is_sequence for each in values.values()) and _has_no_memory(upper):
        upper = _still(upper)
    renamed_upper = renamed(upper, _away_from(upper, lower, wires))
    names = dict(zip(upper.variables, renamed_upper.variables, strict=True))
    entries = {names[entry]: value for entry, value in values.items()}

    def change(part: Expr) -> Expr | None:
        name = nodes.name_of(part)
        if name not in entries or part.is_integer:
            return None
        return entries[name].at(part.indices[0]) if isinstance(part, sp.Indexed) else entries[name].symbol

    equations = [replace(each, right=nodes.rewrite(each.right, change), line=0) for each in renamed_upper.equations]
    variables = {name: each for name, each in renamed_upper.variables.items() if name not in entries}
    joined = replace(
        lower,
        equations=(*lower.equations, *equations),
        variables={**lower.variables, **variables},
        outputs=renamed_upper.outputs,
        loss=renamed_upper.loss,
    )
    return _numbered_from_one(_unified(_ended(joined), [(renamed_upper[name].shape, value.shape) for name, value in entries.items()]))


def _need(system: System, count: int) -> None:
    if len(system.inputs) < count:
        raise RecurrenceError(
            f"{system.name} has {len(system.inputs) or 'no'} input{'s' * (len(system.inputs) != 1)}, {count} needed",
            advice="a combination reads two values, as the pages concat, add, mean and multiply do" if count > 1 else "give it one",
        )


def _numbered(parts: Iterable[System]) -> list[System]:
    """The parts; those that have a name in common with another one carry their number."""
    parts = list(parts)
    own = [[each.name for each in part.variables.values() if each.role not in (Role.INPUT, Role.CLOCK)] for part in parts]
    counts = Counter(name for names in own for name in names)
    return [
        labelled(part, str(place), [each.name for each in part.inputs[:1]]) if any(counts[name] > 1 for name in names) else part
        for place, (part, names) in enumerate(zip(parts, own, strict=True), 1)
    ]


def labelled(system: System, label: str, kept: Collection[str] = ()) -> System:
    """The system with a label on all its names but those of clocks and those that are kept."""
    names = {name: f"{name}_{label}" for name, each in system.variables.items() if name not in kept and each.role is not Role.CLOCK}
    free = {str(each)[2:] for each in _sizes(system)} - set(system.variables)
    return renamed(system, {**names, **{name: f"{name}_{label}" for name in free}})


def renamed(system: System, names: Mapping[str, str]) -> System:
    """The system with other names of variables; the sizes n_h follow. A size that is no variable's may be renamed too."""
    sizes = {size: nodes.size(names.get(str(size)[2:], str(size)[2:])) for size in _sizes(system)}

    def change(part: Expr) -> Expr | None:
        if isinstance(part, sp.Indexed):
            name = nodes.sequence_name(part)
            return nodes.sequence(names.get(name, name))[part.indices]
        if isinstance(part, sp.Symbol):
            return sizes.get(part, part) if part.is_integer else nodes.parameter(names.get(str(part), str(part)))
        return None

    def moved(each: Variable) -> Variable:
        rows, columns = (side.xreplace(sizes) for side in each.shape)
        return replace(each, name=names.get(each.name, each.name), shape=(rows, columns), of=names.get(each.of, each.of))

    return replace(
        system,
        equations=tuple(_rewritten(each, change) for each in system.equations),
        variables={each.name: each for each in map(moved, system.variables.values())},
        outputs=tuple(names.get(name, name) for name in system.outputs),
        loss=names.get(system.loss, system.loss),
    )


def _rewritten(equation: Equation, change: Callable[[Expr], Expr | None]) -> Equation:
    return replace(equation, left=nodes.rewrite(equation.left, change), right=nodes.rewrite(equation.right, change))


def _sizes(system: System) -> list[sp.Symbol]:
    """The symbols for sizes, in order of first appearance."""
    sides = [side for each in system.variables.values() for side in each.shape]
    bounds = [part for each in system.equations for part in nodes.parts(each.right) if isinstance(part, sp.Symbol) and part.is_integer]
    found = [symbol for side in (*sides, *bounds) for symbol in sorted(side.free_symbols, key=str)]
    return [each for each in dict.fromkeys(found) if each not in (nodes.t, nodes.T)]


def _away_from(system: System, taken_by: System, wires: Mapping[str, str]) -> dict[str, str]:
    """Names for the variables and sizes of a system that the other system does not have; clocks are common to both."""
    taken = [*taken_by.variables, *(str(size)[2:] for size in _sizes(taken_by))]
    own = [name for name, each in system.variables.items() if each.role is not Role.CLOCK and name not in wires]
    names = {}
    for name in [*own, *wires, *(str(size)[2:] for size in _sizes(system))]:
        if name not in names:
            names[name] = fresh(name, taken)
            taken.append(names[name])
    return names


def _has_no_memory(system: System) -> bool:
    """Whether each value depends on what is given at the same t only."""
    is_summed = any(isinstance(part, nodes.OverTime) for each in system.equations for part in nodes.parts(each.right))
    return not system.states and not is_summed and all(each.role is not Role.CLOCK for each in system.variables.values())


def _still(system: System) -> System:
    """The system, which has no memory, at one time only."""

    def change(part: Expr) -> Expr | None:
        return nodes.parameter(nodes.sequence_name(part)) if isinstance(part, sp.Indexed) else None

    return replace(
        system,
        equations=tuple(_rewritten(each, change) for each in system.equations),
        variables={name: replace(each, is_sequence=False) for name, each in system.variables.items()},
    )


def _unified(system: System, pairs: Iterable[tuple[tuple[Expr, Expr], tuple[Expr, Expr]]]) -> System:
    """The system with sizes that are one written as one; the first of each pair follows the second where it can.

    Raises:
        ShapeError: two sizes are different numbers, or neither follows from the other.
    """
    table: dict[Expr, Expr] = {}
    for own, other in ((a, b) for first, second in pairs for a, b in zip(first, second, strict=True)):
        a, b = own.xreplace(table), other.xreplace(table)
        if sp.expand(a - b) == 0:
            continue
        new = _same(a, b)
        if not new:
            raise ShapeError(f"a value of {b} rows cannot be one of {a} rows", advice="join parts of one size")
        table = {**{size: value.xreplace(new) for size, value in table.items()}, **new}
    if not table:
        return system

    def change(part: Expr) -> Expr | None:
        return table.get(part, part) if isinstance(part, sp.Symbol) and part.is_integer else None

    def moved(each: Variable) -> Variable:
        rows, columns = (side.xreplace(table) for side in each.shape)
        return replace(each, shape=(rows, columns))

    return replace(
        system,
        equations=tuple(_rewritten(each, change) for each in system.equations),
        variables={name: moved(each) for name, each in system.variables.items()},
    )


def _same(a: Expr, b: Expr) -> dict[Expr, Expr]:
    """What sizes to replace so that a is b; sums of as many sizes are one if their terms are. Nothing if there is no way."""
    for symbol, other in ((a, b), (b, a)):
        if isinstance(symbol, sp.Symbol) and symbol != nodes.T and symbol not in other.free_symbols:
            return {symbol: other}
    own, others = (sorted(each.args, key=str) if isinstance(each, sp.Add) else [] for each in (a, b))
    if len(own) != len(others) or not all(isinstance(each, sp.Symbol) for each in (*own, *others)):
        return {}
    return dict(zip(own, others, strict=True))


def _ended(system: System) -> System:
    """The system in which an input that is read after the last step is zero there, as it is where a page reads it so."""
    ahead = [each for each in system.inputs if each.is_sequence and system.reach[each.name][1] > 0]
    return system.with_equations(system.equations, [replace(each, boundary=Boundary.ZERO) for each in ahead])


def _numbered_from_one(system: System) -> System:
    return replace(system, equations=tuple(replace(each, number=place) for place, each in enumerate(system.equations, 1)))
