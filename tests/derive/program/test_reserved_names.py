"""Variables may be called as anything in an emitted module is, of any target: the numbers are those of the same page with other names."""

from __future__ import annotations

import ast
import functools
import keyword
import re
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import derive
from derive.algebra import nodes
from derive.errors import InputError
from derive.program.identifiers import FORMED, RESERVED, identifier
from derive.program.prepare import prepare
from derive.program.stream import obstacle, stream
from derive.system import System
from tests.derive.cells.covering import each_third
from tests.derive.numeric import module
from tests.derive.program import everywhere

VARIANTS = ({}, {"ragged": True}, {"checkpoint": True}, {"target": "array_api"}, {"target": "torch"}, {"target": "jax"})
CELLS = ("lstm", "clockwork", "mlstm", "narx", "bidirectional_rnn", "stack(gru, readout, softmax_cross_entropy)", "stack(rnn, mean)")
UNITS = 4
PAGE = "\n".join(
    f"gate{at}_t = sigmoid(weight{at} input{at}_t + bias{at})\n"
    f"state{at}_t = gate{at}_t * tanh(state{at}_{{t-1}} + state{(at + 1) % UNITS}_{{t-1}}) + input{at}_t"
    for at in range(UNITS)
)
DECLARED = f"output {', '.join(f'state{at}' for at in range(UNITS))}\n" + "\n".join(f"matrix weight{at}" for at in range(UNITS))
SLOTS = [f"{kind}{at}" for at in range(UNITS) for kind in ("gate", "state", "weight", "input", "bias")]
"""The names of the harmless page, each of which is given others."""
HARD = (
    "forward backward np init self params lambda training torch jax inputs initial outputs tape grads batch dtype T_ keys items values pop "
    "type to half weights parameters register_buffer step start state fixed time_major feature_major previous product flat "
    "total unpacked rows_first completed checked shapes example chunks counted shifted at here now lag width lagged leading lag_2 columns "
    "Columns empty MEMORY LOCK Gradients State Layer Sequence RETURNED FINALS KEYS OUTPUTS INPUTS xp like kind_of steps_before placed n_h "
    "at_every_2 at_first spare spare2 final_gradients output_gradients sum len range zip print dict None True class def import "
    "match case steps lengths segment keep seed sizes batch_ batch__ count index requires_grad_ requires_grad"
).split()


@functools.cache
def harmless() -> System:
    return derive.read(f"{PAGE}\n{DECLARED}")


def renamed(system: System, names: dict[str, str]) -> System:
    """The system with other names for its variables; sizes keep theirs."""

    def change(part: sp.Expr) -> sp.Expr | None:
        if isinstance(part, sp.Indexed):
            return nodes.sequence(names.get(own := nodes.sequence_name(part), own))[part.indices]
        is_leaf = isinstance(part, sp.Symbol) and not part.is_integer
        return nodes.parameter(names.get(str(part), str(part))) if is_leaf else None

    equations = [replace(each, left=change(each.left), right=nodes.rewrite(each.right, change)) for each in system.equations]
    variables = {names.get(name, name): replace(each, name=names.get(name, name)) for name, each in system.variables.items()}
    outputs = tuple(names.get(name, name) for name in system.outputs)
    return replace(system, equations=tuple(equations), variables=variables, outputs=outputs)


def pages() -> list[dict[str, str]]:
    """Renamings in which each hard name stands in each kind of slot."""
    found = []
    for turn in range(5):
        names = [name for name in HARD if name.isidentifier()]
        slots = SLOTS[turn:] + SLOTS[:turn]
        found += [dict(zip(slots, names[at : at + len(slots)], strict=False)) for at in range(0, len(names), len(slots))]
    return found


@pytest.mark.parametrize("names", each_third(pages()), ids=lambda names: "-".join(list(names.values())[:2]))
def test_names_mean_nothing(names):
    system, other = harmless(), renamed(harmless(), names)
    plain, hard = (module(derive.emit(derive.bptt(each))) for each in (system, other))
    arguments = plain.example(4, 2, np.random.default_rng(0))
    given = tuple({names.get(name, name): array for name, array in group.items()} for group in arguments)
    wanted = everywhere._passes(plain, arguments, system, with_finals=False)
    found = everywhere._passes(hard, given, other, with_finals=False)
    for group, arrays in wanted.items():
        for name, array in arrays.items():
            own = names.get(name, name) if name in system.variables else f"{names.get(name[:-2], name[:-2])}_T"
            np.testing.assert_allclose(found[group][own], array, rtol=1e-12, atol=1e-13, err_msg=f"{group} {own}")


@pytest.mark.full
@pytest.mark.parametrize(("turn", "mode"), [*enumerate(["ragged", "segments", "step", "array_api", "torch", "jax"])])
def test_names_mean_nothing_in_other_targets(turn, mode):
    for names in pages()[turn % 5 * len(pages()) // 5 :][: len(pages()) // 5]:
        assert everywhere.faults(renamed(harmless(), names), mode) == []


def bound_names(source: str) -> set[str]:
    """The names that the functions with variables in them read or bind, and all at the top of a module."""
    tree = ast.parse(source)
    found = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    passes = ("forward_segment", "backward_segment") if "forward_segment" in found else ("forward", "backward", "start", "step")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in passes:
            inside = list(ast.walk(node))
            found |= {each.id for each in inside if isinstance(each, ast.Name)} | {each.arg for each in inside if isinstance(each, ast.arg)}
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(each.asname or each.name).split(".")[0] for each in node.names}
        elif isinstance(node, ast.Assign):
            found |= {each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    return found


@pytest.mark.parametrize("options", each_third(VARIANTS), ids=str)
def test_all_that_has_a_name_in_a_module_is_reserved(options):
    for cell in CELLS:
        derivation = derive.bptt(derive.cell(cell))
        try:
            source = derive.emit(derivation, **options)
        except InputError:
            continue
        variables = _of_variables(derivation)
        own = variables | {identifier(f"{name}{end}") for name in variables for end in ("_before", "_fixed")}
        strange = {name for name in bound_names(source) if name not in own and not FORMED.fullmatch(name) and name not in RESERVED}
        assert {name for name in strange if not re.fullmatch(r"spare\d*|length\d*|\w+_fixed\d*", name)} == set(), cell


def _of_variables(derivation: derive.Derivation) -> set[str]:
    layouts = [prepare(derivation).layout]
    if not obstacle(derivation.forward):
        layouts.append(stream(derivation).layout)
    found = {identifier(name) for layout in layouts for name in layout.variables}
    return found | {identifier(pack.name) for layout in layouts for pack in layout.packs.values()}


def test_different_names_stay_different():
    words = [*RESERVED, *keyword.kwlist, "n_h", "lag_2", "at_every_2", "h", "W_f"]
    names = {f"{word}{'_' * count}" for word in words for count in range(4) if f"{word}{'_' * count}"}
    made = {identifier(name) for name in names}
    assert len(made) == len(names)
    assert made.isdisjoint(RESERVED)
    assert not any(FORMED.fullmatch(name) for name in made)
