"""Reading and writing files, with an error in one line; what is written is written whole or not at all, so that nothing is lost."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from derive.errors import InputError
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


def text(path: str | Path, what: str) -> str:
    """The text of a file that should be `what`, a page of equations say.

    Raises:
        InputError: the file cannot be read, is no text, or is longer than `limits.TEXT`.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(TEXT + 1)
        if len(data) > TEXT:
            raise InputError(f"the file has more than {TEXT:,} bytes", place=str(path), advice=f"give {what}, in parts if need be")
        return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8 text", place=str(path), advice=f"give {what}") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", place=str(path), advice="see the path and its permissions") from None
    except ValueError:
        raise InputError("cannot be read: it is no path", place=ascii(str(path)), advice="give the name of a file") from None


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those that a new file gets."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
