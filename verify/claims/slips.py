"""Texts one change away from a function's: what undoes a sign, a transposition, a wrong step, a wrong name, a factor or a term that is missing.

Each change is of one expression of the function, or of a function of the file that it calls.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterable, Iterator

from verify.claims.expressions import OF_LISTS
from verify.claims.interpret import Function
from verify.claims.source import result_names, targets, written_as

Slip = tuple[int, str, str]
"""The line, the statement as it is written, and as it is mended."""
NAMES = 40
"""How many names of a function are tried in the place of one."""


def slips(function: Function, wrong: Collection[str]) -> Iterator[Slip]:
    """All texts one change away, each of which the function is while it is given; small changes first.

    Statements by which all that is wrong is made, and nothing that is right, come before others; first those that give it its values.

    Args:
        wrong: the results that are wrong.
    """
    source, own = function.source, function.node
    inner = [source.functions[name] for name in sorted(source.calls(own))]
    flow, results = Flow(own), [name for name in result_names(own) if name]
    wrong = {written_as(own, each) for each in wrong}
    right = [name for name in results if name not in wrong]
    ranked = sorted(range(_count(own)), key=lambda at: (flow.rank(at, wrong, right), not flow.gives(at, wrong)))
    likely = [at for at in ranked if flow.rank(at, wrong, right) == 0]
    others = [at for at in ranked if flow.rank(at, wrong, right) == 1]
    for places in (likely, others):
        for changes in CHANGES:
            yield from _made(changes, own, places)
            for node in inner:
                yield from _made(changes, node, range(_count(node)) if places is likely else ())


def _count(node: ast.FunctionDef) -> int:
    return sum(1 for _ in ast.walk(node))


class Flow:
    """Which results of a function a statement has a part in, by names alone."""

    def __init__(self, node: ast.FunctionDef) -> None:
        self.statements = list(ast.walk(node))
        self.readers: dict[str, set[str]] = {}
        for each in self.statements:
            if isinstance(each, (ast.Assign, ast.AugAssign)):
                self._flows(_names_of(each.value), set(_bases(each)))
                self._flows(_names_of(each.value), set(targets(each)))
            elif isinstance(each, ast.For):
                ends = _names_of(each.target)
                self._flows(_names_of(each.iter), ends)
                self._flows(ends, _names_of(each.iter))
            elif isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in OF_LISTS:
                self._flows({name for part in each.args for name in _names_of(part)}, _names_of(each.func.value))
            elif isinstance(each, ast.Return) and each.value is not None:
                for name, part in _returned_parts(each.value):
                    self._flows(_names_of(part), {name})

    def _flows(self, sources: set[str], ends: set[str]) -> None:
        for each in sources:
            self.readers.setdefault(each, set()).update(ends)

    def reached(self, names: set[str]) -> set[str]:
        """The names in which some names have a part."""
        found, pending = set(names), list(names)
        while pending:
            fresh = self.readers.get(pending.pop(), set()) - found
            found |= fresh
            pending += fresh
        return found

    def gives(self, at: int, wrong: Collection[str]) -> bool:
        """Whether a statement gives a value to a result that is wrong."""
        statement = self.statements[at]
        return isinstance(statement, (ast.Assign, ast.AugAssign)) and not set(wrong).isdisjoint(targets(statement))

    def rank(self, at: int, wrong: Collection[str], right: Collection[str]) -> int:
        """0 of a statement by which all that is wrong is made, and nothing that is right; 1 if what is right is made by it too; 2 of others."""
        statement = self.statements[at]
        if not isinstance(statement, (ast.Assign, ast.AugAssign, ast.For)):
            return 2
        ends = _names_of(statement.iter) if isinstance(statement, ast.For) else set(_bases(statement)) | set(targets(statement))
        reached = self.reached(ends)
        if not set(wrong) <= reached:
            return 2
        return int(bool(reached & set(right)))


def _returned_parts(value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """The parts of a table that is returned, by their keys."""
    if isinstance(value, ast.Call):
        yield from ((str(each.arg), each.value) for each in value.keywords)
    if isinstance(value, ast.Dict):
        yield from ((str(getattr(key, "value", "")), part) for key, part in zip(value.keys, value.values, strict=True))


def _bases(node: ast.Assign | ast.AugAssign) -> Iterator[str]:
    """The names of what a statement changes, in whole or in part."""
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))


def _names_of(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _made(changes: object, node: ast.FunctionDef, places: Iterable[int]) -> Iterator[Slip]:
    """The changes of the statements of a function, each made in its tree while it is looked at, and undone."""
    assert callable(changes)
    statements = list(ast.walk(node))
    for statement in (statements[at] for at in places):
        if not isinstance(statement, (ast.Assign, ast.AugAssign, ast.For)):
            continue
        written = _first(statement)
        for changed in changes(statement, node):
            _replace(node, statement, changed)
            try:
                yield statement.lineno, written, _first(changed)
            finally:
                _replace(node, changed, statement)


def _first(statement: ast.stmt) -> str:
    return ast.unparse(statement).splitlines()[0]


def _replace(tree: ast.AST, old: ast.AST, new: ast.stmt) -> None:
    for each in ast.walk(tree):
        for name, value in ast.iter_fields(each):
            if isinstance(value, list) and any(part is old for part in value):
                setattr(each, name, [new if part is old else part for part in value])
                return


def _each_part(statement: ast.stmt, make: object) -> Iterator[ast.stmt]:
    """The statement with each of the parts of its right side replaced in each way in turn."""
    assert callable(make)
    side = "iter" if isinstance(statement, ast.For) else "value"
    whole = getattr(statement, side)
    for at, part in enumerate(ast.walk(whole)):
        for new in make(part):
            changed = copy.deepcopy(statement)
            right = getattr(changed, side)
            old = next(each for count, each in enumerate(ast.walk(right)) if count == at)
            if old is right:
                setattr(changed, side, new)
            else:
                _put(right, old, new)
            yield ast.fix_missing_locations(changed)


def _put(tree: ast.AST, old: ast.AST, new: ast.expr) -> None:
    for each in ast.walk(tree):
        for name, value in ast.iter_fields(each):
            if value is old:
                setattr(each, name, new)
            elif isinstance(value, list) and any(part is old for part in value):
                setattr(each, name, [new if part is old else part for part in value])


def _signs(statement: ast.stmt, node: ast.FunctionDef) -> Iterator[ast.stmt]:
    def other(part: ast.AST) -> Iterator[ast.expr]:
        match part:
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                yield ast.BinOp(left, ast.Sub(), right)
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                yield ast.BinOp(left, ast.Add(), right)
                yield ast.BinOp(right, ast.Sub(), left)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                yield operand

    yield from _each_part(statement, other)
    if isinstance(statement, ast.AugAssign) and isinstance(statement.op, (ast.Add, ast.Sub)):
        yield _with(statement, op=ast.Sub() if isinstance(statement.op, ast.Add) else ast.Add())
    if isinstance(statement, (ast.Assign, ast.AugAssign)):
        yield _with(statement, value=ast.UnaryOp(ast.USub(), statement.value))


def _with(statement: ast.stmt, **fields: object) -> ast.stmt:
    changed = copy.deepcopy(statement)
    for name, value in fields.items():
        setattr(changed, name, copy.deepcopy(value))
    return ast.fix_missing_locations(changed)


def _steps(statement: ast.stmt, node: ast.FunctionDef) -> Iterator[ast.stmt]:
    def other(part: ast.AST) -> Iterator[ast.expr]:
        match part:
            case ast.Subscript(value=value, slice=ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=ast.Constant(value=1))):
                yield ast.Subscript(value, left, ast.Load())
                flipped = ast.Sub() if isinstance(part.slice.op, ast.Add) else ast.Add()  # type: ignore[attr-defined]
                yield ast.Subscript(value, ast.BinOp(left, flipped, ast.Constant(1)), ast.Load())
            case ast.Subscript(value=value, slice=ast.Name() as index):
                yield ast.Subscript(value, ast.BinOp(index, ast.Sub(), ast.Constant(1)), ast.Load())
                yield ast.Subscript(value, ast.BinOp(index, ast.Add(), ast.Constant(1)), ast.Load())

    yield from _each_part(statement, other)

    def axes(part: ast.AST) -> Iterator[ast.expr]:
        if isinstance(part, ast.Call):
            for at, each in enumerate(part.keywords):
                if each.arg == "axis" and isinstance(each.value, ast.Constant) and each.value.value in (0, 1):
                    changed = copy.deepcopy(part)
                    changed.keywords[at].value = ast.Constant(1 - each.value.value)
                    yield changed

    yield from _each_part(statement, axes)


def _transposed(statement: ast.stmt, node: ast.FunctionDef) -> Iterator[ast.stmt]:
    def other(part: ast.AST) -> Iterator[ast.expr]:
        match part:
            case ast.Attribute(attr="T", value=value):
                yield value
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                yield ast.BinOp(ast.Attribute(left, "T", ast.Load()), ast.MatMult(), right)
                yield ast.BinOp(left, ast.MatMult(), ast.Attribute(right, "T", ast.Load()))
                yield ast.BinOp(right, ast.MatMult(), left)
            case ast.Call(func=ast.Attribute(attr="dot" | "outer" | "matmul") as func, args=[left, right]):
                yield ast.Call(func, [ast.Attribute(left, "T", ast.Load()), right], [])
                yield ast.Call(func, [left, ast.Attribute(right, "T", ast.Load())], [])
                yield ast.Call(func, [right, left], [])
            case ast.Call(func=ast.Attribute(value=left, attr="dot"), args=[right]):
                yield ast.Call(ast.Attribute(ast.Attribute(left, "T", ast.Load()), "dot", ast.Load()), [right], [])
                yield ast.Call(ast.Attribute(left, "dot", ast.Load()), [ast.Attribute(right, "T", ast.Load())], [])

    yield from _each_part(statement, other)


def _turned(statement: ast.stmt, node: ast.FunctionDef) -> Iterator[ast.stmt]:
    """All that a statement gives, transposed."""
    if isinstance(statement, (ast.Assign, ast.AugAssign)):
        yield _with(statement, value=ast.Attribute(statement.value, "T", ast.Load()))


def _slopes(statement: ast.stmt, node: ast.FunctionDef) -> Iterator[ast.stmt]:
    """What is inside a function, or not; a square that is missing or too much."""

    def changed(part: ast.AST) -> Iterator[ast.expr]:
        match part:
            case ast.BinOp(left=ast.Constant(value=1), op=ast.Sub(), right=ast.BinOp(left=value, op=ast.Pow() | ast.Mult())):
                yield ast.BinOp(value, ast.Mult(), ast.BinOp(ast.Constant(1), ast.Sub(), value))
                yield ast.BinOp(ast.Constant(1), ast.Sub(), value)
            case ast.BinOp(left=value, op=ast.Mult(), right=ast.BinOp(left=ast.Constant(value=1), op=ast.Sub(), right=other)) if (
                ast.unparse(value) == ast.unparse(other)
            ):
                yield ast.BinOp(ast.Constant(1), ast.Sub(), ast.BinOp(value, ast.Pow(), ast.Constant(2)))
            case ast.BinOp(left=ast.Constant(value=1) as one, op=ast.Sub(), right=(ast.Name() | ast.Subscript()) as value):
                yield ast.BinOp(one, ast.Sub(), ast.BinOp(value, ast.Pow(), ast.Constant(2)))
            case ast.BinOp(left=value, op=ast.Pow(), right=ast.Constant(value=2)):
                yield value
            case ast.BinOp(left=value, op=ast.Mult(), right=ast.BinOp(left=ast.Constant(value=1), op=ast.Sub(), right=other)):
                yield ast.BinOp(value, ast.Mult(), other)
            case ast.BinOp(left=left, op=ast.Mult() | ast.Div(), right=right):
                yield left
                yield right
            case ast.Call(args=[value], keywords=[]):
                yield value
            case ast.Name(ctx=ast.Load()) | ast.Subscript(ctx=ast.Load()):
                assert isinstance(part, ast.expr)
                yield ast.Call(ast.Attribute(ast.Name("np", ast.Load()), "tanh", ast.Load()), [part], [])

    yield from _each_part(statement, changed)


def _statements(statement: ast.stmt, node: ast.FunctionDef) -> Iterator[ast.stmt]:
    """Adding in the place of setting, and setting in the place of adding."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], (ast.Name, ast.Subscript)):
        yield ast.copy_location(ast.AugAssign(copy.deepcopy(statement.targets[0]), ast.Add(), copy.deepcopy(statement.value)), statement)
    if isinstance(statement, ast.AugAssign):
        yield ast.copy_location(ast.Assign([copy.deepcopy(statement.target)], copy.deepcopy(statement.value)), statement)


