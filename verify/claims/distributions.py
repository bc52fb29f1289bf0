"""Derivations that take for granted that the targets of a page sum to 1, as p_t - y_t does of softmax and cross-entropy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from derive.system import Role, System
from verify.claims.findings import Finding, Findings, Judgement


def with_distributions(system: System, judged: Callable[[System], Findings]) -> Findings:
    """The findings on a cell; what is right only if its targets are distributions is said to be that.

    Args:
        system: the cell.
        judged: what finds them, of a system.
    """
    found = judged(system)
    targets = undeclared(system)
    if found.holds or not targets:
        return found
    variables = system.variables
    declared = {name: replace(variables[name], is_distribution=True) for name in targets}
    better = judged(replace(system, variables={**variables, **declared}))
    if len(better.findings) != len(found.findings):
        return found
    told = ", ".join(targets)
    return replace(found, findings=tuple(_merged(each, other, told) for each, other in zip(found.findings, better.findings, strict=True)))


def undeclared(system: System) -> list[str]:
    """The inputs that the loss reads, or its parts, and that are not said to be distributions."""
    if not system.loss:
        return []
    inputs = [each.name for each in system.variables.values() if each.role is Role.INPUT and not each.is_distribution]
    parts = _parts_of_loss(system)
    return [name for name in inputs if _readers(system, name) & parts]


def _parts_of_loss(system: System) -> set[str]:
    """The loss with the numbers of which it is made, such as the losses of the steps, which nothing else reads."""
    found = {system.loss}
    while fresh := {
        each.name
        for each in system.equations
        if each.name not in found and (readers := _readers(system, each.name)) and readers <= found and system[each.name].shape == (1, 1)
    }:
        found |= fresh
    return found


def _readers(system: System, name: str) -> set[str]:
    """The values that are computed from a value."""
    return {equation.name for equation, _ in system.readers.get(name, [])}


def _merged(found: Finding, declared: Finding, targets: str) -> Finding:
    """A finding; what is wrong, and right of distributions, is right in that convention."""
    is_right = declared.judgement in (Judgement.RIGHT, Judgement.CONVENTION)
    if found.judgement in (Judgement.RIGHT, Judgement.CONVENTION):
        return found
    if not is_right:
        return declared if declared.judgement is Judgement.WRONG else found
    detail = (
        f"{declared.detail}, if the entries of {targets} sum to 1: say so on the page of the cell, with the line: distribution {targets}"
    )
    return replace(declared, judgement=Judgement.CONVENTION, detail=detail)
