"""Certificates: a claim about gradients and its proof in one file, which can be checked without deriving anything.

The file is JSON: the forward equations, the claimed equations of the adjoints, and the identities that the proof compared, as text for a person.
Expressions are lists, the operation first; nothing in a file is run. To check one, the proof is made anew from the two systems alone, and must
compare the same identities.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sympy as sp

from derive.algebra import nodes
from derive.algebra.clocks import Clock
from derive.algebra.nodes import Expr
from derive.errors import InputError
from derive.files import text, write
from derive.system import Boundary, Equation, Kind, Role, System, Variable
from verify.proof import Proof, prove
from verify.verdict import Outcome

FORMAT = "bptt certificate, version 1"
LARGEST = 50_000_000
"""The largest file that is read, in characters."""
SUMS: dict[str, type[Expr]] = {"+": sp.Add, "*": sp.Mul, "^": sp.Pow}
OPERATIONS: dict[str, type[nodes.Node]] = {
    **{each.__name__: each for kind in (nodes.Linear, nodes.Constant) for each in kind.__subclasses__() if each is not nodes.Constant},
    **nodes.FUNCTIONS,
}


@dataclass(frozen=True)
class Checked:
    """What came of checking a certificate.

    Attributes:
        name: of the system.
        proof: made anew.
        differs: the left sides of identities that the file has otherwise.
    """

    name: str
    proof: Proof
    differs: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the claim is proved, by the identities of the file."""
        return self.proof.outcome is Outcome.AGREES and not self.differs

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain data for JSON."""
        verdicts = [each.to_dict() for each in self.proof.verdicts]
        return {"name": self.name, "holds": self.holds, "verdicts": verdicts, "differs": list(self.differs)}

    def told(self) -> str:
        """The finding for a person, with the proof."""
        others = [f"{each}: the certificate has another identity" for each in self.differs]
        conclusion = "the gradients are right for every length and all sizes" if self.holds else "the certificate does not hold"
        return "\n".join([self.proof.text(), *others, f"{self.name}: {conclusion}"])


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
    content = text(path, "a certificate")
    try:
        data: Any = json.loads(content) if len(content) <= LARGEST else None
        if data["format"] != FORMAT:
            raise InputError(f"its format is {data['format']!r}", place=str(path), advice=f"this program reads {FORMAT!r}")
        forward, adjoint = _system(data["forward"], data["name"]), _system(data["adjoint"], data["name"])
        told = {each["left"]: each for each in data["identities"]}
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise InputError("it is no certificate", place=str(path), advice="write one with bptt verify CELL --certificate FILE") from error
    forward.check()
    proof = prove(forward, adjoint)
    made = {each.left: asdict(each) for each in proof.identities}
    return Checked(data["name"], proof, tuple(left for left in {**made, **told} if made.get(left) != told.get(left)))


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
    fields = ("is_sequence", "of", "is_distribution", "start")
    own |= {field: getattr(variable, field) for field in fields if getattr(variable, field) != getattr(usual, field)}
    own |= {field: getattr(variable, field).value for field in ("boundary", "kind")}
    return own | ({"clock": [variable.clock.kind, variable.clock.period]} if variable.clock else {})


def _variable(data: Any) -> Variable:
    rows, columns = map(_expr, data["shape"])
    optional = {field: data[field] for field in ("is_sequence", "of", "is_distribution", "start") if field in data}
    return Variable(
        str(data["name"]),
        Role(data["role"]),
        (rows, columns),
        boundary=Boundary(data["boundary"]),
        kind=Kind(data["kind"]),
        clock=Clock(*data["clock"]) if "clock" in data else None,
        **optional,
    )


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
        return nodes.sequence(str(rest[0]))[time]
    if kind == "size":
        return {"t": nodes.t, "T": nodes.T}.get(rest[0]) or sp.Symbol(str(rest[0]), integer=True, positive=True)
    if kind == "matrix":
        return nodes.parameter(str(rest[0]))
    if kind == "number":
        return sp.Rational(int(rest[0]), int(rest[1]))
    if kind == "decimal":
        return sp.Float(float(rest[0]))
    operands = [_expr(each) for each in rest]
    if kind in SUMS:
        return SUMS[kind](*operands, evaluate=all(each.is_integer for each in operands) and not _has_reads(operands))
    return OPERATIONS[kind](*operands)


def _has_reads(operands: list[Expr]) -> bool:
    return any(part.is_integer is not True for each in operands for part in nodes.leaves(each))