def _known(node: ast.AST) -> list[ast.expr]:
    """The names of a function or expression, and what it reads at one step, each once."""
    found: dict[str, ast.expr] = {each.arg: ast.Name(each.arg, ast.Load()) for each in ast.walk(node) if isinstance(each, ast.arg)}
    for each in ast.walk(node):
        is_part = isinstance(each, ast.Subscript) and isinstance(each.value, ast.Name) and isinstance(each.slice, (ast.Name, ast.BinOp))
        if (isinstance(each, ast.Name) and each.id not in ("np", "numpy", "range", "len", "reversed")) or is_part:
            assert isinstance(each, ast.expr)
            made = copy.deepcopy(each)
            made.ctx = ast.Load()  # type: ignore[attr-defined]
            found.setdefault(ast.unparse(made), made)
    return list(found.values())[:NAMES]


def _names(statement: ast.stmt, node: ast.FunctionDef) -> Iterator[ast.stmt]:
    """Another name in the place of one, or of what is read at one step."""
    known = _known(node)

    def other(part: ast.AST) -> Iterator[ast.expr]:
        if isinstance(part, (ast.Name, ast.Subscript)) and not (isinstance(part, ast.Name) and part.id in ("np", "numpy")):
            yield from (copy.deepcopy(each) for each in known if ast.unparse(each) != ast.unparse(part))

    yield from _each_part(statement, other)


