r"""The mathematics of a page to its equations: displays hold several of them, side by side, one below another, and over many lines.

Takes the LaTeX of a display or of a formula in a line, with the offsets of its characters on the page; gives the equations in it, each as
the LaTeX of one left and one right side, and what is no equation, such as h_t \in \mathbb{R}^n or t = 1, \dots, T.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.limits import DEPTH
from derive.notation.derivation import IN_DERIVATION
from derive.notation.latex.checks import PROBABILITY
from derive.notation.written import NOTHING, Written, replaced

TRANSPARENT = r"(?:align(?:ed)?(?:at)?|flalign|split|gather(?:ed)?|multlined?|equation|eqnarray|displaymath|math|subequations)\*?"
TOKEN = re.compile(
    rf"""
      (?P<comment>(?<!\\)%[^\n]*)
    | (?P<newline>\\\\(?:[ \t]*\[[^\]\n]*\])?)
    | (?P<blank>\\(?:begin|end)\s*\{{{TRANSPARENT}\}}(?:\s*\{{[0-9]+\}})?)
    | (?P<begin>\\begin\s*\{{[^{{}}]*\}})
    | (?P<end>\\end\s*\{{[^{{}}]*\}})
    | (?P<space>\\(?:q?quad|implies|Longrightarrow|Rightarrow|therefore|iff)(?![A-Za-z])|[⇒⟹∴])
    | (?P<prose>\\(?:text|mbox|hbox|textrm|textit|intertext|shortintertext)\s*\{{(?!\s*(?:if|otherwise|else|when)\b)
        (?:[^{{}}]*(?:\S\s+\S|[:()])[^{{}}]*|\s*(?:and|with|where|for|or|then|let)\s*)\}})
    | (?P<equal>:=|(?<![<>!:])=|\\(?:coloneqq|triangleq|(?:long)?leftarrow|L(?:ongl)?eftarrow|(?:long)?mapsto|gets|equiv|doteq|colonequals)
        (?![A-Za-z])|[≡≔←⇐⟵⟸↦≜]|\{{\s*\+\s*=\s*\}})
    | (?P<skipped>\\(?:label|tag\*?)\s*\{{[^{{}}]*\}})
    | (?P<open>\\left\s*\.|\\\{{|[(\[{{])
    | (?P<close>\\right\s*\.|\\\}}|[)\]}}])
    | (?P<other>\\(?:[A-Za-z]+|.))
    | (?P<cell>&)
    | (?P<comma>[,;])
    """,
    re.VERBOSE | re.DOTALL,
)
OPERATOR = r"(?:[+\-−=*/·×⊙∘]|\\(?:odot|cdot|times|circ|otimes|ast|equiv|triangleq|coloneqq)(?![A-Za-z]))"
BEGINS = re.compile(rf"\s*(?:\\left\s*\.\s*)?{OPERATOR}")
ENDS = re.compile(rf"(?<![_^]){OPERATOR}\s*$")
NUMBERED = r"\s*(?:\\(?:label|tag\*?)\s*\{[^{}]*\}\s*)*"
ARRAY = re.compile(
    rf"{NUMBERED}"
    r"(?:\\left\s*(?:\\\{|\\lbrace|\.)|\\\{)?\s*\\begin\s*\{(?P<name>array|[dr]?cases\*?)\}\s*(?:\[\w\])?(?:\{[^{}]*\})?"
    r"(?P<inner>(?:(?!\\begin\s*\{(?:array|[dr]?cases)).)*)\\end\s*\{(?P=name)\}(?:[\s.,]|\\right\s*\.|\\(?:label|tag\*?)\s*\{[^{}]*\})*",
    re.DOTALL,
)
BRACED = re.compile(
    rf"{NUMBERED}(?:\\left\s*(?:\\\{{|\\lbrace(?![A-Za-z])|\.)|\\\{{)(?P<inner>\s*\\begin\s*\{{{TRANSPARENT}\}}.*\\end\s*\{{{TRANSPARENT}\}}\s*)"
    r"(?:\\right\s*(?:\.|\\\}|\\rbrace(?![A-Za-z]))|\\\})?(?P<behind>(?:[\s.,]|\\(?:label|tag\*?)\s*\{[^{}]*\})*)",
    re.DOTALL,
)
"""Equations below one another behind a brace."""
COLUMNS = re.compile(r"\s*\{[lcr|@\s]*\}(?P<inner>.*)", re.DOTALL)
"""The inside of an array that is a region of its own."""
SPACE = re.compile(r"\\[ ,;:!]|~")
EQUAL = re.compile(r":?=|\\[A-Za-z]+|.")
NAME = re.compile(
    r"(?:\\(?:mathbf|boldsymbol|bm|tilde|hat|bar|mathrm|mathit)\s*)?(?:\{?\s*\\?[^\W\d_]+\s*\}?)(?:\s*[_^]\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\w))+"
)
"""A name with its index, which may be one of several that are defined at once."""
LISTED = re.compile(
    r"\s*(?:\\left\s*)?(?:\(|\[|\\\{|\{).*(?:\\[lcv]?dots(?![A-Za-z])|…|\.\.\.).*(?:\)|\]|\})(?:\s*\^\s*\S+)?[\s.,]*(?:\\in(?![A-Za-z]).*)?",
    re.DOTALL,
)
"""What something consists of, (x_1, \\dots, x_T)."""
NOISE = re.compile(r"\\mathcal\s*\{?\s*N\s*\}?\s*(?:\\left\s*)?\(")
"""A normal distribution, from which something is drawn."""
TAKEN = r"(?:\\[;,:! ]|\s)*(?:\\(?:approx|simeq|to|gets|(?:long)?(?:right|left)arrow)(?![A-Za-z])|[≈→←])"
SURROGATE = re.compile(rf"(?P<left>'\s*(?:\\left\s*)?\([^()=]{{1,40}}\)){TAKEN}")
"""The slope that is taken for that of a function, which is no equality but what is computed with: H'(u) \\approx max(0, 1 - |u|)."""
SLOPE = re.compile(
    r"\\[dt]?frac\s*\{\s*\\partial\s*(?P<function>\\[A-Za-z]+|[fgHSh])\s*\(\s*(?P<of>\\?[A-Za-z]+)\s*\)\s*\}\s*\{\s*\\partial\s*(?P=of)\s*\}"
)
"""The derivative of a function by its operand, which is H'(u) as well."""
LETTER = r"(?:\\(?:mathbf|boldsymbol|bm)\s*\{?\s*)?\\?[A-Za-z]+\s*\}?"
INDEX = r"(?:\s*_\s*(?:\{[^{}]*\}|\w)|\s*\[[^\[\]]*\])?"
BY_VALUE = re.compile(
    rf"\\[dt]?frac\s*\{{\s*\\partial\s*(?P<of>{LETTER}){INDEX}\s*\}}\s*\{{\s*\\partial\s*(?P<by>{LETTER})(?P<at>{INDEX})\s*\}}(?={TAKEN})"
)
"""The derivative of a value by what a function of it is taken of, ds/dv for s = H(v), of which the page says what is taken for it."""
OF_SET = re.compile(
    r"[\s&]*(?:\\(?:mathbf|boldsymbol|bm|tilde|hat|bar|mathrm|mathit)\s*)?\{?\s*\\?[^\W\d_]+\s*\}?"
    r"(?:\s*[_^]\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\w))*\s*(?:\\in(?![A-Za-z])|∈)"
)
"""A name of which is said in which set it is."""
DOTS = re.compile(r"\s*(?:\\[lcv]?dots|…|\.\.)")
DERIVATIVE = re.compile(r"\s*(?:\\[dt]?frac\s*\{\s*\\partial|\\partial|\\nabla)(?![A-Za-z])")


