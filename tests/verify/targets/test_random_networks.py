"""Cells that nobody wrote give the same in all targets, and no method raises a false alarm at them.

`python -m tests.verify.targets.test_random_networks 100 [FIRST] [--target NAME ...]` tries as many pages of `tests.derive.random_networks` across
targets, all that are installed if none is named; `--methods` puts them before the methods too. It prints what was found.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from importlib.util import find_spec

import pytest

import derive
from derive.errors import InputError
from tests.derive.cells.covering import covered
from tests.derive.random_networks import page
from tests.verify.targets.across import disagreements
from verify.asked import asked
from verify.methods import methods
from verify.subject import subject
from verify.targets import TARGETS
from verify.verdict import Outcome

HERE = tuple(name for name in TARGETS if name != "numpy" and (name not in ("torch", "jax") or find_spec(name)))
FOUND = (1, 8, 19)
"""Pages at which an emitted text was wrong or did not run once, each for another reason."""
ALIKE = (11, 16, 21, 24)
"""Others of that kind."""


def faults(seed: int, targets: tuple[str, ...] = HERE, by_methods: bool = False) -> list[str]:
    """What is wrong with the emitted texts of the page of a seed.

    Raises:
        InputError: it is no cell, or cannot be emitted for NumPy.
    """
    system = derive.read(page(seed))
    found = list(disagreements(system, targets))
    if not by_methods:
        return found
    judged = [subject(derive.bptt(system), name) for name in ("numpy", *targets)]
    told = [(each.target.name, verdict) for each in judged if not each.obstacle for method in methods() for verdict in asked(method, each)]
    return [*found, *(f"{name}: {v.method} on {v.subject}: {v.detail}" for name, v in told if v.outcome is Outcome.DISAGREES)]


@pytest.mark.parametrize("seed", covered(FOUND, FOUND[:2]))
def test_all_targets_give_the_same(seed):
    assert faults(seed) == [], page(seed)


@pytest.mark.full
@pytest.mark.parametrize("seed", [*ALIKE, *range(25, 40)])
def test_all_targets_give_the_same_and_no_method_disagrees(seed):
    try:
        found = faults(seed, by_methods=seed % 7 == 0)
    except InputError:
        pytest.skip("this page is no cell")
    assert found == [], page(seed)


def test_a_page_is_that_of_its_seed():
    assert page(3) == page(3)
    assert len({page(seed) for seed in range(50)}) == 50


def test_pages_have_all_that_the_notation_has():
    text = "\n".join(page(seed) for seed in range(150))
    for word in (
        "softmax_j", "softmax_{j<=t}", "sum_{j<t}", "_j + U", "dot(", "S_", "^T)", "[0:n_h]", "mask_t", "every(t, 2)", "every_back", "first(t)",
        "_{t-4}", "_{t+3}", "sigmoid(0.25)", "softmax(3)", "exp(w_", "tanh(U_", "W_s", "loss loss", "distribution target", "input s",
        "= parameter", "= zero", "o_T", "sum_t o_t",
    ):  # fmt: skip
        assert word in text, word


def main(count: int, first: int, targets: tuple[str, ...], by_methods: bool) -> None:
    """Try many pages."""
    counted, start = Counter[str](), time.perf_counter()
    for seed in range(first, first + count):
        try:
            found = faults(seed, targets, by_methods)
        except InputError as error:
            counted[f"refused: {error.fact[:60]}"] += 1
            continue
        counted["wrong" if found else "right"] += 1
        if found:
            print(f"seed {seed}:", *found[:5], page(seed), "", sep="\n", flush=True)
    for told, number in counted.most_common():
        print(f"{number:6}  {told}")
    print(f"in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("--target", action="append", choices=[*TARGETS], default=[])
    parser.add_argument("--methods", action="store_true")
    given = parser.parse_args()
    main(given.count, given.first, tuple(given.target) or HERE, given.methods)
