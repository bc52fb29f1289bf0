"""The methods of verification, a file each; a new method is a new file here.

NAME        what it is called
SEES        what it can see
JUDGES      the equations of the gradients, or the text emitted from them
judge       (subject) -> list of Verdicts
CARRIES_SLOPES    if it is there, the method takes a slope that is declared as it is; others, which see values alone, are not asked about such
IS_LARGE    if it is there, `judge` takes a Trial of any sizes as well
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType

from derive.algebra.nodes import Declared
from derive.slopes import declared
from verify.subject import Subject
from verify.trial import Trial
from verify.verdict import Outcome, Verdict


def judged(method: ModuleType, subject: Subject, *given: Trial) -> list[Verdict]:
    """The verdicts of a method on a subject; one that sees values alone cannot see a gradient that rests on a slope which is none of theirs."""
    verdicts = list(method.judge(subject, *given))
    taken = {} if hasattr(method, "CARRIES_SLOPES") else declared(subject.forward)
    return [_beside(each, taken.get(each.subject) or taken.get(each.subject.removesuffix("_0"), ())) for each in verdicts]


def _beside(verdict: Verdict, functions: tuple[Declared, ...]) -> Verdict:
    """The verdict of a method that sees values alone, beside the functions with a declared slope that the gradient rests on."""
    if not functions:
        return verdict
    told = f"declared slope: the derivative of {', '.join(str(each.value) for each in functions)} is declared, and values do not have it"
    return Verdict(verdict.subject, verdict.method, Outcome.CANNOT_SEE, told)


def methods() -> list[ModuleType]:
    """All methods, by file name."""
    return [import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)]
