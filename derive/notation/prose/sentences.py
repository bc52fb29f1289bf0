"""What the sentence around a formula says of it: whether it is so, or only supposed."""

from __future__ import annotations

import re

from derive.notation.prose.characters import simplified

FAR = 300
"""How many characters before a formula are looked at."""
BEGINS = re.compile(
    r"[.!?](?=\s)|[。！？；]|\n[ \t]*\n|\$\$|\\\]|\n[ \t]*(?:[-*+]|\d+[.)]|#+)[ \t]|\n(?=[^\W\d_]\w*(?:_\{[^{}\n]*\})?[ \t]*=)"
)
SUPPOSED = re.compile(
    r"\b(?:if|when(?:ever)?|for (?:example|instance)|e\.g\.|suppos\w+|imagine|in case|were|would|"
    r"unless(?! (?:otherwise )?(?:noted|stated|specified|mentioned|said))|"
    r"special case|so that|instead|could|might|alternatively|unlike|in contrast)(?![\w])"
    r"|如果|假设|例如|比如|当(?!前|然|作|成|做|今)|若|倘若|假如|设想|特例|极限|不妨|或者",
    re.IGNORECASE,
)


DENIED = re.compile(
    r"\b(?:no|not|never|without|neither|nor|rather than|instead of|in place of|unlike|than|replac\w+|drop(?:s|ped|ping)?|remov\w+|"
    r"left to|left out)\b|n't\b"
    r"|不|没有|无|而非|替换|代替|换成|砍掉|去掉",
    re.IGNORECASE,
)
"""What makes a clause speak of something that is not there."""
OF_OTHERS = r"\b(?:earlier|et al|previous version)\b|\[\d+\]"
"""What says that somebody else did so, as part of a pattern."""
INITIAL = re.compile(
    r"\binit(?:\b|iali[sz]|ially\b)|\binitial (?:values?|(?:\w+ )?bias(?:es)?|(?:\w+ )?weights?)\b|\bstart(?:s|ed|ing)? (?:at|from|with)\b"
    r"|初始(?!状态|隐|记忆|条件)|初值|从[\s$`]*$",
    re.IGNORECASE,
)
"""What says of a parameter what it is before training."""


CASE = re.compile(
    r"(?:\s*[,，、]\s*[^\s,=:]{1,12}\s*=\s*[^\s,=:]{1,12}){0,4}[\s$]*[:：]\s*(?:it|this|that|the|we|a|an|then|one|退化|就是|即为|变成|等价)(?![a-z])",
    re.IGNORECASE,
)
"""What stands behind a number that is one case of several: "q = 0, a = c = 1: it's a running average"."""


TRAINING = re.compile(
    r"\b(?:Adam|AdamW|SGD|RMSProp|AdaGrad|optimi[sz]er)\b.*\b(?:learning[- ]rates?|step sizes?)\b"
    r"|(?:训练|优化器?|Adam|SGD)[^，。；]*学习率",
    re.IGNORECASE | re.DOTALL,
)
"""What says of a number that it is one of the training; a learning rate by itself may be one of the cell, as of fast weights."""


FOUND = re.compile(
    r"\b(?:converg\w+ to|after training|end(?:s|ed)? up|learn(?:s|ed) to|ablat\w+|(?:the|in the|limiting) (?:limit|case)|grid search|"
    r"(?:we |have )tried)\b|\bfig(?:ure)?\.?\s*\d+\s+(?:shows|is for|plots)"
    r"|收敛(?:到|于|至)|训练(?:之)?后|学(?:习)?到|消融|极限|[图表]\s*\d+\s*(?:给出|展示|显示|是|为)",
    re.IGNORECASE,
)
"""What says of a number that it is found, shown or tried, and given by nobody."""
OF_SOMETHING_ELSE = re.compile(
    r"\b(?:significance|confidence|elastic[- ]net|discount(?:ing)?|false[- ]alarm|early stopping)\b|\bleak (?:of|in) the\b"
    r"|显著性|置信|弹性网|折扣",
    re.IGNORECASE,
)
"""What has numbers that are none of a cell."""
ENDS = re.compile(r"[.!?](?=\s|$)|[。！？；;]|\n[ \t]*\n|\$\$|[,，]\s")
"""What ends the clause of a formula behind it."""


def is_no_choice(text: str, at: int, end: int) -> bool:
    """Whether the words around a number say that it is found or shown, and not chosen, or is one of something else than a cell.

    Args:
        text: the page.
        at, end: where the formula begins and ends on it.
    """
    behind = simplified(text[end : end + FAR])
    stop = ENDS.search(behind)
    around = f"{_before(text, at)} {behind[: stop.start()] if stop else behind}"
    return FOUND.search(around) is not None or OF_SOMETHING_ELSE.search(_before(text, at)) is not None


