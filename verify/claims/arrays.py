"""NumPy functions that give gradients, on trial: what they return beside the true ones, at T = 1, 2, 3 and three choices of sizes.

A function goes through one sequence or several, or through one step of them. It is given, by the names of its arguments, the values of the cell:
see `names` for what a name stands for, and `presentation` for the forms of arrays that are tried. A state without an argument for its initial
value is (T + 1, rows), with h[-1] or h[0] before the first step, or begins at zero. What it takes in one piece, a cache, has parts by name; it is
made by the forward function of the same file, if there is one.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from derive.algebra import nodes
from derive.errors import InputError
from derive.notation.write import equation_text
from derive.system import Role
from verify.claims.calling import Callee, Calls, Cell, Results, names_in
from verify.claims.cases import Backward, lagged, refuse_without_values
from verify.claims.conventions import CONVENTIONS, PLAIN, Convention, convention_of, told_apart
from verify.claims.findings import Finding, Findings, Judgement
from verify.claims.interpret import Function
from verify.claims.names import Named
from verify.claims.presentation import Given, Layout, Presentation, label_sets, presentations
from verify.claims.slips import slips
from verify.claims.source import Source, lines_of, returned
from verify.claims.space import close
from verify.evaluation import Array

TRIED = 2_000
"""How many changes of a text are tried to find the place of a slip."""
MOST = 1_500_000
"""How many steps all runs of a function may take together in which it is found out how it is called, and again where its slip is."""


def judge_source(cell: Cell, source: Source) -> Findings:
    """What is right and what is wrong in the gradients that the functions of a file return.

    Raises:
        InputError: an argument or a result is no value of the cell, or something is not carried out.
    """
    every = [Callee.of(Function(source, node=node)) for node in source.backward()]
    called = {name for each in every if each.function for name in source.calls(each.function.node)}
    found: list[tuple[str, list[Finding]]] = []
    errors: list[tuple[Callee, InputError]] = []
    for each in every:
        try:
            found.append((each.name, _Trial(cell, each).findings()))
        except InputError as error:
            errors.append((each, error))
    if not found:
        raise errors[0][1]
    for callee, wrong in errors:
        if callee.name not in called and callee.function is not None:
            detail = f"it cannot be carried out: {wrong}"
            found.append((callee.name, [Finding(callee.function.node.lineno, "all", Judgement.UNDECIDED, detail)]))
    told = [(f"{name}: " if len(found) > 1 else "", finding) for name, findings in found for finding in findings]
    return Findings(cell.system.name, tuple(replace(finding, text=begin + finding.text) for begin, finding in told), of_function=True)


def judge_function(cell: Cell, backward: Callable[..., Mapping[str, Any]], arguments: tuple[str, ...]) -> Findings:
    """The same of a function of Python.

    Args:
        backward: from arrays by the names of its arguments to gradients by name: W, dW or grad_W.
        arguments: the names of its arguments.

    Raises:
        InputError: an argument or a result is no value of the cell.
    """
    callee = Callee(cell.system.name, arguments, (), lambda given, free: backward(**given))
    return Findings(cell.system.name, tuple(_Trial(cell, callee).findings()), of_function=True)


@dataclass(frozen=True)
class _Tried:
    """What came of one way of calling a function.

    Attributes:
        score: how many results are right.
        names: the results that are gradients.
        matrices, flipped: how many gradients by matrices are right, and how many would be if they were transposed.
    """

    score: int
    names: list[str]
    matrices: int
    flipped: int


class _Trial(Calls):
    """One function on trial."""

    has_marks = False
    """Whether the names of its results say that they are gradients."""
    is_assumed = False
    """Whether no gradient by a matrix says that matrices are transposed."""

    def findings(self) -> list[Finding]:
        """What is found of each result."""
        if self.callee.function and isinstance(returned(self.callee.function.node), (ast.Tuple, ast.List, ast.BinOp)):
            self.callee.function.results()
        way, pairs = self.chosen()
        runs = [self.run(place, way) for place in self.cell.places(way) if self.case(place, way).has_values]
        if not runs:
            raise refuse_without_values(self.cell.system)
        for _, found in runs:
            if set(found) != set(runs[0][1]):
                raise InputError(
                    f"it returns now {', '.join(runs[0][1])}, now {', '.join(found)}",
                    place=self.callee.name,
                    advice="return the same each time",
                )
        common = self.common(pairs, runs)
        findings = [self.laid_out(self.finding(name, runs, common), way) for name in pairs]
        wrong = {each.text for each in findings if each.judgement is Judgement.WRONG}
        slip = self.slip(way, wrong, common) if wrong else None
        return [self.placed(each, slip) for each in findings]

    def laid_out(self, finding: Finding, way: Presentation) -> Finding:
        """A finding that says so if matrices are taken as transposed; that is a convention of its own where no gradient by one has that form."""
        if not way.is_transposed:
            return finding
        is_assumed = finding.judgement is Judgement.RIGHT and self.is_assumed
        told = f"{finding.detail}, where the matrices of the cell are taken as transposed, as in x @ W"
        return replace(finding, detail=told, judgement=Judgement.CONVENTION if is_assumed else finding.judgement)

    def placed(self, finding: Finding, slip: tuple[int, str, str] | None) -> Finding:
        """A finding with its line: that of the slip, or else that where the result gets its value."""
        function = self.callee.function
        if function is None:
            return finding
        if finding.judgement is Judgement.WRONG and slip:
            line, written, mended = slip
            return replace(finding, line=line, detail=f"{finding.detail}; line {line} has {written}", nearest=mended)
        return replace(finding, line=lines_of(function.node, finding.text))

    @cached_property
    def is_matrix(self) -> bool:
        """Whether the cell has values at each step that are matrices."""
        return any(each.is_sequence and 1 not in each.shape for each in self.cell.system.variables.values())

    def ways(self) -> Iterator[list[Presentation]]:
        """All ways in which the function may be called, in groups: in the first group inputs are given as they are."""
        system = self.cell.system
        losses = (True,) if self.reads_target else (True, False) if system.loss else (False,)
        for labels in label_sets(self.names):
            yield list(presentations(labels, losses, lagged(system), self.is_matrix))

    @cached_property
    def reads_target(self) -> bool:
        """Whether the function reads what only a loss reads."""
        targets = {each.name for each in self.cell.system.inputs if each.is_distribution}
        read = [*self.callee.arguments, *(names_in(self.callee.function.node, ast.Load) if self.callee.function else ())]
        return bool(self.cell.system.loss) and any(meant.value in targets for each in read if (meant := self.names.value(each)))

    def chosen(self) -> tuple[Presentation, list[str]]:
        """The way in which most results are right, at the last choice of numbers, and the gradients among the results.

        Raises:
            InputError: it fails in each way.
        """
        tried: dict[Presentation, _Tried] = {}
        errors: list[InputError] = []
        limit = self.spent + MOST
        for group in self.ways():
            for way in group:
                if errors and self.spent > limit:
                    break
                try:
                    tried[way] = self.tried(way)
                except InputError as error:
                    errors.append(error)
                    continue
                if tried[way].score == len(tried[way].names):
                    return self.settled(way, tried)
            if tried:
                break
        if not tried:
            raise max(errors, key=_line)
        return self.settled(max(tried, key=lambda each: tried[each].score), tried)

    def tried(self, way: Presentation) -> _Tried:
        """How many results are right in a way, at the last choice of numbers."""
        run = self.run(self.cell.places(way)[-1], way)
        names = self.gradients(run[1])
        common = self.common(names, [run])
        right = [name for name in names if self.judged(name, [run], common)[0] is not Judgement.WRONG]
        matrices = [name for name in names if self.is_parameter(name) and 1 not in run[0].shape(self.meant(name).value)]  # type: ignore[union-attr]
        flipped = [each for each in matrices if each not in right and any(own.is_transposed for _, own in self.fits(each, [run]))]
        return _Tried(len(right), names, len(set(matrices) & set(right)), len(flipped))

    def settled(self, way: Presentation, tried: Mapping[Presentation, _Tried]) -> tuple[Presentation, list[str]]:
        """The way, or the one with parameters as the page has them: that they are read as transposed counts no more than a gradient that is not."""
        plain = replace(way, is_transposed=False)
        if way.is_transposed and plain in tried:
            if tried[way].flipped > tried[way].matrices:
                way = plain
            self.is_assumed = not tried[way].matrices
        return way, tried[way].names

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
            elif not self.names.value(name) and name != "loss":
                raise InputError(f"nothing is known of the result {name}", place=self.callee.name,
                                 advice=f"call it dW for the gradient by W; the values are {', '.join(self.cell.system.variables)}")  # fmt: skip
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

    def common(self, names: list[str], runs: list[tuple[Given, Results]]) -> Convention:
        """The one convention of the gradients by parameters, or of all if there are none by parameters; matrices have the form they are given in."""
        own = [name for name in names if self.is_parameter(name)] or names
        fits = [[each for _, each in self.fits(name, runs)] for name in own]
        return convention_of([[each for each in found if not each.is_transposed] for found in fits], [])

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
        if found:
            return Judgement.WRONG, told_apart(found[0][1], common, self.others(name, runs, found[0][1], common))
        meant = self.meant(name)
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

    # Where it goes wrong

    def slip(self, way: Presentation, wrong: set[str], common: Convention) -> tuple[int, str, str] | None:
        """The one change of the text by which all that is wrong becomes right: its line, what stands there, and what should."""
        if self.callee.function is None:
            return None
        places = [place for place in self.cell.places(way) if self.case(place, way).has_values]
        large = [place for place in places if len(set(self.case(place, way).scene.sizes.values())) > 1] or places
        first = next((place for place in large if not self.is_right(way, place, common)), places[-1])
        ordered = [first, *(place for place in reversed(places) if place != first)]
        limit = self.spent + MOST
        for found in islice(slips(self.callee.function, wrong), TRIED):
            if self.spent > limit:
                return None
            if all(self.is_right(way, place, common) for place in ordered):
                return found
        return None

    @property
    def spent(self) -> int:
        """How many steps all runs have taken so far."""
        return self.callee.function.spent if self.callee.function else 0

    def is_right(self, way: Presentation, place: int, common: Convention) -> bool:
        """Whether the function, as it is now, gives what is right at one choice of numbers."""
        try:
            run = self.run(place, way)
            return all(self.judged(name, [run], common)[0] is not Judgement.WRONG for name in self.gradients(run[1]))
        except InputError:
            return False


def _line(error: InputError) -> int:
    """The line of an error; what has none counts before all."""
    _, found, line = (error.place or "").rpartition("line ")
    return int(line) if found and line.isdecimal() else 10**9


def _witness(given: Given, claimed: Array, right: Array) -> dict[str, Any]:
    """The numbers at which two arrays differ: T, N, the sizes, and the entry that is furthest off or else the two shapes."""
    scene = given.case.scene
    sizes = {str(symbol): number for symbol, number in scene.sizes.items() if symbol != nodes.T}
    at = {"T": scene.steps, **({"N": scene.count} if given.way.layout not in (Layout.ALONE, Layout.COLUMN) else {}), **sizes}
    if claimed.shape != right.shape:
        return {**at, "claimed": f"an array of shape {claimed.shape}", "right": f"one of shape {right.shape}"}
    entry = np.unravel_index(np.argmax(np.nan_to_num(np.abs(claimed - right), nan=np.inf)), right.shape)
    return {**at, "entry": [int(i) for i in entry], "claimed": f"{claimed[entry]:.6g}", "right": f"{right[entry]:.6g}"}
