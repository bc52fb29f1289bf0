"""NumPy's archives of arrays, without pickle."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from derive import files
from derive.layers.content import Content
from derive.layers.layer import Layer


def read(path: Path) -> Content:
    """The arrays of an archive; one that holds Python objects is not read.

    Raises:
        ValueError: it is none.
    """
    if not zipfile.is_zipfile(path):
        raise ValueError("it is no archive")
    try:
        with np.load(path, allow_pickle=False) as file:
            return Content({name: file[name] for name in file.files})
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from None


def write(path: Path, layer: Layer, content: Content) -> None:
    """Write the arrays."""
    buffer = io.BytesIO()
    np.savez(buffer, **content.arrays)  # type: ignore[arg-type]
    files.write(path, buffer.getvalue())
