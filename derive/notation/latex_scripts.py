"""Indices, powers and primes: what stands below and above a part of a formula.

Takes a part and its scripts, gives the part that they make of it. Whether a superscript is a time, a label, a power or a transposition
is decided by what it holds: t or t-1 is a time; a number is a power, unless in parentheses; T is a transposition; letters are a label.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from derive.algebra.clocks import CLOCKS
from derive.notation.latex_parts import Function, Group, Mark, Name, Over, Part, Sign, Value, has, only, row, split, written
from derive.notation.written import NOTHING, Written, Wrong

COMPONENT = "a component is written h_t[2], counted from 0; or give the expression a name of its own"


@dataclass(frozen=True)
class Script:
    """What stands "below" or "above", or a "prime": its parts, for primes how many."""

    kind: str
    parts: tuple[Part, ...]
    at: int
    count: int = 1


def number(parts: Sequence[Part]) -> str:
    """The number that the parts are, with a sign or as a fraction: "2", "-1", "1/2"; "" if they are none."""
    text = "".join(part.written.plain if isinstance(part, Value) and part.kind == "number" else part.text if isinstance(part, Sign) else "x"
                   for part in parts)  # fmt: skip
    bare = re.sub(r"[()\s]", "", text.replace("−", "-").replace("+", ""))
    return bare if re.fullmatch(r"-?(\d+(\.\d+)?|\.\d+)(/\d+)?", bare) else ""


def time(parts: Sequence[Part]) -> str:
    """The time that the parts are: "t", "t-1"; "" if they are none."""
    parts = list(parts)
    if (
        len(parts) > 2
        and isinstance(parts[0], Sign)
        and parts[0].kind == "LESS"
        and isinstance(parts[-1], Sign)
        and parts[-1].kind == "MORE"
    ):
        parts = parts[1:-1]
    if not parts or not isinstance(parts[0], Name) or parts[0].plain != "t" or parts[0].after.plain:
        return ""
    if len(parts) == 1:
        return "t"
    by = number(parts[1:])
    return f"t{'' if by.startswith('-') else '+'}{by}" if isinstance(parts[1], Sign) and by.lstrip("-").isdigit() else ""


def timed(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts, h(t - 1) and h[t - 1] as h at that time."""
    kept: list[Part] = []
    for part in parts:
        name = only(kept[-1]) if kept else None
        is_name = isinstance(name, Name) and not (name.time or name.second) and name.plain not in CLOCKS
        if isinstance(name, Name) and name.time and isinstance(part, Group) and _lists_values(part):
            continue
        if isinstance(name, Name) and name.time and not name.second and isinstance(part, Group) and (k := _second_in_brackets(part)):
            kept[-1] = replace(name, second=k, after=Written.joined([name.after, part.after]))
        elif is_name and isinstance(part, Group) and part.opening in "([" and (when := time(part.parts)):
            assert isinstance(name, Name)
            kept[-1] = replace(name, time=when, after=Written.joined([name.after, part.after]))
        else:
            kept.append(part)
    return tuple(kept)


def _second_in_brackets(group: Group) -> str:
    """The k of a_t(k); "" for other brackets."""
    letter = only(group.parts[0]) if len(group.parts) == 1 and group.opening == "(" else None
    is_letter = isinstance(letter, Name) and not letter.after.plain and re.fullmatch("[a-z]", letter.plain)
    return letter.plain if is_letter and isinstance(letter, Name) else ""


def _lists_values(group: Group) -> bool:
    """Whether it is the (y_t, p_t) of E_t(y_t, p_t), or the (theta) of E_t(theta), which says what E_t depends on."""
    listed = [[only(part) for part in each] for each in split(group.parts, ("COMMA",))]
    are_values = all(len(each) == 1 and isinstance(each[0], Name) and each[0].time and not each[0].after.plain for each in listed)
    is_theta = len(listed) == 1 and isinstance(letter := listed[0][0] if listed[0] else None, Name) and letter.plain in ("theta", "Theta")
    return group.opening == "(" and ((are_values and len(listed) > 1) or is_theta) and not group.after.plain


