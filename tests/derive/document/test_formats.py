"""The formats of pages: every one shows all of a page and nothing else, as a text, a file, or an error that says what it cannot show."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.cells import cell_len

from derive.document import formats, render, save
from derive.document.blocks import Equations, Heading, Table, Text
from derive.document.terminal import render as render_in_terminal
from derive.errors import InputError
from tests.derive.cells.covering import covered
from tests.derive.document.pages import HOSTILE, NAMES, SHOWN, SVG, every_page, page_of


class Outline(HTMLParser):
    """Balance of tags, ids, targets, and everything that a page would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.loads: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in ("meta", "link", "img"):
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            elif name == "href" and str(value).startswith("#"):
                self.targets.append(str(value)[1:])
            elif name in ("href", "src", "action") or name.startswith("on"):
                self.loads.append(str(value))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in ("meta", "link", "img"):
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.text += data


@pytest.mark.parametrize("name", [*NAMES, "any block"])
def test_an_html_page_is_whole_and_alone(name: str) -> None:
    written = str(render(page_of(name), "html"))
    outline = Outline(written)
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.targets) <= set(outline.ids)
    assert outline.loads == []
    assert not {"script", "link", "img", "iframe"} & outline.tags
    style = written[: written.index("</style>")]
    assert re.findall(r"url\((?!data:)|@import", style) == []


def test_html_shows_text_as_it_is() -> None:
    text = Outline(str(render(SHOWN, "html"))).text
    assert text.count(HOSTILE) == 4
    assert 'return "</code></script>" + `x`  # <b> & $5' in text


def test_html_tables_are_marked_by_sign_and_colour() -> None:
    written = str(render(SHOWN, "html"))
    for mark, sign in (("good", "✓"), ("bad", "✗"), ("unsure", "?")):
        assert f'<tr class="{mark}"><td class="mark">{sign}</td>' in written
        assert f"--{mark}:" in written


def test_two_pictures_on_a_page_do_not_share_names() -> None:
    written = str(render(SHOWN, "html"))
    assert "<?xml" not in written
    own = re.findall(r'<g id="([^"]+)"', written)
    assert len(own) == len(set(own)) == 2
    assert [f"#{name}" for name in own] == re.findall(r'<use href="([^"]+)"', written)


def test_a_fragment_has_its_style_and_no_page() -> None:
    outline = Outline(str(render(page_of("rnn"), "html-fragment")))
    assert "style" in outline.tags
    assert not {"html", "body", "head"} & outline.tags


@pytest.mark.parametrize("width", covered((80, 120), (80,)))
@every_page
def test_a_terminal_page_keeps_its_width(name: str, width: int) -> None:
    text = render_in_terminal(page_of(name), width)
    assert [line for line in text.splitlines() if cell_len(line) > width] == []
    assert "\x1b" not in text


def test_every_numbered_line_of_a_terminal_page_ends_at_the_same_edge() -> None:
    ends = {cell_len(line) for line in str(render(page_of("lstm"))).splitlines() if re.search(r"   \(\d+\)$", line)}
    assert len(ends) == 1


def test_without_colour_a_terminal_page_has_no_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in str(render(SHOWN, "terminal"))


def test_markdown_shows_text_as_it_is() -> None:
    written = str(render(SHOWN, "markdown"))
    assert r"\<script\>alert(1)\</script\> & 50% of \#1 costs \$5 or \`x\_1\`^2" in written
    assert "````nothing known\na ``` fence" in written
    rows = [line for line in written.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows[:5]} == {4}


@every_page
def test_markdown_and_latex_number_every_equation(name: str) -> None:
    shown = Counter(e.number for block in page_of(name) if isinstance(block, Equations) for e in block.equations if e.number)
    for form in ("markdown", "latex"):
        assert Counter(map(int, re.findall(r"\\tag\{(\d+)\}", str(render(page_of(name), form))))) == shown


@every_page
def test_latex_references_have_one_label_each(name: str) -> None:
    written = str(render(page_of(name), "latex"))
    labels = re.findall(r"\\label\{([^}]+)\}", written)
    assert len(labels) == len(set(labels))
    assert set(re.findall(r"\\ref\{([^}]+)\}", written)) <= set(labels)


def test_latex_has_no_letters_for_chinese_and_says_so() -> None:
    with pytest.raises(InputError, match="床前"):
        render([Text("床前明月光")], "latex")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
@pytest.mark.parametrize("name", ["lstm", "rnn+readout+softmax_cross_entropy", "long names", "primes", "greek", "any block"])
def test_latex_compiles(name: str, tmp_path: Path) -> None:
    save(page_of(name), tmp_path / "page.tex")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]


@pytest.mark.parametrize("name", covered(NAMES, [*NAMES][::4]))
def test_a_pdf_is_made_and_is_the_same_each_time(name: str) -> None:
    first = render(page_of(name), "pdf")
    assert isinstance(first, bytes)
    assert first.startswith(b"%PDF-")
    assert first == render(page_of(name), "pdf")


def test_a_pdf_shows_any_block() -> None:
    assert bytes(render(SHOWN, "pdf")).startswith(b"%PDF-")  # type: ignore[arg-type]


def test_a_pdf_without_a_glyph_is_an_error_that_names_it() -> None:
    with pytest.raises(InputError, match=r"<U\+0378>"):
        render([Heading("A page", 1), Text("not a character: \u0378")], "pdf")


def test_an_unknown_format_is_told_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match="markdown"):
        render(SHOWN, "word")
    assert "pdf" in formats()


STARTS = {"html": "<!DOCTYPE", "md": "# A page", "tex": "\\documentclass", "pdf": "%PDF", "txt": "A page"}


@pytest.mark.parametrize(("suffix", "start"), STARTS.items())
def test_a_file_has_the_format_of_its_suffix(tmp_path: Path, suffix: str, start: str) -> None:
    path = save(SHOWN, tmp_path / f"page.{suffix}")
    assert path.read_bytes().startswith(start.encode())


def test_pictures_of_markdown_stand_beside_it(tmp_path: Path) -> None:
    save(SHOWN, tmp_path / "page.md")
    assert re.findall(r"\]\((page-\d\.svg)\)", (tmp_path / "page.md").read_text("utf-8")) == ["page-1.svg", "page-2.svg"]
    assert (tmp_path / "page-1.svg").read_text("utf-8") == SVG


def test_a_file_that_cannot_be_written_is_an_input_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.docx"):
        save(SHOWN, tmp_path / "page.docx")
    with pytest.raises(InputError):
        save(SHOWN, tmp_path / "missing" / "page.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("form", "suffix"), [("text", "txt"), ("markdown", "md")])
def test_the_page_of_the_simple_network(form: str, suffix: str, golden: object) -> None:
    golden(f"rnn.{suffix}", str(render(page_of("rnn"), form)))  # type: ignore[operator]


def test_a_table_with_more_columns_than_fit_goes_on_below_with_its_first_column():
    header = ("name", *(f"column {each}" for each in "abcdefghij"))
    table = Table(header, (("a longer one", *(f"{each}/{each}" for each in range(10))),), "told once", ("good",))
    for width in (40, 60, 80, 100):
        text = render_in_terminal([table], width)
        assert max(map(len, text.splitlines())) <= width
        assert all(f"{each}/{each}" in text for each in range(10))
        assert text.count("a longer one") == text.count("name") > (width < 80)
        assert text.count("told once") == 1
