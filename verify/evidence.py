"""What the verdicts on one gradient come to: proved, measured, wrong, or not seen. A proof is one thing and an agreement at some numbers another."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from verify.methods import proof
from verify.verdict import Outcome, Verdict


class Evidence(Enum):
    """The kind of evidence that there is for a gradient."""

    PROVED = "proved"
    """for every length and all sizes, and nothing that was measured disagrees"""
    DECLARED = "proved, declared slope"
    """proved as above, with the slope of a function taken as its page declares it, which is not that of the function"""
    MEASURED = "measured"
    """it agrees at some lengths and sizes, by one method or more, and with none it disagrees"""
    UNSEEN = "not seen"
    """no method could tell"""
    WRONG = "wrong"
    """a method disagrees"""


def evidence(verdicts: Iterable[Verdict]) -> Evidence:
    """The evidence that verdicts on one gradient give, those on its equation or those on its code."""
    own = list(verdicts)
    if any(each.outcome is Outcome.DISAGREES for each in own):
        return Evidence.WRONG
    agreeing = [each for each in own if each.agrees]
    proofs = [each for each in agreeing if each.method == proof.NAME]
    if proofs:
        return Evidence.DECLARED if any(each.premise for each in proofs) else Evidence.PROVED
    return Evidence.MEASURED if agreeing else Evidence.UNSEEN
