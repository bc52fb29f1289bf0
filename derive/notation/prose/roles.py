"""What prose says of outputs, of a loss and of values before the first step as declarations: "the output is `y_t`", "the state starts at zero"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

import sympy as sp

from derive.algebra import nodes
from derive.evidence import Unused
from derive.notation.meaning.kinds import is_greek
from derive.notation.meaning.lower import Line
from derive.notation.prose.loss_formulas import SUMS
from derive.notation.prose.losses import LOSS, NAMES, is_of_loss, speaks_of_loss
from derive.notation.prose.said import AND, mentions, name_of, sentences
from derive.notation.prose.sentences import DENIED, line_of
from derive.notation.prose.starts import in_code, not_understood, starts
from derive.system import Boundary, Equation, Role, System

ASIDE = re.compile(r"[(（][^()（）]{0,60}[)）]")
"""What a sentence says in parentheses."""
NO_PART = r"(?!\s*(?:gates?|layers?|weights?|matri|dim|size|sequence|length|units?|neurons?|门|层|权重|矩阵|维度|神经元|单元))"
"""Not behind "output", which is that of the whole then."""
WHOLE = r"(?:cell|network|net|layer|model|unit|system|decoder|rnn|lstm|gru|step|time step)s?"
OF_WHOLE = rf"(?:\s+(?:of|for)\s+(?:the|this|our|each)\s+(?:whole\s+)?{WHOLE})?"
RETURNING = r"(?:(?:^|\n)[\s>*_:-]*|\b(?:it|we|that|which|and|then|cell|layer|network|model|unit|function|method|call)\s+)"
"""Before "returns", which are those of a stock else."""
BEFORE_NAMES = re.compile(
    rf"(?:\boutputs?{NO_PART}{OF_WHOLE}(?:\s+at\s+(?:each|every|time)(?:\s+time)?(?:\s+step)?)?\s*(?:is|are|:)|{RETURNING}returns?\b[\s:*_]*|(?:^|(?<=\.))[\s*]*Out\s*:(?:\s+the\b)?(?:\s+[a-z-]+){{0,2}}"
    rf"|\b(?:{WHOLE}|it) (?:then |finally |only |just )*(?:emits?|outputs|delivers?|yields?)\b(?:\s+the\b)?(?:\s+[a-z-]+){{0,2}}"
    r"|\bwe (?:then |finally |only |just )*(?:report|record|read out|output|emit|return|use as (?:the |our )?output)\b"
    r"(?:\s+(?:the|our|all)\b)?(?:\s+[a-z-]+){0,2}"
    rf"|(?<!循环)(?<!投影)(?<!隐层)输出{NO_PART}(?:就|即)?(?:为|是|的|：|:)(?:(?!由|经|与|和|把|将|乘|函数|维|下|上|一)[\u4e00-\u9fff]){{0,6}}|(?:器|网络|模型|单元|系统)(?:最终|最后)?给出的(?:就)?是|返回(?:每一?步的?|的是?|：|:)?)\s*(?:(?:then|just|simply)\s+)?$",
    re.IGNORECASE,
)
"""What stands before the names of outputs."""
BEHIND_NAME = re.compile(
    r"\s*(?:is|are) (?:then |finally )?(?:returned|emitted|output)\b(?! (?:gate|layer|weight))"
    r"|\s*(?:(?:is )?the [a-z]+,\s+)?(?:which )?(?:is|are) what (?:you|we|one|the [a-z]+) (?:then |finally )?"
    r"(?:plots?|wants?|reports?|logs?|gets?|outputs?|sees?|receives?)\b"
    rf"|\s*as (?:the |our )?outputs?\b{NO_PART}"
    rf"|\s*(?:is|are|为|是|作为)\s*(?:the|an|our)?\s*(?:outputs?\b|输出){NO_PART}{OF_WHOLE}(?!\s+(?:of|for)\b)",
    re.IGNORECASE,
)
"""What stands behind the name of an output."""
OF_LOSS = re.compile(
    r"\b(?:loss|objective|cost function|cross[- ]entropy|error|likelihood|minimi[sz]\w*|criterion|trained)\b"
    r"|损失|目标函数|代价|误差|交叉熵|最小化|似然|指标|准则",
    re.IGNORECASE,
)
"""A word of a page that has a loss."""
ONE_HOT = re.compile(r"\bone[- ]?hot\b|\btarget distribution|\bprobability vector|独热|one-hot", re.IGNORECASE)
LOSS_ADVICE = "no equation gives the loss, so that gradients begin at the outputs; write it, L = -sum_t sum(y_t * log(p_t)), and `loss L`"
STARTS_ADVICE = "the value before the first step is taken as given; say `boundary {} = zero`, `given` or `parameter`"
OF_PART = re.compile(r"(?:门|层|函数|模块|tanh|sigmoid|softmax|ReLU)\s*[$`)）]*\s*的?\s*$", re.IGNORECASE)
OF_ANOTHER = re.compile(
    r"\b(?:baselines?|(?:previous|earlier|old|last year'?s?|original) (?:version|paper|model|work)|ablation|sensors?|buffer|teacher|simulator|"
    r"gat(?:e|ing) (?:network|unit)|inner (?:unit|loop|cell|network)|(?:first|lower|inner|bottom) layer)\b[^.;,]*$"
    r"|(?:上一版|旧版|基线|消融|传感器|底层|第一层|教师)[^，。；]*$",
    re.IGNORECASE,
)
"""What has an output that is none of the network."""
GATE = re.compile(r"\bgates?\b", re.IGNORECASE)
"""Parts whose outputs are none of the whole."""
MAY_TELL = re.compile("Out|utput|is what |给出的|输出|eturn|返回|e report|e record|e read out|emit|deliver|yield")
"""What a sentence has that may name an output."""
SUPPOSED = re.compile(r"\b(?:if|not|could|would|instead)\b|如果|若|不是", re.IGNORECASE)


def as_lines(words: str, text: str, system: System, lines: Iterable[tuple[int, Line]]) -> list[tuple[int, Line]]:
    """What the prose of a page, and its code, says of the outputs and states of a system, as lines of declarations where none of these does."""
    declared = {key for _, line in lines for key in (line.key, *(f"{line.key} {name}" for name in line.names))}
    defined = [equation.name for equation in system.equations]
    states = [each.name for each in system.states]
    found = [(0, each) for each in roles(words, defined, states, declared)]
    started = {name for line in (*lines, *found) for name in line[1].names if line[1].key == "boundary"}
    found += [(0, each) for each in in_code(text, states) if not started & {*each.names}]
    loss = "" if {"loss", "output"} & declared else _loss(words, system)
    found += [(0, Line("loss", (loss,)))] if loss else []
    if loss or "loss" in declared:
        found = [each for each in found if each[1].key != "output"]
    if (loss or "loss" in declared) and not any(key.startswith("distribution ") for key in declared):
        found += [(0, Line("distribution", (name,))) for name in _targets(words, system)]
    return found


def _loss(words: str, system: System) -> str:
    """The value that is called like a loss, or is the one sum over all steps, and that nothing reads, on a page that speaks of one; "" for none."""
    named = [each for each in system.equations if each.name.split("_")[0] in NAMES]
    if not named:
        every = [each for each in system.equations if not isinstance(each.left, sp.Indexed) and not system.readers.get(each.name)]
        named = [each for each in every if any(isinstance(part, nodes.OverTime) for part in nodes.parts(each.right))]
    totals = [each.name for each in named if not isinstance(each.left, sp.Indexed)]
    names = {each.name for each in named}
    is_loss = any(each.name in totals and _compares(each, system) for each in named)
    if not named or not (is_loss or OF_LOSS.search(words) or speaks_of_loss(words)):
        return ""
    ends = [name for name in totals or names if all(reader.name in names for reader, _ in system.readers.get(name, ()))]
    return ends[0] if len(ends) == 1 else ""


def _compares(equation: Equation, system: System) -> bool:
    """Whether a total is a loss by its form: it compares what nothing else reads with a computed value, by a logarithm or a square."""
    leaves = {nodes.name_of(leaf) for leaf in nodes.leaves(equation.right)}
    alone = [name for name in leaves if system[name].role in (Role.INPUT, Role.PARAMETER) and len(system.readers.get(name, ())) == 1]
    is_measure = any(isinstance(part, nodes.log) or (part.is_Pow and part.args[1] == 2) for part in nodes.parts(equation.right))
    return is_measure and any(not is_greek(name) for name in alone) and any(system[name].role is Role.DEFINED for name in leaves)


def _targets(words: str, system: System) -> list[str]:
    """The inputs that a sentence calls one-hot, where a loss compares a value with them; not those of which it supposes or denies that."""
    inputs = [each.name for each in system.inputs if any(reader.name.split("_")[0] in NAMES for reader, _ in system.readers[each.name])]
    telling = [each for each in sentences(words) if ONE_HOT.search(each) and not SUPPOSED.search(each)]
    return list(dict.fromkeys(name for each in telling for *_, names in mentions(each, inputs) for name in names))


def unclear(words: str, text: str, system: System, lines: Iterable[tuple[int, Line]]) -> Iterator[Unused]:
    """What prose says and nothing is made of: of a loss that no equation gives, and of initial values that are given only for want of more."""
    declared = {name for _, line in lines if line.key == "boundary" for name in line.names}
    given = [each.name for each in system.states if each.boundary is Boundary.GIVEN and each.name not in declared]
    for sentence in not_understood(words, given) if given else ():
        yield Unused(line_of(sentence, text), sentence, STARTS_ADVICE.format(", ".join(given)))
    if not system.loss and speaks_of_loss(words) and (sentence := next((each for each in sentences(words) if _tells_of_loss(each)), "")):
        yield Unused(line_of(sentence, text), sentence, LOSS_ADVICE)


def _tells_of_loss(sentence: str) -> bool:
    """Whether a sentence says which loss there is, in words or as a sum."""
    has_sum = any(sign in sentence for sign in SUMS) and LOSS.search(sentence) is not None
    bare = ASIDE.sub(" ", sentence)
    return is_of_loss(bare) or (has_sum and not DENIED.search(bare))


def roles(words: str, defined: Collection[str], states: Collection[str], declared: Collection[str]) -> Iterator[Line]:
    """What is said of names, as lines that declare it.

    Args:
        words: the prose of a page.
        defined: the names with equations.
        states: those that are read before the first step.
        declared: what the page declares: "output", or "boundary h".
    """
    every = sentences(words)
    telling = [each for each in every if MAY_TELL.search(each)]
    outputs = [] if "output" in declared else list(dict.fromkeys(name for each in telling for name in _outputs(each, defined)))
    if outputs:
        yield Line("output", tuple(outputs))
    yield from starts(words, states, defined, declared)


GIVEN = re.compile(
    r"(?:\binputs?(?:\s+(?:is|are|of)|\s*[,:])?|\btakes?|\breceives?|\bmeasured|\bobserv(?:ed|ations?)|\bmeasurements?|输入(?:为|是)?|测量值|观测值?)"
    r"\s*(?:(?:the|a|an|measured|observed)\s+)*[$`\s]*$",
    re.IGNORECASE,
)
"""What stands before the names of what is given from outside."""
MAY_GIVE = re.compile("nput|ake|eceiv|easur|bserv|输入|测量|观测")
NEAR = 80
"""How far before a name it is looked for."""


def given(words: str, names: Collection[str]) -> frozenset[str]:
    """The names that prose says are inputs, or measured."""
    found: set[str] = set()
    for sentence in sentences(words) if MAY_GIVE.search(words) else ():
        if not MAY_GIVE.search(sentence):
            continue
        is_listed, last = False, 0
        for start, end, mentioned in mentions(sentence, names):
            goes_on = is_listed and AND.fullmatch(sentence[last:start].strip("$` ")[:NEAR] or ",") is not None
            is_listed = goes_on or GIVEN.search(sentence, max(start - NEAR, 0), start) is not None
            found |= set(mentioned) if is_listed else set()
            last = end
    return frozenset(found)


STEMS = ("noise", "Noise", "noisy", "disturbance", "innovation", "噪声", "噪音", "扰动")
DRAWN = re.compile(r"(?:\\sim(?![A-Za-z])|[∼~])\s*[A-Z\\𝒩]")
OPENS = re.compile(r"[$`(=,]")
"""What stands before a name that is drawn."""


def noises(words: str, formulas: Iterable[str], names: Collection[str]) -> frozenset[str]:
    r"""The names that a page says are noise, or drawn at random: w_k \sim N(0, Q).

    Args:
        words: its prose.
        formulas: all its formulas.
        names: those in its equations.
    """
    before = [
        OPENS.split(each[max(0, drawn.start() - NEAR) : drawn.start()])[-1] for each in (words, *formulas) for drawn in DRAWN.finditer(each)
    ]
    found = {name for name in map(name_of, map(str.strip, before)) if name in names}
    stems = [stem for stem in STEMS if stem in words]
    for sentence in sentences(words) if stems else ():
        for clause in re.split(r"[,，]|\n", sentence) if any(stem in sentence for stem in stems) else ():
            if any(stem in clause for stem in stems):
                found |= {name for *_, mentioned in mentions(clause, names) for name in mentioned}
    return frozenset(filter(None, found))


def _is_of_part(before: str, words: str) -> bool:
    """Whether an output is that of a part of the whole, or of another one: "遗忘门的输出", "the forget gate comes first: it outputs".

    Args:
        before: what the sentence says before.
        words: what speaks of an output.
    """
    return (
        OF_PART.search(before) is not None
        or OF_ANOTHER.search(f"{before}{words}") is not None
        or (words.startswith("it ") and GATE.search(before) is not None)
    )


def _outputs(sentence: str, defined: Collection[str]) -> Iterator[str]:
    """The outputs that a sentence names."""
    if SUPPOSED.search(sentence):
        return
    is_listed, last = False, 0
    listed: list[str] = []
    for start, end, names in mentions(sentence, defined):
        goes_on = AND.fullmatch(sentence[last:start].lstrip("'’")) is not None
        before = BEFORE_NAMES.search(sentence[:start].rstrip("`$ ("))
        is_listed = (goes_on and is_listed) or (before is not None and not _is_of_part(sentence[: before.start()], before[0]))
        listed = [*(listed if goes_on else ()), *names]
        if is_listed:
            yield from names
        elif BEHIND_NAME.match(sentence, end):
            yield from listed
        last = end
