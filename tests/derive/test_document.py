"""Pages: what a derivation tells, and that every format shows all of it and nothing that it was not told."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sympy as sp

import derive
from derive.algebra import nodes
from derive.document import formats, render, save
from derive.document.blocks import Block, Code, Equations, Figure, Heading, Table, Text
from derive.document.inline import Plain, literal, spans
from derive.document.narrate import explain
from derive.document.paths import one_step
from derive.document.sentences import sentences
from derive.document.terminal import render as render_in_terminal
from derive.document.unicode import plain
from derive.errors import InputError
from derive.notation import write

ENGLISH = sentences()
OTHERS = {
    "lags": "h_t = tanh(W x_t + U h_{t-1} + V h_{t-3} + b)\noutput h",
    "leads": "f_t = tanh(W x_t + U f_{t-1})\ng_t = tanh(P x_t + Q g_{t+1})\nh_t = [f_t; g_t]\noutput h",
    "stack": "h_t = tanh(W [h_{t-1}; x_t] + b)\noutput h",
    "linear": "h_t = A h_{t-1} + B x_t\noutput h",
    "zero": "h_t = relu(W x_t + U h_{t-1})\nboundary h = zero\noutput h",
    "still": "y_t = W x_t\noutput y",
    "long names": "memory_t = sqrt(gate_t * exp(memory_{t-1})) / (1 + gate_t)\ngate_t = sigmoid(Weights_in signal_t)\noutput memory",
    "greek": "α_t = tanh(Γ x_t + λ α_{t-1})\noutput α",
    "primes": "h'_{t} = tanh(W' x_t + U_tilde h'_{t-1})\noutput h'",
}


@cache
def derivation(name: str) -> derive.Derivation:
    if name in OTHERS:
        return derive.bptt(derive.read(OTHERS[name], name))
    cell, *heads = name.split("+")
    system = derive.cell(cell)
    for head in heads:
        system = derive.follow(system, derive.head(head))
    return derive.bptt(system)


CELLS = "rnn lstm gru mlstm slstm clockwork bahdanau_decoder".split()
NAMES = [*CELLS, *OTHERS, "rnn+readout+softmax_cross_entropy", "gru+readout+squared_error"]
every_page = pytest.mark.parametrize("name", NAMES)

SVG = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">
<g id="a"><rect width="40" height="20" fill="#eee"/></g><use href="#a"/></svg>"""
HOSTILE = "<script>alert(1)</script> & 50% of #1 costs $5 or `x_1`^2 ~ \\alpha {*} [a](#b) | \"quoted\" 'it'"
SHOWN = [
    Heading("A page", 1),
    Text(f"Before **bold $h_t$** and `code`, [(1)](#eq-1): {literal(HOSTILE)}"),
    Equations(derive.cell("rnn"), derive.cell("rnn").equations, (literal(HOSTILE),)),
    Code('def f(x):\n    return "</code></script>" + `x`  # <b> & $5'),
    Code("a ``` fence\n#end $", "nothing known"),
    Figure(SVG, f"A picture of $h_t$: {literal(HOSTILE)}"),
    Figure(SVG, "The same once more"),
    Table(("what", "outcome"), (("one", "1"), (literal(HOSTILE), "$x^2$"), ("three", "3")), "a caption", ("good", "bad", "unsure")),
    Table(("no", "marks"), (("1", "2"),)),
]


@cache
def page_of(name: str) -> list[Block]:
    return SHOWN if name == "any block" else explain(derivation(name))


def displays(page: list[Block], system: object) -> list[Equations]:
    return [block for block in page if isinstance(block, Equations) and block.system is system]


# what is told


def test_the_table_of_symbols_has_constants_with_their_values() -> None:
    table = next(block for block in explain(derive.bptt(derive.cell("antisymmetric_rnn"))) if isinstance(block, Table))
    assert (r"$\epsilon$, $\gamma$", "constant, $0.01$", r"$1 \times 1$") in table.rows
    table = next(block for block in explain(derive.bptt(derive.cell("lmu"))) if isinstance(block, Table))
    assert ("$A$", "constant", r"$n_{m} \times n_{m}$") in table.rows


@every_page
def test_every_backward_equation_is_shown_once_with_its_number(name: str) -> None:
    found = derivation(name)
    page = explain(found)
    shown = [equation for block in displays(page, found.adjoint) for equation in block.equations]
    assert Counter(shown) == Counter(found.adjoint.equations)
    assert len({equation.number for equation in shown}) == len(shown)


@every_page
def test_each_use_of_a_value_is_told_with_its_equation_and_its_term(name: str) -> None:
    found = derivation(name)
    page = explain(found)
    tables = [row for block in page if isinstance(block, Table) and len(block.header) == 4 for row in block.rows]
    shown = {e: r for block in displays(page, found.adjoint) for e, r in zip(block.equations, block.reasons, strict=True)}
    worked = [block for block in displays(page, found.adjoint) if block.working]
    working = {e: w for block in worked for e, w in zip(block.equations, block.working, strict=True)}
    writer = write.Latex({**found.tangent.variables, **found.adjoint.variables})
    expected = []
    for equation in found.adjoint.equations:
        uses = [step for step in equation.steps if step.use is not None]
        if equation.is_boundary:
            continue
        if len(uses) > 1:
            expected += [(step.equation, f"${writer.write(step.use)}$") for step in uses]
        elif uses and uses[0].equation:
            remarks = [remark for _, remark in working[equation]] + [shown[equation]]
            assert f"[({uses[0].equation})](#eq-{uses[0].equation})" in remarks[0]
    assert [(int(re.search(r"\d+", row[0])[0]) if "(" in row[0] else 0, row[1]) for row in tables] == expected


