"""The source of `start` and `step` with functions of the Python array API standard."""

from __future__ import annotations

from derive.algebra.nodes import Expr
from derive.program.arguments import expected, given, initial_shapes, parameters, some_sequences
from derive.program.arrays import sides
from derive.program.identifiers import identifier
from derive.program.lines import Branch, Line
from derive.program.numbers import is_number
from derive.program.spelling import NumPy
from derive.program.standard import Pieces, Rebound, Standard, extent, pieces, standard
from derive.program.step import AtStep, Stepwise
from derive.system import Boundary, Variable


class StandardAtStep(AtStep, Standard):
    """Writes expressions within a step."""


class Step(Stepwise):
    """The bodies of `start` and `step`, as lines."""

    common = ("batch", "xp", "like")
    kind = "xp, like"
    array = "Any"
    assignment = Rebound
    writers = (Standard, StandardAtStep)

    @staticmethod
    def _ahead(body: str) -> str:
        return ""

    @staticmethod
    def _outward(written: str, variable: Variable) -> str:
        return f"batch_major({written})"

    def _number(self, written: str) -> str:
        return f"xp.full((1, 1), float({written}), **like)"

    def _array(self, writer: NumPy, value: Expr) -> str:
        return writer.filled("()", value) if is_number(value) else writer.write(value)

    def _weights(self) -> list[str]:
        return list(map(standard, parameters(self.system, self.layout)))

    def _statements(self) -> list[Line | Branch]:
        held = Pieces(pieces(self.at_step, self.layout))
        assert isinstance(self._writer, Standard)
        self._writer.pieces = held
        lines: list[Line | Branch] = []
        for each in self.at_step:
            if self._is_missed(each):
                lines.append((f"{held.base(each, self.layout)} = xp.zeros({extent(each, self.layout)}, **like)", ""))
        for each in self.at_step:
            lines += self.assignment(self._writer, each).step()
            if set(each.names) <= self._named:
                lines.append(
                    (f"{', '.join(map(identifier, each.names))} = unpacked({held.base(each, self.layout)}, {len(each.names)})", "")
                )
        return lines

    def _begun(self) -> list[str]:
        whole = self.whole
        return [
            *some_sequences("batch"),
            *map(standard, self._sized()),
            f"xp, like = kind_of(params{', initial or {}' if given(whole) else ''})",
            f'params = checked("params", params, {expected(whole)}, like)',
            *([f'initial = completed("initial", initial, {initial_shapes(whole)}, xp, like)'] if given(whole) else []),
            "params = {name: 1 * array for name, array in params.items()}",
        ]

    def _first_value(self, variable: Variable) -> str:
        count, name = self._count(variable), variable.name
        if variable.boundary is Boundary.ZERO:
            zeros = f"xp.zeros(({sides(variable)}, batch), **like)"
            return f"({zeros},) * {count}" if count > 1 else zeros
        of = f'params["{name}_0"]' if variable.boundary is Boundary.PARAMETER else f'initial["{name}"]'
        value = "each" if count > 1 else of
        made = f"xp.moveaxis({value}, 0, -1)"
        if variable.boundary is Boundary.PARAMETER:
            made = f"xp.broadcast_to({value}[..., None], ({sides(variable)}, batch))"
        return f"tuple(1 * {made} for each in xp.unstack({of}))" if count > 1 else f"1 * {made}"
