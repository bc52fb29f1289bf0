"""Every page in derive/cells, alone and under every head; a new page is tested by being there.

By default each cell is proved, run and tried by the dot product, and the covering ones by every method; the full run tries all by every one.
"""

from __future__ import annotations

import pytest
import sympy as sp

import derive
from derive.cells import head_names
from derive.notation import restate
from derive.notation.write import equation_text
from tests.derive.cells.covering import COVERING, covered, each_cell, each_third
from tests.derive.derivations import derivation
from tests.derive.program.batches import Emitted
from verify.methods import dot_product, methods, proof
from verify.report import report
from verify.subject import subject
from verify.verdict import Outcome

LOSSES = [name for name in head_names() if derive.head(name).loss]


@pytest.mark.parametrize("cell", derive.cell_names())
def test_every_cell_names_its_source(cell):
    notes = derive.cell(cell).notes
    assert notes["title"]
    assert notes["year"] in notes["reference"]


@pytest.mark.parametrize("cell", [cell for cell in derive.cell_names() if cell not in COVERING])
def test_every_cell_is_proved_and_its_module_has_the_gradients(cell):
    """The covering ones are, with all else, below."""
    on_trial = subject(derivation(cell))
    for method in (proof, dot_product):
        verdicts = method.judge(on_trial)
        assert verdicts
        assert [each for each in verdicts if not each.agrees] == []


@pytest.mark.parametrize("cell", each_third(derive.cell_names()))
def test_every_module_computes_what_the_equations_mean(cell):
    assert Emitted(derivation(cell), steps=3, batch=2).disagreements() == []


@pytest.mark.parametrize("cell", each_cell())
def test_every_cell_holds_by_every_method(cell):
    found = report(subject(derivation(cell)))
    every = [each for own in found.verdicts.values() for each in own]
    assert [each for each in every if each.outcome is Outcome.DISAGREES] == []
    assert all(each.agrees for each in found.verdicts["proof"])
    assert {each.subject for each in every} == {each.subject for each in every if each.agrees}
    assert set(found.verdicts) == {each.NAME for each in methods()}
    assert found.holds


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("cell", covered(("rnn", "lstm", "gru", "mlstm", "clockwork"), ("rnn",)))
def test_cells_hold_under_every_loss(cell, loss):
    network = derive.follow(derive.follow(derive.cell(cell), derive.head("readout")), derive.head(loss))
    assert report(subject(derive.bptt(network))).holds


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_of_a_loss_ends_as_the_difference_from_the_target(loss):
    adjoint = derive.bptt(derive.head(loss)).adjoint
    told = {"softmax_cross_entropy": "ybar_t = p_t - target_t", "squared_error": "ybar_t = y_t - target_t"}
    assert told[loss] in [equation_text(equation, adjoint) for equation in adjoint.equations]


@pytest.mark.parametrize("cell", each_third(derive.cell_names()))
def test_every_cell_prints_as_it_is_read(cell):
    system = derive.cell(cell)
    again = derive.read(restate.page(system), cell)
    assert [(e.left, e.right) for e in again.equations] == [(e.left, e.right) for e in system.equations]
    assert numbered(again) == numbered(system)


def numbered(system):
    """The shapes of a system, its sizes numbered in the order of their appearance."""
    sizes = dict.fromkeys(s for name in sorted(system.shapes) for side in system.shapes[name] for s in sorted(side.free_symbols, key=str))
    table = {size: sp.Symbol(f"s{place}") for place, size in enumerate(sizes)}
    return {name: tuple(side.xreplace(table) for side in shape) for name, shape in system.shapes.items()}
