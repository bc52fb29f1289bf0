"""Which blocks of a part run chunk by chunk: for some steps at a time, so that what only these blocks read is kept for the steps of a chunk alone.

A loop forward in t takes what is computed for the whole sequence before it, such as p_t = W x_t + b, and after it, such as the sum over time of
abar_t x_t^T, into its chunks, and so memory holds what the other pass needs and what goes out, and of the rest as much as a chunk has (the
strip-mining of loops, M. Wolfe, More iteration space tiling, 1989).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from itertools import takewhile

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, OverTime
from derive.program.clocked import Only, Where
from derive.program.layout import Statement
from derive.program.prepare import Part
from derive.program.schedule import Block
from derive.program.storage import Storage
from derive.system import Role


@dataclass(frozen=True, eq=False)
class Item:
    """A block with its statements."""

    block: Block
    statements: tuple[Statement, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The variables that it defines."""
        return tuple(name for each in self.statements for name in each.names)

    @cached_property
    def reads(self) -> list[Expr]:
        """What it reads, a value as often as there are equations that do."""
        return [leaf for each in self.statements for equation in each.equations for leaf in equation.reads]


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
    return _Joining(part, storage).runs()


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


class _Joining:
    """Joins the items of a part to runs; each loop takes with it what is waiting and can be computed in its chunks."""

    def __init__(self, part: Part, storage: Storage) -> None:
        self.part, self.storage, self.asked = part, storage, storage.asked(part)
        items = [item for block, statements in zip(part.blocks, part.statements, strict=True) for item in _items(block, statements)]
        self.place = {item: at for at, item in enumerate(items)}
        self.home = {name: item for item in items for name in item.names}
        self.sources = {item: self._read(item) for item in items}
        self.readers: dict[Item, list[Item]] = {item: [] for item in items}
        for item in items:
            for source in self.sources[item]:
                self.readers[source].append(item)
        self.waiting = dict.fromkeys(items)
        self.joinable: dict[tuple[Item, int], bool] = {}

    def _read(self, item: Item) -> list[Item]:
        """The items that compute what an item reads, itself if it reads its own values."""
        return list(dict.fromkeys(self.home[name] for name in map(nodes.name_of, item.reads) if name in self.home))

    def runs(self) -> tuple[Run, ...]:
        """The runs in order."""
        found: list[Run] = []
        for loop in [item for item in self.place if item.block.is_loop]:
            if loop not in self.waiting:
                continue
            head = [*takewhile(lambda item, loop=loop: item is not loop, self.waiting)]  # type: ignore[misc]
            run = self._chunked(head, loop)
            needed = self._needed(run, set(head))
            found += [*_plain(item for item in head if item in needed and item not in run.items), run]
            for item in needed:
                del self.waiting[item]
        return (*found, *_plain(self.waiting))

    def _needed(self, run: Run, head: set[Item]) -> set[Item]:
        """The items of a run and those of its head that it reads, directly or not."""
        found, pending = set(run.items), [*run.items]
        while pending:
            more = [item for item in self.sources[pending.pop()] if item in head and item not in found]
            found |= set(more)
            pending += more
        return found

    def _chunked(self, head: list[Item], loop: Item) -> Run:
        """The run of a loop with what can be computed in its chunks, of what stands before it and of what stands behind it."""
        after = self._after(loop)
        before = self._before(head, [loop, *after], loop)
        members = [*before, loop, *after]
        local = self._local(members)
        return Run(tuple(members), loop.block.direction, local) if local else Run((loop,))

    def _after(self, loop: Item) -> list[Item]:
        """What stands behind a loop and is computed in its chunks, in order: what reads it, directly or not, and nothing that is not known then."""
        members, queue, seen = {loop: None}, [(self.place[loop], loop)], {loop}
        while queue:
            at, item = heappop(queue)
            if item is not loop:
                if not self._can_join(item, loop) or self._reads_ahead(item, members, loop, is_rest_unknown=True):
                    continue
                members[item] = None
            for reader in self.readers[item]:
                if reader not in seen and reader in self.waiting and self.place[reader] > at:
                    seen.add(reader)
                    heappush(queue, (self.place[reader], reader))
        return [item for item in members if item is not loop]

    def _before(self, head: list[Item], after: list[Item], loop: Item) -> list[Item]:
        """What stands before a loop and is computed in its chunks: the most items each of which can wait for those that read it."""
        known = {*head, *after}
        found, pending = {item: None for item in head if self._can_join(item, loop)}, [*head]
        while pending:
            item = pending.pop()
            if item in found and not self._can_wait(item, found, known, set(after), loop):
                del found[item]
                pending += [other for other in (*self.sources[item], *self.readers[item]) if other in found]
        return [*found]

    def _can_wait(self, item: Item, before: Collection[Item], known: set[Item], after: set[Item], loop: Item) -> bool:
        """Whether an item before a loop can be computed in its chunks: what reads it is computed there or later, and it has to do with the rest."""
        readers = [other for other in self.readers[item] if other in known]
        if any(other not in before and other not in after for other in readers):
            return False
        if any(self._reads_ahead(other, (item,), loop) for other in readers):
            return False
        return bool(readers) or any(other in before for other in self.sources[item])

    def _can_join(self, item: Item, loop: Item) -> bool:
        """Whether an item may be computed in the chunks of a loop: one the same way, values at t alone, or a sum over time that can be added to."""
        key = item, loop.block.direction
        if key not in self.joinable:
            system, equations = self.part.system, item.block.equations
            is_same = item.block.direction == loop.block.direction
            self.joinable[key] = is_same if item.block.is_loop else all(
                _is_by_steps(self.part, each.right, system[each.name].is_sequence) for each in equations
            )  # fmt: skip
        return self.joinable[key]

    def _reads_ahead(self, item: Item, members: Collection[Item], loop: Item, is_rest_unknown: bool = False) -> bool:
        """Whether an item reads what is not known when its chunk is computed: what waits for all chunks, or values of a chunk to come.

        `is_rest_unknown`: what is waiting behind the loop, and is no member, is computed later.
        """
        for leaf in item.reads:
            name = nodes.name_of(leaf)
            source = self.home.get(name)
            if source is None:
                continue
            if source not in members:
                if is_rest_unknown and source is not item and source in self.waiting and self.place[source] > self.place[loop]:
                    return True
                continue
            if not self.part.system[name].is_sequence:
                return True
            if nodes.t not in leaf.indices[0].free_symbols or nodes.offset(leaf) * loop.block.direction > 0:
                return True
        return False

    def _local(self, members: list[Item]) -> frozenset[str]:
        """The sequences and packs that members alone read, at the step where they compute."""
        system, packs = self.part.system, self.storage.program.layout.packs
        equations = {equation.name for each in members for equation in each.block.equations}
        found = {
            name
            for each in members
            for name in each.names
            if system[name].is_sequence
            and name in self.storage.kept
            and name not in self.asked
            and all(reader.name in equations and not reader.is_boundary and _is_at_t(leaf) for reader, leaf in system.readers.get(name, ()))
        }
        touched = {packs[name] for name in found if name in packs}
        broken = {member for pack in touched if not found.issuperset(pack.members) for member in pack.members}
        return frozenset(found - broken | {pack.name for pack in touched if found.issuperset(pack.members)})


def _is_at_t(leaf: Expr) -> bool:
    return not isinstance(leaf, sp.Indexed) or nodes.offset(leaf) == 0


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
