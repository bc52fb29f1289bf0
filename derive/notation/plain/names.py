"""Names and indices as plain text has them: h_{t-1}, hₜ₋₁, h_(t-1), h^(2)_t, x̂, and the ranges of sums."""

from __future__ import annotations

import re
import unicodedata
from contextvars import ContextVar
from functools import cache

from derive.limits import LAG
from derive.notation.derivation import IN_DERIVATION
from derive.notation.tree import Name, Place, Reach, Spelling, Step
from derive.notation.written import Wrong

TIME: ContextVar[str] = ContextVar("the letter of the time", default="t")


@cache
def _indexed(t: str) -> re.Pattern[str]:
    """A name with its time: h_t, h_{2,t-1}, e_{t,k}."""
    return re.compile(rf"(.+?)_(?:{t}|\{{(?:([^{{}}]*),)?\s*{t}\s*(?:([+-])\s*([0-9]+)\s*)?(?:,\s*([a-z])\s*)?\}})('*)")


SUM_IN_WORDS = r"sum\s+over\s+(?:all\s+)?([a-z])\s+of(?!\w)"
"""A sum as it is said, with its index: sum over k of r[k]^2."""
STEP = re.compile(r"(?P<letter>[a-zT]?)(?P<by>(?:(?<=[a-zT])[+-]|^)[0-9]{1,4})?")
"""A step of a derivation, without spaces: k, k+1, 3."""
STEPS = re.compile(r"(?P<letter>[a-z])(?:=(?P<low>[^\^<≤=]+)|(?:<=|≤)(?P<last>[^\^<≤=]+))?(?:\^(?P<high>[^\^<≤=]+))?")
"""A range of steps with its ends, without braces and spaces."""
LOW = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789+-aehijklmnoprstuvx", strict=True))
"""Characters below the line."""
COMBINING = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot", "\u20d7": "vec"}
"""Accents behind their letter."""
OVERLINE = "\N{COMBINING OVERLINE}"
MARKED = re.compile(f"(?:[^{''.join(COMBINING)}][{''.join(COMBINING)}]+)+")
"""Letters side by side that have accents: an accent on each of them is one on the whole."""
HIGH = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
"""Characters above the line."""
DOTLESS = re.compile(f"[ıȷ](?=[{''.join(COMBINING)}])")
"""A letter that has lost its dot to an accent."""
HIGH_TIME = re.compile("⁽ᵗ(?:[⁺⁻][⁰¹²³⁴⁵⁶⁷⁸⁹]+)?⁾|ᵗ(?:[⁺⁻][⁰¹²³⁴⁵⁶⁷⁸⁹]+)?")
RAISED = dict(zip("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵘᵛʷˣʸᶻ", "abcdefghijklmnoprsuvwxyz", strict=True))
"""Letters above the line, which are labels: hᶠ is h_f."""
BESIDE = frozenset({*LOW, *RAISED, *"⁽⁾ᵗ⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ℓ"})
"""Characters below and above the line, which make no other letter of a name; and the script l, which is ell."""
IN_PARENTHESES = re.compile(r"_\(([^()]*)\)|\^\{?\(([^()]*)\)\}?")
"""What stands below as Word writes it, or above, a time or a label."""
GIVEN = re.compile(r"(.+?)_\{(?:([^{}|]*),)?\s*([a-z])\s*([+-]\s*\d+)?\s*[|∣]\s*\3\s*([+-]\s*\d+)?\s*\}")
"""A value given others, x_{t|t-1}."""
VARIANTS = {"ϵ": "epsilon", "ϑ": "vartheta", "ϕ": "phi", "ϱ": "varrho", "ϰ": "varkappa", "ϖ": "varpi", "ς": "varsigma"}
"""Greek letters that are typed, and their commands."""


