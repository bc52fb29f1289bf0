"""The face of the package: what it shows, what it imports, and that each name says by an example how it is used."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from pydoc import plain, render_doc

import pytest

import bptt
import derive
import graphs
import verify
from tests.derive.cells.covering import covered

ROOT = Path(__file__).resolve().parents[2]
FACES = (bptt, derive, graphs, verify)
FUNCTIONS = [name for name in bptt.__all__ if inspect.isroutine(getattr(bptt, name))]


@pytest.mark.parametrize("package", FACES, ids=lambda each: each.__name__)
def test_dir_and_help_list_the_public_names_and_nothing_else(package):
    assert dir(package) == sorted(package.__all__)
    told = plain(render_doc(package))
    for name in set(package.__all__) - {"__version__"}:
        assert re.search(rf"^    (class )?{name}\b", told, re.MULTILINE), name


@pytest.mark.parametrize("package", FACES[1:], ids=lambda each: each.__name__)
def test_what_a_type_checker_sees_is_what_there_is(package):
    """The imports for type checkers, with the functions that the package defines, are its public names."""
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    guarded = [part for each in tree.body if isinstance(each, ast.If) for part in ast.walk(each) if isinstance(part, ast.ImportFrom)]
    seen = {alias.asname: f"{each.module}.{alias.name}" for each in guarded for alias in each.names if alias.asname}
    own = {each.name for each in tree.body if isinstance(each, ast.FunctionDef) and not each.name.startswith("_")}
    assert {*seen, *own} == set(package.__all__)
    for name, home in seen.items():
        module, _, there = home.rpartition(".")
        assert getattr(package, name) is getattr(importlib.import_module(module), there), name


def test_one_face_has_them_all():
    assert set(bptt.__all__) == {name for package in FACES[1:] for name in package.__all__} | {"__version__"}
    for package in FACES[1:]:
        for name in package.__all__:
            assert getattr(bptt, name) is getattr(package, name)


def test_a_name_that_is_not_there_is_answered_with_the_nearest():
    for package in FACES:
        with pytest.raises(AttributeError, match=f"{package.__name__} has no emitt") as caught:
            package.emitt  # noqa: B018
        assert caught.value.obj is package


@pytest.mark.parametrize("package", [each.__name__ for each in FACES])
def test_it_is_typed(package):
    assert (ROOT / package / "py.typed").exists()
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert package in wheel["packages"]


@pytest.mark.parametrize(
    ("asked", "absent"),
    [
        ("import bptt", {"sympy", "numpy", "networkx", "lark", "typer", "rich"}),
        ("import derive, graphs, verify", {"sympy", "numpy", "networkx", "lark"}),
        ("import bptt; bptt.main", {"sympy", "numpy", "networkx", "lark"}),
        (
            "import bptt; bptt.cell('rnn')",
            {"verify.evaluate", "graphs.drawing", "derive.document", "derive.program.emit", "typst", "graphviz"},
        ),
        ("import sys; sys.argv = ['bptt', 'cells']; import bptt; bptt.main()", {"sympy", "numpy", "networkx", "lark"}),
        ("import sys; sys.argv = ['bptt', '--version']; import bptt; bptt.main()", {"sympy", "numpy", "networkx", "lark"}),
    ],
    ids=["the face", "its parts", "the command line", "a cell", "the list of cells", "the version"],
)
def test_only_what_is_needed_is_imported(asked, absent):
    program = f"import atexit, sys\natexit.register(lambda: print(*sys.modules, file=sys.stderr))\n{asked}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert not absent & set(done.stderr.split())


def test_every_function_shows_how_it_is_used():
    assert [name for name in FUNCTIONS if ">>>" not in (getattr(bptt, name).__doc__ or "")] == []


@pytest.mark.parametrize("name", covered(FUNCTIONS, [name for name in FUNCTIONS if name not in ("teeth", "run", "train")]))
def test_what_it_shows_is_so(name, request):
    example = doctest.DocTestFinder(recurse=False).find(getattr(bptt, name), name, globs={"getfixture": request.getfixturevalue})
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    told: list[str] = []
    assert sum(runner.run(each, out=told.append).failed for each in example) == 0, "".join(told)
