"""A page to its notes and what the formulas on it say, each with its fate.

How formulas are found on a page is said in `surroundings.py`. A formula in the midst of prose counts where it defines what a displayed equation
reads; what only prose says of a function is one of its definitions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.limits import FORMULAS, PAGE
from derive.notation import latex, latex_cases, plain
from derive.notation.calls import NAMES, canonical
from derive.notation.complex_values import refuse_complex
from derive.notation.fates import Fate, Formula, aside, squeezed
from derive.notation.layered import Layers, labelled
from derive.notation.letters import GREEK_NAMES
from derive.notation.looks import refuse_clashes
from derive.notation.meant import refuse_components, refuse_layers_by_name, refuse_unknown_functions
from derive.notation.named_functions import applied, said
from derive.notation.needed import Left, called, needed
from derive.notation.per_unit import refuse_units
from derive.notation.pieces import Piece, Source
from derive.notation.prose import prose
from derive.notation.regions import title
from derive.notation.restated import restates
from derive.notation.signs import settled
from derive.notation.stacked import unstacked
from derive.notation.statements import valued
from derive.notation.steps import stepped
from derive.notation.surroundings import Found, formulas, time_letter
from derive.notation.tree import NOWHERE, Call, Declaration, Definition, Equation, Name, Sloped, Statement, Tree, names, rewritten
from derive.notation.unindexed import at_steps
from derive.notation.written import Written, Wrong

Result = tuple[Piece, ...] | Wrong | Fate
"""What becomes of a formula when it is read: what it says, what is wrong with it, or the fate of what is not read."""
FATES: dict[type[Statement], Fate] = {Definition: Fate.DEFINITION, Equation: Fate.EQUATION, Declaration: Fate.DECLARATION}


@dataclass(frozen=True)
class Reading:
    """What a page says.

    Attributes:
        notes: its title, year, reference.
        pieces: its equations, functions and declarations, in their order.
        formulas: all that looks like mathematics on it, with what became of it.
        words: its prose, with formulas inside sentences as they stand.
    """

    notes: dict[str, str]
    pieces: list[Piece]
    formulas: tuple[Formula, ...]
    words: str = ""

    @property
    def unused(self) -> tuple[tuple[int, str], ...]:
        """The formulas of which nothing is used, each with its line."""
        return tuple((each.line, each.text) for each in self.formulas if each.fate is Fate.UNUSED)


def read(text: str) -> tuple[dict[str, str], list[Piece]]:
    """The notes of a page and what its equations and declarations say, in their order.

    Raises:
        NotationError: a formula on it cannot be understood.
    """
    found = reading(text)
    return found.notes, found.pieces


def reading(text: str) -> Reading:
    """What a page says, and what becomes of each formula on it.

    Raises:
        NotationError: a formula on it cannot be understood.
    """
    PAGE.check(len(text))
    source = Source(text)
    try:
        notes, found = formulas(text, source)
        if len(found) > FORMULAS.most:
            raise Wrong(FORMULAS.fact, FORMULAS.advice, found[FORMULAS.most].written.columns[0])
        reader = _Reader(found, source)
        pieces, fates = reader.pieces(), reader.fates()
    except Wrong as wrong:
        raise source.error(wrong) from None
    if own_title := title(text):
        notes = {"title": own_title, **notes}
    shown = (Formula(e.written.plain, source.line(e.written.columns[0]), fate) for e, fate in zip(found, fates, strict=True))
    return Reading(notes, pieces, tuple(shown), reader.prose())


class _Reader:
    """Reads the formulas of a page.

    Attributes:
        own: the functions that the page defines.
        results: what each formula says.
        said: the definitions of functions of which only prose says what they are.
        layers: the names whose powers are labels.
        open: the functions of which prose names several that they may be.
        kept: the places of the formulas that count.
    """

    def __init__(self, found: list[Found], source: Source) -> None:
        self.found, self.source = found, source
        self.time = time_letter(each.written.plain for each in found if each.counts) or "t"
        self.own: frozenset[str] = frozenset()
        self.results = [self.read(each) for each in found]
        self.said: list[Piece] = []
        self.layers = Layers()
        self.open: dict[str, tuple[str, ...]] = {}
        while more := self.functions() - self.own:
            self.own |= more
            self.results = [self.read(each) for each in found]
        self.results = self.in_layers(self.of_values())
        self.kept = self.counting()

    def functions(self) -> set[str]:
        """The functions that the page defines, in formulas or in words."""
        defined = {each.statement.name.whole for each in self.every() if isinstance(each.statement, Definition)}
        if not self.said:
            words = said(self.prose(), [_as_written(name, piece) for piece in self.every() for name in applied(piece.statement)])
            for name, functions in words:
                if name.whole not in defined and len(functions) == 1:
                    self.said.append(self.in_words(name, functions[0]))
                elif name.whole not in defined:
                    self.open[name.whole] = functions
        return defined | {each.statement.name.whole for each in self.said if isinstance(each.statement, Definition)}

    def prose(self) -> str:
        """The words of the page, with formulas inside sentences as they stand."""
        kept = list(self.source.text)
        for each in self.found:
            if each.counts and not each.is_inline:
                start, stop = each.written.columns[0], each.written.columns[-1] + 1
                kept[start:stop] = " " * (stop - start)
        return prose("".join(kept))

    def in_words(self, name: Name, function: str) -> Piece:
        """The definition of a function that prose names."""
        a = Name("a")
        body: Tree = a if function == "identity" else Call(Name(function), (a,))
        if (slope := self.slope_of(name)) is not None:
            a = slope.operands[0]
            body = Sloped(Call(Name(function), (a,)), slope.body)
        nothing = Written(f"{name.whole}(a) = {function}(a)", (0,))
        return Piece(nothing, nothing, Definition(replace(name, place=NOWHERE), (a,), body), self.source, is_latex=False)

    def slope_of(self, name: Name) -> Definition | None:
        """The derivative that the page takes for that of a function, as it says: f'(x) = ..."""
        defined = (each.statement for each in self.every() if isinstance(each.statement, Definition))
        return next((each for each in defined if each.name.whole == f"{name.whole}_prime" and len(each.operands) == 1), None)

    def every(self) -> list[Piece]:
        """All that formulas say."""
        return [piece for result in self.results if isinstance(result, tuple) for piece in result]

    def read(self, each: Found) -> Result:
        """What a formula says, or what is wrong with it; the fate of what is not read."""
        if not each.counts:
            return aside(each.written.plain, each.is_inline) if each.is_latex else Fate.UNUSED
        text, columns = each.written.plain, each.written.columns
        try:
            if not each.is_latex:
                statements = plain.parse(text, self.time)
            elif latex_cases.are_cases(text):
                statements = latex_cases.parse(text, self.own, self.time)
            else:
                statements = latex.parse(text, self.own, self.time)
        except Wrong as wrong:
            at = columns[wrong.column] if wrong.column < len(columns) else columns[-1] + 1
            return Wrong(wrong.fact, wrong.advice, at)
        if each.is_latex and not (statements := tuple(one for one in statements if not restates(one, self.own))):
            return Fate.BUILT_IN
        return tuple(Piece(each.written, each.written, statement, self.source, each.is_latex) for statement in statements)

    def of_values(self) -> list[Result]:
        r"""What is said, where E(y, \hat{y}) is E."""
        table = valued(piece.statement for piece in self.every())
        if not table:
            return self.results
        self.own -= table
        results = [self.read(each) for each in self.found]
        return [
            tuple(replace(piece, statement=unvalued(piece.statement, table)) for piece in result) if isinstance(result, tuple) else result
            for result in results
        ]

    def in_layers(self, results: list[Result]) -> list[Result]:
        """What is said, where the numbers above some names are their labels."""
        self.layers = Layers.of(piece.statement for result in results if isinstance(result, tuple) for piece in result)
        names = self.layers.names
        return [
            tuple(replace(piece, statement=labelled(piece.statement, names)) for piece in result)
            if names and isinstance(result, tuple)
            else result
            for result in results
        ]

    def counting(self) -> set[int]:
        """The places of the formulas that count."""
        has_display = any(each.counts and not each.is_inline for each in self.found)
        kept = {place for place, each in enumerate(self.found) if each.counts and not (each.is_inline and has_display)}
        read = {place: tuple(p.statement for p in result) for place, result in enumerate(self.results) if isinstance(result, tuple)}
        others = {
            place: tuple(map(Left.of, read[place])) if place in read else self.lefts(place)
            for place, result in enumerate(self.results)
            if place not in kept and not isinstance(result, Fate)
        }
        kept |= needed([statement for place in sorted(kept) for statement in read.get(place, ())], others, read)
        return kept - {place for place in kept if self.is_idle(place, kept)}

    def lefts(self, place: int) -> tuple[Left, ...]:
        """The left side of an equation whose right side cannot be read; none if it cannot be read either."""
        if not self.found[place].is_latex:
            return ()
        try:
            return tuple(map(Left.of, latex.parse(f"{self.found[place].written.plain.partition('=')[0]}= 0", (), self.time)))
        except Wrong:
            return ()

    def is_idle(self, place: int, kept: set[int]) -> bool:
        """Whether it defines a known function in a way that cannot be read, and no equation applies it."""
        defined = [left.function for left in self.lefts(place)] if isinstance(self.results[place], Wrong) else []
        if not defined or canonical(defined[0]) not in (*NAMES, "σ"):
            return False
        others = (piece for other in kept if isinstance(result := self.results[other], tuple) for piece in result)
        return not any(canonical(defined[0]) in called(piece.statement) for piece in others)

    def pieces(self) -> list[Piece]:
        """What counts of what is said.

        Raises:
            Wrong: an equation that counts cannot be understood; at an offset.
        """
        found = [*self.said]
        for place in sorted(self.kept):
            result = self.results[place]
            if isinstance(result, Wrong):
                raise result
            found += result if isinstance(result, tuple) else ()
        self.refuse_open(found)
        in_latex = [each for each in found if each.is_latex]
        refuse_complex(found, self.source.text)
        refuse_layers_by_name(found, self.own)
        refuse_units(found)
        self.layers.refuse_unclear(found)
        refuse_unknown_functions(in_latex, self.own)
        refuse_components(in_latex, found)
        refuse_clashes(found)
        found = at_steps(found, self.source.text)
        found = settled([replace(each, statement=one) for each in _retyped(found) for one in unstacked(each.statement)], self.prose())
        return [replace(each, statement=one) for each, one in zip(found, stepped(each.statement for each in found), strict=True)]

    def refuse_open(self, pieces: list[Piece]) -> None:
        """Refuse a function that is one of several by what the page says."""
        for piece in pieces if self.open else ():
            for name in applied(piece.statement):
                if functions := self.open.get(_as_written(name, piece).whole):
                    shown = piece.shown(name.place)
                    raise Wrong(f"{shown} is {' or '.join(functions)} by what the page says", rf"choose one: write {shown}(x) = \{functions[0]}(x)",
                                piece.offset(name.place.start))  # fmt: skip

    def fates(self) -> list[Fate]:
        """What became of each formula."""
        used = [squeezed(self.found[place].written.plain) for place in self.kept]
        kept = {piece.statement for place in self.kept if isinstance(result := self.results[place], tuple) for piece in result}
        fates = []
        for place, (formula, result) in enumerate(zip(self.found, self.results, strict=True)):
            if isinstance(result, Fate):
                again = result is Fate.UNUSED and formula.is_latex and formula.is_inline
                fates.append(Fate.RESTATED if again and any(squeezed(formula.written.plain) in text for text in used) else result)
            elif place not in self.kept or isinstance(result, Wrong):
                is_again = isinstance(result, tuple) and all(piece.statement in kept for piece in result)
                fates.append(Fate.RESTATED if is_again else Fate.UNUSED)
            else:
                fates.append(FATES[type(result[0].statement)])
        return fates


