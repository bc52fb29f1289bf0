"""The covering cells have every feature of every built-in cell, and each of them is needed for that."""

from __future__ import annotations

from functools import cache

import pytest

import derive
from tests.derive.cells.covering import COVERING, covered, features


@cache
def of_cell(cell: str) -> set[str]:
    return features(derive.cell(cell))


def features_of(*cells: str) -> set[str]:
    return set().union(*map(of_cell, cells))


def test_no_feature_of_a_built_in_cell_is_missing():
    missing = features_of(*derive.cell_names()) - features_of(*COVERING)
    where = {feature: [cell for cell in derive.cell_names() if feature in of_cell(cell)] for feature in sorted(missing)}
    assert where == {}, "add one cell of each to COVERING in tests/derive/cells/covering.py, so that all methods try it by default"


@pytest.mark.parametrize("cell", COVERING)
def test_no_covering_cell_is_idle(cell):
    assert features_of(*COVERING) - features_of(*(other for other in COVERING if other != cell)), "the others have all that it has"


@pytest.mark.parametrize(
    ("page", "new"),
    [
        ("h_t = gelu(W x_t + U h_{t-1})", {"gelu"}),
        ("h_t = tanh(W x_t + U h_{t-5})", {"defined read at t - 5"}),
        ("h_t = tanh(W x_{t+2} + U h_{t-1})", {"input read at t + 2"}),
        ("h_t = last(t) * tanh(W x_t + U h_{t-1})", {"clock last"}),
        ("h_t = min(W x_t, U h_{t-1})", {"min of column of column"}),
        ("h_t = tanh(W x_t + U h_{t-1})^7", {"power 7"}),
        ("h_t = tanh(W x_t + U h_{t-1})\nboundary h = parameter", {"defined sequence that is parameter outside 1..T"}),
    ],
)
def test_a_cell_with_something_new_is_not_covered(page, new):
    assert new <= features(derive.read(page)) - features_of(*COVERING)


def test_what_is_not_kept_is_for_the_full_run_alone():
    kept, other = covered(("a", "b"), ("a",))
    assert kept == "a"
    assert other.values == ("b",)
    assert [mark.name for mark in other.marks] == ["full"]
