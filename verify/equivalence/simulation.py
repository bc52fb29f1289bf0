"""The proof that each system of one kind is one of another kind, with these weights: for all inputs, all sizes and every length T.

Both systems are run side by side, the target with weights made from those of the source. What a value reads is assumed to be the same in
both; its updates are then equal as forms, so that it is the same too. The values are taken in an order in which each comes after all that it
reads in either system: by induction along that order all are the same, for every T. Values outside 1..T are given, and are the same.

The correspondence is a claim: how it was found plays no part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import networkx as nx

from derive.shown import Brief
from derive.system import Role, System
from verify.equivalence.correspondence import Correspondence
from verify.equivalence.groups import is_weight
from verify.equivalence.reading import Reading
from verify.equivalence.symmetry import upright
from verify.equivalence.updates import Updates, updates
from verify.equivalence.weights import substituted
from verify.proof.equality import is_zero
from verify.proof.functions import expanded
from verify.proof.normal_form import Atom, Form, Undecided, minus
from verify.proof.text import told


@dataclass(frozen=True, repr=False)
class Simulation(Brief):
    """What was found of a correspondence.

    Attributes:
        holds: whether it is proved.
        steps: what was compared, as text: the value, its update in both systems, how they were found to be equal.
        reason: why it is not proved; "" if it is.
    """

    holds: bool
    steps: tuple[tuple[str, str, str], ...]
    reason: str = ""


def simulate(claim: Correspondence, keeps_states: bool) -> Simulation:
    """Prove a correspondence, if it can be."""
    steps: list[tuple[str, str, str]] = []
    try:
        _prove(claim, keeps_states, steps)
    except Undecided as error:
        return Simulation(False, tuple(steps), str(error))
    return Simulation(True, tuple(steps))


def _prove(claim: Correspondence, keeps_states: bool, steps: list[tuple[str, str, str]]) -> None:
    """Compare all updates.

    Raises:
        Undecided: one is not found to be equal, or the claim is not one about all values.
    """
    target = claim.renamed()
    _check_natures(claim, target)
    one, two = updates(claim.source, keeps_states), updates(target, keeps_states)
    _check_order(one, two)
    own, other = Reading(one, [two.short]), Reading(two, [one.short])
    weights = claim.weights
    for form in weights.values():
        _check_parameters(form, own.parameters)
    for name in one.rights:
        if name not in two.rights:
            raise Undecided(f"{name} is needed for the outputs in one of the two only")
        for left, right in zip(own.forms(name), other.forms(name), strict=True):
            required = substituted(right, weights)
            _check_covered(required, other.parameters, own.parameters)
            steps.append((name, told(left), _decided(name, left, required)))


def _decided(name: str, left: Form, right: Form) -> str:
    """How two updates were found to be equal.

    Raises:
        Undecided: they were not.
    """
    if left == right:
        return "the same normal form"
    difference = minus(upright(left), upright(right))
    if is_zero(difference):
        return "equal by f(-a) = c - f(a) for functions that have such a centre of symmetry, and as rational functions"
    if is_zero(expanded(difference, lambda atom, known: None, lambda term: frozenset())):
        return "equal when functions are written by their definitions"
    raise Undecided(f"the updates of {name} are not found to be equal; they differ by {told(difference)}")


def _check_natures(claim: Correspondence, target: System) -> None:
    """Outputs, inputs, sizes and boundaries have to be the same, one to one."""
    own, names = claim.source, claim.names
    if len(set(names.values())) != len(names) or len(set(claim.sizes.values())) != len(claim.sizes):
        raise Undecided("two names or sizes stand for one")
    outputs = [[*each.outputs, each.loss] for each in (own, target)]
    if sorted(outputs[0]) != sorted(outputs[1]):
        raise Undecided(f"the outputs are {', '.join(own.outputs)} and {', '.join(target.outputs)}")
    for name in names:
        if name not in own.variables or name not in target.variables:
            raise Undecided(f"{name} has no counterpart")
        natures = [(v.role, v.is_sequence, v.boundary, v.clock, v.shape) for v in (own[name], target[name])]
        if natures[0] != natures[1] or own[name].role is Role.PARAMETER:
            raise Undecided(f"{name} and its counterpart are of different kinds")
        if own[name].role is Role.CONSTANT and own[name].start != target[name].start:
            raise Undecided(f"the constant {name} is another one")


def _check_order(one: Updates, two: Updates) -> None:
    """There has to be an order of all values, for every T, in which each comes after all that it reads in either system."""
    edges = [*one.dependences(), *two.dependences()]
    now = nx.DiGraph((a, b) for a, b, offset in edges if offset == 0)
    if not nx.is_directed_acyclic_graph(now):
        raise Undecided("the two compute their values in orders that exclude one another")
    for part in nx.strongly_connected_components(nx.DiGraph((a, b) for a, b, _ in edges)):
        signs = {offset > 0 for a, b, offset in edges if a in part and b in part and offset}
        if len(signs) == 2:
            raise Undecided("values that read both earlier and later steps of one another")


def _atoms(form: Form) -> Iterable[Atom]:
    for (_, factors), _ in form:
        for atom, _ in factors:
            yield atom
            yield from _atoms(atom.inside)


def _check_parameters(form: Form, parameters: frozenset[str]) -> None:
    """Weights have to be made from parameters of the source, and from sizes."""
    for atom in _atoms(form):
        if not (atom.inside or atom.kind == "number" or is_weight(atom, parameters)):
            raise Undecided(f"weights that are made from {atom.name}")


def _check_covered(form: Form, unknown: frozenset[str], own: frozenset[str]) -> None:
    """No parameter of the target may be left without a value."""
    left = sorted({atom.name for atom in _atoms(form) if is_weight(atom, unknown) and not is_weight(atom, own)})
    if left:
        raise Undecided(f"{', '.join(left)} is given no value")
