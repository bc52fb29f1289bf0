"""The floor: the matrix products that no pass of these equations can do without, and nothing else, at the shapes that ours has."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.networks import Task
from benchmarks.peers.contestant import Contestant


def contestant(task: Task) -> Contestant | None:
    """The products of all layers and directions of one of PyTorch's layers."""
    if task.network.layer is None:
        return None
    pairs = [(task.weights[name], task.weights[name.replace("_ih_", "_hh_")]) for name in task.weights if name.startswith("weight_ih_")]
    every = [_products(task, W, U) for W, U in pairs]

    def run() -> None:
        for products in every:
            products()

    return Contestant(run)


def _products(task: Task, W: np.ndarray, U: np.ndarray) -> Callable[[], None]:
    """W x at all steps, U h at each, U^T abar at each, and W^T abar, abar x^T and abar h^T over all steps; into memory that is there."""
    T, batch, _, n_h = task.size
    rows, rng = len(W), np.random.default_rng(0)

    def random(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(task.dtype)

    x, h, abar = random(W.shape[1], T * batch), random(T, n_h, batch), random(T, rows, batch)
    all_h, all_abar = random(n_h, T * batch), random(rows, T * batch)
    p, a, xbar, hbar = random(rows, T * batch), random(rows, batch), random(W.shape[1], T * batch), random(n_h, batch)
    Wbar, Ubar = np.empty_like(W), np.empty_like(U)

    def run() -> None:
        np.matmul(W, x, out=p)
        for t in range(T):
            np.matmul(U, h[t], out=a)
        for t in reversed(range(T)):
            np.matmul(U.T, abar[t], out=hbar)
        np.matmul(W.T, all_abar, out=xbar)
        np.matmul(all_abar, x.T, out=Wbar)
        np.matmul(all_abar, all_h.T, out=Ubar)

    return run
