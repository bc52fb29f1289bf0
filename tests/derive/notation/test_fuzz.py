"""Whatever is typed is read or refused in one clear line: pages of cells, cut, spliced and misspelled.

`python -m tests.derive.notation.test_fuzz 100000 [PAGE ...]` runs as many inputs as are asked for, from further pages too, and prints how many were
read and which took longest.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import derive
from derive.cells import __file__ as cells
from derive.errors import InputError
from derive.notation.write import equation_latex
from tests.derive.cells.covering import each_third
from tests.derive.notation.test_typed import ALIKE

FRAGMENTS = [
    *"()[]{}_^=+-*/@&$|\\'#%,;:.!?<>~tTkh0129 \n\t", "_t", "_{t-1}", "_{t+1}", "_{t,k}", "^T", "^{-1}", "^{2}", "h_t", "x_t", "W", "tanh(", "\\tanh",
    "sigmoid", "softmax_k(", "sum_k ", "sum_{k<t} ", "\\sum_{k=1}^{T}", "\\frac{", "\\sqrt", "\\left(", "\\right)",
    "\\begin{bmatrix}", "\\end{bmatrix}",
    "\\mathbf{", "\\tilde", "\\langle t\\rangle", "$$", "\\[", "\\\\", "\\text{if }", "every(t, 2)", "first(t)", "h_T", "h_0", "= 1", "1e999",
    "9" * 40,
        "10**10**10", "^{999}", "_{t-1000000000}", "h_{t-1000}", "(" * 70, "[" * 70, "{" * 70, "-" * 200, "((" * 30 + "x_t" + "))" * 30, "W " * 500,
    "output ", "input ", "boundary ", "shape W = (", "constant ", "init b = ",
    "loss h", "scalar ", "matrix ", "# ", "，", "（", "）", "＝", "−", "ₜ₋₁", "é",
    "\u0303", "ᵀ", "²", "\u202e", "\x00", "\x0c", "\x85", "\u2028", "🙂", "ſ", "İ", "٣", "__class__", "lambda", "import os",
    "σ", "⊙", "\\newcommand{\\a}{\\a}",
    "\\def\\b#1{\\b{#1}}", "\\", "dot(", "cumsum(", "diag(", "norm(", "max(0, ", "[0:n_h]", "[n_h:]", "/ 0", "^{1/0}", "0/0", "log(0)",
]  # fmt: skip
"""What is put into pages: signs, parts of both notations, and things that no page should hold."""


@cache
def pages() -> list[str]:
    """The built-in cells, in the plain notation and in LaTeX, and the pages of the tests."""
    found = [path.read_text(encoding="utf-8").split("\n\n", 3)[-1] for path in sorted(Path(cells).parent.glob("*.md"))]
    for name in derive.cell_names():
        system = derive.cell(name)
        found.append("\n".join(f"$${equation_latex(each, system)}$$" for each in system))
    return [*found, *(page for page, _ in ALIKE.values())]


def mutated(page: str, others: list[str], rng: random.Random) -> str:
    """A part of a page with a few mistakes."""
    lines = page.splitlines(keepends=True)
    start = rng.randrange(max(1, len(lines) - 3))
    text = "".join(lines[start : start + rng.randint(1, 6)])
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
        at = rng.randint(0, len(text))
        end = min(len(text), at + rng.choice([0, 1, 1, 2, 5, 20]))
        match rng.randrange(6):
            case 0:
                text = text[:at] + text[end:]
            case 1:
                text = text[:end] + text[at:]
            case 2 | 3:
                text = text[:at] + rng.choice(FRAGMENTS) + text[end if rng.random() < 0.5 else at :]
            case 4:
                other = rng.choice(others)
                begin = rng.randint(0, len(other))
                text = text[:at] + other[begin : begin + rng.randint(1, 60)] + text[at:]
            case 5:
                text = text[:at] + text[at:end][::-1] + text[end:]
    return text


def outcome(text: str) -> str:
    """ "read", or the kind of error that says why not; whatever else is raised goes on."""
    try:
        derive.read(text)
    except InputError as error:
        return type(error).__name__ if error.fact and "\n" not in str(error) else ""
    return "read"


@pytest.mark.parametrize("seed", each_third(range(8)))
def test_each_input_is_read_or_refused(seed):
    rng, every = random.Random(seed), pages()
    for _ in range(60):
        text = mutated(rng.choice(every), every, rng)
        assert outcome(text), text


@pytest.mark.parametrize(
    "text",
    ["h_t = " + "(" * 100000, "h_t = " + "W " * 100000 + "x_t", "h_t = " + "W " * 500 + "x_t",
     "h_t = " + "-" * 5000 + "x_t", "h_t = x_t^{99999}", "h_t = 10**10**10",
     "h_t = 1e99999 x_t", "h_t = 9" + "0" * 4000, "h_t = x_{t-1000000000}", "h_t = every(t, 99999999999999)", "$$h_t = x_t^{10^{10^{10}}}$$",
     "$$" + "{" * 100000, "$$h_t = " + r"\frac{1}{" * 3000 + "$$", "\n" * 100000, "_" * 100000, "$" * 100001, "h_t" * 30000, "[" * 4000 + "=",
     r"\newcommand{\a}{\a\a}$$h_t = \a$$", "h_t = " + " + ".join(["x_t"] * 1500), "h_t = x_t^{1/0}",
     "h_t = x_t[0:99999999999999999999]", "constant a = 1e999\nh_t = a x_t",
     "d" + " " * 60000 + "\n\n    h_t = x_t", "the derivative replaced by\n|v|\n" * 5000,
     "shape W = (9999999999999999999999, 3)\nh_t = W x_t", "h_t = " + "tanh(" * 55 + "x_t" + ")" * 55],
)  # fmt: skip
def test_what_is_huge_or_deep_is_read_or_refused(text):
    assert outcome(text)


def main(count: int, further: list[str]) -> None:
    """Run so many inputs; say what came of them and which were slow, and which crashed."""
    rng, every = random.Random(2026), [*pages(), *(Path(each).read_text(encoding="utf-8") for each in further)]
    counts: Counter[str] = Counter()
    slowest: list[tuple[float, str]] = []
    for number in range(count):
        text = mutated(rng.choice(every), every, rng)
        begin = time.perf_counter()
        try:
            counts[outcome(text)] += 1
        except Exception as error:
            counts["CRASH"] += 1
            print(f"{number}: {type(error).__name__}: {error}\n{text!r}\n", flush=True)
        slowest = sorted([*slowest, (time.perf_counter() - begin, text)], reverse=True)[:5]
    print(dict(counts))
    for seconds, text in slowest:
        print(f"{seconds:.2f} s {text!r}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
