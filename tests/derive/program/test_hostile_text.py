"""Text of a page in emitted source: whatever it is, the statements are those of the same page with harmless text."""

from __future__ import annotations

import ast
import itertools
from dataclasses import replace

import pytest

import derive
from derive.errors import InputError
from derive.program.escaping import escaped, quoted
from derive.system import System
from tests.derive.cells.covering import each_third
from tests.derive.numeric import module

PAGE = "h_t = tanh(W x_t + U h_{t-1} + b)"
NETWORK = "stack(lstm, readout)"
VARIANTS = [
    {},
    {"ragged": True},
    {"checkpoint": True},
    {"target": "array_api"},
    {"target": "torch"},
    {"target": "jax"},
    {"target": "torch", "checkpoint": True},
]
HOSTILE = (
    '"""\nimport os\nos.abort()\n"""',
    '"""\'\'\'""""',
    '"',
    '""',
    "'''",
    "ends with a backslash \\",
    "\\\\",
    r"\u \x \N \N{BULLET} \U \777 \u{1}",
    "a\rimport os\r\nraise SystemExit\n",
    "\u2028import os\u2029\x85import sys\x0bx\x0cy",
    "\x00\x01\x1b[31m\x7f",
    "\ud800 \udfff lone",
    "\u202e}edoc era uoy{\u2066",
    "# a comment",
    "{not a field} %s {0}",
    "\nimport numpy as np\nimport math\nmath.pi chunks( final_gradients \n\n\nif __name__ ==",
    "x " * 5000,
    "import numpy as np",
    "",
)


def hostile(system: System, text: str) -> System:
    """The system with a text in every field that a page or a caller fills in words."""
    notes = dict.fromkeys(["title", "reference", "year", *system.notes], text)
    return replace(system, name=text, notes=notes, prose=text)


def shape_of(source: str) -> str:
    """The statements of a module without what documentation says."""
    tree = ast.parse(source)
    assert isinstance(tree.body[0], ast.Expr)
    assert isinstance(tree.body[0].value, ast.Constant)
    return ast.dump(ast.Module(tree.body[1:], []))


@pytest.mark.parametrize("options", each_third(VARIANTS), ids=str)
def test_text_is_never_code(options):
    system = derive.read(PAGE)
    derivation = derive.bptt(system)
    harmless = shape_of(derive.emit(derivation, **options))
    for text in HOSTILE:
        other = replace(derivation, **{part: hostile(getattr(derivation, part), text) for part in ("system", "forward", "adjoint")})
        source = derive.emit(other, **options)
        source.encode("utf-8")
        assert shape_of(source) == harmless, ascii(text)
        assert all(line.isprintable() for line in source.split("\n")), ascii(text)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_page_with_hostile_notes_is_emitted_and_verified_as_another(text):
    one_line = " ".join(text.split())
    encodable = one_line.encode("utf-8", "replace").decode()
    page = f"# {encodable}\n\nreference: {encodable}\nyear: {encodable}\n\n    {PAGE}\n\n{encodable}"
    try:
        system = derive.read(page)
    except InputError:
        return
    made = module(derive.emit(derive.bptt(system)))
    assert made.PARAMETERS == ("W", "U", "b")


def test_a_title_is_told_as_it_was_written():
    title = 'Schmidhuber\'s "fast" weights: C:\\new\\table, α ⊙ β'
    system = hostile(derive.read(PAGE), title)
    made = module(derive.emit(derive.bptt(system)))
    assert made.__doc__.startswith(f"{title}: forward and backward pass")


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\ud800" not in text], ids=ascii)
def test_a_literal_is_the_text(text):
    assert ast.literal_eval(quoted(text)) == text
    assert ast.literal_eval(f'"""x{escaped(text)}x"""') == f"x{text}x"


def test_any_text_is_one_literal():
    for characters in itertools.product("\"\\'\n\r\u2028a", repeat=4):
        text = "".join(characters)
        assert ast.literal_eval(quoted(text)) == text
        assert ast.literal_eval(f'"""{escaped(text)}\n"""') == f"{text}\n"


@pytest.mark.parametrize("name", ["a b", 'x"]', "1x", "", "a\nb", "x;import os", "𝐖", "a#", "W\u202e", "_W", "__class__"])
def test_what_is_no_name_of_python_is_refused(name):
    system = derive.read(PAGE)
    variables = {**system.variables, name: replace(system["W"], name=name)}
    derivation = derive.bptt(system)
    other = replace(derivation, forward=replace(derivation.forward, variables=variables))
    for options in VARIANTS:
        with pytest.raises(InputError, match="cannot be a name in code"):
            derive.emit(other, **options)
