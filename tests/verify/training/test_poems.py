"""The poems: how they are split and counted, the baseline, and that a network begins to learn them."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from types import ModuleType

import numpy as np
import pytest

import derive
from derive.errors import InputError
from verify.training import tasks
from verify.training.fit import Sampling, Settings, fit, measured
from verify.training.tasks import Task, poems
from verify.training.trigram import Trigram


@pytest.fixture(scope="module")
def task() -> Task:
    return tasks.load("poems").load()


@pytest.fixture(scope="module")
def network() -> ModuleType:
    module = ModuleType("network")
    exec(derive.emit(derive.bptt(derive.follow(derive.cell("gru"), derive.head("readout")))), module.__dict__)
    return module


def text() -> list[str]:
    return poems._text().splitlines()


def test_the_trigram_gives_probabilities_that_sum_to_one():
    model = Trigram(["abcab", "abd", "bca"], symbols=5)
    for history in [("a", "b"), ("start", "start"), ("d", "d"), ("c", "a")]:
        total = sum(model.probability(history, symbol) for symbol in ["a", "b", "c", "d", "end"])
        assert np.isclose(total, 1.0), history


def test_the_trigram_by_hand():
    """After "ab" in "aba", "abb": one of each, less 3/4; the rest by "b" before anything: a, b and the end, each after one kind of history."""
    model = Trigram(["aba", "abb"], symbols=3)
    one = {"a": (2 - 0.75) / 6, "b": (2 - 0.75) / 6, "end": (2 - 0.75) / 6}
    one = {symbol: value + 0.75 * 3 / 6 / 3 for symbol, value in one.items()}
    two = {symbol: (1 - 0.75) / 3 + 0.75 * 3 / 3 * value for symbol, value in one.items()}
    assert np.isclose(model.probability(("a", "b"), "a"), (1 - 0.75) / 2 + 0.75 * 2 / 2 * two["a"])


def test_the_baseline_is_that_of_a_trigram_on_the_same_poems_and_characters(task):
    assert round(task.baseline, 3) == 8.545


def test_the_last_five_hundred_poems_are_held_out(task):
    train = {tuple(poem) for batch in task.batches(np.random.default_rng(0), 4, 0) for poem in batch.targets.T}
    held_out = [tuple(poem) for batch in task.held_out() for poem in batch.targets.T]
    assert len(train) == len(text()) - 500
    assert len(held_out) == 500
    assert not train & set(held_out)


def test_characters_and_ends_count_and_punctuation_does_not(task):
    for batch in task.held_out():
        assert (batch.counts.sum(axis=0) == 29).all()
        assert batch.counts[-1].all()
        assert not batch.counts[[7, 15, 23, 31]].any()
        assert (batch.inputs[1:] == batch.targets[:-1]).all()
        assert (batch.inputs[0] == 0).all()


def test_streams_are_the_poems_end_to_end(task):
    batches = list(task.batches(np.random.default_rng(0), 16, 25))
    assert [batch.continues for batch in batches] == [False] + [True] * (len(batches) - 1)
    assert {batch.targets.shape for batch in batches} == {(25, 16)}
    inputs, targets = (np.concatenate([getattr(batch, name) for batch in batches]) for name in ("inputs", "targets"))
    assert (inputs[1:] == targets[:-1]).all()
    assert (inputs[0] == 0).all()
    ends = np.flatnonzero(targets[:, 3] == 0)
    assert set(np.diff(ends)) == {33}
    whole = {tuple(poem) for batch in task.batches(np.random.default_rng(1), 4, 0) for poem in batch.targets.T}
    assert {tuple(targets[end - 32 : end + 1, 3]) for end in ends[1:]} <= whole


def test_an_untrained_model_measures_about_the_number_of_symbols(task, network):
    assert abs(measured(task.model(network, 4, 0), task) - np.log2(1993)) < 0.2


def test_a_network_begins_to_learn_and_writes_from_an_opening(task, network):
    few = replace(
        task,
        batches=lambda rng, size, cut: islice(task.batches(rng, size, cut), 30),
        held_out=lambda: islice(task.held_out(), 1),
    )
    result = fit(network, few, Settings(units=16, epochs=1, batch=8, rate=0.02), "gru", sampling=Sampling(3, "明月", 0.5))
    assert result.value < 10.5
    assert len(result.samples) == 3
    assert all(sample.startswith("明月") and set(sample) <= set("".join(text())) for sample in result.samples)


def test_samples_follow_the_scores(task):
    """A model that always scores the next symbol of one poem highest writes it; at a high temperature it does not."""
    poem = text()[3]
    alphabet = poems.Alphabet(text())

    class Parrot:
        def next_scores(self, symbol, state):
            at = 0 if state is None else state["at"] + 1
            return np.where(np.arange(len(alphabet.symbols)) == alphabet.encode(poem)[at % 33], 30.0, 0.0), {"at": at}

    assert task.sample(Parrot(), np.random.default_rng(0), "", 1.0) == poem
    assert task.sample(Parrot(), np.random.default_rng(0), poem[:9], 1.0) == poem
    assert task.sample(Parrot(), np.random.default_rng(0), "", 50.0) != poem


def test_an_opening_of_unknown_characters_is_refused_before_training(task, network):
    with pytest.raises(InputError, match=r"opening: .*'x'"):
        fit(network, task, Settings(), "gru", sampling=Sampling(opening="明x"))


def test_a_task_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="did you mean poems"):
        tasks.load("poem")
