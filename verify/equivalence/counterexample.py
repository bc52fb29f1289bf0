"""Numbers at which two systems differ: the smallest T and sizes at which, with the weights of the best correspondence, an output does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import InputError
from derive.shown import Brief
from verify.equivalence.correspondence import Correspondence
from verify.equivalence.evidence import choices, sizes_of_target
from verify.equivalence.samples import Sample, constant, numbered, sample, shape
from verify.equivalence.updates import updates
from verify.equivalence.weights import COLUMN, ROW
from verify.evaluate import run
from verify.proof.entries import Blocks, length_of
from verify.proof.normal_form import NUMBER, Atom, Form, Undecided

Array = np.ndarray[Any, Any]
LONGEST, SEEDS = 3, 4
VISIBLE = 5e-3
"""How far apart outputs have to be."""


@dataclass(frozen=True, repr=False)
class Counterexample(Brief):
    """Two runs whose outputs differ.

    Attributes:
        source, target: the names of the systems.
        sizes: of the source, T among them.
        given: the weights and inputs of the source; what has an index t is a list of its values at 1..T.
        start: its values outside 1..T.
        weights: those of the target that the best correspondence makes from them.
        output: the name of the output of the source, `time` the time at which it differs.
        values: what the source and the target give there.
    """

    source: str
    target: str
    sizes: dict[str, int]
    given: dict[str, Any]
    start: dict[str, Any]
    weights: dict[str, Any]
    output: str
    time: int
    values: tuple[Any, Any]


def counterexample(claim: Correspondence) -> Counterexample | None:
    """The smallest numbers at which the target does not give what the source gives, if some are found."""
    for sizes, steps, seed in product(choices(claim.source), range(1, LONGEST + 1), range(SEEDS)):
        try:
            found = _tried(claim, sizes, steps, seed)
        except (InputError, ValueError, Undecided):
            return None
        if found is not None:
            return found
    return None


def _tried(claim: Correspondence, sizes: Mapping[Expr, int], steps: int, seed: int) -> Counterexample | None:
    source = sample(claim.source, sizes, steps, 1, False, seed).shortened(steps)
    own = sizes_of_target(claim, sizes)
    weights = weights_of_target(claim, source, own)
    fixed = {claim.names[name]: array for name, array in source.given.items() if name in claim.names}
    known = {each.name: constant(each, numbered(claim.target, own)) for each in claim.target.constants if each.start is not None}
    start = {(claim.names[name], time): array for (name, time), array in source.boundary.items() if name in claim.names}
    with np.errstate(all="ignore"):
        other = run(claim.target, steps, {**known, **weights, **fixed}, start)
    for name, time in product(claim.source.outputs, range(1, steps + 1)):
        one, two = source.run.value(name, time), other.value(claim.names[name], time)
        if one.shape != two.shape or not np.isfinite([*one.ravel(), *two.ravel()]).all() or np.abs(one - two).max() < VISIBLE:
            continue
        return Counterexample(
            claim.source.name,
            claim.target.name,
            {**{str(each): int(number) for each, number in source.sizes.items()}},
            {each: _plain(array) for each, array in source.given.items()},
            {f"{each}_{moment}": _plain(array) for (each, moment), array in source.boundary.items()},
            {each: _plain(array) for each, array in weights.items()},
            name,
            time,
            (_plain(one), _plain(two)),
        )
    return None


def _plain(array: Array) -> Any:
    """An array as nested lists with four digits, columns as lists and single numbers as themselves."""
    found = np.round(array.astype(float), 4)
    if found.shape[-1] == 1:
        found = found[..., 0]
    return found.tolist() if found.size > 1 or found.ndim > 1 else found.ravel().tolist()[0]


def weights_of_target(claim: Correspondence, source: Sample, sizes: Mapping[Expr, int]) -> dict[str, Array]:
    """The target's weights, by the blocks of the correspondence; zero where it has none."""
    numbers = numbered(claim.target, sizes)
    blocks = Blocks([updates(claim.target, keeps_states=True).short])
    found = {}
    for variable in claim.target.parameters:
        array = np.zeros(shape(variable, numbers))
        for row, column in product(*(blocks.places(side) for side in variable.shape)):
            form = claim.blocks.get((variable.name, row.key[0], column.key[0]), ())
            lengths = [int(side.xreplace(numbers)) for side in (row.length, column.length)]
            first = [int(side.xreplace(numbers)) for side in (row.start, column.start)]
            for i, j in product(*map(range, lengths)) if form else ():
                array[first[0] + i, first[1] + j] = _value(form, source, {ROW: i, COLUMN: j})
        found[variable.name] = array
    return found


def _value(form: Form, source: Sample, here: Mapping[str, int]) -> float:
    """The value of a form in parameters of the source."""
    total = 0.0
    for (bounds, factors), coefficient in form:
        ranges = [range(round(_value(each.length, source, {}))) for each in bounds]
        for chosen in product(*ranges):
            place = {**here, **{b.variable: number for b, number in zip(bounds, chosen, strict=True)}}
            total += float(coefficient) * float(np.prod([_entry(atom, source, place) ** float(e) for atom, e in factors]))
    return total


def _entry(atom: Atom, source: Sample, here: Mapping[str, int]) -> float:
    sizes = {**source.sizes, nodes.T: source.steps}
    if atom.kind == NUMBER:
        return float(length_of(atom.name).xreplace(sizes))
    row, column = (int(length_of(start).xreplace(sizes)) + here.get(variable, 0) for start, variable in (atom.row, atom.column))
    return float(source.given[atom.name][row, column])
