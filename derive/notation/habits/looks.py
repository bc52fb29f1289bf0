r"""Different letters of a page that would become one name: ε and ϵ, \phi and \varphi, W and \mathbf{W}, W_{xi} and W_\xi.

A name with two spellings of this kind is refused. Alone each spelling is fine, and so are a letter and its command, α and \alpha, and the
entries of a bold vector, which are not bold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from derive.notation.pieces import Piece
from derive.notation.tree import Call, Definition, Spelling, names, parts
from derive.notation.written import Wrong


@dataclass(frozen=True)
class Look:
    """A name as it stands on the page: in the program, as it is shown, how it is spelled, and its offset."""

    name: str
    shown: str
    spelling: Spelling
    at: int

    def differs(self, other: Look) -> bool:
        """Whether the two are different letters."""
        one, two = self.spelling, other.spelling
        is_one = one.letter == two.letter or any(a.is_command and not b.letter for a, b in ((one, two), (two, one)))
        is_labelled = None not in (one.labels, two.labels) and one.labels != two.labels
        is_dressed = None not in (one.fonts, two.fonts) and one.fonts != two.fonts
        return not is_one or is_dressed or is_labelled


def looks(piece: Piece) -> Iterator[Look]:
    """The names in a piece that are no functions, and no names that a definition binds: x in f(x) = 2 x."""
    functions = {id(each.function) for each in parts(piece.statement) if isinstance(each, Call)}
    functions |= {id(piece.statement.name)} if isinstance(piece.statement, Definition) else set()
    bound = {each.whole for each in piece.statement.operands} if isinstance(piece.statement, Definition) else set()
    for name in names(piece.statement):
        if id(name) not in functions and name.whole not in bound and name.place.stop > name.place.start:
            yield Look(name.whole, piece.shown(name.place) or name.whole, name.spelling, piece.offset(name.place.start))


def refuse_clashes(pieces: Iterable[Piece]) -> None:
    """Refuse a name that the page spells in two ways which make two letters of it.

    Raises:
        Wrong: there is one; at an offset of the page.
    """
    seen: dict[str, list[tuple[Look, int]]] = {}
    for piece in pieces:
        for look in looks(piece):
            known = seen.setdefault(look.name, [])
            other = next((each for each in known if each[0].differs(look)), None)
            if other is not None:
                fact = f"{look.shown} and {other[0].shown} of line {other[1]} would be one name, {look.name}"
                remedy = ((look.at, look.at + len(look.shown), other[0].shown),)
                raise Wrong(fact, "write both in the same way, or give one of them another name", look.at, remedies=(remedy,))
            known.append((look, piece.source.line(look.at)))
