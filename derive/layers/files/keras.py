"""Keras's archives: a table of layers and an HDF5 file of weights. The table is read as data, and no layer is made of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from derive.errors import InputError
from derive.layers.content import Content
from derive.layers.files import hdf5
from derive.layers.layer import Layer

ATTRIBUTES = ("activation", "recurrent_activation", "use_bias", "dropout", "recurrent_dropout", "reset_after", "stateful", "merge_mode")
"""What matters of a layer's table; the other entries are about training and form."""


def read(path: Path) -> Content:
    """The arrays of an archive, and the attributes that all its recurrent layers have.

    Raises:
        InputError: the recurrent layers differ in their attributes, or one gives its outputs backwards.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            table = json.loads(archive.read("config.json"))
            arrays = hdf5.arrays(io.BytesIO(archive.read("model.weights.h5")))
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from None
    found = list(_recurrent(table, {}))
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


def _recurrent(table: Any, around: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The attributes of the recurrent layers in a table, in their order; those of a wrapper hold for what is in it."""
    if isinstance(table, list):
        for each in table:
            yield from _recurrent(each, around)
    if not isinstance(table, dict):
        return
    config = table.get("config")
    if isinstance(config, dict) and "return_sequences" in config:
        if config.get("go_backwards") and not around:
            raise InputError(f"{config.get('name')} gives its outputs backwards", place="go_backwards",
                             advice="use Bidirectional, or turn the inputs in a network of your own")  # fmt: skip
        yield {key: value for key, value in {**config, **around}.items() if key in ATTRIBUTES}
        return
    if isinstance(config, dict) and "merge_mode" in config:
        around = {"merge_mode": config["merge_mode"]}
    for value in table.values():
        yield from _recurrent(value, around)
