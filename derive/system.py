"""The waist of the program: a system of recurrence equations.

Cells, their tangents, their gradients and their unrolled forms are all a `System`: equations over t = 1..T, each of which defines one
variable by others at t, at t - k (a lag) or at t + k (a lead). A System never changes; passes make new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

import networkx as nx
import sympy as sp

from derive.algebra import nodes, shapes
from derive.algebra.clocks import Clock
from derive.algebra.nodes import Expr
from derive.algebra.shapes import Shape
from derive.evidence import Evidence, Unused
from derive.shown import Brief, ShownAsFormula


class Role(Enum):
    """What a variable is for."""

    INPUT = "input"
    PARAMETER = "parameter"
    DEFINED = "defined"
    CONSTANT = "constant"
    """given like a parameter, and never changed: a mask, a step size"""
    CLOCK = "clock"
    """a sequence that is known by t alone"""


class Boundary(Enum):
    """What a read outside t = 1..T gives."""

    ZERO = "zero"
    GIVEN = "given"
    PARAMETER = "parameter"


class Kind(Enum):
    """What a variable is to another one, its `of`."""

    PRIMAL = "primal"
    """itself"""
    PREACTIVATION = "pre-activation"
    """the argument of the function that gives `of`"""
    OPERAND = "operand"
    """a part of the equation of `of` that was given a name"""
    TANGENT = "tangent"
    """the change of `of`"""
    ADJOINT = "adjoint"
    """the derivative of the loss by `of`, along all paths"""
    UPSTREAM = "upstream"
    """the immediate derivative of the loss by the output `of`, given from outside"""


@dataclass(frozen=True, repr=False)
class Variable(Brief):
    """A name in a system.

    Attributes:
        name: as it stands in the equations.
        role: input, parameter or defined by an equation.
        shape: (rows, columns).
        is_sequence: whether it is indexed by t.
        boundary: what a read outside 1..T gives; of sequences only.
        kind, of: what it is to which other variable.
        is_distribution: whether the entries of each column are known to sum to 1, as those of a one-hot target do.
        start: the number that a parameter is filled with before training, None for the usual random start; the value of a constant.
        clock: of a CLOCK, the values that it has.
    """

    name: str
    role: Role
    shape: Shape
    is_sequence: bool = True
    boundary: Boundary = Boundary.GIVEN
    kind: Kind = Kind.PRIMAL
    of: str = ""
    is_distribution: bool = False
    start: float | None = None
    clock: Clock | None = None

    @property
    def changes(self) -> bool:
        """Whether it has a derivative: it is neither constant nor known by t."""
        return self.role not in (Role.CONSTANT, Role.CLOCK)

    @property
    def symbol(self) -> Expr:
        """The variable at t as it stands in equations: h[t], W."""
        return self.at(nodes.t)

    def at(self, time: Expr | int) -> Expr:
        """The variable at a time; a parameter is the same at each."""
        return nodes.value(self.name, time) if self.is_sequence else nodes.parameter(self.name)


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """Why something stands in an equation: one application of one rule, as it was computed.

    Attributes:
        rule: the name of the rule, "transpose a product".
        before, after: what it was applied to and what came out.
        equation: the number of the equation that was used, 0 if none.
        use: the read that the step is about, h[t - 1], or None.
        reasons: the rules that were applied inside this step, in order.
    """

    rule: str
    after: Expr
    before: Expr | None = None
    equation: int = 0
    use: Expr | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Equation(Brief):
    """left = right. The left side is a sequence at t (or at one time, such as h[0]), or a parameter.

    Attributes:
        number: its number in the derivation, unique from the first forward equation to the last gradient.
        steps: how it came about; empty for an equation that the author wrote.
        line: the line of the page that it was read from, 0 if none.
    """

    left: Expr
    right: Expr
    number: int = 0
    steps: tuple[Step, ...] = ()
    line: int = 0

    @property
    def name(self) -> str:
        """The name of the variable that it defines."""
        return nodes.name_of(self.left)

    def with_right(self, right: Expr) -> Equation:
        """The same equation with another right side."""
        return replace(self, right=right)

    @property
    def where(self) -> str:
        """How an error names it: "line 3, equation (2)"."""
        return f"line {self.line}, equation ({self.number})" if self.line else f"equation ({self.number})"

    @property
    def is_boundary(self) -> bool:
        """Whether it holds at one time only, such as the adjoint of an initial state, hbar[0]."""
        return isinstance(self.left, sp.Indexed) and nodes.t not in self.left.indices[0].free_symbols

    @cached_property
    def reads(self) -> tuple[Expr, ...]:
        """The parameters and sequence values on the right side, in order of first appearance."""
        return tuple(nodes.leaves(self.right))


@dataclass(frozen=True, repr=False)
class System(ShownAsFormula):
    """Recurrence equations with the roles and shapes of their variables.

    A defined variable that is no sequence is computed from whole sequences, by sums over time, or from parameters alone.

    Attributes:
        name: of the cell or network.
        equations: in the author's order.
        variables: by name: inputs, parameters and defined ones.
        outputs: the names whose values are asked for.
        loss: the name of the number that is the loss, or of the scalar sequence whose sum over t is it; "" where the loss is outside.
        notes: what its page says of it: title, year, reference.
        prose: what else stands on its page, between the equations.
        unused: the formulas of its page of which nothing is used.
        evidence: by name, why its page was read so that it has its kind.
        roles: why these are the outputs, "output", and the values before the first step, "boundary h".
    """

    name: str
    equations: tuple[Equation, ...]
    variables: Mapping[str, Variable]
    outputs: tuple[str, ...] = ()
    loss: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    prose: str = ""
    unused: tuple[Unused, ...] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict, compare=False, repr=False)
    roles: Mapping[str, Evidence] = field(default_factory=dict, compare=False, repr=False)

    def __getitem__(self, name: str) -> Variable:
        return self.variables[name]

    @property
    def summary(self) -> str:
        """Its name, and what is given and what comes out."""
        given, trained = (", ".join(each.name for each in group) or "nothing" for group in (self.inputs, self.parameters))
        out = self.loss or ", ".join(self.outputs) or "nothing"
        return f"{self.name}: {len(self)} equations, of {given} by {trained} to {out}"

    def equation(self, name: str) -> Equation:
        """The equation, valid at each t, that defines the variable."""
        return self._by_name[name]

    def defines(self, name: str) -> bool:
        """Whether there is such an equation."""
        return name in self._by_name

    @cached_property
    def _by_name(self) -> dict[str, Equation]:
        return {each.name: each for each in self.equations if not each.is_boundary}

    @cached_property
    def readers(self) -> dict[str, list[tuple[Equation, Expr]]]:
        """By name, the equations that read it, each with the read, in order."""
        found: dict[str, list[tuple[Equation, Expr]]] = {}
        for equation in self.equations:
            for leaf in equation.reads:
                found.setdefault(nodes.name_of(leaf), []).append((equation, leaf))
        return found

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """The shape of each variable."""
        return {name: each.shape for name, each in self.variables.items()}

    @cached_property
    def clocks(self) -> dict[str, Clock]:
        """By name, the sequences that are known by t."""
        return {name: each.clock for name, each in self.variables.items() if each.clock is not None}

    def _with_role(self, role: Role) -> tuple[Variable, ...]:
        return tuple(each for each in self.variables.values() if each.role is role)

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """What is given from outside for each sequence of a batch: sequences, and values that are the same at each t."""
        return self._with_role(Role.INPUT)

    @property
    def parameters(self) -> tuple[Variable, ...]:
        """The matrices given from outside."""
        return self._with_role(Role.PARAMETER)

    @property
    def count(self) -> Expr:
        """The number of trained numbers, in its sizes."""
        return sp.expand(sp.Add(*(rows * columns for rows, columns in (each.shape for each in self.parameters))))

    @property
    def constants(self) -> tuple[Variable, ...]:
        """The matrices given from outside that are not trained."""
        return self._with_role(Role.CONSTANT)

    @cached_property
    def reach(self) -> dict[str, tuple[int, int]]:
        """By sequence, how far it is read: (least, greatest) offset from t; (0, 0) where it is read at t only or never."""
        found: dict[str, tuple[int, int]] = {name: (0, 0) for name, each in self.variables.items() if each.is_sequence}
        for equation in self._by_name.values():
            for read in equation.reads:
                if isinstance(read, sp.Indexed) and (by := nodes.offset(read)).is_Integer:
                    name = nodes.sequence_name(read)
                    low, high = found[name]
                    found[name] = (min(low, int(by)), max(high, int(by)))
        return found

    @cached_property
    def states(self) -> tuple[Variable, ...]:
        """The variables that are read at another time than t, so that a value outside 1..T is needed."""
        return tuple(
            self.variables[name] for name, reach in self.reach.items() if reach != (0, 0) and self.variables[name].role is not Role.CLOCK
        )

    @property
    def is_causal(self) -> bool:
        """Whether no output depends on a later step: nothing that leads to one is read ahead or summed over all steps."""
        leading = {name for output in self.outputs for name in (output, *nx.ancestors(self.dependences, output))}
        equations = [each for each in self._by_name.values() if each.name in leading]
        ahead = any(offset > 0 for _, reader, offset in self.dependences.edges(data="offset") if reader in leading)
        return not ahead and not any(nodes.summed(each.right) for each in equations)

    def shape(self, expr: Expr) -> Shape:
        """The shape of an expression in this system's variables."""
        return shapes.shape(expr, self.shapes)

    @cached_property
    def dependences(self) -> nx.MultiDiGraph:
        """Names, with an edge from each variable to each one that reads it; the edge's `offset` is the read's.

        What is read in a sum over time is read at all times; its edge has offset 0, as the sum comes after all of it.
        """
        graph = nx.MultiDiGraph()
        graph.add_nodes_from(self.variables)
        graph.add_edges_from((read, reader, {"offset": offset}) for read, reader, offset in self.reads_at)
        return graph

    @cached_property
    def reads_at(self) -> tuple[tuple[str, str, int], ...]:
        """The edges of `dependences`: what is read, what reads it, and the offset."""
        found: list[tuple[str, str, int]] = []
        for name, equation in self._by_name.items():
            in_sums = nodes.summed(equation.right)
            found += [(nodes.sequence_name(read), name, 0) for read in in_sums]
            for read in equation.reads:
                if not isinstance(read, sp.Indexed):
                    found.append((nodes.name_of(read), name, 0))
                elif (by := nodes.offset(read)).is_Integer and not (read in in_sums and not self[name].is_sequence):
                    found.append((nodes.sequence_name(read), name, int(by)))
        return tuple(found)

    @cached_property
    def order(self) -> tuple[Equation, ...]:
        """The equations valid at each t, ordered so that what is read at the same t comes first; ties in the author's order."""
        place = {each.name: at for at, each in enumerate(self.equations)}
        now = nx.DiGraph()
        now.add_nodes_from(self._by_name)
        now.add_edges_from((a, b) for a, b, offset in self.reads_at if offset == 0 and a in self._by_name)
        return tuple(self._by_name[name] for name in nx.lexicographical_topological_sort(now, key=place.__getitem__))

    @cached_property
    def place(self) -> dict[str, int]:
        """By name, where its equation stands in `order`."""
        return {equation.name: at for at, equation in enumerate(self.order)}

    def with_equations(self, equations: Iterable[Equation], variables: Iterable[Variable] = ()) -> System:
        """The same system with other equations, and with these variables added."""
        return replace(self, equations=tuple(equations), variables={**self.variables, **{v.name: v for v in variables}})

    def __iter__(self) -> Iterator[Equation]:
        return iter(self.equations)

    def __len__(self) -> int:
        return len(self.equations)
