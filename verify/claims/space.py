"""Claims as expressions over one system: the values of a cell and their true gradients, with the author's own names put in or identified.

Each equation is judged by itself: whatever it reads has its true value. So one slip is one finding, in the equation where it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import InputError
from derive.notation.claims.chains import Chain, When
from derive.notation.claims.claim import Claim, Meaning, Of
from derive.system import Kind, Role, System, Variable
from verify.claims.carried import carried
from verify.evaluate import Values
from verify.evaluation import Array, Time
from verify.proof.witness import Setting, Witness

TOLERANCE = 1e-9
"""How far apart, by their largest entry, two values may lie that count as one."""
ROUNDING = 1e-14
"""How far apart two values that should be zero may lie: all numbers that are drawn are about one."""
MEANINGLESS = (InputError, ValueError, LookupError, ArithmeticError)
"""What an expression that fits nowhere may raise where it is evaluated."""


class Space:
    """The system over which claims are expressed, with numbers for all of it.

    Args:
        forward: the cell, its intermediates named.
        adjoint: the equations of its gradients.
        claims: all claims of a page.
        chains: its formulas about derivatives of one value by another.
        with_minus: whether errors that read no gradient, d - y and what is made of it, may be minus a gradient.

    Raises:
        InputError: the cell has no finite values at random numbers.
    """

    def __init__(
        self, forward: System, adjoint: System, claims: Sequence[Claim], chains: Sequence[Chain] = (), with_minus: bool = False
    ) -> None:
        self.forward, self.adjoint, self.claims = forward, adjoint, claims
        self.bars = {each.of: each.name for each in adjoint.variables.values() if each.kind is Kind.ADJOINT}
        self.inner = {each.of: name for name, each in forward.variables.items() if each.kind is Kind.PREACTIVATION and name in self.bars}
        self.inner |= {value: name for value, name in _named_arguments(forward) if self._may_stand_for(value, name, chains)}
        self.meant = dict(self.bars)
        self.seeds = {each.of: each.name for each in adjoint.variables.values() if each.kind is Kind.UPSTREAM}
        given = {name: replace(each, role=Role.INPUT) if each.role is Role.DEFINED else each for name, each in forward.variables.items()}
        self.carried = carried(adjoint)
        self.minus = {name: f"minus {name}" for name in self.bars.values()} if with_minus else {}
        beside = {name: each.variable for name, each in self.carried.items()}
        beside |= {other: replace(adjoint[name], name=other, kind=Kind.OPERAND) for name, other in self.minus.items()}
        self.system = replace(adjoint, variables={**given, **adjoint.variables, **beside})
        self.settings = [each for each in Witness(forward, adjoint).settings() if all(np.isfinite(a).all() for a in each.values.values())]
        if not self.settings:
            raise InputError("its values are not finite at any of the random numbers that were tried", place=forward.name,
                             advice="functions such as log may have no value there")  # fmt: skip
        for each in self.settings:
            self._carry(each)
        self.over = {id(each): Values(self.system, each.known) for each in self.settings}
        self.own = {each.name: each for each in sorted(claims, key=lambda each: each.time == nodes.t) if not each.value}
        at_end = [each for each in claims if each.time == nodes.T]
        self.ended = {name for each in at_end for name in (each.value, each.name) if name}
        self.ended |= {each.defined for each in chains if each.step == When("T")}
        self.identified: dict[str, str] = {}

    def _may_stand_for(self, value: str, argument: str, chains: Sequence[Chain]) -> bool:
        """Whether delta_z may be meant by the argument of the function that gives z, which the page of the cell names.

        Not if the page speaks of the gradient by the argument too, or of that by z as a derivative.
        """
        told = {value for each in self.claims for value in (each.value, *_gradients(each))} | {
            name for each in chains for name in each.by_loss
        }
        marked = [each.is_marked for each in self.claims if each.value == value]
        marked += [
            meaning.is_marked
            for each in self.claims
            for meaning in each.names.values()
            if meaning.variable == value and meaning.of is Of.GRADIENT
        ]
        return argument in self.bars and argument not in told and all(marked) and bool(marked)

    def _carry(self, setting: Setting) -> None:
        """Find the values of what authors carry, and of minus each gradient."""
        setting.values.update({(other, time): -value for (name, time), value in setting.values.items() if (other := self.minus.get(name))})
        over = Values(self.system, setting.known)
        for name, each in self.carried.items():
            for time in range(1, setting.steps + 1):
                try:
                    setting.values[name, time] = over.at(each.expr, time)
                except MEANINGLESS:
                    continue

    @property
    def told(self) -> dict[str, str]:
        """The author's names, by those of the system."""
        read = {self.called(meaning): name for each in self.claims for name, meaning in each.names.items() if meaning.time is None}
        own = {self.meant[each.value]: each.name for each in self.claims if each.value in self.meant}
        return {**{meant: name for name, meant in self.identified.items()}, **read, **own}

    def called(self, meaning: Meaning) -> str:
        """The name here of what a name on the page stands for."""
        names = {Of.VALUE: {}, Of.GRADIENT: self.meant, Of.DIRECT: self.seeds}[meaning.of]
        return names.get(meaning.variable, meaning.variable)

    def variable(self, name: str) -> Variable:
        """A variable of the system."""
        return self.system[name]

    def times(self, claim: Claim, setting: Setting) -> Sequence[Time]:
        """The times at which a claim is made; what the page defines at the last step by itself, it defines before that step otherwise."""
        if claim.time is None:
            return [None]
        if claim.time == nodes.t:
            return range(1, setting.steps + (not self.is_before_end(claim)))
        return [int(claim.time.subs(nodes.T, setting.steps))]

    def is_before_end(self, claim: Claim) -> bool:
        """Whether a claim at each t is none about the last step."""
        return claim.time == nodes.t and bool({claim.value, claim.name} & self.ended)

    def expression(self, claim: Claim, assumed: Mapping[str, str], within: tuple[str, ...] = ()) -> Expr | None:
        """What is claimed, over the values and gradients of the cell.

        Args:
            assumed: by the author's own names, the values or gradients that they are taken to stand for.
            within: his names that are being put in.

        Returns:
            None if a name of his own is defined by itself, and nothing is known of it.
        """
        assert claim.system is not None
        right = nodes.rewrite(claim.system.equation(claim.target).right, self._sized(claim, claim.system))
        table: dict[Expr, Expr] = {}
        for leaf in nodes.leaves(right):
            made = self._meant(leaf, claim, assumed, within)
            if made is None:
                return None
            table[leaf] = made
        return nodes.replace(right, table)

    def _sized(self, claim: Claim, system: System) -> Callable[[Expr], Expr | None]:
        """What puts the sizes of this system in the place of those of a claim's: they are the same, by other names."""
        pairs = (
            (theirs, ours)
            for name in system.variables
            if (own := self.called(claim.names[name]) if name in claim.names else name) in self.system.variables
            for theirs, ours in zip(system[name].shape, self.system[own].shape, strict=True)
        )
        table = {theirs: ours for theirs, ours in pairs if theirs.is_Symbol}
        return lambda part: part.xreplace(table) if part.is_integer and not isinstance(part, nodes.Node) else None

    def _meant(self, leaf: Expr, claim: Claim, assumed: Mapping[str, str], within: tuple[str, ...]) -> Expr | None:
        """A leaf of a claim as it is here."""
        name, known = nodes.name_of(leaf), self.identified | dict(assumed)
        if name in claim.names:
            meaning = claim.names[name]
            if meaning.time is not None:
                return nodes.sequence(self.called(meaning))[meaning.time]
            return self._read(self.called(meaning), leaf)
        if name not in self.own or name in known:
            return self._read(known.get(name, name), leaf)
        own = self.own[name]
        if name in within or own.system is None or own.time != (nodes.t if isinstance(leaf, sp.Indexed) else None):
            return None
        inner = self.expression(own, assumed, (*within, name))
        return None if inner is None else nodes.shift(inner, nodes.offset(leaf)) if isinstance(leaf, sp.Indexed) else inner

    def _read(self, name: str, leaf: Expr) -> Expr | None:
        """A read of another name at the same time."""
        if name not in self.system.variables or self.system[name].is_sequence != isinstance(leaf, sp.Indexed):
            return None
        return nodes.sequence(name)[leaf.indices] if isinstance(leaf, sp.Indexed) else nodes.parameter(name)

    def value(self, expr: Expr, setting: Setting, time: Time) -> Array | None:
        """The value of an expression; None if it has none."""
        try:
            with np.errstate(all="ignore"):
                return self.over[id(setting)].at(expr, time)
        except MEANINGLESS:
            return None

    def true(self, name: str, setting: Setting, time: Time) -> Array | None:
        """The true value of a variable."""
        return setting.values.get((name, time))

    def has_values(self, name: str, claim: Claim) -> bool:
        """Whether a variable has a value at any of the times at which a claim is made."""
        return any(self.true(name, setting, time) is not None for setting in self.settings for time in self.times(claim, setting))

    def is_true(self, expr: Expr, name: str, claim: Claim, settings: Sequence[Setting] | None = None) -> bool:
        """Whether an expression has the value of a variable wherever a claim is made."""
        chosen = self.settings if settings is None else settings
        return all(
            close(self.value(expr, setting, time), self.true(name, setting, time))
            for setting in chosen
            for time in self.times(claim, setting)
        )

    def candidates(self, claim: Claim) -> Iterator[str]:
        """The gradients, the values of the cell and the parts of gradients that a name of the author's own may stand for."""
        is_sequence = claim.time is not None
        yield from (name for name in self.bars.values() if self.system[name].is_sequence == is_sequence)
        yield from (name for name, each in self.forward.variables.items() if each.changes and each.is_sequence == is_sequence)
        yield from self.carried if is_sequence else ()

    def settle(self) -> None:
        """Find what names stand for: the author's own, and gradients by f_t that are meant by the argument of the function that gives f_t.

        First by what defines a name, which is then right; of the others by the equations that read it, as many of which as can be are right.
        """
        for _ in range(2):
            for claim in self._ambiguous():
                if not self._holds(claim, self.meant[claim.value]) and self._holds(claim, self.bars[self.inner[claim.value]]):
                    self.meant[claim.value] = self.bars[self.inner[claim.value]]
        self._settle_undefined()
        self.identified |= {
            claim.name: self.called(meant) for claim in self.claims if (meant := _definition(claim)) and claim.name in self.own
        }
        self._settle_minus()
        for name, claim in self.own.items():
            if name in self.identified:
                continue
            chosen = next((each for each in self.candidates(claim) if self._holds(claim, each)), None)
            if chosen is not None:
                self.identified[name] = chosen
        wrong = [claim.value for claim in self._ambiguous() if not self._holds(claim, self.meant[claim.value])]
        self._settle_alike(wrong)
        for claim in self._ambiguous():
            if claim.value in wrong:
                choices = [self.meant[claim.value], self.bars[claim.value], self.bars[self.inner[claim.value]]]
                self.meant[claim.value] = max(choices, key=lambda each, value=claim.value: self._readers_right(value, each))  # type: ignore[misc]
        for name, claim in self.own.items():
            if name not in self.identified:
                rights = {each: self._readers_right(name, each) for each in self.candidates(claim)}
                best = max(rights, key=rights.__getitem__, default="")
                if best and rights[best]:
                    self.identified[name] = best

    def _settle_minus(self) -> None:
        """Errors that are minus a gradient, where that is looked for: each may be made of those before it."""
        for claim in self.claims if self.minus else ():
            reads_gradient = any(each.of is not Of.VALUE and self.called(each) not in self.minus.values() for each in claim.names.values())
            if claim.time != nodes.t or reads_gradient or (claim.value and not claim.is_marked):
                continue
            chosen = [self.meant[claim.value], *self._by(claim.value)] if claim.value else self.candidates(claim)
            if any(self._holds(claim, each) for each in chosen):
                continue
            found = self._by(claim.value) if claim.value else [each for each in self.bars.values() if self.system[each].is_sequence]
            if (other := next((self.minus[each] for each in found if self._holds(claim, self.minus[each])), "")) and claim.value:
                self.meant[claim.value] = other
            elif other:
                self.identified[claim.name] = other

    def _by(self, value: str) -> list[str]:
        """The gradients that a delta of a value may be: by it, and by the argument of the function that gives it."""
        return [self.bars[each] for each in (value, self.inner.get(value, "")) if each in self.bars]

    def _settle_undefined(self) -> None:
        """Gradients that are read and not defined are all meant by arguments of functions, if more equations are right so."""
        defined = {each.value for each in self.claims}
        self._settle_alike({value for each in self.claims for value in _gradients(each) if value in self.inner and value not in defined})

    def _settle_alike(self, values: Collection[str]) -> None:
        """Gradients by these values are all meant by arguments of functions, if more equations are right so.

        Those are left out whose gradient by the argument has a name of its own on the page, which it defines by the gradient by the value.
        """
        values = [value for value in values if not any(self._holds(each, self.bars[self.inner[value]]) for each in self._reading(value))]
        before, meant = self._right(), dict(self.meant)
        self.meant |= {value: self.bars[self.inner[value]] for value in values}
        if values and self._right() <= before:
            self.meant = meant

    def _reading(self, value: str) -> list[Claim]:
        """The claims of names of the author's own that read the gradient by a value."""
        return [each for each in self.own.values() if value in _gradients(each) and each.time == nodes.t]

    def _right(self) -> int:
        """How many equations of gradients are right."""
        return sum(self._holds(each, self.meant[each.value]) for each in self.claims if each.value in self.meant)

    def _ambiguous(self) -> list[Claim]:
        """The claims of a gradient at each t by a value that a function gives."""
        return [each for each in self.claims if each.value in self.inner and each.time == nodes.t and each.system is not None]

    def _holds(self, claim: Claim, name: str) -> bool:
        """Whether a claim is right if what it defines is a variable."""
        if claim.system is None:
            return False
        expr = self.expression(claim, {} if claim.value else {claim.name: name})
        return expr is not None and self.is_true(expr, name, claim)

    def _readers_right(self, name: str, chosen: str) -> int:
        """How many equations of gradients that read a name of the author's, or a gradient by a value, are right if it is a variable."""
        identified, meant = dict(self.identified), dict(self.meant)
        if name in self.own:
            self.identified[name] = chosen
        else:
            self.meant[name] = chosen
        readers = [each for each in self.claims if each.value in self.meant and (name in each.own or name in _gradients(each))]
        count = sum(self._holds(each, self.meant[each.value]) for each in readers)
        self.identified, self.meant = identified, meant
        return count


