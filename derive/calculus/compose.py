"""Networks from parts: Systems to a System.

The law: a composition adds no equation of its own. What joins two values, such as a sum or a concatenation, is a System too, with an input
for each. The sizes of what is joined become one, and where a part takes the place of an input nothing is left of that input.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import sympy as sp

from derive.algebra import clocks, nodes
from derive.algebra.clocks import Clock
from derive.algebra.nodes import Expr
from derive.algebra.shapes import SCALAR
from derive.calculus.keeping import keeping_all
from derive.calculus.names import fresh
from derive.calculus.network import Network, Sizes, attach, ended, numbered
from derive.calculus.renaming import labelled
from derive.errors import RecurrenceError
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
    network = Network(lower)
    network.follow(upper)
    return network.system()


def stack(*parts: System) -> System:
    """A deep network: each part reads the first output of the part below it.

    Parts that have a name in common carry their number in all their names: h_1, h_2. (El Hihi and Bengio, NIPS 1995; Graves 2013, equation 11.)
    """
    with keeping_all():
        first, *others = _numbered(parts)
        network = Network(first)
        for each in others:
            network.follow(each)
        return network.system()


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
    return ended(replace(system, equations=tuple(equations), variables={each.name: each for each in variables}))


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
    sizes = Sizes()
    sizes.unify(state.shape, system[source].shape)
    return numbered(sizes.applied(system.with_equations([*equations, ending], extra)))


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