def _factors(statement: ast.stmt, node: ast.FunctionDef) -> Iterator[ast.stmt]:
    """A factor more: the slope of a function by what it gives, or a name."""
    known = _known(node)

    def more(part: ast.AST) -> Iterator[ast.expr]:
        if not isinstance(part, ast.BinOp) or not isinstance(part.op, ast.Mult):
            return
        for each in _known(part):
            yield from (ast.BinOp(part, ast.Mult(), factor) for factor in _slopes_of(each))

    yield from _each_part(statement, more)
    yield from _each_part(statement, lambda part: _in_sums(part, known))
    if isinstance(statement, (ast.Assign, ast.AugAssign)):
        for each in known:
            yield from (_with(statement, value=ast.BinOp(statement.value, ast.Mult(), factor)) for factor in (each, *_slopes_of(each)))


def _in_sums(part: ast.AST, known: list[ast.expr]) -> Iterator[ast.expr]:
    """A sum with a factor more at one of its terms."""
    if isinstance(part, ast.BinOp) and isinstance(part.op, (ast.Add, ast.Sub)):
        for each in known:
            yield ast.BinOp(part.left, part.op, ast.BinOp(part.right, ast.Mult(), each))
            if not isinstance(part.left, ast.BinOp) or not isinstance(part.left.op, (ast.Add, ast.Sub)):
                yield ast.BinOp(ast.BinOp(part.left, ast.Mult(), each), part.op, part.right)
            elif isinstance(part.left.right, ast.expr):
                inner = ast.BinOp(part.left.left, part.left.op, ast.BinOp(part.left.right, ast.Mult(), each))
                yield ast.BinOp(inner, part.op, part.right)


