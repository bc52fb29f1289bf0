"""Reading and writing files, with an error in one line; what is written is written whole or not at all, so that nothing is lost."""

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


def text(path: str | Path, what: str) -> str:
    """The text of a file that should be `what`, a page of equations say.

    Raises:
        InputError: the file cannot be read, or is no text.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8 text", place=str(path), advice=f"give {what}") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", place=str(path), advice="see the path and its permissions") from None


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those that a new file gets."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
