"""What is told of how a page was read: kinds with their evidence, products, what is asked for, what is not used; in every format."""

from __future__ import annotations

import pytest

import derive
from derive.document import formats, render
from derive.document.blocks import Folded, Heading
from derive.document.reading import folded, understanding, understood

PAGE = r"""# A cell

The state is $h_t \in \mathbb{R}^{n}$, $\alpha$ is a scalar. We also have $J = 3 \underbrace{q}_{\text{odd}}$.

$$h_t = (1 - \alpha) h_{t-1} + \alpha \tanh(W x_t + U (r \odot h_{t-1}))$$
$$S_t = S_{t-1} + h_t x_t^\top \qquad y_t = S_t x_t + (v^\top h_t) w$$
"""


def test_each_product_is_said_to_be_what_its_sizes_make_it():
    found = {each["product"]: each["which"] for each in understanding(derive.read(PAGE))["products"]}
    assert found == {
        "(1 - alpha) * h_{t-1}": "a number times each entry",
        "alpha * tanh(W x_t + U (r * h_{t-1}))": "a number times each entry",
        "W x_t": "matrix product",
        "U (r * h_{t-1})": "matrix product",
        "r * h_{t-1}": "entry by entry",
        "h_t x_t^T": "outer product, a column times a row",
        "S_t x_t": "matrix product",
        "(v^T h_t) * w": "a number times each entry",
        "v^T h_t": "inner product, a row times a column",
    }


@pytest.mark.parametrize(
    ("page", "product", "which"),
    [
        ("scalar a, b\ny_t = a * b * x_t", "a * b * x_t", "a number times each entry"),
        ("scalar a, b\nh_t = a * b + 0.5 * h_{t-1}", "a * b", "product of numbers"),
        ("h_t = inverse(A) x_t\nmatrix A", "solve(A, x_t)", "an inverse times what is behind it"),
        (
            "matrix S\nS_t = a_t * S_{t-1} + x_t z_t^T\na_t = sigmoid(W x_t)",
            "a_t * S_{t-1}",
            "entry by entry, what has fewer rows or columns repeated",
        ),
    ],
)
def test_products_of_numbers_inverses_and_repeated_values(page, product, which):
    assert {each["product"]: each["which"] for each in understanding(derive.read(page))["products"]}[product] == which


def test_kinds_have_their_evidence_and_sums_of_sizes_their_brackets():
    found = {each["name"]: (each["kind"], each["size"], each["why"]) for each in understanding(derive.read(PAGE))["symbols"]}
    assert found["alpha"][:2] == ("number", "1")
    assert found["alpha"][2].startswith("said in prose")
    assert found["h"][2] == r"said in prose: h_t \in \mathbb{R}^{n}"
    assert found["W"] == ("matrix", "n_h × n_x", "by convention: a capital letter")
    joined = {each["name"]: each["size"] for each in understanding(derive.read("h_t = tanh(W [h_{t-1}; x_t] + b)"))["symbols"]}
    assert joined["W"] == "n_h × (n_h + n_x)"


@pytest.mark.parametrize("form", formats())
def test_every_format_shows_it_whatever_the_page_says(form):
    system = derive.read(PAGE)
    whole = render([Heading("A page", 1), *understood(system)], form)
    part = render([Heading("A page", 1), folded(system)], form)
    assert len(whole) > len(part) or form in ("html", "pdf")
    if isinstance(part, str):
        assert "9 products" in part
        assert "1 formula not used" in part


@pytest.mark.parametrize("form", ["latex", "pdf"])
def test_what_a_format_cannot_show_is_left_to_another_one_in_words(form):
    system = derive.read(PAGE.replace("is a scalar", "是一个标量 \U00012345"))
    page = render([Heading("A page", 1), folded(system)], form)
    assert not isinstance(page, str) or ("The HTML form shows it whole" in page and "\U00012345" not in page)


def test_it_is_the_first_part_of_a_derivation():
    blocks = derive.explain(derive.read(PAGE))
    assert isinstance(blocks[0], Heading)
    assert isinstance(blocks[1], Folded)
