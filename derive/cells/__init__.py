"""The built-in cells, a page each; a new cell is a new page in this folder."""

from __future__ import annotations

import difflib
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

from derive import files
from derive.errors import InputError
from derive.files.encodings import Text
from derive.notation import read
from derive.system import System


def names() -> list[str]:
    """The names of the built-in cells.

    Example:
        >>> import derive
        >>> "lstm" in derive.cell_names()
        True
    """
    return sorted(each.name[:-3] for each in resources.files("derive.cells").iterdir() if each.name.endswith(".md"))


def head_names() -> list[str]:
    """The names of what may be put on top of a cell."""
    return sorted(each.name[:-3] for each in resources.files("derive.heads").iterdir() if each.name.endswith(".md"))


def load(name: str | Path) -> System:
    """A built-in cell by name, or the system of a page of equations by its path.

    Raises:
        InputError: there is no such cell and no such file, or the file cannot be read or is not a page of equations.
    """
    if name in names():
        return _built_in("cells", str(name))
    path = Path(name)
    if path.suffix or files.exists(path):
        return of_text(files.text(path, "a page of equations"), path.stem)
    close = difflib.get_close_matches(str(name), [*names(), *head_names()], n=1)
    advice = f"did you mean {close[0]}?" if close else "bptt cells lists the built-in ones; or give a file of equations"
    raise InputError(f"there is no cell {str(name)!r}", advice=advice)


def of_text(text: Text, name: str) -> System:
    """The system of a page in a file; where its encoding was not sure, its notes say which it was taken to be.

    Raises:
        InputError: the text is not a page of equations.
    """
    system = read.system(text, name)
    return replace(system, notes={**system.notes, "encoding": text.guessed}) if text.guessed else system


def head(name: str) -> System:
    """A head by name.

    Raises:
        InputError: there is none of that name.

    Example:
        >>> import derive
        >>> derive.head("softmax_cross_entropy").loss
        'loss'
    """
    if name not in head_names():
        raise InputError(f"there is no head {name!r}", advice=f"the heads are {', '.join(head_names())}")
    return _built_in("heads", name)


@cache
def _built_in(folder: str, name: str) -> System:
    """The system of a built-in page, read once."""
    return read.system(page(folder, name), name)


def page(folder: str, name: str) -> str:
    """The text of a built-in page."""
    return resources.files(f"derive.{folder}").joinpath(f"{name}.md").read_text(encoding="utf-8")
