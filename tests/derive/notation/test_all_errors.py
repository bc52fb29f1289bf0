"""All that is wrong with a page at one stage of reading is told at once, each with its line, and nothing because of something else."""

from __future__ import annotations

import pytest

import derive
from derive.errors import InputError

CELL = "h_t = tanh(W x_t + U h_{t-1} + b)\n"

PAGES = {
    "calls": ("a_t = foo(x_t)\nb_t = bar(x_t)\noutput b", {1: "foo", 2: "bar"}),
    "declarations": (f"{CELL}shape k = (2, 2)\noutput h, m\ndistribution q", {2: "k is declared", 3: "m is declared", 4: "q is declared"}),
    "sizes that are said": (f"{CELL}shape W = (0, x)\nshape U = (h, 1.5)", {2: "W has no entries", 3: "is no size"}),
    "sizes": (
        f"{CELL}y_t = V h_t\nz_t = Q h_t\nshape V = (3, 4)\nshape Q = (3, 5)\nshape h = (2, 1)\noutput y, z",
        {2: "2", 3: "2"},
    ),
    "slices": (f"{CELL}y_t = h_t[2:5]\nz_t = h_t[7]\nshape h = (3, 1)\noutput y, z", {2: "row 5 of h", 3: "row 8 of h"}),
    "definitions": (
        "h_t = tanh(W x_t + U h_{t-1})\nh_t = W x_t\ny_t = V h_t\ny_t = h_t\noutput y",
        {2: "h is defined a second time", 4: "y"},
    ),
    "circles": (
        "a_t = tanh(b_t)\nb_t = W a_t + x_t\nc_t = tanh(d_t)\nd_t = c_t + x_t\nh_t = tanh(h_t + h_{t-1})",
        {1: "a -> b -> a", 3: "c", 5: "h -> h"},
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_each_is_told_with_its_line(name):
    page, wanted = PAGES[name]
    with pytest.raises(InputError) as raised:
        derive.read(page)
    found = {each.spot.line: each.fact for each in raised.value.every}
    assert found.keys() == wanted.keys(), found
    assert all(words in found[line] for line, words in wanted.items())


def test_an_equation_whose_sizes_do_not_fit_says_nothing_of_the_others():
    """That V is (3, 2) is learned from the equation that is wrong before its sizes clash; the next one has V as (4, 5)."""
    page = "shape a = (2, 1)\nshape b = (3, 1)\nshape c = (5, 1)\nd_t = V a_t + a_t + b_t\nu_t = V c_t\nshape u = (4, 1)\noutput d, u"
    with pytest.raises(InputError) as raised:
        derive.read(page)
    assert [each.spot.line for each in raised.value.every] == [4]
