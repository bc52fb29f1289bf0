"""Every damaged checkpoint ends in a run or in one clear line."""

from __future__ import annotations

import io
import json
from random import Random

import numpy as np
import pytest

from derive.errors import InputError
from tests.derive.files.damage import damaged, edited, repacked
from tests.verify.training.test_training import counting, made
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
