"""Whether two systems, of which one was read from a page and the other from its meaning, are the same, and where they differ.

Takes two checked systems, gives None or the first difference. Names count up to their spelling (W_ξ or W_xi, h_2 or h2, W_hh_l or W_l_hh), sizes
do not: shapes are compared up to names of sizes. A constant and a parameter are both numbers given from outside and count as one kind; an
input is another. Where the page gives a constant its value, the meaning may have the number in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, permutations, product
from typing import Any

import numpy as np
import sympy as sp

from derive.algebra import nodes
from derive.algebra.shapes import told
from derive.calculus.renaming import renamed
from derive.errors import InputError, ShapeError
from derive.notation.letters import GREEK_NAMES
from derive.system import Boundary, Role, System, Variable
from verify import evaluate
from verify.sizes import Sizes

STEPS = 4
SPELLINGS = 24
"""How many ways of spelling the names are tried at most."""

NUMBERS = (3, 2, 7, 6, 11, 13, 17, 19, 23, 29)
"""What the sizes are in a comparison, each another number and none the number of steps."""

VARIANTS = {"ϑ": "theta", "ϵ": "epsilon", "ϕ": "phi", "ϱ": "rho", "ϖ": "pi", "ς": "sigma", "ϰ": "kappa"}
"""The second forms of Greek letters, which LaTeX calls vartheta and so on."""

Shapes = dict[str, tuple[int, int]]
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Difference:
    """What is read otherwise than it is meant.

    Attributes:
        fact: in words.
        names: those concerned.
        lacking: names that are meant and not read.
    """

    fact: str
    names: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


def difference(read: System, meant: System) -> Difference | None:
    """The first difference between what was read and what is meant, or None; names that only one of them has are concerned in any."""
    read = _with_numbers(read, meant)
    first: Difference | None = None
    for names in islice(_spellings(read, meant), SPELLINGS):
        spelled = renamed(meant, names)
        found = _of_givens(read, spelled) or _of_shapes(read, spelled) or _of_ends(read, spelled)
        found = found or _of_values(read, spelled, "values") or _of_values(*map(_by_slopes, (read, spelled)), "declared slopes")
        if found is None:
            return None
        added, lacking = sorted(read.variables.keys() - spelled.variables.keys()), sorted(spelled.variables.keys() - read.variables.keys())
        first = first or replace(found, names=(*found.names, *added, *lacking), lacking=tuple(lacking))
    return first


def _with_numbers(read: System, meant: System) -> System:
    """What was read, with the values of the constants for which the meaning has numbers."""
    known = set(map(_letters, meant.variables))
    values = {
        nodes.parameter(each.name): sp.Float(each.start)
        for each in read.constants
        if each.start is not None and _letters(each.name) not in known
    }
    variables = {name: each for name, each in read.variables.items() if nodes.parameter(name) not in values}
    equations = tuple(replace(each, right=nodes.replace(each.right, values)) for each in read.equations)
    return replace(read, equations=equations, variables=variables) if values else read


def _spellings(read: System, meant: System) -> Iterator[dict[str, str]]:
    """The ways in which names that are meant may be names that were read, spelled otherwise: by the letters that they have in common."""
    mine, its = (_by_letters(system) for system in (read, meant))
    other = [letters for letters in its if letters in mine and set(mine[letters]) != set(its[letters])]
    ways = (permutations(mine[letters]) for letters in other)
    for chosen in product(*ways):
        pairs = (pair for letters, names in zip(other, chosen, strict=True) for pair in zip(its[letters], names, strict=False))
        yield {meant: read for meant, read in pairs if meant != read}


def _letters(name: str) -> str:
    """The first part of a name and all letters of the others, Greek ones spelled out and as one with their variants."""
    spelled = "".join(GREEK_NAMES.get(each) or VARIANTS.get(each, each) for each in name.replace("'", "_prime")).removeprefix("var")
    first, _, rest = spelled.partition("_")
    return f"{first} {''.join(sorted(rest.replace('_', '')))}"


def _by_letters(system: System) -> dict[str, list[str]]:
    """The names of a system by their letters."""
    found: dict[str, list[str]] = {}
    for name in system.variables:
        found.setdefault(_letters(name), []).append(name)
    return found


def _givens(system: System) -> dict[str, str]:
    """What is given from outside, by name: as what."""
    given = [*system.inputs, *system.parameters, *system.constants]
    return {each.name: _kind(each) for each in given}


def _kind(variable: Variable) -> str:
    return "an input" if variable.is_sequence else "an input without t" if variable.role is Role.INPUT else "a parameter"


def _of_givens(read: System, meant: System) -> Difference | None:
    """Names that only one has, or that are given as something else."""
    mine, its = _givens(read), _givens(meant)
    added, lacking = [name for name in mine if name not in its], [name for name in its if name not in mine]
    if added or lacking:
        facts = [f"{_list(added)} is given and not meant"] * bool(added) + [f"{_list(lacking)} is meant and not given"] * bool(lacking)
        return Difference(", ".join(facts), (*added, *lacking))
    other = next((name for name in mine if mine[name] != its[name]), None)
    return Difference(f"{other} is read as {mine[other]}, meant as {its[other]}", (other,)) if other else None


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _measured(system: System) -> dict[str, Variable]:
    """The variables of which arrays are given: what comes from outside, and states outside 1..T."""
    states = [each for each in system.states if each.boundary is not Boundary.ZERO]
    return {each.name: each for each in (*system.inputs, *system.parameters, *system.constants, *states)}


def _of_shapes(read: System, meant: System) -> Difference | None:
    """Names whose shapes are no renaming of one another's: the sizes of each must fit those of the other, whatever they are."""
    for one, other in ((meant, read), (read, meant)):
        shapes = _numbered(one)
        sizes, unfit = _learned(other, {name: shape for name, shape in shapes.items() if name in _measured(other)})
        if unfit:
            narrow = [name for name in shapes if name in _measured(other) and _ones(read[name]) != _ones(meant[name])] or unfit
            facts = (f"{name} is {told(read[name].shape)}, meant {told(meant[name].shape)}" for name in narrow)
            return Difference(", ".join(facts), (*narrow, *unfit))
        loose = [name for name in _measured(other) if not _has_sizes(sizes, name)]
        if loose:
            return Difference(f"{_list(loose)} has a size of its own", tuple(loose))
    return None


