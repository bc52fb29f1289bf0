"""The list of cells says what the pages say, though it does not read them."""

from __future__ import annotations

import cProfile
from dataclasses import replace

import pytest

from derive import catalogue
from derive.cells import names
from tests.derive.cells.covering import each_third


def test_the_index_has_every_cell_and_no_other():
    assert [each.name for each in catalogue.catalogue()] == names()


@pytest.mark.parametrize("name", each_third(names()))
def test_an_entry_is_what_its_page_says(name):
    """Where it is not, `python -m derive.catalogue` writes it anew."""
    assert catalogue._index()[name] == catalogue.made(name)


def test_a_page_that_changed_is_read(monkeypatch):
    stale = {name: replace(each, year="1066", digest=each.digest + (name == "gru")) for name, each in catalogue._index().items()}
    monkeypatch.setattr(catalogue, "_index", lambda: stale)
    years = {each.name: each.year for each in catalogue.catalogue()}
    assert (years["lstm"], years["gru"]) == ("1066", "2014")


def test_no_page_is_parsed():
    profile = cProfile.Profile()
    profile.runcall(lambda: list(catalogue.catalogue()))
    assert sum(each.callcount for each in profile.getstats()) < 30_000
