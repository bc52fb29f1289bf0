"""Writing files so that nothing is lost: whole or not at all, and an error in one line."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from derive.errors import InputError


def write(path: str | Path, content: str | bytes) -> Path:
    """Write a file by way of a new one beside it, so that the old one stays whole until the new one is.

    Raises:
        InputError: the path cannot be written.
    """
    target = Path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary = ""
    try:
        if target.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(target))
        os.replace(temporary, target)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise InputError(f"cannot be written: {error.strerror}", place=str(path), advice="see the folder and its permissions") from None
    return target


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those that a new file gets."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
