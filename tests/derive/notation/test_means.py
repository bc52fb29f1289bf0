"""Means of entries that are written as sums, and sums that are none."""

from __future__ import annotations

import contextlib

import pytest

import derive
from derive.errors import InputError

PAGE = r"""$$\mathbf{a}_t = W h_{t-1} + U x_t$$
$$\mu_t = \frac{1}{H}\sum_{i=1}^{H} %s, \qquad \sigma_t = \sqrt{\frac{1}{H}\sum_{i=1}^{H}(%s - \mu_t)^2}$$
$$h_t = \tanh(g \odot (\mathbf{a}_t - \mu_t) / \sigma_t + b)$$
"""


@pytest.mark.parametrize("entry", ["a_{t,i}", "a_{i,t}"])
def test_the_statistics_of_layer_normalization_are_means_of_all_entries(entry):
    own = derive.read(PAGE % (entry, entry))
    meant = "a_t = W h_{t-1} + U x_t\nmu_t = mean(a_t)\nsigma_t = sqrt(mean((a_t - mu_t)^2))\nh_t = tanh(g ⊙ (a_t - mu_t) / sigma_t + b)\nvector g, b"
    assert [str(each.right) for each in own.equations] == [str(each.right) for each in derive.read(meant).equations]


@pytest.mark.parametrize(
    "total", [r"\frac{1}{H} \sum_{i=1}^{H} h_t", r"\frac{2}{H} \sum_{i=1}^{H} a_{t,i}", r"\frac{1}{H} \sum_{i=1}^{N} a_{t,i}"]
)
def test_another_sum_is_no_mean(total):
    page = f"$$a_t = W x_t$$\n$$h_t = a_t + {total}$$"
    with contextlib.suppress(InputError):
        assert "Mean" not in str(derive.read(page).equations[1].right)
