"""The command line as a user runs it: what it prints, where, and its exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.bptt.command import bptt, process
from tests.derive.cells.covering import covered, each_third
from tests.derive.numeric import module
from verify.methods import methods

PAGE = "h_t = tanh(W x_t + U h_{t-1} + b)\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    each_third(
        [
            (["emit", "--help"], None),
            (["derive", "-", "--format", "markdown"], PAGE),
            (["derive", "lstmm"], None),
            (["derive", "-"], PAGE),
            (["check-gradient", "rnn", "-", "--json"], "dU = sum_t h_t dh_t^T"),
        ]
    ),
)
def test_in_a_process_of_its_own_it_does_the_same(arguments, text):
    here, there = bptt(*arguments, text=text), process(*arguments, text=text)
    assert (here.returncode, here.stdout, here.stderr) == (there.returncode, there.stdout, there.stderr)
    assert here.stdout or here.stderr


def test_help_lists_the_commands_with_examples():
    shown = bptt("--help")
    assert shown.returncode == 0
    for command in ("cells", "derive", "emit", "graph", "verify", "train", "report", "weights"):
        assert re.search(rf"\b{command}\b", shown.stdout), command
        assert f"bptt {command}" in bptt(command, "--help").stdout


def test_cells_lists_the_built_in_cells_with_their_references():
    listed = json.loads(bptt("cells", "--json").stdout)
    names = {each["name"] for each in listed}
    assert {"rnn", "lstm", "gru"} <= names
    assert "Elman" in next(each for each in listed if each["name"] == "rnn")["notes"]["reference"]
    assert "lstm" in bptt("cells").stdout


def test_derive_prints_every_equation_of_the_gradient():
    shown = bptt("derive", "rnn", "--format", "text")
    assert shown.returncode == 0, shown.stderr
    data = json.loads(bptt("derive", "rnn", "--json").stdout)
    for equation in data["adjoint"]["equations"]:
        assert f"({equation['number']})" in shown.stdout
    assert "U^T abar_h_{t+1}" in next(each["right"] for each in data["adjoint"]["equations"] if each["left"] == "hbar_t")


@pytest.mark.parametrize("suffix", ["md", "tex", "html", "pdf", "txt"])
def test_derive_writes_the_format_of_the_suffix(tmp_path, suffix):
    target = tmp_path / f"rnn.{suffix}"
    done = bptt("derive", "rnn", "-o", str(target))
    assert done.returncode == 0, done.stderr
    assert target.stat().st_size > 500
    start = target.read_bytes()[:200].lstrip()
    assert {"pdf": start.startswith(b"%PDF"), "html": start.lower().startswith(b"<!doctype html"), "tex": b"\\documentclass" in start}.get(
        suffix, True
    )


def test_a_cell_comes_from_a_file_and_from_standard_input(tmp_path):
    page = tmp_path / "mine.md"
    page.write_text(PAGE, encoding="utf-8")
    from_file, from_input = bptt("emit", str(page)), bptt("emit", "-", text=PAGE)
    assert from_file.returncode == from_input.returncode == 0
    assert from_file.stdout.split('"""', 2)[2] == from_input.stdout.split('"""', 2)[2]


def test_an_emitted_module_checks_its_own_gradients(tmp_path):
    assert bptt("emit", "gru", "-o", "gru.py", cwd=tmp_path).returncode == 0
    checked = subprocess.run([sys.executable, "gru.py", "--check"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("agrees") == 11
    broken = (tmp_path / "gru.py").read_text(encoding="utf-8").replace("s_r = shifted(h, at, -1)", "s_r = h[at]")
    (tmp_path / "broken.py").write_text(broken, encoding="utf-8")
    refused = subprocess.run([sys.executable, "broken.py", "--check"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "DISAGREES" in refused.stdout


@pytest.mark.parametrize("suffix", covered(("svg", "png", "pdf", "dot"), ("svg",)))
def test_graph_writes_pictures(tmp_path, suffix):
    target = tmp_path / f"lstm.{suffix}"
    done = bptt("graph", "lstm", "--steps", "3", "--backward", "-o", str(target))
    assert done.returncode == 0, done.stderr
    start = target.read_bytes()[:300]
    assert {"svg": b"<svg" in target.read_bytes()[:1000], "png": start.startswith(b"\x89PNG"), "pdf": start.startswith(b"%PDF")}.get(
        suffix, b"graph" in start
    )


def test_a_certificate_is_written_and_checked(tmp_path):
    done = bptt("verify", "-", "--certificate", "rnn.json", text="h_t = tanh(W x_t + U h_{t-1})", cwd=tmp_path)
    assert done.returncode == 0
    assert "written: rnn.json" in done.stderr
    done = bptt("check", "rnn.json", cwd=tmp_path)
    assert done.returncode == 0
    assert "the gradients are right for every length and all sizes" in done.stdout
    claim = (tmp_path / "rnn.json").read_text(encoding="utf-8")
    (tmp_path / "rnn.json").write_text(claim.replace('"OverTime"', '"Transpose"'), encoding="utf-8")
    assert bptt("check", "rnn.json", cwd=tmp_path).returncode == 2, "what is not well formed claims nothing"
    negated = json.loads(claim)
    equation = negated["adjoint"]["equations"][0]
    equation[1] = ["*", ["number", -1, 1], equation[1]]
    (tmp_path / "rnn.json").write_text(json.dumps(negated), encoding="utf-8")
    assert bptt("check", "rnn.json", cwd=tmp_path).returncode == 1


@pytest.mark.full
def test_verify_counts_the_mistakes_that_are_refused():
    done = bptt("verify", "-", "--teeth", "--every", "60", "--json", text="h_t = tanh(W x_t + u * h_{t-1})")
    assert done.returncode == 0
    assert json.loads(done.stdout)["survivors"] == 0
    assert {each["where"] for each in json.loads(done.stdout)["mistakes"]} == {"system", "text"}


def test_verify_prints_a_table_and_exits_with_0():
    done = bptt("verify", "rnn")
    assert done.returncode == 0, done.stdout + done.stderr
    for method in ("proof", "complex step", "central differences", "unrolled graph"):
        assert method in done.stdout
    data = json.loads(bptt("verify", "rnn", "--json").stdout)
    assert data["holds"] is True
    assert {each["subject"] for each in data["methods"]["complex step"]} == {"W", "U", "b", "x", "h_0"}


BAD = {
    "unknown cell": (["derive", "lstmm"], None, "did you mean lstm"),
    "no such file": (["derive", "nowhere.md"], None, "nowhere.md"),
    "empty page": (["derive", "-"], "", "no equation"),
    "only prose": (["derive", "-"], "# A title\n\n```\n\n```\n", "no equation|not expected"),
    "unclosed bracket": (["derive", "-"], "h_t = tanh(W x_t", "line 1, column 11: . is not closed"),
    "own value at t": (["derive", "-"], "h_t = tanh(U h_t + x_t)", "own value at the same t"),
    "longer cycle": (["derive", "-"], "a_t = b_t + x_t\nb_t = a_t", "a -> b -> a|b -> a -> b"),
    "clashing shapes": (["derive", "-"], "h_t = W x_t + x_t\nshape W = (3, 4)", "equation .1. for h, in W x_t . x_t: .*3 against 4"),
    "columns side by side": (["derive", "-"], "h_t = f_t @ h_{t-1}\nf_t = W x_t", "in f_t h_.t-1.: both factors are columns.*f_t . h_"),
    "column by computed matrix": (
        ["derive", "-"],
        "C_t = C_{t-1} + x_t x_t^T\nh_t = x_t C_t",
        "in x_t C_t: the factors are a column and a matrix",
    ),
    "python keyword": (["derive", "-"], "class_t = x_t", "class is a word of Python"),
    "numpy name": (["derive", "-"], "h_t = np x_t", "np is NumPy"),
    "function as name": (["derive", "-"], "tanh_t = x_t", "tanh is a function"),
    "defined twice": (["derive", "-"], "h_t = x_t\nh_t = W x_t", "second time"),
    "undefined output": (["derive", "-"], "h_t = x_t\noutput q", "q is declared and not used"),
    "code": (["derive", "-"], "h_t = __import__('os').system('true')", "line 1, column"),
    "unwritable": (["emit", "rnn", "-o", "/nowhere/x.py"], None, "cannot be written"),
    "unknown suffix": (["derive", "rnn", "-o", "x.docx"], None, "docx"),
    "unknown format": (["derive", "rnn", "--format", "word"], None, "word"),
    "unknown head": (["derive", "rnn", "--head", "sigmoidx"], None, "heads are"),
    "unknown task": (["train", "sonnets", "--cell", "rnn"], None, "sonnets"),
    "no steps": (["graph", "rnn", "--steps", "0"], None, "steps"),
}


@pytest.mark.parametrize("case", BAD, ids=list(BAD))
def test_bad_input_gives_one_clear_line_on_standard_error(case, tmp_path):
    arguments, text, expected = BAD[case]
    done = bptt(*arguments, text=text, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert re.search(expected, done.stderr), done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("bptt: ")]
    assert len(lines) == 1 or case == "no steps"
    assert list(tmp_path.iterdir()) == []


def test_it_tells_its_version():
    import bptt as face

    assert bptt("--version").stdout == f"bptt {face.__version__}\n"


def test_a_file_that_is_no_text_and_one_that_cannot_be_read(tmp_path):
    (tmp_path / "cell.md").write_bytes(b"\xff\xfd\x80\x01h")
    assert "no text in UTF-8" in bptt("derive", str(tmp_path / "cell.md")).stderr
    assert bptt("derive", str(tmp_path)).returncode == 2


def test_an_old_file_survives_a_failed_write(tmp_path):
    old = tmp_path / "out.py"
    old.write_text("precious", encoding="utf-8")
    assert bptt("emit", "lstmx", "-o", str(old)).returncode == 2
    assert old.read_text(encoding="utf-8") == "precious"


def test_weights_go_from_a_file_of_one_framework_to_one_of_another(tmp_path):
    params = emitted_params(tmp_path, "torch_gru")
    assert bptt("weights", str(params), "--to", "torch_gru", "-o", "torch.safetensors", cwd=tmp_path).returncode == 0
    shown = bptt("weights", "torch.safetensors", "--from", "torch_gru", "--to", "keras_gru", "-o", "keras.npz", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert re.search(r"layers/gru/cell/vars/2 +2 × 12 +float64", shown.stdout)
    back = bptt("weights", "keras.npz", "--from", "keras_gru", "--to", "torch_gru", "-o", "back.safetensors", cwd=tmp_path)
    assert back.returncode == 0, back.stderr
    assert (tmp_path / "back.safetensors").read_bytes() == (tmp_path / "torch.safetensors").read_bytes()


@cache
def emitted(layer: str) -> str:
    """What `bptt emit` prints."""
    return bptt("emit", layer).stdout


def emitted_params(folder: Path, layer: str) -> Path:
    """The parameters of an emitted module as its user saves them."""
    np.savez(folder / "params.npz", **module(emitted(layer)).init({"x": 3, "h": 4}, seed=0))
    return folder / "params.npz"


def test_weights_writes_the_module_that_takes_them(tmp_path):
    params = emitted_params(tmp_path, "torch_rnn")
    done = bptt("weights", str(params), "--to", "torch_rnn", "--set", "nonlinearity=relu", "--module", "relu.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "relu(" in (tmp_path / "relu.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["weights", "model.pt", "--from", "torch_lstm"], "a pickle runs code when it is read"),
        (["weights", "none.npz", "--from", "torch_lstm"], "there is no such file"),
        (["weights", "none.npz"], "say it, --from torch_lstm"),
        (["weights", "params.npz", "--from", "torch_gru"], "W_r is no array of torch_gru"),
        (["weights", "params.npz", "--to", "torch_lstm"], "the arrays are not parameters of torch_lstm"),
        (["weights", "params.npz", "--to", "torch_gru", "--set", "dropout=0.5"], "dropout = 0.5 is not modelled"),
        (["weights", "params.npz", "--to", "torch_gru", "-o", "a.keras"], "a model is not written"),
        (["weights", "params.npz", "--to", "torch_gru", "-o", "a.onnx"], "torch_gru is not a layer of ONNX"),
    ],
)
def test_weights_refuses_in_one_line(tmp_path, arguments, said):
    for ending, package in ((".keras", "h5py"), (".onnx", "onnx")):
        if arguments[-1].endswith(ending):
            pytest.importorskip(package)
    emitted_params(tmp_path, "torch_gru")
    (tmp_path / "model.pt").write_bytes(b"\x80\x02.")
    refused = bptt(*arguments, cwd=tmp_path)
    assert refused.returncode == 2
    assert said in refused.stderr
    assert refused.stderr.count("\n") == 1, refused.stderr


@pytest.mark.parametrize("suffix", each_third(["md", "tex", "html", "pdf", "txt"]))
def test_findings_are_a_page_of_their_own(tmp_path, suffix):
    claimed, target = tmp_path / "mine.txt", tmp_path / f"found.{suffix}"
    claimed.write_text("dU = sum_t da_t h_{t-1}^T\nda_t = dh_t * (1 - h_t)\n")
    done = bptt("check-gradient", "rnn", str(claimed), "-o", str(target))
    assert (done.returncode, done.stderr) == (1, f"written: {target}\n")
    assert target.stat().st_size > 300
    assert suffix == "pdf" or "nearest right form" in target.read_text()
    assert suffix != "html" or re.search("<h1[^>]*>A backward pass of rnn</h1>", target.read_text())


def test_a_report_has_sections_on_all_methods_and_on_a_backward_pass_of_ones_own(tmp_path):
    claimed, target = tmp_path / "mine.txt", tmp_path / "rnn.html"
    claimed.write_text("dU = sum_t h_t dh_t^T\n")
    done = bptt("report", "rnn", "--check-gradient", str(claimed), "-o", str(target))
    assert done.returncode == 1, done.stderr
    page = target.read_text()
    for told in ("Verification of rnn", "A backward pass of rnn", *(each.SEES.partition(",")[0] for each in methods())):
        assert told in page, told
