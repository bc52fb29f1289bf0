"""The import table: imports point downwards only, and the checker reads meanings, never claims. Read by eye and by machine."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GROUND = ("derive.errors", "derive.files", "derive.limits", "derive.shown", "derive.evidence")

ALLOWED = {
    "derive.errors": ((), "the ground floor"),
    "derive.evidence": ((), "the ground floor"),
    "derive.files": (GROUND, "the ground floor"),
    "derive.limits": (("derive.errors",), "the ground floor"),
    "derive.face": ((), "the ground floor"),
    "derive.given": (("derive.system", *GROUND), "it knows a system where it meets one"),
    "derive.catalogue": (("derive.cells", "derive.system", *GROUND), "it reads the cells that its index does not have"),
    "derive.shown": (("derive.errors", "derive.display"), "the way up that only a notebook takes"),
    "derive.algebra": (("derive.algebra", *GROUND), "what may stand in an equation knows nothing of equations"),
    "derive.system": (("derive.algebra", *GROUND), "an equation must know its shape, not its derivative"),
    "derive.soundness": (("derive.algebra", "derive.system", *GROUND), "what is wrong with a system is asked of it from outside"),
    "derive.slopes": (("derive.algebra", "derive.system"), "which gradients rest on what a page declares is asked of a system alone"),
    "derive.notation": (("derive.algebra", "derive.system", "derive.soundness", "derive.notation", "derive.calculus.names", *GROUND),
                        "writing needs spellings, reading new names for what it adds"),
    "derive.heads": ((), "pages only"),
    "derive.cells": (("derive.notation", "derive.system", *GROUND), "a cell is a page that is read"),
    "derive.network": (("derive.cells", "derive.layers.page", "derive.calculus.compose", "derive.system", "derive.given", *GROUND),
                       "a network is cells and layers, composed"),
    "derive.layers": (("derive.layers", "derive.network", "derive.calculus.compose", "derive.notation", "derive.system", "derive.algebra", *GROUND),
                      "a layer is a page that is read and composed; it does not derive"),
    "derive.critique": (("derive.algebra", "derive.system", "derive.given", "derive.cells", "derive.notation.write", "derive.notation.letters",
         "derive.critique", *GROUND),
                      "a slip is seen in the equations, beside those of the built-in cells"),
    "derive.calculus": (("derive.algebra", "derive.system", "derive.given", "derive.calculus", *GROUND),
                        "a pass does not know how it will be printed"),
    "derive.program": (
        ("derive.algebra", "derive.system", "derive.slopes", "derive.notation.write", "derive.calculus.names", "derive.calculus.bptt",
         "derive.program", *GROUND),
        "it takes a Derivation, and makes new names as calculus does",
    ),
    "derive.document": (
        ("derive.algebra", "derive.system", "derive.notation.write", "derive.notation.letters",
         "derive.calculus.bptt", "derive.critique", "derive.document", *GROUND),
        "it tells what the steps of a Derivation say, in the rule book's words, and what a review found",
    ),
    "derive.display": (("derive.calculus.bptt", "derive.critique.remarks", "derive.layers.exchange", "derive.document", "derive.notation.write",
                       "derive.system", *GROUND),
                       "it knows the formats"),
    "graphs": (
        ("derive.system", "derive.given", "derive.algebra", "derive.notation.write", "derive.notation.letters",
         "derive.document.blocks", "derive.calculus.unroll", "derive.calculus.bptt",
         "graphs", *GROUND),
        "siblings do not meet: graphs never imports verify",
    ),
    "verify.wellformed": (("derive.system", "derive.algebra.nodes", "verify.wellformed"), "what a claim is, is written down apart from who derives"),
    "verify.proof": (("derive.system", "derive.slopes", "derive.algebra.nodes", "verify.wellformed", "verify.verdict", "verify.evaluate",
                      "verify.arithmetic", "verify.sizes",
                      "verify.proof", *GROUND), "the checker may read meanings, never claims"),
    "verify.equivalence": (("derive.system", "derive.given", "derive.slopes", "derive.algebra.nodes", "verify.verdict", "verify.evaluate",
                            "verify.arithmetic", "verify.proof",
                            "verify.equivalence", *GROUND), "the search is not believed, and the proof reads meanings only"),
    "verify.equivalence.findings": (("verify.equivalence", "derive.shown", "verify.verdict", "derive.document.blocks"),
                                    "a finding is shown as Blocks like all else"),
    "verify.claims": (("derive.system", "derive.algebra.nodes", "derive.notation.claims.chains", "derive.notation.claims.claim",
                       "derive.notation.claims.equations",
                       "derive.notation.write",
                       "verify.proof", "verify.evaluate", "verify.evaluation", "verify.mutations", "verify.verdict", "verify.claims", *GROUND),
                      "what somebody claims is read from his page, and judged by the proof and by meanings"),
    "verify.claims.findings": (("verify.claims", "derive.shown", "derive.document.blocks", "derive.document.inline"),
                               "a finding is shown as Blocks like all else"),
    "verify.evaluation": (("derive.system", "derive.algebra.nodes", "verify.wellformed", "verify.arithmetic", "verify.sizes", *GROUND),
                          "meanings are no rule of anybody"),
    "verify.evaluate": (("derive.system", "derive.given", "derive.algebra.nodes", "verify.evaluation", "verify.arithmetic", *GROUND),
                        "the same"),
    "verify.arithmetic": (("derive.algebra.nodes", "verify.numbers.scalars", *GROUND), "the same"),
    "verify.sizes": (("derive.system", "derive.algebra.nodes", *GROUND), "the same"),
    "verify.mutations": (("derive.system", "derive.algebra.nodes", *GROUND), "the same"),
    "verify.numbers": (("derive.algebra.nodes", "verify.numbers", *GROUND), "the same; an emitted module is text to it"),
    "verify.crosscheck": (("derive.system", "verify.subject", "verify.evaluate", "verify.arithmetic", "verify.trial", "verify.verdict", *GROUND),
                          "text beside meaning"),
    "verify.precise": (("verify.crosscheck", "verify.numbers", "verify.arithmetic", "verify.subject", "verify.trial"), "the same in many digits"),
    "verify.outputs": (("derive.system", "verify.crosscheck", "verify.precise", "verify.arithmetic", "verify.subject", "verify.trial",
                        "verify.verdict"), "the outputs of a text beside their meaning"),
    "verify.source_mutations": ((), "a text is all it knows"),
    "verify.kill_table": (
        ("derive.system", "derive.document.blocks", "verify.methods", "verify.mutations", "verify.source_mutations", "verify.numbers",
         "verify.crosscheck", "verify.precise", "verify.evaluate", "verify.subject", "verify.trial", "verify.verdict", *GROUND),
        "it puts mistakes before the methods",
    ),
    "verify.certificate": (("derive.system", "derive.slopes", "derive.algebra.nodes", "derive.algebra.clocks",
                            "derive.document.blocks", "verify.proof",
                            "verify.wellformed", "verify.certificate", "verify.verdict", *GROUND),
                           "it checks where nothing can be derived, and shows what it checked as Blocks"),
    "verify.evidence": (("verify.methods.proof", "verify.verdict"), "it knows which method is a proof"),
    "verify.verdict": (("derive.shown",), "a finding is plain data"),
    "verify.subject": (("derive", "derive.system", "derive.errors", "verify.targets", "verify.trial"), "the one door to what is judged"),
    "verify.targets": (("verify.targets", "verify.numbers.text", *GROUND), "an emitted module is all that it runs"),
    "verify.undefined": (("derive.system", "verify.crosscheck", "verify.evaluate", "verify.arithmetic", "verify.subject", "verify.trial",
                          "verify.verdict", *GROUND), "what has no value is asked of the text and of the meaning"),
    "verify.asked": (("verify.undefined", "verify.methods", "verify.subject", "verify.trial", "verify.verdict", *GROUND),
                     "a method is asked, and its verdicts are counted"),
    "verify.trial": (GROUND, "it runs where only the emitted module is"),
    "verify.differences": ((), "a function of one number is all it knows"),
    "verify.methods": (
        ("derive.system", "derive.slopes", "derive.algebra.nodes", "verify.subject", "verify.trial", "verify.evaluate", "verify.arithmetic",
         "verify.proof",
         "verify.wellformed", "verify.numbers", "verify.crosscheck", "verify.undefined", "verify.precise", "verify.outputs",
                     "verify.differences", "verify.verdict",
         "verify.methods", *GROUND),
        "a method judges a subject by meanings",
    ),
    "verify.report": (("verify.evidence", "derive.shown", "verify.asked", "verify.methods", "verify.subject", "verify.targets", "verify.verdict",
                       "derive.document.blocks"),
                      "a verdict is shown as Blocks like all else"),
    "verify.training.result": (("verify.training", "verify.verdict", "derive.shown", "derive.document.blocks"),
                               "a result is shown as Blocks like all else"),
    "verify.training": (("verify.training", "verify.verdict", *GROUND), "it runs an emitted module, whoever made it"),
}  # fmt: skip
FACES = {"derive", "graphs", "verify"}
"""The packages whose `__init__` resolves names from all their rooms, lazily."""


def modules() -> list[Path]:
    return sorted(path for package in FACES for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """What a file imports of ours, also inside functions; `import_module` with a literal counts."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            folder = ROOT / node.module.replace(".", "/")
            package = any((folder / part).exists() for each in node.names for part in (f"{each.name}.py", f"{each.name}/__init__.py"))
            found |= {f"{node.module}.{each.name}" for each in node.names} if package else {node.module}
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module" and isinstance(node.args[0], ast.Constant):
            found.add(node.args[0].value)
    return {each for each in found if each.split(".")[0] in FACES}


def room(name: str) -> str:
    return max((each for each in ALLOWED if name == each or name.startswith(f"{each}.")), key=len, default="")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_what_its_room_may(path):
    name = name_of(path)
    if name in FACES:
        return
    assert room(name), f"{name} is in no room of the table"
    allowed, reason = ALLOWED[room(name)]
    for each in sorted(imports(path)):
        if each == name:
            continue
        assert any(each == one or each.startswith(f"{one}.") for one in allowed), f"{name} imports {each}; {room(name)}: {reason}"


def test_the_checker_never_reads_a_claim():
    for path in modules():
        if name_of(path).startswith("verify") and name_of(path) != "verify.subject":
            assert not {
                each
                for each in imports(path)
                if each.startswith(("derive.algebra.rules", "derive.calculus.transpose", "derive.calculus.linearize"))
            }, path


def test_no_file_imports_itself_in_a_circle():
    import networkx as nx

    known = {name_of(path): path for path in modules() if name_of(path) not in FACES}
    graph = nx.DiGraph((name, each) for name, path in known.items() for each in imports(path) if each in known and each != name)
    graph.remove_edges_from([("derive.shown", "derive.display")])
    assert [sorted(each) for each in nx.strongly_connected_components(graph) if len(each) > 1] == []
