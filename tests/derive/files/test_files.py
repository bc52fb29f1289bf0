"""Texts and tables are read within limits; what is written is written whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from derive.errors import FormatError, InputError
from derive.files import text, write
from derive.files.limits import TEXT
from derive.files.tables import table


@pytest.mark.parametrize(
    "data", ["[" * 100_000, "[" * 300 + "]" * 300, '{"a": 1, "a": 1}', "NaN", "[1", "1" * 5_000, "\ufeff{}", "{'a': 1}", "x" * (TEXT + 1)]
)
def test_a_table_that_is_none_is_refused(data):
    with pytest.raises(FormatError):
        table(data)


def test_a_text_is_read_within_a_limit(tmp_path):
    (tmp_path / "a").write_bytes(b"a\r\nb\rc\n")
    assert text(tmp_path / "a", "a page") == "a\nb\nc\n"
    (tmp_path / "b").write_bytes(b"a" * (TEXT + 1))
    for path, told in ((tmp_path / "b", "more than 10,000,000 bytes"), (Path("/dev/zero"), "it is no file"),
                       (tmp_path, "cannot be read"), ("a\0b", "no path")):  # fmt: skip
        with pytest.raises(InputError, match=told):
            text(path, "a page")


def test_what_cannot_be_written_whole_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = write(tmp_path / "a", "old")
    (tmp_path / "link").symlink_to(path)
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert path.read_text() == "new"
    with pytest.raises(InputError, match="half of a character"):
        write(path, "\ud800")

    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(path, "newer")
    assert path.read_text() == "new"
    assert {each.name for each in tmp_path.iterdir()} == {"a", "link"}


def test_a_pipe_and_a_device_are_written_as_they_are():
    device = os.stat("/dev/null").st_rdev
    write("/dev/null", "text")
    assert os.stat("/dev/null").st_rdev == device


@pytest.mark.parametrize("name", ["", "no/folder", "a\0b", "x" * 300, "file/a"])
def test_a_path_that_cannot_be_written_is_told_in_a_line(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write(f"{tmp_path}/{name}", "text")
    assert {each.name for each in tmp_path.iterdir()} == {"file"}