def name_of(token: str, place: Place) -> Name:
    """A written name with its labels and indices.

    Raises:
        Wrong: its index is no time, or one too far away.
    """
    odd = "".join(VARIANTS.get(each, each) for each in token if each not in BESIDE and unicodedata.normalize("NFKC", each) != each)
    token = _decomposed(token.removeprefix("self."))
    if given := GIVEN.fullmatch(token):
        return _given(given, place)
    token = HIGH_TIME.sub(lambda found: _index(found[0].strip("⁽⁾").translate(HIGH).replace("ᵗ", TIME.get())), token).replace("~", "\u0303")
    token = re.sub(r"⁽([⁰¹²³⁴⁵⁶⁷⁸⁹]+)⁾", lambda found: f"_{{{found[1].translate(HIGH)}}}", token)
    token = re.sub(f"[{''.join(RAISED)}]+", lambda found: f"_{{{''.join(RAISED[each] for each in found[0])}}}", token)
    token = IN_PARENTHESES.sub(lambda found: f"_{{{(found[1] or found[2]).strip()}}}", token)
    token = re.sub(f"[{re.escape(''.join(LOW))}]+", lambda found: _index("".join(LOW[each] for each in found[0])), token)
    token = MARKED.sub(_unmarked, token)
    time, second, labels, rest = None, "", "", token
    if found := _indexed(TIME.get()).fullmatch(token):
        base, inner, sign, lag, letter, primes = found.groups()
        if lag and (len(lag) > 9 or int(lag) > LAG.most):
            raise Wrong(f"{token} is too far from t", f"a lag or lead is at most {LAG.most}", place.start)
        time, second, labels, rest = int(f"{sign}{lag}") if lag else 0, letter or "", (inner or "").strip(), base + primes
    elif re.search(rf"\{{[^{{}}]*(?<![^\W\d]){TIME.get()}(?!\w)[^{{}}]*\}}", token):
        raise Wrong(f"{token} has an index that is no time", "t stands last in it and alone or with a number, as in h_{t-1} or "
                    "h_{1,t}; a second index stands behind it, e_{t,k}", place.start)  # fmt: skip
    elif found := re.fullmatch(r"(.*?[^_{}])_\{([^{}]*)\}('*)", token):
        rest, labels = found[1] + found[3], found[2].strip()
    at_step = step(labels) if IN_DERIVATION.get() and time is None and re.search(r"[+-]", labels) else None
    labels = "" if at_step else labels
    return Name(
        _letters(rest), tuple(_letters(labels).split("_")) if labels else (), time, second, Spelling(letter=odd), at_step, place=place
    )


def step(written: str) -> Step | None:
    """The step of a derivation that is written: k, T - 1, t + 1 or 3; None if it is none."""
    found = STEP.fullmatch(re.sub(r"\s", "", written))
    if found is None or not found[0]:
        return None
    return Step("t" if found["letter"] == TIME.get() else found["letter"], int(found["by"] or 0))


def steps(written: str) -> tuple[str, Step, Step] | None:
    """The letter, the first and the last step in "{j=k+1}^{t}", "{k<=t}" and "j"; None if it is another range."""
    found = STEPS.fullmatch(re.sub(r"[{}\s]", "", written))
    if found is None or (found["last"] and found["high"]):
        return None
    low, high = step(found["low"] or "1"), step(found["last"] or found["high"] or "T")
    return None if low is None or high is None else ("t" if found["letter"] == TIME.get() else found["letter"], low, high)


def _given(found: re.Match[str], place: Place) -> Name:
    """x_prior_t for x_{t|t-1}, what is expected before it is seen, and x_t for x_{t|t}, what it is then.

    Raises:
        Wrong: it is what is expected after, or long before.
    """
    base, label, letter, *steps = found.groups()
    when, seen = (int(each.replace(" ", "")) if each else 0 for each in steps)
    if letter != TIME.get() or when - seen not in (0, 1):
        raise Wrong(
            "this index is of a value given others", "x_{t|t-1} and x_{t|t} are read; give another one a name of its own", place.start
        )
    labels = ((label.strip(),) if label else ()) + (("prior",) if when > seen else ())
    return Name(_letters(base), labels, when, "", Spelling(labels=() if when > seen else ("given",)), place=place)


