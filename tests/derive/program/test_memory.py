"""Memory that emitted code takes again: never while somebody holds it, not by two threads at once, and no more than one pass needs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import derive
from tests.derive.numeric import module
from tests.derive.program.emitted import Trial, disagreements


@pytest.fixture(scope="module")
def lstm():
    return module(derive.emit(derive.bptt(derive.cell("lstm"))))


def run(own, seed, T=40):
    """All that a pass gives, with its tape, from the random numbers of a seed."""
    rng = np.random.default_rng(seed)
    params, inputs, initial = own.example(T, 8, rng, n_x=5, n_h=32)
    outputs, tape = own.forward(params, inputs, initial)
    grads = own.backward(params, tape, {"h": rng.normal(size=outputs["h"].shape)})
    return [
        *outputs.values(),
        *(each for each in tape if isinstance(each, np.ndarray)),
        *(array for group in grads for array in group.values()),
    ]


def test_what_is_held_is_not_written_over(lstm):
    held = [run(lstm, seed) for seed in range(4)]
    copies = [[np.array(array) for array in arrays] for arrays in held]
    for seed in range(10, 14):
        run(lstm, seed)
    assert all(
        np.array_equal(one, other) for arrays, before in zip(held, copies, strict=True) for one, other in zip(arrays, before, strict=True)
    )
    parts = [array[-1:, ..., :1] for arrays in held for array in arrays if array.ndim == 3]
    seen = [np.array(part) for part in parts]
    del held
    run(lstm, 20)
    assert all(np.array_equal(one, other) for one, other in zip(parts, seen, strict=True))


def test_threads_take_no_memory_of_each_other(lstm):
    expected = [run(lstm, seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for seed, found in zip([0, 1, 2, 3] * 15, pool.map(lambda seed: run(lstm, seed), [0, 1, 2, 3] * 15), strict=True):
            assert all(np.array_equal(one, other) for one, other in zip(found, expected[seed], strict=True))


def test_memory_is_taken_again_and_given_back(lstm):
    def kept():
        return sum(array.nbytes for array in lstm.MEMORY)

    run(lstm, 0)
    run(lstm, 0)
    before = {array.ctypes.data for array in lstm.MEMORY}
    run(lstm, 1)
    assert {array.ctypes.data for array in lstm.MEMORY} == before
    most = kept()
    for T in range(41, 60):
        run(lstm, 0, T)
    assert kept() < 2 * most * 60 / 40
    run(lstm, 0, 17)
    assert kept() < most


def test_a_function_that_is_only_handed_to_another_is_in_the_module():
    assert disagreements(Trial("h_t = 1/3 * (S h_{t-1}) + x_t")) == []
