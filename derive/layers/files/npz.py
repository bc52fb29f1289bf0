"""NumPy's archives of arrays, without pickle."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from derive import files
from derive.files import npz
from derive.files.limits import Allowance
from derive.layers.content import Content
from derive.layers.layer import Layer


def read(path: Path, allowance: Allowance) -> Content:
    """The arrays of an archive; one that holds Python objects is not read."""
    return Content(npz.read(path, allowance))


def write(path: Path, layer: Layer, content: Content) -> None:
    """Write the arrays."""
    buffer = io.BytesIO()
    np.savez(buffer, **content.arrays)  # type: ignore[arg-type]
    files.write(path, buffer.getvalue())
