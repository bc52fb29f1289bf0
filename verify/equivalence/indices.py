"""Names of free index variables that do not depend on where a form was taken from."""

from __future__ import annotations

from verify.proof.normal_form import Form, renamed

LETTERS = "ijklmnpqruvw"


def free(*forms: Form) -> list[str]:
    """The free index variables of forms, in the order in which they stand; not t, which is no index."""
    found: dict[str, None] = {}
    for form in forms:
        _collect(form, found)
    return list(found)


def _collect(form: Form, found: dict[str, None]) -> None:
    for (bounds, factors), _ in form:
        own = {each.variable for each in bounds}
        for atom, _ in factors:
            inner: dict[str, None] = {}
            _collect(atom.inside, inner)
            for variable in (atom.row[1], atom.column[1], *inner):
                if variable and variable not in own:
                    found.setdefault(variable)


def canonical(form: Form) -> Form:
    """The form with its free index variables named i, j, k, ... in the order in which they stand."""
    return together(form)[0]


def together(*forms: Form) -> tuple[Form, ...]:
    """Forms over the same free index variables, with these renamed alike."""
    table = {
        variable: (f"{LETTERS[place % len(LETTERS)]}{'' if place < len(LETTERS) else place}", 0)
        for place, variable in enumerate(free(*forms))
    }
    return tuple(renamed(form, table) for form in forms)
