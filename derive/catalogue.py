"""The list of built-in cells, without reading their pages: what each has is in `derive/cells/index.json`.

An entry holds for the text of the page that it was made of; of a page that is new, or another one by now, it is made by reading that. So a new cell
is still a new page and no more, and the index only saves time. `python -m derive.catalogue` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from derive.shown import Brief

if TYPE_CHECKING:
    from derive.system import System


@dataclass(frozen=True, repr=False)
class Entry(Brief):
    """What there is to say of a cell in a line.

    Attributes:
        name: of its page.
        year, reference: of its paper.
        states: their names.
        parameters: how many numbers are trained, in its sizes: 4 n_h (n_h + n_x + 1).
        digest: of the text of its page.
    """

    name: str
    year: str
    reference: str
    states: tuple[str, ...]
    parameters: str
    digest: int


def catalogue() -> Iterator[Entry]:
    """The built-in cells, by name."""
    for name, text in _pages():
        entry = _index().get(name)
        yield entry if entry is not None and entry.digest == _digest(text) else made(name)


def made(name: str) -> Entry:
    """The entry of a cell, by reading its page."""
    from derive.cells import load

    system = load(name)
    states = tuple(each.name for each in system.states)
    digest = _digest(dict(_pages())[name])
    return Entry(name, system.notes.get("year", ""), system.notes.get("reference", ""), states, _count(system), digest)


def _count(system: System) -> str:
    """The number of its parameters as people write it."""
    import sympy as sp

    return min(str(sp.factor(system.count)), str(system.count), key=len).replace("**2", "²").replace("*", " ")


def _pages() -> list[tuple[str, str]]:
    """The names and texts of the pages, by name."""
    pages = (each for each in _folder().iterdir() if each.name.endswith(".md"))
    return sorted((each.name.removesuffix(".md"), each.read_text(encoding="utf-8")) for each in pages)


def _folder() -> Traversable:
    return resources.files("derive").joinpath("cells")


def _digest(text: str) -> int:
    return crc32(text.encode())


@cache
def _index() -> dict[str, Entry]:
    """The entries of the index; none where there is no index."""
    file = _folder().joinpath("index.json")
    found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    return {each["name"]: Entry(**{**each, "states": tuple(each["states"])}) for each in found}


def write() -> None:
    """Write the index anew."""
    entries = ",\n".join(json.dumps(asdict(made(name)), ensure_ascii=False) for name, _ in _pages())
    Path(str(_folder())).joinpath("index.json").write_text(f"[\n{entries}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    write()
