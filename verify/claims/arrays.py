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

from derive.errors import InputError
from verify.claims.calling import Callee, Cell, Results, names_in
from verify.claims.cases import lagged, refuse_without_values
from verify.claims.conventions import Convention, agreed, convention_of
from verify.claims.findings import Finding, Findings, Judgement
from verify.claims.interpret import Function
from verify.claims.presentation import Given, Presentation, label_sets, presentations
from verify.claims.results import Judged
from verify.claims.slips import slips
from verify.claims.source import Source, lines_of, returned

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
    trials: list[_Trial] = []
    errors: list[tuple[Callee, InputError]] = []
    for each in every:
        trial = _Trial(cell, each)
        try:
            trial.settle()
            trials.append(trial)
        except InputError as error:
            errors.append((each, error))
    if not trials:
        raise errors[0][1]
    alone = [trial for trial in trials if trial.callee.name not in called]
    common = _common(alone)
    found = [(trial.callee.name, trial.findings(common if trial in alone else None)) for trial in trials]
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
    trial = _Trial(cell, callee)
    trial.settle()
    return Findings(cell.system.name, tuple(trial.findings()), of_function=True)


def _common(trials: list[_Trial]) -> Convention | None:
    """The one convention of all functions that no other one calls, which are then called in one layout; None if no parameter tells it."""
    layouts = [[each.way.is_transposed] for each in trials if each.tells_layout]
    if len(layouts) > 1:
        is_transposed = agreed(layouts, False)
        for each in trials:
            each.lay_out(is_transposed)
    votes = [vote for each in trials for vote in each.votes(parameters_only=True)]
    return convention_of(votes, []) if votes else None


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


class _Trial(Judged):
    """One function on trial."""

    is_assumed = False
    """Whether no gradient by a matrix says that matrices are transposed."""

    way: Presentation
    pairs: list[str]
    runs: list[tuple[Given, Results]]

    def settle(self) -> None:
        """Find out how the function is called, and call it at all numbers.

        Raises:
            InputError: it cannot be carried out.
        """
        if self.callee.function and isinstance(returned(self.callee.function.node), (ast.Tuple, ast.List, ast.BinOp)):
            self.callee.function.results()
        self.ways_tried: dict[Presentation, _Tried] = {}
        first = self.chosen()
        others = sorted(self.ways_tried, key=lambda each: -self.ways_tried[each].score)
        errors: list[InputError] = []
        for way in (first, *others):
            try:
                self.go(way)
                return
            except InputError as error:
                errors.append(error)
        raise errors[0]

    def go(self, way: Presentation) -> None:
        """Call the function in one way."""
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
        self.way, self.pairs, self.runs = way, self.ways_tried[way].names, runs

    @property
    def tells_layout(self) -> bool:
        """Whether matrices are transposed, or not, by what it returns or reads."""
        return bool(self.ways_tried[self.way].matrices) or self.is_assumed

    def lay_out(self, is_transposed: bool) -> None:
        """Call the function in the layout of the file, if that can be."""
        way = replace(self.way, is_transposed=is_transposed)
        if way != self.way and way in self.ways_tried:
            self.go(way)

    def findings(self, common: Convention | None = None) -> list[Finding]:
        """What is found of each result.

        Args:
            common: the convention of the file, if it is not that of this function alone.
        """
        common = common or convention_of(self.votes(), [])
        findings = [self.laid_out(self.finding(name, self.runs, common), self.way) for name in self.pairs]
        wrong = {each.text for each in findings if each.judgement is Judgement.WRONG}
        slip = self.slip(self.way, wrong, common) if wrong else None
        return [self.placed(each, slip) for each in findings]

    def votes(self, parameters_only: bool = False) -> list[list[Convention]]:
        """The conventions in which each result is right that tells one."""
        return self.conventions(self.pairs, self.runs, parameters_only)

    def laid_out(self, finding: Finding, way: Presentation) -> Finding:
        """A finding that says so if matrices are taken as transposed; that is a convention of its own where no gradient by one has that form."""
        if not way.is_transposed:
            return finding
        is_assumed = finding.judgement is Judgement.RIGHT and self.is_assumed
        told = f"{finding.detail}; the matrices of the cell are taken as transposed, as in x @ W"
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

    def chosen(self) -> Presentation:
        """The way in which most results are right, at the last choice of numbers.

        Raises:
            InputError: it fails in each way.
        """
        tried, errors = self.ways_tried, list[InputError]()
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
                    return self.settled(way)
            if tried:
                break
        if not tried:
            raise max(errors, key=_line)
        return self.settled(max(tried, key=lambda each: tried[each].score))

    def tried(self, way: Presentation) -> _Tried:
        """How many results are right in a way, at the last choice of numbers."""
        run = self.run(self.cell.places(way)[-1], way)
        names = self.gradients(run[1])
        common = convention_of(self.conventions(names, [run]), [])
        right = [name for name in names if self.judged(name, [run], common)[0] is not Judgement.WRONG]
        matrices = [name for name in names if self.is_parameter(name) and 1 not in run[0].shape(self.meant(name).value)]  # type: ignore[union-attr]
        flipped = [each for each in matrices if each not in right and any(own.is_transposed for _, own in self.fits(each, [run]))]
        return _Tried(len(right), names, len(set(matrices) & set(right)), len(flipped))

    def settled(self, way: Presentation) -> Presentation:
        """The way, or the one with parameters as the page has them: that they are read as transposed counts no more than a gradient that is not."""
        plain, found = replace(way, is_transposed=False), self.ways_tried[way]
        if not way.is_transposed or plain not in self.ways_tried:
            return way
        self.is_assumed = not found.matrices
        return plain if found.flipped > found.matrices else way

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
