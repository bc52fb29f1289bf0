"""Every damaged checkpoint ends in a run or in one clear line, and so does every damaged certificate; what is written is written whole."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from random import Random

import numpy as np
import pytest

import derive
from derive.errors import FormatError, InputError
from derive.files import text, write
from derive.files.limits import TEXT
from derive.files.tables import table
from tests.derive.damage import damaged, edited, repacked
from tests.verify.test_training import counting, made
from verify.certificate import check, save
from verify.training.fit import Settings, fit

PROGRESS = ("epoch", "done", "sum", "curve")


@pytest.fixture(scope="module")
def network():
    return made()


def settings(optimizer: str) -> Settings:
    return Settings(units=3, epochs=1, batch=2, optimizer=optimizer, carry=True)


@pytest.fixture(scope="module")
def whole(network, tmp_path_factory) -> dict[str, bytes]:
    """The checkpoints of runs that are at their end."""
    found = {}
    for optimizer in ("adam", "momentum"):
        path = tmp_path_factory.mktemp("runs") / "run.npz"
        fit(network, counting(), settings(optimizer), "gru", path=path)
        found[optimizer] = path.read_bytes()
    return found


def changed(data: bytes, other: bytes, random: Random) -> bytes:
    """A checkpoint with faults: in its bytes, in the bytes of an array, in what it says, or in its arrays."""
    kind = random.randrange(4)
    if kind == 0:
        return damaged(data, other, random)
    if kind == 1:
        return repacked(data, lambda name, content: damaged(content, other, random), random)
    arrays = dict(np.load(io.BytesIO(data)))
    facts = json.loads(bytes(arrays["facts"]))
    name, source = random.choice(list(arrays)), random.choice(list(arrays))
    if kind == 2:
        facts |= edited({key: facts[key] for key in PROGRESS}, random)
        arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    else:
        one = arrays[name]
        arrays[name] = random.choice(
            [arrays[source], one.reshape(-1), one[..., None], np.full_like(one, 1), one.astype(complex), one[:0] if one.ndim else one - 9]
        )
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize("seed", range(120))
def test_every_checkpoint_ends_in_a_run_or_one_clear_line(network, whole, tmp_path, seed):
    random = Random(seed)
    optimizer = random.choice(list(whole))
    path = tmp_path / "run.npz"
    path.write_bytes(changed(whole[optimizer], random.choice(list(whole.values())), random))
    told = ""
    try:
        fit(network, counting(), settings(optimizer), "gru", path=path)
    except InputError as error:
        told = str(error)
    assert "\n" not in told
    assert len(told) < 2_000


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts.update(epoch=5),
        lambda facts: facts.update(epoch=-1),
        lambda facts: facts.update(curve=[]),
        lambda facts: facts.update(curve=[{"held_out": "x"}]),
        lambda facts: facts.update(sum="x"),
        lambda facts: facts.update(done=True),
        lambda facts: facts.pop("done"),
    ],
)
def test_a_checkpoint_that_stands_nowhere_is_refused(network, whole, tmp_path, change):
    arrays = dict(np.load(io.BytesIO(whole["adam"])))
    facts = json.loads(bytes(arrays["facts"]))
    change(facts)
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    np.savez(tmp_path / "run.npz", **arrays)
    with pytest.raises(InputError, match="where it stands is no place of this run"):
        fit(network, counting(), settings("adam"), "gru", path=tmp_path / "run.npz")


@pytest.mark.parametrize("name", ["params/W_z", "optimizer/mean W_z", "optimizer/count"])
def test_a_checkpoint_of_other_arrays_is_refused(network, whole, tmp_path, name):
    for other in (np.zeros(5), None):
        arrays = dict(np.load(io.BytesIO(whole["adam"])))
        del arrays[name]
        np.savez(tmp_path / "run.npz", **(arrays if other is None else {**arrays, name: other}))
        with pytest.raises(InputError, match="are not those of this run"):
            fit(network, counting(), settings("adam"), "gru", path=tmp_path / "run.npz")


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_every_certificate_ends_in_a_finding_or_one_clear_line(tmp_path, first):
    derivation = derive.bptt(derive.cell("rnn"))
    save(tmp_path / "a.json", derivation.forward, derivation.adjoint)
    data = (tmp_path / "a.json").read_bytes()
    for seed in range(first, first + 20):
        random, told = Random(seed), ""
        (tmp_path / "b.json").write_bytes(
            damaged(data, data, random) if seed % 2 else json.dumps(edited(json.loads(data), random)).encode()
        )
        try:
            check(tmp_path / "b.json").blocks()
        except InputError as error:
            told = str(error)
        assert "\n" not in told


# Texts and tables


@pytest.mark.parametrize(
    "data", ["[" * 100_000, "[" * 300 + "]" * 300, '{"a": 1, "a": 1}', "NaN", "[1", "1" * 5_000, "\ufeff{}", "{'a': 1}", "x" * (TEXT + 1)]
)
def test_a_table_that_is_none_is_refused(data):
    with pytest.raises(FormatError):
        table(data)


def test_a_text_is_read_within_a_limit(tmp_path):
    (tmp_path / "a").write_bytes(b"a\r\nb\rc\n")
    assert text(tmp_path / "a", "a page") == "a\nb\nc\n"
    (tmp_path / "b").write_bytes(b"a" * (TEXT + 1))
    for path, told in ((tmp_path / "b", "more than 10,000,000 bytes"), (Path("/dev/zero"), "more than 10,000,000 bytes"),
                       (tmp_path, "cannot be read"), ("a\0b", "no path")):  # fmt: skip
        with pytest.raises(InputError, match=told):
            text(path, "a page")


def test_what_cannot_be_written_whole_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = write(tmp_path / "a", "old")
    (tmp_path / "link").symlink_to(path)
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert path.read_text() == "new"
    with pytest.raises(InputError, match="half of a character"):
        write(path, "\ud800")

    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(path, "newer")
    assert path.read_text() == "new"
    assert {each.name for each in tmp_path.iterdir()} == {"a", "link"}


def test_a_pipe_and_a_device_are_written_as_they_are():
    device = os.stat("/dev/null").st_rdev
    write("/dev/null", "text")
    assert os.stat("/dev/null").st_rdev == device


@pytest.mark.parametrize("name", ["", "no/folder", "a\0b", "x" * 300, "file/a"])
def test_a_path_that_cannot_be_written_is_told_in_a_line(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write(f"{tmp_path}/{name}", "text")
    assert {each.name for each in tmp_path.iterdir()} == {"file"}
