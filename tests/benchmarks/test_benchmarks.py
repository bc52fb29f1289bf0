"""The benchmark compares what is the same: all contestants have the same gradients, and one that has not is told."""

from __future__ import annotations

import json
import re
import time

import numpy as np
import pytest

from benchmarks import lengths, memory, plot, speed
from benchmarks.networks import NETWORKS, network, task
from benchmarks.peers import Contestant, contestants
from benchmarks.targets import Target
from benchmarks.timing import Times, interleaved

SIZE = (4, 3, 2, 5)


@pytest.mark.parametrize("name", NETWORKS)
def test_all_contestants_have_the_gradients_of_the_emitted_module(name):
    given = task(NETWORKS[name], SIZE, "float64")
    racing = contestants(given)
    speed.check_agreement(given, racing)
    own = racing["emitted"].gradients(racing["emitted"].run())
    assert {"x", *given.weights, *given.initial} == own.keys()
    compared = [
        each for other, each in racing.items() if other not in ("emitted", "products") and (other != "PyTorch" or NETWORKS[name].layer)
    ]
    for each in compared:
        assert own.keys() <= each.gradients(each.run()).keys()


def test_a_contestant_with_another_gradient_is_told():
    given = task(NETWORKS["RNN"], SIZE, "float64")
    racing = {name: each for name, each in contestants(given).items() if name in ("emitted", "textbook")}

    def off(found):
        return {**racing["textbook"].gradients(found), "x": np.full((4, 3, 2), np.nan)}

    with pytest.raises(SystemExit, match="textbook and the emitted module have gradients by x that are nan apart"):
        speed.check_agreement(given, {**racing, "textbook": Contestant(racing["textbook"].run, off)})


def test_a_contestant_that_takes_long_leaves_and_its_rounds_are_compared():
    now = iter(range(10_000))
    times = interleaved({"ours": lambda: None, "slow": lambda: [next(now) for _ in range(4)]}, 6, clock=lambda: next(now), budget=9)
    assert [len(times.samples[name]) for name in ("ours", "slow")] == [6, 2]
    assert times.ratio("ours", "slow").samples == (0.2, 0.2)


@pytest.mark.full
def test_lengths_are_raced_where_there_is_a_batch_and_the_gradients_agree():
    results = list(lengths.measure([SIZE, (4, 1, 2, 5)], 1, time.perf_counter))
    assert [each.told for each in results[:2]] == ["RNN, float32, 4, 3, 2, 5", "RNN, float64, 4, 3, 2, 5"]
    assert len(results) == 2 * len(lengths.RACED)
    assert all(0.25 < each.share < 1 for each in results)


def test_the_bytes_of_a_tape_are_those_that_the_module_tells():
    T, batch, n_x, n_h = 7, 3, 2, 5
    given = task(network("lstm"), (T, batch, n_x, n_h), "float32")
    told = re.search(r"The tape has\s+(.+) numbers", given.network.module.__doc__).group(1)
    assert told == "batch * (T * (7*n_h + n_x) + 2*n_h)"
    assert memory.tape_bytes(given) == 4 * batch * (T * (7 * n_h + n_x) + 2 * n_h)


def test_means_leave_out_a_network_that_pytorch_has_not():
    def result(name, ours):
        return speed.Result(name, "float64", SIZE, Times({"emitted": (ours,), "PyTorch": (1.0,)}))

    results = [result("RNN", 0.5), result("LSTM", 2.0), result("GRU, reset before", 100.0)]
    found = {each.what: each for each in speed.targets(results)}
    assert found["PyTorch, geometric mean"].found == pytest.approx(1)
    assert (found["PyTorch, worst"].found, found["PyTorch, worst"].is_met) == (2.0, False)
    assert found["PyTorch, worst"].where.startswith("LSTM")
    assert found["JAX, geometric mean"].is_met is None
    json.dumps([each.data() for each in (*results, *found.values())])


def test_nothing_is_the_worst_of_nothing():
    assert Target.worst("what", {}, 1.0) == Target("what", None, 1.0)


def test_the_plot_has_a_row_for_each_network_and_size(tmp_path):
    pytest.importorskip("matplotlib")
    results = [
        speed.Result("RNN", dtype, (T, 1, 2, 3), Times({"emitted": (1.0, 2.0, 3.0), "PyTorch": (2.0, 2.0, 2.0)}))
        for dtype in ("float32", "float64")
        for T in (7, 8)
    ]
    assert plot.rows_of(results) == [("RNN", None), ("RNN", (7, 1, 2, 3)), ("RNN", (8, 1, 2, 3))]
    plot.save(results, str(tmp_path / "ratios.svg"))
    assert (tmp_path / "ratios.svg").read_text().startswith("<?xml")