def _ones(variable: Variable) -> tuple[bool, ...]:
    return tuple(side == 1 for side in variable.shape)


def _numbered(system: System) -> Shapes:
    """The shapes of what is given, with a number for each size."""
    variables = _measured(system)
    sides = [sp.sympify(side) for each in variables.values() for side in each.shape]
    symbols = sorted({each for side in sides for each in side.free_symbols} - {nodes.T}, key=str)
    known = {nodes.T: STEPS, **dict(zip(symbols, NUMBERS, strict=False))}
    return {name: tuple(int(sp.sympify(side).xreplace(known)) for side in each.shape) for name, each in variables.items()}


def _learned(system: System, shapes: Mapping[str, tuple[int, int]]) -> tuple[Sizes, list[str]]:
    """The sizes of a system as they follow from arrays of these shapes, and the names whose arrays do not fit."""
    sizes, unfit = Sizes(system, STEPS), {}
    for _ in range(3):
        for name, shape in shapes.items():
            try:
                sizes.learn(name, shape)
            except ShapeError:
                unfit[name] = True
    return sizes, list(unfit)


def _has_sizes(sizes: Sizes, name: str) -> bool:
    try:
        return bool(sizes.shape(sizes.system[name].symbol))
    except InputError:
        return False


def _of_ends(read: System, meant: System) -> Difference | None:
    """Values outside 1..T, and outputs."""
    mine, its = ({each.name: each.boundary for each in system.states} for system in (read, meant))
    for name in sorted({*mine, *its}, key=str):
        if mine.get(name) is not its.get(name):
            words = [f"{found[name].value} outside 1..T" if name in found else "no state" for found in (mine, its)]
            return Difference(f"{name} is {words[0]}, meant {words[1]}", (name,))
    if set(read.outputs) != set(meant.outputs):
        return Difference(f"the output is {_list(read.outputs)}, meant {_list(meant.outputs)}", tuple({*read.outputs} ^ {*meant.outputs}))
    return None


def _by_slopes(system: System) -> System:
    """The system with the slope of each function in the place of its value, where that slope is declared."""

    def change(part: sp.Expr) -> sp.Expr | None:
        slope: sp.Expr | None = getattr(part, "slope", None)
        return slope

    return system.with_equations(replace(each, right=nodes.rewrite(each.right, change)) for each in system)


def _of_values(read: System, meant: System, what: str) -> Difference | None:
    """Outputs that have other values; the names are those of all variables that have."""
    given, boundary = _drawn(read, meant)
    try:
        with np.errstate(all="ignore"):
            mine, its = (evaluate.run(system, STEPS, given, _at(system, boundary)) for system in (read, meant))
    except InputError as error:
        return Difference(f"cannot be evaluated: {error}")
    same = partial(_is_same, mine, its)
    off = [name for name in meant.outputs if not same(name)]
    if not off:
        return None
    shared = [each.name for each in read.order if meant.defines(each.name)]
    other = [name for name in shared if not same(name)]
    return Difference(f"{other[0] if other else off[0]} has other {what} than meant", (*off, *other))


def _is_same(mine: evaluate.Run, its: evaluate.Run, name: str) -> bool:
    times = [time for own, time in its.values if own == name and (time is None or 1 <= time <= STEPS)]
    pairs = [(mine.values.get((name, time)), its.values[name, time]) for time in times]
    return all(one is not None and _is_close(one, two) for one, two in pairs)


def _is_close(one: Array, two: Array) -> bool:
    if one.shape[-2:] != two.shape[-2:] or not np.isfinite(two).any():
        return False
    return bool(np.allclose(one, two, rtol=1e-8, atol=1e-10, equal_nan=True))


def _drawn(read: System, meant: System) -> tuple[dict[str, Array], dict[tuple[str, int], Array]]:
    """Numbers for all that is given: one run with any numbers, one with positive ones, for roots and logarithms."""
    random = np.random.default_rng(0)
    shapes = _numbered(meant)

    def draw(*shape: int) -> Array:
        return np.stack([random.normal(size=shape), random.uniform(0.1, 0.9, size=shape)])

    given = {
        each.name: [draw(*shapes[each.name]) for _ in range(STEPS)] if each.is_sequence else draw(*shapes[each.name])
        for each in (*meant.inputs, *meant.parameters, *meant.constants)
    }
    boundary = {}
    for name in (each.name for each in meant.states if each.boundary is not Boundary.ZERO):
        reaches = [system.reach.get(name, (0, 0)) for system in (read, meant)]
        low, high = min(low for low, _ in reaches), max(high for _, high in reaches)
        for time in (*range(1 + low, 1), *range(STEPS + 1, STEPS + 1 + high)):
            boundary[name, time] = draw(*shapes[name])
    return given, boundary


def _at(system: System, boundary: Mapping[tuple[str, int], Array]) -> dict[tuple[str, int], Array]:
    return {place: value for place, value in boundary.items() if place[0] in system.variables}