def _named_arguments(forward: System) -> Iterator[tuple[str, str]]:
    """The values that functions of the entries give, each with the argument that has a name on the page and that nothing else reads."""
    for equation in forward.equations:
        right = equation.right
        argument = right.args[0] if isinstance(right, nodes.Elementwise) and len(right.args) == 1 else None
        if not isinstance(argument, sp.Indexed) or argument.indices != getattr(equation.left, "indices", None):
            continue
        name = nodes.name_of(argument)
        if forward[name].kind is Kind.PRIMAL and {each.name for each, _ in forward.readers[name]} == {equation.name}:
            yield equation.name, name


def _definition(claim: Claim) -> Meaning | None:
    """The gradient that an equation gives another name, if it does no more than that."""
    if claim.value or claim.system is None:
        return None
    right = claim.system.equation(claim.target).right
    meant = claim.names.get(nodes.name_of(right)) if isinstance(right, (sp.Indexed, sp.Symbol)) else None
    is_now = not isinstance(right, sp.Indexed) or right.indices[0] == nodes.t
    return meant if meant is not None and meant.of is Of.GRADIENT and meant.time is None and is_now else None


def _gradients(claim: Claim) -> list[str]:
    """The variables whose gradients a claim reads."""
    return [meaning.variable for meaning in claim.names.values() if meaning.of is Of.GRADIENT]


def witness(setting: Setting, time: Time, claimed: Array, right: Array) -> dict[str, Any]:
    """The numbers at which two values differ: T, the sizes, the time, and the entry that is furthest off or else the two shapes."""
    sizes = {str(symbol): number for symbol, number in setting.sizes.items() if symbol != nodes.T}
    at = {"T": setting.steps, **sizes, **({} if time is None else {"t": time})}
    if claimed.shape != right.shape:
        return {**at, "claimed": f"an array of shape {claimed.shape}", "right": f"one of shape {right.shape}"}
    entry = np.unravel_index(np.argmax(np.nan_to_num(np.abs(claimed - right), nan=np.inf)), right.shape)
    return {**at, "entry": [int(i) for i in entry], "claimed": f"{claimed[entry]:.6g}", "right": f"{right[entry]:.6g}"}


def close(one: Array | None, other: Array | None) -> bool:
    """Whether two values are one, but for rounding."""
    if one is None or other is None or one.shape != other.shape or not np.isfinite(one).all():
        return False
    return bool(
        np.abs(one - other).max(initial=0.0) <= TOLERANCE * max(np.abs(one).max(initial=0.0), np.abs(other).max(initial=0.0)) + ROUNDING
    )