def label(parts: Sequence[Part], at: int) -> str:
    """A label of a name: letters, words and numbers, one after another.

    Raises:
        Wrong: it is something else.
    """
    found = ""
    for part in parts:
        part = only(part)
        if isinstance(part, Name) and not part.after.plain:
            found += part.bare
        elif isinstance(part, Function) and not part.index:
            found += part.word or part.name
        elif isinstance(part, Value) and part.kind in ("number", "ones"):
            found += part.written.plain
        elif isinstance(part, Mark | Sign) and (word := ARROWS.get(part.text.lstrip("\\"))):
            found += word
        elif isinstance(part, Group) and part.opening != "{" and not part.after.plain:
            found += label(part.parts, at)
        else:
            raise Wrong("this index is not understood", _advice(parts), at)
    if not re.fullmatch(r"\w+", found):
        raise Wrong("this index is not understood", r"write a word or a number, such as W_f or h_t^{(2)}", at)
    return found


ARROWS = {
    "to": "fwd", "rightarrow": "fwd", "leftarrow": "bwd", "gets": "bwd", "→": "fwd", "←": "bwd", "ast": "star", "star": "star", "*": "star",
    "dagger": "dagger",
}  # fmt: skip
"""Signs that are labels when they stand in a script."""


def indexed(name: Name, parts: Sequence[Part], at: int, is_above: bool = False) -> Name:
    """The name with what stands in a script.

    Raises:
        Wrong: it is not understood.
    """
    for each in split(parts, ("COMMA", "SEMICOLON")):
        if len(each) == 1 and isinstance(each[0], Group) and each[0].opening != "{":
            each = list(each[0].parts)
        is_value = not name.base[0].isupper() or len(name.base) > 1
        if not is_value and not is_above and not time(each):
            each = [part for part in each if not (isinstance(part, Sign) and part.kind in ("PLUS", "MINUS"))]
        if when := time(each):
            if name.time:
                raise Wrong(f"{name.base} has two times", "write one index with t, as in h_{t-1}", at)
            name = replace(name, time=when)
        elif is_value and not name.time and not is_above and (second := _second(each)):
            name = replace(name, time="t", second=second)
        elif name.time and not is_above and len(each) == 1 and isinstance(each[0], Name) and re.fullmatch("[a-z]", each[0].plain):
            name = replace(name, second=each[0].plain)
        elif is_above and (layer := _layer(each)) and (name.time or each is not parts):
            name = replace(name, labels=(*name.labels, layer))
        elif is_above and not _is_word(each):
            raise Wrong(
                "this superscript is not understood", r"a power is a number, as in x^2; a transposition W^\top; a label h^{(2)}", at
            )
        else:
            new = label(each, at)
            is_index = is_above and is_value and len(name.labels) == 1 and re.fullmatch("[a-z]", name.labels[0])
            name = replace(name, labels=(new, *name.labels) if is_index else (*name.labels, new))
    return name


def _layer(parts: Sequence[Part]) -> str:
    """The label of the layer below or above, l - 1 or l + 1; "" for something else."""
    letter, by = only(parts[0]) if parts else None, number(parts[1:])
    if len(parts) != 3 or not isinstance(letter, Name) or not re.fullmatch("[A-Za-z]", letter.plain) or not by.lstrip("-").isdigit():
        return ""
    return f"{letter.plain}_{'minus' if by.startswith('-') else 'plus'}_{by.lstrip('-')}"


def _advice(parts: Sequence[Part]) -> str:
    if len(parts) == 3 and isinstance(parts[0], Name) and number(parts[1:]):
        return "the time is t: write it for " + parts[0].plain
    return r"an index is a time as in h_{t-1}, a label as in W_{xh} or h_t^{(2)}, or two of them as in h_{2,t}"


def _is_word(parts: Sequence[Part]) -> bool:
    """Whether letters and numbers are all there is, or one sign."""
    return len(parts) == 1 or not any(isinstance(each, Sign) for each in parts)


def _second(parts: Sequence[Part]) -> str:
    """The k of "tk"."""
    names = [part.plain for part in parts if isinstance(part, Name) and not part.is_word]
    return names[1] if len(parts) == len(names) == 2 and names[0] == "t" and re.fullmatch("[a-z]", names[1]) else ""


