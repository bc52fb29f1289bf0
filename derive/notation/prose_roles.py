"""What prose says of outputs and of what is before the first step, as declarations: "the output is `y_t`", "the hidden state starts at zero"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from derive.notation.lower import Line
from derive.notation.said import AND, FORMULA, mentions, name_of, sentences
from derive.system import System

NO_PART = r"(?!\s*(?:gates?|layers?|weights?|matri|dim|size|sequence|length|units?|neurons?|门|层|权重|矩阵|维度|神经元|单元))"
"""Not behind "output", which is that of the whole then."""
WHOLE = r"(?:cell|network|net|layer|model|unit|system|decoder|rnn|lstm|gru|step|time step)s?"
OF_WHOLE = rf"(?:\s+(?:of|for)\s+(?:the|this|our|each)\s+(?:whole\s+)?{WHOLE})?"
RETURNING = r"(?:(?:^|\n)[\s>*_:-]*|\b(?:it|we|that|which|and|then|cell|layer|network|model|unit|function|method|call)\s+)"
"""Before "returns", which are those of a stock else."""
BEFORE_NAMES = re.compile(
    rf"(?:\boutputs?{NO_PART}{OF_WHOLE}(?:\s+at\s+(?:each|every|time)(?:\s+time)?(?:\s+step)?)?\s*(?:is|are|:)|{RETURNING}returns?\b[\s:*_]*"
    rf"|输出{NO_PART}(?:为|是|：|:))\s*(?:(?:then|just|simply)\s+)?$",
    re.IGNORECASE,
)
"""What stands before the names of outputs."""
BEHIND_NAME = re.compile(
    rf"\s*(?:is|are|为|是|作为)\s*(?:the|an|our)?\s*(?:outputs?\b|输出){NO_PART}{OF_WHOLE}(?!\s+(?:of|for)\b)", re.IGNORECASE
)
"""What stands behind the name of an output."""
NOUGHT = r"[$`]?(?:0|\\(?:mathbf|boldsymbol|bm)\s*\{?\s*0\s*\}?)(?![\w.])"
ZERO = re.compile(
    r"(?<!time )(?<!step )\bzero(?:s|es)?\b(?![\s-]*(?:mean|order|padd))|全零|(?<!从)零(?!均值|阶)"
    rf"|(?:=|\\equiv|\bto|\bis|\bas|\bbe|\bare|[为成是取到])\s*{NOUGHT}",
    re.IGNORECASE,
)
FIRST = re.compile(
    r"\binitial(?:i[sz]\w*)?\b|\bstart(?:s|ed|ing)?\b|\bbegin(?:s|ning)?\b|\bat rest\b|初始|初值|开始|起初|最初|开头", re.IGNORECASE
)
"""That something is so to begin with."""
LEARNED = r"(?:learn(?:ed|t|able)|train(?:ed|able)|可学习|可训练)"
LEARNED_BEHIND = re.compile(rf"\s*(?:(?:is|are|being|itself|also|a|an|为|是|都|作为)\s*)+{LEARNED}", re.IGNORECASE)
LEARNED_BEFORE = re.compile(
    rf"{LEARNED}\s*(?:的)?\s*(?:(?:initial|first|hidden|cell|states?|values?|vectors?)\s*|初始|隐藏?|状态|值|向量)*$", re.IGNORECASE
)
"""What stands beside an initial value that is a parameter."""
SUPPOSED = re.compile(r"\b(?:if|not|could|would|instead)\b|如果|若|不是", re.IGNORECASE)
STATE = re.compile(
    r"\b(?:states?|memory|memories|activations?|cells?|potentials?|both|they|all of them)\b|状态|记忆|初值|电位|两者|二者|它们",
    re.IGNORECASE,
)
OTHER = re.compile(
    r"\b(?:not|never|non|weights?|bias(?:es)?|parameters?|gradients?|learning|entries)\b|不(?:为|是|等于|取|设)*\s*(?:零|0|全零)|非零|权重|权值|偏置|参数|梯度",
    re.IGNORECASE,
)
"""What else may be zero to begin with."""
NONE = re.compile(rf"\$([^$]+?)(?:=|\\equiv)\s*(?:\\vec\s*)?{NOUGHT}\s*[.,]?\s*\$")
"""A formula that says of names that they are zero."""
INDEX = r"(?:\(0\)|0|-1|T\s*\+\s*1|t\s*=\s*0)"
INITIAL = re.compile(
    rf"(?P<name>.+?)(?:\s*[_^]\s*(?:\{{\s*{INDEX}\s*\}}|0)|[(\[]\s*{INDEX}\s*[)\]])(?P<above>\s*\^\s*(?:\{{[^{{}}]*\}}|\w))?"
)
"""A name with the index of what is before the first step, or behind the last one."""


def as_lines(words: str, system: System, lines: Iterable[tuple[int, Line]]) -> list[tuple[int, Line]]:
    """What prose says of the outputs and states of a system, as lines of declarations, where none of these does."""
    declared = {key for _, line in lines for key in (line.key, *(f"{line.key} {name}" for name in line.names))}
    defined = [equation.name for equation in system.equations]
    return [(0, each) for each in roles(words, defined, [each.name for each in system.states], declared)]


def roles(words: str, defined: Collection[str], states: Collection[str], declared: Collection[str]) -> Iterator[Line]:
    """What is said of names, as lines that declare it.

    Args:
        words: the prose of a page.
        defined: the names with equations.
        states: those that are read before the first step.
        declared: what the page declares: "output", or "boundary h".
    """
    every = sentences(words)
    telling = [each for each in every if "utput" in each or "输出" in each or "eturn" in each]
    outputs = [] if "output" in declared else list(dict.fromkeys(name for each in telling for name in _outputs(each, defined)))
    if outputs:
        yield Line("output", tuple(outputs))
    telling = [each for each in every if "0" in each or "ero" in each or "零" in each]
    learned = [name for each in telling for name in _learned(each, states) if f"boundary {name}" not in declared]
    yield from (Line("boundary", (name,), "parameter") for name in dict.fromkeys(learned))
    zero = dict.fromkeys(
        name for each in telling for name in _zero(each, states) if f"boundary {name}" not in declared and name not in learned
    )
    yield from (Line("boundary", (name,), "zero") for name in zero)


def _outputs(sentence: str, defined: Collection[str]) -> Iterator[str]:
    """The outputs that a sentence names."""
    if SUPPOSED.search(sentence):
        return
    is_listed, last = False, 0
    for start, end, names in mentions(sentence, defined):
        goes_on = is_listed and AND.fullmatch(sentence[last:start]) is not None
        is_listed = goes_on or BEFORE_NAMES.search(sentence[:start].rstrip("`$ ")) is not None
        if is_listed or BEHIND_NAME.match(sentence, end):
            yield from names
        last = end


def _zero(sentence: str, states: Collection[str]) -> Iterator[str]:
    """The states that a sentence says are zero before the first step, or behind the last one."""
    stated = [name for formula in NONE.findall(sentence) for name in _initial(formula, states)]
    if stated or not ZERO.search(sentence) or OTHER.search(sentence):
        yield from stated
    elif initial := list(_first(sentence, states)):
        yield from initial
    elif FIRST.search(sentence):
        named = [name for _, _, names in mentions(sentence, {*states, *(f"{name}_0" for name in states)}) for name in names]
        yield from (name.removesuffix("_0") for name in named)
        if not named and STATE.search(sentence):
            yield from states


def _learned(sentence: str, states: Collection[str]) -> Iterator[str]:
    """The states whose initial values a sentence says are parameters."""
    for formula in FORMULA.finditer(sentence):
        if LEARNED_BEHIND.match(sentence, formula.end()) or LEARNED_BEFORE.search(sentence[: formula.start()]):
            yield from _initial(next(filter(None, formula.groups())), states)


def _first(sentence: str, states: Collection[str]) -> Iterator[str]:
    """The states whose initial values stand in the formulas of a sentence."""
    for formula in FORMULA.finditer(sentence):
        yield from _initial(next(filter(None, formula.groups())), states)


def _initial(written: str, states: Collection[str]) -> Iterator[str]:
    """The states whose initial values stand in a formula, h_0 = c_0; of all layers where one is named by a letter, h_0^{(l)}."""
    for side in written.split("="):
        found = INITIAL.fullmatch(side.strip())
        name = name_of(f"{found['name']}{found['above'] or ''}") if found else None
        if name and name in states:
            yield name
        elif name and found and found["above"]:
            yield from (each for each in states if each.startswith(f"{name.rpartition('_')[0]}_"))
