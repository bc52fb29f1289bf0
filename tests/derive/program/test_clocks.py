"""What a clock leaves unchanged is not computed, and nothing else changes: cells with clocks against the same cells with masks."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

import derive
from derive.notation import restate
from derive.program import clocked
from tests.derive.cells.covering import covered, each_third
from tests.derive.program.emitted import Trial, disagreements

GROUPS = """
h_{1,t} = tanh(W_1 x_t + U_11 h_{1,t-1} + U_12 h_{2,t-1} + U_13 h_{3,t-1} + b_1)
h_{2,t} = every(t, 2) * tanh(W_2 x_t + U_21 h_{1,t-1} + U_22 h_{2,t-1} + U_23 h_{3,t-1} + b_2) + (1 - every(t, 2)) * h_{2,t-1}
h_{3,t} = every(t, 3) * tanh(W_3 x_t + U_31 h_{1,t-1} + U_32 h_{2,t-1} + U_33 h_{3,t-1} + b_3) + (1 - every(t, 3)) * h_{3,t-1}
output h_1, h_2, h_3
"""
GRU = """
r_t = sigmoid(W_r x_t + U_r h_{t-1} + b_r)
z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)
n_t = tanh(W_n x_t + U_n (r_t * h_{t-1}) + b_n)
"""
CELLS = {
    "groups that all read each other": GROUPS,
    "one group": "h_t = every(t, 3) * tanh(W x_t + U h_{t-1} + b) + (1 - every(t, 3)) * h_{t-1}",
    "gates": f"{GRU}h_t = every(t, 2) * (z_t * h_{{t-1}} + (1 - z_t) * n_t) + (1 - every(t, 2)) * h_{{t-1}}",
    "gates before the mask": f"{GRU}h_t = (1 - every(t, 2) * z_t) * h_{{t-1}} + every(t, 2) * z_t * n_t",
    "a gate that is an output": f"{GRU}h_t = every(t, 2) * n_t + (1 - every(t, 2)) * h_{{t-1}}\noutput h, z",
    "a gate that the next step reads": "g_t = sigmoid(W_g x_t + U_g h_{t-1} + V g_{t-1})\n"
    "h_t = every(t, 2) * g_t + (1 - every(t, 2)) * h_{t-1}",
    "nothing between": "h_t = every(t, 2) * tanh(W x_t + U h_{t-1})",
    "an increment": "h_t = h_{t-1} + every(t, 2) * tanh(W x_t + U h_{t-1})",
    "a decay between": "h_t = every(t, 2) * tanh(W x_t + U h_{t-1}) + (1 - every(t, 2)) * d * h_{t-1}",
    "another product between": "h_t = every(t, 2) * tanh(W x_t + U h_{t-1}) + (1 - every(t, 2)) * tanh(V h_{t-1})",
    "a clock in a function": "a_t = every(t, 2) * (U h_{t-1})\nh_t = tanh(W x_t + a_t + every(t, 2) * b)",
    "a function of what is 0 between": "a_t = every(t, 2) * (U h_{t-1})\nh_t = exp(-a_t) * tanh(W x_t)",
    "two clocks, one equation": "h_t = every(t, 2) * tanh(W x_t + U h_{t-1}) + every(t, 3) * tanh(V h_{t-1}) + 0.5 * h_{t-1}",
    "a clock within a clock": "c_t = every(t, 2) * tanh(W x_t + U h_{t-1}) + (1 - every(t, 2)) * c_{t-1}\n"
    "h_t = every(t, 4) * tanh(V c_t + R h_{t-1}) + (1 - every(t, 4)) * h_{t-1}",
    "the first step": "h_t = first(t) * (V x_t + R h_{t-1}) + (1 - first(t)) * tanh(W x_t + U h_{t-1})",
    "the last step": "h_t = tanh(W x_t + U h_{t-1})\ny_t = y_{t-1} + last(t) * (R (U h_t))",
    "backward in time": "h_t = every(t, 2) * tanh(W x_t + U h_{t+1}) + (1 - every(t, 2)) * h_{t+1}",
    "learned initial state": "h_t = every(t, 2) * tanh(W x_t + U h_{t-1} + V h_{t-2}) + (1 - every(t, 2)) * h_{t-1}\nboundary h = parameter",
    "sizes in common": "h_t = every(t, 2) * tanh(W x_t + U h_{t-1} + A k_{t-1}) + (1 - every(t, 2)) * h_{t-1}\n"
    "k_t = every(t, 3) * tanh(V x_t + R k_{t-1} + B h_{t-1}) + (1 - every(t, 3)) * k_{t-1}\ny_t = h_t + k_t\noutput y",
    "a loss": f"{GROUPS.split('output')[0]}y_t = V h_{{1,t}} + R h_{{3,t}}\nl_t = sum((y_t - x_t)^2)\nloss l",
}


@cache
def emitted(text: str, is_masked: bool = False) -> str:
    """A cell's module; with the masks of its clocks and no branches, if that is asked for."""
    with pytest.MonkeyPatch.context() as context:
        if is_masked:
            context.setattr(clocked, "guard", lambda *systems: systems)
        return derive.emit(derive.bptt(derive.read(text)))


