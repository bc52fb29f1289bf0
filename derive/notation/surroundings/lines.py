"""Lines of plain text to the formulas in them: equations between words, labels before them, and what is said behind them.

Takes a line, gives its clauses that are mathematics. What is prose gives none: words, titles, greetings. A line that is neither, as a
misspelled declaration or an equation that lost its sign, is a formula, so that it is refused and not passed over.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from derive.notation.letters import GREEK
from derive.notation.plain.errors import DECLARATIONS
from derive.notation.plain.names import SUM_IN_WORDS
from derive.notation.plain.parser import FUNCTIONS
from derive.notation.surroundings.brackets import bare, depths, listed
from derive.notation.surroundings.typed import unnumbered
from derive.notation.written import Written, replaced

CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
LETTER = rf"[^\W\d_{CJK}]"
INDEX = r"(?:_(?:\{[^{}]*\}|\([^()]*\)|\\?\w+)|\^(?:\{[^{}]*\}|\([^()]*\)|\w)|\([^()=]*\)|\[[^\[\]=]*\]|⁽[ᵗ⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+⁾)"
NAME = rf"(?:\\[A-Za-z]+\s*(?:\{{[^{{}}]*\}})?|{LETTER}[\u0300-\u036f\u20d7]?(?:[^\W_{CJK}]*))'*(?:{INDEX}'*)*"
HEAD = re.compile(rf"(?:[∂d]{NAME}\s*/\s*[∂d]{NAME}|\[[^\[\]=]*\]|\(\s*{NAME}(?:\s*,\s*{NAME})+\s*\)|{NAME}(?:\s*,\s*{NAME})*)\s*$")
MARK = re.compile(r"^[\s>]*(?:[-*+•·]\s+|\(?\d{1,3}[.)]\s+|\([a-z]\)\s+|\(\d{1,3}\)\s*)?")
SPACED = re.compile(rf"(?<=[{CJK}])[ \t]+(?=[{CJK}])")
"""Spaces within a word that is set wide, 输　出."""
COMMENT = re.compile(r"(?:#|^\s*%|\s//\s).*$")
EQUAL = re.compile(
    r"(?<![<>!:=])=(?![=>])|:=|[≡≔←⟵⇐≜]|\\(?:(?:long)?leftarrow|gets|coloneqq|triangleq|equiv)(?![A-Za-z])|(?<=\s)[+*/-]=(?=\s)"
)
TAG = re.compile(
    r"</?(?:p|div|span|br|center|li|ul|ol|td|tr|th|table|b|i|em|strong|code|pre|h[1-6])(?:\s[^<>]*)?/?>|(?<![\w)\]}])\*\*(?=\S)|(?<=\S)\*\*(?![\w(\[])"
    r"|(?<![\w)\]}])\*\*(?=[^\W\d][^\s*]{0,8}\*\*)|(?<=\*\*[^\W\d])\*\*(?=[ₜ_ᵗ(])|(?<=\*\*[^\W\d][\u0303\u0302\u0304])\*\*(?=[ₜ_ᵗ(])",
    re.IGNORECASE,
)
ARROW = re.compile(r"(?<!\s)\s{2,}(?:<-+|<=+|←|⟵|⇐)\s.*$")
"""A comment that points to the equation before it: "u_t = w^T x_t      <- one number"."""
GLOSS = re.compile(r"\s{3,}[^\w\s(){}\[\]+*/=-]{1,3}\s+(?:=|is|means|:)\s+[A-Za-z]{3}.*$")
"""What a sign means, far behind an equation: "x = W' h      ' = transpose"."""
MEMBER = re.compile(r"\s(?:∈|\\in(?![A-Za-z])).*$")
"""What a value is said to be behind its equation: "y_t = V h_t ∈ R^n"."""
NOTED = re.compile(r"(?<=[0-9])\s+\((?=[^()=]*[^\W\d_]{2})[^()=+*/]*\)\s*$")
"""Words in parentheses behind a number: "c = 8 (fixed)"."""
NUMBER = re.compile(r"\s*[-−]?[0-9]+(?:\.[0-9]+)?\s+")
RUNS = re.compile(r"\(?\s*t\s*=\s*[0-9]\s*,?\s*(?:[0-9]\s*,?\s*)?(?:\.{2,3}|…)\s*,?\s*T\s*\)?")
"""Over which steps an equation holds."""
FEW_WORDS = re.compile(r"(?!(?:otherwise|else|if)\b)(?=.*[^\W\d_]{3})(?:\(?[^\W_]+[,.)]?(?:[ -]|$)){1,8}|\([^=()]*\)")
"""Words far behind an equation that tell what it is of: "f_t = ...        forget gate"."""
WIDE = re.compile(r"\t+| {3,}")
SCRIPT = re.compile(r"<su(?P<kind>[bp])>(?P<inner>[^<>]*)</su(?P=kind)>", re.IGNORECASE)
PROSE = re.compile(r"[\s,;]*\s(?:where|with)\s")
STARTED = rf"{NAME}\s*=(?!=)"
STARTED_ALONE = re.compile(rf"(?:∂?{NAME}\s*/\s*∂?|∇_?)?{NAME}(?:\s+[A-Z])?\s*(?:{EQUAL.pattern})")
SEPARATOR = re.compile(
    rf"(?P<stop>\.(?=\s+[A-Z][a-z]+\b|\s+[A-Z]\s+[a-z]{{2,}}\b|\s*[{CJK}]|\s*$)|[!?](?=\s|$)|(?<![\d\s])\.(?=\s+{STARTED}))|(?P<comma>[,;]|\s(?:and|where|with)\s)|(?P<aside>\s+\()"
)
WORD = re.compile(rf"(?<![\\\w^])[A-Za-z]{{2,}}(?:['-][A-Za-z]+)*(?![\w(\[{{^'])|(?<![\w])[{CJK}]+(?!_)|[{CJK}]{{2,}}")
LABELLED = re.compile(r":\s*$|^\s*\S{1,12}\s{2,}$")
"""What stands before an equation that a line is for: a label with a colon, or a word in a column of its own."""
LABEL = re.compile(r"[^\W\d_]{4,}\)\s*")
"""A word in parentheses far behind an equation, which tells what that is: "x_t = ...        (depression)"."""
GRAMMAR = frozenset({"if", "else", "otherwise", "and", "or", "slope", "by"})
STOPS = frozenset(
    "a an and are as at be but can for from gives has have here holds if in is it its of on only so than that the then this to "
    "was we when where which while with".split()
)
"""Words that are no names where they stand between spaces."""
LINKS = re.compile(
    r"(?:\b(?:and|with|where|then|so|hence|thus|now|let|here|next|finally)\b|其中|则|令|有|得|即|且|和|与|[\s,:.…-])*", re.IGNORECASE
)
"""What may stand before an equation without making a sentence of the two."""
TIMED = re.compile(r"(?<![^\W_])_?[\[({]?t(?![A-Za-z])|[ₜ]|_[{(][^{}()]*\bt\b")
OPERATION = re.compile(r"[+*/⊙∘·@=]|\S\s*[-−]\s*\S|[A-Za-z]\(")
CODE = re.compile(
    r"\s*(?:(?:def|class)\s+\w+\s*[(:]|import\s+[\w.]+(?:\s+as\s+\w+)?\s*$|from\s+[\w.]+\s+import\s|for\s+\w[\w, ()]*\s+in\s+.*:\s*$"
    r"|@\w+(?:\.\w+)*\s*$|>>>\s|\w+\s*=\s*(?:\w+\.)*[A-Z]\w+\(\s*\w+\s*=)|.*(?<!\w)self\.\w"
)
DECLARED = re.compile(rf"\s*(?P<key>[a-z]+)\s{{0,9}}(?P<colon>:?)\s+(?P<names>{LETTER}\w*(?:\s*,\s*{LETTER}\w*)*)\s*(?P<value>=.*)?")
MIXED = re.compile(rf"[|<`]|\*\*|{EQUAL.pattern}")
"""What an equation, a table, a tag, or code in a sentence has."""
MAY_DECLARE = re.compile(rf"{DECLARED.pattern.removesuffix('(?P<value>=.*)?')}\s*(?:[^\w\s,]|$)")
OF_LOSS = re.compile(
    r"[^=:：]{0,40}\b(?:loss|objective|cost|error|fit|minimi[sz]\w+)\b[^=:：]{0,40}[:：]|[^=:：]{0,20}(?:损失|目标)[^=:：]{0,20}[:：]",
    re.IGNORECASE,
)
"""What stands before a loss without a name, which is read with the sentence."""
LONGEST = 200
"""How far before a sign of equality its left side may begin, and how much is looked at beside a word and behind a comma."""
RANGE = re.compile(r"\s*t\s*=")
SLOPED = re.compile(r"\s*\w+\(\s*\w+\s*\)\s+slope\s+\S.*")
"""The slope of a function that is built in."""
KEYS = (*DECLARATIONS, "outputs", "inputs", "scalars", "vectors", "matrices", "constants")
VALUED = ("boundary", "shape", "init", "constant", "constants")


@dataclass(frozen=True)
class Clause:
    """A formula in a line.

    Attributes:
        written: the formula.
        is_alone: whether it is what the line is for, and not a part of a sentence.
    """

    written: Written
    is_alone: bool


def code_lines(lines: Iterable[str]) -> frozenset[int]:
    """The places of the lines that are of a program: those side by side with a definition or an import, and what is indented below."""
    found: set[int] = set()
    paragraph: list[int] = []
    is_code = False
    for place, line in enumerate(lines):
        if not line.strip():
            paragraph = []
            continue
        is_below = is_code and line[0].isspace()
        is_code = CODE.match(line) is not None or is_below or (is_code and bool(paragraph))
        paragraph.append(place)
        if is_code:
            found.update(paragraph)
    return frozenset(found)


def program(text: str) -> int:
    """Where a page has a program, -1 if it has none."""
    fence = re.search(r"^[ \t>]*```\s*\{?\.?(?:python|py|julia|c|cpp|javascript|js|matlab|r)\b", text, re.MULTILINE | re.IGNORECASE)
    at = fence.start() if fence else -1
    for line in text.splitlines(keepends=True) if at < 0 else ():
        at = max(at, 0)
        if CODE.match(line):
            return at
        at += len(line)
    return at if fence else -1


def _end_of_left(line: str) -> int:
    found = EQUAL.search(line)
    return found.end() if found else 0


@dataclass(frozen=True)
class Names:
    """The names of a page, as far as they are known before it is read.

    Attributes:
        sure: those that stand beside a sign of operation, at which names are told from words.
        read: these, and all that stand on a right side, words among them.
        used: all that stand on a right side.
    """

    sure: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()

    @staticmethod
    def of(lines: Iterable[str]) -> Names:
        """The names in lines that have an =."""
        bare = [COMMENT.sub("", MARK.sub("", line, count=1)) for line in lines if EQUAL.search(line)]
        sure = {one or other for line in bare for one, other in NAMED.findall(line)}
        read = {each for line in bare for each in re.findall(rf"{LETTER}\w*", line[_end_of_left(line) :])}
        return Names(frozenset(sure), frozenset(sure | read | {each.split("_")[0] for each in sure | read}), frozenset(read))

    def beside(self, displays: Iterable[str]) -> Names:
        """These, and all words and letters of displays in LaTeX, which lines may declare."""
        return replace(self, read=self.read.union(*(re.findall(r"[^\W\d_]+", each) for each in displays)))

    def is_mathematics(self, text: str) -> bool:
        """Whether no words stand in a text but these names."""
        return not any(_words(text, self))


NAMED = re.compile(rf"(?<![^\W{CJK}])({LETTER}\w*)\s*(?=[=*/⊙∘·@+_])|[*/⊙∘·@+]\s*({LETTER}\w*)")


def is_prose(line: str) -> bool:
    """Whether a line has no sign of a formula or of a declaration, so that it has no clauses."""
    has_sign = MIXED.search(line) or (OPERATION.search(line) and TIMED.search(line))
    return not has_sign and not MAY_DECLARE.match(MARK.sub("", line, count=1)) and not SLOPED.match(line)


def clauses(line: Written, known: Names) -> Iterator[Clause]:
    """The formulas in a line.

    Args:
        line: without what is code or mathematics in another form.
        known: the names of the page.
    """
    line = replaced(replaced(line, COMMENT, lambda _: ""), SPACED, lambda _: "")
    line = unnumbered(bare(line[_end(MARK, line.plain) :]))
    line = replaced(replaced(line, TAG, lambda _: ""), SCRIPT, lambda found: f"{'_' if found['kind'] in 'bB' else '^'}{{{found['inner']}}}")
    for column in _columns(line):
        yield from _in_column(bare(_without_aside(column)), known)


def _columns(line: Written) -> list[Written]:
    """The equations that stand side by side in a line, with wide spaces between them."""
    found = [line]
    for gap in WIDE.finditer(line.plain):
        begin = len(line.plain) - len(found[-1].plain)
        before, behind = line[begin : gap.start()], line[gap.end() :]
        if _tops(before.plain) and STARTED_ALONE.match(behind.plain) and not RANGE.match(behind.plain):
            found[-1:] = [before, behind]
        elif _tops(before.plain) and (len(gap[0]) > LONGEST or RUNS.fullmatch(behind.plain) or FEW_WORDS.fullmatch(behind.plain)):
            found[-1:] = [before]
            break
    return found


def _without_aside(line: Written) -> Written:
    """A line without what is said behind its equation."""
    begin = _end_of_left(line.plain)
    found = next(filter(None, (each.search(line.plain, begin) for each in (ARROW, GLOSS, MEMBER, NOTED) if begin)), None)
    return line[: found.start()] if found else line


def _in_column(line: Written, known: Names) -> Iterator[Clause]:
    """The formulas in a line in which equations stand one after another."""
    if not re.search(r"\w", line.plain):
        return
    if _is_declaration(line.plain, known) or SLOPED.fullmatch(line.plain):
        yield Clause(line, is_alone=True)
        return
    found = list(_equations(line, known))
    yield from found
    if not found and not OF_LOSS.match(line.plain) and (rest := _without_label(line)) and _is_broken(rest.plain, known):
        yield Clause(rest, is_alone=True)


def _end(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0


def _is_declaration(text: str, known: Names) -> bool:
    """Whether a line declares names of the page, or is meant to; what is misspelled in it is found by the parser."""
    found = DECLARED.fullmatch(text)
    if found is None:
        return False
    names = [each.strip() for each in found["names"].split(",")]
    if found["key"] not in KEYS:
        is_near = bool(difflib.get_close_matches(found["key"], KEYS, 1, 0.8)) and found["key"] not in STOPS
        return is_near and not found["value"] and all(each in known.read or len(each) == 1 for each in names)
    if found["value"]:
        return found["key"] in VALUED
    return all(
        each in known.read or len(each) <= 2 or not each.isalpha() or difflib.get_close_matches(each, known.read, 1, 0.8) for each in names
    )


def _without_label(line: Written) -> Written:
    """What stands behind the colon of a label."""
    label = re.match(r"[^=()\[\]{}<>+*/]*:\s*", line.plain)
    return bare(line[label.end() :]) if label else line


def _is_broken(text: str, known: Names) -> bool:
    """Whether a line without an equation is nothing but mathematics."""
    is_mathematics = TIMED.search(text) and OPERATION.search(text) and not re.fullmatch(NAME, text)
    return bool(is_mathematics) and not any(_words(text, known)) and not re.match(r"[\[(][^()\[\]]*[)\]]$", text)


def _words(text: str, known: Names) -> Iterator[re.Match[str]]:
    """The words in a text that are no names and no functions."""
    sums = [found.span() for found in re.finditer(SUM_IN_WORDS, text)]
    for found in WORD.finditer(text):
        word = found[0]
        if any(start <= found.start() < stop for start, stop in sums):
            continue
        if word not in known.sure and word not in FUNCTIONS and word not in GREEK and word not in GRAMMAR and len(word) > 1:
            yield found


def _equations(line: Written, known: Names) -> Iterator[Clause]:
    """The equations in a line, a sentence after the other; what follows an equation in its sentence is of the same kind as that."""
    for sentence in _sentences(line) if EQUAL.search(line.plain) else ():
        is_alone: bool | None = None
        for part in _segments(sentence, known):
            at = next(iter(_tops(part.plain)), -1)
            if at < 0:
                continue
            begin = _head(part.plain, at, known)
            lead = part.plain[:begin]
            if begin < 0 or not _is_label(lead, known):
                yield Clause(bare(part), is_alone=True)
                continue
            if is_alone is None:
                is_alone = bool(LINKS.fullmatch(lead[-LONGEST:]) or LABELLED.search(lead[-LONGEST:]))
            made = bare(_until_words(part[begin:], known, is_alone))
            tops = _tops(made.plain)
            if tops and (is_alone or made.plain[tops[0] + 1 :].strip()) and not RANGE.match(made.plain):
                yield Clause(made, is_alone)


def _head(text: str, at: int, known: Names) -> int:
    """Where the left side begins that ends before an =; -1 if there is none. Of names between commas all count that are no words."""
    found = HEAD.search(text, max(0, at - LONGEST), at)
    if found is None or found[0].startswith(("[", "(")):
        return found.start() if found else -1
    begin = found.start()
    commas = [begin + place for place, depth in enumerate(depths(text[begin:at])) if text[begin + place] == "," and not depth]
    while commas and re.search(r"(?:^|\s|,)[^\s,]*$", text[begin : commas[0]]):
        values = listed(Written(text[at + 1 :], tuple(range(len(text) - at - 1))))
        if len(values) > len(commas) and not any(_words(text[begin:at], known)):
            break
        comma = commas.pop(0)
        begin = comma + 1 + len(text[comma + 1 : at]) - len(text[comma + 1 : at].lstrip())
    return begin


def _is_label(lead: str, known: Names) -> bool:
    """Whether what stands before an equation is said in words."""
    lead = lead[-LONGEST:]
    if re.search(r"[=<>]", lead):
        return False
    return not lead.strip() or bool(LINKS.fullmatch(lead)) or any(_words(lead, known)) or re.search(r":\s*$", lead) is not None


def _tops(text: str) -> list[int]:
    """Where the = outside brackets stand."""
    depth = depths(text)
    return [found.start() for found in EQUAL.finditer(text) if depth[found.start()] == 0]


def _sentences(line: Written) -> Iterator[Written]:
    begin, depth = 0, depths(line.plain)
    for found in SEPARATOR.finditer(line.plain):
        if found["stop"] and depth[found.start()] == 0:
            yield line[begin : found.start()]
            begin = found.end()
    yield line[begin:]


def _segments(sentence: Written, known: Names) -> Iterator[Written]:
    """The parts of a sentence, each with one equation; a comma or a word separates two where an equation or prose follows it."""
    text, begin = sentence.plain, 0
    depth, tops = depths(text), _tops(text)
    for found in SEPARATOR.finditer(text):
        if depth[found.start()] or found["stop"] or bisect_left(tops, begin) == bisect_left(tops, found.start()):
            continue
        end = found.end()
        if found["aside"]:
            words = list(_words(text[end : end + LONGEST], known))
            is_name_of_line = len(found["aside"]) > len(" (") and LABEL.fullmatch(text, end) is not None
            is_cut = text.rstrip().endswith(")") and (len(words) > 1 or (len(words) == 1 and is_name_of_line))
        else:
            place = bisect_left(tops, end)
            is_cut = PROSE.match(text, found.start()) is not None or _begins(text, end, tops[place] if place < len(tops) else -1, known)
        if is_cut:
            yield sentence[begin : found.start()]
            begin = end
    yield sentence[begin:]


def _begins(text: str, begin: int, equal: int, known: Names) -> bool:
    """Whether behind a comma an equation begins, or prose, and not one more value of what stands before it."""
    if 0 <= equal - begin <= LONGEST:
        head = HEAD.search(text, begin, equal)
        lead = text[begin : head.start()] if head else ""
        if head and (LINKS.fullmatch(lead) or _is_label(lead, known)):
            return "," not in head[0] or not LINKS.fullmatch(lead) or len(listed(Written(head[0], tuple(range(len(head[0])))))) > 1
    behind = text[begin : begin + LONGEST]
    following = re.split(r"[,;]|\s(?:and|where|with)\s", behind, maxsplit=1)[0]
    return any(_words(following, known)) or bool(re.match(r"\s*(?:\.\.|…|\\[lc]?dots)", behind))


def _until_words(part: Written, known: Names, is_alone: bool) -> Written:
    """An equation without the words behind it; of one that is a line's own it takes more of them to be sure."""
    text = part.plain
    equal, depth = _tops(text)[0], depths(text)
    found = [each for each in _words(text, known) if each.start() > equal and depth[each.start()] == 0]
    for place, word in enumerate(found):
        before = text[max(equal + 1, word.start() - LONGEST) : word.start()].rstrip()
        behind = text[word.end() : word.end() + LONGEST].lstrip()
        if re.search(rf"[{CJK}]", word[0]):
            return part[: word.start()]
        if not before and not is_alone and len(_run(found[place:], text)) >= 3:
            return part[: word.start()]
        if re.search(r"[-+*/⊙∘·@=,(\[]$", before) or not before or re.match(r"[-+*/⊙∘·@=^_]", behind):
            continue
        if NUMBER.fullmatch(text, equal + 1, word.start()):
            return part[: word.start()]
        run = _run(found[place:], text)
        if word[0].lower() in STOPS or len(run) >= (3 if is_alone else 2):
            return part[: word.start()]
    return part


def _run(words: list[re.Match[str]], text: str) -> list[re.Match[str]]:
    """The words side by side with which a list of words begins."""
    run = words[:1]
    for before, each in zip(words[:4], words[1:4], strict=False):
        if text[before.end() : each.start()].strip():
            break
        run.append(each)
    return run
