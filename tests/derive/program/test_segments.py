"""Checkpointing: the same gradients from the states between segments alone, and memory that does not grow as the steps do."""

from __future__ import annotations

import re
import tracemalloc
from inspect import signature
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import sympy as sp

import derive
from derive.errors import InputError
from tests.derive.cells.covering import each_third
from tests.derive.derivations import source
from tests.derive.numeric import module

CELLS = ("rnn", "lstm", "gru", "mlstm", "narx", "stack(lstm, residual(gru))", "stack(gru, readout)")


def both(cell: str) -> tuple[ModuleType, ModuleType]:
    """The module that keeps all, and the one that keeps states."""
    return module(source(cell)), module(source(cell, checkpoint=True))


def gradients(own: ModuleType, example: Any, finals: bool = True, **options: Any) -> Any:
    params, inputs, initial = example
    outputs, tape = own.forward(params, inputs, initial, **options)
    rng = np.random.default_rng(1)
    weights = {name: rng.normal(size=outputs[name].shape) for name in own.OUTPUTS}
    last = {name: rng.normal(size=outputs[f"{name}_T"].shape) for name in own.STATES}
    return outputs, own.backward(params, tape, weights, last if finals else None)


def groups(found: Any) -> dict[str, np.ndarray]:
    outputs, grads = found
    return {f"{kind} {name}": array for kind, group in {"": outputs, **grads._asdict()}.items() for name, array in group.items()}


@pytest.mark.parametrize("cell", each_third(CELLS))
@pytest.mark.parametrize("segment", [None, 1, 4, 50])
def test_segments_give_the_gradients_of_the_whole(cell, segment):
    whole, cut = both(cell)
    example = whole.example(11, 2, np.random.default_rng(0))
    expected, found = groups(gradients(whole, example)), groups(gradients(cut, example, segment=segment))
    assert expected.keys() == found.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-11, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("cell", CELLS)
def test_what_is_computed_again_is_the_same_to_the_bit(cell):
    _, cut = both(cell)
    example = cut.example(11, 2, np.random.default_rng(0))
    kept, again = groups(gradients(cut, example, keep=True)), groups(gradients(cut, example))
    assert all(np.array_equal(array, kept[name]) for name, array in again.items())


@pytest.mark.full
def test_memory_grows_with_the_root_of_the_steps():
    whole, cut = both("lstm")
    example = whole.example(2500, 1, np.random.default_rng(0), n_x=1, n_h=8)
    peaks = {}
    for own in (whole, cut):
        tracemalloc.start()
        gradients(own, example)
        peaks[own] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[cut] < 0.35 * peaks[whole]


@pytest.mark.full
def test_a_hundred_thousand_steps_work():
    _, cut = both("gru")
    params, _, _ = cut.example(2, 1, np.random.default_rng(0), n_x=1, n_h=2)
    x = np.random.default_rng(1).normal(size=(100_000, 1, 1))
    outputs, tape = cut.forward(params, {"x": x})
    assert len(tape[1]) == 316
    weights = np.zeros_like(outputs["h"])
    weights[-1] = 1
    grads = cut.backward(params, tape, {"h": weights})
    _, tape = cut.forward(params, {"x": x[-2000:]}, {"h": outputs["h"][-2001]})
    late = cut.backward(params, tape, {"h": weights[-2000:]})
    assert all(np.isfinite(array).all() for array in grads.params.values())
    np.testing.assert_allclose(grads.inputs["x"][-2000:], late.inputs["x"], rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("bidirectional(rnn)", "is read at later steps"),
        ("clockwork", "a clock counts its steps"),
        ("stack(gru, mean, readout)", "reads a whole sequence"),
        ("h_t = tanh(U h_{t-1} + b)", "no input is a sequence"),
        ("y_t = tanh(W x_t)", "nothing goes from one step to the next"),
    ],
)
def test_what_is_not_cut_by_its_states_is_refused(cell, why):
    system = derive.read(cell) if "=" in cell else derive.cell(cell)
    with pytest.raises(InputError, match=f"segment by segment: .*({why})"):
        derive.emit(derive.bptt(system), checkpoint=True)


def test_wrong_arrays_are_refused():
    _, cut = both("gru")
    params, inputs, initial = cut.example(5, 2, np.random.default_rng(0))
    with pytest.raises(ValueError, match="inputs: give x, each for the same steps"):
        cut.forward(params, {"x": inputs["x"][:0]}, initial)
    with pytest.raises(ValueError, match="segment: 0 steps, expected 1 or more"):
        cut.forward(params, inputs, initial, segment=0)
    _, tape = cut.forward(params, inputs, initial)
    with pytest.raises(ValueError, match="output_gradients: h has shape"):
        cut.backward(params, tape, {"h": np.zeros((4, 2, 4))})
    with pytest.raises(ValueError, match="output_gradients: y is not known"):
        cut.backward(params, tape, {"y": np.zeros((5, 2, 4))})


@pytest.mark.parametrize("cell", ["lstm", "narx", "mlstm", "bidirectional(gru)", "stack(gru, last, readout)"])
def test_the_tape_has_as_many_numbers_as_is_told(cell):
    own = module(text := source(cell))
    _, tape = own.forward(*own.example(7, 5, np.random.default_rng(0)))
    sizes = {name: each.default for name, each in signature(own.example).parameters.items() if name.startswith("n_")}
    told = sp.parse_expr(re.search(r"has\s(batch \* .*) numbers", text)[1], local_dict={"T": 7, "batch": 5, **sizes})
    assert told == sum(each.size for each in tape if isinstance(each, np.ndarray))
