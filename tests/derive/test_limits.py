"""What is too long, too deep or too much is refused by a limit of `derive.limits`; every message is one bounded line that says where."""

from __future__ import annotations

import os
import random
import re

import pytest

import derive
from derive import limits
from derive.errors import ADVICE, FACT, PLACE, InputError
from tests.derive.cells.covering import covered, each_third
from tests.derive.notation.test_fuzz import mutated, pages
from tests.derive.notation.test_latex import few_calls

LIMITS = {each.fact for each in vars(limits).values() if isinstance(each, limits.Limit)}
TOKEN = re.compile(r"\\[A-Za-z]+|\w+|\s+|.", re.DOTALL)
PUT = [
    "+",
    "*",
    "(",
    ")",
    "[",
    "]",
    "W",
    "x_t",
    "h_{t-1}",
    "^T",
    "1",
    "tanh(",
    "_",
    "=",
    r"\sigma",
    r"\frac",
    "sum_k ",
    "W_very" + "_long" * 200,
]
INTERNAL = re.compile(
    r"None|<class|object at|in[:;] |: ,|Juxtaposed|Starred|MatMul|Transpose\(|Indexed|Dummy|OverTime|Slice\(|Symbol|Integer\("
)


def chain(n):
    return "f(x) = x * x + x\ny_t = " + "f(" * n + "x_t" + ")" * n


HOSTILE = {
    "functions of functions": (chain(12), limits.OPERATIONS),
    "functions by functions": (
        "\n".join(["f0(x) = x", *(f"f{i}(x) = f{i - 1}(x) + f{i - 1}(x)" for i in range(1, 30)), "h_t = f29(x_t)"]), limits.OPERATIONS),
    "a chain of functions": ("\n".join(["f0(x) = x", *(f"f{i}(x) = f{i - 1}(x)" for i in range(1, 60)), "h_t = f59(x_t)"]), limits.FUNCTIONS),
    "a thousand equations": ("\n".join(f"h_{{{i},t}} = W_{i} x_t" for i in range(1000)), limits.FORMULAS),
    "formulas in prose": ("".join(f"where $a_{{{i}}} = b_{{{i}}}$ is " for i in range(1000)), limits.FORMULAS),
    "line ends": ("\r" * (limits.PAGE.most + 1), limits.PAGE),
    "brackets": (r"\(" * limits.PAGE.most, limits.PAGE),
    "a long line": ("h_t = " + "W " * 10**4 + "x_t", limits.LINE),
    "a long number": ("h_t = " + "9" * 10**5 + " x_t", limits.LINE),
    "deep": ("h_t = " + "tanh(" * 70 + "x_t" + ")" * 70, limits.DEPTH),
    "deep in LaTeX": ("$$h_t = " + "{" * 60 + "x_t" + "}" * 60 + "$$", limits.BRACKETS),
    "commands for commands": (
        "".join(rf"\newcommand{{\{a}}}{{\{b} \{b} }}" for a, b in zip("abcdefghijklmnop", "bcdefghijklmnopq", strict=True))
        + r"\newcommand{\q}{x_t}" + "\n$$h_t = \\a$$" * 20, limits.COMMANDS),
}  # fmt: skip


@pytest.mark.parametrize("name", covered(HOSTILE, [name for name in HOSTILE if name != "functions by functions"]))
def test_what_is_beyond_a_limit_is_refused_by_it(name):
    text, limit = HOSTILE[name]
    with few_calls(), pytest.raises(InputError) as refused:
        derive.read(text)
    assert refused.value.fact == limit.fact
    assert refused.value.advice == limit.advice


