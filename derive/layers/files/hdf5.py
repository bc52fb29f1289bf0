"""HDF5 files of arrays, as Keras's .weights.h5 are: names are paths. Needs the package `h5py`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from derive import files
from derive.layers.content import Content
from derive.layers.layer import Layer
from derive.layers.weights import Arrays


def read(path: Path) -> Content:
    """The arrays of a file."""
    return Content(arrays(path))


def arrays(source: Path | io.BytesIO) -> Arrays:
    """All arrays by path."""
    found: Arrays = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = np.asarray(item[()])

    with h5py.File(source, "r") as file:
        file.visititems(visit)
    return found


def write(path: Path, layer: Layer, content: Content) -> None:
    """Write the arrays."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in content.arrays.items():
            file.create_dataset(name, data=array)
    files.write(path, buffer.getvalue())
