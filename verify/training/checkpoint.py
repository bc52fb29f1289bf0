"""Checkpoints: all that a run needs to go on as if it had never stopped, in one npz file without pickle, written atomically."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from derive.errors import InputError
from derive.files import write

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]
KIND = "training checkpoint 1"


def save(path: Path, groups: dict[str, Arrays], facts: dict[str, Any]) -> None:
    """Write groups of arrays and plain facts.

    Raises:
        InputError: the path cannot be written.
    """
    arrays = {f"{group}/{name}": array for group, own in groups.items() for name, array in own.items()}
    arrays["facts"] = np.frombuffer(json.dumps({"kind": KIND, **facts}, sort_keys=True).encode("utf-8"), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    write(path, buffer.getvalue())


def load(path: Path) -> tuple[dict[str, Arrays], dict[str, Any]]:
    """The groups and facts of a file.

    Raises:
        InputError: it cannot be read, or is no checkpoint.
    """
    try:
        content = io.BytesIO(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", place=str(path), advice="see the path and its permissions") from None
    try:
        if not zipfile.is_zipfile(content):
            raise ValueError
        with np.load(content, allow_pickle=False) as file:
            facts: dict[str, Any] = json.loads(bytes(file["facts"]).decode("utf-8"))
            if facts["kind"] != KIND:
                raise ValueError
            return _groups(file), facts
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile):
        raise InputError("is no checkpoint", place=str(path), advice="give a file that training wrote, or another name") from None


def _groups(file: Any) -> dict[str, Arrays]:
    groups: dict[str, Arrays] = {}
    for key in file.files:
        if "/" in key:
            group, name = key.split("/", 1)
            groups.setdefault(group, {})[name] = file[key]
    return groups