BOXED = re.compile(r"\s*\\(?:boxed|fbox|ensuremath)\s*\{")
"""What begins a formula in a frame."""
FRAME = re.compile(r"\\[;,:!]|\s")
"""Spaces inside of it."""


@dataclass
class Fragment:
    """A part of a display: its LaTeX, what stands before it, and where its first = is, -1 if there is none."""

    source: Written
    before: str
    equal: int

    @property
    def left(self) -> str:
        """What is defined."""
        return self.source.plain[: self.equal]


def fragments(source: Written, is_paired: bool = False) -> list[tuple[Written, bool]]:
    r"""The formulas in mathematics, and of each whether it is an equation.

    Args:
        source: LaTeX, with the offset of each character on the page.
        is_paired: whether every second & begins a new equation, as in align.
    """
    if not IN_DERIVATION.get():
        source = replaced(source, SLOPE, lambda found: f"{found['function']}'({found['of']}) ")
        source = replaced(source, BY_VALUE, lambda found: f"{found['of'].strip()}'({found['by'].strip()}{found['at']})")
    source = replaced(source, SURROGATE, lambda found: f"{found['left']}=")
    found = _tupled(_of_sets(_joined(_cut(_without_array(source), is_paired))))
    return [(_bare(each.source), _counts(each, found[place + 1 :])) for place, each in enumerate(found)]


