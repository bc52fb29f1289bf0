"""The ratios of the speed section as a picture: a panel for each other contestant, a line for each network and size."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks.environment import installed
from benchmarks.networks import Size
from benchmarks.speed import Result, average
from derive.errors import InputError

PANELS = {
    "PyTorch": "PyTorch",
    "JAX": "jitted JAX",
    "autograd": "autograd",
    "textbook": "textbook NumPy",
    "products": "matrix products alone",
}
"""By contestant, the title of its panel."""

STYLES = {"float32": ("#0072b2", "o", 0.16), "float64": ("#d55e00", "D", -0.16)}
"""By dtype: a colour that all eyes tell apart, a marker, how far above the middle of its line."""

INK, FAINT, BAND = "#222222", "#b8b8b8", "#f3f3f3"
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
WIDE = 60
"""How many times the least ratio the greatest is before every third tick is enough."""

TITLE = """Forward and backward pass: time of the emitted NumPy module by that of ... (left of 1: the emitted module is faster)
rows: T, batch, inputs, hidden; whiskers: quartiles"""

Row = tuple[str, Size | None]


def library() -> Any:
    """matplotlib's pyplot, which draws into files only.

    Raises:
        InputError: it is not installed.
    """
    if installed("matplotlib") is None:
        raise InputError("the plot needs matplotlib", advice='pip install matplotlib, or pip install "bptt[plot]"')
    import_module("matplotlib").use("agg")
    return import_module("matplotlib.pyplot")


def save(results: Sequence[Result], path: str) -> None:
    """Draw the results and write the picture; the suffix picks the format."""
    pyplot = library()
    rows = rows_of(results)
    panels = [name for name in PANELS if any(name in each.ratios for each in results)]
    with pyplot.rc_context({"font.size": 8.5, "text.color": INK, "axes.edgecolor": FAINT, "svg.hashsalt": "ratios"}):
        size = 2.2 + 1.75 * len(panels), 1.5 + 0.165 * len(rows)
        figure, axes = pyplot.subplots(1, len(panels), sharey=True, squeeze=False, figsize=size, layout="constrained")
        for axis, name in zip(axes[0], panels, strict=True):
            _panel(axis, name, rows, results)
        _name_rows(axes[0][0], rows)
        figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
        figure.suptitle(TITLE, x=0.01, ha="left", fontsize=10)
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.endswith(".svg") else None)
        pyplot.close(figure)


def rows_of(results: Sequence[Result]) -> list[Row]:
    """A row with the name of each network, and below it one for each size."""
    sizes = list(dict.fromkeys((each.network, each.size) for each in results))
    networks = dict.fromkeys(name for name, _ in sizes)
    return [row for name in networks for row in ((name, None), *(each for each in sizes if each[0] == name))]


def _panel(axis: Any, name: str, rows: Sequence[Row], results: Sequence[Result]) -> None:
    """One contestant: a point for each result, with its quartiles; a line at 1 and one at the geometric mean."""
    found = [each for each in results if name in each.ratios]
    for dtype, (colour, marker, above) in STYLES.items():
        own = [each for each in found if each.dtype == dtype]
        ratios = [each.times.ratio("emitted", name) for each in own]
        spread = [[abs(ratio.quartiles[side] - ratio.median) for ratio in ratios] for side in (0, 1)]
        heights = [above - rows.index((each.network, each.size)) for each in own]
        middles = [ratio.median for ratio in ratios]
        axis.errorbar(middles, heights, xerr=spread, fmt=marker, color=colour, markersize=4, elinewidth=0.8, label=dtype, zorder=3)
    middle = average(results, name)
    axis.axvline(1, color=INK, linewidth=1.1, zorder=2, label="1: as fast")
    if middle is not None:
        axis.axvline(middle, color=INK, linewidth=1, linestyle=(0, (4, 2)), zorder=2, label="geometric mean")
        axis.set_title(f"{PANELS[name]}\ngeometric mean {middle:.2f}", fontsize=8.5)
    _scale(axis, [each.ratios[name] for each in found])
    for place, (_, size) in enumerate(rows):
        if size is None:
            axis.axhspan(0.5 - place, -0.5 - place, color=BAND, zorder=0, linewidth=0)


def _scale(axis: Any, ratios: Sequence[float]) -> None:
    """Logarithmic, with room around the ratios and 1, and numbers as people write them."""
    least, most = min(*ratios, 1) / 1.3, max(*ratios, 1) * 1.3
    axis.set_xscale("log")
    axis.set_xlim(least, most)
    shown = [tick for tick in (TICKS if most < WIDE * least else TICKS[::3]) if least <= tick <= most]
    axis.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axis.minorticks_off()
    axis.grid(axis="x", color=FAINT, linewidth=0.5, zorder=1)
    axis.tick_params(length=0)
    axis.spines[["top", "right", "left"]].set_visible(False)


def _name_rows(axis: Any, rows: Sequence[Row]) -> None:
    """What stands left of the rows."""
    axis.set_yticks([-place for place in range(len(rows))], [name if size is None else ", ".join(map(str, size)) for name, size in rows])
    axis.set_ylim(0.5 - len(rows), 0.5)
    for label, (_, size) in zip(axis.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if size is None else "normal")
