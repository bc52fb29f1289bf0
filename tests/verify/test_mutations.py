"""Every mistake that changes a gradient is refused by the proof; one that changes nothing is not.

Whether a mistake changes anything is decided by running both adjoint systems on numbers, all sizes different: not by hand, and not by
the proof.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import derive
from derive.errors import InputError
from tests.derive.cells.covering import covered
from tests.verify import hand_written
from tests.verify.sample import Sample
from verify.mutations import Mutation, mutations
from verify.proof import prove
from verify.verdict import Outcome

STRIDES = {"rnn": 1, "lstm": 4, "gru": 4}
"""Of the mistakes in each cell's gradients, each first, each fourth is tried; together they are some 350."""


@cache
def derivation(name: str) -> derive.Derivation:
    return derive.bptt(derive.cell(name))


@cache
def mistakes(name: str) -> dict[str, Mutation]:
    return {each.name: each for each in list(mutations(derivation(name).adjoint))[:: STRIDES[name]]}


@cache
def sample(name: str) -> Sample:
    return Sample(derivation(name).forward)


@cache
def right(name: str):
    return sample(name).backward(derivation(name).adjoint).values


@cache
def changes_nothing(name: str, mistake: str) -> bool:
    """Whether the system with the mistake has the values of the right one."""
    try:
        values = sample(name).backward(mistakes(name)[mistake].system).values
    except (InputError, ValueError):
        return False
    return values.keys() == right(name).keys() and all(np.allclose(values[key], right(name)[key], rtol=1e-9) for key in values)


EACH = [(cell, name) for cell in STRIDES for name in mistakes(cell)]


@pytest.mark.parametrize(("cell", "name"), covered(EACH, EACH[::24]))
def test_a_mistake_is_refused(cell, name):
    mutation = mistakes(cell)[name]
    proof = prove(derivation(cell).forward, mutation.system)
    if changes_nothing(cell, name):
        assert proof.outcome is Outcome.AGREES, mutation.description
    else:
        assert proof.outcome is Outcome.DISAGREES, mutation.description


@pytest.mark.parametrize("cell", covered(STRIDES, [*STRIDES][:1]))
def test_nearly_all_mistakes_change_something(cell):
    harmless = [name for name in mistakes(cell) if changes_nothing(cell, name)]
    assert len(mistakes(cell)) - len(harmless) >= 90
    assert all(": sign of " in name for name in harmless), "only the sign of a squared value does not matter"


def test_each_kind_of_mistake_is_made():
    """The list is not only long: each kind is there for the equation that invites it most."""
    names = [each.name for each in mutations(hand_written.rnn()[1])]
    assert len(names) == len(set(names))
    expected = [
        "hbar[0]: left out",
        "hbar[t]: without the term up_h[t]",
        "hbar[t]: sign of up_h[t]",
        "hbar[t]: up_h[t] counted twice",
        "hbar[t]: U not transposed",
        "hbar[t]: abar[t] for abar[t + 1]",
        "hbar[0]: abar[0] for abar[1]",
        "abar[t]: without the factor (1 + -1*h[t]^2) of hbar[t]*(1 + -1*h[t]^2)",
        "abar[t]: h[t] for h[t]^2",
        "Ubar: h[t] for h[t - 1]",
        "Ubar: abar[t] h[t - 1]^T in the wrong order",
        "bbar: only the last term of sum_t abar[t]",
    ]
    assert [each for each in expected if each not in names] == []


def test_one_gate_stands_for_another():
    names = [each.name for each in mutations(derivation("lstm").adjoint)]
    assert "hbar[t]: U_i for U_f" in names
    assert "cbar[0]: i[1] for f[1]" in names


def test_a_mistake_is_described():
    adjoint = hand_written.gru()[1]
    for mutation in mutations(adjoint):
        assert mutation.name.startswith(f"{mutation.equation}: ")
        assert mutation.equation in mutation.description
        assert mutation.system.equations != adjoint.equations