def _as_written(name: Name, piece: Piece) -> Name:
    """A function as the page writes it: the letter sigma, which is read as the function that it mostly is."""
    is_sigma = name.whole == "sigmoid" and piece.shown(name.place) in (r"\sigma", "σ")
    return replace(name, base="σ") if is_sigma else name


def unvalued(statement: Statement, table: frozenset[str]) -> Statement:
    """A statement with these functions as values."""

    def change(tree: Tree) -> Tree | None:
        return replace(tree.function, place=tree.place) if isinstance(tree, Call) and tree.function.whole in table else None

    if isinstance(statement, Definition) and statement.name.whole in table:
        return Equation(statement.name, rewritten(statement.body, change), place=statement.place)
    made: Statement = rewritten(statement, change)
    return made


def _retyped(pieces: list[Piece]) -> list[Piece]:
    r"""The pieces with \alpha as the page writes it: α if it types that letter somewhere, else alpha."""
    typed = {each for piece in pieces for name in names(piece.statement) for each in name.whole if each in GREEK_NAMES}
    table = {GREEK_NAMES[letter]: letter for letter in typed}

    def letters(tree: Tree) -> Tree | None:
        if isinstance(tree, Call):
            return replace(tree, operands=rewritten(tree.operands, letters))
        if not isinstance(tree, Name):
            return None
        base = "_".join(table.get(part, part) for part in tree.base.split("_"))
        return replace(tree, base=base, labels=tuple(table.get(each, each) for each in tree.labels))

    if not table:
        return pieces
    return [replace(each, statement=rewritten(each.statement, letters)) if each.is_latex else each for each in pieces]
