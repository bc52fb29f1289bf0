"""What was found of a backward pass: as plain data, and as Blocks to be printed in any format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from derive.document.blocks import Block, Heading, Table, Text
from derive.document.inline import literal
from derive.shown import Brief, Shown


class Judgement(Enum):
    """What was found of one equation."""

    RIGHT = "right"
    CONVENTION = "right in another convention"
    WRONG = "wrong"
    UNDECIDED = "cannot tell"


@dataclass(frozen=True, repr=False)
class Finding(Brief):
    """What was found of one equation, or of one array that a function gives.

    Attributes:
        line: of the page or file, from 1; of what a function returns, that of the slip, or else where the result gets its value; 0 of none.
        text, latex: the equation in the plain notation, and in LaTeX; "" where it has none.
        judgement: what was found.
        detail: the finding in one sentence.
        is_proved: whether it is right for every length and all sizes by the proof; else by numbers for T = 1, 2, 3.
        witness: the smallest counterexample: T, sizes, the time and the entry, what is claimed there and what is right; or None.
        nearest, nearest_latex: of what is wrong, the nearest right form; "" if there is none.
    """

    line: int
    text: str
    judgement: Judgement
    detail: str
    is_proved: bool = False
    witness: Mapping[str, Any] | None = None
    nearest: str = ""
    latex: str = ""
    nearest_latex: str = ""

    @property
    def shown(self) -> str:
        """The equation as text of a Block."""
        return f"${self.latex}$" if self.latex else literal(self.text)

    @property
    def told(self) -> str:
        """What is found, as text of a Block."""
        parts = [literal(self.detail)]
        if self.judgement in (Judgement.RIGHT, Judgement.CONVENTION):
            parts.append(
                "proved for every length and all sizes" if self.is_proved else "by numbers, for T = 1, 2, 3 and two choices of sizes"
            )
        if self.witness:
            own = dict(self.witness)
            claimed, right = own.pop("claimed"), own.pop("right")
            at = ", ".join(f"{name} = {number}" for name, number in own.items())
            parts.append(literal(f"at {at} it gives {claimed}, right is {right}"))
        if self.nearest:
            parts.append(f"the nearest right form: {f'${self.nearest_latex}$' if self.nearest_latex else literal(self.nearest)}")
        return "; ".join(parts) + "."

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain data for JSON."""
        return {**asdict(self), "judgement": self.judgement.value}


@dataclass(frozen=True, repr=False)
class Findings(Shown):
    """What was found of a backward pass.

    Attributes:
        name: of the cell.
        findings: in the order of the page.
        of_function: whether they are of what functions return.
    """

    name: str
    findings: tuple[Finding, ...]
    of_function: bool = False

    @property
    def holds(self) -> bool:
        """Whether each equation is right, be it in another convention."""
        return all(each.judgement in (Judgement.RIGHT, Judgement.CONVENTION) for each in self.findings)

    @property
    def summary(self) -> str:
        """How many equations are how."""
        counts = {kind: sum(each.judgement is kind for each in self.findings) for kind in Judgement}
        return f"on {self.name}: {', '.join(f'{count} {kind.value}' for kind, count in counts.items() if count) or 'nothing to judge'}"

    def to_dict(self) -> dict[str, Any]:
        """The findings as plain data for JSON."""
        return {"name": self.name, "holds": self.holds, "findings": [each.to_dict() for each in self.findings]}

    def blocks(self) -> list[Block]:
        """The findings for a person."""
        has_lines = any(each.line for each in self.findings)
        rows = tuple((*([str(each.line)] if has_lines else []), each.shown, each.judgement.value) for each in self.findings)
        head = (*(["line"] if has_lines else []), "result" if self.of_function else "equation", "it is")
        told = [Text(f"{each.shown}: {each.told}") for each in self.findings]
        return [Heading(f"A backward pass of {self.name}"), Table(head, rows, self._conclusion()), *told]

    def _conclusion(self) -> str:
        """What was found, in a sentence or two."""
        if self.of_function:
            return "The arrays that the function returns, beside the gradients of the cell."
        wrong = sum(each.judgement is Judgement.WRONG for each in self.findings)
        unknown = sum(each.judgement is Judgement.UNDECIDED for each in self.findings)
        if not wrong and not unknown:
            return "All equations are right, each by itself, with true values for all that it reads."
        told = [f"{wrong} {'is' if wrong == 1 else 'are'} wrong"] * bool(wrong) + [f"of {unknown} it cannot be told"] * bool(unknown)
        return f"Of {len(self.findings)} equations {', and '.join(told)}. Each is judged by itself, with true values for all that it reads."
