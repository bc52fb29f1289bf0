"""What the ratios were measured on, and what about it makes them misleading."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

BUSY = 0.3
"""The load for each core, by others, from which on threads wait for one another so often that wall-clock ratios mean little."""

SETTINGS = ("OPENBLAS_", "OMP_", "MKL_", "XLA_")
"""How variables begin that set libraries of numbers to other kernels or threads than they would choose."""

PEERS = {"PyTorch": "torch", "JAX": "jax", "autograd": "autograd"}
"""Who is raced against, and the package that has it."""


@cache
def installed(package: str) -> Any | None:
    """A package, or None where it is not installed."""
    return import_module(package) if find_spec(package) else None


def use_one_core() -> None:
    """Keep this process and the threads of all libraries on one core; before JAX counts the cores it may use."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    use_threads(1)


def use_threads(count: int) -> None:
    """Let NumPy's OpenBLAS and PyTorch both use so many threads."""
    _openblas("set_num_threads", None, count)
    if torch := installed("torch"):
        torch.set_num_threads(count)


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def facts() -> dict[str, str]:
    """The environment by name, for people."""
    config: Any = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"]
    settings = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith(SETTINGS)]
    return {
        "processor": f"{_processor()}, {cores()} cores",
        "Python": platform.python_version(),
        "NumPy": f"{np.__version__}, {blas.get('name', 'unknown BLAS')} {blas.get('version', '')}".rstrip(),
        "BLAS kernel": f"{_openblas('get_corename', ctypes.c_char_p)}, threads: {_openblas('get_num_threads', ctypes.c_int)}",
        "settings": ", ".join(settings) or "none",
        **{name: _version(package) for name, package in PEERS.items()},
    }


def warnings(is_single: bool) -> list[str]:
    """What is left out, and what makes wall-clock times mean little."""
    missing = [package for package in PEERS.values() if installed(package) is None]
    found = [f"not installed and left out: {', '.join(missing)}; pip install {' '.join(missing)}"] if missing else []
    if not is_single and hasattr(os, "getloadavg") and (load := os.getloadavg()[0]) > BUSY * cores():
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


def _version(package: str) -> str:
    module = installed(package)
    if module is None:
        return "not installed"
    return version(package) + (f", threads: {module.get_num_threads()}" if hasattr(module, "get_num_threads") else "")


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
