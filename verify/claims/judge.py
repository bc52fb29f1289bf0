"""Claims against the true gradients: by numbers first, then by the proof; what is wrong is mended by undoing one mistake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, add
from derive.notation.claims.claim import Claim, Claims, Of
from derive.notation.write import equation_latex, equation_text
from derive.system import Equation, Kind, Role, System, Variable
from verify.claims.chained import judge_chain
from verify.claims.conventions import OF_EQUATIONS, PLAIN, Convention, convention_of, told_apart
from verify.claims.findings import Finding, Findings, Judgement
from verify.claims.jacobians import has_step_losses
from verify.claims.space import Space, close, witness
from verify.evaluation import Array, Time
from verify.mutations import mutations
from verify.proof import prove
from verify.proof.witness import Setting
from verify.verdict import Outcome

BY_ITSELF = "it reads a name that is defined by itself and is no gradient of the cell"


def judge(forward: System, adjoint: System, claims: Claims) -> Findings:
    """What is right and what is wrong in a backward pass.

    Args:
        forward, adjoint: a cell and the equations of its gradients, which are proved.
        claims: the equations of the backward pass.
    """
    found, _ = _judged(Space(forward, adjoint, claims.equations, claims.chains), claims)
    if found.holds or not forward.loss:
        return found
    other, common = _judged(Space(forward, adjoint, claims.equations, claims.chains, with_minus=True), claims)
    is_literal = any(each.value and not each.is_marked and each.time is None for each in claims.equations)
    is_better = _amiss(other) < _amiss(found)
    return other if is_better and not (is_literal and common.factor == -1) else found


def _judged(space: Space, claims: Claims) -> tuple[Findings, Convention]:
    """What is found of all claims, and the convention of their gradients by parameters."""
    space.settle()
    common = _convention(space)
    found = list(_by_readers([(each, _Judge(space, each, common).finding()) for each in claims.equations]))
    chains = [judge_chain(space, each) for each in claims.chains]
    return Findings(space.forward.name, tuple(sorted([*found, *chains], key=lambda each: each.line))), common.convention


def _amiss(found: Findings) -> int:
    """How many equations are not right."""
    return sum(each.judgement in (Judgement.WRONG, Judgement.UNDECIDED) for each in found.findings)


def _by_readers(found: list[tuple[Claim, Finding]]) -> Iterator[Finding]:
    """The findings; a name of the author's own that is nothing in itself is right if all that he reads it in is."""
    for claim, finding in found:
        readers = [other for each, other in found if claim.name in each.own and each.name != claim.name]
        if finding.judgement is Judgement.UNDECIDED and readers and all(each.judgement is Judgement.RIGHT for each in readers):
            yield replace(finding, judgement=Judgement.RIGHT, detail="it is on the way to gradients that are right")
        else:
            yield finding


def _convention(space: Space) -> Common:
    """The convention of all gradients by parameters, and which are in it."""
    fits = {claim.value: found for claim in space.claims if (found := _fits(space, claim))}
    matrices = [value for value in fits if 1 not in space.variable(value).shape]
    convention = convention_of(list(fits.values()), [fits[each] for each in matrices])
    layout = [each for each in matrices if any(found.is_transposed == convention.is_transposed for found in fits[each])]
    return Common(convention, tuple(layout), tuple(each for each in fits if any(found.factor == convention.factor for found in fits[each])))


def _fits(space: Space, claim: Claim) -> list[Convention]:
    """The conventions in which a claim of a gradient by a parameter is right."""
    if claim.system is None or not claim.value or claim.time is not None or space.variable(claim.value).is_sequence:
        return []
    expr, name = space.expression(claim, {}), space.meant[claim.value]
    found = (each for each in OF_EQUATIONS if expr is not None and space.is_true(each.gradient(expr), name, claim))
    return [first] if (first := next(found, None)) else []


@dataclass(frozen=True)
class Common:
    """The convention of a page.

    Attributes:
        convention: of all gradients by parameters.
        layout, scale: the parameters by which gradients have its layout, and its sign and scale.
    """

    convention: Convention
    layout: tuple[str, ...]
    scale: tuple[str, ...]


