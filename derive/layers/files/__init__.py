"""Files of arrays, a format a file: `read(path, allowance)` and `write(path, layer, content)`. Nothing in a file is ever run.

A reader raises `FormatError` of bytes that are none of its own; how much it may read is the same for all, see `derive.files.limits`.
What a file says beside its arrays, such as the attributes of an ONNX node, is in `Content`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

from derive.errors import FormatError, InputError
from derive.files.limits import LARGEST, Allowance
from derive.layers.content import Content
from derive.layers.layer import Layer

FORMATS = {".npz": "npz", ".safetensors": "safetensors", ".onnx": "onnx", ".h5": "hdf5", ".keras": "keras"}
"""By the end of a file's name, the file that knows the format."""

GRAPHS = (".onnx",)
"""The formats that hold initial states and lengths of sequences beside weights."""

PICKLES = (".pt", ".pth", ".bin", ".pkl", ".ckpt")


ADVICE = "allow more, --largest MIB (in Python largest=BYTES), or name the layer that is wanted, --only PREFIX"
"""What to do where a file holds more than is allowed."""


def read(path: str | Path, only: str = "", largest: int = LARGEST) -> Content:
    """What a file holds.

    Args:
        path: of the file; its ending is the format's.
        only: how the names of the arrays begin that are wanted; where it can be, the others are not read.
        largest: how many bytes the arrays may take together, of which nothing is read further.

    Raises:
        InputError: it cannot be read, holds more than is allowed, or is not of the format that its name says.
    """
    own = Path(path)
    with _told(own):
        if not own.is_file():
            raise FileNotFoundError(2, "there is no such file")
        made: Content = _format(own).read(own, Allowance(largest, ADVICE, only))
        return made


def write(path: str | Path, layer: Layer, content: Content, is_partial: bool = False) -> None:
    """Write what is to be held of a layer; its weights alone, if `is_partial` and the format holds no more.

    Raises:
        InputError: the path cannot be written, or its format does not hold such arrays, or not what stands beside them.
    """
    own = Path(path)
    with _told(own):
        known = _format(own)
        if content.beside and own.suffix not in GRAPHS and not is_partial:
            raise InputError(f"{own.suffix} holds weights, and not the {' and '.join(content.beside)} beside them", place=str(path),
                             advice="write .onnx, or with is_partial=True the weights alone, and give forward the rest")  # fmt: skip
        known.write(own, layer, content)


def _format(path: Path) -> ModuleType:
    known = next((name for ending, name in FORMATS.items() if path.name.endswith(ending)), None)
    if known is not None:
        return import_module(f"derive.layers.files.{known}")
    if path.suffix in PICKLES:
        raise InputError(
            "a pickle runs code when it is read, and is not read here", place=str(path),
            advice="save the arrays as safetensors: safetensors.torch.save_file(module.state_dict(), 'weights.safetensors')",
        )  # fmt: skip
    raise InputError(f"no format is known by {path.suffix or 'a name without an ending'}", place=str(path),
                     advice=f"the endings are {', '.join(FORMATS)}")  # fmt: skip


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What goes wrong in reading and writing, as an error that names the file."""
    try:
        yield
    except FormatError as error:
        raise InputError(f"is no {path.suffix} file of arrays: {error.fact}", place=str(path), advice="see how it was written") from None
    except InputError as error:
        place = ", ".join(dict.fromkeys(filter(None, (str(path), error.place))))
        raise InputError(error.fact, place=place, advice=error.advice) from None
    except ImportError as error:
        raise InputError(f"{path.suffix} needs the package {error.name}, which is not installed", place=str(path),
                         advice=f"pip install {error.name}, or bptt[frameworks]") from None  # fmt: skip
    except OSError as error:
        raise InputError(
            f"cannot be read or written: {error.strerror or error}", place=str(path), advice="see the path and the file"
        ) from None
    except MemoryError:
        raise InputError(
            "there is not enough memory for its arrays", place=str(path), advice="name the layer that is wanted, --only PREFIX"
        ) from None
