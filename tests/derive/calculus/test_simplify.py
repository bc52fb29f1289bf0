"""Rewritings of gradients, each where it must not be made."""

from __future__ import annotations

import pytest

import derive
from derive.algebra.nodes import Broadcast, add, mul, sequence, size, t
from derive.calculus.simplify import implicit_broadcast

SYSTEM = derive.read("h_t = tanh(W x_t + U h_{t-1})\ns_t = v^T h_t\nr_t = u^T h_t\noutput s, r")
S, R, H = (sequence(name)[t] for name in "srh")
N = size("h") if SYSTEM["h"].shape[0] == size("h") else SYSTEM["h"].shape[0]


@pytest.mark.parametrize("joined", [mul, add], ids=["product", "sum"])
def test_a_broadcast_stays_where_its_shape_is_needed_and_goes_where_others_have_it(joined):
    simplified = implicit_broadcast(SYSTEM, SYSTEM)
    needed = joined(Broadcast(S, N, 1), Broadcast(R, N, 1))
    assert simplified(needed) == needed
    assert simplified(joined(Broadcast(S, N, 1), H)) == joined(S, H)
