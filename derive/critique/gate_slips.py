"""Slips in gates: what one of them has and its siblings have not, or the other way round.

A cell that equals a standard one has none. Gates that all differ from one another have none either: a slip is the one exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from operator import itemgetter

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.critique.page import Gate, Page, Slip, replaced
from derive.critique.wording import listed, named


def self_readers(page: Page) -> Iterator[Slip]:
    """A gate that reads itself one step before, where all its siblings read a state: f_t = sigmoid(W_f [f_{t-1}; x_t] + b_f)."""
    for gate in () if page.is_standard else page.gates:
        own = [offset for name, offset in gate.lagged if name == gate.name]
        siblings = page.siblings(gate)
        if not own or not gate.is_proper or not siblings:
            continue
        common = [name for name, _ in siblings[0].lagged if all(name in each.touched for each in siblings)]
        for state in [name for name in common if name not in gate.touched][:1]:
            mine, theirs = page.value(gate.name, own[0]), page.value(state, own[0])
            readers = listed([page.value(each.name) for each in siblings])
            table = {page.system[gate.name].at(nodes.t + own[0]): page.system[state].at(nodes.t + own[0])}
            whole = page.told(replaced(gate.equation, table.get))
            yield Slip(
                gate.equation,
                f"{page.value(gate.name)} reads {mine}, where {readers} read{'s' * (not siblings[1:])} {theirs}",
                f"the standard form is {whole}",
            )


def lacking_biases(page: Page) -> Iterator[Slip]:
    """One gate without the bias that all its siblings have: i_t = sigmoid(W_i [h_{t-1}; x_t])."""
    for gate in () if page.is_standard else page.gates:
        siblings = page.siblings(gate)
        if gate.has_constant or not all(each.biases for each in siblings) or not _is_exception(page, gate, "no bias"):
            continue
        bias = _own_name(siblings[0].biases[0], siblings[0], gate)
        whole = page.told(replaced(gate.equation, partial(_with_bias, gate, bias)))
        others = listed([named(_bare(each.biases[0])) for each in siblings])
        yield Slip(
            gate.equation,
            f"{page.value(gate.name)} has no bias, where {'its siblings have' if siblings[1:] else 'its sibling has'} {others}",
            f"the standard form is {whole}",
        )


def _with_bias(gate: Gate, bias: str, part: Expr) -> Expr | None:
    """The function of the gate with a bias in its argument."""
    if type(part).__name__ != gate.unit.head:
        return None
    return type(part)(nodes.add(part.args[0], nodes.parameter(bias)))


def lacking_terms(page: Page) -> Iterator[Slip]:
    """One gate that reads no input where all its siblings read one, or no state where all of them read the same."""
    for gate in () if page.is_standard else page.gates:
        siblings = page.siblings(gate)
        if not gate.is_proper or not _is_exception(page, gate, "no term"):
            continue
        inputs = [(name, 0) for name in siblings[0].inputs if not gate.inputs and all(name in each.touched for each in siblings)]
        states = [each for each in siblings[0].lagged if not gate.lagged and all(each[0] in other.touched for other in siblings)]
        for name, offset in [each for each in (*inputs, *states) if each[0] not in gate.touched][:1]:
            value = page.value(name, offset)
            weight = _weight_of(siblings[0], name)
            product = nodes.MatMul(nodes.parameter(_own_name(weight, siblings[0], gate)), page.system[name].at(nodes.t + offset))
            term = page.text(product) if weight else f"in {value}"
            readers = listed([page.value(each.name) for each in siblings])
            yield Slip(
                gate.equation,
                f"{page.value(gate.name)} does not read {value}, as {readers} {'do' if siblings[1:] else 'does'}",
                f"the standard form has a term {term}",
            )


def _weight_of(gate: Gate, name: str) -> str:
    """The parameter by which a gate multiplies a variable that it reads; "" where that is packed with others."""
    for part in nodes.parts(gate.equation.right):
        if isinstance(part, nodes.MatMul) and isinstance(part.args[0], sp.Symbol) and nodes.name_of(part.args[1]) == name:
            return str(part.args[0])
    return ""


def _is_exception(page: Page, gate: Gate, kind: str) -> bool:
    """Whether there are enough siblings for a rule, or the standard cell says so."""
    siblings = page.siblings(gate)
    proper = [each for each in siblings if each.is_proper]
    enough = len(proper) >= (2 if gate.is_proper else 3)
    return enough or (bool(siblings) and page.differs(gate, kind))


def borrowed_parameters(page: Page) -> Iterator[Slip]:
    """A parameter with the index of another gate: W_f in the equation of i_t."""
    labels = {gate.name: label for gate in page.gates if (label := _label(gate))}
    having: dict[str, list[tuple[int, Gate]]] = {}
    for place, gate in enumerate(page.gates):
        if gate.name in labels:
            having.setdefault(labels[gate.name], []).append((place, gate))
    for gate in () if page.is_standard else page.gates:
        own = labels.get(gate.name)
        for name in map(_bare, gate.weights):
            if own is None or _labelled(name, own):
                continue
            firsts = [next((found for found in having.get(each, ()) if found[1].name != gate.name), None) for each in _letters(name)]
            if not any(firsts):
                continue
            _, other = min(filter(None, firsts), key=itemgetter(0))
            if other.name in gate.touched:
                continue
            mine = _exchanged(name, labels[other.name], own)
            if mine in page.system.variables or not _is_only_here(page, gate, other, name):
                continue
            fact = f"{page.value(gate.name)} uses {named(name)}, whose index is that of {page.value(other.name)}"
            yield Slip(gate.equation, fact, f"the standard form has {named(mine)} there")


def copies(page: Page) -> Iterator[Slip]:
    """Two gates that are computed alike, from the same parameters."""
    first: dict[Expr, Gate] = {}
    for gate in page.gates:
        other = first.setdefault(gate.equation.right, gate)
        if other is not gate:
            yield Slip(
                gate.equation, f"{page.value(gate.name)} equals {page.value(other.name)}", "the standard form has parameters of its own"
            )


def _is_only_here(page: Page, gate: Gate, other: Gate, name: str) -> bool:
    """Whether no third gate has the parameter, and the other parameters of both gates are their own."""
    rest = {each: [_bare(weight) for weight in each.weights if _bare(weight) != name] for each in page.gates}
    return (
        bool(rest[gate])
        and bool(rest[other])
        and not any(name in map(_bare, each.weights) for each in page.gates if each.name not in (gate.name, other.name))
        and not set(rest[gate]) & set(rest[other])
    )


def _label(gate: Gate) -> str:
    """The index that most parameters of a gate have in common, such as f of W_f, U_f and b_f; "" if there is none."""
    indices = [name.partition("_")[2] for name in dict.fromkeys(map(_bare, gate.weights))]
    letters = [letter for index in indices for letter in dict.fromkeys(_parts(index))]
    counts = {letter: letters.count(letter) for letter in letters}
    best = [letter for letter, count in counts.items() if count == max(counts.values())]
    is_clear = len(best) == 1 and counts[best[0]] * 2 > len(indices) and counts[best[0]] >= 2
    by_name = [letter for letter in best if letter == gate.name.split("_")[0]]
    return best[0] if is_clear else by_name[0] if by_name else ""


def _parts(index: str) -> list[str]:
    """The letters of an index that may stand for a gate: those of xf, the words of gate_in."""
    return [part for piece in index.split("_") for part in ((*piece, piece) if len(piece) == 2 else (piece,)) if part]


def _letters(name: str) -> list[str]:
    """The letters in the index of a parameter that may stand for a gate."""
    return _parts(name.partition("_")[2])


def _labelled(name: str, label: str) -> bool:
    return label in _letters(name)


def _exchanged(name: str, old: str, new: str) -> str:
    """A parameter's name with another index."""
    base, _, index = name.partition("_")
    pieces = [new if piece == old else piece.replace(old, new) if len(piece) == 2 else piece for piece in index.split("_")]
    return f"{base}_{'_'.join(pieces)}"


def _own_name(theirs: str, sibling: Gate, gate: Gate) -> str:
    """The name of a gate's parameter by that of its sibling's: b_i by b_f."""
    bare, old, new = _bare(theirs), _label(sibling), _label(gate)
    if old and new and _labelled(bare, old):
        return _exchanged(bare, old, new)
    return f"{bare.partition('_')[0]}_{gate.name}"


def _bare(parameter: str) -> str:
    return re.split(r"[#\[]", parameter)[0]
