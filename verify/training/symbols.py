"""A model of sequences of symbols: an embedding, an emitted network, softmax cross-entropy.

The network is any emitted module with one input and with scores for the symbols as its first output; its names are read off its constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from types import ModuleType
from typing import Any

import numpy as np

from derive.errors import InputError

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]
EMBEDDING = "embedding"


@dataclass(frozen=True)
class Batch:
    """Sequences of symbol numbers.

    Attributes:
        inputs, targets: (T, batch).
        counts: (T, batch), whether a target counts in the measure; all of them are learned.
        continues: whether the state of the batch before is to be carried on.
    """

    inputs: Array
    targets: Array
    counts: Array
    continues: bool = False


class SymbolModel:
    """The network with its parameters.

    Args:
        module: the emitted module.
        symbols: how many there are.
        units: the rows of each state, and of what else has rows of its own.
        width: the rows of the embedding.
        seed: of the first parameters.
    """

    def __init__(self, module: ModuleType, symbols: int, units: int, width: int, seed: int) -> None:
        if len(module.INPUTS) != 1 or module.LOSS:
            raise InputError(
                f"the network has the inputs {', '.join(module.INPUTS)}", advice="give a cell with one input and without a loss"
            )
        self.module, self.entry, self.exit = module, module.INPUTS[0], module.OUTPUTS[0]
        sizes = {**dict.fromkeys(module.STATES, units), self.entry: width, self.exit: symbols}
        others = [name.removeprefix("n_") for name in signature(module.shapes).parameters]
        params = module.init({**dict.fromkeys(others, units), **sizes}, seed, np.float32)
        rng = np.random.default_rng([seed, 1])
        self.params: Arrays = {**params, EMBEDDING: rng.normal(0, 0.1, (symbols, width)).astype(np.float32)}

    def loss(self, batch: Batch, initial: Arrays | None = None) -> tuple[float, Arrays, Arrays]:
        """The mean cross-entropy in bits over all targets, its gradients (of the mean in nats), and the final states."""
        outputs, tape = self._forward(batch, initial)
        scores = outputs[self.exit]
        probabilities = softmax(scores)
        picked = np.take_along_axis(probabilities, batch.targets[..., None], axis=-1)[..., 0]
        bits = float(-np.log2(np.maximum(picked, np.finfo(np.float32).tiny)).mean(dtype=np.float64))
        delta = probabilities
        np.put_along_axis(delta, batch.targets[..., None], picked[..., None] - 1, axis=-1)
        delta /= batch.targets.size
        grads = self.module.backward(self._own(), tape, {self.exit: delta})
        embedding = np.zeros_like(self.params[EMBEDDING])
        width = embedding.shape[1]
        np.add.at(embedding, batch.inputs.ravel(), grads.inputs[self.entry].reshape(-1, width))
        return bits, {**{name: np.array(g) for name, g in grads.params.items()}, EMBEDDING: embedding}, self._final(outputs)

    def measure(self, batch: Batch, initial: Arrays | None = None) -> tuple[float, int, Arrays]:
        """The bits of the targets that count, their number, and the final states."""
        outputs, _ = self._forward(batch, initial)
        scores = outputs[self.exit].astype(np.float64)
        scores -= scores.max(axis=-1, keepdims=True)
        logs = np.take_along_axis(scores, batch.targets[..., None], axis=-1)[..., 0] - np.log(np.exp(scores).sum(axis=-1))
        return float(-logs[batch.counts].sum() / np.log(2)), int(batch.counts.sum()), self._final(outputs)

    def next_scores(self, symbol: int, initial: Arrays | None) -> tuple[Array, Arrays]:
        """The scores of what follows a symbol, (symbols,), and the states after it."""
        one = np.array([[symbol]])
        outputs, _ = self._forward(Batch(one, one, one == one), initial)
        return outputs[self.exit][0, 0].astype(np.float64), self._final(outputs)

    def _forward(self, batch: Batch, initial: Arrays | None) -> tuple[Arrays, Any]:
        outputs, tape = self.module.forward(self._own(), {self.entry: self.params[EMBEDDING][batch.inputs]}, initial)
        return outputs, tape

    def _own(self) -> Arrays:
        return {name: self.params[name] for name in self.module.PARAMETERS}

    def _final(self, outputs: Arrays) -> Arrays:
        return {name: outputs[f"{name}_T"] for name in self.module.STATES if f"{name}_T" in outputs}


def softmax(scores: Array) -> Array:
    """Probabilities over the last axis; the maximum is subtracted first."""
    e: Array = scores - scores.max(axis=-1, keepdims=True)
    np.exp(e, out=e)
    e /= e.sum(axis=-1, keepdims=True)
    return e
