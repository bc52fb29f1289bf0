"""What a function returns beside the true gradients: each result in the convention that all have, and the numbers at which it differs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from derive.algebra import nodes
from derive.errors import InputError
from derive.notation.write import equation_text
from derive.system import Role
from verify.claims.calling import Calls, Results
from verify.claims.cases import Backward
from verify.claims.conventions import CONVENTIONS, PLAIN, Convention, told_apart
from verify.claims.findings import Finding, Judgement
from verify.claims.names import Named
from verify.claims.presentation import Given, Layout
from verify.claims.space import close
from verify.evaluation import Array


class Judged(Calls):
    """One function, as it is called, and what is found of its results."""

    has_marks = False
    """Whether the names of its results say that they are gradients."""

    def gradients(self, found: Results) -> list[str]:
        """The results that are gradients.

        Raises:
            InputError: nothing is known of a result.
        """
        names = []
        self.has_marks = any(self.names.gradient(name) for name in found)
        for name in found:
            if self.meant(name):
                names.append(name)
            elif (not self.names.value(name) and name != "loss") or name in self.listed:
                example = f"d{name} for the gradient by {name}" if self.names.value(name) else "dW for the gradient by W"
                raise InputError(f"nothing is known of the result {name}", place=self.callee.name,
                                 advice=f"call it {example}; the values are {', '.join(self.cell.system.variables)}")  # fmt: skip
        if not names:
            raise InputError("it returns no gradients", place=self.callee.name, advice="return {'W': dW, 'U': dU}")
        return names

    def meant(self, name: str) -> Named | None:
        """The value that a result is the gradient by; a result may have the name of the value itself where it is returned in a table of these."""
        if meant := self.names.gradient(name):
            return meant
        meant = self.names.value(name) if name != self.cell.system.loss else None
        is_parameter = meant is not None and self.cell.system[meant.value].role is Role.PARAMETER
        return meant if is_parameter or not self.has_marks else None

    def conventions(self, names: list[str], runs: list[tuple[Given, Results]], parameters_only: bool = False) -> list[list[Convention]]:
        """The conventions in which the gradients by parameters are right, or all if there are none; matrices have the form they are given in."""
        own = [name for name in names if self.is_parameter(name)] or ([] if parameters_only else names)
        return [[each for _, each in self.fits(name, runs) if not each.is_transposed] for name in own]

    def is_parameter(self, name: str) -> bool:
        """Whether a result is the gradient by a parameter."""
        meant = self.meant(name)
        return meant is not None and not self.cell.system[meant.value].is_sequence

    def fits(self, name: str, runs: list[tuple[Given, Results]]) -> list[tuple[str, Convention]]:
        """What a result is the gradient by, in words, and in which convention."""
        meant = self.meant(name)
        assert meant is not None
        rights = [dict(given.right(meant)) for given, _ in runs]

        def is_right(told: str, each: Convention) -> bool:
            return all(
                close(each.array(found[name], given.steps, given.case.scene.count), right[told])
                for (given, found), right in zip(runs, rights, strict=True)
            )

        return [(told, each) for each in CONVENTIONS for told in rights[0] if is_right(told, each)]

    def judged(self, name: str, runs: list[tuple[Given, Results]], common: Convention) -> tuple[Judgement, str]:
        """What is found of one result, and in words.

        Args:
            common: the convention of the gradients by parameters; others may be meant as they are.
        """
        found = self.fits(name, runs)
        accepted = [common] if self.is_parameter(name) else [PLAIN, common]
        for told, each in found:
            if each in accepted:
                if each == PLAIN:
                    return Judgement.RIGHT, f"it is the gradient of the loss by {told}"
                return Judgement.CONVENTION, f"it is {each.told}"
        meant = self.meant(name)
        if found and meant:
            own = found[0][1]
            is_flipped = runs[0][0].way.is_transposed and self.is_parameter(name) and 1 not in self.cell.system[meant.value].shape
            seen, others = (replace(each, is_transposed=each.is_transposed is not is_flipped) for each in (own, common))
            return Judgement.WRONG, told_apart(seen, others, self.others(name, runs, own, common))
        return Judgement.WRONG, f"it is not the gradient of the loss by {meant.value if meant else name}"

    def others(self, name: str, runs: list[tuple[Given, Results]], own: Convention, common: Convention) -> list[str]:
        """The parameters by which other gradients are in the common convention; those that are matrices, if a gradient is transposed."""
        other = {each: meant.value for each in runs[0][1] if each != name and self.is_parameter(each) and (meant := self.meant(each))}
        if own.is_transposed:
            other = {each: value for each, value in other.items() if 1 not in self.cell.system[value].shape}
        return [value for each, value in other.items() if any(found == common for _, found in self.fits(each, runs))]

    def finding(self, name: str, runs: list[tuple[Given, Results]], common: Convention) -> Finding:
        """What is found of one result at all numbers."""
        judgement, told = self.judged(name, runs, common)
        if judgement is not Judgement.WRONG:
            return Finding(0, name, judgement, told)
        meant = self.meant(name)
        assert meant is not None
        for given, found in runs:
            told_right, gradient = next(given.right(meant))
            right = common.claimed_array(gradient, given.steps, given.case.scene.count) if self.is_parameter(name) else gradient
            if not close(found[name], right):
                return Finding(0, name, judgement, told, False, _witness(given, found[name], right), self.derived(told_right))
        return Finding(0, name, judgement, told)

    def derived(self, told: str) -> str:
        """The derived equation of the gradient by a value."""
        adjoint, value = self.cell.adjoint, told.removesuffix("_0").removesuffix(" one step before")
        bars = Backward(self.cell.system, adjoint).bars
        if value not in bars:
            return ""
        left = adjoint[bars[value]].at(0) if told.endswith("_0") else adjoint[bars[value]].symbol
        return next((equation_text(each, adjoint) for each in adjoint.equations if each.left == left), "")


def _witness(given: Given, claimed: Array, right: Array) -> dict[str, Any]:
    """The numbers at which two arrays differ: T, N, the sizes, and the entry that is furthest off or else the two shapes."""
    scene = given.case.scene
    sizes = {str(symbol): number for symbol, number in scene.sizes.items() if symbol != nodes.T}
    at = {"T": scene.steps, **({"N": scene.count} if given.way.layout not in (Layout.ALONE, Layout.COLUMN) else {}), **sizes}
    if claimed.shape != right.shape:
        return {**at, "claimed": f"an array of shape {claimed.shape}", "right": f"one of shape {right.shape}"}
    entry = np.unravel_index(np.argmax(np.nan_to_num(np.abs(claimed - right), nan=np.inf)), right.shape)
    return {**at, "entry": [int(i) for i in entry], "claimed": f"{claimed[entry]:.6g}", "right": f"{right[entry]:.6g}"}
