"""The corpus of pages in `tests/pages`: pages as people write them, and what each of them means.

Takes an entry, gives an outcome with its reason. The law: a page is right if it gives the same names of what is given, with the same shapes
up to names of sizes, the same boundary values, the same outputs, and the same values of these for numbers drawn at random.

    python -m tests.derive.notation.corpus              counts, and each entry that is not right at once, with the reason
    python -m tests.derive.notation.corpus NAME ...     these entries alone
    python -m tests.derive.notation.corpus --update     the same, and writes tests/pages/OUTCOMES

An entry is a page, `NAME.md`, `.tex` or `.txt`; its meaning in the plain notation, every name declared, `NAME.meaning` (or the line
`refused: WORDS`, where the only right answer is a message with these words); and where the page is refused, `NAME.followed.md`, the page after
its author followed the message in one step; `NAME.followed.meaning` beside it, where names had to change.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import derive
from derive.critique.remarks import Remark, review
from derive.errors import InputError
from derive.system import System
from tests.derive.notation.sameness import Difference, difference

PAGES = Path(__file__).parents[2] / "pages"
OUTCOMES = PAGES / "OUTCOMES"
SUFFIXES = (".md", ".tex", ".txt")
REFUSED = "refused:"

NOT_USED = "not used"
"""The kind of remarks on formulas of which nothing was read, which tell of names that are lacking alone."""

OF_STYLE = {"no bias", "no term", "borrowed parameter", "copy", "function", "lead", "unused", "swapped", "reads itself"}
"""The kinds of remarks on what the author wrote, which say nothing of how it was read."""


class Outcome(Enum):
    """What became of a page."""

    RIGHT = "right at once"
    FOLLOWED = "right after one message"
    REFUSED = "refused"
    REMARKED = "wrong with a word"
    SILENT = "wrong silently"


@dataclass(frozen=True)
class Entry:
    """A page of the corpus.

    Attributes:
        name: of its files, without an ending.
        page: the file as its author wrote it.
        followed: the file after the author followed the message, or None.
        meaning, followed_meaning: the texts of their meanings.
    """

    name: str
    page: Path
    followed: Path | None
    meaning: str
    followed_meaning: str


@dataclass(frozen=True)
class Judgement:
    """An outcome, and in one line why it is that one."""

    outcome: Outcome
    reason: str = ""


def entries(folder: Path = PAGES) -> list[Entry]:
    """All entries, by name.

    Raises:
        FileNotFoundError: a meaning has no page, or a page no meaning.
    """
    paths = [path for path in folder.iterdir() if not path.stem.endswith(".followed")]
    names = sorted(path.stem for path in paths if path.suffix == ".meaning")
    pages = {path.stem for path in paths if path.suffix in SUFFIXES}
    if lone := sorted(pages ^ set(names)):
        raise FileNotFoundError(f"a page without a meaning, or a meaning without a page: {', '.join(lone)}")
    return [_entry(folder, name) for name in names]


def _entry(folder: Path, name: str) -> Entry:
    page = next(path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").exists())
    followed = next((path for suffix in SUFFIXES if (path := folder / f"{name}.followed{suffix}").exists()), None)
    meaning = (folder / f"{name}.meaning").read_text(encoding="utf-8")
    other = folder / f"{name}.followed.meaning"
    return Entry(name, page, followed, meaning, other.read_text(encoding="utf-8") if other.exists() else meaning)


def judge(entry: Entry) -> Judgement:
    """What becomes of a page. A meaning that the notation cannot say is equal to nothing that is read."""
    if entry.meaning.startswith(REFUSED):
        return _judge_refusal(entry, entry.meaning.removeprefix(REFUSED).split())
    meant = _read(entry.meaning)
    read = _read(entry.page)
    if isinstance(read, Exception):
        return _judge_message(entry, read, _read(entry.followed_meaning))
    return _compared(read, meant)


def _judge_refusal(entry: Entry, words: list[str]) -> Judgement:
    """The outcome for a page that must be refused with a message that has these words."""
    read = _read(entry.page)
    if isinstance(read, System):
        told = f"is read, and must be refused, with a message that says: {' '.join(words) or 'why'}"
        return _wrong(read, Difference(told, tuple(read.variables)))
    missing = [word for word in words if word.lower() not in _told(read).lower()]
    if missing or not isinstance(read, InputError):
        return Judgement(Outcome.REFUSED, f"the message does not say {' '.join(missing)}: {_told(read)}")
    return Judgement(Outcome.RIGHT)


def _judge_message(entry: Entry, message: Exception, meant: System | Exception) -> Judgement:
    """The outcome for a page that was refused, by what its author gets who does as the message says."""
    if entry.followed is None or isinstance(meant, Exception):
        return Judgement(Outcome.REFUSED, f"{_told(message)}{_unreadable(meant)}")
    again = _read(entry.followed)
    if isinstance(again, Exception):
        return Judgement(Outcome.REFUSED, f"{_told(message)} -- and followed: {_told(again)}")
    found = _compared(again, meant)
    return Judgement(Outcome.FOLLOWED, _told(message)) if found.outcome is Outcome.RIGHT else found


def _compared(read: System, meant: System | Exception) -> Judgement:
    if isinstance(meant, Exception):
        return _wrong(read, Difference(f"is read{_unreadable(meant)}"))
    found = difference(read, meant)
    return Judgement(Outcome.RIGHT) if found is None else _wrong(read, found)


def _wrong(read: System, found: Difference) -> Judgement:
    """Whether a remark, or a formula that is said not to be used, tells of what is off."""
    told = [each for each in review(read).remarks if each.kind not in OF_STYLE]
    about = [str(each) for each in told if set(_concerned(each, found)) & set(_words(str(each)))]
    if about:
        return Judgement(Outcome.REMARKED, f"{found.fact} -- remark: {about[0]}")
    return Judgement(Outcome.SILENT, found.fact)


def _concerned(remark: Remark, found: Difference) -> tuple[str, ...]:
    """The names of which a remark tells what is off: one on a formula that is not used, only of those that are lacking for it."""
    return found.lacking if remark.kind == NOT_USED and "boundary" not in remark.advice else found.names


def _words(text: str) -> list[str]:
    """The words of a remark, which may be names, with and without their index."""
    bare = "".join(each if each.isalnum() or each in "_'" else " " for each in text.replace("_{", "_").replace("\\", ""))
    return [part for word in bare.split() for part in (word, word.removesuffix("_t"), *word.split("_"))]


def _read(source: str | Path) -> System | Exception:
    """The system of a page, or of the text of a meaning; else the message. Any other exception is no message, and told as one."""
    try:
        return derive.read(source) if isinstance(source, str) else derive.cell(str(source))
    except Exception as error:
        return error


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, InputError) else f"no message but {type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _unreadable(meant: System | Exception) -> str:
    return f" (its meaning cannot be read: {_told(meant)})" if isinstance(meant, Exception) else ""


def recorded() -> dict[str, str]:
    """The outcome of each entry as the table has it, by name."""
    lines = OUTCOMES.read_text(encoding="utf-8").splitlines() if OUTCOMES.exists() else []
    return dict(line.split(maxsplit=1) for line in lines if line.strip())


def record(found: Iterable[tuple[str, Outcome]]) -> None:
    """Write the table, one line an entry."""
    rows = sorted(found, key=lambda row: row[0])
    width = max((len(name) for name, _ in rows), default=0)
    OUTCOMES.write_text("".join(f"{name:{width}}  {outcome.value}\n" for name, outcome in rows), encoding="utf-8")


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="entries; all by default")
    parser.add_argument("--update", action="store_true", help="write tests/pages/OUTCOMES")
    asked = parser.parse_args()
    if asked.update and asked.names:
        parser.error("--update is of all entries")
    judged = [(entry.name, judge(entry)) for entry in entries() if not asked.names or entry.name in asked.names]
    counts = Counter(each.outcome for _, each in judged)
    for outcome in Outcome:
        print(f"{outcome.value:24} {counts[outcome]:4}")
    print(f"{'all':24} {len(judged):4}")
    for outcome in (each for each in Outcome if each is not Outcome.RIGHT and counts[each]):
        print(f"\n{outcome.value}:")
        for name, each in judged:
            if each.outcome is outcome:
                print(f"  {name}: {each.reason}")
    if asked.update:
        record((name, each.outcome) for name, each in judged)


if __name__ == "__main__":
    _main()
