"""What all parts of a narration share: the derivation, the language, and which rules were explained already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from derive.algebra.nodes import Expr
from derive.document.blocks import Heading, Text
from derive.document.inline import reference
from derive.document.sentences import fill
from derive.notation.letters import latex_name
from derive.notation.write import Latex
from derive.system import Kind, System, Variable


class Derived(Protocol):
    """What is told: see `calculus.bptt.Derivation`."""

    @property
    def system(self) -> System: ...
    @property
    def forward(self) -> System: ...
    @property
    def tangent(self) -> System: ...
    @property
    def adjoint(self) -> System: ...


class _Slashed(Latex):
    """LaTeX for a line of text: a derivative as dL / dh and not as a fraction in small print."""

    def read(self, name: str, time: Expr | None) -> str:
        variable = self.variables.get(name)
        if variable is not None and variable.kind is Kind.UPSTREAM:
            return rf"\partial L / \partial {super().read(variable.of, time)}"
        return super().read(name, time)


class Teller:
    """Says things about a derivation.

    Args:
        derivation: what is told.
        sentences: the language, as `sentences.sentences` gives it.
    """

    def __init__(self, derivation: Derived, sentences: Mapping[str, str]) -> None:
        self.system, self.forward = derivation.system, derivation.forward
        self.tangent, self.adjoint = derivation.tangent, derivation.adjoint
        self.sentences = sentences
        self.said: list[str] = []
        self.writer = _Slashed({**self.tangent.variables, **self.adjoint.variables})

    def say(self, key: str, **values: str) -> str:
        """The sentence of that name, its places filled."""
        return fill(self.sentences[key], values)

    def heading(self, key: str) -> Heading:
        """A heading of a part."""
        return Heading(self.say(key))

    def math(self, expr: Expr) -> str:
        """The LaTeX of an expression in any variables of the derivation."""
        return self.writer.write(expr)

    def inline(self, expr: Expr) -> str:
        """An expression inside a sentence."""
        return f"${self.math(expr)}$"

    def letter(self, variable: Variable) -> str:
        """The LaTeX of a variable's name without a time."""
        return latex_name(variable.name)

    def label(self, rule: str) -> str:
        """The short name of a rule."""
        return self.sentences.get(f"label:{rule}", rule)

    def labels(self, rules: Iterable[str]) -> str:
        """The short names of rules, each once, in order."""
        return ", ".join(dict.fromkeys(filter(None, map(self.label, rules))))

    def explained(self, rules: Iterable[str]) -> Iterator[Text]:
        """Explanations of those rules that were not explained before."""
        for rule in rules:
            if rule not in self.said:
                self.said.append(rule)
                if text := self.sentences.get(f"rule:{rule}", ""):
                    loss = self.math(self.forward[self.forward.loss].symbol) if self.forward.loss else ""
                    yield Text(fill(text, {"loss": loss}))


def references(numbers: Iterable[int]) -> str:
    """References to equations, three and more in a row as the first and the last: "(4), (7)–(9)"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [[f"{reference(run[0])}–{reference(run[-1])}"] if len(run) > 2 else map(reference, run) for run in runs]
    return ", ".join(part for run in parts for part in run)


def listed(parts: Iterable[str]) -> str:
    """Things one after another, each once."""
    return ", ".join(dict.fromkeys(parts))
