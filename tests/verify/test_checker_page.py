"""docs/checker.md says which files a reader has to believe: all that the checker runs but what only refutes or shows, with their lines."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "checker.md").read_text(encoding="utf-8")
ROWS = {path: int(lines) for path, lines in re.findall(r"^\| `(\S+\.py)` \|.*\| (\d+) \|$", PAGE, flags=re.MULTILINE)}
SHOWS_OR_REFUTES = {
    "verify/proof/text.py", "verify/proof/witness.py", "verify/evaluate.py", "verify/evaluation.py", "verify/arithmetic.py",
    "verify/numbers/scalars.py", "verify/sizes.py", "verify/verdict.py", "verify/certificate/written.py",
}  # fmt: skip
"""Text for a person, numbers that can refute and never prove, and names."""
OF_THE_SYSTEM = {"derive/algebra/clocks.py", "derive/algebra/shapes.py", "derive/errors.py", "derive/shown.py"}
"""What derive/system.py brings along; the checker takes shapes from verify/wellformed, and clocks by name."""


def imported(path: str) -> set[str]:
    """The files of the project that a file imports, or their names from."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return {f for each in modules if (ROOT / (f := each.replace(".", "/") + ".py")).exists()}


def test_the_page_lists_every_file_that_has_to_be_right():
    found, pending = set(), ["verify/proof/induction.py", "verify/certificate/reading.py"]
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending += [] if path in SHOWS_OR_REFUTES | OF_THE_SYSTEM else imported(path)
    found |= {"verify/wellformed/claim.py", "verify/wellformed/system.py"}
    assert found - SHOWS_OR_REFUTES - OF_THE_SYSTEM == set(ROWS)


def test_the_page_says_how_long_they_are():
    for path, lines in ROWS.items():
        assert abs(len((ROOT / path).read_text(encoding="utf-8").splitlines()) - lines) <= 10, path
    total = int(re.search(r"Some ([\d,]+) lines", PAGE)[1].replace(",", ""))
    assert abs(sum(ROWS.values()) - total) <= 60
