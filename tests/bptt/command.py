"""The command line on trial: what it prints, where, and its exit code, in the process of the tests or in one of its own.

To start Python and to import SymPy takes a second each time, which is why nearly all tests stay in one process;
`test_in_a_process_of_its_own_it_does_the_same` holds that it makes no difference.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import traceback
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from bptt import main

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "120"}

Done = subprocess.CompletedProcess[str]


def bptt(*arguments: str, text: str | None = None, cwd: Path | None = None) -> Done:
    """Run the command line in this process; an exception that it does not catch ends it with a traceback, as Python would."""
    given, out, err = (io.TextIOWrapper(io.BytesIO(each), encoding="utf-8") for each in ((text or "").encode(), b"", b""))
    with (
        mock.patch.dict(os.environ, ENVIRONMENT), mock.patch.object(sys, "argv", [str(ROOT / "bptt" / "__main__.py"), *arguments]),
        mock.patch.object(sys.modules["__main__"], "__package__", "bptt", create=True),
        mock.patch.object(sys, "stdin", given), redirect_stdout(out), redirect_stderr(err), chdir(cwd or Path.cwd()),
    ):  # fmt: skip
        code = _exit_code()
    return subprocess.CompletedProcess(arguments, code, *(_written(each) for each in (out, err)))


def _exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()


def process(*arguments: str, text: str | None = None, cwd: Path | None = None) -> Done:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "bptt", *arguments]
    environment = {**os.environ, **ENVIRONMENT}
    return subprocess.run(command, input=text, capture_output=True, text=True, cwd=cwd, env=environment, timeout=300, check=False)
