"""What stands in an index of a name: a time, labels, a second index, a value given others.

Takes a name and the parts of one of its scripts, gives the name with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from derive.limits import LAG
from derive.notation import tree
from derive.notation.derivation import IN_DERIVATION
from derive.notation.latex.parts import (
    Function,
    Group,
    Mark,
    Name,
    Part,
    Sign,
    Value,
    only,
    split,
)
from derive.notation.letters import GREEK, GREEK_NAMES
from derive.notation.plain.names import TIME
from derive.notation.tree import Operator, Place, Product
from derive.notation.written import Wrong


def number(parts: Sequence[Part]) -> str:
    """The number that the parts are, with a sign or as a fraction: "2", "-1", "1/2"; "" if they are none."""
    text = "".join(_digits(part) for part in parts)
    bare = re.sub(r"[()\s]", "", text.replace("−", "-").replace("+", ""))
    return bare if re.fullmatch(r"-?(\d+(\.\d+)?|\.\d+)(/\d+)?", bare) else ""


def _digits(part: Part) -> str:
    part = only(part)
    if isinstance(part, Value) and isinstance(part.tree, tree.Number):
        return part.tree.text
    if isinstance(part, Value) and isinstance(made := part.tree, tree.Bracketed) and isinstance(quotient := made.inner, Product):
        factors = [quotient.first, *(each for _, each in quotient.rest)]
        is_quotient = [operator for operator, _ in quotient.rest] == [Operator.OVER]
        return "/".join(each.text if isinstance(each, tree.Number) and is_quotient else "x" for each in factors)
    return part.text if isinstance(part, Sign) else "x"


def time(parts: Sequence[Part]) -> int | None:
    """The steps from t that the parts are: 0 for t, -1 for t - 1; None if they are no time."""
    parts = list(parts)
    if len(parts) > 2 and is_sign(parts[0], "LESS") and is_sign(parts[-1], "MORE"):
        parts = parts[1:-1]
    first = only(parts[0]) if parts else None
    if not isinstance(first, Name) or first.whole != TIME.get() or first.has_index or first.after:
        return None
    if len(parts) == 1:
        return 0
    by = number(parts[1:])
    is_step = isinstance(parts[1], Sign) and by.lstrip("-").isdigit() and abs(int(by)) <= LAG.most
    return int(by) if is_step else None


def step(parts: Sequence[Part]) -> tree.Step | None:
    """The step of a derivation that the parts are: k, T - 1, t + 1 or 3; None if they are none."""
    if (when := time(parts)) is not None:
        return tree.Step("t", when)
    first = only(parts[0]) if parts else None
    is_letter = isinstance(first, Name) and first.is_letter("[a-zT]")
    by = number(parts[is_letter:])
    if not parts or (not (is_letter and len(parts) == 1) and not (by.lstrip("-").isdigit() and abs(int(by)) <= LAG.most)):
        return None
    return tree.Step(first.base if isinstance(first, Name) else "", int(by or 0), place=only(parts[0]).place.to(only(parts[-1]).place))


def is_sign(part: Part, kind: str) -> bool:
    """Whether a part is a sign of this kind."""
    return isinstance(part, Sign) and part.kind == kind


def label(parts: Sequence[Part], at: int) -> str:
    """A label of a name: letters, words and numbers, one after another.

    Raises:
        Wrong: it is something else.
    """
    found = ""
    if len(parts) == 1 and isinstance(sign := only(parts[0]), Sign) and sign.text in ALONE:
        return ALONE[sign.text]
    for part in parts:
        part = only(part)
        if isinstance(part, Name) and not part.after:
            found += part.bare
        elif isinstance(part, Function) and not part.over:
            found += part.word or part.name
        elif isinstance(part, Value) and isinstance(part.tree, tree.Number) and "/" not in part.tree.text:
            found += part.tree.text
        elif isinstance(part, Mark | Sign) and (word := ARROWS.get(part.text.lstrip("\\"))):
            found += word
        elif isinstance(part, Group) and part.opening != "{" and not part.after:
            found += label(part.parts, at)
        else:
            raise Wrong("this index is not understood", _advice(parts), at)
    if not re.fullmatch(r"\w+", found):
        raise Wrong("this index is not understood", r"write a word or a number, such as W_f or h_t^{(2)}", at)
    return found


def _greek(parts: Sequence[Part]) -> tuple[str, ...]:
    """The Greek letters in a label, by their commands."""
    found: list[str] = []
    for part in map(only, parts):
        if isinstance(part, Group):
            found += _greek(part.parts)
        elif isinstance(part, Name):
            letter = part.spelling.letter or GREEK_NAMES.get(part.base, "")
            found += [f"\\{letter}"] if letter.removeprefix("var") in GREEK else []
            found += part.spelling.labels or ()
    return tuple(found)


SECOND = r"[a-z](_prime)?"
"""A second index: j, and the j' of a sum beside it."""
ARROWS = {
    "to": "fwd", "rightarrow": "fwd", "leftarrow": "bwd", "gets": "bwd", "→": "fwd", "←": "bwd", "ast": "star", "star": "star", "*": "star",
    "dagger": "dagger",
}  # fmt: skip
"""Signs that are labels when they stand in a script."""
ALONE = {"-": "minus", "−": "minus", "–": "minus", "+": "plus"}
"""Signs that are labels when nothing else stands there, x^- and x^+."""


