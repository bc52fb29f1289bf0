"""The proof: each gradient equation, for every length and all sizes, by a checker that shares no rule with the derivation."""

from __future__ import annotations

from verify.proof import prove
from verify.subject import Judged, Subject
from verify.verdict import Verdict

NAME = "proof"
JUDGES = Judged.EQUATIONS
SEES = "the formulas, for every length and all sizes; not the emitted code"


def judge(subject: Subject) -> list[Verdict]:
    """A verdict for each variable, input, parameter and initial state."""
    return list(prove(subject.forward, subject.adjoint).verdicts)
