"""Plausible mistakes, put into the text of an emitted module one at a time, to see whether a check would find them.

    for mutation in source_mutations(source): ...

They are those of a person who writes or edits such code: a term or factor forgotten, a wrong sign, a value counted twice, h[t] for h[t - 1], a
missing transposition, one gate for another, a statement left out or done too late, the batch or the steps not summed, a loop that starts too late
or runs the other way. A few of them change nothing; whether one does is for evaluation to decide.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import cast

JUDGED = ("forward", "backward")
SUMS = ("flat", "total")
"""The functions of an emitted module by which values of all steps and sequences are summed."""
Change = tuple[str, ast.AST]
"""What kind of mistake, and the part after it."""


@dataclass(frozen=True)
class SourceMutation:
    """One mistake.

    Attributes:
        kind: of mistake, such as "sign" or "lag".
        name: the line of the text, and its statement before and after.
        source: the text with the mistake.
    """

    kind: str
    name: str
    source: str


def source_mutations(source: str, functions: Container[str] = JUDGED) -> Iterator[SourceMutation]:
    """All mistakes at all places of the forward and the backward pass, one at a time, always in the same order.

    Args:
        source: of the module.
        functions: those in which mistakes are made, by name, also inside others and in classes.
    """
    tree = ast.parse(source)
    for function in (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) and each.name in functions):
        alike = _alike(function)
        for statement, body in list(_statements(function)):
            kept, place = list(body), body.index(statement)
            changed = [(kind, [after or ast.Pass()], _first(after) if after else "nothing") for kind, after in _changed(statement, alike)]
            if body is not function.body and (late := _stale(kept[place : place + 2])):
                changed.append(("stale state", late, f"after {_first(late[0])}"))
            for kind, instead, what in changed:
                body[place : place + max(1, len(instead))] = instead
                wrong = ast.unparse(tree)
                body[:] = kept
                yield SourceMutation(kind, f"line {statement.lineno}: {_first(statement)} -> {what}", wrong)


def _stale(pair: list[ast.stmt]) -> list[ast.stmt]:
    """Two statements of a loop the other way round, where the second one then reads what the first has not yet computed; none if it does not."""
    if len(pair) < 2 or isinstance(pair[1], ast.For) or not _computes(pair[1]):
        return []
    return pair[::-1] if _written(pair[0]) in _read(pair[1]) else []


def _first(statement: ast.stmt) -> str:
    """The first line of a statement."""
    return ast.unparse(statement).split("\n")[0]


def _statements(function: ast.FunctionDef) -> Iterator[tuple[ast.stmt, list[ast.stmt]]]:
    """The statements that compute, and loops, each with the list that it stands in."""
    bodies = [function.body]
    while bodies:
        body = bodies.pop()
        for each in body:
            if _computes(each) and not _is_check(each):
                yield each, body
            if isinstance(each, ast.For):
                bodies.append(each.body)


def _computes(statement: ast.stmt) -> bool:
    """Whether a statement computes something: into a name, or into an array that a function is given."""
    is_call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    return is_call or isinstance(statement, (ast.Assign, ast.AugAssign, ast.For))


def _written(statement: ast.stmt) -> str:
    """The name into which a statement computes, or into a part of which."""
    target: ast.AST | None = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if isinstance(statement, ast.AugAssign):
        target = statement.target
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        target = next((each.value for each in statement.value.keywords if each.arg == "out"), None)
    return _name(target) if target else ""


def _read(statement: ast.stmt) -> set[str]:
    """The names that a statement reads; an array that a function is given to write into is not among them."""
    written = {id(node) for each in ast.walk(statement) if isinstance(each, ast.keyword) and each.arg == "out" for node in ast.walk(each)}
    names = {
        each.id for each in ast.walk(statement) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load) and id(each) not in written
    }
    return names | ({_name(statement.target)} if isinstance(statement, ast.AugAssign) else set())


def _name(target: ast.AST) -> str:
    """The name of an array, or of one of which this is a part."""
    return next((node.id for node in ast.walk(target) if isinstance(node, ast.Name)), "")


def _is_check(statement: ast.stmt) -> bool:
    """Whether a statement looks at shapes, dtypes or arguments only."""
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(statement) if isinstance(node, ast.Attribute)}
    return bool(names & {"checked", "completed", "given", "empty"} or attributes & {"shape", "result_type"})


def _alike(function: ast.FunctionDef) -> dict[str, str]:
    """For each of the names that are unpacked together, such as gates, the next one."""
    packs = [node.targets[0] for node in ast.walk(function) if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple)]
    found: dict[str, str] = {}
    for pack in packs:
        names = [each.id for each in getattr(pack, "elts", ()) if isinstance(each, ast.Name)]
        if "T" not in names and "batch" not in names:
            found |= dict(zip(names, [*names[1:], names[0]], strict=True))
    return found


def _changed(statement: ast.stmt, alike: dict[str, str]) -> Iterator[tuple[str, ast.stmt | None]]:
    """Each mistake in a statement, with the statement after it; None where it is left out."""
    inner = statement.iter if isinstance(statement, ast.For) else statement
    if not isinstance(statement, ast.For):
        yield "statement left out", None
        yield from _unsummed(statement)
    seen = {ast.dump(statement)}
    for number, part in enumerate(ast.walk(inner)):
        for kind, new in _mistakes(part, alike):
            after = deepcopy(statement)
            twin = list(ast.walk(after.iter if isinstance(after, ast.For) else after))[number]
            wrong = _replaced(after, twin, new)
            if (form := ast.dump(wrong)) not in seen:
                seen.add(form)
                yield kind, wrong


def _replaced(tree: ast.stmt, old: ast.AST, new: ast.AST) -> ast.stmt:
    """A statement with one of its parts, `old`, replaced."""

    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return ast.copy_location(deepcopy(new), node) if node is old else self.generic_visit(node)

    return cast(ast.stmt, ast.fix_missing_locations(Replace().visit(tree)))


def _unsummed(statement: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    """Only the last step, or only the first sequence of the batch, is summed."""
    for kind, part in (("steps not summed", "[-1:]"), ("batch not summed", "[:, :, :1]")):
        after = deepcopy(statement)
        calls = [each for each in ast.walk(after) if isinstance(each, ast.Call) and getattr(each.func, "id", "") in SUMS]
        for call in calls:
            call.args[0] = ast.parse(f"({ast.unparse(call.args[0])}){part}", mode="eval").body
        if calls:
            yield kind, ast.fix_missing_locations(after)


def _mistakes(part: ast.AST, alike: dict[str, str]) -> Iterator[Change]:
    for mistake in MISTAKES:
        yield from mistake(part, alike)


def terms(part: ast.AST, alike: dict[str, str]) -> Iterator[Change]:
    """A term is forgotten, has the wrong sign, or is counted twice."""
    if isinstance(part, ast.BinOp) and isinstance(part.op, (ast.Add, ast.Sub)) and not _is_index(part):
        yield "term dropped", part.left
        yield "term dropped", part.right
        yield "sign", ast.BinOp(part.left, ast.Sub() if isinstance(part.op, ast.Add) else ast.Add(), part.right)
        yield "counted twice", ast.BinOp(part, part.op, part.right)
    elif name := _ufunc(part, SIGNS):
        assert isinstance(part, ast.Call)
        yield from (("term dropped", new) for new in _with_operands(part, ast.Constant(0)))
        yield "sign", ast.Call(ast.Attribute(ast.Name("np", ast.Load()), SIGNS[name], ast.Load()), part.args, part.keywords)
        yield "counted twice", ast.Call(part.func, [part.args[0], ast.BinOp(part.args[1], ast.Add(), part.args[1])], part.keywords)
    elif isinstance(part, ast.AugAssign) and isinstance(part.op, (ast.Add, ast.Sub)):
        yield "sign", ast.AugAssign(part.target, ast.Sub() if isinstance(part.op, ast.Add) else ast.Add(), part.value)
        yield "counted twice", ast.AugAssign(part.target, part.op, ast.BinOp(part.value, ast.Add(), part.value))


SIGNS = {"add": "subtract", "subtract": "add"}


def _ufunc(part: ast.AST, wanted: Container[str]) -> str:
    """The name of the function of NumPy that a part calls with an array to write into, if it is one that is wanted; else ""."""
    name = part.func.attr if isinstance(part, ast.Call) and part.keywords and isinstance(part.func, ast.Attribute) else ""
    return name if name in wanted else ""


def _with_operands(call: ast.Call, instead: ast.expr) -> Iterator[ast.Call]:
    """The call with something else in the place of each operand."""
    for place in range(len(call.args)):
        yield ast.Call(call.func, [instead if at == place else each for at, each in enumerate(call.args)], call.keywords)


def factors(part: ast.AST, alike: dict[str, str]) -> Iterator[Change]:
    """A factor, such as a slope, is forgotten; a square is not taken."""
    if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult) and not _is_index(part):
        yield "factor dropped", part.left
        yield "factor dropped", part.right
    elif isinstance(part, ast.BinOp) and isinstance(part.op, ast.Pow):
        yield "factor dropped", part.left
    elif _ufunc(part, ("multiply", "divide")):
        yield from (("factor dropped", new) for new in _with_operands(cast(ast.Call, part), ast.Constant(1)))
    elif _ufunc(part, ("square",)):
        square = cast(ast.Call, part)
        yield (
            "factor dropped",
            ast.Call(ast.Attribute(ast.Name("np", ast.Load()), "multiply", ast.Load()), [*square.args, ast.Constant(1)], square.keywords),
        )


def transpositions(part: ast.AST, alike: dict[str, str]) -> Iterator[Change]:
    """A matrix is not transposed."""
    if isinstance(part, ast.Attribute) and part.attr == "T":
        yield "transpose", part.value


def times(part: ast.AST, alike: dict[str, str]) -> Iterator[Change]:
    """A value is read or written one step too early or too late; the values of the step before are those of the step."""
    if isinstance(part, ast.Subscript) and _is_time(part.slice):
        now = ast.unparse(part.slice)
        for other in {"t", "t - 1", "t + 1"} - {now}:
            yield "lag", ast.Subscript(part.value, ast.parse(other, mode="eval").body, part.ctx)
    elif isinstance(part, ast.Call) and getattr(part.func, "id", "") == "previous":
        yield "lag", ast.Subscript(part.args[0], ast.Slice(None, ast.Name("T", ast.Load())), ast.Load())


def names(part: ast.AST, alike: dict[str, str]) -> Iterator[Change]:
    """A gate stands in the place of another one."""
    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id in alike:
        yield "swapped", ast.Name(alike[part.id], ast.Load())


def loops(part: ast.AST, alike: dict[str, str]) -> Iterator[Change]:
    """A loop leaves out a step, or runs the other way."""
    if isinstance(part, ast.Call) and getattr(part.func, "id", "") == "range":
        yield "boundary", ast.parse("range(T - 1)", mode="eval").body
        yield "boundary", ast.parse("range(1, T)", mode="eval").body
    elif isinstance(part, ast.Call) and getattr(part.func, "id", "") == "counted":
        yield "boundary", ast.parse("counted(at)[:-1]", mode="eval").body
        yield "boundary", ast.parse("counted(at)[1:]", mode="eval").body
    elif isinstance(part, ast.Call) and getattr(part.func, "id", "") == "reversed":
        yield "boundary", part.args[0]


def boundaries(part: ast.AST, alike: dict[str, str]) -> Iterator[Change]:
    """Initial values are zero, or twice what they are."""
    if isinstance(part, ast.Subscript) and getattr(part.value, "id", "") == "initial" and isinstance(part.ctx, ast.Load):
        yield "boundary", ast.BinOp(ast.Constant(0), ast.Mult(), part)
        yield "boundary", ast.BinOp(ast.Constant(2), ast.Mult(), part)


MISTAKES: tuple[Callable[[ast.AST, dict[str, str]], Iterator[Change]], ...] = (
    terms, factors, transpositions, times, names, loops, boundaries,
)  # fmt: skip


def _is_time(index: ast.expr) -> bool:
    return ast.unparse(index) in ("t", "t - 1", "t + 1")


def _is_index(part: ast.BinOp) -> bool:
    """Whether a sum or product is one of times or sizes."""
    names = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}
    return all(name in ("t", "T", "batch") or name.startswith("n_") for name in names)
