"""No false alarm: each method agrees with the gradients of cells that nobody wrote, or says that it cannot see.

`python -m tests.verify.methods.test_random_cells 1000 [FIRST]` tries as many, and prints what was found and which cells took longest.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

import pytest

import derive
from derive.errors import InputError
from tests.derive.random_cells import page
from verify.methods import methods
from verify.subject import subject
from verify.verdict import overall


def outcomes(seed: int) -> dict[str, str]:
    """What each method finds of the random cell of a seed; what the cell is refused for, if it is."""
    try:
        trial = subject(derive.bptt(derive.read(page(seed))))
    except InputError as error:
        return {"refused": error.fact}
    return {method.NAME: overall(method.judge(trial)).value for method in methods()}


FOUND = (7, 9, 19, 24, 30, 47, 49, 65, 73, 80, 199, 546, 830, 3021, 3036, 3155, 3158, 3168, 3303, 3421, 3620, 3820, 3868, 7013)
"""Cells at which the emitter or a method was wrong once, or took hours."""


@pytest.mark.parametrize("seed", [*range(3), *FOUND])
def test_no_method_raises_a_false_alarm(seed):
    assert "disagrees" not in outcomes(seed).values(), page(seed)


def main(count: int, first: int) -> None:
    """Try many cells, each of them correct by construction: what is derived is what is emitted and judged."""
    found, slowest = Counter[tuple[str, str]](), list[tuple[float, int]]()
    for seed in range(first, first + count):
        start = time.perf_counter()
        own = outcomes(seed)
        slowest = sorted([*slowest, (time.perf_counter() - start, seed)], reverse=True)[:3]
        found.update(own.items())
        if "disagrees" in own.values():
            print(f"seed {seed}: {own}\n{page(seed)}\n", flush=True)
    for (method, outcome), number in sorted(found.items()):
        print(f"{number:6}  {method}: {outcome}")
    print("slowest:", ", ".join(f"seed {seed} in {seconds:.1f} s" for seconds, seed in slowest))


if __name__ == "__main__":
    main(*(int(each) for each in [*sys.argv[1:], "0"][:2]))
