r"""What prose says of kinds and sizes as declarations, where no declaration says otherwise.

X \in \mathbb{R}^{n \times d}, W \in \mathbb{R}^{d \times h}        the columns of X are as many as the rows of W
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.algebra.shapes import Inference
from derive.notation.letters import GREEK
from derive.notation.meaning.surface import Diagonal, Juxtaposed
from derive.notation.prose.said import Said
from derive.system import Role, Variable

KINDS = {
    "scalar": "scalar", "vector": "vector", "row": "row", "matrix": "matrix", "square": "matrix", "diagonal": "vector", "number": "scalar",
}  # fmt: skip
"""The kind that is declared by each word: a diagonal matrix is the column of its diagonal, by which entries are multiplied."""
TERM = re.compile(r"\s*(?P<count>[0-9]*)\s*(?P<letter>[^0-9\s+][^\s+]*)\s*")
STEPS = ("T", "L", "N", "S")
"""Letters of the number of steps: a sequence that is said to have so many rows is meant whole."""
Declared = dict[tuple[str, str], object]


def declarations(said: Iterable[Said], variables: Mapping[str, Variable], declared: Mapping[tuple[str, str], object]) -> Declared:
    """What is said as declarations, of names of which none is there.

    Args:
        said: what the page says in words.
        variables: by name.
        declared: what it declares.
    """
    stated = {name for key, name in declared if key in ("kind", "shape")}
    kept = [each for each in said if each.name in variables and each.name not in stated]
    made: Declared = {}
    for each in kept:
        if each.kind and (each.kind != "number" or variables[each.name].role is Role.PARAMETER):
            made.setdefault(("kind", each.name), KINDS[each.kind])
    diagonal = {each.name for each in kept if each.kind == "diagonal"}
    sizes = [each for each in kept if each.sizes and not each.kind and not _is_whole(each, variables)]
    table = _letters(sizes, variables)
    for each in sizes:
        rows, columns = (_size(written, table) for written in each.sizes)
        if rows is not None and columns is not None:
            made["shape", each.name] = rows, sp.Integer(1) if each.name in diagonal else columns
            made.pop(("kind", each.name), None)
    for each in kept:
        if each.kind == "square" and ("shape", each.name) not in made:
            side = Inference.unknown(each.name, "rows")
            made["shape", each.name] = side, side
            made.pop(("kind", each.name), None)
    return made


def _is_whole(said: Said, variables: Mapping[str, Variable]) -> bool:
    """Whether the size is that of a whole sequence, with a row for each step."""
    return not said.is_of_step and variables[said.name].is_sequence and said.sizes[0] in STEPS and said.sizes[1] != "1"


def _letters(sizes: Iterable[Said], variables: Mapping[str, Variable]) -> dict[str, Expr]:
    """Each letter of a size as the rows, or else the columns, of the first name that has so many, a sequence before a parameter."""
    table: dict[str, Expr] = {}
    ordered = sorted(sizes, key=lambda each: not variables[each.name].is_sequence)
    for side, which in enumerate(("rows", "columns")):
        for each in ordered:
            written = each.sizes[side]
            if written != "1" and _is_letter(written):
                table.setdefault(written, Inference.unknown(each.name, which))
    return table


def _is_letter(written: str) -> bool:
    found = TERM.fullmatch(written)
    return written.isdigit() or (found is not None and not found["count"])


def _size(written: str, table: Mapping[str, Expr]) -> Expr | None:
    """A size such as 1, d, 4h or h + d; None if it has a letter that is the size of nothing."""
    if written == "1":
        return sp.Integer(1)
    if written in table:
        return table[written]
    total: Expr = sp.Integer(0)
    for term in written.split("+"):
        found = TERM.fullmatch(term)
        if found is None or found["letter"] not in table:
            return None
        total += int(found["count"] or 1) * table[found["letter"]]
    return total


def on_diagonals(right: Expr, said: Iterable[Said], declared: Declared) -> Expr:
    """A right side, with diag(d) for a matrix d in a product that is said to be diagonal: it is declared as the column of its diagonal."""
    names = {each.name for each in said if each.kind == "diagonal" and declared.get(("kind", each.name)) == "vector"}

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, Juxtaposed) or not names & {str(each) for each in part.args}:
            return None
        left, behind = part.args
        is_before = str(left) in names and any(isinstance(each, sp.Indexed) for each in nodes.leaves(behind))
        is_behind = str(behind) in names and any(isinstance(each, sp.Indexed) or _is_capital(str(each)) for each in nodes.leaves(left))
        left, behind = (each if str(each) in names else nodes.rewrite(each, change) for each in part.args)
        return Juxtaposed(Diagonal(left) if is_before else left, Diagonal(behind) if is_behind else behind)

    return nodes.rewrite(right, change) if names else right


def _is_capital(name: str) -> bool:
    """Whether a name is that of a matrix by its letter."""
    return name[0].isascii() and name[0].isupper() and name.split("_")[0] not in GREEK


def sizes_as_values(said: Iterable[Said], variables: Mapping[str, Variable], rights: Iterable[Expr]) -> dict[Expr, Expr]:
    r"""The letters of sizes, \mathbb{R}^{d}, that equations read as numbers, \sqrt{d}, with the sizes that they are.

    Args:
        said: what the page says in words.
        variables: by name.
        rights: the right sides of its equations; a letter that stands before a value at a time is no size there.
    """
    said = list(said)
    sizes = [each for each in said if each.sizes and each.name in variables and not _is_whole(each, variables)]
    products = (part.args for right in rights for part in nodes.parts(right) if isinstance(part, Juxtaposed))
    factors = {
        str(left) for left, right in products if isinstance(left, sp.Symbol) and any(isinstance(e, sp.Indexed) for e in nodes.leaves(right))
    }
    others = {*factors, *(each.name for each in said)}
    return {
        nodes.parameter(letter): size
        for letter, size in _letters(sizes, variables).items()
        if letter in variables and letter not in others and variables[letter].role is Role.PARAMETER
    }