def is_of_training(text: str, at: int) -> bool:
    """Whether the sentence in which a formula stands speaks of numbers of the training before it."""
    return TRAINING.search(_before(text, at)) is not None


OF_CASE = re.compile(r"\bfor[\s$`]*$", re.IGNORECASE)
"""What stands before a number that is one case of several: "for q = 0 it is a running average"."""
_VALUE = r"[$`]?\\?\w+\s*=\s*[-−\w.]+[$`]?"
WITH = re.compile(rf"\b(?:with|setting|at)\s+(?:{_VALUE}\s*(?:,|and)\s*(?:and\s+)?){{0,4}}[$`]?$", re.IGNORECASE)
BECOMES = re.compile(
    rf"[$`]?(?:\s*(?:,|and)\s*(?:and\s+)?{_VALUE}){{0,4}},?\s+(?:this|that|it|one|you|we|(?:the|an?) (?:\w+ )?\w+)\s+"
    r"(?:is|are|gets?|recovers?|becomes?|reduces?|obtains?|would|will|remembers?|behaves?|turns?|simply|just)\b",
    re.IGNORECASE,
)
"""The same around one, "with q = 0 and c = 1 you get a running average"."""


def is_case(text: str, at: int, end: int) -> bool:
    """Whether the words around a formula, which begins and ends there, tell what is so in its case."""
    before = text[max(0, at - FAR) : at]
    is_around = WITH.search(before) is not None and BECOMES.match(text, end) is not None
    return is_around or CASE.match(text, end) is not None or OF_CASE.search(before) is not None


def is_before_training(text: str, at: int) -> bool:
    """Whether the sentence in which a formula stands says how something begins that is trained."""
    return INITIAL.search(_before(text, at)) is not None


EXERCISE = re.compile(
    r"[(（]\s*\d+\s*(?:分|points?|marks|pts|p)\.?\s*[)）]|(?-i:\b(?:Show|Prove|Verify) that\b)"
    r"|证明(?:[:：]|当|若|对)|\bexercise\b|\bproblem \d|\bth(?:ought|inking) (?:of|about)\b|习题|思考题|考虑过|想过",
    re.IGNORECASE,
)
"""What makes a sentence one of an exercise or of a thought, which asks and does not say what is so."""


SOLUTION = re.compile(
    r"\bthe minimi[sz]er is|\bclosed(?:[- ]form)? solution|\bclosed[- ]form|\banalytic(?:al)? solution"
    r"|\bnormal equations?\b|\b(?:ridge|least[- ]squares) (?:solution|regression)\b"
    r"|[闭閉]式解|[闭閉]合解|解析解|正规方程|岭回归|最小二乘解?",
    re.IGNORECASE,
)
"""What leads to the values of parameters that training finds."""


def is_no_part(text: str, at: int) -> bool:
    """Whether a formula stands in an exercise, or gives what training finds, W = D^T X (X^T X)^{-1}; no step computes it then.

    Args:
        text: the page.
        at: where the formula begins on it.
    """
    before = _before(text, at)
    return EXERCISE.search(before) is not None or SOLUTION.search(before) is not None


ASSUMED = re.compile(r"\bassum\w+|\blikelihood\b|假设|假定|似然", re.IGNORECASE)
"""What says of a distribution that it is one of the data, for which a likelihood is written down."""


def is_assumed(text: str, at: int) -> bool:
    """Whether the sentence of a formula assumes it of the data.

    Args:
        text: the page.
        at: where the formula begins on it.
    """
    return ASSUMED.search(_before(text, at)) is not None


def is_supposed(text: str, at: int) -> bool:
    """Whether the sentence in which a formula stands supposes it, or gives it as an example.

    Args:
        text: the page.
        at: where the formula begins on it.
    """
    return SUPPOSED.search(_before(text, at)) is not None


def _before(text: str, at: int) -> str:
    """What stands in the sentence of a formula before it."""
    before = simplified(text[max(0, at - FAR) : at])
    begin = max((found.end() for found in BEGINS.finditer(before)), default=0)
    return before[begin:]


def line_of(sentence: str, text: str) -> int:
    """The line of a page on which a sentence begins, from 1; 0 where it is not found."""
    place = re.search(r"\s+".join(map(re.escape, sentence.split()[:4])), simplified(text))
    return text.count("\n", 0, place.start()) + 1 if place else 0