def trial(text: str, steps: int, is_masked: bool = False) -> Trial:
    return Trial(text, steps, source=emitted(text, is_masked))


@pytest.mark.parametrize("cell", each_third(CELLS))
def test_gradients_of_cells_with_clocks(cell):
    assert disagreements(trial(CELLS[cell], steps=7)) == []


@pytest.mark.parametrize("steps", covered([1, 2, 3, 4, 5, 8, 13], [1, 5]))
@pytest.mark.parametrize("cell", each_third(CELLS))
def test_branches_give_what_masks_give(cell, steps):
    own, other = trial(CELLS[cell], steps), trial(CELLS[cell], steps, is_masked=True)
    outputs, gradients = own.forward()[0], own.gradients()
    for name, array in other.forward()[0].items():
        assert np.allclose(outputs[name], array, rtol=1e-13, atol=1e-14), name
    for group, arrays in other.gradients().items():
        for name, array in arrays.items():
            assert np.allclose(gradients[group][name], array, rtol=1e-12, atol=1e-13), name


class Counted(np.ndarray):
    """An array that counts the multiplications of its matrix products."""

    multiplications = 0

    def __array_ufunc__(self, function, method, *inputs, out=None, **options):
        plain = [each.view(np.ndarray) if isinstance(each, Counted) else each for each in inputs]
        found = getattr(function, method)(*plain, **options)
        if function is np.matmul:
            Counted.multiplications += found.size * plain[0].shape[-1]
        if out is None:
            return found.view(Counted) if isinstance(found, np.ndarray) else found
        out[0][...] = found
        return out[0]


def multiplications(own: Trial) -> int:
    """How many multiplications the matrix products of `forward` and `backward` take."""
    Counted.multiplications = 0
    made, flat = own.module, own.module.flat
    made.checked = lambda kind, arrays, shapes: {name: array.view(Counted) for name, array in arrays.items()}
    made.flat = lambda v: flat(v).view(Counted)
    own.params = {name: array.view(Counted) for name, array in own.params.items()}
    own.gradients()
    return Counted.multiplications


COUNTED = {
    "groups that all read each other": {"1": 1, "2": 2, "3": 3},
    "one group": {"": 3},
    "the page of the paper": {"1": 1, "2": 2, "3": 4},
}


@pytest.mark.parametrize("cell", COUNTED)
def test_the_products_of_a_group_are_computed_at_its_own_steps_alone(cell):
    """Each matrix is multiplied in the forward pass, in the backward pass, and for its gradient, at every step of its group."""
    text = CELLS.get(cell) or restate.page(derive.cell("clockwork"))
    own, steps = trial(text, steps=12), 12
    expected = every_step = 0
    for name, array in own.params.items():
        if array.ndim == 2:
            period = next(period for group, period in COUNTED[cell].items() if name.partition("_")[2].startswith(group))
            expected += 3 * array.size * own.batch * (steps // period)
            every_step += 3 * array.size * own.batch * steps
    assert multiplications(own) == expected
    assert multiplications(trial(text, steps, is_masked=True)) == every_step


def test_a_clock_that_spares_no_product_stays_a_mask():
    assert not re.search(r"^ *if \(", derive.emit(derive.bptt(derive.read("h_t = tanh(U h_{t-1} + every(t, 2) * x_t)"))), re.MULTILINE)
