"""Trees written in the plain notation, the one spelling that all of them have."""

from __future__ import annotations

from derive.notation import tree
from derive.notation.tree import Name, Operator, Reach, Statement, Tree

SIGNS = {
    Operator.BESIDE: " ",
    Operator.MATRIX: " @ ",
    Operator.STAR: " * ",
    Operator.ENTRIES: " ⊙ ",
    Operator.OUTER: " ⊗ ",
    Operator.OVER: " / ",
}
REACHES = {Reach.ALL: "", Reach.BEFORE: "<t", Reach.UP_TO: "<=t"}


def plainly(made: Statement | Tree) -> str:
    """A statement or a value as text."""
    match made:
        case tree.Equation():
            return f"{_written(made.left)} {'+=' if made.is_added else '='} {_written(made.right)}"
        case tree.Definition():
            operands = ", ".join(map(name, made.operands))
            return f"{name(made.name)}({operands}){f'_{made.entry}' if made.entry else ''} = {_written(made.body)}"
        case tree.Declaration():
            return _declared(made)
    return _written(made)


def _declared(made: tree.Declaration) -> str:
    names = ", ".join(map(name, made.names))
    match made.key, made.value:
        case "kind", kind:
            return f"{kind} {names}"
        case "shape", (rows, columns):
            return f"shape {names} = ({_written(rows)}, {_written(columns)})"
        case key, None:
            return f"{key} {names}"
        case key, value:
            return f"{key} {names} = {value}"
    raise AssertionError(made.key)


def name(made: Name) -> str:
    """A name with its indices: h_{2,t-1}."""
    time = _step(made.step) if made.step else "" if made.time is None else f"t{made.time:+d}" if made.time else "t"
    inner = ",".join(filter(None, (*made.labels, time, made.second)))
    if not inner:
        return made.base
    return f"{made.base}_{inner}" if len(inner) == 1 else f"{made.base}_{{{inner}}}"


def _step(made: tree.Step) -> str:
    """A step of a derivation: "k+1"."""
    return f"{made.letter}{made.by:+d}" if made.letter and made.by else made.letter or str(made.by)


def _written(node: Tree) -> str:
    match node:
        case tree.Number():
            return node.text
        case Name():
            return name(node)
        case tree.Bracketed():
            return f"({_written(node.inner)})"
        case tree.Sum():
            first, *rest = node.terms
            return _written(first[1]) + "".join(f" {'-' if sign < 0 else '+'} {_written(each)}" for sign, each in rest)
        case tree.Negative():
            return f"-{_written(node.operand)}"
        case tree.Product() | tree.Row():
            return _first(node) + "".join(f"{SIGNS[operator]}{_factor(operator, each)}" for operator, each in node.rest)
        case tree.Power():
            exponent = str(node.exponent) if node.exponent.denominator == 1 else _fraction(node)
            return f"{_written(node.base)}^{exponent if exponent.isdigit() else f'{{{exponent}}}'}"
        case tree.Transposed():
            return f"{_written(node.base)}^T"
        case tree.Rows():
            start, stop = (_written(each) if each else "" for each in (node.start, node.stop))
            return f"{_written(node.base)}[{start}:{stop}]"
        case tree.Listed():
            return f"[{('; ' if node.is_stack else ', ').join(map(_written, node.parts))}]"
        case tree.Call():
            return f"{name(node.function)}({', '.join(map(_written, node.operands))})"
        case tree.Clock():
            by = f" {'-' if node.by < 0 else '+'} {abs(node.by)}" if node.by else ""
            return f"{node.kind}(t{by}{f', {node.period}' if node.period else ''})"
        case tree.OverIndex():
            reach = REACHES[node.reach]
            index = f"{{{node.letter}{reach}}}" if reach else node.letter
            body = _written(node.body)
            return f"softmax_{index}({body})" if node.kind == "softmax" else f"sum_{index} {body}"
        case tree.OverSteps():
            return f"{node.kind}_{{{node.letter}={_step(node.low)}}}^{{{_step(node.high)}}} {_written(node.body)}"
        case tree.PowerOverSteps():
            return f"{_written(node.base)}^{{{_step(node.span.high)} - {_step(node.span.low)}}}"
        case tree.Derivative():
            return f"∂{name(node.top)}/∂{name(node.bottom)}"
        case tree.Slope():
            return f"{name(node.function)}'({_written(node.operand)})"
        case tree.Sloped():
            by = f" by {_written(node.by)}" if node.by is not None else ""
            return f"{_written(node.value)} slope {_written(node.slope)}{by}"
        case tree.Cases():
            return ", ".join(f"{_written(value)}{_conditions(each)}" for value, each in node.values)
    raise AssertionError(type(node))


def _first(node: tree.Product | tree.Row) -> str:
    """The first factor; a quotient before others stands in parentheses."""
    is_quotient = isinstance(node, tree.Row) and isinstance(node.first, tree.Product)
    return f"({_written(node.first)})" if is_quotient else _written(node.first)


def _factor(operator: Operator, node: Tree) -> str:
    """A factor behind a sign; a row below a slash stands in parentheses."""
    return f"({_written(node)})" if operator is Operator.OVER and isinstance(node, tree.Row) else _written(node)


def _fraction(node: tree.Power) -> str:
    """An exponent as it is shortest: 0.5 or 1/3."""
    return f"{node.exponent.numerator}/{node.exponent.denominator}"


def _conditions(comparisons: tuple[tree.Comparison, ...]) -> str:
    told = " and ".join(_written(each.first) + "".join(f" {sign} {_written(side)}" for sign, side in each.rest) for each in comparisons)
    return f" if {told}" if told else " otherwise"
