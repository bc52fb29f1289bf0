"""What a page says in words and the system that was read from it has not: a scalar where no name is one, an output that is none, a ReLU nowhere.

This asks the outcome and not the reading: whatever the reader of a sentence made of it, a word for a kind, a role, a function or an operation
must be true of something in the system. Where it is true of nothing, the sentence is told.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.evidence import Unused
from derive.notation.prose.roles import NO_PART
from derive.notation.prose.said import FORMULA, mentions
from derive.notation.prose.sentences import DENIED, SUPPOSED, line_of
from derive.system import Role, System

STOPS = "[.;!?:]"
CLAUSE = re.compile(
    rf"{STOPS}(?<!\be\.g{STOPS})(?<!\bi\.e{STOPS})(?<!\bEq{STOPS})(?<!\bFig{STOPS})(?=\s|$)"
    r"|[,，。；！？：]|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)、])\s)"
)
"""What ends a clause."""
GOES_ON = re.compile(r"\s*(?:均|都|皆|全|all |both |each |they )", re.IGNORECASE)
"""How a clause begins that says more of what the one before names."""
EQUATION = re.compile(r"[$`][^$`]*=[^$`]*[$`]")
"""A formula that says more of a clause than its words."""


@dataclass(frozen=True, eq=False)
class Word:
    """A word that says something of a system.

    Attributes:
        pattern: it, in the languages that are read.
        stems: of which each clause with the word has one.
        holds: whether it is true of one of the names of its clause, or, if there are none, of something in the system.
        advice: what to do where it is not.
        needs_name: whether it says something only in a clause that has a name.
    """

    pattern: re.Pattern[str]
    stems: tuple[str, ...]
    holds: Callable[[System, Sequence[str]], bool]
    advice: str
    needs_name: bool = False


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _sides(system: System, name: str) -> tuple[bool, bool]:
    rows, columns = system[name].shape
    return rows != 1, columns != 1


def _is_of_kind(*kinds: tuple[bool, bool]) -> Callable[[System, Sequence[str]], bool]:
    """Whether a name has one of these kinds, each given by whether there are more rows than one, and more columns."""

    def holds(system: System, names: Sequence[str]) -> bool:
        return any(_sides(system, name) in kinds for name in names or system.variables)

    return holds


def _has(*operations: type[Expr]) -> Callable[[System, Sequence[str]], bool]:
    """Whether an equation has one of these operations."""

    def holds(system: System, names: Sequence[str]) -> bool:
        return any(isinstance(part, operations) for part in _parts(system))

    return holds


def _is_matrix(system: System, names: Sequence[str]) -> bool:
    """Whether a name is a matrix, or the column of the diagonal of one."""
    return _is_of_kind((True, True))(system, names) or any(_sides(system, name) == (True, False) and name[0].isupper() for name in names)


def _is_diagonal(system: System, names: Sequence[str]) -> bool:
    """Whether a name is the column of a diagonal, or stands on one."""
    return not _is_of_kind((True, True))(system, names)


def _parts(system: System) -> Iterator[Expr]:
    return (part for equation in system.equations for part in nodes.parts(equation.right))


def _is_output(system: System, names: Sequence[str]) -> bool:
    """Whether a name is an output, or none of them is defined at each step."""
    defined = [name for name in names if system[name].role is Role.DEFINED and system[name].is_sequence]
    return not defined or bool(system.loss) or bool({*defined} & {*system.outputs})


def _has_outer(system: System, names: Sequence[str]) -> bool:
    """Whether a column stands before a row somewhere."""
    products = (part.args[1] for part in _parts(system) if isinstance(part, nodes.MatMul))
    return any(isinstance(right, nodes.Transpose) or system.shape(right)[0] == 1 for right in products)


def _is_never(system: System, names: Sequence[str]) -> bool:
    """False: no system has such a thing."""
    return False


def _are_all_numbers(system: System, names: Sequence[str]) -> bool:
    """Whether all these names are numbers, or, if there are none, all values at each step."""
    every = names or [name for name, each in system.variables.items() if each.is_sequence]
    return all(_sides(system, name) == (False, False) for name in every)


def _has_gate_of_one(system: System, names: Sequence[str]) -> bool:
    """Whether what has a sigmoid for its equation, or one of these names, is a number."""
    gates = names or [each.name for each in system.equations if isinstance(each.right, (nodes.sigmoid, nodes.hard_sigmoid))]
    return any(_sides(system, name) == (False, False) for name in gates)


def _is_computed(system: System, names: Sequence[str]) -> bool:
    """Whether a name has an equation, or none of them stands for a value at each step."""
    return any(system[name].role is not Role.INPUT for name in names)


def _is_learned(system: System, names: Sequence[str]) -> bool:
    """Whether a name is a parameter, or is computed, so that something of it may be learned."""
    return any(system[name].role in (Role.PARAMETER, Role.DEFINED) for name in names)


def _stacks(system: System, names: Sequence[str]) -> bool:
    """Whether values are stacked somewhere, or what a stack times a matrix is as a sum is added."""
    return _has(nodes.Stack)(system, names) or any(
        sum(isinstance(each, nodes.MatMul) for each in part.args) > 1 for part in _parts(system) if part.is_Add
    )


def _has_entries(system: System, names: Sequence[str]) -> bool:
    """Whether two values are multiplied entry by entry."""
    return any(part.is_Mul and sum(system.shape(each) != (1, 1) for each in part.args) > 1 for part in _parts(system))


def _reads_ahead(system: System, names: Sequence[str]) -> bool:
    return any(ahead > 0 for _, ahead in system.reach.values())


RECTIFIED = nodes.relu, nodes.maximum, nodes.absolute, nodes.step, nodes.sign, nodes.leaky_relu, nodes.elu
SQUASHED = nodes.sigmoid, nodes.hard_sigmoid, nodes.exp, nodes.logsigmoid, nodes.tanh, nodes.softmax, nodes.softplus
"""What functions by these names may be read as."""
NORMS = nodes.layer_norm, nodes.rms_norm, nodes.rms, nodes.spread, nodes.MeanRows, nodes.SumRows
DECLARE = "declare what is meant, as in `scalar a`, `vector h`, `row x`, `matrix W`"
DECLARE_DIAGONAL = "declare its diagonal, as in `vector a` with a ⊙ h_{t-1} in the place of A h_{t-1}"
WRITE = "if it belongs to the cell, write it in the equation"

SCALAR = r"(?<!-)\bscalars?\b(?! (?:product|case|multipl))|标量(?!积|乘)"
MATRIX = r"\bmatri(?:x|ces)\b(?! (?:product|multipl|form|notation|vector))|矩阵(?!乘|形式|运算)"
VECTOR = r"(?<!row )(?<!unit )\bvectors?\b(?![ -](?:product|form|notation|field|valued|space))|(?<!行)向量(?!积|形式|空间|机)"
OF_PART = "(?<!门)(?<!门的)(?<!层)(?<!层的)(?<!函数)(?<!函数的)(?<!tanh )(?<!tanh 的)"
OUTPUT = rf"(?<!'s )\boutputs?\b{NO_PART}(?! distribution| an? )|{OF_PART}输出{NO_PART}(?!一个)|\bread(?:out| out\b)"
ALL_SCALARS = (
    r"\b(?:all|every(?:thing)?|each) (?!(?:\w+ )?(?:gate|weight|bias))[^.;]{0,40}\b(?:is|are) "
    r"(?:a |just |plain |real |simply )*(?:scalars?|numbers?)\b"
    r"|(?:各|所有|全部|以上|上述|上面)[^。；，,$]{0,8}(?:量|变量|符号|字母|信号)?(?:都|均|皆|全)?(?:是|为)标量"
)
ONE_GATE = (
    r"\bgates? (?:here )?(?:is|are|takes?|has|have)\b[^.;,]{0,30}\b(?:one|a single|just a|only one) (?:real )?(?:number|scalar|value)\b"
    r"|门(?:都|均|只)?是(?:一个)?(?:单个)?(?:数|标量)(?!组|学|据|列|值型)"
)
COMPUTED = (
    r"(?<!'s )(?<!desired )(?<!target )(?<!true )(?<!expected )(?<!correct )\boutputs?\b(?! an? )"
    + NO_PART
    + rf"|(?<!期望)(?<!目标)(?<!真实)(?<!标准){OF_PART}输出(?!一个)"
    + NO_PART
    + r"|\bpredict(?:ion|ed|s)\b|预测值"
)
DIAGONAL = r"(?<!off-)(?<!block-)(?<!block )\bdiagonal\b(?! (?:of|entr|element|part|term|form|block))|对角(?!线|元|化|块)"
WORDS = (
    Word(_word(ALL_SCALARS), ("calar", "umber", "标量"), _are_all_numbers, DECLARE),
    Word(
        _word(ONE_GATE),
        ("gate is", "gates is", "gates are", "gate has", "gates have", "gate takes", "门是", "门都是", "门均是", "门只是"),
        _has_gate_of_one,
        DECLARE,
    ),
    Word(_word(SCALAR), ("calar", "标量"), _is_of_kind((False, False)), DECLARE),
    Word(_word(MATRIX), ("atri", "矩阵"), _is_matrix, DECLARE, needs_name=True),
    Word(_word(VECTOR), ("ector", "向量"), _is_of_kind((True, False), (False, True)), DECLARE, needs_name=True),
    Word(_word(r"\brow[ -]vectors?\b|行向量"), ("ector", "行向"), _is_of_kind((False, True)), DECLARE),
    Word(_word(DIAGONAL), ("iagonal", "对角"), _is_diagonal, DECLARE_DIAGONAL, needs_name=True),
    Word(
        _word(r"\btanh\b|\bhyperbolic tangents?\b|双曲正切"), ("anh", "angent", "双曲"), _has(nodes.tanh, nodes.hard_tanh, nodes.exp), WRITE
    ),
    Word(_word(r"\bReLUs?\b|\brectif\w+|线性整流|修正线性"), ("elu", "eLU", "ELU", "ectif", "线性"), _has(*RECTIFIED), WRITE),
    Word(_word(r"\bsigmoids?\b|\blogistic (?:function|sigmoid)\b"), ("igmoid", "ogistic"), _has(*SQUASHED), WRITE),
    Word(_word(r"\bsoftmax\b"), ("oftmax", "oftMax"), _has(nodes.softmax, nodes.log_softmax, nodes.exp), WRITE),
    Word(_word(r"\bindicator\b|示性函数|指示函数"), ("ndicator", "示性", "指示函数"), _has(nodes.step, nodes.sign, nodes.relu), WRITE),
    Word(_word(r"\bsoftplus\b"), ("oftplus", "oftPlus"), _has(nodes.softplus, nodes.log), WRITE),
    Word(_word(r"\bouter products?\b|外积"), ("uter prod", "外积"), _has_outer, WRITE),
    Word(
        _word(r"\b(?:bidirectional|both directions)\b|双向"),
        ("idirection", "oth directions", "双向"),
        _reads_ahead,
        "a direction that begins at the last step reads h_{t+1}",
    ),
    Word(
        _word(r"\b(?:drop-?out|zone-?out)\b(?! rate)|随机失活"),
        ("ropout", "ropOut", "rop-out", "oneout", "one-out", "随机失活"),
        _is_never,
        "no value is dropped at random in what is derived",
    ),
    Word(
        _word(r"\bbatch[- ]?norm\w*|批(?:量)?归一化"),
        ("atchnorm", "atchNorm", "atch norm", "atch-norm", "atch Norm", "批"),
        _is_never,
        "what depends on other examples of a batch is no part of a cell",
    ),
    Word(_word(r"\b(?:layer|RMS)[- ]?norm\w*|层归一化"), ("norm", "Norm", "NORM", "归一"), _has(*NORMS), WRITE),
    Word(_word(r"\bconcatenat\w+|拼接|串接|串联"), ("oncat", "拼接", "串"), _stacks, WRITE),
    Word(
        _word(r"\b(?:hadamard|element-?wise) product|逐元素(?:相)?乘|哈达玛积|按元素(?:相)?乘"),
        ("adamard", "lement", "哈达玛", "元素"),
        _has_entries,
        WRITE,
    ),
    Word(
        _word(r"\b(?:learn(?:ed|able)|trainable)\b|可学习|可训练"),
        ("earned", "earnable", "rainable", "可学习", "可训练"),
        _is_learned,
        "declare it: `parameter` and its name",
        needs_name=True,
    ),
    Word(
        _word(COMPUTED),
        ("utput", "输出", "redict", "预测"),
        _is_computed,
        "no equation gives it, so that it is an input; write its equation, if it is computed",
        needs_name=True,
    ),
    Word(
        _word(OUTPUT), ("utput", "输出", "eadout", "ead out"), _is_output, "if it is asked for, say `output` and its name", needs_name=True
    ),
)
"""Words that say something of a system."""


FAR, NEAR = 40, 10
"""How far behind a name, with a verb between, and how far before one a word may stand that is said of it."""
VERB = _word(r"\b(?:is|are|be|denotes?|as)\b|[:：]|为|是|均|都")


def _named(clause: str, word: Word, mentioned: Sequence[tuple[int, int, list[str]]]) -> list[str]:
    """The names of a clause of which a word is said; all of them if it needs none."""
    if not word.needs_name:
        return list(dict.fromkeys(name for *_, names in mentioned for name in names))
    found: dict[str, None] = {}
    for said in word.pattern.finditer(clause):
        for start, end, names in mentioned:
            between = clause[end : said.start()]
            is_behind = 0 <= said.start() - end <= FAR and VERB.search(between) is not None
            if is_behind or 0 <= start - said.end() <= NEAR:
                found |= dict.fromkeys(names)
    return list(found)


def _places(stem: str, words: str) -> Iterator[int]:
    """Where a stem stands."""
    at = words.find(stem)
    while at >= 0:
        yield at
        at = words.find(stem, at + 1)


def unheard(words: str, text: str, system: System) -> Iterator[Unused]:
    """The clauses of a page with a word that is true of nothing in its system.

    Args:
        words: the prose of a page.
        text: the page.
        system: what was read of it.
    """
    found = [(at, word) for word in WORDS for stem in word.stems for at in _places(stem, words)]
    if not found:
        return
    masked = FORMULA.sub(lambda found: "x" * len(found[0]), words)
    ends = [*(found.end() for found in CLAUSE.finditer(masked)), len(words)]
    asked: dict[int, dict[Word, None]] = {}
    for at, word in found:
        asked.setdefault(bisect_right(ends, at), {})[word] = None
    for place in sorted(asked):
        clause = words[ends[place - 1] if place else 0 : ends[place]]
        telling = [word for word in WORDS if word in asked[place] and word.pattern.search(clause)]
        if not telling or EQUATION.search(clause) or SUPPOSED.search(clause) or DENIED.search(clause):
            continue
        mentioned = list(mentions(clause, system.variables))
        if not mentioned and place and GOES_ON.match(clause):
            longer = words[ends[place - 2] if place > 1 else 0 : ends[place]]
            mentioned = list(mentions(longer, system.variables))
            clause = longer if mentioned else clause
        for word in telling:
            names = _named(clause, word, mentioned)
            if (names or not word.needs_name) and not word.holds(system, names):
                yield Unused(line_of(clause, text), " ".join(clause.split()), word.advice, is_said=True)
                break
