"""Indices, powers and primes: what stands below and above a part of a formula.

Takes a part and its scripts, gives the part that they make of it. Whether a superscript is a time, a label, a power or a transposition
is decided by what it holds: t or t-1 is a time; a number is a power, unless in parentheses; T is a transposition; letters are a label.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.algebra.clocks import CLOCKS
from derive.notation import tree
from derive.notation.derivation import IN_DERIVATION
from derive.notation.latex.applied import called, no_index
from derive.notation.latex.conditions import indicator, is_indicator
from derive.notation.latex.indices import SECOND, indexed, is_behind_the_end, is_sign, number, step, time
from derive.notation.latex.parts import (
    COMPONENT,
    TRANSPOSED,
    After,
    Function,
    Gradient,
    Group,
    Mark,
    Name,
    Over,
    Part,
    Sign,
    Value,
    has,
    only,
    raised,
    refuse_power,
    split,
)
from derive.notation.latex.rows import row
from derive.notation.plain.names import TIME
from derive.notation.tree import Operator, Place, Product, Reach
from derive.notation.written import Wrong


@dataclass(frozen=True)
class Script:
    """What stands "below" or "above", or a "prime": its parts, for primes how many."""

    kind: str
    parts: tuple[Part, ...]
    place: Place
    count: int = 1


def timed(parts: Sequence[Part]) -> tuple[Part, ...]:
    r"""The parts, h(t - 1) and h[t - 1] as h at that time, e(t, k) as that of two indices, and \Delta t as a name."""
    kept: list[Part] = []
    for part in parts:
        name = only(kept[-1]) if kept else None
        own = only(part)
        if (
            isinstance(name, Name)
            and isinstance(own, Name)
            and name.base.lower() == "delta"
            and own.base in ("t", "T")
            and not (name.has_index or name.after)
        ):
            dressed = replace(own, base="dt") if own.base == "t" else replace(own, base="Delta", labels=("T", *own.labels))
            kept[-1] = replace(dressed, place=name.place.to(own.place))
            continue
        if not isinstance(name, Name) or not isinstance(part, Group):
            kept.append(part)
            continue
        place = name.place.to(part.place)
        if name.time is not None and _lists_values(part):
            continue
        if name.time is not None and not name.second and (k := _second_in_brackets(part)):
            kept[-1] = replace(name, second=k, after=(*name.after, *part.after), place=place)
        elif name.time is None and not name.second and (both := _both_in_brackets(part)):
            kept[-1] = replace(name, time=both[0], second=both[1], after=(*name.after, *part.after), place=place)
        elif name.time is None and name.whole not in CLOCKS and part.opening in "([" and (when := time(part.parts)) is not None:
            kept[-1] = replace(name, time=when, after=(*name.after, *part.after), place=place)
        elif name.time is None and part.opening in "([" and is_behind_the_end(part.parts):
            kept[-1] = replace(name, labels=(*name.labels, tree.BEYOND), place=place)
        else:
            kept.append(part)
    return tuple(kept)


def _second_in_brackets(group: Group) -> str:
    """The k of a_t(k); "" for other brackets."""
    letter = only(group.parts[0]) if len(group.parts) == 1 and group.opening == "(" else None
    return letter.base if isinstance(letter, Name) and letter.is_letter(SECOND) else ""


def _both_in_brackets(group: Group) -> tuple[int, str] | None:
    """The steps from t and the k of score(t, k); None for other brackets."""
    listed = split(group.parts, ("COMMA",)) if group.opening == "(" else []
    if len(listed) != 2 or len(listed[1]) != 1:
        return None
    when, letter = time(listed[0]), only(listed[1][0])
    is_letter = isinstance(letter, Name) and letter.is_letter(SECOND)
    return (when, letter.base) if isinstance(when, int) and is_letter and isinstance(letter, Name) else None


def _lists_values(group: Group) -> bool:
    """Whether it is the (y_t, p_t) of E_t(y_t, p_t), or the (theta) of E_t(theta), which says what E_t depends on."""
    listed = [[only(part) for part in each] for each in split(group.parts, ("COMMA",))]
    are_values = all(len(each) == 1 and isinstance(each[0], Name) and each[0].time is not None and not each[0].after for each in listed)
    letter = listed[0][0] if len(listed) == 1 and listed[0] else None
    is_theta = isinstance(letter, Name) and letter.is_letter("[tT]heta")
    return group.opening == "(" and ((are_values and len(listed) > 1) or is_theta) and not group.after


def attached(base: Part, scripts: Sequence[Script]) -> Part:
    """A part with its scripts.

    Raises:
        Wrong: they are not understood.
    """
    if isinstance(base, Function) and base.name in ("sum", "prod") and base.over:
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
    if isinstance(base, Function) and IN_DERIVATION.get() and script.count == 1:
        return replace(base, is_slope=True, place=base.place.to(script.place))
    if not isinstance(base, Name):
        raise Wrong("a prime belongs to a name", "write a derivative as an expression", script.place.start)
    return replace(base, base=base.base + "_prime" * script.count, place=base.place.to(script.place))


def _below(base: Part, script: Script) -> Part:
    place = base.place.to(script.place)
    if is_indicator(base) and (made := indicator(script.parts, row)) is not None:
        return Value(made, place)
    if isinstance(base, Name):
        return indexed(base, script.parts, script.place)
    if isinstance(base, Function):
        if base.name != "softmax":
            raise Wrong(f"{base.text} has no index", "leave the index out", script.place.start)
        return replace(base, over=_range(script.parts, (), script.place.start))
    if isinstance(base, Value) and base.kind == "nabla":
        by = only(script.parts[0]) if len(script.parts) == 1 else None
        if not isinstance(by, Name):
            raise Wrong("this gradient is not understood", r"write that by one name, \nabla_{h_t} L", script.place.start)
        return Gradient(by, place)
    if isinstance(base, Value) and base.kind == "ones" and isinstance(picked := only(script.parts[0]), Name) and picked.time is not None:
        return replace(picked, place=place)
    if isinstance(base, Value):
        if base.tree in (tree.Number("0"), tree.Number("1")):
            return replace(base, place=place)
        if base.kind == "norm" and (number(script.parts) == "2" or _is_frobenius(script)):
            return replace(base, place=place)
        if base.kind == "norm" and number(script.parts) == "1" and isinstance(base.tree, tree.Call):
            inner = called("abs", *base.tree.operands, place=base.place)
            return Value(called("sum", inner, place=place), place)
    if isinstance(base, Group) and base.opening in "([" and not base.after and has(script.parts, "PLUS") and len(script.parts) == 1:
        return Value(called("relu", row(base.parts), place=place), place)
    if (entry := _entry(base, script)) is not None:
        return replace(entry, place=place)
    raise Wrong("an index belongs to a name", COMPONENT, script.place.start)


def _is_frobenius(script: Script) -> bool:
    """Whether an index is that of the norm of all entries of a matrix."""
    letter = only(script.parts[0]) if len(script.parts) == 1 else None
    return isinstance(letter, Name) and not letter.has_index and letter.base in ("F", "fro", "Fro")


def _entry(base: Part, script: Script) -> Group | None:
    """The brackets of (f(x))_i or [W x]_j, an entry of what stands in them; None for something else."""
    letter = only(script.parts[0]) if len(script.parts) == 1 else None
    is_letter = isinstance(letter, Name) and letter.is_letter() and letter.base != TIME.get()
    if not isinstance(base, Group) or base.opening not in "([" or base.after or not is_letter or not isinstance(letter, Name):
        return None
    return replace(base, after=(letter.base,))


def _above(base: Part, script: Script) -> Part:
    own, place = script.parts, base.place.to(script.place)
    if isinstance(base, Value) and base.kind == "partial" and len(own) == 1 and is_sign(own[0], "PLUS") and IN_DERIVATION.get():
        return replace(base, place=place)
    if (rest := _untransposed(own)) and isinstance(base, Name | Group):
        return _raised(_above(base, replace(script, parts=rest)), TRANSPOSED, script.place)
    if own and all(isinstance(each, Mark) and each.text.startswith("\\prime") for each in own):
        return _primed(base, replace(script, count=len(own)))
    if (power := _power(own)) is not None:
        return _raised(base, power, script.place)
    if IN_DERIVATION.get() and isinstance(base, Name | Group) and (between := _span(own)):
        return _raised(base, between, script.place)
    if isinstance(base, Name) and base.base == "e" and not (base.labels or base.time is not None) and not _is_label(own):
        return Value(called("exp", row(own), place=place), place)
    if isinstance(base, Name | Group) and not base.after and _reads_a_value(own):
        logarithm = called("log", row([base]), place=base.place)
        exponent = tree.Bracketed(row(own), place=script.place)
        return Value(called("exp", Product(exponent, ((Operator.STAR, logarithm),), place=place), place=place), place)
    if isinstance(base, Name):
        return indexed(base, own, script.place, is_above=True)
    if (entry := _entry(base, script)) is not None:
        return replace(entry, place=place)
    raise Wrong("this superscript is not understood", r"a power is a number, as in x^2; a transposition W^\top", script.place.start)


def _span(own: Sequence[Part]) -> tree.Span | None:
    """The steps between two in a superscript, t - k or t - k + 1; None for something else."""
    sign = next((each for each in own[1:] if isinstance(each, Sign) and each.kind == "MINUS"), None)
    if sign is None:
        return None
    at = own.index(sign)
    high, low = step(own[:at]), step(own[at + 1 : at + 2])
    by = number(own[at + 2 :]) if own[at + 2 :] else "0"
    if high is None or low is None or not (high.letter and low.letter) or not by.lstrip("-").isdigit():
        return None
    return tree.Span(low, replace(high, by=high.by + int(by)), place=only(own[0]).place.to(only(own[-1]).place))


def _reads_a_value(own: Sequence[Part]) -> bool:
    """Whether a value at a time stands in a superscript, which is an exponent then."""
    pending = list(own)
    while pending:
        part = pending.pop()
        if isinstance(part, Name) and part.time is not None:
            return True
        pending += part.parts if isinstance(part, Group) else ()
    return False


def _is_label(own: Sequence[Part]) -> bool:
    """Whether a superscript is a number in parentheses or a time."""
    return time(own) is not None or (len(own) == 1 and isinstance(own[0], Group) and own[0].opening != "{")


def _power(own: Sequence[Part]) -> After | None:
    """What a superscript adds to a factor: a transposition or a power; None if it is neither."""
    if len(own) == 2 and isinstance(own[0], Sign) and own[0].kind == "ELEMENTWISE":
        own = own[1:]
    if len(own) == 1 and isinstance(only(own[0]), Mark | Name):
        return TRANSPOSED if _is_transposition(own[0]) else None
    exponent = number(own)
    if re.search(r"/0*$", exponent):
        raise Wrong("division by zero", "a power is a number, as in x^{1/2}", only(own[0]).place.start)
    return Fraction(exponent) if exponent else None


def _is_transposition(part: Part) -> bool:
    r"""Whether it is \top, or a T."""
    part = only(part)
    text = re.sub(r"\\(mathsf|mathrm|rm)\s*", "", part.text) if isinstance(part, Mark) else part.bare if isinstance(part, Name) else ""
    return text.lstrip("\\") in ("top", "intercal", "transpose", "T")


def _untransposed(own: Sequence[Part]) -> tuple[Part, ...]:
    """What stands beside a transposition in a superscript, a time or a label; nothing if there is no such pair."""
    found = [place for place, part in enumerate(own) if _is_transposition(part)]
    if len(own) < 2 or len(found) != 1 or found[0] not in (0, len(own) - 1):
        return ()
    rest = [*own[: found[0]], *own[found[0] + 1 :]]
    rest = [each for each in rest if not (isinstance(each, Sign) and each.kind == "COMMA")]
    is_label = time(rest) is not None or (len(rest) == 1 and (isinstance(rest[0], Group) or bool(number(rest))))
    return tuple(rest) if is_label else ()


def _raised(base: Part, power: After, at: Place) -> Part:
    place = base.place.to(at)
    if isinstance(base, Value):
        if base.kind == "ones" and power == TRANSPOSED:
            return replace(base, kind="ones^T", place=place)
        return Value(raised(base.tree, (power,), place.stop), place)
    if isinstance(base, Function) and power in (TRANSPOSED, -1):
        refuse_power(base.text, base.place)
    if isinstance(base, Group) and power == TRANSPOSED and base.opening == "[" and not base.after:
        return _stacked(base) or replace(base, after=(power,), place=place)
    if isinstance(base, Name | Function | Group):
        return replace(base, after=(*base.after, power), place=place)
    raise Wrong("a power belongs to a value", "write what it is of before it", at.start)


def _stacked(group: Group) -> Group | None:
    r"""[a^\top, b^\top] transposed is [a, b], a column; None if the blocks are not all transposed."""
    blocks = split(group.parts, ("COMMA", "SEMICOLON"))
    if not has(group.parts, "COMMA", "SEMICOLON") or not all(
        len(each) == 1 and isinstance(each[0], Name | Group) and each[0].after == (TRANSPOSED,) for each in blocks
    ):
        return None
    return replace(group, parts=tuple(replace(part, after=()) if isinstance(part, Name | Group) else part for part in group.parts))


def _sum(function: Function, scripts: Sequence[Script]) -> Over:
    below = [each for each in scripts if each.kind == "below"]
    above = [each for each in scripts if each.kind == "above"]
    if len(below) != 1 or len(above) > 1:
        raise no_index(function)
    at, upper = below[0].place.start, above[0].parts if above else ()
    place = function.place.to(scripts[-1].place)
    ends = _ends(below[0].parts, upper) if IN_DERIVATION.get() else None
    if function.name == "prod" and ends is None:
        raise Wrong("over which steps this product is, is not understood", r"write \prod_{j=k+1}^{t}", at)
    try:
        letter, reach = (ends[0], Reach.ALL) if function.name == "prod" and ends else _range(below[0].parts, upper, at)
    except Wrong:
        if ends is None:
            raise
        return Over(ends[0], Reach.ALL, place, ends=ends[1:])
    return Over(letter, reach, place, function.name, ends[1:] if function.name == "prod" and ends else None)


def _ends(below: Sequence[Part], above: Sequence[Part]) -> tuple[str, tree.Step, tree.Step] | None:
    """The letter of a sum or a product over steps, its first and its last step; None if it does not say which."""
    letter = only(below[0]) if below else None
    if not isinstance(letter, Name) or not letter.is_letter():
        return None
    is_up_to = len(below) > 2 and is_sign(below[1], "UP_TO") and not above
    low = step(below[2:]) if len(below) > 2 and is_sign(below[1], "EQUAL") else tree.Step("", 1) if len(below) == 1 or is_up_to else None
    high = step(below[2:]) if is_up_to else step(above) if above else tree.Step("T")
    return None if low is None or high is None else ("t" if letter.base == TIME.get() else letter.base, low, high)


def _range(below: Sequence[Part], above: Sequence[Part], at: int) -> tuple[str, Reach]:
    r"""The index and its range in "k", "k \in V", "k<t", "k=1" with "t" above.

    Raises:
        Wrong: it has none.
    """
    letter = only(below[0]) if below else None
    rest = below[1:]
    if isinstance(letter, Name) and letter.is_letter(SECOND):
        k, upper = "t" if letter.base == TIME.get() else letter.base, time(above)
        is_all = not above or _is_length(above, k == "t")
        if is_all and (not rest or (len(rest) == 1 and is_sign(rest[0], "WITHIN"))):
            return k, Reach.ALL
        if rest and isinstance(sign := rest[0], Sign):
            if sign.kind == "EQUAL" and number(rest[1:]) == "0" and _is_one_less(above):
                return k, Reach.ALL
            if sign.kind == "EQUAL" and number(rest[1:]) == "1" and (is_all or upper in (0, -1)):
                return k, Reach.ALL if is_all else Reach.BEFORE if upper == -1 else Reach.UP_TO
            if sign.kind in ("LESS", "UP_TO") and time(rest[1:]) == 0 and not above:
                return k, Reach.BEFORE if sign.kind == "LESS" else Reach.UP_TO
    raise Wrong("this range has no plain form", r"an index runs over all steps, \sum_{k=1}^{T}, over those before t, \sum_{k=1}^{t-1} or "
                r"\sum_{k<t}, or up to t, \sum_{k=1}^{t}", at)  # fmt: skip


def _is_one_less(above: Sequence[Part]) -> bool:
    """Whether the end of a range is one less than the length of a sequence, T - 1, as where steps are counted from 0."""
    return len(above) == 3 and is_sign(above[1], "MINUS") and number(above[2:]) == "1" and _is_length(above[:1], is_time=True)


def _is_length(above: Sequence[Part], is_time: bool) -> bool:
    """Whether the end of a range is the length of a sequence, T, with a label or not, or another letter, or the size |V| of a set.

    A range of entries may end in a number, one of steps not, of which there are any number.
    """
    end = only(above[0]) if len(above) == 1 else None
    if number(above).isdigit():
        return not is_time
    if isinstance(end, Value) and isinstance(end.tree, tree.Call) and end.tree.function.whole == "abs":
        return isinstance(end.tree.operands[0], tree.Name) and len(end.tree.operands[0].whole) == 1
    return isinstance(end, Name) and end.time is None and (end.base in ("T", "tau", "τ", "ell") or end.is_letter("[A-Za-su-z]"))
