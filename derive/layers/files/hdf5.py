"""HDF5 files of arrays, as Keras's .weights.h5 are: names are paths. Needs the package `h5py`.

A file is read as if it were alone in the world: what leads to other files, or asks for programs of the machine, is refused. An array is charged
by what its header says before there is memory for it, and has to be there as a whole; what is packed is unpacked here, no further than that.
"""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np

from derive import files
from derive.errors import FormatError, InputError
from derive.files.limits import MOST, Allowance, clipped
from derive.layers.blocks import Array
from derive.layers.content import Content
from derive.layers.layer import Layer
from derive.layers.weights import Arrays

DEEPEST = 50
"""How many folders may stand within one another."""
DEFLATE, SHUFFLE = h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE
"""The ways to pack numbers that are read."""


def read(path: Path, allowance: Allowance) -> Content:
    """The arrays of a file."""
    with path.open("rb") as file:
        return Content(arrays(file, allowance))


def arrays(source: IO[bytes], allowance: Allowance) -> Arrays:
    """All arrays by path.

    Raises:
        FormatError: it is no such file, is damaged, leads to other files, or holds something else than numbers.
        InputError: the arrays are more, or larger, than is allowed.
    """
    size = source.seek(0, 2)
    with _understood(), h5py.File(source, "r") as file:
        return {name: _array(name, each, size, allowance) for name, each in _datasets(file, allowance)}


def write(path: Path, layer: Layer, content: Content) -> None:
    """Write the arrays."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in content.arrays.items():
            file.create_dataset(name, data=array)
    files.write(path, buffer.getvalue())


@contextmanager
def _understood() -> Iterator[None]:
    """What the library raises of bytes that are no such file, which is of any kind, as an error of ours."""
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:
        raise FormatError(f"it is damaged: {clipped(error, 200)}") from None


def _datasets(file: Any, allowance: Allowance) -> Iterator[tuple[str, Any]]:
    """The arrays that are wanted, by path, without what is only a link to something elsewhere."""
    seen, count = {h5py.h5o.get_info(file.id).addr}, 0
    waiting = [("", file)]
    while waiting:
        path, group = waiting.pop()
        for name in group:
            own, count = f"{path}/{name}" if path else name, count + 1
            if count > MOST or own.count("/") > DEEPEST:
                raise FormatError(f"it has more than {MOST} entries, or folders more than {DEEPEST} deep")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise FormatError(f"{clipped(own)} is a link to something elsewhere")
            item = group[name]
            if isinstance(item, h5py.Group):
                address = h5py.h5o.get_info(item.id).addr
                if address in seen:
                    raise FormatError(f"the folder {clipped(own)} has another name too")
                seen.add(address)
                waiting.append((own, item))
            elif not isinstance(item, h5py.Dataset):
                raise FormatError(f"{clipped(own)} is neither an array nor a folder")
            elif allowance.wants(own):
                yield own, item


def _array(name: str, dataset: Any, file_size: int, allowance: Allowance) -> Array:
    created, kind, shown = dataset.id.get_create_plist(), dataset.id.get_type(), clipped(name)
    layout = created.get_layout()
    if layout == h5py.h5d.VIRTUAL or created.get_external_count():
        raise FormatError(f"the numbers of {shown} are in another file")
    if kind.get_class() not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT) or dataset.shape is None:
        raise FormatError(f"{shown} holds no numbers")
    dtype = dataset.dtype
    if kind != h5py.h5t.py_create(dtype):
        raise FormatError(f"{shown} holds numbers of a kind that is not NumPy's")
    size = allowance.charge(name, dtype, dataset.shape)
    if layout == h5py.h5d.CHUNKED:
        made = _unpacked(shown, dataset, file_size, allowance)
    elif dataset.id.get_storage_size() != size:
        raise FormatError(f"{shown} takes {size:,} bytes, and {dataset.id.get_storage_size():,} of them are there")
    else:
        made = np.asarray(dataset[()])
    return made.astype(dtype.newbyteorder("="), copy=False)


def _unpacked(shown: str, dataset: Any, file_size: int, allowance: Allowance) -> Array:
    """An array that is stored in chunks, all of which have to be there."""
    created, shape, dtype = dataset.id.get_create_plist(), dataset.shape, dataset.dtype
    chunk = created.get_chunk()
    size = allowance.fitting(shown, math.prod(chunk) * dtype.itemsize)
    counts = [-(-side // step) for side, step in zip(shape, chunk, strict=True)]
    if not dataset.id.get_num_chunks() == math.prod(counts) <= file_size:
        raise FormatError(f"parts of {shown} are not there")
    filters = [created.get_filter(number) for number in range(created.get_nfilters())]
    made = np.empty(shape, dtype)
    for numbers in np.ndindex(*counts):
        corner = tuple(number * step for number, step in zip(numbers, chunk, strict=True))
        if dataset.id.get_chunk_info_by_coord(corner).size > file_size:
            raise FormatError(f"{shown} is damaged")
        mask, data = dataset.id.read_direct_chunk(corner)
        for number, (code, _, values, _) in reversed(list(enumerate(filters))):
            if not mask >> number & 1:
                data = _filtered(shown, code, values, data, size)
        if len(data) != size:
            raise FormatError(f"a part of {shown} has {len(data):,} bytes, and not {size:,}")
        place = tuple(slice(at, at + step) for at, step in zip(corner, chunk, strict=True))
        own = made[place]
        own[...] = np.frombuffer(data, dtype).reshape(chunk)[tuple(slice(side) for side in own.shape)]
    return made


def _filtered(shown: str, code: int, values: tuple[int, ...], data: bytes, size: int) -> bytes:
    """The bytes before a filter was applied; `size` is how many there are."""
    if code == DEFLATE:
        try:
            return zlib.decompressobj().decompress(data, size + 1)
        except zlib.error as error:
            raise FormatError(f"a part of {shown} is damaged: {error}") from None
    if code == SHUFFLE and len(values) == 1 and values[0] and not len(data) % values[0]:
        return np.frombuffer(data, np.uint8).reshape(values[0], -1).T.tobytes()
    raise FormatError(f"{shown} is packed by filter {code}, and only deflate and shuffle are read")