def _index(below: str) -> str:
    """Characters below the line as an index: "t-1" as _{t-1}, "1t-1" as _{1,t-1}."""
    label, time = re.fullmatch(rf"(.*?)({TIME.get()}(?:[+-]\d+)?)?", below).groups()  # type: ignore[union-attr]
    return f"_{{{','.join(filter(None, (label, time)))}}}"


def _letters(written: str) -> str:
    bare = re.sub(r"[{}\s]", "", written).replace(",", "_").replace("'", "_prime")
    bare = re.sub(r"^lambda(?=_|$)", "λ", bare).replace("ℓ", "ell")
    return accented(unicodedata.normalize("NFKC", bare))


def _decomposed(token: str) -> str:
    """A name whose one letter has its accents in itself, ā_h, with these behind the letter; and a letter without its dot as the letter."""
    token = DOTLESS.sub(lambda found: "i" if found[0] == "ı" else "j", token)
    first = unicodedata.normalize("NFD", token[:1])
    has_accents = len(token) > 1 and not token[1].isalnum() and len(first) > 1 and all(each in COMBINING for each in first[1:])
    return first + token[1:] if has_accents else token


def _unmarked(found: re.Match[str]) -> str:
    """Letters with the names of their accents behind them; a line over a letter and over its accents is one over both."""
    first = re.match(f".([{''.join(COMBINING)}]+)", found[0])
    letters = "".join(each for each in found[0] if each not in COMBINING)
    marks = sorted(dict.fromkeys(first[1] if first else ""), key=lambda each: each == OVERLINE)
    return "_".join([letters, *(COMBINING[each] for each in marks)])


def accented(letter: str) -> str:
    """A letter that has its accent in one character as a letter and the name of the accent; another name as it is."""
    parts = unicodedata.normalize("NFD", letter)
    return f"{parts[0]}_{COMBINING[parts[1]]}" if len(letter) == 1 and len(parts) == 2 and parts[1] in COMBINING else letter


@cache
def _ranges(t: str) -> dict[re.Pattern[str], Reach]:
    """The ranges of a second index, without braces and spaces, where the time has this letter; steps are counted from 1, or from 0."""
    end = "[A-Z]|tau|τ"
    patterns = {
        rf"[a-z]|(?!{t})[a-z]=1\^[0-9]+|[a-z]=1\^({end})|[a-z]=0\^({end})-1|1(<=|≤)[a-z](<=|≤)({end})": Reach.ALL,
        rf"[a-z]<{t}|[a-z]=1\^{t}-1": Reach.BEFORE,
        rf"[a-z](<=|≤){t}|[a-z]=1\^{t}": Reach.UP_TO,
    }
    return {re.compile(pattern): reach for pattern, reach in patterns.items()}


def bounds(written: str, token: str, at: int) -> tuple[str, Reach]:
    """The second index and the range in "k", "{k<t}" or "{k=1}^{t-1}".

    Raises:
        Wrong: it is another range.
    """
    if (reach := _reach(written)) is not None:
        letter = re.sub(r"[{}\s1<=≤]", "", written)[0]
        return "t" if letter == TIME.get() else letter, reach
    raise Wrong(f"{token} is over no range that is known", "write sum_k for all steps, sum_{k<t} for those before t", at)


def range_of(token: str) -> str:
    """The range of a sum or a product: "{k=1}^{T}" of sum_{k=1}^{T}, "k=1^T" of ∑ₖ₌₁ᵀ."""
    if worded := re.fullmatch(SUM_IN_WORDS, token):
        return worded[1]
    if "_" in token:
        return token[token.index("_") + 1 :]
    below = "".join({**LOW, "₌": "="}.get(each, "") for each in token)
    above = (
        "".join(each for each in token[1:] if each not in LOW and each != "₌").translate(HIGH).replace("ᵀ", "T").replace("ᵗ", TIME.get())
    )
    return f"{below}^{above}" if above else below


def is_range(written: str) -> bool:
    """Whether it is a range of a second index."""
    return _reach(written) is not None


def _reach(written: str) -> Reach | None:
    bare = re.sub(r"[{}\s]", "", written)
    return next((reach for pattern, reach in _ranges(TIME.get()).items() if pattern.fullmatch(bare)), None)
