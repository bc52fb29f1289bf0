"""Golden files: `golden(name, text)` holds a text against tests/golden/NAME; `pytest --update-golden` writes it there instead."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest

# SymPy reads this when it is imported. It keeps 1000 results else, fewer than one cell needs, and a test run takes many cells.
os.environ.setdefault("SYMPY_CACHE_SIZE", "20000")
# The workers take all cores between them; threads of the libraries would only wait for one another over the small matrices of the tests.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# Expressions are made by the million, and few of them are in circles: the collector would look at those that are kept again and again.
gc.set_threshold(100_000, 20, 20)

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files from what the code gives now")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{name} differs; if that is right, run pytest --update-golden and read the change"

    return check