def indexed(name: Name, parts: Sequence[Part], place: Place, is_above: bool = False) -> Name:
    """The name with what stands in a script.

    Raises:
        Wrong: it is not understood.
    """
    at = place.start
    name = replace(name, place=name.place.to(place))
    for each in (one for some in split(parts, ("COMMA", "SEMICOLON")) for one in _bracketed(some)):
        if (given := _given(each)) is not None and name.time is None:
            name = _expected(name, *given)
            continue
        if len(each) == 1 and isinstance(group := each[0], Group) and group.opening != "{":
            name, each = replace(name, after=(*name.after, *group.after)), list(group.parts)
        is_value = not name.base[0].isupper() or len(name.base) > 1
        at_step = step(each) if IN_DERIVATION.get() and len(each) > 1 and name.time is None else None
        if at_step is not None and at_step.letter not in ("", "t"):
            name = replace(name, step=at_step)
            continue
        if not is_value and not is_above and time(each) is None:
            each = [part for part in each if not (isinstance(part, Sign) and part.kind in ("PLUS", "MINUS"))]
        letter = only(each[0]) if len(each) == 1 else None
        if is_value and is_behind_the_end(each) and name.time is None:
            name = replace(name, labels=(*name.labels, tree.BEYOND))
        elif (when := time(each)) is not None:
            if name.time is not None:
                raise Wrong(f"{name.base} has two times", "write one index with t, as in h_{t-1}", at)
            name = replace(name, time=when)
        elif is_value and name.time is None and not is_above and (second := _second(each)):
            name = replace(name, time=0, second=second)
        elif name.time is not None and not is_above and isinstance(letter, Name) and letter.is_letter(SECOND):
            name = replace(name, second=letter.base)
        elif is_above and (layer := _layer(each)) and (name.time is not None or each is not parts):
            name = replace(name, labels=(*name.labels, layer))
        elif is_above and not _is_word(each):
            raise Wrong(
                "this superscript is not understood",
                r"a power is a number, as in x^2; a transposition W^\top; a label or the number of a layer h^{(2)}",
                at,
            )
        else:
            new = label(each, at)
            spelling = replace(name.spelling, labels=(*(name.spelling.labels or ()), *_greek(each)))
            name = replace(name, labels=(*name.labels, new), spelling=spelling)
    return name


def _bracketed(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """The label and the time of [1]<t>, which stand in brackets of their own; else the parts as they are."""
    rest = list(parts)
    while len(rest) > 1 and isinstance(first := rest[0], Group) and first.opening != "{" and not first.after:
        yield [first]
        rest = rest[1:]
    yield rest


def _given(parts: Sequence[Part]) -> tuple[int, tuple[str, ...]] | None:
    """The time and the label in t|t-1, what is expected before it is seen, and in t|t, what it is then; None for something else.

    Raises:
        Wrong: it is what is expected after, or long before.
    """
    bars = [each for each in parts if isinstance(each, Sign) and each.kind in ("BAR", "MID")]
    sides = [time(each) for each in split(parts, ("BAR", "MID"))] if len(bars) == 1 else []
    if len(sides) != 2 or None in sides:
        return None
    when, seen = (int(each or 0) for each in sides)
    if when - seen not in (0, 1):
        raise Wrong(
            "this index is of a value given others",
            "x_{t|t-1} and x_{t|t} are read; give another one a name of its own",
            bars[0].place.start,
        )
    return when, ("prior",) if when > seen else ()


def _expected(name: Name, when: int, labels: tuple[str, ...]) -> Name:
    """A name given others; x_{t|t} is x_t, and another spelling of it."""
    spelled = name.spelling.labels or ()
    spelling = replace(name.spelling, labels=spelled if labels else (*spelled, "given"))
    return replace(name, time=when, labels=(*name.labels, *labels), spelling=spelling)


def _layer(parts: Sequence[Part]) -> str:
    """The label of the layer below or above, l - 1 or l + 1; "" for something else."""
    letter, by = only(parts[0]) if parts else None, number(parts[1:])
    is_letter = isinstance(letter, Name) and (letter.is_letter("[A-Za-z]") or letter.whole == "ell")
    if len(parts) != 3 or not isinstance(letter, Name) or not is_letter or not by.lstrip("-").isdigit():
        return ""
    return f"{letter.base}_{'minus' if by.startswith('-') else 'plus'}_{by.lstrip('-')}"


def is_behind_the_end(parts: Sequence[Part]) -> bool:
    """Whether the parts are T + 1, the step behind the last one."""
    last = only(parts[0]) if parts else None
    return len(parts) == 3 and isinstance(last, Name) and last.whole in tree.ENDS and number(parts[1:]) == "1"


def _advice(parts: Sequence[Part]) -> str:
    if len(parts) == 3 and isinstance(parts[0], Name) and number(parts[1:]):
        return "the time is t: write it for " + parts[0].base
    return r"an index is a time as in h_{t-1}, a label as in W_{xh} or h_t^{(2)}, or two of them as in h_{2,t}"


def _is_word(parts: Sequence[Part]) -> bool:
    """Whether letters and numbers are all there is, or one sign."""
    return len(parts) == 1 or not any(isinstance(each, Sign) for each in parts)


def _second(parts: Sequence[Part]) -> str:
    """The k of "tk"."""
    names = [part for part in parts if isinstance(part, Name) and not part.is_word]
    is_pair = len(parts) == len(names) == 2 and names[0].whole == TIME.get() and names[1].is_letter(SECOND)
    return names[1].base if is_pair else ""
