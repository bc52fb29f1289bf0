"""Terms in the names of the author: a function that is the value of a variable is called by its name."""

from __future__ import annotations

from derive.system import Role
from verify.equivalence.indices import canonical, free
from verify.equivalence.reading import Reading
from verify.equivalence.updates import inlined
from verify.proof.entries import NOW
from verify.proof.normal_form import FUNCTION, GIVEN, SINGLE, Atom, Form, Undecided, opened, plus, power, scaled, single, summed, times
from verify.proof.text import told


class Naming:
    """Writes forms of a reading.

    Args:
        reading: of the system whose variables are known by name.
    """

    def __init__(self, reading: Reading) -> None:
        self.names: dict[Form, str] = {}
        states = {each.name for each in reading.system.states}
        for name, right in inlined(reading.system, reading.updates.keeps_states).items():
            variable = reading.system[name]
            if name in states or variable.role is not Role.DEFINED or not variable.is_sequence or variable.shape[1] != 1:
                continue
            try:
                forms = [reading.reader.entry(right, row.labelled("i"), column) for row, column in reading.reader.places(variable.symbol)]
            except Undecided:
                continue
            if len(forms) == 1 and len(forms[0]) == 1 and forms[0][0][0][1][0][0].kind == FUNCTION:
                self.names.setdefault(canonical(forms[0]), name)

    def text(self, form: Form) -> str:
        """A form as a person writes it."""
        return told(self.named(form))

    def named(self, form: Form) -> Form:
        """The form with the functions that are values of variables as entries of these."""
        found = []
        for bounds, factors, coefficient in opened(form):
            product = times(*(power(self.atom(atom), exponent) for atom, exponent in factors))
            found.append(scaled(summed(product, bounds), coefficient))
        return plus(*found)

    def atom(self, atom: Atom) -> Form:
        if not atom.inside:
            return single(atom)
        own = single(atom)
        name, indices = self.names.get(canonical(own)), free(own)
        if name is not None and len(indices) <= 1:
            return single(Atom(GIVEN, name, NOW, ("0", indices[0]) if indices else SINGLE))
        inside = self.named(atom.inside)
        return single(atom._replace(inside=inside)) if atom.kind == FUNCTION else inside
