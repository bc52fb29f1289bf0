"""The command line: each command parses, calls a face, prints.

Exit codes: 0 done and all checks hold, 1 a check failed, 2 bad usage or input.
"""

from __future__ import annotations

import gc
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from bptt import __version__, equations, judgement, pictures, training
from bptt.console import print_errors

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: dict[str, Callable[..., None]] = {
    "cells": equations.cells,
    "read": equations.read,
    "derive": equations.derive_command,
    "emit": equations.emit,
    "graph": pictures.graph,
    "verify": judgement.verify,
    "check": judgement.check,
    "compare": judgement.compare,
    "check-gradient": judgement.check_gradient,
    "weights": equations.weights,
    "train": training.train,
    "report": training.report,
}
"""The commands by name, in the order of the help."""
OBJECTS = 100_000
"""After how many new objects garbage is looked for: expressions are many, live long and stand in no circles (a tenth of the time by default)."""


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        print(f"bptt {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", callback=_tell_version, is_eager=True)] = False,
) -> None:
    """Derive, prove and emit recurrent networks: equations in; gradients, proofs, NumPy code and diagrams out."""


for name, command in COMMANDS.items():
    app.command(name)(command)


@contextmanager
def _told() -> Iterator[None]:
    """Errors in an input as a line each (and a caret, where there is one) on standard error, with exit code 2."""
    from derive.errors import InputError

    try:
        yield
    except InputError as error:
        print_errors(error, as_json="--json" in sys.argv[1:])
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        print("bptt: interrupted", file=sys.stderr)
        sys.exit(130)


def main() -> None:
    """Run the command line; what cannot be shown in the encoding of the terminal is escaped."""
    gc.set_threshold(OBJECTS, 20, 50)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with _told():
        app()
