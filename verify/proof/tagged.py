"""Several forms in one, each under a name, for an atom that holds more than one; the law: each is what it was when it is taken out again."""

from __future__ import annotations

from collections.abc import Mapping

from verify.proof.normal_form import TAG, Atom, Form, closed, opened, plus, single, times


def tagged(forms: Mapping[str, Form]) -> Form:
    """Some forms as one."""
    return plus(*(times(form, single(Atom(TAG, name))) for name, form in forms.items()))


def part(whole: Form, name: str) -> Form:
    """The form of that name."""
    return closed(
        (bounds, tuple(each for each in factors if each[0].kind != TAG), coefficient)
        for bounds, factors, coefficient in opened(whole)
        if any(atom.kind == TAG and atom.name == name for atom, _ in factors)
    )