def attached(base: Part, scripts: Sequence[Script]) -> Part:
    """A part with its scripts.

    Raises:
        Wrong: they are not understood.
    """
    if isinstance(base, Function) and base.name == "sum" and base.index:
        return _sum(base, scripts)
    for script in sorted(scripts, key=lambda each: ("prime", "below", "above").index(each.kind)):
        if script.kind == "prime":
            base = _primed(base, script)
        elif script.kind == "below":
            base = _below(base, script)
        else:
            base = _above(base, script)
    return base


def _primed(base: Part, script: Script) -> Part:
    if not isinstance(base, Name):
        raise Wrong("a prime belongs to a name", "write a derivative as an expression", script.at)
    return replace(base, base=base.base + "_prime" * script.count)


def _below(base: Part, script: Script) -> Part:
    if isinstance(base, Name):
        return indexed(base, script.parts, script.at)
    if isinstance(base, Function):
        if base.name != "softmax":
            raise Wrong(f"{base.text} has no index", "leave the index out", script.at)
        return replace(base, index=f"_{_short(_range(script.parts, (), script.at))}")
    if isinstance(base, Value):
        if base.kind in ("ones", "number") and base.written.plain in ("0", "1"):
            return base
        if base.kind == "norm" and number(script.parts) == "2":
            return base
        if base.kind == "norm" and number(script.parts) == "1":
            inner = Written(base.written.plain.removeprefix("norm"), base.written.columns[4:])
            opening, closing = Written.of("sum(abs", base.at), Written.of(")", inner.columns[-1])
            return replace(base, written=Written.joined([opening, inner, closing]), kind="")
    if isinstance(base, Group) and base.opening == "(" and not base.after.plain and len(script.parts) == 1:
        letter = only(script.parts[0])
        if isinstance(letter, Name) and re.fullmatch("[a-su-z]", letter.plain):
            return replace(base, after=Written.of(f"_{letter.plain}", script.at))
    raise Wrong("an index belongs to a name", COMPONENT, script.at)


def _above(base: Part, script: Script) -> Part:
    own = script.parts
    if own and all(isinstance(each, Mark) and each.text.startswith("\\prime") for each in own):
        return _primed(base, replace(script, count=len(own)))
    if power := _power(own):
        return _raised(base, Written.of(power, script.at))
    if isinstance(base, Name) and base.base == "e" and not (base.labels or base.time) and not _is_label(own):
        inner = row(own)
        return Value(Written.joined([Written.of("exp(", base.at), inner, Written.of(")", (inner.columns or (script.at,))[-1])]), base.at)
    if isinstance(base, Name | Group) and not base.after.plain and _reads_a_value(own):
        inner, of = row(own), written(base)
        opening, between = Written.of("exp((", base.at), Written.of(") * log(", script.at)
        return Value(Written.joined([opening, inner, between, of, Written.of("))", inner.columns[-1])]), base.at)
    if isinstance(base, Name):
        return indexed(base, own, script.at, is_above=True)
    raise Wrong("this superscript is not understood", r"a power is a number, as in x^2; a transposition W^\top", script.at)


def _reads_a_value(own: Sequence[Part]) -> bool:
    """Whether a value at a time stands in a superscript, which is an exponent then."""
    pending = list(own)
    while pending:
        part = pending.pop()
        if isinstance(part, Name) and part.time:
            return True
        pending += part.parts if isinstance(part, Group) else ()
    return False


def _is_label(own: Sequence[Part]) -> bool:
    """Whether a superscript is a number in parentheses or a time."""
    return bool(time(own)) or (len(own) == 1 and isinstance(own[0], Group) and own[0].opening != "{")


