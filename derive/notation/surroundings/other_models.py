r"""Equations of another model that a page shows beside its own: both define the same value, and words tell which of the two is meant.

"In a plain RNN" h_t = tanh(..) ... "the difference is that" h_t = ...       the second one is the page's own
h_t = ... "For reference, the GRU reads" h_t = ...                           the first one
x_{t+1} = A x_t + K e_t ... "this shows that" x_{t+1} = (A - K C) x_t + ...   the same value in another form

Where words tell nothing, both are kept, and the page is refused as it defines a value twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from derive.notation.habits.meant import Key, key
from derive.notation.prose.characters import simplified
from derive.notation.tree import Equation, Name, Statement, names

KNOWN_BEFORE = re.compile(
    r"\b(?:vanilla|standard|plain|usual|ordinary|classic(?:al)?|traditional|conventional|original|simple(?:st)?|recall|remember|baseline|"
    r"na[iï]ve|well[- ]known|familiar|everyone knows|"
    r"(?:last|previous|earlier) (?:time|lecture|week|chapter|section|post|part)|(?:section|chapter|sec\.) \d)\b"
    r"|大家都熟|熟悉的|众所周知|标准|普通|传统|经典|原始|朴素|回顾|回忆|上一?[节讲篇章]|前[一两几][节讲篇章]|\d+(?:\.\d+)*\s*节",
    re.IGNORECASE,
)
"""What leads to a model that is known already."""
COMPARED = re.compile(
    r"\b(?:for (?:reference|comparison)|(?:by|in) comparison|compare (?:this|that|it) (?:with|to)|why not)\b"
    r"|作为(?:对比|比较|参[考照]|对照)|与之相比|(?:对比|相比)之下",
    re.IGNORECASE,
)
"""What leads to a model for comparison."""
OPTIONAL = re.compile(
    r"\b(?:could|might|alternative(?:ly)?|variants?|some (?:authors|people|implementations|papers)|optionally|one may)\b"
    r"|变体|有人|有些(?:文献|论文|实现|作者)|可选",
    re.IGNORECASE,
)
"""What leads to a model that one could have as well."""
CONTRAST = re.compile(
    r"\b(?:replac(?:e|es|ed|ing)|instead|differs?|difference|unlike|in contrast|modif(?:y|ies|ied)|look first|fix)\b"
    r"|不同之处|不同的是|区别|另外?一(?:条路|种)|改(?:为|成|进|用)|替换|换成|代替|取代",
    re.IGNORECASE,
)
"""What stands between a model and another one that the page has in its place."""
SAME = re.compile(
    r"\b(?:shows? that|(?:re)?written|rewrit\w+|equivalent\w*|i\.e\.|in other words|expand\w*|multiply(?:ing)? (?:it )?out|simplif\w+|"
    r"same as|becomes|compact\w*)(?!\w)"
    r"|整理|等价|写[成为]|化[简为]|展开|即|代入",
    re.IGNORECASE,
)
"""What leads to the same value in another form."""
SENTENCE = re.compile(r"[.!?](?=\s)|[。！？]|\n\s*\n\s*(?=\S)")
WORD = re.compile(r"(?<!\\)\b(?!(?:begin|end|align|aligned|equation|gather|split|and|with)\b)[A-Za-z]{3,}|[\u3400-\u9fff]{2}")


@dataclass(frozen=True)
class Shown:
    """A displayed equation.

    Attributes:
        start, stop: where it begins and ends on the page.
        statements: what it says.
    """

    start: int
    stop: int
    statements: tuple[Statement, ...]

    @property
    def defined(self) -> set[Key]:
        """The values at each step that it defines."""
        return {key(name) for name in self.lefts}

    @property
    def lefts(self) -> list[Name]:
        """What it defines at each step."""
        lefts = [each.left for each in self.statements if isinstance(each, Equation)]
        return [each for each in lefts if isinstance(each, Name) and each.time is not None]

    @property
    def read(self) -> set[Key]:
        """The values that it reads."""
        return {key(name) for each in self.statements if isinstance(each, Equation) for name in names(each.right)}


def of_other_models(shown: Mapping[int, Shown], text: str) -> tuple[set[int], set[int]]:
    """The places of the displayed equations that are of another model, and of those that give a value once more in another form.

    Args:
        shown: the displayed equations, by place.
        text: the page.
    """
    places = sorted(shown)
    leads = dict(zip(places, _leads([shown[place] for place in places], simplified(text)), strict=True))
    others, forms = set[int](), set[int]()
    for one, two in _rivals(shown):
        between = " ".join(dict.fromkeys(leads[place] for place in places if one < place <= two and leads[place] != leads[one]))
        before, own = _last(leads[one]), _last(leads[two])
        is_known = KNOWN_BEFORE.search(before) or COMPARED.search(before)
        if leads[one] == leads[two] or {one, two} & (others | forms):
            continue
        if COMPARED.search(own) or (OPTIONAL.search(own) and not is_known):
            others.add(two)
        elif SAME.search(own) and not is_known:
            forms.add(two)
        elif CONTRAST.search(between) or (is_known and not KNOWN_BEFORE.search(own)):
            others.add(one)
        elif KNOWN_BEFORE.search(own) and not is_known:
            others.add(two)
    others |= {place for place in places if COMPARED.search(_last(leads[place])) and not _is_read(place, shown, leads)}
    return others | set(_behind(shown, leads, others)), forms


def _is_read(place: int, shown: Mapping[int, Shown], leads: Mapping[int, str]) -> bool:
    """Whether equations behind other words read what an equation defines."""
    own = shown[place].defined
    return not own or any(own & each.read for other, each in shown.items() if leads[other] != leads[place])


def _rivals(shown: Mapping[int, Shown]) -> Iterator[tuple[int, int]]:
    """The places of two equations, the first one first, that define the same value in different ways."""
    first: dict[Key, int] = {}
    for place in sorted(shown):
        for own in shown[place].defined:
            if own in first and shown[first[own]].statements != shown[place].statements:
                yield first[own], place
            else:
                first.setdefault(own, place)


def _leads(shown: Sequence[Shown], text: str) -> Iterator[str]:
    """The words before each equation, behind the one before it; those of the one before it, where no words stand between."""
    lead, at = "", 0
    for each in shown:
        between = text[at : each.start]
        if at == 0 or WORD.search(between):
            lead = between
        at = each.stop
        yield lead


def _last(lead: str) -> str:
    """The last sentence before an equation."""
    bare = lead.rstrip("$[\\ \n\t").rstrip()
    ends = [found.end() for found in SENTENCE.finditer(bare) if found.end() < len(bare)]
    return lead[ends[-1] if ends else 0 :]


def _behind(shown: Mapping[int, Shown], leads: Mapping[int, str], others: set[int]) -> Iterator[int]:
    """The places of equations beside those of another model that nothing else reads."""
    pending = set(others)
    while pending:
        dropped = {*others, *pending}
        read = {own for place, each in shown.items() if place not in dropped for own in each.read}
        beside = [place for place in shown if place not in dropped and any(leads[place] == leads[other] for other in others)]
        mine = {own for place in dropped for own in shown[place].read}
        pending = {place for place in beside if shown[place].defined and shown[place].defined <= mine - read}
        yield from pending
        others = dropped
