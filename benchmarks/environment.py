"""What the ratios were measured on, and what about it makes them misleading."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Variables that make NumPy's library choose its kernels for another processor than the one at hand."""

BUSY = 0.3
"""The load for each core, by others, from which on threads wait for one another so often that wall-clock ratios mean little."""


def torch_module() -> Any | None:
    """PyTorch, or None where it is not installed."""
    return import_module("torch") if find_spec("torch") else None


def use_threads(count: int) -> None:
    """Let NumPy's OpenBLAS and PyTorch both use so many threads."""
    _openblas("set_num_threads", None, count)
    if torch := torch_module():
        torch.set_num_threads(count)


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def facts() -> dict[str, str]:
    """The environment by name, for people."""
    torch = torch_module()
    config: Any = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"]
    return {
        "processor": f"{_processor()}, {cores()} cores",
        "Python": platform.python_version(),
        "NumPy": f"{np.__version__}, {blas.get('name', 'unknown BLAS')} {blas.get('version', '')}".rstrip(),
        "BLAS kernel": f"{_openblas('get_corename', ctypes.c_char_p)}, threads: {_openblas('get_num_threads', ctypes.c_int)}",
        "PyTorch": f"{torch.__version__}, threads: {torch.get_num_threads()}" if torch else "not installed",
    }


def warnings() -> list[str]:
    """What slows one of the contestants down."""
    slowing = [name for name in SLOWING if name in os.environ]
    found = [f"{name} is set to {os.environ[name]}: it can slow NumPy down several times; unset it" for name in slowing]
    if torch_module() is None:
        found.append("PyTorch is not installed: its columns are left out; install it with pip install torch")
    if hasattr(os, "getloadavg") and (load := os.getloadavg()[0]) > BUSY * cores():
        found.append(f"the machine is busy, its load is {load:.1f} on {cores()} cores: the ratios are reliable only with --single")
    return found


def show(console: Console, environment: Mapping[str, str], warned: Iterable[str]) -> None:
    """Print the environment and the warnings."""
    table = Table(title="Environment", show_header=False, title_justify="left")
    for name, fact in environment.items():
        table.add_row(name, fact)
    console.print(table)
    for warning in warned:
        console.print(f"[yellow]warning:[/yellow] {warning}")


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor() or "unknown")


def _openblas(function: str, result: type[Any] | None, *arguments: int) -> str:
    """What a function of NumPy's own OpenBLAS returns; "unknown" where NumPy has another library."""
    folder = Path(np.__file__).parent
    for path in sorted([*folder.parent.glob("numpy.libs/*openblas*"), *folder.glob(".dylibs/*openblas*")]):
        library = ctypes.CDLL(str(path))
        for name in (f"scipy_openblas_{function}64_", f"openblas_{function}64_", f"openblas_{function}"):
            if hasattr(library, name):
                call = getattr(library, name)
                call.restype = result
                value = call(*arguments)
                return value.decode() if isinstance(value, bytes) else str(value)
    return "unknown"