@every_page
def test_the_working_begins_as_transposed_and_ends_as_simplified(name: str) -> None:
    found = derivation(name)
    raw = {equation.number: equation.right for equation in found.transposed.equations}
    for block in displays(explain(found), found.adjoint):
        for equation, forms in zip(block.equations, block.working or ((),) * len(block.equations), strict=True):
            if not equation.is_boundary:
                assert (forms[0][0] if forms else equation.right) == raw[equation.number]


@every_page
def test_each_rule_is_explained_once(name: str) -> None:
    texts = Counter(block.text for block in page_of(name) if isinstance(block, Text))
    rules = {rule for equation in derivation(name).adjoint.equations for step in equation.steps for rule in (step.rule, *step.reasons)}
    for rule in sorted(rules):
        sentence = ENGLISH.get(f"rule:{rule}", "")
        if sentence and "<loss>" not in sentence:
            assert texts[sentence] == 1, rule


@every_page
def test_references_lead_to_equations_that_are_shown(name: str) -> None:
    shown = {equation.number for block in page_of(name) if isinstance(block, Equations) for equation in block.equations}
    words = [block.text for block in page_of(name) if isinstance(block, Text)]
    words += [cell for block in page_of(name) if isinstance(block, Table) for row in block.rows for cell in row]
    words += [reason for block in page_of(name) if isinstance(block, Equations) for reason in block.reasons]
    targets = {int(number) for number in re.findall(r"\(#eq-(\d+)\)", " ".join(words))}
    assert targets
    assert targets <= shown


def test_what_learners_ask_is_answered_by_name() -> None:
    text = render(page_of("rnn"))
    asked = ("Total or partial.", "Why the transpose.", "the order of its factors.", "What is summed over time.", "A lag becomes a lead.")
    assert [text.count(question) for question in asked] == [1] * len(asked)


def test_the_paths_are_told_only_where_the_state_is_one_step_back() -> None:
    told = {name: Heading(ENGLISH["the paths"]) in page_of(name) for name in NAMES}
    assert told == {name: name not in ("lags", "leads", "still") for name in NAMES}


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru", "stack", "linear"])
def test_one_step_of_the_state_is_its_jacobian(name: str) -> None:
    """With all sizes 1 the matrices are numbers, and the change of the state is its derivative by the state before."""
    found = derivation(name)
    now: dict[str, sp.Expr] = {}
    for equation in found.forward.order:
        now[equation.name] = scalar(equation.right, now)
    changes: dict[str, sp.Expr] = {}
    for equation in one_step(found.forward, found.tangent):
        state = found.tangent[equation.name].of
        changes[equation.name] = scalar(equation.right, {**now, **changes})
        for other in found.forward.states:
            expected = sp.diff(now[state], sp.Symbol(f"{other.name}-1", real=True))
            dot = next(v.name for v in found.tangent.variables.values() if v.of == other.name and v.name.startswith(other.name + "dot"))
            actual = sp.diff(changes[equation.name], sp.Symbol(f"{dot}-1", real=True))
            assert abs(at_random(actual - expected)) < 1e-12, (state, other.name)


def scalar(expr: sp.Expr, now: dict[str, sp.Expr]) -> sp.Expr:
    """The expression with all matrices as numbers; a stack of blocks times a row of weights as their sum, each with the same weight."""
    if isinstance(expr, sp.Indexed):
        by = nodes.offset(expr)
        own = sp.Symbol(f"{nodes.sequence_name(expr)}{by if by else ''}", real=True)
        return now.get(nodes.sequence_name(expr), own) if by == 0 else own
    if isinstance(expr, sp.Symbol) or expr.is_Number:
        return expr
    operands = [scalar(part, now) for part in expr.args if not isinstance(expr, nodes.Zeros)]
    if isinstance(expr, nodes.Elementwise):
        return type(expr).definition(operands[0])
    if isinstance(expr, nodes.MatMul):
        return operands[0] * operands[1]
    if isinstance(expr, nodes.Stack):
        return sum(operands)
    return sp.Integer(0) if isinstance(expr, nodes.Zeros) else expr.func(*operands)


def at_random(expr: sp.Expr) -> float:
    values = {symbol: sp.Rational(3 + 7 * place, 11 + 2 * place) / 3 for place, symbol in enumerate(sorted(expr.free_symbols, key=str))}
    return float(expr.subs(values).evalf(30))


# text


def test_a_literal_text_is_shown_as_it_is() -> None:
    assert "".join(span.text for span in spans(literal(HOSTILE)) if isinstance(span, Plain)) == HOSTILE
    assert plain(literal(HOSTILE)) == HOSTILE


# formats


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


@pytest.mark.parametrize("width", [80, 120])
@every_page
def test_a_terminal_page_keeps_its_width(name: str, width: int) -> None:
    from rich.cells import cell_len

    from derive.document.terminal import render as printed

    text = printed(page_of(name), width)
    assert [line for line in text.splitlines() if cell_len(line) > width] == []
    assert "\x1b" not in text


def test_every_numbered_line_of_a_terminal_page_ends_at_the_same_edge() -> None:
    from rich.cells import cell_len

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


@every_page
def test_a_pdf_is_made_and_is_the_same_each_time(name: str) -> None:
    first = render(page_of(name), "pdf")
    assert isinstance(first, bytes)
    assert first.startswith(b"%PDF-")
    assert first == render(page_of(name), "pdf")


def test_a_pdf_shows_any_block() -> None:
    assert bytes(render(SHOWN, "pdf")).startswith(b"%PDF-")  # type: ignore[arg-type]


def test_a_pdf_without_a_glyph_is_an_error_that_names_it() -> None:
    with pytest.raises(InputError, match="\u0378"):
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
