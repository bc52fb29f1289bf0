"""Each page of the corpus is read as the table of outcomes says: none gets worse, and none gets better unsaid."""

from __future__ import annotations

import pytest

import derive
from tests.derive.cells.covering import each_third
from tests.derive.notation.corpus import Outcome, entries, judge, recorded
from tests.derive.notation.sameness import difference

ENTRIES = entries()
RNN = "h_t = tanh(W x_t + U h_{t-1} + b)"


@pytest.mark.parametrize("entry", each_third(ENTRIES), ids=lambda entry: entry.name)
def test_a_page_has_its_recorded_outcome(entry):
    found = judge(entry)
    said = recorded().get(entry.name, "nothing")
    assert found.outcome.value == said, f"{found.reason}; if that is right, run python -m tests.derive.notation.corpus --update"


def test_the_table_has_each_entry_once_and_no_other():
    assert sorted(recorded()) == [entry.name for entry in ENTRIES]
    assert set(recorded().values()) <= {each.value for each in Outcome}


@pytest.mark.parametrize(
    ("page", "followed", "meaning", "outcome"),
    [
        (RNN, None, RNN, Outcome.RIGHT),
        (RNN, None, f"{RNN}\nscalar b", Outcome.SILENT),
        (
            "$$h_t = \\tanh(W x_t + U h_{t-1})$$\n\nand $$y_t \\approx V h_t$$\n",
            None,
            "h_t = tanh(W x_t + U h_{t-1})\ny_t = V h_t",
            Outcome.REMARKED,
        ),
        ("h_t = tanh(W x_t", None, RNN, Outcome.REFUSED),
        ("h_t = tanh(W x_t", RNN, RNN, Outcome.FOLLOWED),
        ("h_t = tanh(W x_t", RNN, f"{RNN}\nscalar b", Outcome.SILENT),
        ("h_t = tanh(W x_t", RNN, "h_t = )", Outcome.REFUSED),
        (RNN, None, "h_t = )", Outcome.SILENT),
        ("h_t = tanh(W x_t", None, "refused: lion closed", Outcome.REFUSED),
        ("h_t = tanh(W x_t", None, "refused: Closed", Outcome.RIGHT),
        (RNN, None, "refused:", Outcome.SILENT),
    ],
)
def test_what_becomes_of_a_page(tmp_path, page, followed, meaning, outcome):
    (tmp_path / "one.md").write_text(page)
    (tmp_path / "one.meaning").write_text(meaning)
    if followed:
        (tmp_path / "one.followed.md").write_text(followed)
    (entry,) = entries(tmp_path)
    assert judge(entry).outcome is outcome


def test_a_page_without_a_meaning_is_no_entry(tmp_path):
    (tmp_path / "one.md").write_text(RNN)
    with pytest.raises(FileNotFoundError, match="one"):
        entries(tmp_path)


@pytest.mark.parametrize(
    "other",
    [
        "h_t = tanh(W x_t + U h_{t-1})",
        "h_t = tanh(W x_t + U h_{t-1} + b)\nscalar b",
        "h_t = tanh(W x_t + U h_{t-1} + b)\nshape W = (h, h)",
        "h_t = tanh(W x_t + U h_{t-2} + b)",
        "h_t = tanh(W x_t + U^T h_{t-1} + b)",
        "h_t = tanh(W x_t + U h_{t-1} + b)\nboundary h = zero",
        "h_t = tanh(W x_t + U h_{t-1} + b)\ny_t = 2 * h_t",
        "h_t = sigmoid(W x_t + U h_{t-1} + b)",
        "h_t = tanh(W x + U h_{t-1} + b)\ninput x",
    ],
)
def test_systems_that_differ_in_one_thing_are_not_the_same(other):
    assert difference(derive.read(other), derive.read(RNN)) is not None
    assert difference(derive.read(RNN), derive.read(other)) is not None


@pytest.mark.parametrize(
    "other",
    [
        "a_t = W x_t + U h_{t-1} + b\nh_t = tanh(a_t)",
        "h_t = (1 - exp(-2 * (b + U h_{t-1} + W x_t))) / (1 + exp(-2 * (b + U h_{t-1} + W x_t)))",
        "h_t = tanh(W x_t + U h_{t-1} + b)\nconstant b\nvector b\noutput h",
    ],
)
def test_systems_that_are_written_otherwise_are_the_same(other):
    assert difference(derive.read(other), derive.read(RNN)) is None


@pytest.mark.parametrize("swapped", [False, True])
def test_a_name_that_is_spelled_otherwise_is_the_same_whichever_of_two_it_is(swapped):
    meant = "h_t = tanh(W_xi x_t + W_ξ ξ_t + U_hh_f h_{t-1})"
    names = ["W_xi", "W_ξ"] if swapped else ["W_x_i", "W_xi"]
    read = f"h_t = tanh({names[0]} x_t + {names[1]} xi_t + U_f_hh h_{{t-1}})"
    assert difference(derive.read(read), derive.read(meant)) is None
    assert difference(derive.read(read.replace("U", "V")), derive.read(meant)) is not None
    assert difference(derive.read(read.replace("x_t", "2 * x_t")), derive.read(meant)) is not None
