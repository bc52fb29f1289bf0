"""An array as a matrix of blocks, `[W_i; W_f]^T`: its shape, what each block of it is, and it from its blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive.algebra.nodes import Expr
from derive.algebra.shapes import Shape
from derive.errors import InputError

Array = np.ndarray[Any, Any]
NAME = r"[^\W\d_]\w*"
WRITTEN = re.compile(rf"(?:\[(?P<rows>[^\[\]]+)\]|(?P<name>{NAME}))(?P<flipped>\^T)?")


@dataclass(frozen=True)
class Blocks:
    """Names in rows and columns; the matrix that they make is transposed if `is_flipped`."""

    rows: tuple[tuple[str, ...], ...]
    is_flipped: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All names in it."""
        return tuple(name for row in self.rows for name in row)

    def shape(self, shapes: Mapping[str, Shape]) -> tuple[Expr, ...]:
        """The shape of the array, from those of the blocks; vectors above one another are an array of one axis."""
        rows = sum(shapes[row[0]][0] for row in self.rows)
        columns = sum(shapes[name][1] for name in self.rows[0])
        if self.is_flipped:
            return columns, rows
        return (rows,) if columns == 1 else (rows, columns)

    def cut(self, array: Array, sizes: Callable[[str], tuple[int, int]]) -> dict[str, Array]:
        """The blocks of an array: copies, by name; `sizes` gives the rows and columns of each. A vector has one axis."""
        matrix = array.T if self.is_flipped else array.reshape(len(array), -1)
        found, top = {}, 0
        for row in self.rows:
            left = 0
            for name in row:
                height, width = sizes(name)
                found[name] = matrix[top : top + height, left : left + width].copy()
                left += width
            top += height
        return found

    def joined(self, arrays: Mapping[str, Array]) -> Array:
        """The array of these blocks."""
        columns = [[arrays[name].reshape(len(arrays[name]), -1) for name in row] for row in self.rows]
        matrix: Array = np.block(columns)
        is_vector = not self.is_flipped and all(arrays[name].ndim == 1 for name in self.names) and len(self.rows[0]) == 1
        return np.ascontiguousarray(matrix[:, 0] if is_vector else matrix.T if self.is_flipped else matrix)


def read(text: str, place: str) -> Blocks:
    """The blocks that a text says.

    Raises:
        InputError: it is not in the notation.
    """
    found = WRITTEN.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{text.strip()!r} is no matrix of blocks", place=place, advice="write W, W^T, [W_i; W_f] or [W, U]^T")
    rows = (found["rows"] or found["name"]).split(";")
    return Blocks(tuple(tuple(name.strip() for name in row.split(",")) for row in rows), bool(found["flipped"]))