class _Judge:
    """One claim on trial."""

    def __init__(self, space: Space, claim: Claim, common: Common) -> None:
        self.space, self.claim, self.common = space, claim, common

    def finding(self) -> Finding:
        """What is found of it."""
        claim, space = self.claim, self.space
        if claim.system is None:
            judgement = Judgement.WRONG if claim.clashes else Judgement.UNDECIDED
            at = f" at column {claim.column}" if claim.column else ""
            return self.found(judgement, f"{'its sizes do not fit' if claim.clashes else f'it cannot be read{at}'}: {claim.error}")
        if not claim.value:
            return self.own()
        name = space.meant[claim.value]
        expr = space.expression(claim, {})
        if claim.value == space.forward.loss and claim.time is not None and has_step_losses(space.forward):
            judgement = Judgement.RIGHT if expr == 1 else Judgement.WRONG
            return self.found(judgement, "the loss is the sum of the losses of the steps, so its derivative by each of them is 1")
        if space.variable(name).is_sequence != (claim.time is not None):
            told = "has a value at each step, so its gradient has an index t" if claim.time is None else "is the same at each step"
            return self.found(Judgement.WRONG, f"{claim.value} {told}")
        if expr is None:
            return self.found(Judgement.UNDECIDED, BY_ITSELF)
        return self.compared(expr, name, self.meaning(name))

    def own(self) -> Finding:
        """What is found of a name of the author's own."""
        claim, space = self.claim, self.space
        if claim.name in space.identified:
            name = space.identified[claim.name]
            expr = space.expression(claim, {})
            if expr is None:
                return self.found(Judgement.UNDECIDED, BY_ITSELF)
            return self.compared(expr, name, self.meaning(name))
        for name in space.candidates(claim):
            expr = space.expression(claim, {claim.name: name})
            if expr is not None and (nearest := self.nearest(expr, name, with_terms=False)) is not None:
                told = f"it is no gradient of the cell, and one step from {self.meaning(name)}"
                return self.found(Judgement.WRONG, told, self.counterexample(expr, name), nearest)
        return self.found(Judgement.UNDECIDED, "it is no gradient and no value of the cell; it is judged by the equations that read it")

    def meaning(self, name: str) -> str:
        """What a variable is, in words."""
        space = self.space
        if name in space.carried:
            return space.carried[name].told
        if plain := next((each for each, other in space.minus.items() if other == name), ""):
            return f"minus {self.meaning(plain)}, the direction of descent"
        if name not in space.bars.values():
            return f"the value {name}"
        of = space.variable(name).of
        outer = next((value for value, inner in space.inner.items() if inner == of), "")
        return f"the gradient of the loss by {f'the argument of the function that gives {outer}' if outer else of}"

    def compared(self, expr: Expr, name: str, what: str) -> Finding:
        """What is found of an expression that should be a variable."""
        space = self.space
        if expr == 0 and not space.has_values(name, self.claim):
            return self.found(Judgement.RIGHT, f"{what} has no value there, and counts as zero")
        for each in self.accepted(name):
            gradient = each.gradient(expr)
            if space.is_true(gradient, name, self.claim):
                is_plain = name not in space.minus.values()
                judgement, told = (
                    (Judgement.RIGHT if is_plain else Judgement.CONVENTION, what) if each == PLAIN else (Judgement.CONVENTION, each.told)
                )
                before = ", before the last step, at which the page defines it by itself" * space.is_before_end(self.claim)
                return replace(self.found(judgement, f"it is {told}{before}"), is_proved=self.is_proved(gradient, name))
        if deviating := self.deviating(expr, name):
            return deviating
        if (inner := space.inner.get(self.claim.value)) and (
            nearest := self.nearest(expr, space.bars[inner], with_terms=False)
        ) is not None:
            told = f"it is not {self.meaning(space.bars[inner])}"
            return self.found(Judgement.WRONG, told, self.counterexample(expr, space.bars[inner]), nearest)
        return self.found(Judgement.WRONG, f"it is not {what}", self.counterexample(expr, name), self.nearest(expr, name, with_terms=True))

    def parameter(self, name: str) -> Variable | None:
        """The parameter by which a variable is the gradient."""
        variable = self.space.variable(name)
        return variable if name in self.space.bars.values() and not variable.is_sequence else None

    def accepted(self, name: str) -> list[Convention]:
        """The conventions in which a claim is right: those of the page, of a vector also as a row."""
        parameter, common = self.parameter(name), self.common.convention
        if parameter is None:
            return [PLAIN, replace(PLAIN, is_transposed=True)]
        if 1 not in parameter.shape:
            return [common]
        return [replace(common, is_transposed=each) for each in (False, True)]

    def deviating(self, expr: Expr, name: str) -> Finding | None:
        """What is found of the gradient by a parameter in another convention than that of the page."""
        parameter, common = self.parameter(name), self.common.convention
        own = next((each for each in OF_EQUATIONS if parameter and self.space.is_true(each.gradient(expr), name, self.claim)), None)
        if own is None or parameter is None:
            return None
        others = self.common.layout if own.factor == common.factor else self.common.scale
        mended = self.nearest(expr, name, with_terms=False) or common.claimed(own.gradient(expr))
        told = told_apart(own, common, [each for each in others if each != parameter.of])
        return self.found(Judgement.WRONG, told, self.counterexample(expr, name), mended)

    def is_proved(self, expr: Expr, name: str) -> bool:
        """Whether the gradients with this equation in the place of the derived one are proved."""
        adjoint, variable = self.space.adjoint, self.space.variable(name)
        if expr == variable.symbol:
            return True
        left = variable.symbol if self.claim.time is None else variable.at(self.claim.time)
        if part := self.space.carried.get(name):
            name, expr, variable = part.gradient, part.completed(expr), self.space.variable(part.gradient)
            left = variable.symbol
        if name not in self.space.bars.values() or all(each.left != left for each in adjoint.equations):
            return False
        parts = {leaf: self.space.carried[here].written_out(leaf) for leaf, here in self.carried_in(expr)}
        own = nodes.replace(nodes.replace(expr, parts), self.folded(name))
        equations = [replace(each, right=own) if each.left == left else each for each in adjoint.equations]
        proof = prove(self.space.forward, replace(adjoint, equations=tuple(equations)), only=variable.of)
        return any(each.subject == variable.of and each.outcome is Outcome.AGREES for each in proof.verdicts)

    def carried_in(self, expr: Expr) -> list[tuple[Expr, str]]:
        """What an expression reads of the parts of gradients that authors carry, with their names."""
        return [(leaf, here) for leaf in nodes.leaves(expr) if (here := nodes.name_of(leaf)) in self.space.carried]

    def folded(self, name: str) -> dict[Expr, Expr]:
        """What values and other gradients are defined by, with their names: an author who has put one in is judged as if he had not.

        At t these are equal. At t + 1 they are where no gradient reads one of a step before: then both are zero beyond T.
        """
        adjoint = self.space.adjoint
        others = [each for each in adjoint.equations if each.name != name and not each.is_boundary and _is_work(each.right)]
        values = {each.right: each.left for each in self.space.forward.equations if _is_work(each.right)}
        shifts = (0, 1) if all(high <= 0 for _, high in self.space.forward.reach.values()) else (0,)
        return {**values, **{nodes.shift(each.right, by): nodes.shift(each.left, by) for each in others for by in shifts}}

    def counterexample(self, expr: Expr, name: str) -> dict[str, Any] | None:
        """The first and smallest numbers at which it is not the variable."""
        for setting in self.space.settings:
            for time in self.space.times(self.claim, setting):
                own, right = self.space.value(expr, setting, time), self.expected(name, setting, time)
                if own is None or right is None or close(own, right):
                    continue
                return witness(setting, time, own, right)
        return None

    def expected(self, name: str, setting: Setting, time: Time) -> Array | None:
        """What is right at some numbers, in the convention of the page."""
        true = self.space.true(name, setting, time)
        return true if true is None else self.accepted(name)[0].claimed_array(true, setting.steps)

    # The nearest right form

    def nearest(self, expr: Expr, name: str, with_terms: bool) -> Expr | None:
        """The right form that one mistake less gives, or with a term of the derived equation more or in another's place; else that one itself."""
        space, common = self.space, self.accepted(name)[0]
        few = [setting for setting in space.settings if len(set(setting.sizes.values())) == len(setting.sizes)][1:3]
        for mended in self.repairs(expr, name, with_terms):
            if any(here not in space.told for _, here in self.carried_in(mended)):
                continue
            gradient = common.gradient(mended)
            if space.is_true(gradient, name, self.claim, few) and space.is_true(gradient, name, self.claim):
                return mended
        return common.claimed(self.derived(name)) if with_terms else None

    def repairs(self, expr: Expr, name: str, with_terms: bool) -> Iterator[Expr]:
        """Other forms, the nearest ones first."""
        alone = System("claim", (Equation(self.space.variable(name).symbol, expr, 1),), self.space.system.variables)
        yield from (each.system.equations[0].right for each in mutations(alone) if each.system.equations)
        if not with_terms:
            return
        terms, derived = _terms(expr), _terms(self.accepted(name)[0].claimed(self.derived(name)))
        yield from (add(*terms, each) for each in derived)
        for place in range(len(terms)):
            yield from (add(*terms[:place], each, *terms[place + 1 :]) for each in derived)

    def derived(self, name: str) -> Expr:
        """The derived equation of a gradient at the time of the claim, over gradients that the author has a name for, as far as can be."""
        left = self.space.variable(name).at(self.claim.time) if self.claim.time is not None else self.space.variable(name).symbol
        found = next((each.right for each in self.space.adjoint.equations if each.left == left), None)
        expr = self.space.adjoint.equation(name).right if found is None else found
        general = {each.name: each.right for each in self.space.adjoint.equations if not each.is_boundary}
        for _ in range(3):
            unnamed = [
                leaf
                for leaf in nodes.leaves(expr)
                if nodes.name_of(leaf) in general and nodes.name_of(leaf) not in {name, *self.space.told}
            ]
            expr = nodes.replace(expr, {leaf: _put_in(leaf, general[nodes.name_of(leaf)]) for leaf in unnamed})
            expr = nodes.replace(
                expr, {each.expr: each.variable.symbol for here, each in self.space.carried.items() if here in self.space.told}
            )
        return expr

    def written(self, expr: Expr) -> tuple[str, str]:
        """An equation for what is claimed, in plain text and in LaTeX, with the author's names where he has some."""
        system, told = self.space.system, self.space.told
        own = {name: replace(system[here], name=name, kind=self.kind(here)) for here, name in told.items()}
        table: dict[Expr, Expr] = {}
        for leaf in nodes.leaves(expr):
            if (here := nodes.name_of(leaf)) in told:
                table[leaf] = nodes.sequence(told[here])[leaf.indices] if isinstance(leaf, sp.Indexed) else nodes.parameter(told[here])
        return self.equation(nodes.replace(expr, table), replace(system, variables={**system.variables, **own}))

    def kind(self, name: str) -> Kind:
        """How a name of the author's is printed: a gradient as he calls it, what the loss of each step gives as a derivative."""
        variable = self.space.variable(name)
        return variable.kind if variable.kind is Kind.UPSTREAM else Kind.PRIMAL

    def equation(self, right: Expr, system: System) -> tuple[str, str]:
        """The equation whose left side is what the author defines, at the time at which he does."""
        name, time = self.claim.name, self.claim.time
        variables = {**system.variables, name: Variable(name, Role.DEFINED, (sp.Integer(1), sp.Integer(1)), is_sequence=time is not None)}
        left = nodes.parameter(name) if time is None else nodes.shift(nodes.sequence(name)[time], self.claim.offset)
        made = Equation(left, nodes.shift(right, self.claim.offset), 1)
        over = replace(system, variables=variables)
        return equation_text(made, over), equation_latex(made, over)

    def latex(self) -> str:
        """The claim in LaTeX; "" if it has no system, or reads a sequence at a single time."""
        claim = self.claim
        if claim.system is None or any(meaning.time is not None for meaning in claim.names.values()):
            return ""
        direct = {name: each.variable for name, each in claim.names.items() if each.of is Of.DIRECT}
        own = {name: replace(claim.system[name], kind=Kind.UPSTREAM, of=of) for name, of in direct.items()}
        system = replace(claim.system, variables={**claim.system.variables, **own})
        return self.equation(claim.system.equation(claim.target).right, system)[1]

    def found(self, judgement: Judgement, detail: str, at: dict[str, Any] | None = None, nearest: Expr | None = None) -> Finding:
        mended, in_latex = ("", "") if nearest is None else self.written(nearest)
        return Finding(self.claim.line, self.claim.text, judgement, detail, False, at, mended, self.latex(), in_latex)


def _is_work(right: Expr) -> bool:
    """Whether a right side is more than a number or another name."""
    return bool(nodes.leaves(right)) and not isinstance(right, (sp.Indexed, sp.Symbol))


def _put_in(leaf: Expr, right: Expr) -> Expr:
    """What a gradient is by its equation, at the time at which it is read."""
    return nodes.shift(right, nodes.offset(leaf)) if isinstance(leaf, sp.Indexed) and nodes.t in leaf.indices[0].free_symbols else right


def _terms(expr: Expr) -> tuple[Expr, ...]:
    return expr.args if isinstance(expr, sp.Add) else (expr,)
