"""Whether two systems are the same kind of system: each of one kind is one of the other, with weights that are told.

    comparison = compare(derive.cell("gru"), derive.cell("gru_reset_after"))
    comparison.outcome      AGREES: proved for all inputs, lengths and sizes; DISAGREES: shown; CANNOT_SEE: neither

What is found is proved by simulation in both directions. Where a direction is not proved, the systems are said to differ only if something
shows it that does not rest on the search: the weights of one make more independent functions than those of the other can.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derive import slopes
from derive.given import HasSystem, system_of
from derive.system import System
from verify.equivalence.correspondence import Correspondence
from verify.equivalence.counterexample import Counterexample, counterexample
from verify.equivalence.evidence import evidence
from verify.equivalence.findings import Comparison, Direction, Term
from verify.equivalence.naming import Naming
from verify.equivalence.search import Found, best, guess
from verify.equivalence.simulation import Simulation, simulate
from verify.equivalence.weights_text import table
from verify.proof.text import told
from verify.verdict import Outcome


def compare(first: System | HasSystem, second: System | HasSystem) -> Comparison:
    """Compare two systems as definitions of values, whatever slopes they declare.

    Args:
        first, second: systems that were checked, or derivations.

    Raises:
        InputError: one of the two is neither.

    Example:
        >>> import derive, verify
        >>> verify.compare(derive.cell("rnn"), derive.read("h_t = tanh(A h_{t-1} + B x_t + c)"))
        <Comparison of rnn and cell: equivalent>
    """
    first, second = system_of(first), system_of(second)
    made = _compared(slopes.without(first), slopes.without(second))
    is_declared = slopes.declared(first) or slopes.declared(second)
    return replace(made, reason=f"{made.reason}; slopes that are declared are not compared") if is_declared else made


def _compared(first: System, second: System) -> Comparison:
    """The comparison of systems that declare no slopes."""
    found = best(first, second)
    if found is None:
        return _without_match(first, second)
    claims = found.claims()
    proofs = [simulate(claim, found.keeps_states) for claim in claims]
    if all(each.holds for each in proofs):
        made = tuple(_direction(claim, proof) for claim, proof in zip(claims, proofs, strict=True))
        reason = "each can do what the other does, with these weights, for all inputs, all sizes and every length"
        return Comparison(first.name, second.name, Outcome.AGREES, reason, _variables(found), made)
    nearest = guess(found).claims()
    shown = _shown(nearest, proofs)
    directions = []
    for place, (claim, proof, solution) in enumerate(zip(claims, proofs, (found.forward, found.backward), strict=True)):
        if proof.holds:
            directions.append(_direction(claim, proof))
            continue
        unmet = () if found.binding.differences else tuple((told(one), told(two)) for one, two in solution.unmet)
        directions.append(_direction(nearest[place], proof, unmet, shown[place], counterexample(nearest[place])))
    default = "no weights were found with which they do the same, and nothing shows that there are none"
    outcome, reason = _judged(shown, default)
    return Comparison(first.name, second.name, outcome, reason, _variables(found), tuple(directions), _terms(found))


def _judged(shown: list[str], default: str) -> tuple[Outcome, str]:
    """The outcome where something is not proved: the shortest evidence decides."""
    reasons = sorted(filter(None, shown), key=len)
    return (Outcome.DISAGREES, reasons[0]) if reasons else (Outcome.CANNOT_SEE, default)


def _without_match(first: System, second: System) -> Comparison:
    """The comparison of systems of which no part matches."""
    names = _interfaces(first, second)
    if names is None:
        mine, its = (f"{len(each.inputs)} inputs and {len(each.outputs)} outputs" for each in (first, second))
        if mine != its:
            return Comparison(first.name, second.name, Outcome.DISAGREES, f"{first.name} has {mine}, {second.name} {its}")
        return Comparison(first.name, second.name, Outcome.CANNOT_SEE, "their inputs and outputs are of different kinds")
    claims = Correspondence(first, second, *names, {}), Correspondence(first, second, *names, {}).turned()
    proofs = [Simulation(False, (), "no part of their updates matches")] * 2
    shown = _shown(claims, proofs)
    directions = tuple(
        Direction(each.source.name, each.target.name, proof, (), (), why) for each, proof, why in zip(claims, proofs, shown, strict=True)
    )
    outcome, reason = _judged(shown, "no part of their updates matches, and nothing shows that they cannot do the same")
    return Comparison(first.name, second.name, outcome, reason, (), directions)


def _interfaces(first: System, second: System) -> tuple[dict[str, str], dict[str, str]] | None:
    """Inputs and outputs of both, in order, and their sizes; None if they do not fit."""
    pairs = [*zip(first.inputs, second.inputs, strict=False)]
    pairs += [(first[one], second[two]) for one, two in zip(first.outputs, second.outputs, strict=False)]
    if len(first.inputs) != len(second.inputs) or len(first.outputs) != len(second.outputs):
        return None
    sizes: dict[str, str] = {}
    for one, two in pairs:
        for own, other in zip(one.shape, two.shape, strict=True):
            if own.is_Symbol != other.is_Symbol or (own.is_Symbol and sizes.setdefault(str(own), str(other)) != str(other)):
                return None
    return {one.name: two.name for one, two in pairs}, sizes


def _shown(claims: tuple[Correspondence, Correspondence], proofs: list[Simulation]) -> list[str]:
    """The evidence against each direction that is not proved."""
    return ["" if proof.holds else evidence(claim) for claim, proof in zip(claims, proofs, strict=True)]


def _direction(
    claim: Correspondence, proof: Simulation, unmet: Any = (), shown: str = "", example: Counterexample | None = None
) -> Direction:
    return Direction(claim.source.name, claim.target.name, proof, table(claim), unmet, shown, example)


def _variables(found: Found) -> tuple[tuple[str, str], ...]:
    return tuple((one, two) for one, two in found.binding.names.items())


def _terms(found: Found) -> tuple[Term, ...]:
    """The differences in the authors' names; what only the first has in an update beside what only the second has there."""
    mine, its = Naming(found.own), Naming(found.other)
    ordered = sorted(found.binding.differences, key=lambda each: (each.name, each.cost, str(each.own), str(each.standing)))
    rest = [each for each in ordered if each.own is None]
    terms = []
    for each in (each for each in ordered if each.own is not None):
        alike = [other for other in rest if other.name == each.name and each.standing is None]
        partner = min(alike, key=lambda other: abs(other.cost - each.cost), default=None)
        rest = [other for other in rest if other is not partner]
        standing = each.standing if partner is None else partner.standing
        terms.append(Term(each.name, mine.text(each.own or ()), its.text(standing) if standing else ""))
    return (*terms, *(Term(each.name, "", its.text(each.standing or ())) for each in rest))
