"""How many planted mistakes the default run of the tests notices.

    python -m tests.mutants                     all of tests/planted.py; the tests of its own room first, then all the others
    python -m tests.mutants --near              the tests of its own room alone
    python -m tests.mutants derive/program      those whose file or description has this text
    python -m tests.mutants columns --first tests/derive/program/test_ragged.py     these tests before the others

Each mistake is planted in a copy of the tree, and the tests run until the first one fails; a test counts if it passes without the mistake.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.planted import MISTAKES, Mistake

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 3600
"""After how many seconds a run counts as one that does not end."""
ENDLESS = "a run that did not end"
EVERYWHERE = [["tests/test_every_cell.py"], []]
"""What runs after the tests of the mistake's own room: what is said of every cell, then all."""


def planted(text: str, mistake: Mistake) -> str:
    """The text of a file with the mistake in it.

    Raises:
        ValueError: the text that is right does not stand there once.
    """
    if text.count(mistake.right) != 1:
        raise ValueError(f"{mistake.file} has {mistake.right!r} {text.count(mistake.right)} times: see tests/planted.py")
    return text.replace(mistake.right, mistake.wrong)


class Copy:
    """A copy of the tree, in which mistakes are planted and tests run."""

    def __init__(self, folder: Path) -> None:
        self.root, self.writes = folder / "tree", 0
        shutil.copytree(ROOT, self.root, ignore=shutil.ignore_patterns(".git", ".*cache*", "__pycache__", "*.egg-info", ".venv"))

    def write(self, file: str, text: str) -> None:
        """Write a file, with another date each time: Python takes compiled code for current by date and size."""
        path = self.root / file
        path.write_text(text, encoding="utf-8")
        self.writes += 1
        date = path.stat().st_mtime + 10 * self.writes
        os.utime(path, (date, date))

    def first_failure(self, *arguments: str) -> str:
        """The first test that fails, "" if none does."""
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "--tb=no",
            "-p",
            "no:cacheprovider",
            "--ignore=tests/test_planted.py",
            *arguments,
        ]
        try:
            done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired:
            return ENDLESS
        if done.returncode in (0, 5):
            return ""
        found = re.search(r"^(?:FAILED|ERROR) (.*?)(?: - .*)?$", done.stdout, re.MULTILINE)
        return found[1] if found else f"pytest ended with {done.returncode}"

    def killed_by(self, mistake: Mistake, stages: list[list[str]]) -> str:
        """The first test that notices a mistake, "" if none does."""
        right = (self.root / mistake.file).read_text(encoding="utf-8")
        self.write(mistake.file, planted(right, mistake))
        try:
            return next((found for stage in stages if (found := self.first_failure(*stage))), "")
        finally:
            self.write(mistake.file, right)

    @cache  # noqa: B019  (a copy lives as long as the run)
    def passes_without(self, test: str) -> bool:
        """Whether a test, in all its cases, passes as the program is."""
        return not self.first_failure("-n", "0", test)


def near(file: str) -> list[str]:
    """The tests of the room of a file, those of its own name first; those of every cell where it has none."""
    path = Path(file)
    room = ROOT / "tests" / path.parent
    tests = sorted(room.glob("test_*.py"), key=lambda each: (path.stem not in each.stem, each))
    return ["-n", "0", *(str(each.relative_to(ROOT)) for each in tests)] if tests else EVERYWHERE[0]


def trials(mistakes: list[Mistake], first: list[str], is_near: bool) -> Iterator[tuple[Mistake, str]]:
    """Each mistake with the test that noticed it, or "".

    Args:
        mistakes: what is planted, one after the other.
        first: the tests that run first, those of the room of each mistake if there are none.
        is_near: whether they are all that runs.

    Raises:
        RuntimeError: that test fails without the mistake too.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder))
        for mistake in mistakes:
            start = ["-n", "0", *first] if first else near(mistake.file)
            found = copy.killed_by(mistake, [start, *([] if is_near else EVERYWHERE)])
            test = found.partition("[")[0]
            if test.startswith("tests/") and not copy.passes_without(test):
                raise RuntimeError(f"{test} fails without a mistake")
            yield mistake, found


def main() -> int:
    """Plant mistakes, print what notices each, and how many were noticed; 1 if one was not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", nargs="?", default="")
    parser.add_argument("--near", action="store_true", help="run the tests of the mistake's own room, or those of --first, alone")
    parser.add_argument("--first", nargs="+", default=[], metavar="TESTS", help="run these in the place of those of the mistake's own room")
    chosen = parser.parse_args()
    mistakes = [each for each in MISTAKES if chosen.text in f"{each.file}: {each.what}"]
    survivors = 0
    for mistake, found in trials(mistakes, chosen.first, chosen.near):
        survivors += not found
        print(f"{mistake.file}: {mistake.what}: {found or 'SURVIVED'}", flush=True)
    print(f"{len(mistakes) - survivors} of {len(mistakes)} were noticed")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