def _cut(source: Written, is_paired: bool, depth: int = 0) -> Iterator[Fragment]:
    """The parts of a display, those of an array beside other parts by themselves."""
    for each in _Splitter(source, is_paired).fragments():
        inner = _without_array(each.source)
        if inner is each.source or each.equal >= 0 or depth > DEPTH.most:
            yield each
        else:
            yield from _cut(inner, is_paired, depth + 1)


def _without_array(source: Written) -> Written:
    """What stands in a frame or in an array, if that is all there is."""
    if boxed := BOXED.match(source.plain):
        end = len(source.plain.rstrip(" \t\n.,;")) - 1
        if source.plain[end] == "}" and _is_closed(source.plain[boxed.end() : end]):
            source = _unspaced(source[boxed.end() : end])
    found = ARRAY.fullmatch(source.plain) or BRACED.fullmatch(source.plain) or COLUMNS.fullmatch(source.plain)
    return source[found.start("inner") : found.end("inner")] if found else source


def _unspaced(source: Written) -> Written:
    """Without the spaces around it, those that are commands too."""
    begin, stop = 0, len(source.plain)
    while found := FRAME.match(source.plain, begin, stop):
        begin = found.end()
    while stop > begin and (source.plain[stop - 1].isspace() or source.plain[max(stop - 2, begin) : stop] in ("\\;", "\\,", "\\:", "\\!")):
        stop -= 1 if source.plain[stop - 1].isspace() else 2
    return source[begin:stop]


def _is_closed(text: str) -> bool:
    """Whether no brace of a text closes one before it."""
    depth = 0
    for sign in text:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0


def _bare(source: Written) -> Written:
    """Without the space around it."""
    return source[len(source.plain) - len(source.plain.lstrip()) : len(source.plain.rstrip())]


def _counts(fragment: Fragment, rest: list[Fragment]) -> bool:
    """Whether it is an equation: no range of an index, and no derivative of a loss but in a derivation."""
    if fragment.equal < 0:
        return False
    left, right = fragment.left.strip(" \n&{}$"), fragment.source.plain[fragment.equal + 1 :]
    if left == "t" or (re.fullmatch(r"[a-zTN]", left) and (DOTS.search(right) or (rest and DOTS.match(rest[0].source.plain)))):
        return False
    is_derivative = DERIVATIVE.match(fragment.left) and not IN_DERIVATION.get()
    return not (is_derivative or NOISE.search(right) or PROBABILITY.search(right) or LISTED.fullmatch(right))


def _joined(fragments: Iterator[Fragment]) -> list[Fragment]:
    """The fragments, those that go on from the line before joined to it."""
    kept: list[Fragment] = []
    for each in fragments:
        if not each.source.plain.strip():
            if kept and each.before == "comma":
                kept.append(each)
            continue
        before = kept[-1] if kept else None
        goes_on = each.before != "comma" and (BEGINS.match(each.source.plain) or (before and ENDS.search(before.source.plain)))
        if before is not None and goes_on and before.source.plain.strip():
            shift = len(before.source.plain)
            source = Written.joined([before.source, each.source])
            kept[-1] = Fragment(source, before.before, before.equal if before.equal >= 0 else each.equal + shift * (each.equal >= 0))
        else:
            kept.append(each)
    return [each for each in kept if each.source.plain.strip()]


def _of_sets(found: list[Fragment]) -> list[Fragment]:
    r"""The fragments, the names before the last one in W, U \in \mathbb{R}^{d \times d} with it."""
    kept: list[Fragment] = []
    for each in found:
        if each.equal < 0 and OF_SET.match(each.source.plain):
            while each.before == "comma" and kept and kept[-1].equal < 0 and OF_SET.match(rf"{kept[-1].source.plain}\in"):
                before = kept.pop()
                comma = Written.of(",", before.source.columns[-1])
                each = Fragment(Written.joined([before.source, comma, each.source]), before.before, -1)
        kept.append(each)
    return kept


