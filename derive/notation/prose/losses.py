"""A loss that only words give, as an equation: "the cross-entropy between $p_t$ and the one-hot target $y_t$, summed over all steps".

It is made where the words leave nothing open: which of the two usual losses it is, the value that is compared, which an equation defines, and the
name of the target, which none has. A mean, of which it is not said over what, is left to the author.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from derive.notation.pieces import Piece, Source
from derive.notation.plain.parser import parse
from derive.notation.prose.said import FORMULA, LETTER, WORD, name_of, sentences
from derive.notation.prose.sentences import DENIED, SUPPOSED
from derive.notation.tree import Call, Declaration, Equation, Name, Statement, names
from derive.notation.written import Written

LOSS = re.compile(
    r"\b(?:loss|objective|cost|error measure|criterion|minimi[sz]\w*|train(?:ed|ing)? (?:it |this |them |the \w+ )?(?:with|on|by))\b"
    r"|\berror\s+\$?[LEJ]\b"
    r"|损失|(?:训练|优化)?目标(?:函数)?|误差函数|准则|代价|最小化",
    re.IGNORECASE,
)
STEMS = ("loss", "objective", "cost", "error", "criterion", "minimi", "train", "损失", "目标", "误差函数", "准则", "代价", "最小化")
"""What it has in it."""
ENTROPY = re.compile(
    r"cross[- ]entropy|(?:negative )?log[- ]?likelihood|log[- ]?probabilit(?:y|ies)|交叉熵|对数(?:似然|概率)", re.IGNORECASE
)
SQUARED = re.compile(
    r"squared (?:error|difference|distance|deviation)s?|sum of squares|平方误差|误差(?:的)?平方|差(?:的|之)?平方|平方和", re.IGNORECASE
)
MEAN = re.compile(r"\bmeans?\b|\baverag\w+|均方|平均|正则|\bregulari[sz]\w+|\bweight decay\b|\bplus\b|加上", re.IGNORECASE)
HALF = re.compile(r"\bhalf\b|一半|½|二分之一|1\s*/\s*2|\\frac\s*\{?\s*1\s*\}?\s*\{?\s*2", re.IGNORECASE)
TARGET = re.compile(r"\btargets?\b|\blabels?\b|\bdesired\b|\bone[- ]hot\b|期望|标签|真实|标准|目标", re.IGNORECASE)
PLAIN = frozenset(
    "a all and are as at between by character character's characters component components computed correct cost cross cross-entropy current "
    "defined desired difference differences distance distribution distributions each element elements entries entropy error every for from "
    "function given half hidden in is it its just label labels likelihood log log-likelihood loss measured minimise minimised minimises "
    "minimising minimize minimized minimizes minimizing model negative network next objective of on one-hot output outputs over paired "
    "predicted prediction predictions probabilities probability sequence simply square squared squares step steps sum summed summing sums "
    "target targets the them this time times to token total train trained training true under use used uses value values vector vectors we "
    "whole with word".split()
)
"""Words that say nothing more of a loss than what is understood here."""
PLAIN_CHINESE = re.compile(
    "损失函数|训练目标|优化目标|目标函数|误差函数|交叉熵|对数似然|平方误差|平方和|损失|训练|目标|误差|平方|之差|之间|期望输出|期望|标签|标准|真实|真值|输出|预测|分布|词性|"
    "所有|全部|每个|每一|各个|时刻|时间步|时间|整句|整个|序列|位置|分量|加起来|求和|之和|总和|一半|网络|独热|向量|最小化|定义|作为|采用|使用|给定|其中|我们|模型|"
    "[的是为与和用取对把即在上处步所各之时下使得于并由到以个]"
)
OTHER_STEP = re.compile(r"_\s*\{?\s*t\s*[-+−]|ₜ[₊₋]|[\[(]\s*t\s*[-+]|_\s*\{?\s*T(?![A-Za-z])")
"""A value of another step than t, which no loss that is made here compares."""
NAMES = frozenset({"L", "E", "J", "ell", "loss", "Loss", "NLL", "MSE", "SSE", "CE"})
"""What losses are called."""


def loss_in_words(words: str, pieces: Sequence[Piece], text: str) -> Iterator[Piece]:
    """The equation of the loss that the words of a page give, with what its target is; nothing where an equation gives one, or something is open.

    Args:
        words: the prose of a page.
        pieces: what its formulas say.
        text: the page.
    """
    equations = [each.statement for each in pieces if isinstance(each.statement, Equation)]
    lefts = {each.left.whole: each for each in equations if isinstance(each.left, Name)}
    is_asked = any(isinstance(each.statement, Declaration) and each.statement.key in ("loss", "output") for each in pieces)
    if not speaks_of_loss(words) or is_asked or any(name.split("_")[0] in NAMES for name in lefts):
        return
    known = {name.whole for each in equations for name in names(each)}
    every = sentences(words)
    for place, sentence in enumerate(every):
        is_entropy, is_squared = (each.search(sentence) is not None for each in (ENTROPY, SQUARED))
        if not LOSS.search(sentence) or is_entropy is is_squared or any(each.search(sentence) for each in (MEAN, DENIED, SUPPOSED)):
            continue
        if not _is_plain(sentence) or sum(map(is_of_loss, every)) > 1:
            continue
        around = [sentence, *(each for each in every[max(place - 1, 0) : place + 2] if each is not sentence and TARGET.search(each))]
        mentioned = [list(_mentioned(each)) for each in around]
        value = _value(mentioned[0], lefts, is_entropy)
        target = _target(mentioned, known)
        if value is None or not target:
            continue
        letter = next((each for each in (*mentioned[0], "L", "loss") if each in NAMES and each not in known), "")
        if not letter:
            continue
        yield from _pieces(_statements(letter, value, target, is_entropy, HALF.search(sentence) is not None), sentence, text)
        return


@lru_cache(2)
def speaks_of_loss(words: str) -> bool:
    """Whether a page speaks of a loss at all."""
    lowered = words.lower()
    return any(stem in lowered for stem in STEMS) and LOSS.search(words) is not None


def _is_plain(sentence: str) -> bool:
    """Whether a sentence says nothing of a loss that is not understood: whose it is, at which steps, how it is weighted."""
    bare = re.sub(r"\([^()]{0,40}\)|（[^（）]{0,40}）", " ", FORMULA.sub(" ", sentence))
    words = re.findall(r"[A-Za-z]+(?:['-][A-Za-z]+)*", bare)
    is_indexed = re.compile(r"\w+_\w+|\w[ₜ]")
    others = [each for each in words if each.lower() not in PLAIN and each not in NAMES and not is_indexed.search(each) and len(each) > 1]
    chinese = PLAIN_CHINESE.sub("", "".join(re.findall("[\u3400-\u9fff]+", bare)))
    return not others and not chinese and not OTHER_STEP.search(sentence)


def is_of_loss(sentence: str) -> bool:
    """Whether a sentence says which loss there is."""
    return bool(LOSS.search(sentence)) and bool(ENTROPY.search(sentence) or SQUARED.search(sentence)) and not DENIED.search(sentence)


def _mentioned(sentence: str) -> Iterator[str]:
    """The names in a sentence, those in its formulas and, on a page without formulas, those with an index."""
    formulas = list(FORMULA.finditer(sentence))
    for formula in formulas:
        if name := name_of(next(filter(None, formula.groups()))):
            yield name
    for word in WORD.finditer(sentence) if not formulas else ():
        if (re.search(rf"_{LETTER.get()}$|[ₜ]$", word[0]) or word[0] in NAMES) and (name := name_of(word[0])):
            yield name


def _value(mentioned: Sequence[str], lefts: dict[str, Equation], is_entropy: bool) -> Name | None:
    """The value that is compared with the target: that which the sentence names, or the only one that it can be."""
    read = {name.whole for each in lefts.values() for name in names(each.right)}
    fit = [name for name, each in lefts.items() if (_is_softmax(each) if is_entropy else name not in read)]
    named = [name for name in mentioned if name in (fit if is_entropy else lefts)]
    chosen = named[:1] or (fit if len(fit) == 1 else [])
    left = lefts[chosen[0]].left if chosen else None
    return left if isinstance(left, Name) else None


def _is_softmax(equation: Equation) -> bool:
    return isinstance(equation.right, Call) and equation.right.function.whole == "softmax"


def _target(mentioned: Sequence[Sequence[str]], known: Collection[str]) -> str:
    """The one name that no equation has, first in the sentence itself; "" if there is none or there are several."""
    for each in mentioned:
        if found := dict.fromkeys(name for name in each if name not in known and name not in NAMES and name.isidentifier()):
            return next(iter(found)) if len(found) == 1 else ""
    return ""


def _statements(letter: str, value: Name, target: str, is_entropy: bool, is_half: bool) -> Iterator[Statement]:
    """The loss as an equation, and its target as a distribution where it is one."""
    time = LETTER.get()
    at = "" if value.time is None else f"_{time}"
    over = "" if value.time is None else f"sum_{time} "
    own = value.whole
    if is_entropy:
        yield from parse(f"{letter} = -{over}sum({target}{at} * log({own}{at}))", time)
        yield from parse(f"distribution {target}", time)
    else:
        yield from parse(f"{letter} = {'1/2 * ' * is_half}{over}sum(({own}{at} - {target}{at})^2)", time)


def _pieces(statements: Iterator[Statement], sentence: str, text: str) -> Iterator[Piece]:
    """The statements as pieces of a page that stand where the sentence begins."""
    at = max(text.find(sentence.strip()[:20]), 0)
    written = Written(" ".join(sentence.split()), (at,))
    yield from (Piece(written, Written("", (at,)), each, Source(text), is_latex=False) for each in statements)
