"""Checkpoints: all that a run needs to go on as if it had never stopped, in one npz file without pickle, written atomically."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from derive.errors import FormatError, InputError
from derive.files import npz, write
from derive.files.limits import LARGEST, Allowance
from derive.files.tables import table

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]
KIND = "training checkpoint 1"
FACTS = "facts"


def save(path: Path, groups: dict[str, Arrays], facts: dict[str, Any]) -> None:
    """Write groups of arrays and plain facts.

    Raises:
        InputError: the path cannot be written.
    """
    arrays = {f"{group}/{name}": array for group, own in groups.items() for name, array in own.items()}
    arrays[FACTS] = np.frombuffer(json.dumps({"kind": KIND, **facts}, sort_keys=True).encode("utf-8"), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    write(path, buffer.getvalue())


def load(path: Path, largest: int = LARGEST) -> tuple[dict[str, Arrays], dict[str, Any]]:
    """The groups and facts of a file; `largest` is how many bytes the arrays may take together.

    Raises:
        InputError: it cannot be read, is no checkpoint, or is larger than that.
    """
    try:
        arrays = npz.read(path, Allowance(largest, "it is that of a larger network"))
        facts = _facts(arrays.pop(FACTS, None))
    except FormatError as error:
        raise refused(path, error.fact) from None
    except InputError as error:
        raise InputError(error.fact, place=str(path), advice=error.advice) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", place=str(path), advice="see the path and its permissions") from None
    groups: dict[str, Arrays] = {}
    for key, array in arrays.items():
        group, _, name = key.partition("/")
        groups.setdefault(group, {})[name] = array
    return groups, facts


def refused(path: Path, fact: str) -> InputError:
    """The error of a file that is no checkpoint."""
    return InputError(f"is no checkpoint: {fact}", place=str(path), advice="give a file that training wrote, or another name")


def _facts(array: Array | None) -> dict[str, Any]:
    if array is None or array.dtype != np.uint8 or array.ndim != 1:
        raise FormatError("it holds no facts of a run")
    facts = table(array.tobytes())
    if not isinstance(facts, dict) or facts.get("kind") != KIND:
        raise FormatError(f"its facts are not those of a {KIND}")
    return facts
