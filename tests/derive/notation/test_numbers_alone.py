"""Pages of time series, on which nothing is a vector or a matrix: all values are numbers, and that is remarked on."""

from __future__ import annotations

import pytest

import derive

HOLT = "l_t = alpha x_t + (1 - alpha) (l_{t-1} + b_{t-1})\nb_t = beta (l_t - l_{t-1}) + (1 - beta) b_{t-1}"
NUMBERS = [HOLT, "h_t = tanh(w x_t + u h_{t-1} + b)", "v_t = rho v_{t-1} + e_t\ny_t = max(0, v_t) + c"]
VECTORS = {
    "a matrix": "h_t = tanh(W x_t + u h_{t-1})",
    "a product of entries": "h_t = f_t ⊙ h_{t-1} + a x_t",
    "a transposition": "h_t = a h_{t-1} + x_t\ny_t = w^T h_t",
    "a stack": "h_t = a [h_{t-1}; x_t][0:n_h]\nshape h = (2, 1)",
    "a softmax": "h_t = softmax(a h_{t-1} + x_t)",
    "a word": "The state h_t has twenty units.\n\nh_t = tanh(a h_{t-1} + x_t)",
    "a declaration": "h_t = a h_{t-1} + x_t\nscalar a",
    "no parameter": "h_t = tanh(h_{t-1} + x_t)",
    "bold letters": r"$$\mathbf{h}_t = a \mathbf{h}_{t-1} + \mathbf{x}_t$$",
}


@pytest.mark.parametrize("page", NUMBERS)
def test_all_values_are_numbers_and_it_is_remarked_on(page):
    system = derive.read(page)
    assert all(each.shape == (1, 1) for each in system.variables.values())
    assert [each.kind for each in derive.remarks(system)].count("kind") == 1


@pytest.mark.parametrize("page", VECTORS.values(), ids=VECTORS)
def test_what_tells_of_vectors_makes_vectors(page):
    assert derive.read(page)["h"].shape != (1, 1)
