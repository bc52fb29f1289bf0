r"""A slope that a sentence gives as a formula without a left side: "in the backward pass we replace H' by $0.3 \max(0, 1 - |v|)$"."""

from __future__ import annotations

import re
from functools import lru_cache

from derive.notation.written import Written

FAR = 300
"""How far before a formula is looked for what it is of."""
OF_SLOPE = re.compile(
    r"\bderivatives?\b|\bslope\b|\bsurrogate\b|\bpseudo-?gradient|[A-ZΘσ]\s*[`$]?'|\\Theta'|导数|替代梯度|代理梯度|伪导数", re.IGNORECASE
)
REPLACED = re.compile(
    r"\breplac\w*|\binstead\b|\bsubstitut\w*|\b(?:is|are) taken\b|\bwe (?:use|take)\b|\bby\b|换成|换为|代替|替换|改用|取为|近似",
    re.IGNORECASE,
)
EXPLICIT = re.compile(
    r"\\partial[^{}]{0,40}\}\s{0,9}\{\s{0,9}\\partial|'\s{0,9}\([^()]{1,40}\)[$&\s]{0,9}(?:=|\\approx|\\to|≈|→|~|∼)|(?<!\w)d[a-z]\s*/\s*d[a-z]\s*(?::=|=|≈|~)"
)
"""A slope that has a left side."""
FUNCTION = re.compile(
    r"(?<![A-Za-z\\])(?P<primed>\\?[A-Z][A-Za-z]*|[Θσ])\s*'"
    r"|\b(?:derivative|slope) of [`$]?(?P<of>\\?[A-Z][A-Za-z]*|Θ)\b|[`$]?(?P<named>\\?[A-Z][A-Za-z]*|Θ)[`$]? ?的导数"
)
IS_STEP = re.compile(
    r"(?<![A-Za-z\\])(?P<function>\\?[A-Z][A-Za-z]{0,8}|Θ)[`$\s]{0,9}(?:\([^()]{0,10}\))?[`$\s]{0,9}(?:(?:is|denotes|the|being|=|,|:|为|是|：)\s*){1,3}"
    r"(?:Heaviside|unit[- ]step|step function|(?:单位)?阶跃)",
)
"""A letter that is said to be the step function."""
OPERAND = re.compile(r"(?:\||\\lvert|\\left\s*\|)\s{0,9}(?P<inner>[^|]{1,40}?)\s{0,9}(?:\||\\rvert|\\right\s*\|)")
"""What the formula of a slope is of."""
EQUAL = re.compile(r"=|≈|\\approx|\\sim|\\to(?![A-Za-z])|[→~∼]")
PLAIN = re.compile(r"[-\w.()*/+^,|\[\]\s·∙]+")


def with_left_side(formula: Written, text: str, is_latex: bool) -> Written:
    """The formula of a slope with what it is of before it, H'(v) = ...; any other one as it is.

    Args:
        formula: mathematics without an equals sign.
        text: the page.
        is_latex: whether it is in LaTeX.
    """
    plain = formula.plain
    operand = OPERAND.search(plain) if formula.columns and not EQUAL.search(plain) and (is_latex or PLAIN.fullmatch(plain)) else None
    if operand is None or _is_explicit(text):
        return formula
    at = formula.columns[0]
    before = text[max(0, at - FAR) : at]
    before = before[before.rfind("\n\n", 0, len(before.rstrip())) + 1 :]
    if not OF_SLOPE.search(before) or not REPLACED.search(before):
        return formula
    named = [next(filter(None, each.groups())) for each in FUNCTION.finditer(before)]
    steps = _steps(text)
    function = named[-1] if named else steps[0] if len(steps) == 1 else ""
    return Written.joined([Written.of(f"{function}'({operand['inner']}) = ", at), formula]) if function else formula


@lru_cache(2)
def _is_explicit(text: str) -> bool:
    """Whether a page has a slope with a left side."""
    return EXPLICIT.search(text) is not None


@lru_cache(2)
def _steps(text: str) -> tuple[str, ...]:
    """The letters that a page says are the step function."""
    return tuple(dict.fromkeys(each["function"] for each in IS_STEP.finditer(text)))
