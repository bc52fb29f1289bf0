"""Which blocks of a part run chunk by chunk: for some steps at a time, so that what only these blocks read is kept for the steps of a chunk alone.

A loop forward in t takes what is computed for the whole sequence before it, such as p_t = W x_t + b, and after it, such as the sum over time of
abar_t x_t^T, into its chunks, and so memory holds what the other pass needs and what goes out, and of the rest as much as a chunk has (the
strip-mining of loops, M. Wolfe, More iteration space tiling, 1989).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, OverTime
from derive.program.clocked import Only, Where
from derive.program.layout import Statement
from derive.program.prepare import Part
from derive.program.schedule import Block
from derive.program.storage import Storage
from derive.system import Role


@dataclass(frozen=True)
class Item:
    """A block with its statements."""

    block: Block
    statements: tuple[Statement, ...]

    @property
    def names(self) -> frozenset[str]:
        """The variables that it defines."""
        return frozenset(name for each in self.statements for name in each.names)

    @property
    def reads(self) -> list[Expr]:
        """What it reads, a value as often as there are equations that do."""
        return [leaf for each in self.statements for equation in each.equations for leaf in equation.reads]

    def reads_of(self, other: Item) -> bool:
        """Whether it reads what another item defines."""
        return any(nodes.name_of(leaf) in other.names for leaf in self.reads)


@dataclass(frozen=True)
class Run:
    """Items that are computed one after the other, or together for one chunk after the other.

    Attributes:
        direction: +1 where the chunks go forward in t, -1 where they go backward, 0 where there are none.
        local: the sequences and packs that are kept for the steps of a chunk alone.
    """

    items: tuple[Item, ...]
    direction: int = 0
    local: frozenset[str] = frozenset()


def whole(part: Part) -> tuple[Run, ...]:
    """The blocks of a part, each a run of its own without chunks."""
    return tuple(Run((Item(*each),)) for each in zip(part.blocks, part.statements, strict=True))


def runs(part: Part, storage: Storage) -> tuple[Run, ...]:
    """The runs of a part in order; where a loop has nothing to keep for a chunk alone, it is a run of its own without chunks."""
    waiting = [item for block, statements in zip(part.blocks, part.statements, strict=True) for item in _items(block, statements)]
    found: list[Run] = []
    while loop := next((item for item in waiting if item.block.is_loop), None):
        at = waiting.index(loop)
        head, tail = waiting[:at], waiting[at + 1 :]
        run = _chunked(part, storage, head, loop, tail)
        needed = list(run.items)
        for item in reversed(head):
            needed += [item] if item not in needed and any(each.reads_of(item) for each in needed) else []
        found += [*_plain(item for item in head if item in needed and item not in run.items), run]
        waiting = [item for item in (*head, *tail) if item not in needed]
    return (*found, *_plain(waiting))


def _items(block: Block, statements: tuple[Statement, ...]) -> list[Item]:
    """A loop is one item, what is computed for the whole sequence one for each statement."""
    if block.is_loop:
        return [Item(block, statements)]
    return [Item(Block(each.equations), (each,)) for each in statements]


def _plain(items: Iterable[Item]) -> list[Run]:
    """What is computed for the whole sequence, as one run."""
    own = tuple(items)
    return [Run((joined(own),))] if own else []


def joined(items: Iterable[Item]) -> Item:
    """Items that are computed for the whole sequence, as one."""
    statements = tuple(each for item in items for each in item.statements)
    return Item(Block(tuple(equation for each in statements for equation in each.equations)), statements)


def _chunked(part: Part, storage: Storage, head: list[Item], loop: Item, tail: list[Item]) -> Run:
    """The run of a loop with what can be computed in its chunks, of what stands before it and of what stands behind it."""
    after, unknown = [loop], _sums(part, [loop])
    for item in tail:
        if _can_join(part, item, loop) and any(map(item.reads_of, after)) and not _reads_ahead(part, item, [loop, *after], unknown, loop):
            after.append(item)
            unknown |= _sums(part, [item])
        else:
            unknown |= item.names
    before = [item for item in head if _can_join(part, item, loop)]
    while bad := [item for item in before if not _can_wait(part, item, before, head, after, loop)]:
        before = [item for item in before if item not in bad]
    members = [*before, *after]
    local = _local(part, storage, members)
    return Run(tuple(members), loop.block.direction, local) if local else Run((loop,))


def _can_wait(part: Part, item: Item, before: list[Item], head: list[Item], after: list[Item], loop: Item) -> bool:
    """Whether an item before a loop can be computed in its chunks: what reads it is computed there or later, and it has to do with the rest."""
    readers = [other for other in (*head, *after) if other.reads_of(item)]
    if any(other not in before and other not in after for other in readers):
        return False
    if any(_reads_ahead(part, other, [item], _sums(part, [item]), loop) for other in readers):
        return False
    return bool(readers) or any(item.reads_of(other) for other in before)


def _sums(part: Part, items: list[Item]) -> set[str]:
    """What items compute that is no sequence, and so is known only when all chunks are computed."""
    return {name for item in items for name in item.names if not part.system[name].is_sequence}


def _can_join(part: Part, item: Item, loop: Item) -> bool:
    """Whether an item may be computed in the chunks of a loop: a loop the same way, values at t alone, or a sum over time that can be added to."""
    if item.block.is_loop:
        return item.block.direction == loop.block.direction
    return all(_is_by_steps(part, equation.right, part.system[equation.name].is_sequence) for equation in item.block.equations)


def _is_by_steps(part: Part, right: Expr, is_sequence: bool) -> bool:
    """Whether a right side is computed from values at t and before or after it, or adds such up over time."""
    if not is_sequence:
        terms = right.args if isinstance(right, sp.Add) else (right,)
        sums = [term.args[-1] if isinstance(term, sp.Mul) and len(term.args) == 2 and term.args[0].is_Number else term for term in terms]
        if not all(isinstance(each, OverTime) and nodes.is_sequence(each.args[0]) for each in sums):
            return False
        return all(_is_by_steps(part, each.args[0], True) for each in sums)
    read = [part.system[nodes.name_of(leaf)] for leaf in nodes.leaves(right)]
    sides = right.free_symbols.union(*(side.free_symbols for each in read for side in each.shape))
    is_at_t = all(nodes.t in leaf.indices[0].free_symbols for leaf in nodes.leaves(right) if isinstance(leaf, sp.Indexed))
    has_other = any(isinstance(each, (OverTime, Only, Where)) for each in nodes.parts(right))
    return is_at_t and not has_other and nodes.T not in sides and all(each.role is not Role.CLOCK for each in read)


def _reads_ahead(part: Part, item: Item, members: list[Item], unknown: set[str], loop: Item) -> bool:
    """Whether an item reads what is not known when its chunk is computed: what waits for all chunks, or values of a chunk to come."""
    inside = {name for each in members for name in each.names if part.system[name].is_sequence}
    for leaf in item.reads:
        name = nodes.name_of(leaf)
        if name in unknown:
            return True
        if name in inside and (nodes.t not in leaf.indices[0].free_symbols or nodes.offset(leaf) * loop.block.direction > 0):
            return True
    return False


def _local(part: Part, storage: Storage, members: list[Item]) -> frozenset[str]:
    """The sequences and packs that members alone read, at the step where they compute."""
    inside = [name for each in members for name in each.names if part.system[name].is_sequence]
    equations = {equation.name for each in members for equation in each.block.equations}
    reads = [(e, leaf) for e in part.system.equations for leaf in e.reads]
    elsewhere = {nodes.name_of(leaf) for e, leaf in reads if e.name not in equations or e.is_boundary}
    shifted = {nodes.name_of(leaf) for _, leaf in reads if isinstance(leaf, sp.Indexed) and nodes.offset(leaf) != 0}
    found = (storage.kept & set(inside)) - storage.asked(part) - elsewhere - shifted
    packs = {pack for name, pack in storage.program.layout.packs.items() if name in found}
    broken = {member for pack in packs if not found.issuperset(pack.members) for member in pack.members}
    return frozenset(found - broken | {pack.name for pack in packs if found.issuperset(pack.members)})
