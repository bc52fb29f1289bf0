"""The work of composing, deriving, reviewing and telling a deep network grows with the number of its layers: in calls, which no load changes."""

from __future__ import annotations

import pytest

import derive
from derive.document import render
from derive.errors import InputError
from derive.limits import LAYERS
from derive.soundness import checked
from tests.derive.cells.covering import covered
from tests.derive.program.test_growth import calls

DEEP = {
    "a stack": lambda n: f"stack(lstm, {n})",
    "a stack of parts": lambda n: f"stack({', '.join(['lstm', 'residual(gru)'] * (n // 2))})",
    "both directions": lambda n: f"stack(bidirectional(rnn), {n})",
}
WORK = {
    "compose": lambda system, text: derive.cell(text),
    "derive": lambda system, text: derive.bptt(system),
    "review": lambda system, text: derive.review(system),
    "tell": lambda system, text: render(derive.explain(system), "markdown"),
}


@pytest.mark.full
@pytest.mark.parametrize("name", covered(DEEP, [*DEEP][:1]))
@pytest.mark.parametrize(
    "work", ["compose", "derive", pytest.param("review", marks=pytest.mark.full), pytest.param("tell", marks=pytest.mark.full)]
)
def test_twice_the_layers_take_about_twice_the_work(work, name):
    def counted(n):
        text = DEEP[name](n)
        system = derive.cell(text)
        return calls(lambda: WORK[work](system, text))

    counted(4)
    few, some, many = map(counted, (10, 20, 40))
    assert many - some < 2.6 * (some - few)


@pytest.mark.full
def test_a_review_of_a_deep_stack_is_no_slower_by_the_layer():
    """Of one kind of network in the default run."""

    def counted(n):
        system = derive.cell(f"stack(rnn, {n})")
        return calls(lambda: derive.explain(system))

    counted(4)
    few, some, many = map(counted, (10, 20, 40))
    assert many - some < 2.6 * (some - few)


def test_a_number_of_layers_is_a_number_of_layers():
    deepest = derive.stack("irnn", LAYERS.most)
    assert len(deepest.states) == LAYERS.most
    with pytest.raises(InputError, match=str(LAYERS.most)):
        derive.stack("irnn", LAYERS.most + 1)
    with pytest.raises(InputError, match=str(LAYERS.most)):
        derive.stack(deepest, deepest, LAYERS.most)


def test_names_of_sizes_that_became_one_are_free_again():
    """Of three layers the sizes are those of the input and of the three states; where a size of the part below follows, all follow."""
    deep = derive.stack("rnn", 3)
    assert {str(side) for each in deep.variables.values() for side in each.shape} == {"n_x", "n_h_1", "n_h_2", "n_h_3", "1"}
    way = derive.stack("residual(rnn)", "residual(rnn)", "residual(rnn)")
    assert len({str(side) for each in way.variables.values() for side in each.shape} - {"1"}) == 1
    checked(deep)
    checked(way)
