"""Ways out of errors as edits of the page: each of them alone makes a page that is read."""

from __future__ import annotations

import json

import pytest

import derive
from derive.errors import InputError, edited
from tests.bptt.command import bptt

PAGES = {
    "h_t = h_{t-1} + dt / tau W x_t": ["h_t = h_{t-1} + (dt / tau) W x_t", "h_t = h_{t-1} + dt / (tau W x_t)"],
    "Text.\n\n$$h_t = h_{t-1} + 1 / \\tau W x_t$$": [
        "Text.\n\n$$h_t = h_{t-1} + (1 / \\tau) W x_t$$",
        "Text.\n\n$$h_t = h_{t-1} + 1 / (\\tau W x_t)$$",
    ],
    "ht = tanh(W xt + U ht-1)": ["h_t = tanh(W x_t + U h_{t-1})"],
    "$$h_t = \\tanh(W x_t + \\bm{b} + b)$$": ["$$h_t = \\tanh(W x_t + \\bm{b} + \\bm{b})$$"],
    "$$h_t = f(W x_t)$$\n\nwhere $f$ is tanh or ReLU": [
        "$$h_t = f(W x_t)$$\n\nwhere $f$ is tanh or ReLU\n\n$$f(x) = \\tanh(x)$$\n",
        "$$h_t = f(W x_t)$$\n\nwhere $f$ is tanh or ReLU\n\n$$f(x) = \\relu(x)$$\n",
    ],
}


@pytest.mark.parametrize("page", PAGES)
def test_each_remedy_alone_makes_a_page_that_is_read(page):
    with pytest.raises(InputError) as caught:
        derive.read(page)
    found = [edited(page, remedy) for remedy in caught.value.remedies]
    assert found == PAGES[page]
    for each in found:
        derive.read(each)


def test_remedies_are_data(tmp_path):
    page = tmp_path / "page.txt"
    page.write_text("h_t = h_{t-1} + dt / tau W x_t\n")
    told = json.loads(bptt("derive", str(page), "--json").stdout)
    (error,) = told["errors"]
    assert error["remedies"][0] == [
        {"line": 1, "column": 17, "length": 0, "text": "("},
        {"line": 1, "column": 25, "length": 0, "text": ")"},
    ]


def test_errors_of_kinds_and_sizes_have_their_place_and_all_of_kinds_are_told():
    page = "matrix S, Q\n\nS_t = S_{t-1} *  Q_t\nR_t = Q_t * S_t\n"
    with pytest.raises(InputError) as caught:
        derive.read(page)
    assert [(each.spot.line, each.spot.column, each.spot.length) for each in caught.value.every] == [(3, 7, 14), (4, 7, 9)]
    assert caught.value.excerpt == "    S_t = S_{t-1} *  Q_t\n          ^"
    with pytest.raises(InputError) as caught:
        derive.read("h_t = tanh(W x_t + U h_{t-1})\n  W_t = 3")
    assert (caught.value.spot.line, caught.value.spot.column) == (2, 3)
