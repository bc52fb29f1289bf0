"""Optimizers, clipping, weight decay and learning rates: functions of dictionaries of arrays, with their state in another one.

Arrays are changed in place; `state` holds arrays too, so that a checkpoint is a dictionary of arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]


@dataclass(frozen=True)
class Optimizer:
    """A rule of descent.

    Attributes:
        name: of the rule.
        start: the state before the first step, for parameters of these shapes.
        step: move the parameters along their gradients at a learning rate, and the state with them.
    """

    name: str
    start: Callable[[Arrays], Arrays]
    step: Callable[[Arrays, Arrays, Arrays, float], None]


def sgd() -> Optimizer:
    """Stochastic gradient descent: w -= rate g (Robbins and Monro 1951)."""

    def step(params: Arrays, grads: Arrays, state: Arrays, rate: float) -> None:
        for name, array in params.items():
            array -= rate * grads[name]

    return Optimizer("sgd", lambda params: {}, step)


def momentum(beta: float = 0.9) -> Optimizer:
    """Gradient descent with momentum: v = beta v + g, w -= rate v (Polyak 1964; Sutskever et al. 2013)."""

    def start(params: Arrays) -> Arrays:
        return {f"velocity {name}": np.zeros_like(array) for name, array in params.items()}

    def step(params: Arrays, grads: Arrays, state: Arrays, rate: float) -> None:
        for name, array in params.items():
            velocity = state[f"velocity {name}"]
            velocity *= beta
            velocity += grads[name]
            array -= rate * velocity

    return Optimizer("momentum", start, step)


def adam(beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Optimizer:
    """Adam, with both moments corrected for their start at zero (Kingma and Ba, ICLR 2015, algorithm 1)."""

    def start(params: Arrays) -> Arrays:
        moments = {f"{moment} {name}": np.zeros_like(array) for name, array in params.items() for moment in ("mean", "square")}
        return {"count": np.zeros((), dtype=np.int64), **moments}

    def step(params: Arrays, grads: Arrays, state: Arrays, rate: float) -> None:
        state["count"] += 1
        count = int(state["count"])
        corrected = rate * math.sqrt(1 - beta2**count) / (1 - beta1**count)
        floor = epsilon * math.sqrt(1 - beta2**count)
        for name, array in params.items():
            mean, square, g = state[f"mean {name}"], state[f"square {name}"], grads[name]
            mean += (1 - beta1) * (g - mean)
            square += (1 - beta2) * (g * g - square)
            array -= corrected * mean / (np.sqrt(square) + floor)

    return Optimizer("adam", start, step)


OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {"sgd": sgd, "momentum": momentum, "adam": adam}


def norm(grads: Arrays) -> float:
    """The Euclidean norm of all gradients together."""
    return math.sqrt(sum(float(np.square(each, dtype=np.float64).sum()) for each in grads.values()))


def clip(grads: Arrays, most: float) -> float:
    """Scale all gradients together so that their norm is at most `most`; gives the norm before (Pascanu, Mikolov and Bengio, ICML 2013)."""
    before = norm(grads)
    if before > most:
        for each in grads.values():
            each *= most / before
    return before


def decay(params: Arrays, grads: Arrays, strength: float) -> None:
    """Add the gradient of strength / 2 times the squared weights, of matrices only: biases are left free."""
    for name, array in params.items():
        if array.ndim > 1 and strength:
            grads[name] = grads[name] + strength * array


def constant(step: int, steps: int, warm_up: int) -> float:
    """The factor on the learning rate: a straight rise over the first `warm_up` steps, then 1."""
    return min(1.0, (step + 1) / warm_up) if warm_up else 1.0


def cosine(step: int, steps: int, warm_up: int) -> float:
    """The factor on the learning rate: a straight rise over the first `warm_up` steps, then half a cosine down to 0 (Loshchilov and Hutter 2017)."""
    if step < warm_up:
        return (step + 1) / warm_up
    return 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))


SCHEDULES: dict[str, Callable[[int, int, int], float]] = {"constant": constant, "cosine": cosine}
