"""Keras's archives: a table of layers and an HDF5 file of weights. The table is read as data, and no layer is made of it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from derive.errors import InputError
from derive.files.archive import archive
from derive.files.limits import Allowance, clipped
from derive.files.tables import table
from derive.layers.content import Content
from derive.layers.files import hdf5
from derive.layers.layer import Layer

ATTRIBUTES = ("activation", "recurrent_activation", "use_bias", "dropout", "recurrent_dropout", "reset_after", "stateful", "merge_mode")
"""What matters of a layer's table; the other entries are about training and form."""


TABLE, WEIGHTS = "config.json", "model.weights.h5"


def read(path: Path, allowance: Allowance) -> Content:
    """The arrays of an archive, and the attributes that all its recurrent layers have.

    Raises:
        FormatError: it is none, or is damaged.
        InputError: the recurrent layers differ in their attributes, one gives its outputs backwards, or the arrays are more than is allowed.
    """
    with archive(path) as held:
        said = table(held.text(TABLE))
        allowance.fitting(WEIGHTS, held.size(WEIGHTS))
        with held.open(WEIGHTS) as stream:
            arrays = hdf5.arrays(io.BytesIO(stream.read()), allowance)
    found = list(_recurrent(said, {}))
    for each in found:
        if each != found[0]:
            raise InputError("its recurrent layers differ in their attributes", place=str(path), advice="save a model of those that do not")
    return Content(arrays, found[0] if found else {})


def write(path: Path, layer: Layer, content: Content) -> None:
    """A model is more than weights.

    Raises:
        InputError: always.
    """
    raise InputError("a model is not written", place=str(path), advice="write its weights, name.weights.h5, and use model.load_weights")


def _recurrent(said: Any, around: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The attributes of the recurrent layers in a table, in their order; those of a wrapper hold for what is in it."""
    if isinstance(said, list):
        for each in said:
            yield from _recurrent(each, around)
    if not isinstance(said, dict):
        return
    config = said.get("config")
    if isinstance(config, dict) and "return_sequences" in config:
        if config.get("go_backwards") and not around:
            raise InputError(f"{clipped(config.get('name'))} gives its outputs backwards", place="go_backwards",
                             advice="use Bidirectional, or turn the inputs in a network of your own")  # fmt: skip
        yield {key: value for key, value in {**config, **around}.items() if key in ATTRIBUTES}
        return
    if isinstance(config, dict) and "merge_mode" in config:
        around = {"merge_mode": config["merge_mode"]}
    for value in said.values():
        yield from _recurrent(value, around)