@pytest.mark.parametrize(
    "text",
    each_third([r"\newcommand{\a}{" * 10**4, "\r" * 10**5, r"\(" * 10**5, r"\( a " * 10**4 + r"\)", "$ a\n\n" * 10**4, "where $a$ is " * 10**4,
     "h_t = 9^9^9 * x_t", "h_t = 1e-999999999 x_t", "h_t = x_t[1000000000000:]", r"\def\a" + "#1" * 10**4, "#" * 10**5, "# a\n" * 10**4,
     *(chr(code) * 10**4 for code in (0, 0x1B, 0x85, 0x2028, 0xD800, 0xFEFF, 0x202E, 0x10FFFF))]),
    ids=lambda text: repr(text[:20]),
)  # fmt: skip
def test_long_pages_take_little_work_for_each_character(text):
    with few_calls():
        try:
            derive.read(text)
        except InputError as error:
            assert_clear(error, text)


def test_mentions_in_words_take_work_by_their_number_and_are_no_equations():
    page = (
        "# A cell\n\n$$h_t = \\tanh(W h_{t-1} + U x_t)$$\n\n"
        + "We recall $h_{t}$ and $W \\in R^{n \\times n}$ here.\n" * 800
        + "\noutput $h$\n"
    )
    with few_calls(4_000_000):
        assert len(derive.read(page).equations) == 1


def assert_clear(error, text):
    """One bounded line with a place, and with nothing of how the program calls things inside."""
    told = str(error)
    assert "\n" not in told
    assert told.isprintable()
    assert len(error.fact) <= FACT
    assert len(error.place) <= PLACE
    assert len(error.advice) <= ADVICE
    assert error.place or error.fact in LIMITS, text
    assert re.search(r"line \d+", told) or "there is no equation" in told or error.fact in LIMITS, text
    assert not INTERNAL.search(told), text


def misspelled(page, rng):
    """A page with a token or a few left out, doubled or exchanged."""
    tokens = TOKEN.findall(page)
    for _ in range(rng.choice([1, 1, 2, 3])):
        at = rng.randrange(len(tokens))
        tokens[at : at + 1] = rng.choice([[], [tokens[at]] * 2, [rng.choice(tokens)], [rng.choice(PUT)]]) or [" "]
    return "".join(tokens)


@pytest.mark.parametrize("seed", covered(range(6), (3,)))
def test_every_message_is_one_bounded_line_with_its_place(seed):
    rng, every = random.Random(seed), pages()
    for _ in range(80):
        text = misspelled(rng.choice(every), rng) if rng.random() < 0.7 else mutated(rng.choice(every), every, rng)
        try:
            derive.read(text)
        except InputError as error:
            assert_clear(error, text)


@pytest.mark.parametrize(
    ("expression", "limit"),
    [("stack(rnn, 1000000000)", limits.LAYERS), ("stack(rnn, " + "9" * 30 + ")", limits.LAYERS), ("reverse(" * 60 + "rnn" + ")" * 60, limits.PARTS),
     ("stack(bidirectional(lstm), 900)", limits.NETWORK), ("reverse(" * 10**4, limits.LINE)],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_networks_have_limits(expression, limit):
    with pytest.raises(InputError) as refused:
        derive.cell(expression)
    assert refused.value.fact == limit.fact


def test_paths_that_are_no_pages_are_refused_in_one_line(tmp_path):
    long, cut, pipe = tmp_path / "long.md", tmp_path / "cut.md", tmp_path / "pipe.md"
    with long.open("wb") as file:
        file.truncate(10**8)
    cut.write_bytes("h_t = σ(x_t)\nh".encode()[:7])
    os.mkfifo(pipe)
    for path in (
        long,
        cut,
        pipe,
        tmp_path,
        "/dev/zero",
        "/dev/null",
        "a\0b.md",
        "a" * 5000,
        "a" * 5000 + ".md",
        "\udcff.md",
        tmp_path / "none.md",
    ):
        with pytest.raises(InputError) as refused:
            derive.cell(path)
        assert "\n" not in str(refused.value)
        assert len(str(refused.value)) <= FACT + PLACE + ADVICE + 4


def test_a_long_excerpt_shows_what_stands_around_the_caret():
    error = InputError("wrong", excerpt="    " + "a" * 1000 + "!" + "b" * 1000 + "\n" + " " * 1004 + "^")
    line, caret = error.excerpt.split("\n")
    assert len(line) <= 140
    assert line[caret.index("^")] == "!"
