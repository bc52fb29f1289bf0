"""No false alarm: each method agrees with the gradients of cells that nobody wrote, or says that it cannot see.

`python -m tests.verify.methods.test_random_cells 1000 [FIRST]` tries as many, and prints what was found and which cells took longest.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from functools import cache

import pytest

import derive
from derive.errors import InputError
from tests.derive.random_cells import page
from verify.methods import methods
from verify.subject import Subject, subject
from verify.verdict import Outcome, overall


@cache
def trial(seed: int) -> Subject:
    """What is derived and emitted from the random cell of a seed."""
    return subject(derive.bptt(derive.read(page(seed))))


def outcomes(seed: int) -> dict[str, str]:
    """What each method finds of the random cell of a seed; what the cell is refused for, if it is."""
    try:
        judged = trial(seed)
    except InputError as error:
        return {"refused": error.fact}
    return {method.NAME: overall(method.judge(judged)).value for method in methods()}


FOUND = {
    "prime field": (7, 9, 19, 24, 30, 47, 49, 65, 73, 80, 830),
    "complex step": (199, 3036),
    "50 digits": (546,),
    "dot product": (3021,),
    "central differences": (3155, 3168, 3303),
    "Taylor": (3820, 3868, 7013),
    "directions": (3421,),
    "proof": (3620,),
    "unrolled graph": (3158,),
}
"""Cells at which a method was wrong once, or took hours; those at which the emitter was, for the method that runs its text over exact numbers."""


LONG = (3168, 3303)
"""Those of them that take seconds, and of whose kind a shorter one is tried by default."""


@pytest.mark.parametrize(
    ("name", "seed"),
    [pytest.param(name, seed, marks=pytest.mark.full if seed in LONG else ()) for name, seeds in FOUND.items() for seed in seeds],
)
def test_what_was_wrong_once_is_right(name, seed):
    method = next(each for each in methods() if name == each.NAME)
    assert overall(method.judge(trial(seed))) is not Outcome.DISAGREES, page(seed)


@pytest.mark.full
@pytest.mark.parametrize("seed", [*range(3), *sorted({seed for seeds in FOUND.values() for seed in seeds})])
def test_no_method_raises_a_false_alarm(seed):
    assert "disagrees" not in outcomes(seed).values(), page(seed)


def main(count: int, first: int) -> None:
    """Try many cells, each of them correct by construction: what is derived is what is emitted and judged."""
    found, slowest = Counter[tuple[str, str]](), list[tuple[float, int]]()
    for seed in range(first, first + count):
        start = time.perf_counter()
        own = outcomes(seed)
        trial.cache_clear()
        slowest = sorted([*slowest, (time.perf_counter() - start, seed)], reverse=True)[:3]
        found.update(own.items())
        if "disagrees" in own.values():
            print(f"seed {seed}: {own}\n{page(seed)}\n", flush=True)
    for (method, outcome), number in sorted(found.items()):
        print(f"{number:6}  {method}: {outcome}")
    print("slowest:", ", ".join(f"seed {seed} in {seconds:.1f} s" for seconds, seed in slowest))


if __name__ == "__main__":
    main(*(int(each) for each in [*sys.argv[1:], "0"][:2]))
