"""What the names in somebody's function stand for: W_xh for Wxh, h at this step, at the one before, and the gradients by these.

The law: a name stands for a value of the cell if it is that value's name but for `_`, a mark of time (h_prev, next_h, xt, hs, c0) or, of a
parameter, if it says between which values it stands (Wxh, Whh, by), and no other value would be called so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import Kind, Role, System
from verify.claims.classes import SELF


class When(Enum):
    """Which of the values of a sequence a name says."""

    ANY = "each, or that of the step"
    BEFORE = "the one before, or before the first"
    AFTER = "the one after, or what comes from there"


@dataclass(frozen=True)
class Named:
    """What a name stands for: a value of the cell, and which."""

    value: str
    when: When


EARLIER = "prev|previous|old|last|init|initial|tm1|pre|before"
LATER = "next|new|after|later"
NOW = "cur|curr|current|now|t|this|seq|list|states|state|all|hist|history|values|out|s|es"
PATTERNS = (
    (When.ANY, r"(?P<base>.+)"),
    (When.BEFORE, rf"(?P<base>.+?)_?(?:{EARLIER}|0)"),
    (When.BEFORE, rf"(?:{EARLIER})_?(?P<base>.+)"),
    (When.AFTER, rf"(?P<base>.+?)_?(?:{LATER})"),
    (When.AFTER, rf"(?:{LATER})_?(?P<base>.+)"),
    (When.ANY, rf"(?P<base>.+?)_?(?:{NOW})"),
    (When.ANY, r"(?:all|this|cur|curr)_?(?P<base>.+)"),
    (When.ANY, r"(?P<base>.+?)_?1"),
)
GRADIENT = re.compile(r"(?:dL_?d|dloss_?d|d|D|grad_?|delta_?|g_)_?(?P<base>[A-Za-z]\w*)")
SHORT = re.compile(r"g(?P<base>[A-Za-z]\w*)")
"""What the gradient by a parameter is called, if nothing else is called so."""
SUFFIXED = re.compile(r"(?P<base>\w+?)_?(?:grad|gradient|bar|delta)s?")
UPSTREAM = re.compile(r"(?:dout|upstream|grad_?out(?:put)?|dvalues|dL|grad)s?")
ABOVE = re.compile(r"_(?:top|above|ext|external|loss|direct|local|up|upper)$")
"""What says of the gradient by an output that it is what comes from outside the cell."""
SIZE = re.compile(r"(?:n|num|dim)_?(?P<of>\w+)|(?P<before>\w+?)_?(?:size|dim|units|length|len)")
INPUT = frozenset("input inputs inp X x xs data features inputs_t".split())
TARGET = frozenset("target targets label labels y_true Y ys target_t answers".split())
SUBSCRIPTS = frozenset("tilde hat bar t prev".split())
"""Marks behind a letter that do not say which of several values it is."""
HIDDEN = frozenset("hidden hid h state units H n_h n_hidden n_a".split())


class Names:
    """The names of a cell.

    Args:
        forward: the cell.
        called: other names of values, as they were found for this function.
        earlier: names without a mark of time that stand for a state one step before.
    """

    def __init__(self, forward: System, called: dict[str, str] | None = None, earlier: Collection[str] = ()) -> None:
        self.forward, self.own, self.earlier = forward, called or {}, earlier
        self.states = [each.name for each in forward.states]

    @property
    def listed(self) -> str:
        """The names of the values of the page, for messages."""
        return ", ".join(name for name, each in self.forward.variables.items() if each.kind is Kind.PRIMAL)

    @cached_property
    def known(self) -> dict[str, str]:
        """The values by what they may be called: their own names first."""
        found: dict[str, str] = {}
        for name in self.forward.variables:
            found.setdefault(name, name)
        found |= self.own
        for name in self.forward.variables:
            found.setdefault(name.replace("_", ""), name)
        several: dict[str, set[str]] = {}
        for alias, name in self._between():
            several.setdefault(alias, set()).add(name)
        for alias, names in several.items():
            if len(names) == 1:
                found.setdefault(alias, *names)
        for alias, name in (*self._kinds(), *self._gates()):
            found.setdefault(alias, name)
        return found

    def _gates(self) -> Iterator[tuple[str, str]]:
        """A value at each step by its subscript, if it alone has that, and a letter with a tilde by the letter twice: o of Gamma_o, cc of c_tilde."""
        several: dict[str, list[str]] = {}
        for name in (name for name, each in self.forward.variables.items() if each.is_sequence and each.kind is Kind.PRIMAL):
            base, _, mark = name.rpartition("_")
            if base and mark not in SUBSCRIPTS:
                several.setdefault(mark, []).append(name)
            elif len(base) == 1 and mark == "tilde":
                several.setdefault(base * 2, []).append(name)
        yield from ((alias, names[0]) for alias, names in several.items() if len(names) == 1)

    def _kinds(self) -> Iterator[tuple[str, str]]:
        """What there is only one of is called by its kind."""
        if len(self.states) == 1:
            yield from ((each, self.states[0]) for each in ("h", "hx", "hidden", "state"))
        outputs = [each for each in self.forward.outputs if each != self.forward.loss]
        if len(outputs) == 1:
            yield from ((each, outputs[0]) for each in ("output", "outputs"))
        data = [each for each in self.forward.inputs if not each.is_distribution]
        targets = [each for each in self.forward.inputs if each.is_distribution]
        if len(data) == 1:
            yield from ((each, data[0].name) for each in INPUT)
        if len(targets) == 1:
            yield from ((each, targets[0].name) for each in TARGET)

    def _between(self) -> Iterator[tuple[str, str]]:
        """Parameters by the values between which they stand: W_xh of what multiplies x and is a part of h, b_h of what is added there."""
        letters = {name: [name, *(other for other, value in self.own.items() if value == name)] for name in self.forward.variables}
        for equation in self.forward.equations:
            variable = self.forward[equation.name]
            ends = letters[variable.of] if variable.kind is not Kind.PRIMAL and variable.of else letters[equation.name]
            read = set(equation.reads)
            for part in sp.preorder_traversal(equation.right):
                if isinstance(part, nodes.MatMul) and (found := self._weighed([each for each in part.args if each in read])):
                    yield from _weights(*found, ends, letters)
                    yield from ((alias, found[0]) for alias in self._of_layer(found[1]))
            for each in _summands(equation.right):
                if each in read and self._is_parameter(nodes.name_of(each)):
                    yield from ((f"b{mark}{end}", nodes.name_of(each)) for end in ends for mark in ("", "_"))
                    yield "bias", nodes.name_of(each)

    def _of_layer(self, value: str) -> Iterator[str]:
        """What a parameter is called in PyTorch that multiplies a value."""
        if self.forward[value].role is Role.INPUT:
            yield "weight_ih"
        elif value in self.states:
            yield "weight_hh"

    def _is_parameter(self, name: str) -> bool:
        return self.forward[name].role is Role.PARAMETER

    def _weighed(self, factors: list[Expr]) -> tuple[str, str, bool] | None:
        """The parameter and the value of a product of both, and whether the value comes from the step before or from outside."""
        weights = [each for each in factors if self._is_parameter(nodes.name_of(each))]
        values = [each for each in factors if isinstance(each, sp.Indexed)]
        if len(weights) != 1 or len(values) != 1:
            return None
        name = nodes.name_of(values[0])
        return nodes.name_of(weights[0]), name, self.forward[name].role is Role.INPUT or nodes.offset(values[0]) != 0

    def value(self, name: str) -> Named | None:
        """The value that a name stands for; of an object, self.W is W."""
        name = name.removeprefix(SELF)
        for when, pattern in PATTERNS:
            found = re.fullmatch(pattern, name)
            if not found:
                continue
            base = found["base"].rstrip("_")
            for each in (base, base.lower()) if len(base) > 1 else (base,):
                if each in self.known and (when is When.ANY or self.forward[self.known[each]].is_sequence):
                    return Named(self.known[each], When.BEFORE if name in self.earlier else when)
        return None

    def gradient(self, name: str) -> Named | None:
        """The value by which a name says that it is the gradient."""
        name = name.removeprefix(SELF)
        ended = re.fullmatch(r"(?P<base>.+?)(?:_(?:T|final|end|last)|T)", name)
        if ended and (inner := self.gradient(ended["base"])) and inner.when is When.ANY and self.forward[inner.value].is_sequence:
            return Named(inner.value, When.AFTER)
        for found in (GRADIENT.fullmatch(name), SUFFIXED.fullmatch(name)):
            if found and (meant := self.value(found["base"]) or self._of_only_state(found["base"])):
                return meant
        short = SHORT.fullmatch(name)
        if short and not self.value(name) and (meant := self.value(short["base"])) and not self.forward[meant.value].is_sequence:
            return meant
        for when, pattern in PATTERNS[1:5]:
            outer = re.fullmatch(pattern, name)
            if outer and outer["base"] != name and (inner := self.gradient(outer["base"])) and inner.when is When.ANY:
                return Named(inner.value, when)
        return None

    def _of_only_state(self, mark: str) -> Named | None:
        """The one state of the cell, where a name says nothing but which of its values is meant."""
        when = When.AFTER if re.fullmatch(LATER, mark) else When.BEFORE if re.fullmatch(EARLIER, mark) else None
        return Named(self.states[0], when) if when and len(self.states) == 1 else None

    def upstream(self, name: str) -> Named | None:
        """The output by which the loss was differentiated to give an argument."""
        if UPSTREAM.fullmatch(name) and len(outputs := [each for each in self.forward.outputs if each != self.forward.loss]) == 1:
            return Named(outputs[0], When.ANY)
        return self.gradient(name) or self.gradient(ABOVE.sub("", name))

    @cached_property
    def sizes(self) -> dict[str, Expr]:
        """The sizes of the cell, by their names."""
        return {str(s): s for each in self.forward.variables.values() for side in each.shape for s in side.free_symbols}

    def size(self, name: str) -> Expr | None:
        """The size that a name stands for: hidden_size, n_x, vocab_size."""
        name = name.removeprefix(SELF)
        if name in self.sizes:
            return self.sizes[name]
        found = SIZE.fullmatch(name)
        of = (found["of"] or found["before"]) if found else name
        if of in HIDDEN:
            sides = {self.forward[each].shape[0] for each in self.states}
        elif found and of in {"vocab", "input", "in", "output", "out", "x", "y"}:
            ends = self.forward.inputs if of in {"vocab", "input", "in", "x"} else [self.forward[each] for each in self.forward.outputs]
            sides = {each.shape[0] for each in ends if not each.is_distribution and each.shape[0] != 1}
        else:
            named = self.value(of) if found else None
            sides = {self.forward[named.value].shape[0]} if named else set()
        return sides.pop() if len(sides) == 1 else None


def earlier(groups: Iterable[Collection[str]], names: Names) -> frozenset[str]:
    """The names that stand for a state one step before, for among what is given with them the state after has a name: h beside h_next or h_new.

    Args:
        groups: names of what is given together, the arguments of a function or the parts of a cache.
        names: what they stand for otherwise.
    """
    found: set[str] = set()
    for group in groups:
        meant = {each: named for each in group if (named := names.value(each)) and named.value in names.states}
        for name, named in meant.items():
            others = {each: other.when for each, other in meant.items() if other.value == named.value and each != name}
            is_after = any(when is When.AFTER or (each not in names.known and re.fullmatch(r".+t", each)) for each, when in others.items())
            if name in names.known and is_after and When.BEFORE not in others.values():
                found.add(name)
    return frozenset(found)


def guessed(arguments: Collection[str], names: Names) -> dict[str, str]:
    """What an unknown letter stands for, if it is that of all marked as the state before or after, and one state has no other name."""
    bases = set()
    for argument in arguments:
        for when, pattern in PATTERNS[1:5]:
            found = re.fullmatch(pattern, argument)
            if found and when is not When.ANY and names.value(argument) is None:
                bases.add(found["base"].rstrip("_"))
    bases = {each for each in bases if (re.fullmatch(r"[A-Za-z]{1,2}", each) and not each.startswith("d")) or len(each) == 1}
    used = {meant.value for each in arguments if (meant := names.value(each))}
    free = [each for each in names.states if each not in used]
    return {bases.pop(): free[0]} if len(bases) == 1 and len(free) == 1 else {}


def _weights(weight: str, value: str, is_outer: bool, ends: list[str], letters: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """What a parameter may be called that multiplies a value."""
    for begin in letters[value]:
        yield from ((f"{letter}{mark}{begin}", weight) for letter in "WU" for mark in ("", "_") if is_outer)
        for end in ends:
            yield from ((f"{letter}{mark}{both}", weight) for letter in "WUV" for mark in ("", "_") for both in (begin + end, end + begin))


def _summands(expr: Expr) -> tuple[Expr, ...]:
    return expr.args if isinstance(expr, sp.Add) else (expr,)