def _slopes_of(value: ast.expr) -> Iterator[ast.expr]:
    """What the slope of a function may be by what it gives, and parts of these."""
    one, tanh = ast.Constant(1), ast.Call(ast.Attribute(ast.Name("np", ast.Load()), "tanh", ast.Load()), [value], [])
    yield ast.BinOp(one, ast.Sub(), value)
    for each in (value, tanh):
        yield ast.BinOp(one, ast.Sub(), ast.BinOp(each, ast.Pow(), ast.Constant(2)))
    yield ast.BinOp(value, ast.Mult(), ast.BinOp(one, ast.Sub(), value))


def _terms(statement: ast.stmt, node: ast.FunctionDef) -> Iterator[ast.stmt]:
    """A term more: a name, or one of the products of the function."""
    if not isinstance(statement, (ast.Assign, ast.AugAssign)):
        return
    products = {
        ast.unparse(each): each for each in ast.walk(node) if isinstance(each, ast.BinOp) and isinstance(each.op, (ast.Mult, ast.MatMult))
    }
    for each in (*_known(node), *products.values()):
        yield _with(statement, value=ast.BinOp(statement.value, ast.Add(), each))

    def more(part: ast.AST) -> Iterator[ast.expr]:
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
            for at, own in enumerate(part.args):
                for each in known:
                    if isinstance(own, (ast.Name, ast.Subscript, ast.BinOp)):
                        changed = copy.copy(part)
                        changed.args = [*part.args[:at], ast.BinOp(own, ast.Add(), each), *part.args[at + 1 :]]
                        yield changed

    known = _known(node)
    yield from _each_part(statement, more)


CHANGES = (_signs, _steps, _transposed, _turned, _slopes, _statements, _terms, _factors, _names)
"""The kinds of changes, the small ones first; each gives, of a statement and its function, the changed statements."""
