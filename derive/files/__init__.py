"""Reading and writing files, with an error in one line; what is written is written whole or not at all, so that nothing is lost."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO

from derive.errors import InputError
from derive.files.encodings import Text, decode
from derive.files.limits import TEXT


def write(path: str | Path, content: str | bytes) -> Path:
    """Write a file by way of a new one beside it, so that the old one stays whole until the new one is.

    A link is followed. What is no file, such as a pipe, is written as it is.

    Raises:
        InputError: the path cannot be written, or the text is none.
    """
    target = Path(path)
    try:
        data = content.encode("utf-8") if isinstance(content, str) else content
        real = Path(os.path.realpath(target))
        if real.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        if real.exists() and not real.is_file():
            real.write_bytes(data)
        else:
            _replace(real, data)
    except UnicodeEncodeError as error:
        fact = f"the text holds {error.object[error.start]!a}, half of a character"
        raise InputError(fact, place=str(path), advice="see the names and titles in it") from None
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", place=str(path), advice="see the folder and its permissions") from None
    except ValueError:
        raise InputError("cannot be written: it is no path", place=ascii(str(path)), advice="give the name of a file") from None
    return target


def _replace(target: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:200]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(target))
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def text(path: str | Path, what: str) -> Text:
    """The text of a file that should be `what`, a page of equations say.

    Raises:
        InputError: the file cannot be read, is no file or no text, or is longer than `limits.TEXT`.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(handle, "rb") as file:
            mode = os.fstat(handle).st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
                raise InputError("it is no file", place=str(path), advice=f"give a file with {what}")
            os.set_blocking(handle, True)
            return decoded(file, str(path), what)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {_reason(error)}", place=str(path), advice="see the path and its permissions") from None


def decoded(file: BinaryIO, place: str, what: str) -> Text:
    """The text in an open file, in UTF-8, UTF-16 or GB18030.

    Raises:
        InputError: it is no text, or is longer than `limits.TEXT`.
    """
    data = file.read(TEXT + 1)
    if len(data) > TEXT:
        raise InputError(f"the file has more than {TEXT:,} bytes", place=place, advice=f"give {what}, in parts if need be")
    try:
        found = decode(data)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        advice = f"give {what}, saved as UTF-8"
        raise InputError("the file is no text in UTF-8, UTF-16 or GB18030", place=f"{place}, line {line}", advice=advice) from None
    text = Text(found.replace("\r\n", "\n").replace("\r", "\n"))
    text.guessed = found.guessed
    return text


def exists(path: str | Path) -> bool:
    """Whether there is something at a path; at one that no file can have there is nothing."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def _reason(error: OSError | ValueError) -> str:
    """Why a file cannot be opened; a path with a character that none may have has no number of the system's."""
    return (error.strerror or str(error)) if isinstance(error, OSError) else "the path has a character that no path has"


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those that a new file gets."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
