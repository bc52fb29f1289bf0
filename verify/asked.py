"""A method asked about a subject: whatever happens on the way, what comes back are verdicts.

A text that fails on the floats that it is made for is wrong; what else a method cannot do, it cannot see.
"""

from __future__ import annotations

from collections.abc import Mapping
from traceback import extract_tb
from types import MappingProxyType, ModuleType

import numpy as np

from derive.errors import InputError
from verify.methods import judged, methods
from verify.subject import EMITTED, Judged, Subject
from verify.trial import BrokenTextError, large
from verify.undefined import NO_VALUE, has_no_value
from verify.verdict import Outcome, Verdict, worst

EMITTED_CODE = "emitted code"
"""What stands in the place of the methods that judge the text, where there is none."""


def verdicts(
    subject: Subject, sizes: Mapping[str, int] = MappingProxyType({}), known: Mapping[str, list[Verdict]] = MappingProxyType({})
) -> dict[str, list[Verdict]]:
    """The verdicts of all methods by name; where there is no text, one that says why in the place of those of the methods that judge it.

    Args:
        subject: the claim.
        sizes: of a large run.
        known: verdicts of methods that are not asked again.

    Raises:
        InputError: the module has no such size.
    """
    if sizes and not subject.obstacle:
        large(subject.module, **sizes)
    found = {
        each.NAME: known[each.NAME] if each.NAME in known else asked(each, subject, sizes)
        for each in methods()
        if each.JUDGES is Judged.EQUATIONS or not subject.obstacle
    }
    if subject.obstacle:
        found[EMITTED_CODE] = [Verdict(subject.target.name, EMITTED_CODE, Outcome.CANNOT_SEE, subject.obstacle)]
    return found


def asked(method: ModuleType, subject: Subject, sizes: Mapping[str, int] = MappingProxyType({})) -> list[Verdict]:
    """The verdicts of a method, over all ways in which the subject's target is run; of several on one variable, the one that counts.

    Args:
        method: of `verify.methods`.
        subject: the claim.
        sizes: of a large run, for the methods that can judge one.
    """
    runs = subject.runs if method.JUDGES is Judged.TEXT else (subject,)
    found: dict[str, list[Verdict]] = {}
    with np.errstate(all="ignore"):
        for verdict in (verdict for each in runs for verdict in _once(method, each, sizes)):
            found.setdefault(verdict.subject, []).append(verdict)
    return [worst(each) for each in found.values()]


def _once(method: ModuleType, subject: Subject, sizes: Mapping[str, int]) -> list[Verdict]:
    """The verdicts on one way of running the subject."""
    try:
        given = (large(subject.module, **sizes),) if hasattr(method, "IS_LARGE") else ()
        return judged(method, subject, *given)
    except BrokenTextError as error:
        outcome, told = Outcome.DISAGREES, error.fact
    except InputError as error:
        outcome, told = Outcome.CANNOT_SEE, f"beyond this method: {error.fact}"
    except Exception as error:
        raised = f"{type(error).__name__}: {' '.join(str(error).split())}"
        if any(frame.filename == f"{EMITTED}{subject.name}>" for frame in extract_tb(error.__traceback__)):
            outcome, told = Outcome.DISAGREES, f"the emitted code fails: {raised}"
        elif method.JUDGES is Judged.TEXT and isinstance(error, (ArithmeticError, TypeError)) and has_no_value(subject):
            outcome, told = Outcome.CANNOT_SEE, NO_VALUE
        else:
            outcome, told = Outcome.CANNOT_SEE, f"the method fails: {raised}"
    return [Verdict(each, method.NAME, outcome, told) for each in subject.labels]
