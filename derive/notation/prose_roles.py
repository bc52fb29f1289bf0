"""What prose says of outputs and of what is before the first step, as declarations: "the output is `y_t`", "the hidden state starts at zero"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from derive.notation.lower import Line
from derive.notation.said import AND, SENTENCE, mentions

NO_PART = r"(?!\s*(?:gates?|layers?|weights?|matri|dim|size|sequence|length|units?|neurons?|门|层|权重|矩阵|维度|神经元|单元))"
"""Not behind "output", which is that of the whole then."""
WHOLE = r"(?:cell|network|net|layer|model|unit|system|decoder|rnn|lstm|gru|step|time step)s?"
OF_WHOLE = rf"(?:\s+(?:of|for)\s+(?:the|this|our|each)\s+(?:whole\s+)?{WHOLE})?"
BEFORE_NAMES = re.compile(
    rf"(?:\boutputs?{NO_PART}{OF_WHOLE}(?:\s+at\s+(?:each|every|time)(?:\s+time)?(?:\s+step)?)?\s*(?:is|are|:)|\breturns?\s*:"
    rf"|输出{NO_PART}(?:为|是|：|:))\s*(?:(?:then|just|simply)\s+)?$",
    re.IGNORECASE,
)
"""What stands before the names of outputs."""
BEHIND_NAME = re.compile(
    rf"\s*(?:is|are|为|是|作为)\s*(?:the|an|our)?\s*(?:outputs?\b|输出){NO_PART}{OF_WHOLE}(?!\s+(?:of|for)\b)", re.IGNORECASE
)
"""What stands behind the name of an output."""
NOUGHT = r"[$`]?(?:0|\\(?:mathbf|boldsymbol)\s*\{?0\}?)(?![\w.])"
ZERO = re.compile(
    r"(?:\binitial(?:i[sz]\w*)?\b|\bstart(?:s|ed|ing)?\b|\bbegin(?:s|ning)?\b|初始)[^.。;；]{0,60}?"
    rf"(?:(?<!time )(?<!step )\bzeros?\b|全零|[为成置]零|(?:=|\bto|\bis|\bas|\bbe|\bare|[为成])\s*{NOUGHT})|\bzero\s+initial\b",
    re.IGNORECASE,
)
"""That something is zero to begin with."""
STATE = re.compile(r"\b(?:states?|memory|memories|activations?|cells?)\b|状态|记忆", re.IGNORECASE)
OTHER = re.compile(
    r"\b(?:not|never|weights?|bias(?:es)?|parameters?|matri(?:x|ces)|gradients?|learning)\b|不|权重|偏置|参数|矩阵|梯度", re.IGNORECASE
)
"""What else may be zero to begin with."""
FIRST = re.compile(r"_0$")


def roles(words: str, defined: Collection[str], states: Collection[str], declared: Collection[str]) -> Iterator[Line]:
    """What is said of names, as lines that declare it.

    Args:
        words: the prose of a page.
        defined: the names with equations.
        states: those that are read before the first step.
        declared: what the page declares: "output", or "boundary h".
    """
    sentences = SENTENCE.split(words)
    outputs = [] if "output" in declared else list(dict.fromkeys(name for each in sentences for name in _outputs(each, defined)))
    if outputs:
        yield Line("output", tuple(outputs))
    zero = dict.fromkeys(name for each in sentences for name in _zero(each, states) if f"boundary {name}" not in declared)
    yield from (Line("boundary", (name,), "zero") for name in zero)


def _outputs(sentence: str, defined: Collection[str]) -> Iterator[str]:
    """The outputs that a sentence names."""
    if not any(each in sentence for each in ("utput", "输出", "eturn")):
        return
    is_listed, last = False, 0
    for start, end, names in mentions(sentence, defined):
        goes_on = is_listed and AND.fullmatch(sentence[last:start]) is not None
        is_listed = goes_on or BEFORE_NAMES.search(sentence[:start].rstrip("`$ ")) is not None
        if is_listed or BEHIND_NAME.match(sentence, end):
            yield from names
        last = end


def _zero(sentence: str, states: Collection[str]) -> Iterator[str]:
    """The states that a sentence says are zero before the first step."""
    if not ZERO.search(sentence) or OTHER.search(sentence):
        return
    named = [name for _, _, names in mentions(sentence, {*states, *(f"{name}_0" for name in states)}) for name in names]
    if named:
        yield from (FIRST.sub("", name) for name in named)
    elif STATE.search(sentence):
        yield from states
