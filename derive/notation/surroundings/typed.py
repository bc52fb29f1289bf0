"""Signs that people type in more ways than one, as those of the keyboard, character by character, and lines without their numbers."""

from __future__ import annotations

import re

from derive.notation.written import Written, replaced

NARROW = str.maketrans(
    {chr(0xFF01 + place): chr(0x21 + place) for place in range(94)}
    | dict(zip("。、｡【】′’–‐‑﹣∙•⨀◦○∶", ".,.[]''----··⊙∘∘:", strict=True))
    | dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u202f\u2060\u3000\ufeff", " ")
)
RUN_ON = re.compile(r"。(?=\w)")
"""The end of a sentence that would be the point of a number, or stand within a name."""
_NUMBER = r"\([0-9]{1,3}(?:[.\-–][0-9]{1,3}){0,2}[a-z]?\)"
NUMBERED = re.compile(rf"^\s*{_NUMBER}\s+(?=\S)|(?<!\s)(?:\s{{2,}}|\t){_NUMBER}\s*$")


def narrowed(text: str) -> str:
    """The text with signs of the keyboard in the place of those that look like them; it is as long as before."""
    return RUN_ON.sub(";", text.replace("(.)", " ⊙ ")).translate(NARROW)


TAKEN = r"\s*(?::=|~|∼|≈|->|→|<-|←)(?!=)"
SLOPE = re.compile(rf"(?P<left>^\s*[^\W\d]\w*'\([^()=]{{1,40}}\)){TAKEN}")
"""The slope that is taken for that of a function: H'(u) ~ max(0, 1 - |u|)."""
QUOTIENT = re.compile(
    rf"(?P<lead>^\s*)[d∂](?P<of>(?![LEJ]\b)[^\W\d_])\s*/\s*[d∂](?P<by>(?!t\b)[^\W\d_])(?:\[\w\]|_\w)?(?=\s*=(?!=)|{TAKEN})(?:{TAKEN})?"
)
"""The same as a quotient, ds/du := max(0, 1 - |u|)."""


def with_slopes(source: Written) -> Written:
    """A line with H'(u) = in the place of other ways to say which slope is taken for that of a function or a value."""
    if "'" not in source.plain and "/" not in source.plain:
        return source
    made = replaced(source, SLOPE, lambda found: f"{found['left']} = ")
    return replaced(
        made, QUOTIENT, lambda found: f"{found['lead']}{found['of']}'({found['by']}) {'' if found[0].endswith(found['by']) else '= '}"
    )


def unnumbered(source: Written) -> Written:
    """A line without the number of its equation before or behind it, (3)."""
    return replaced(source, NUMBERED, lambda _: "")
