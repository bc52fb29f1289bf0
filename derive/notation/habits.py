r"""What authors write in other ways than the notation, brought to it before it is read.

    h_0 = c_0 = 0,  g(x) = h(x) = \tanh(x)   two definitions each
    \frac{\Delta t}{\tau}                    \frac{\mathit{dt}}{\tau}
    "where f is usually tanh"                f(a) = tanh(a)

Takes and gives `Written`, so that an error still shows the place on the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from derive.notation.calls import NAMES
from derive.notation.letters import GREEK_NAMES
from derive.notation.prose import prose
from derive.notation.typed import replaced
from derive.notation.written import Written

STEP_SIZE = re.compile(r"\\[Dd]elta\s*(?:\{t\}|t)(?![A-Za-z_^])")
VALUE = re.compile(r"\s*([A-Za-z]\w*)\s*\([^()=]*\\(?:hat|tilde)[^()=]*\)\s*=")
"""A total that is written with what it depends on, E(y, \\hat{y}), where it is defined; E_t(y_t, \\hat{y}_t) is read with its index."""
MOST = 6
"""How many names one line may define at once."""
HEAD = re.compile(r"[^=+*/·⊙∘−]*")
FUNCTION_HEAD = re.compile(r"\s*\\?[A-Za-zα-ω]\w*(?:_\{?\\?\w+\}?)?\s*\(\s*\\?\w+(?:\s*,\s*\\?\w+)*\s*\)\s*")
SIGNS = re.compile(r"(?P<open>\\[{]|[(\[{])|(?P<close>\\[}]|[)\]}])|(?P<command>\\[A-Za-z]+|\\.)|(?P<equal>(?<![<>!:=])=(?!=))")
UNKNOWN = re.compile(r"(?<![\w\\])(?P<name>\\?(?:var)?[A-Za-zα-ωϕ]+(?:_(?:\w|\{\\?\w+\}))?)\s*(?:\\!|\\left|\\[bB]igg?l?)?\s*\(")
CLAUSE = re.compile(r"[.;。；](?=\s|$)|。|；|\n\s*\n|\n(?=\s*[-*$\\])")
WORDS = {
    r"hyperbolic tangents?|tanh|双曲正切": "tanh",
    r"logistic(?: sigmoids?)?|sigmoids?(?: function)?|S\s*型": "sigmoid",
    r"ReLU|rectif\w+(?: linear units?)?|relu|线性整流": "relu",
    r"softmax": "softmax",
    r"softplus": "softplus",
    r"identity|恒等": "identity",
}
"""How prose calls a function."""
SAID = re.compile("|".join(f"(?P<f{place}>{words})" for place, words in enumerate(WORDS)), re.IGNORECASE)


def stepped(source: Written) -> Written:
    r"""Mathematics with \Delta t as a name."""
    return replaced(source, STEP_SIZE, lambda _: r"\mathit{dt}")


def chained(source: Written) -> Iterator[Written]:
    """a = b = c as definitions of a and of b, if both are names or functions of names; else it as it is."""
    equals, depth = [], 0
    for found in SIGNS.finditer(source.plain):
        depth += (found.lastgroup == "open") - (found.lastgroup == "close")
        if found.lastgroup == "equal" and depth == 0:
            equals.append(found.start())
    starts = [0, *(at + 1 for at in equals)]
    heads = [source[start:end] for start, end in zip(starts, equals, strict=False)]
    if not 2 <= len(heads) <= MOST or not all(
        HEAD.fullmatch(re.sub(r"[_^]\{[^{}]*\}", "", each.plain)) and _is_one(each.plain) for each in heads
    ):
        yield source
        return
    last = source[starts[-1] :]
    for place, head in enumerate(heads):
        is_same = FUNCTION_HEAD.fullmatch(head.plain) or re.search(r"_\{?0\}?\s*$", head.plain) or place == len(heads) - 1
        yield Written.joined([head, Written.of(" = ", head.columns[-1]), last if is_same else heads[place + 1]])


def valued(sources: list[Written]) -> list[Written]:
    r"""Mathematics in which E(y, \hat{y}), where it is defined so, is E."""
    names = {found[1] for each in sources if (found := VALUE.match(each.plain))}
    for name in names:
        pattern = re.compile(rf"(?<![A-Za-z\\]){re.escape(name)}\s*\([^()=]*\)")
        sources = [replaced(each, pattern, lambda _, name=name: name) for each in sources]  # type: ignore[misc]
    return sources


def _is_one(head: str) -> bool:
    """Whether a left side is one name, or a function of names."""
    bare = re.sub(r"[_^](?:\{[^{}]*\}|\w)|\\(?:mathbf|boldsymbol|mathrm|text|hat|tilde|bar|operatorname|vec|bm)\b|[{}&]", "", head)
    return bool(FUNCTION_HEAD.fullmatch(head) or re.fullmatch(r"\s*\\?\w+\s*", bare))


def said(page: str, sources: Iterable[Written]) -> Iterator[tuple[str, str]]:
    """The functions that mathematics applies and only prose defines: name in the plain notation, and function."""
    names = dict.fromkeys(found["name"] for each in sources for found in UNKNOWN.finditer(each.plain))
    words = prose(page) if names else ""
    for name in names:
        plain = re.sub(r"[{}\\]|\\var", "", name)
        if plain in NAMES or plain in ("left", "right", "frac", "mathbf", "text"):
            continue
        letters = {name, plain, *(letter for letter, spelled in GREEK_NAMES.items() if spelled == plain)}
        pattern = re.compile(rf"(?<![\w\\])(?:{'|'.join(sorted(map(re.escape, letters), key=len, reverse=True))})(?![\w])")
        for clause in CLAUSE.split(words):
            mention = pattern.search(clause)
            word = SAID.search(clause, mention.end()) if mention else None
            if word is not None:
                yield plain, list(WORDS.values())[int((word.lastgroup or "f0")[1:])]
                break