def _tupled(found: list[Fragment]) -> list[Fragment]:
    """The fragments, q, k = a, b as q = a and k = b; names before a comma and one value are a whole, which is refused."""
    kept: list[Fragment] = []
    at = 0
    while at < len(found):
        first = next((place for place in range(at, len(found)) if not _is_listed(found, place)), len(found))
        names, values = found[at:first], found[first : 2 * first - at + 1]
        is_tuple = bool(names) and values and values[0].before == "comma" and values[0].equal >= 0 and _is_name(values[0].left)
        if not is_tuple:
            kept += [*names, *values[:1]]
            at = first + 1
        elif len(values) == len(names) + 1 and all(each.before == "comma" and each.equal < 0 for each in values[1:]):
            kept += _each(names, values)
            at = first + len(values)
        else:
            commas = [part for each in names for part in (each.source, Written.of(",", each.source.columns[-1]))]
            length = sum(len(part.plain) for part in commas)
            kept.append(Fragment(Written.joined([*commas, values[0].source]), names[0].before, length + values[0].equal))
            at = first + 1
    return kept


def _is_listed(found: list[Fragment], place: int) -> bool:
    """Whether it is a name alone, the first in its line or one behind a comma."""
    return found[place].equal < 0 and _is_name(found[place].source.plain) and found[place].before != "prose"


def _is_name(text: str) -> bool:
    return NAME.fullmatch(SPACE.sub("", text).strip(" \n&")) is not None


def _each(names: list[Fragment], values: list[Fragment]) -> list[Fragment]:
    """An equation for each name."""
    first = values[0]
    sign = first.source[first.equal : first.equal + 1]
    begin = EQUAL.match(first.source.plain, first.equal)
    rights = [first.source[begin.end() if begin else first.equal + 1 :], *(each.source for each in values[1:])]
    lefts = [*(each.source for each in names), first.source[: first.equal]]
    equal = Written.of("=", (sign.columns or (0,))[0])
    return [
        Fragment(Written.joined([left, equal, right]), names[0].before, len(left.plain)) for left, right in zip(lefts, rights, strict=True)
    ]


class _Splitter:
    """Cuts at commas, line ends, wide spaces and words, outside brackets."""

    def __init__(self, source: Written, is_paired: bool) -> None:
        self.source, self.is_paired = source, is_paired
        self.tokens = [(found.lastgroup or "", found.start(), found.end()) for found in TOKEN.finditer(source.plain)]
        self.new_lines = self._new_lines()

    def _new_lines(self) -> set[int]:
        """The line ends behind which a line has an = outside braces: there a new equation begins, whatever is still open."""
        found, last, depth = set(), -1, 0
        for kind, start, end in self.tokens:
            sign = self.source.plain[start:end]
            depth += (sign == "{" or kind == "begin") - (sign == "}" or kind == "end")
            if kind == "newline" and depth <= 0:
                last = start
            elif kind == "equal" and depth <= 0:
                found.add(last)
        return found

    def fragments(self) -> Iterator[Fragment]:
        parts: list[Written] = []
        begin, depth, inner, cells, equal, before = 0, 0, 0, 0, False, ""
        where = -1

        def taken(until: int) -> Written:
            return Written.joined([*parts, self.source[begin:until]])

        for kind, start, end in self.tokens:
            if kind in ("comment", "blank", "skipped") or (kind == "cell" and inner == 0 and not (self.is_paired and cells % 2)):
                cells += kind == "cell"
                parts, begin = [*parts, self.source[begin:start]], end
            elif kind in ("open", "begin"):
                depth, inner = depth + 1, inner + (kind == "begin")
            elif kind in ("close", "end"):
                depth, inner = max(depth - 1, 0), max(inner - (kind == "end"), 0)
            elif kind == "equal" and depth == 0 and not equal:
                equal, where = True, sum(len(each.plain) for each in parts) + start - begin
            elif (kind in ("comma", "space", "prose", "cell") and depth == 0) or (
                kind == "newline" and inner == 0 and (depth == 0 or start in self.new_lines)
            ):
                yield Fragment(taken(start), before, where)
                parts, begin, depth, equal, where, before = [], end, 0, False, -1, kind
                cells = 0 if kind == "newline" else cells + (kind == "cell")
        yield Fragment(Written.joined([*parts, self.source[begin:]]) if parts or begin else self.source or NOTHING, before, where)
