"""Bytes to text: by a byte order mark, as UTF-8, as UTF-16 without a mark, as GB18030; what is none of these is refused.

Nearly any bytes are GB18030, so that text in another encoding would be read as rare Chinese characters without a word. It is taken for Chinese
only where most of its characters are among those that Chinese pages are made of, and what was read so says so.
"""

from __future__ import annotations

import codecs

MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
"""Byte order marks, a longer one before one that it begins with."""
COMMON = 0.9
"""The least part of the characters of two bytes that are common ones, in what is taken for Chinese."""


class Text(str):
    """A text of a file, with the encoding that it was taken to have where that was not sure; "" where it was."""

    guessed: str = ""


def decode(data: bytes) -> Text:
    """The text in some bytes.

    Raises:
        UnicodeDecodeError: they are in no encoding that is known here; where they stop to be UTF-8, or what their mark says.
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return Text(data[len(mark) :].decode(encoding))
    if b"\0" in data:
        return _without_mark(data)
    try:
        return Text(data.decode("utf-8"))
    except UnicodeDecodeError:
        if not _is_chinese(data):
            raise
    text = Text(data.decode("gb18030"))
    text.guessed = "GB18030"
    return text


def _without_mark(data: bytes) -> Text:
    """Text in UTF-16 of which at least half is ASCII, as formulas are."""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and 2 * sum(each.isascii() for each in text) >= len(text):
            found = Text(text)
            found.guessed = "UTF-16"
            return found
    raise UnicodeDecodeError("utf-8", data, at := data.index(b"\0"), at + 1, "a zero byte")


def _is_chinese(data: bytes) -> bool:
    """Whether bytes are GB18030 and mostly signs, full-width and Greek letters (rows A1 to A9) and common characters (rows B0 to D7) of GB 2312."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    pairs = [pair for each in text if not each.isascii() and len(pair := each.encode("gb18030")) == 2]
    common = sum((0xA1 <= lead <= 0xA9 or 0xB0 <= lead <= 0xD7) and trail >= 0xA1 for lead, trail in pairs)
    return bool(pairs) and common >= COMMON * len(pairs)
