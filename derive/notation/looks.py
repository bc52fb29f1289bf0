r"""Different letters of a page that would become one name: ε and ϵ, \phi and \varphi, W and \mathbf{W}, W_{xi} and W_\xi.

Each name in the plain notation has a look, which is how the page spells it; a name with two looks is refused. Alone each spelling is fine,
and so are a letter and its command, α and \alpha, and the entries of a bold vector, which are not bold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from derive.errors import NotationError
from derive.notation.build import split_index
from derive.notation.letters import ACCENTS, GREEK, GREEK_NAMES
from derive.notation.written import Written, Wrong

TOKEN = re.compile(r"(?!ᵀ)[^\W\d_](?:[^\Wᵀ]*[^\W_ᵀ])?'*(?:_\{[^{}]*\})?'*(?![\w(])")
FONTS = {
    **dict.fromkeys(("mathbf", "boldsymbol", "bm", "pmb", "textbf"), "bold"), "mathcal": "calligraphic", "mathscr": "script",
    "mathfrak": "fraktur", **dict.fromkeys(("mathbb", "mathbbm"), "blackboard"), "mathsf": "sans", "mathtt": "typewriter",
}  # fmt: skip
"""Fonts that make another letter of one; upright and italic are taken for the same."""
DRESS = "|".join(
    [*FONTS, *ACCENTS.values(), "widehat", "widetilde", "overline", "mathrm", "mathit", "mathnormal", "text", "textrm", "operatorname"]
)
BEFORE = re.compile(rf"\s*(?:\\({DRESS})(?![A-Za-z])\s*\{{?|\{{)\s*")
COMMAND = re.compile(rf"\\((?:var)?(?:{'|'.join(sorted(GREEK, key=len, reverse=True))}))(?![A-Za-z])")
ONE = r"(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\[A-Za-z]+|[^\s{}\\])"
SCRIPTS = re.compile(rf"[\s}}']*(?:[_^]\s*{ONE}\s*){{0,2}}")
VARIANTS = {"ϵ": "epsilon", "ϑ": "vartheta", "ϕ": "phi", "ϱ": "varrho", "ϰ": "varkappa", "ϖ": "varpi", "ς": "varsigma"}
"""Greek letters that are typed, and their commands."""


@dataclass(frozen=True)
class Look:
    """How a page spells a name.

    Attributes:
        name: it in the program.
        shown: it as it stands on the page.
        fonts: of its letter; None of an entry of a vector, and of what is not LaTeX.
        letter: the command of a Greek letter, or characters that are others than those of the name; "" if there are none.
        is_command: whether it is a command, which may stand for the same letter as the typed one.
        labels: the Greek letters in its index; None where these are letters of the name.
        at: its offset.
    """

    name: str
    shown: str
    fonts: frozenset[str] | None
    letter: str
    is_command: bool
    labels: tuple[str, ...] | None
    at: int

    def differs(self, other: Look) -> bool:
        """Whether the two are different letters."""
        is_one = self.letter == other.letter or any(each.is_command and not two.letter for each, two in ((self, other), (other, self)))
        is_labelled = None not in (self.labels, other.labels) and self.labels != other.labels
        is_dressed = None not in (self.fonts, other.fonts) and self.fonts != other.fonts
        return not is_one or is_dressed or is_labelled


def clash(looks: Iterable[Look]) -> tuple[Look, Look] | None:
    """The first two looks of one name that differ, None if all is well."""
    seen: dict[str, list[Look]] = {}
    for look in looks:
        known = seen.setdefault(look.name, [])
        other = next((each for each in known if each.differs(look)), None)
        if other is not None:
            return other, look
        known.append(look)
    return None


def wrong(one: Look, other: Look, line: int) -> Wrong:
    """What is wrong with two looks, of which the first stands in a line."""
    fact = f"{other.shown} and {one.shown} of line {line} would be one name, {other.name}"
    return Wrong(fact, "write both in the same way, or give one of them another name", other.at)


def looks(made: Written, typed: Written, page: str, is_latex: bool) -> Iterator[Look]:
    """The names in an equation and how the page spells them.

    Args:
        made: the equation in the plain notation; its columns are places in `typed`.
        typed: it as it was read; its columns are offsets on the page.
        page: the text of the page.
        is_latex: whether `typed` is LaTeX.
    """
    for found in TOKEN.finditer(made.plain):
        try:
            name, indices = split_index(found[0])
        except NotationError:
            continue
        places = made.columns[found.start() : found.end()]
        look = _in_latex(name, found[0], places[0], typed, page) if is_latex else _typed(name, places, typed, page)
        yield look if len(indices) < 2 else Look(name, look.shown, None, look.letter, look.is_command, look.labels, look.at)


def _typed(name: str, places: tuple[int, ...], typed: Written, page: str) -> Look:
    """The look of a name in the plain notation."""
    raw = "".join(_origin(typed, place, page) for place in places)
    odd = "".join(VARIANTS.get(each, each) for each in raw if unicodedata.normalize("NFKC", each) != each)
    return Look(name, raw, None, odd, False, None, typed.columns[places[0]])


def _in_latex(name: str, token: str, start: int, typed: Written, page: str) -> Look:
    """The look of a name in LaTeX."""
    fonts, at = set(), start
    while found := BEFORE.match(typed.plain, at):
        fonts |= {FONTS[found[1]]} if found[1] in FONTS else set()
        at = found.end()
    command = COMMAND.match(typed.plain, at)
    end = command.end() if command else min(at + 1, len(typed.plain))
    raw = _origin(typed, at, page) if at < len(typed.plain) else ""
    letter = command[1] if command else VARIANTS.get(raw, raw) if unicodedata.normalize("NFKC", raw) != raw else ""
    scripts = SCRIPTS.match(typed.plain, end)
    behind = scripts.end() if scripts else end
    below = typed.plain[end:behind]
    labels = [*(f"\\{each}" for each in COMMAND.findall(below)), *(f"\\{GREEK_NAMES[each]}" for each in below if each in GREEK_NAMES)]
    shown = _shown(typed.plain[start:behind]) if command or fonts or labels else token
    return Look(name, shown, frozenset(fonts), letter, command is not None, tuple(labels), typed.columns[start])


def _shown(latex: str) -> str:
    """A name in LaTeX without the brace that is closed behind it."""
    found = latex.strip()
    return found if found.count("{") == found.count("}") else found.rstrip("}") + "}" * latex.count("{")


def _origin(typed: Written, place: int, page: str) -> str:
    """The character of the page, if it is another form of the one that is read."""
    own, offset = typed.plain[place], typed.columns[place]
    there = page[offset] if offset < len(page) else own
    is_letter = unicodedata.category(there) in ("Lu", "Ll", "Lo")
    return there if is_letter and unicodedata.normalize("NFKC", there) == unicodedata.normalize("NFKC", own) else own
