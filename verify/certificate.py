"""Certificates: a claim about gradients and its proof in one file, which can be checked without deriving anything.

The file is JSON: the forward equations, the claimed equations of the adjoints, and the identities that the proof compared, as text for a person.
Expressions are lists, the operation first; nothing in a file is run. To check one, the proof is made anew from the two systems alone, and must
compare the same identities.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sympy as sp

from derive.algebra import nodes
from derive.algebra.clocks import Clock
from derive.algebra.nodes import Expr
from derive.document.blocks import Block, Code, Equations, Heading, Text
from derive.errors import FormatError, InputError
from derive.files import text, write
from derive.files.tables import table
from derive.system import Boundary, Equation, Kind, Role, System, Variable
from verify.proof import Proof, prove
from verify.verdict import Outcome

FORMAT = "bptt certificate, version 1"
ADVICE = "write one with bptt verify CELL --certificate FILE"
EXPONENT, NUMBER = 100, 10**30
"""The largest exponent, and the largest numerator or denominator, that is read: a greater one may take for ever."""
MALFORMED = (ValueError, LookupError, TypeError, AttributeError, RecursionError, ArithmeticError, AssertionError)
"""What data raise that are no equations, where they are read, weighed or compared."""
NAME = re.compile(r"[^\W\d_]\w*")
OPTIONAL: dict[str, Callable[[Any], Any]] = {"is_sequence": bool, "of": str, "is_distribution": bool, "start": float}
"""The fields of a variable that a file may leave out, and what makes their values."""
SUMS: dict[str, type[Expr]] = {"+": sp.Add, "*": sp.Mul, "^": sp.Pow}
OPERATIONS: dict[str, type[nodes.Node]] = {
    **{each.__name__: each for kind in (nodes.Linear, nodes.Constant) for each in kind.__subclasses__() if each is not nodes.Constant},
    **nodes.FUNCTIONS,
}


@dataclass(frozen=True)
class Checked:
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
        conclusion = "the gradients are right for every length and all sizes" if self.holds else "the certificate does not hold"
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
        "forward": _system_data(forward),
        "adjoint": _system_data(adjoint),
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
    try:
        data: Any = table(text(path, "a certificate"))
    except FormatError as error:
        raise InputError(f"it is no certificate: {error.fact}", place=str(path), advice=ADVICE) from None
    try:
        if data["format"] != FORMAT:
            raise InputError(f"its format is {str(data['format'])[:80]!r}", place=str(path), advice=f"this program reads {FORMAT!r}")
        forward, adjoint = (_system(data[part], data["name"]) for part in ("forward", "adjoint"))
        if {each.name for each in forward.variables.values() if each.role is Role.DEFINED} != {each.name for each in forward.equations}:
            raise ValueError("an equation is missing")
        told = {str(each["left"]): each for each in data["identities"]}
        proof = prove(forward.check(), adjoint)
    except MALFORMED as error:
        raise InputError("it is no certificate", place=str(path), advice=ADVICE) from error
    made = {each.left: asdict(each) for each in proof.identities}
    return Checked(forward, adjoint, proof, tuple(left for left in {**made, **told} if made.get(left) != told.get(left)))


def _system_data(system: System) -> dict[str, Any]:
    return {
        "variables": [_variable_data(each) for each in system.variables.values()],
        "equations": [[_data(each.left), _data(each.right)] for each in system.equations],
        "outputs": list(system.outputs),
        "loss": system.loss,
    }


def _system(data: Any, name: str) -> System:
    equations = (Equation(_expr(left), _expr(right), number) for number, (left, right) in enumerate(data["equations"], start=1))
    variables = {each.name: each for each in map(_variable, data["variables"])}
    return System(str(name), tuple(equations), variables, tuple(map(str, data["outputs"])), str(data["loss"]))


def _variable_data(variable: Variable) -> dict[str, Any]:
    """The fields of a variable, those with their usual values left out."""
    usual = Variable("", Role.DEFINED, variable.shape)
    own: dict[str, Any] = {"name": variable.name, "role": variable.role.value, "shape": [_data(side) for side in variable.shape]}
    own |= {field: getattr(variable, field) for field in OPTIONAL if getattr(variable, field) != getattr(usual, field)}
    own |= {field: getattr(variable, field).value for field in ("boundary", "kind")}
    return own | ({"clock": variable.clock.name} if variable.clock else {})


def _variable(data: Any) -> Variable:
    rows, columns = map(_expr, data["shape"])
    if not all(side.is_integer for side in (rows, columns)):
        raise ValueError("a size that is no integer")
    if (data["kind"] == Kind.PRIMAL.value) is ("of" in data):
        raise ValueError("a gradient of nothing")
    optional = {field: kind(data[field]) for field, kind in OPTIONAL.items() if field in data}
    return Variable(
        _named(data["name"]),
        Role(data["role"]),
        (rows, columns),
        boundary=Boundary(data["boundary"]),
        kind=Kind(data["kind"]),
        clock=_clock(data["clock"]) if "clock" in data else None,
        **optional,
    )


def _clock(name: str) -> Clock:
    clock = Clock.named(name)
    if clock is None:
        raise ValueError("a clock that is none")
    return clock


def _data(expr: Expr) -> Any:
    """An expression as nested lists."""
    if isinstance(expr, sp.Indexed):
        return ["at", nodes.sequence_name(expr), _data(expr.indices[0])]
    if isinstance(expr, sp.Symbol):
        return ["size" if expr.is_integer else "matrix", str(expr)]
    if expr.is_Number:
        return ["decimal", float(expr)] if expr.is_Float else ["number", int(expr.p), int(expr.q)]
    name = next((name for name, kind in SUMS.items() if isinstance(expr, kind)), None) or _name(expr)
    return [name, *map(_data, expr.args)]


def _name(expr: Expr) -> str:
    return next(name for name, kind in OPERATIONS.items() if type(expr) is kind)


def _expr(data: Any) -> Expr:
    """The expression of nested lists; sums of times and sizes are put in order, others are left as they are written."""
    kind, *rest = data
    if kind == "at":
        time = _expr(rest[1])
        if not time.is_integer:
            raise ValueError("a time that is no integer")
        return nodes.sequence(_named(rest[0]))[time]
    if kind == "size":
        return {"t": nodes.t, "T": nodes.T}.get(rest[0]) or sp.Symbol(_named(rest[0]), integer=True, positive=True)
    if kind == "matrix":
        return nodes.parameter(_named(rest[0]))
    if kind == "number":
        numerator, denominator = (_bounded(int(each), NUMBER) for each in rest)
        return sp.Rational(numerator, denominator)
    if kind == "decimal":
        return sp.Float(_bounded(float(rest[0]), NUMBER))
    operands = [_expr(each) for each in rest]
    if kind == "^":
        _bounded(float(operands[1]), EXPONENT)
    if kind in SUMS:
        return SUMS[kind](*operands, evaluate=all(each.is_integer for each in operands) and not _has_reads(operands))
    return OPERATIONS[kind](*operands)


def _named(name: Any) -> str:
    if not NAME.fullmatch(name):
        raise ValueError("a name that is none")
    return str(name)


def _bounded(number: float, largest: float) -> float:
    if not abs(number) <= largest:
        raise ValueError("a number that is too large")
    return number


def _has_reads(operands: list[Expr]) -> bool:
    return any(part.is_integer is not True for each in operands for part in nodes.leaves(each))
