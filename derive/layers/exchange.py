"""Weights from a file and to a file: what the command line and a notebook call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

from derive.errors import InputError
from derive.files.limits import LARGEST
from derive.layers import files, page
from derive.layers.blocks import Array
from derive.layers.content import Content
from derive.layers.convert import convert
from derive.layers.find import NONE, chosen, find
from derive.layers.layer import Layer
from derive.layers.weights import Arrays, weights_in, weights_out
from derive.shown import Shown


@dataclass(frozen=True, repr=False)
class Weights(Shown):
    """A layer, and what its emitted module takes.

    Attributes:
        layer: what it is.
        params: its parameters.
        initial: the states before the first step, where the file sets them.
        lengths: the number of steps of each sequence of a batch, where the file sets it.
        takes_lengths: whether it is for the caller to give, sequence by sequence.
    """

    layer: Layer
    params: Arrays
    initial: Arrays = field(default_factory=dict)
    lengths: Array | None = None
    takes_lengths: bool = False

    @property
    def summary(self) -> str:
        """The layer, and how many arrays and numbers."""
        return f"of {self.layer.told}: {len(self.params)} arrays, {sum(each.size for each in self.params.values()):,} numbers"

    @property
    def is_ragged(self) -> bool:
        """Whether sequences have lengths of their own, which the module emitted with `ragged=True` takes."""
        return self.takes_lengths or self.lengths is not None

    def arrays(self, is_framework: bool) -> Arrays:
        """The arrays of the framework, or the parameters of the emitted module."""
        return weights_out(self.layer, self.params) if is_framework else self.params

    def converted(self, name: str, attributes: Mapping[str, Any] = NONE) -> Weights:
        """The same as weights of another kind of layer, with these attributes of it.

        Raises:
            InputError: the two do not compute the same.
        """
        layer, params = convert(self.layer, self.params, name, attributes)
        return replace(self, layer=layer, params=params)

    def save(self, path: str | Path, is_framework: bool, is_partial: bool = False) -> None:
        """Write the arrays of the framework, or the parameters of the emitted module; the suffix picks the format.

        Initial states and lengths are written where the format holds them; `is_partial` lets the others be written without.

        Raises:
            InputError: the path cannot be written, or its format does not hold such arrays, or not what stands beside them.
        """
        states = [each.name for each in self.layer.page.system(self.layer.settings).states]
        told = {state + part.label: f"{part.layer}/{part.direction}{state}" for part, state in product(self.layer.parts, states)}
        initial = {told[name]: array for name, array in self.initial.items()}
        content = Content(self.arrays(is_framework), initial=initial, lengths=self.lengths, takes_lengths=self.takes_lengths)
        files.write(path, self.layer, content, is_partial)


def shared_out(attributes: Mapping[str, Any], source: str, target: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The attributes of a layer of the kind `source`, and those of one of the kind `target` to which it is converted."""
    theirs = {name: value for name, value in attributes.items() if target and name in page.load(target).attributes}
    known = page.load(source).attributes if source else {}
    return {name: value for name, value in attributes.items() if name in known or name not in theirs}, theirs


def load(
    path: str | Path,
    name: str,
    only: str = "",
    direction: str = "",
    order: Iterable[str] = (),
    attributes: Mapping[str, Any] = NONE,
    largest: int = LARGEST,
) -> Weights:
    """The weights of a layer of the kind `name` in a framework's file.

    `only` and `largest` are those of `files.read`, the other arguments those of `find`.

    Raises:
        InputError: the file cannot be read, its arrays are not those of such a layer, or an attribute is not modelled.

    Example:
        >>> import derive, numpy as np
        >>> file = getfixture("tmp_path") / "rnn.npz"
        >>> shapes = {"weight_ih_l0": (4, 3), "weight_hh_l0": (4, 4), "bias_ih_l0": (4,), "bias_hh_l0": (4,)}
        >>> np.savez(file, **{name: np.ones(shape) for name, shape in shapes.items()})
        >>> derive.weights(file, "torch_rnn")
        <Weights of torch_rnn: 4 arrays, 36 numbers>
    """
    content = files.read(path, only, largest)
    arrays = chosen(content.arrays, only)
    layer = find(name, arrays, direction or content.direction, order, {**content.attributes, **attributes})
    states = {f"{part.layer}/{part.direction}": part.label for part in layer.parts}
    given = {name: array for name, array in content.initial.items() if name.startswith(only)}
    initial = {name.rpartition("/")[2] + states[name[: name.rindex("/") + 1]]: array for name, array in given.items()}
    return Weights(layer, weights_in(layer, arrays), initial, content.lengths, content.takes_lengths)


def take(path: str | Path, name: str, direction: str = "", attributes: Mapping[str, Any] = NONE, largest: int = LARGEST) -> Weights:
    """The parameters of an emitted module in a file, as those of layers of the kind `name`; `largest` is that of `files.read`.

    Raises:
        InputError: the file cannot be read, or its arrays are not the parameters of such layers.
    """
    if not name:
        raise InputError(
            "whose arrays these are is not said", place=str(path), advice="say it, --from torch_lstm, or what to make, --to torch_lstm"
        )
    params = dict(files.read(path, largest=largest).arrays)
    kind = page.load(name)
    conditions = sorted({each.condition for each in kind.entries if each.condition} - set(attributes))
    ways = [direction] if direction == "reverse" else ["forward", "bidirectional"]
    for way, flags in product(ways, product([True, False], repeat=len(conditions))):
        given: dict[str, Any] = {**dict(zip(conditions, flags, strict=True)), **attributes}
        layer = Layer(kind, kind.layer_names(1, way), way, kind.settings(given))
        count, left = divmod(len(params), sum(len(entry.blocks.names) for _, entry, _ in layer.arrays))
        if count and not left:
            deep = replace(layer, names=kind.layer_names(count, way))
            if {own + part.label for _, entry, part in deep.arrays for own in entry.blocks.names} == set(params):
                return Weights(deep, params)
    raise InputError(f"the arrays are not parameters of {name}: {', '.join(list(params)[:6])}", place=str(path),
                     advice=f"bptt emit {name} has them: W_1 in a stack, W_fwd and W_bwd in two directions")  # fmt: skip
