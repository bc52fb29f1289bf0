r"""Names of steps that are no index: x' for the next x, and a value that stands at one other step everywhere, \hat{h}_{t-1} = \gamma_t h_{t-1}."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from derive.notation.tree import Equation, Name, Statement, Tree, names, rewritten

PRIME = "_prime"


def stepped(statements: Iterable[Statement]) -> list[Statement]:
    """The statements with values at the steps that are meant."""
    return _at_their_step(_of_primes(list(statements)))


def _of_primes(statements: list[Statement]) -> list[Statement]:
    """x' = f(x) as x_t = f(x_{t-1}), on a page without times; x has no equation of its own."""
    every = [name for statement in statements for name in names(statement)]
    if any(name.time is not None for name in every):
        return statements
    defined = {each.left.whole for each in statements if isinstance(each, Equation) and isinstance(each.left, Name)}
    read = {name.whole for name in every}
    states = {
        whole.removesuffix(PRIME) for whole in defined
        if whole.endswith(PRIME) and whole.removesuffix(PRIME) in read and whole.removesuffix(PRIME) not in defined
    }  # fmt: skip
    if not states:
        return statements
    computed = defined | states
    reads = {
        each.left.whole: {name.whole for name in names(each.right)}
        for each in statements
        if isinstance(each, Equation) and isinstance(each.left, Name)
    }
    changing = _changing(reads, states)

    def timed(node: Tree) -> Tree | None:
        if not isinstance(node, Name):
            return None
        own = node.whole.removesuffix(PRIME)
        if own in states:
            return replace(node, base=own, labels=(), time=0 if node.whole.endswith(PRIME) else -1)
        is_input = node.whole not in computed and len(node.whole.split("_")[0]) == 1 and node.whole[0] in "xu"
        return replace(node, time=0) if node.whole in changing or is_input else None

    return [rewritten(each, timed) if isinstance(each, Equation) else each for each in statements]


def _changing(reads: dict[str, set[str]], states: set[str]) -> set[str]:
    """What is computed from a state or an input, by way of one another."""
    found = set(states)
    while more := {left for left, each in reads.items() if left not in found and (each & found or {"x", "u"} & each)}:
        found |= more
    return found - states


def _at_their_step(statements: list[Statement]) -> list[Statement]:
    """A value that is defined at t - 1 and read at t - 1 alone as one at t, the step at which it is computed."""
    times: dict[str, set[int | None]] = {}
    for statement in statements:
        for name in names(statement):
            times.setdefault(name.whole, set()).add(name.time)
    lefts = {each.left.whole for each in statements if isinstance(each, Equation) and isinstance(each.left, Name) and each.left.time}
    moved = {whole for whole in lefts if len(times[whole]) == 1}

    def change(node: Tree) -> Tree | None:
        return replace(node, time=0) if isinstance(node, Name) and node.whole in moved else None

    return [rewritten(each, change) if moved else each for each in statements]
