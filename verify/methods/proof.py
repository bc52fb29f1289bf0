"""The proof: each gradient equation, for every length and all sizes, by a checker that shares no rule with the derivation."""

from __future__ import annotations

from dataclasses import replace

from derive.system import Boundary
from verify.proof import prove
from verify.subject import Judged, Subject
from verify.verdict import Verdict

NAME = "proof"
JUDGES = Judged.EQUATIONS
CARRIES_SLOPES = True
SEES = "the formulas, for every length and all sizes; not the emitted code"


def judge(subject: Subject) -> list[Verdict]:
    """A verdict for each variable, input, parameter and initial state."""
    verdicts = prove(subject.forward, subject.adjoint).verdicts
    given = {each.name for each in subject.forward.states if each.boundary is not Boundary.ZERO}
    return [*verdicts, *(replace(each, subject=f"{each.subject}_0") for each in verdicts if each.subject in given)]
