"""Certificates: a claim about gradients and its proof in one file, which can be checked without deriving anything.

The file is JSON: the forward equations, the claimed equations of the adjoints, and the identities that the proof compared, as text for a person.
Expressions are lists, the operation first; nothing in a file is run. To check one, the proof is made anew from the two systems alone, and must
compare the same identities.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from derive.document.blocks import Block, Code, Equations, Heading, Text
from derive.errors import FormatError, InputError
from derive.files import text, write
from derive.files.tables import table
from derive.shown import Shown
from derive.slopes import declared
from derive.system import Role, System
from verify.certificate import reading
from verify.certificate.written import system_data
from verify.proof import Identity, Proof, prove
from verify.verdict import Outcome
from verify.wellformed import claim_faults, equation_faults, system_fault

FORMAT = "bptt certificate, version 1"
ADVICE = "write one with bptt verify CELL --certificate FILE"


@dataclass(frozen=True, repr=False)
class Checked(Shown):
    """What came of checking a certificate.

    Attributes:
        forward, adjoint: the two systems of the file.
        proof: made anew.
        differs: the left sides of identities that the file has otherwise.
    """

    forward: System
    adjoint: System
    proof: Proof
    differs: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the claim is proved, by the identities of the file."""
        return self.proof.outcome is Outcome.AGREES and not self.differs

    @property
    def summary(self) -> str:
        """Of what, and whether it holds."""
        return f"of {self.forward.name}: {'it holds' if self.holds else 'it does not hold'}"

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain data for JSON."""
        verdicts = [each.to_dict() for each in self.proof.verdicts]
        return {"name": self.forward.name, "holds": self.holds, "verdicts": verdicts, "differs": list(self.differs)}

    def blocks(self) -> list[Block]:
        """The finding for a person: what is claimed of which equations, the proof, and whether it holds."""
        name, loss = self.forward.name, self.forward.loss
        of = f"the loss {loss}" if loss else f"a loss that reads {', '.join(self.forward.outputs) or 'nothing'}"
        roles = "; ".join(f"{role.value}: {', '.join(own)}" for role in Role if (own := self._with(role)))
        given = ", ".join(each.name for each in self.forward.variables.values() if each.is_distribution)
        premise = f" The entries of {given} are taken to sum to 1." if given else ""
        slopes = dict.fromkeys(part for own in declared(self.forward).values() for part in own)
        premise += "".join(f" The slope of `{each.value}` is declared, not derived: `{each.slope}`." for each in slopes)
        conclusion = "the gradients are right for every length and all sizes" if self.holds else "the certificate does not hold"
        conclusion += ", with the slopes that are declared" if self.holds and slopes else ""
        return [
            Heading(f"Certificate of {name}"),
            Text(f"Claimed are the gradients of {of}, by these equations ({roles}).{premise}"),
            Equations(self.forward, self.forward.equations),
            Heading("The gradients that are claimed"),
            Equations(self.adjoint, self.adjoint.equations),
            Heading("The proof, made anew"),
            Code(self.proof.text() + "\n", "text"),
            *(Text(f"`{each}`: the certificate has another identity.") for each in self.differs),
            Text(f"{name}: {conclusion}."),
        ]

    def _with(self, role: Role) -> list[str]:
        return [each.name for each in self.forward.variables.values() if each.role is role]


def save(path: Path, forward: System, adjoint: System) -> Proof:
    """Prove a claim, and write claim and proof to a file; the proof is written whether it holds or not."""
    proof = prove(forward, adjoint)
    data = {
        "format": FORMAT,
        "name": forward.name,
        "forward": system_data(forward),
        "adjoint": system_data(adjoint),
        "outcome": proof.outcome.value,
        "identities": [asdict(each) for each in proof.identities],
    }
    write(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    return proof


def check(path: Path) -> Checked:
    """Check a certificate: the claim by a proof made anew, the identities of the file against those of the proof.

    Raises:
        InputError: the file cannot be read, or is no certificate.
    """
    content = text(path, "a certificate")
    try:
        data = reading.fields(table(content), ("format", "name", "forward", "adjoint", "outcome", "identities"))
        if data["format"] != FORMAT:
            raise InputError(f"its format is {str(data['format'])[:80]!r}", place=str(path), advice=f"this program reads {FORMAT!r}")
        name = reading.text(data["name"])
        forward, adjoint = (reading.system(data[part], name) for part in ("forward", "adjoint"))
        told = [_identity(each) for each in reading.items(data["identities"])]
        outcome = reading.text(data["outcome"])
        if faults := _faults(forward, adjoint):
            reading.refuse(faults[0])
    except FormatError as error:
        raise InputError(f"it is no certificate: {error.fact}", place=str(path), advice=ADVICE) from None
    proof = prove(forward, adjoint)
    made = [asdict(each) for each in proof.identities]
    differs = dict.fromkeys(each["left"] for each in [*made, *told] if each not in made or each not in told)
    if not differs and (told != made or outcome != proof.outcome.value):
        differs = {"outcome": None}
    return Checked(forward, adjoint, proof, tuple(differs))


def _faults(forward: System, adjoint: System) -> list[str]:
    """Why two systems are no claim that can be shown and judged; equations that are missing or there twice are for the proof to find."""
    if fault := system_fault(forward):
        return [fault]
    if faults := claim_faults(forward, adjoint):
        return [each.reason for each in faults]
    return [each.reason for each in equation_faults(forward, adjoint) if each.left is not None]


def _identity(data: Any) -> dict[str, str]:
    """An identity of a file."""
    names = [field.name for field in fields(Identity)]
    return {name: reading.text(value) for name, value in reading.fields(data, names).items()}
