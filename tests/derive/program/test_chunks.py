"""Chunks of the steps: that they are all of them, that gradients do not depend on where they end, and how much memory they leave to the passes."""

from __future__ import annotations

import inspect
import tracemalloc

import numpy as np
import pytest

import derive
from derive.network import load
from tests.derive.cells.covering import covered
from tests.derive.numeric import module

NETWORKS = (
    "rnn",
    "lstm",
    "gru",
    "stack(lstm, dilated_rnn)",
    "bidirectional(gru)",
    "stack(bidirectional(rnn), reverse(lstm))",
    "encoder_decoder(gru, bahdanau_decoder)",
    "clockwork",
    "mlstm",
    "qrnn",
)


def emitted(told, **options):
    return module(derive.emit(derive.bptt(load(told)), **options))


def run(own, T, batch, seed=0, **sizes):
    """The outputs and gradients of both passes, by group and name."""
    rng = np.random.default_rng(seed)
    params, inputs, initial = own.example(T, batch, rng, **sizes)
    outputs, tape = own.forward(params, inputs, initial)
    grads = own.backward(params, tape, {name: rng.normal(size=outputs[name].shape) for name in own.OUTPUTS})
    return {(group, name): array for group, arrays in zip("opia", (outputs, *grads), strict=True) for name, array in arrays.items()}


@pytest.mark.parametrize(
    ("T", "batch", "count"), [(1, 1, 1), (2, 1, 2), (7, 3, 2), (7, 1024, 7), (5, 4000, 5), (100_000, 2, 196), (9, 0, 2)]
)
def test_chunks_are_all_steps_in_order(T, batch, count):
    found = emitted("rnn").chunks(T, batch)
    assert [t for at in found for t in range(T)[at]] == list(range(T))
    lengths = {at.stop - at.start for at in found}
    assert len(found) == count
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("told", covered(NETWORKS, NETWORKS[::2]))
def test_gradients_do_not_depend_on_where_chunks_end(told):
    own = emitted(told)
    assert "in counted(at)" in derive.emit(derive.bptt(load(told)))
    two = run(own, 7, 3)
    own.COLUMNS = 1
    for key, array in run(own, 7, 3).items():
        np.testing.assert_allclose(array, two[key], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("told", covered(("rnn", "lstm", "gru", "stack(lstm, 2)", "bidirectional(gru)"), ("rnn", "gru")))
def test_at_its_peak_memory_is_little_more_than_tape_and_results(told):
    """What else the passes compute, as slopes and adjoints, would make it twice as much."""
    rng = np.random.default_rng(0)
    own, (T, batch, n_h) = emitted(told), (3000, 16, 16)
    sizes = {name: 8 if name == "n_x" else n_h for name in inspect.signature(own.shapes).parameters}
    arguments = own.example(T, batch, rng, **sizes)
    upstream = {name: np.ones(array.shape) for name, array in own.forward(*arguments)[0].items() if name in own.OUTPUTS}
    own.MEMORY.clear()
    tracemalloc.start()
    outputs, tape = own.forward(*arguments)
    grads = own.backward(arguments[0], tape, upstream)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    owners = {id(each): each for each in map(owner, tape) if isinstance(each, np.ndarray)}
    needed = sum(each.nbytes for each in owners.values()) + sum(each.nbytes for group in (outputs, *grads) for each in group.values())
    assert needed < peak < 1.2 * needed


def owner(held):
    """The array whose memory another one shows."""
    while isinstance(held, np.ndarray) and held.base is not None:
        held = held.base
    return held


def test_what_both_directions_add_up_is_added_beside_each_loop():
    """The gradient by x sums products with the adjoints of both, so that neither waits for the other one's loop."""
    source = derive.emit(derive.bptt(load("bidirectional(rnn)")))
    for way, line in (
        ("bwd", "xbar_part[at] = product(W_bwd.T, abar_h_bwd, dtype)"),
        ("fwd", "xbar[at] = xbar_part[at] + product(W_fwd.T, abar_h_fwd, dtype)"),
    ):
        assert f"abar_h_{way} = rows_first((span, n_h_{way}, batch), dtype)" in source
        assert line in source
    assert module(source).check_gradients()


def test_what_a_loop_reads_of_another_that_goes_the_other_way_is_kept_for_all_steps():
    source = derive.emit(derive.bptt(derive.read("h_t = tanh(U h_{t-1} + x_t)\nk_t = tanh(V k_{t+1} + A (h_t * x_t))\noutput k")))
    assert "hx = rows_first((T, n_x, batch), dtype)" in source
    assert "hxbar = empty((T, n_x, batch), dtype)" in source
    assert module(source).check_gradients()
