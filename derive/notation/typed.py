r"""What people type in more ways than one, in the one way that the grammars know.

    f_t ＝ σ（W x_t），     f_t = σ(W x_t),      signs of full width, and others that look like one of the keyboard
    hₜ₋₁, h̃_t             h_{t-1}, h_tilde_t   characters below the line, accents behind their letter
    h(t-1), h[t-1]         h_{t-1}              the time in brackets
    x_{k+1} = A x_k        x_{t+1} = A x_t      another letter for the time, where no t is
    φ = tanh               φ(x) = tanh(x)       a function that is said to be another one

Each takes text with the columns that its characters came from, and gives the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from derive.algebra.clocks import CLOCKS
from derive.algebra.nodes import FUNCTIONS
from derive.limits import LINE
from derive.notation.written import Written, Wrong

NARROW = str.maketrans(
    {chr(0xFF01 + place): chr(0x21 + place) for place in range(94)}
    | {
        "。": ".",
        "、": ",",
        "｡": ".",
        "【": "[",
        "】": "]",
        "′": "'",
        "’": "'",
        "–": "-",
        "‐": "-",
        "‑": "-",
        "﹣": "-",
        "∙": "·",
        "•": "·",
    }
    | {"⨀": "⊙", "⊗": "⊙", "◦": "∘", "○": "∘", "∶": ":"}
    | dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u202f\u2060\u3000\ufeff", " ")
)
LOW = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789+-aehijklmnoprstuvx", strict=True))
BELOW = re.compile(rf"[{''.join(LOW)}]+")
COMBINING = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot", "\u20d7": "vec"}
ACCENTED = re.compile(rf"([^\W\d_])([{''.join(COMBINING)}])")
COMPOSED = re.compile(
    f"(?<![^\\W_])[{''.join(c for c in map(chr, range(0xC0, 0x2000)) if unicodedata.normalize('NFD', c)[1:] in COMBINING)}](?![^\\W_])"
)
"""A letter of its own with an accent, in one character."""
BRACKETED = re.compile(
    r"(?<![\w}\\])([^\W\d_]\w*'*)(?:_\{([^{}]*)\})?(?:\(\s*(t\s*(?:[+\-−]\s*\d+)?)\s*\)|\[\s*(t\s*(?:[+\-−]\s*\d+)?)\s*\])"
)
RENAMED = re.compile(r"\s*([^\W\d_]\w*(?:_\{\w+\})?)\s*=\s*([^\W\d_]\w*)\s*")
NUMBERED = re.compile(r"^\s*\([0-9]{1,3}(?:\.[0-9]{1,3})?[a-z]?\)\s+(?=\S)|(?:\s{2,}|\t)\([0-9]{1,3}(?:\.[0-9]{1,3})?[a-z]?\)\s*$")
LAGGED = re.compile(r"(?:[({\[<]|\\langle)\s*([a-su-z])\s*[+\-−]\s*[0-9]+\s*[)}\]>\\]")
PRIMED = re.compile(r"\\sum\s*(?:\\limits)?\s*_\s*\{?\s*([a-z])\s*(?:'|\^\s*\{?\s*\\prime)")
LONELY = re.compile(r"_t[-−][0-9]+(?![0-9.])")


def narrowed(text: str) -> str:
    """The text with signs of the keyboard in the place of those that look like them; it is as long as before."""
    return text.translate(NARROW)


def spelled(source: Written, is_latex: bool) -> Written:
    """An equation in the spelling of its grammar.

    Raises:
        Wrong: h_t-1, which may be meant as h_{t-1} or as it stands; or it is too long.
    """
    if len(source.plain) > LINE.most:
        raise Wrong(LINE.fact, LINE.advice, LINE.most)
    if lonely := LONELY.search(source.plain):
        lag = lonely[0][2:]
        raise Wrong(f"_t{lag} has two readings", f"write _{{t{lag}}} for the value at t{lag}, or _t - {lag[1:]} with spaces for a difference",
                    lonely.start())  # fmt: skip
    source = replaced(source, COMPOSED, lambda found: unicodedata.normalize("NFD", found[0]))
    source = replaced(
        source, ACCENTED, lambda found: rf"\{COMBINING[found[2]]}{{{found[1]}}}" if is_latex else f"{found[1]}_{COMBINING[found[2]]}"
    )
    source = replaced(source, BELOW, lambda found: _index("".join(LOW[each] for each in found[0])))
    if is_latex:
        return _unprimed(source)
    return replaced(replaced(source, BRACKETED, _timed), RENAMED, _function, is_whole=True)


def unnumbered(source: Written) -> Written:
    """A line without the number of its equation before or behind it, (3)."""
    return replaced(source, NUMBERED, lambda _: "")


def time_letter(texts: Iterable[str]) -> str:
    """The letter that pages without a t have for the time, as in x_{k+1}; "" if they have a t, or two such letters."""
    every = list(texts)
    if any(re.search(r"(?<![A-Za-z\\])t(?![A-Za-z])|(?<=_\{)t(?=[a-z]\})|ₜ", each) for each in every):
        return ""
    letters = {letter for each in every for letter in LAGGED.findall(each)}
    return letters.pop() if len(letters) == 1 else ""


def timed(source: Written, letter: str) -> Written:
    """An equation with t in the place of that letter, wherever it is an index."""
    alone = re.compile(
        rf"(?<=[_^({{\[<,])(\s*){letter}(?=\s*[+\-−)}}\]>,\\]|\s|$|[a-z]\}})|(?<=_){letter}(?![A-Za-z])|(?<=langle)(\s+){letter}\b"
    )
    plain = alone.sub(lambda found: found[0][:-1] + "t", source.plain)
    return Written(plain, source.columns)


def _unprimed(source: Written) -> Written:
    r"""An equation with \sum_{s'} over a letter that it does not use."""
    while found := PRIMED.search(source.plain):
        free = next((each for each in "rjkpquvwmn" if not re.search(rf"(?<![A-Za-z\\]){each}(?![A-Za-z])", source.plain)), "z")
        prime = re.compile(rf"(?<![A-Za-z\\]){found[1]}\s*(?:'|\^\s*\{{?\s*\\prime\s*\}}?)")
        source = replaced(source, prime, lambda _, free=free: free)  # type: ignore[misc]
    return source


def _index(below: str) -> str:
    """Characters below the line as an index: "t-1" as _{t-1}, "1t-1" as _{1,t-1}."""
    label, time = re.fullmatch(r"(.*?)(t(?:[+-]\d+)?)?", below).groups()  # type: ignore[union-attr]
    return f"_{{{','.join(filter(None, (label, time)))}}}"


def _timed(found: re.Match[str]) -> str:
    name, label, time = found[1], found[2], found[3] or found[4]
    if name in CLOCKS or name in FUNCTIONS or re.search(r"(?<![^\W\d])t(?!\w)", label or "") or name.endswith("_t"):
        return found[0]
    return f"{name}_{{{','.join(filter(None, (label, time)))}}}"


def _function(found: re.Match[str]) -> str:
    name, other = found[1], found[2]
    return f"{name}(x) = {other}(x)" if other in FUNCTIONS and len(other) > 1 else found[0]


def replaced(source: Written, pattern: re.Pattern[str], change: Callable[[re.Match[str]], str], *, is_whole: bool = False) -> Written:
    """The text with what a pattern finds changed; what is new comes from where the old began."""
    pieces, at = [], 0
    for found in pattern.finditer(source.plain):
        if (is_whole and found.span() != (0, len(source.plain))) or (new := change(found)) == found[0]:
            continue
        pieces += [source[at : found.start()], Written.of(new, source.columns[found.start()])]
        at = found.end()
    return Written.joined([*pieces, source[at:]]) if at else source
