r"""The ways in which people write the gradient of a loss by a value, as a bar over that value.

    \frac{\partial L}{\partial h_t},  dL/dh_t,  ∂L/∂h_t,  \nabla_{h_t} L,  \delta h_t,  dh_t      are \bar{h}_t, in plain text hbar_t
    \frac{\partial L_t}{\partial h_t}                                                            is what the loss of the step itself gives

Which of the names that come out of it are gradients, and of what, is said by `value_of`.
"""

from __future__ import annotations

import re
from collections.abc import Collection

LETTER = r"(?:\\[A-Za-z]+|[^\W\d_])"
INNER = r"[^{}]*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}[^{}]*)*"
INDEX = rf"(?:_(?:\{{{INNER}\}}|[^\W_])|\^(?:\{{{INNER}\}}|\([^()]*\)))"
LOSS = r"(?:\\(?:mathcal|mathrm|text)\{[LEJC]\}|\\(?:ell|mathcal ?[LEJC])|[LEJC]|loss|Loss)"
BY = r"(?:\\partial|\\mathrm\{d\}|\\text\{d\}|\\operatorname\{d\}|∂|d)"
ACCENT = "tilde|hat|overrightarrow|overleftarrow|mathbf|boldsymbol|bm|mathrm|text"
VALUE = rf"(?:(?:\\(?:{ACCENT})\s*(?:\{{{INNER}\}}|{LETTER}))|{LETTER}){INDEX}*"

BODY = re.compile(rf"(\s*\\(?:{ACCENT})\s*(?:\{{{INNER}\}}|{LETTER})|\s*{LETTER})")

FRACTION = re.compile(rf"\\[dtc]?frac\s*\{{\s*{BY}\s*{LOSS}(?P<step>{INDEX}?)\s*\}}\s*\{{\s*{BY}\s*(?P<value>{INNER})\}}")
QUOTIENT = re.compile(
    rf"(?<![^\W_]){BY}\s*{LOSS}(?P<step>{INDEX}?)\s*/\s*{BY}\s*(?P<value>[^\W\d_]\w*?(?:_\{{{INNER}\}}|(?<!_)_t\b)?)(?![\w{{])"
)
NABLA = re.compile(rf"(?:\\nabla|∇)\s*_\s*(?:\{{(?P<value>{INNER})\}}|(?P<letter>{LETTER}))\s*{LOSS}(?P<step>{INDEX}?)")
DELTA = re.compile(rf"(?:(?P<greek>\\[dD]elta|[δΔ])|\\(?:mathrm|operatorname)\{{d\}}|(?<![\\\w])d)\s*(?P<value>{VALUE})(?![^\W\d_])")

DIRECT = "direct"
"""What begins the name of the derivative of the loss of one step."""
MARK = re.compile(r"^(?:delta|Delta|grad|δ|Δ|∂|d|D)_?(?=[^\W\d_])")


def barred(text: str, known: Collection[str]) -> str:
    """A page with all gradients as bars.

    Args:
        text: in LaTeX or in plain text.
        known: the letters of the values, so that dW is told from a product.
    """
    is_latex = "\\" in text
    for pattern in (FRACTION, NABLA, QUOTIENT):
        text = pattern.sub(lambda found: _bar(_value(found), is_latex, bool(found["step"])), text)
    if is_latex:
        small = {_base(found["value"]) for found in DELTA.finditer(text) if found["greek"] == r"\delta"}
        text = DELTA.sub(lambda found: _changed(found, known, small), text)
    return text


def _changed(found: re.Match[str], known: Collection[str], small: Collection[str]) -> str:
    """A Greek delta before a Latin letter is a gradient; a Latin d before one that is known.

    A large delta before a letter that has a small one too is a name of the author's own: a part of that gradient.
    """
    if found["greek"] == r"\Delta" and _base(found["value"]) in small:
        body = BODY.match(found["value"])
        return rf"\mathrm{{part{_base(found['value'])}}}" + (found["value"][body.end() :] if body else "")
    is_change = _base(found["value"]) in known or (found["greek"] and re.match(r"[^\W\d_]", found["value"]))
    return _bar(found["value"], True, False) if is_change else found[0]


def _value(found: re.Match[str]) -> str:
    return (found["value"] or found.groupdict().get("letter") or "").strip()


def _base(value: str) -> str:
    """The letter of a value, without accents and indices."""
    inner = re.sub(rf"\\(?:{ACCENT})|[{{}}]", "", re.sub(INDEX, "", value)).strip()
    return inner.removeprefix("\\")


def _bar(value: str, is_latex: bool, is_of_step: bool) -> str:
    """The value with a bar; with another mark if the loss is that of one step."""
    if not is_latex:
        letter, index, rest = value.partition("_")
        return f"{DIRECT}{value}" if is_of_step else f"{letter}bar{index}{rest}"
    body = BODY.match(value)
    if body is None:
        return value
    mark = rf"\mathrm{{{DIRECT}{_base(body[1])}}}" if is_of_step else rf"\bar{{{body[1].strip()}}}"
    return mark + value[body.end() :]


def value_of(name: str, known: Collection[str]) -> str:
    """The value whose gradient a name stands for: W_f for Wbar_f, W_f_bar, dW_f, delta_W_f, grad_W_f; "" if it is none of the known ones."""
    parts = name.split("_")
    bars = [place for place, part in enumerate(parts) if part == "bar"]
    spellings = ["_".join([*parts[: bars[-1]], *parts[bars[-1] + 1 :]])] if bars else []
    spellings += ["_".join(part for part in parts if part not in ("bar", "grad")), MARK.sub("", name)]
    spellings += ["_".join([parts[0].removesuffix("bar"), *parts[1:]]), name.removesuffix("_grad").removesuffix("_bar")]
    return next((each for each in spellings if each != name and each in known), "")
