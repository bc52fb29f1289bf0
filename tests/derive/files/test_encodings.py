"""Pages in the encodings that people save them in are read; what was guessed is said, and what is none of these is refused and not garbled."""

from __future__ import annotations

import codecs

import pytest

import derive
from derive.errors import InputError
from derive.files.encodings import decode
from derive.files.limits import TEXT
from tests.bptt.command import bptt
from tests.derive.program.test_growth import calls

CHINESE = "# 门控单元\n\n本页的循环单元，隐藏状态为 h，输入为 x。偏置是 b，激活函数为双曲正切。\n\n    h_t = tanh(W x_t + U h_{t-1} + b)\n"
ENGLISH = "# A cell\n\nwith Schrödinger's naïve state.\n\n    h_t = tanh(W x_t + U h_{t-1} + b)\n"
MARKED = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE,
          "utf-32-le": codecs.BOM_UTF32_LE, "utf-32-be": codecs.BOM_UTF32_BE}  # fmt: skip
SURE = {f"{name} with a mark": (lambda text, name=name: MARKED[name] + text.encode(name)) for name in MARKED} | {"utf-8": str.encode}
GUESSED = {
    "gbk": ("GB18030", lambda text: text.encode("gbk")), "gb18030": ("GB18030", lambda text: text.encode("gb18030")),
    "utf-16-le": ("UTF-16", lambda text: text.encode("utf-16-le")), "utf-16-be": ("UTF-16", lambda text: text.encode("utf-16-be")),
}  # fmt: skip


@pytest.mark.parametrize("text", [CHINESE, ENGLISH], ids=["Chinese", "English"])
@pytest.mark.parametrize("name", SURE)
def test_what_is_sure_is_read_without_a_word(name, text, tmp_path):
    file = tmp_path / "cell.md"
    file.write_bytes(SURE[name](text))
    system = derive.cell(file)
    assert system.notes["title"] == derive.read(text).notes["title"]
    assert not [each for each in derive.remarks(system) if each.kind == "encoding"]


@pytest.mark.parametrize("name", GUESSED)
def test_what_is_guessed_is_said(name, tmp_path):
    guessed, encode = GUESSED[name]
    file = tmp_path / "cell.md"
    file.write_bytes(encode(CHINESE.replace("\n", "\r\n")))
    system = derive.cell(file)
    assert (system.notes["title"], system.prose) == (derive.read(CHINESE).notes["title"], derive.read(CHINESE).prose)
    assert [each.fact for each in derive.remarks(system) if each.kind == "encoding"] == [
        f"the page is not UTF-8, and was read as {guessed}"
    ]
    shown = " ".join(bptt("derive", str(file)).stdout.split())
    assert f"The page: the page is not UTF-8, and was read as {guessed}" in shown


def test_a_backward_pass_in_another_encoding_is_said_too(tmp_path):
    file = tmp_path / "mine.tex"
    file.write_bytes("偏置的梯度，见讲义。\n\n$$db = \\sum_t dL/dh_t$$\n".encode("gbk"))
    (tmp_path / "cell.md").write_text("    h_t = W x_t + b\n", encoding="utf-8")
    done = bptt("check-gradient", str(tmp_path / "cell.md"), str(file))
    assert (done.returncode, "read as GB18030" in done.stderr) == (0, True), done.stderr


@pytest.mark.parametrize(
    "data",
    [ENGLISH.encode("latin-1"), ENGLISH.encode("cp1252"), "Ячейка с воротами\n\n    h_t = W x_t\n".encode("cp1251"),
     CHINESE.encode("utf-8")[:-40] + b"\xff\n", "門控單元與隱藏狀態，偏置\n".encode("big5"), codecs.BOM_UTF16_LE + b"h", bytes(range(256))],
)  # fmt: skip
def test_what_would_be_garbled_is_refused(data, tmp_path):
    file = tmp_path / "cell.md"
    file.write_bytes(data)
    with pytest.raises(InputError, match=r"no text in UTF-8, UTF-16 or GB18030") as refused:
        derive.cell(file)
    assert "UTF-8" in refused.value.advice
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16-le"])
def test_the_work_is_by_the_byte(encoding):
    data = (CHINESE * 50).encode(encoding)
    once, twice = calls(lambda: decode(data)), calls(lambda: decode(data * 2))
    assert twice < 2.2 * once + 20
    assert len(data) < TEXT


@pytest.mark.parametrize(
    "line", ["the gate learns what to keep (of course) from one step to the next; see section 3.2, eq. (4)", "本文介绍循环网络的门控单元。"]
)
def test_the_work_of_reading_prose_is_by_the_line(line):
    def reading(lines):
        return calls(lambda: derive.read(f"{line}\n" * lines + "\n    h_t = tanh(W x_t + U h_{t-1} + b)\n\n" + f"{line}\n" * 20))

    reading(20)
    few, some, many = map(reading, (250, 500, 1000))
    assert many - some < 2.2 * (some - few)
    assert (many - some) / 500 < 60