def _power(own: Sequence[Part]) -> str:
    """What a superscript adds to a factor: "^T", "^2", "^{-1}"; "" if it is no power."""
    if len(own) == 2 and isinstance(own[0], Sign) and own[0].kind == "ELEMENTWISE":
        own = own[1:]
    if len(own) == 1 and isinstance(part := only(own[0]), Mark | Name):
        text = re.sub(r"\\(mathsf|mathrm|rm)\s*", "", part.text if isinstance(part, Mark) else part.plain)
        return "^T" if text.lstrip("\\") in ("top", "intercal", "transpose", "T") else ""
    exponent = number(own)
    return f"^{exponent}" if exponent.isdigit() else f"^{{{exponent}}}" if exponent else ""


def _raised(base: Part, power: Written) -> Part:
    if isinstance(base, Value):
        if base.kind == "ones" and power.plain == "^T":
            return replace(base, kind="ones^T")
        return Value(Written.joined([base.written, power]), base.at)
    if isinstance(base, Function) and power.plain in ("^T", "^{-1}"):
        raise Wrong(f"{base.text} has no such power", f"write {base.text}(x) in parentheses, with the power behind it", base.at)
    if isinstance(base, Group) and power.plain == "^T" and base.opening == "[" and not base.after.plain:
        return _stacked(base) or replace(base, after=power)
    if isinstance(base, Name | Function | Group):
        return replace(base, after=Written.joined([base.after, power]))
    raise Wrong("a power belongs to a value", "write what it is of before it", power.columns[0])


def _stacked(group: Group) -> Group | None:
    r"""[a^\top, b^\top] transposed is [a, b], a column; None if the blocks are not all transposed."""
    blocks = split(group.parts, ("COMMA", "SEMICOLON"))
    if not has(group.parts, "COMMA", "SEMICOLON") or not all(
        len(each) == 1 and isinstance(each[0], Name | Group) and each[0].after.plain == "^T" for each in blocks
    ):
        return None
    parts = tuple(replace(part, after=NOTHING) if isinstance(part, Name | Group) else part for part in group.parts)
    return replace(group, parts=parts)


def _sum(function: Function, scripts: Sequence[Script]) -> Over:
    below = [each for each in scripts if each.kind == "below"]
    above = [each for each in scripts if each.kind == "above"]
    if len(below) != 1 or len(above) > 1:
        raise Wrong(f"{function.text} does not say over which index", r"write \sum_{k=1}^{T}, \sum_k or \sum_{k<t}; for the sum of all "
                    r"entries \operatorname{sum}(x)", function.at)  # fmt: skip
    span = _range(below[0].parts, above[0].parts if above else (), below[0].at)
    return Over(Written.of(f"sum_{_short(span)}", function.at), function.at)


def _short(span: str) -> str:
    return span if len(span) == 1 else f"{{{span}}}"


def _range(below: Sequence[Part], above: Sequence[Part], at: int) -> str:
    """The range of an index in the plain notation: "k", "k<t", "k<=t", "t".

    Raises:
        Wrong: it has none.
    """
    letter = only(below[0]) if below else None
    rest = below[1:]
    if isinstance(letter, Name) and re.fullmatch(r"[a-z]", letter.plain) and not letter.after.plain:
        k, upper, is_all = letter.plain, time(above), not above or _is_length(above)
        if not rest and is_all:
            return k
        if rest and isinstance(sign := rest[0], Sign):
            if sign.kind == "EQUAL" and number(rest[1:]) == "1" and (is_all or upper in ("t", "t-1")):
                return k if is_all else f"{k}<t" if upper == "t-1" else f"{k}<=t"
            if sign.kind in ("LESS", "UP_TO") and time(rest[1:]) == "t" and not above:
                return f"{k}<t" if sign.kind == "LESS" else f"{k}<=t"
    raise Wrong("this range has no plain form", r"an index runs over all steps, \sum_{k=1}^{T}, over those before t, \sum_{k=1}^{t-1} or "
                r"\sum_{k<t}, or up to t, \sum_{k=1}^{t}", at)  # fmt: skip


def _is_length(above: Sequence[Part]) -> bool:
    """Whether the end of a range is the length of a sequence: T, with a label or not, or another letter."""
    end = only(above[0]) if len(above) == 1 else None
    return isinstance(end, Name) and not end.time and (end.base == "T" or re.fullmatch("[A-Za-su-z]", end.plain) is not None)
