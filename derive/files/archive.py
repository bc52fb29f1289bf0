"""Zip archives whose entries are read no further than their headers say, and only where a file could be as large as they say."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from derive.errors import FormatError
from derive.files.limits import MOST, NAME, TEXT, clipped

METHODS = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: 1_032}
"""How entries may be packed, and how many bytes can come of one: deflate has 258 of two bits at best."""
END, END_SIZE, FAR_END, FAR_SIZE, COMMENT = b"PK\5\6", 22, b"PK\6\7", 20 + 56, 2**16
"""The records behind the entries: their signatures and sizes."""
REFUSED = (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, EOFError, ValueError, OverflowError, LookupError, OSError)
"""What Python's reader raises of bytes that are no archive."""


class Archive:
    """The entries of an archive, which is open."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self.file, self.entries = file, dict[str, zipfile.ZipInfo]()
        for each in file.infolist():
            if not each.filename.endswith("/"):
                self._admit(each)

    def _admit(self, entry: zipfile.ZipInfo) -> None:
        name = entry.filename
        if name in self.entries:
            raise FormatError(f"there are two entries {clipped(name)}")
        if "\\" in name or not {"", ".", ".."}.isdisjoint(name.split("/")):
            raise FormatError(f"{clipped(name)} is no name of an entry")
        if entry.flag_bits & 1:
            raise FormatError(f"{clipped(name)} is encrypted")
        if entry.compress_type not in METHODS:
            raise FormatError(f"{clipped(name)} is packed by method {entry.compress_type}, and only deflate is read")
        if entry.file_size > entry.compress_size * METHODS[entry.compress_type]:
            raise FormatError(f"{clipped(name)} cannot have the {entry.file_size:,} bytes that its header says")
        self.entries[name] = entry

    def size(self, name: str) -> int:
        """The bytes of an entry, unpacked."""
        return self._entry(name).file_size

    def text(self, name: str) -> bytes:
        """The content of an entry that is a text.

        Raises:
            FormatError: there is none of that name, it is too long, or it is damaged.
        """
        if self.size(name) > TEXT:
            raise FormatError(f"{clipped(name)} has more than {TEXT:,} bytes")
        with self.open(name) as stream:
            return stream.read()

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """The content of an entry, as a stream that ends after `size` bytes.

        Raises:
            FormatError: there is none of that name, or it is damaged.
        """
        with _understood(), self.file.open(self._entry(name)) as stream:
            yield stream

    def _entry(self, name: str) -> zipfile.ZipInfo:
        if name not in self.entries:
            raise FormatError(f"it has no entry {name}")
        return self.entries[name]


@contextmanager
def archive(path: Path) -> Iterator[Archive]:
    """The archive of a file.

    Raises:
        FormatError: it is none, or is damaged.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        with _understood():
            _refuse_many(file)
            held = Archive(zipfile.ZipFile(file))
        yield held


def _refuse_many(file: IO[bytes]) -> None:
    """Refuse an archive of more entries than are to be in memory, by the size of its list of them."""
    end = file.seek(0, 2)
    file.seek(max(0, end - COMMENT - END_SIZE - FAR_SIZE))
    tail = file.read()
    at = tail.rfind(END)
    if at < 0:
        raise FormatError("it is no archive")
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    if tail[at - 20 : at].startswith(FAR_END):
        size = int.from_bytes(tail[at - FAR_SIZE + 40 : at - FAR_SIZE + 48], "little")
    if size > MOST * (NAME + 100):
        raise FormatError(f"it has more than {MOST} entries, or longer names than {NAME} characters")


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except REFUSED as error:
        raise FormatError(f"the archive is damaged: {clipped(error)}") from None
