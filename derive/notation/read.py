"""A page of equations to a System: what each name is, and what its sizes are, is inferred from the equations and then stated.

How equations are found on a page is said in `page.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import sympy as sp

from derive.algebra import nodes, shapes
from derive.algebra.nodes import Expr
from derive.algebra.shapes import Shape
from derive.errors import InputError, NotationError, RecurrenceError, ShapeError
from derive.notation import page, write
from derive.notation.grammar import Line, parse_line
from derive.notation.page import Piece
from derive.system import Boundary, Equation, Role, System, Variable


def system(text: str, name: str = "cell") -> System:
    """The system that a page of equations defines.

    Args:
        text: the page.
        name: what to call the system.

    Raises:
        NotationError: a line is not in the notation, or there is no equation.
        RecurrenceError: a variable has two equations, or depends on itself at the same t.
        ShapeError: sizes do not fit together.
    """
    notes, pieces = page.read(text)
    lines: list[tuple[int, Line]] = []
    for piece in pieces:
        line = _parsed(piece)
        if line.key != "equation" or all(line != earlier for _, earlier in lines):
            lines.append((piece.line, line))
    equations = [
        _equation(at, number, line) for number, (at, line) in enumerate(((a, x) for a, x in lines if x.key == "equation"), start=1)
    ]
    declared = [(at, line) for at, line in lines if line.key != "equation"]
    if not equations:
        raise NotationError("there is no equation", place=name, advice="write one such as h_t = tanh(W x_t + U h_{t-1} + b)")
    made = System(name, tuple(equations), _variables(equations), notes=notes)
    _refuse_misplaced(made, declared)
    made = _declare(made, declared)
    made._check_definitions()
    made._check_cycles()
    return replace(made, variables=_sized(made, declared)).check()


def _parsed(piece: Piece) -> Line:
    """What a piece of a page says."""
    try:
        return parse_line(piece.plain, f"line {piece.line}")
    except NotationError as error:
        raise piece.located(error) from None


def _equation(at: int, number: int, line: Line) -> Equation:
    assert line.left is not None
    assert line.right is not None
    return Equation(line.left, line.right, number=number, line=at)


def _variables(equations: list[Equation]) -> dict[str, Variable]:
    """The variables in the order of their first appearance; what has no equation is an input or a parameter."""
    kinds: dict[str, bool] = {}
    for equation in equations:
        for leaf in (*nodes.leaves(equation.right), equation.left):
            is_sequence = isinstance(leaf, sp.Indexed)
            name = nodes.sequence_name(leaf) if is_sequence else str(leaf)
            if kinds.setdefault(name, is_sequence) != is_sequence:
                raise RecurrenceError(f"{name} is used with and without an index t", place=f"line {equation.line}",
                                      advice=f"write {name}_t for its value at t, or give the other one another name")  # fmt: skip
    for name in kinds:
        if name.endswith(("_0", "_T")) and kinds.get(name[:-2]):
            raise NotationError(f"{name} is {name[:-2]} at one time, which an equation cannot read or define",
                                place=_first_line(name, equations), advice=f"values before the first step: boundary {name[:-2]} = zero, given "
                                "or parameter; for another variable, take another name")  # fmt: skip
        if name.startswith("n_") and name[2:] in kinds:
            raise NotationError(f"{name} is the number of rows of {name[2:]} and cannot name a variable", place=_first_line(name, equations),
                                advice=f"call it {name}_v, or something that tells more")  # fmt: skip
    defined = {equation.name for equation in equations}
    return {name: Variable(name, _role(name in defined, is_sequence), shapes.SCALAR, is_sequence) for name, is_sequence in kinds.items()}


def _first_line(name: str, equations: list[Equation]) -> str:
    written = ((str(getattr(leaf, "base", leaf)), each.line) for each in equations for leaf in (each.left, *each.reads))
    return next(f"line {line}" for own, line in written if own == name)


def _role(is_defined: bool, is_sequence: bool) -> Role:
    return Role.DEFINED if is_defined else Role.INPUT if is_sequence else Role.PARAMETER


MEANT: dict[str, tuple[str, Callable[[Variable], bool]]] = {
    "output": ("a sequence with an equation", lambda each: each.is_sequence and each.role is Role.DEFINED),
    "loss": ("a sequence with an equation", lambda each: each.is_sequence and each.role is Role.DEFINED),
    "boundary": ("a sequence", lambda each: each.is_sequence),
    "distribution": ("a sequence", lambda each: each.is_sequence),
    "init": ("a parameter", lambda each: each.role is Role.PARAMETER),
    "shape": ("a variable", lambda each: True),
}
"""What may be declared of which variables."""


def _refuse_misplaced(made: System, declared: list[tuple[int, Line]]) -> None:
    seen: set[tuple[str, str]] = set()
    for at, line in declared:
        what, is_meant = MEANT[line.key]
        for name in line.names:
            if name not in made.variables:
                known = ", ".join(made.variables)
                raise RecurrenceError(
                    f"{name} is declared and not used in any equation", place=f"line {at}", advice=f"the names are {known}"
                )
            if not is_meant(made[name]):
                raise NotationError(f"{name} is not {what}", place=f"line {at}", advice=f"{line.key} is said of {what} only")
            if (line.key, name) in seen:
                raise NotationError(f"the {line.key} of {name} is declared a second time", place=f"line {at}", advice="keep one of the two")
            seen.add((line.key, name))


def _declare(made: System, declared: list[tuple[int, Line]]) -> System:
    variables = dict(made.variables)
    for each in made.inputs:
        if made.reach[each.name][1] > 0:
            variables[each.name] = replace(each, boundary=Boundary.ZERO)
    outputs: list[str] = []
    loss = ""
    for _, line in declared:
        name = line.names[0]
        if line.key == "output":
            outputs += list(line.names)
        elif line.key == "loss":
            loss = name
        elif line.key == "boundary":
            variables[name] = replace(variables[name], boundary=Boundary(line.value))
        elif line.key == "init":
            variables[name] = replace(variables[name], start=line.value)
        elif line.key == "distribution":
            variables[name] = replace(variables[name], is_distribution=True)
    asked = outputs or [made.equations[-1].name]
    return replace(made, variables=variables, outputs=tuple(dict.fromkeys([*asked, *filter(None, [loss])])), loss=loss)


def _sized(made: System, declared: list[tuple[int, Line]]) -> dict[str, Variable]:
    """The variables with the shapes that the equations and declarations give them."""
    known = {line.names[0]: _declared_shape(line, at, made) for at, line in declared if line.key == "shape"}
    columns = [name for name, each in made.variables.items() if each.is_sequence]
    inference = shapes.Inference(made.variables, [*columns, *_vectors(made)], [each.name for each in made.inputs], known)
    for equation in made.equations:
        _refuse_product_of_columns(equation, known, made)
        try:
            inference.equation(equation.left, equation.right)
        except ShapeError as error:
            raise _explained(error, equation, made) from None
    inputs, states = [each.name for each in made.inputs], [each.name for each in made.states]
    shown = [name for name in made.outputs if name in states]
    own = inference.result([*inputs, *shown, *states, *made.outputs, *columns, *made.variables])
    return {name: replace(each, shape=own[name]) for name, each in made.variables.items()}


def _vectors(made: System) -> list[str]:
    """The parameters with a small letter that multiply nothing from the left but transposed, as v in v^T h_t and b: columns, as in textbooks."""
    factors = [part.args[0] for each in made.equations for part in nodes.parts(each.right) if isinstance(part, nodes.MatMul)]
    matrices = {str(leaf) for factor in factors if not isinstance(factor, nodes.Transpose) for leaf in nodes.leaves(factor)}
    return [each.name for each in made.parameters if each.name[0].islower() and each.name not in matrices]


def _refuse_product_of_columns(equation: Equation, known: Mapping[str, Shape], made: System) -> None:
    """f_t h_{t-1} would be a matrix product only if h had one row; an elementwise one is meant."""
    for part in nodes.parts(equation.right):
        if isinstance(part, nodes.MatMul) and all(isinstance(each, sp.Indexed) for each in part.args):
            names = [nodes.sequence_name(each) for each in part.args]
            if not set(names) & set(known):
                raise ShapeError(
                    "both factors are columns, which have no matrix product",
                    place=f"line {equation.line}, equation ({equation.number}) for {equation.name}, in {write.text(part, made)}",
                    advice=f"an elementwise product is written {write.text(sp.Mul(*part.args, evaluate=False), made)}",
                )


def _declared_shape(line: Line, at: int, made: System) -> Shape:
    """A declared shape; a name in it stands for that variable's number of rows."""
    sides: list[Expr] = []
    for extent in line.value:
        if extent.isdigit() and int(extent[:9]) == 0:
            raise NotationError(f"{line.names[0]} has no entries", place=f"line {at}", advice="a size is at least 1")
        if extent.isdigit():
            sides.append(sp.Integer(extent))
        elif extent in made.variables:
            sides.append(shapes.Inference._unknown(extent, "rows"))
        else:
            raise NotationError(f"{extent} is not a variable", place=f"line {at}", advice="give a number, or a variable whose rows it has")
    return sides[0], sides[1]


def _explained(error: ShapeError, equation: Equation, made: System) -> InputError:
    """The error with its equation and term, and the likeliest way out."""
    term: Expr = error.term  # type: ignore[attr-defined]
    written = write.text(term, made)
    advice = "declare a shape, such as shape W = (h, x), or see which factor is meant"
    if isinstance(term, nodes.MatMul) and all(_is_value(each) for each in term.args):
        advice = f"an elementwise product is written {write.text(sp.Mul(*term.args, evaluate=False), made)}"
    return ShapeError(
        error.fact, place=f"line {equation.line}, equation ({equation.number}) for {equation.name}, in {written}", advice=advice
    )


def _is_value(factor: Expr) -> bool:
    """Whether a factor is computed from sequences and is not transposed: a column and no matrix."""
    return not isinstance(factor, nodes.Transpose) and any(isinstance(part, sp.Indexed) for part in nodes.parts(factor))
