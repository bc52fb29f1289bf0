"""Formulas about derivatives of one value by another, on trial: by numbers, in each of the ways in which people write such derivatives.

A way says which axis of a Jacobian comes first, in which order a product over steps is multiplied, and whether the derivative by a parameter or
by the value one step before lets the paths through earlier steps count. What is right in one of the ways is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from derive.notation.claims.chains import Binary, Call, Chain, Node, Over, Partial, Ref, Span, When
from derive.system import Kind, Role
from verify.claims.findings import Finding, Judgement
from verify.claims.jacobians import Jacobians, Place, has_step_losses
from verify.claims.space import Space

TOLERANCE = 1e-6
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "tanh": np.tanh, "sigmoid": lambda a: 1 / (1 + np.exp(-a)), "exp": np.exp, "sin": np.sin, "cos": np.cos,
}  # fmt: skip


class Unfit(Exception):
    """What has no value in one way, in words."""


@dataclass(frozen=True)
class Way:
    """One way of writing derivatives.

    Attributes:
        is_transposed: whether the axes of the lower value come first.
        is_descending: whether a product over steps has its last step first.
        by_parameters: whether a derivative by a parameter is of the one step alone.
        by_states: whether that by a value steps before is along the path through that value alone.
        is_outer: whether a cross in a circle is an outer product.
    """

    is_transposed: bool
    is_descending: bool
    by_parameters: bool
    by_states: bool
    is_outer: bool


WAYS = [Way(*each) for each in product((False, True), *[(True, False)] * 4)]


@dataclass(frozen=True)
class Row:
    """A vector that stands transposed."""

    vector: Any


def judge_chain(space: Space, chain: Chain) -> Finding:
    """What is found of one formula."""
    if chain.error:
        return Finding(chain.line, chain.text, Judgement.UNDECIDED, f"it cannot be read at column {chain.column}: {chain.error}")
    settings = [each for each in space.settings if each.steps >= _longest(chain)]
    worlds = [
        Jacobians(space.forward, each, space.seeds) for each in settings[:1] + [e for e in settings if len(set(e.sizes.values())) > 1]
    ]
    named = {space.own[name].name: place for name, place in space.identified.items() if name in space.own}
    reasons, misses = [], []
    for way in WAYS:
        try:
            found = next((each for world in worlds for each in _Trial(space, world, way, named).misses(chain)), None)
        except Unfit as error:
            reasons.append(str(error))
            continue
        if found is None and worlds:
            return Finding(chain.line, chain.text, Judgement.RIGHT, _told(chain, way))
        misses.append(found)
    if not misses:
        return Finding(
            chain.line, chain.text, Judgement.UNDECIDED, f"it has no value here: {reasons[0] if reasons else 'it is of too many steps'}"
        )
    return Finding(
        chain.line, chain.text, Judgement.WRONG, "its two sides differ, in each of the ways of writing derivatives", False, misses[0]
    )


def _told(chain: Chain, way: Way) -> str:
    is_jacobian = isinstance(chain.left, Partial) and chain.left.top.name and chain.left.bottom.when is not None
    return "its two sides are equal" + (", with the rows by the lower value" if is_jacobian and way.is_transposed else "")


def _longest(chain: Chain) -> int:
    """How many steps there must be for all steps that have a number."""
    return max((when.offset for when in _whens((chain.left, chain.right)) if not when.base), default=1) or 1


def _whens(node: Any) -> Iterator[When]:
    if isinstance(node, When):
        yield node
    elif isinstance(node, (Ref, Partial, Over, Call, Binary, Span)):
        yield from _whens(tuple(vars(node).values()))
    elif isinstance(node, tuple):
        for each in node:
            yield from _whens(each)


class _Trial:
    """A formula at one choice of numbers, in one way."""

    def __init__(self, space: Space, world: Jacobians, way: Way, named: Mapping[str, str]) -> None:
        self.space, self.world, self.way, self.named = space, world, way, named

    def misses(self, chain: Chain) -> Iterator[dict[str, Any]]:
        """The steps at which the two sides differ."""
        for steps in self.times(chain):
            left, right = (_plain(self.value(side, steps)) for side in (chain.left, chain.right))
            left, right = _alike(left, right), _alike(right, left)
            if left.ndim == 2 and right.shape == left.shape[:1] == left.shape[1:]:
                right = np.diag(right)
            if left.shape != right.shape:
                raise Unfit(f"one side has the shape {left.shape}, the other {right.shape}")
            scale = max(np.abs(left).max(initial=0.0), np.abs(right).max(initial=0.0))
            gap = np.abs(left - right)
            if not np.isfinite(gap).all():
                raise Unfit("it has no finite value")
            if gap.max(initial=0.0) > TOLERANCE * scale + 1e-8:
                entry = np.unravel_index(np.argmax(gap), gap.shape)
                sizes = {str(symbol): number for symbol, number in self.world.setting.sizes.items() if str(symbol) != "T"}
                at = {"T": self.world.steps, **sizes, **steps, "entry": [int(i) for i in entry]}
                yield {**at, "claimed": f"{np.asarray(right)[entry]:.6g}", "right": f"{np.asarray(left)[entry]:.6g}"}

    def times(self, chain: Chain) -> Iterator[dict[str, int]]:
        """The steps for which it is claimed: all t, and k up to it."""
        bound = {each.index for each in _overs((chain.left, chain.right))}
        free = sorted(
            {when.base for when in _whens((chain.left, chain.right)) if when.base and when.base != "T"} - bound, key=lambda x: x != "t"
        )
        is_before_end = chain.step == When("t") and chain.defined in self.space.ended
        for chosen in product(range(1, self.world.steps + 1), repeat=len(free)):
            if is_before_end and chosen[free.index("t")] == self.world.steps:
                continue
            if all(later <= first for later, first in zip(chosen[1:], chosen, strict=False)):
                yield dict(zip(free, chosen, strict=True))

    def when(self, when: When, steps: Mapping[str, int]) -> int:
        if when.base == "T":
            return self.world.steps + when.offset
        if when.base and when.base not in steps:
            raise Unfit(f"{when.base} is no step here")
        return (steps[when.base] if when.base else 0) + when.offset

    def place(self, ref: Ref, steps: Mapping[str, int]) -> Place:
        """A value and its step."""
        if not ref.name:
            if ref.when is not None and not has_step_losses(self.space.forward):
                raise Unfit("the loss is no sum of losses of steps")
            return "", None if ref.when is None else self.when(ref.when, steps)
        name = ref.name
        if name not in self.space.forward.variables:
            name = self.inner(name)
        is_sequence = self.space.forward[name].is_sequence
        if is_sequence != (ref.when is not None):
            raise Unfit(f"{ref.name} {'has no step' if is_sequence else 'has a step'}")
        return name, None if ref.when is None else self.when(ref.when, steps)

    def inner(self, name: str) -> str:
        """The argument of a function, by a name that the cell does not have, if there is one alone."""
        found = [each.name for each in self.space.forward.variables.values() if each.kind is Kind.PREACTIVATION]
        if name in ("z", "a", "net", "s") and len(found) == 1:
            return found[0]
        raise Unfit(f"{name} is no value of the cell")

    def value(self, node: Node, steps: Mapping[str, int]) -> Any:
        """The value of a part."""
        match node:
            case float():
                return np.asarray(node)
            case Ref():
                return self.read(node, steps)
            case Partial():
                return self.partial(node, steps)
            case Span(low=low, high=high):
                return np.asarray(self.when(high, steps) - self.when(low, steps))
            case Call(name="transpose", argument=inner):
                return _transposed(self.value(inner, steps))
            case Call(name="diag", argument=inner):
                found = _plain(self.value(inner, steps))
                if found.ndim != 1:
                    raise Unfit("diag is of a vector")
                return np.diag(found)
            case Call(name=name, argument=inner):
                return FUNCTIONS[name](_plain(self.value(inner, steps)))
            case Over():
                return self.over(node, steps)
            case Binary():
                return self.binary(node, steps)

    def read(self, ref: Ref, steps: Mapping[str, int]) -> Any:
        if ref.name in self.named and self.named[ref.name] in self.space.system.variables and ref.when is not None:
            found = self.world.setting.values.get((self.named[ref.name], self.when(ref.when, steps)))
            return np.zeros(()) if found is None else found[:, 0] if found.shape[1] == 1 else found
        place = self.place(ref, steps)
        if place not in self.world.natural:
            raise Unfit(f"{ref.name} has no value at {place[1]}")
        return self.world.value(place)

    def partial(self, node: Partial, steps: Mapping[str, int]) -> Any:
        """A derivative; zero of what is beyond the last step, or comes before what it is by."""
        top, bottom = self.place(node.top, steps), self.place(self.lower(node), steps)
        last = self.world.steps
        if (top[1] is not None and top[1] > last) or (bottom[1] is not None and bottom[1] > last):
            return np.zeros(())
        if top == bottom:
            own = self.world.value(top)
            return np.eye(own.size) if own.ndim == 1 else np.ones(())
        if top[0] and top[1] is not None and (top[1] < 1 or (bottom[1] is not None and bottom[1] > top[1])):
            return np.zeros(())
        if top[0] == "" and top[1] is not None and (top[1] < 1 or (bottom[1] or 0) > top[1]):
            return np.zeros(())
        if bottom not in self.world.natural:
            raise Unfit(f"{node.bottom.name} has no value at {bottom[1]}")
        is_parameter = self.space.forward[bottom[0]].role is not Role.DEFINED and bottom[1] is None
        is_lag = bottom[1] is not None and top[1] is not None and bottom[1] == top[1] - 1
        is_immediate = bool(top[0]) and ((is_parameter and self.way.by_parameters) or (is_lag and self.way.by_states))
        if (
            top[0]
            and self.way.by_states
            and top[0] == bottom[0]
            and top[1] is not None
            and bottom[1] is not None
            and top[1] - bottom[1] > 1
        ):
            return self.along(node, steps, top[1], bottom[1])
        found = self.world.derivative(top, bottom, is_immediate)
        if not self.depends(top[0], bottom[0]):
            raise Unfit(f"{node.top.name or 'the loss'} does not depend on {node.bottom.name} in the equations of the cell")
        split = self.world.value(bottom).ndim
        if self.way.is_transposed and found.ndim > split:
            return np.moveaxis(found, range(found.ndim - split, found.ndim), range(split))
        return found

    def lower(self, node: Partial) -> Ref:
        """What a derivative is by; that of the loss may be meant by the argument of the function that gives a value."""
        name, space = node.bottom.name, self.space
        is_inner = node.top == Ref("") and name in space.inner and space.meant[name] != space.bars[name]
        return Ref(space.inner[name], node.bottom.when) if is_inner else node.bottom

    def along(self, node: Partial, steps: Mapping[str, int], last: int, first: int) -> Any:
        """The derivative of a value by itself some steps before, along the path through itself alone."""
        found: Any = np.ones(())
        for at in range(last, first, -1) if not self.way.is_transposed else range(first + 1, last + 1):
            one = Partial(Ref(node.top.name, When("", at)), Ref(node.top.name, When("", at - 1)))
            found = _times(found, self.partial(one, steps))
        return found

    def depends(self, top: str, bottom: str) -> bool:
        """Whether a value, or the loss, is computed from another one on any way."""
        forward = self.space.forward
        ends = {top} if top else {forward.loss} if forward.loss else set(forward.outputs)
        reached, pending = {bottom}, [bottom]
        while pending:
            fresh = {equation.name for equation, _ in forward.readers.get(pending.pop(), [])} - reached
            reached |= fresh
            pending += fresh
        return bool(reached & ends)

    def over(self, node: Over, steps: Mapping[str, int]) -> Any:
        low, high = self.when(node.low, steps), self.when(node.high, steps)
        values = [self.value(node.body, {**steps, node.index: at}) for at in range(low, high + 1)]
        if not node.is_product:
            total: Any = np.zeros(())
            for each in values:
                total = _added(total, each, 1)
            return total
        found: Any = np.ones(())
        for each in reversed(values) if self.way.is_descending else values:
            found = _times(found, each)
        return found

    def binary(self, node: Binary, steps: Mapping[str, int]) -> Any:
        left, right = self.value(node.left, steps), self.value(node.right, steps)
        match node.sign:
            case "+" | "-":
                return _added(left, right, 1 if node.sign == "+" else -1)
            case ".":
                return _times(left, right)
            case "*":
                one, other = _plain(left), _plain(right)
                if one.shape != other.shape and one.ndim and other.ndim:
                    return _times(left, right)
                return one * other
            case "x":
                return np.multiply.outer(_plain(left), _plain(right)) if self.way.is_outer else _times(left, right)
            case "/":
                return _plain(left) / _plain(right)
        found = _plain(left)
        if isinstance(node.right, Span) and right < 0:
            raise Unfit("a power is of steps that go back")
        return np.linalg.matrix_power(found, int(right)) if found.ndim == 2 else found**right


def _overs(node: Any) -> Iterator[Over]:
    if isinstance(node, Over):
        yield node
    if isinstance(node, (Partial, Over, Call, Binary)):
        yield from _overs(tuple(vars(node).values()))
    elif isinstance(node, tuple):
        for each in node:
            yield from _overs(each)


def _plain(value: Any) -> Any:
    return value.vector if isinstance(value, Row) else np.asarray(value)


def _alike(one: Any, other: Any) -> Any:
    """A number beside a square matrix, or a tensor, is that number times the identity, or zeros; beside another number it is itself."""
    if one.ndim or not other.ndim:
        return one
    is_square = other.ndim == 2 and other.shape[0] == other.shape[1]
    return one * np.eye(len(other)) if is_square else np.broadcast_to(one, other.shape)


def _transposed(value: Any) -> Any:
    if isinstance(value, Row):
        return value.vector
    return Row(value) if value.ndim == 1 else value.T if value.ndim == 2 else value


def _added(left: Any, right: Any, sign: int) -> Any:
    one, other = _alike(_plain(left), _plain(right)), _alike(_plain(right), _plain(left))
    if one.ndim and other.ndim and one.shape != other.shape:
        raise Unfit(f"{one.shape} and {other.shape} cannot be added")
    made = one + sign * other
    return Row(made) if isinstance(left, Row) and isinstance(right, Row) else made


def _times(left: Any, right: Any) -> Any:
    """A product: of what has no axes any; of two vectors by which of them is transposed; else over the inner axes."""
    one, other = _plain(left), _plain(right)
    if not (one.ndim or one) or not (other.ndim or other):
        return np.zeros(())
    if not one.ndim or not other.ndim:
        made = one * other
        return Row(made) if isinstance(left, Row) or isinstance(right, Row) else made
    if one.ndim == 1 and other.ndim == 1:
        if isinstance(right, Row):
            return np.outer(one, other)
        if one.shape != other.shape:
            raise Unfit(f"{one.shape} and {other.shape} cannot be multiplied")
        return one @ other if isinstance(left, Row) else one * other
    if one.shape[-1] != other.shape[0]:
        raise Unfit(f"{one.shape} and {other.shape} cannot be multiplied")
    made = np.tensordot(one, other, 1)
    return Row(made) if isinstance(left, Row) and made.ndim == 1 else made
