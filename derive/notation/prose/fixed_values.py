"""Values of which prose says that they are one number, which no training changes: "`gamma` is fixed to 0.98", "vs 取 0.05"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from derive.notation.prose.said import Said, mentions, sentences

FIXED = re.compile(
    r"[\s$`]*(?:(?:is|are|was|were|be)\s+)?(?:kept |held |simply |always )*"
    r"(?:fixed|constant|frozen|hard-?coded)\s*(?:at|to|as|=|,)?[\s$`]*[0-9]+(?:\.[0-9]+)?"
    r"|[\s$`]*(?:都|均)?(?:固定|恒)(?:取|为|是|等于|在|成)*[\s$`]*[0-9]+(?:\.[0-9]+)?"
    r"|[\s$`]*(?:(?:is|are) (?:set to |taken as |chosen as )?|取(?:为|值|成)?)[\s$`]*[0-9]+\.[0-9]+",
    re.IGNORECASE,
)
"""What stands behind a name that is one number and stays it."""
MAY_FIX = re.compile(r"fixed|constant|frozen|coded|固定|恒|取|(?:is|are) [^.,;]{0,16}[0-9]\.[0-9]")
"""What a sentence has that may say so."""


def is_weight(name: str) -> bool:
    """Whether a name is that of weights or of a bias, whose number in a sentence is one before training, or of a case; V_th is a voltage."""
    return name[0] in "bUW" or name == "V"


def fixed(words: str, known: Collection[str]) -> Iterator[Said]:
    """What "`gamma` is fixed to 0.98" says, of a name that is no weight or bias.

    Args:
        words: the prose of a page.
        known: the names in its equations.
    """
    for sentence in sentences(words):
        for _, end, names in mentions(sentence, known) if MAY_FIX.search(sentence) else ():
            if found := FIXED.match(sentence, end):
                yield from (Said(name, "number", (), " ".join(f"{name}{found[0]}".split())) for name in names if not is_weight(name))
