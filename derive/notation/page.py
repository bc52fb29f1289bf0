"""A page to its notes and what the formulas on it say, each with its fate.

How formulas are found on a page is said in `surroundings/formulas.py`. A formula in the midst of prose counts where it defines what
displayed equations read, or a new value from what these define (`surroundings/counted.py`); what only prose says of a function is one of
its definitions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from derive.errors import NotationError
from derive.evidence import Unused
from derive.limits import FORMULAS, PAGE
from derive.notation.claims.chains import is_chain
from derive.notation.claims.partials import naming
from derive.notation.derivation import reading_derivation
from derive.notation.habits import meant
from derive.notation.habits.bare_sums import SIGN, summed
from derive.notation.habits.by_words import cased, is_condition
from derive.notation.habits.complex_values import refuse_complex
from derive.notation.habits.deep import for_each_layer
from derive.notation.habits.derivatives import by_time, discretised, is_named
from derive.notation.habits.layered import Layers, labelled
from derive.notation.habits.looks import refuse_clashes
from derive.notation.habits.named_functions import OTHERWISE, applied, as_written, refuse_open, said
from derive.notation.habits.numbered_steps import in_general
from derive.notation.habits.per_unit import refuse_units
from derive.notation.habits.picked import picked
from derive.notation.habits.primes import refuse_primes, transposed
from derive.notation.habits.restated import is_derivative, is_length, is_one_value, restates
from derive.notation.habits.signs import settled
from derive.notation.habits.slopes import by_cases, is_flat, is_slope_of, slope_of, with_slope
from derive.notation.habits.spelled import retyped
from derive.notation.habits.stacked import unstacked
from derive.notation.habits.steps import stepped
from derive.notation.habits.unindexed import at_steps
from derive.notation.latex import cases as latex_cases
from derive.notation.latex import parser as latex
from derive.notation.latex.words import joined_letters
from derive.notation.meaning.calls import NAMES
from derive.notation.pieces import Piece, Source
from derive.notation.plain import parser as plain
from derive.notation.prose.roles import given
from derive.notation.prose.said import DOTS, LETTER, spoken
from derive.notation.prose.sentences import is_assumed
from derive.notation.prose.words import NO_INDENT, blank, prose
from derive.notation.statements import at_ends, letters_of, says_nothing, unprimed, unvalued, valued
from derive.notation.surroundings.beside_the_cell import of_derivatives, of_gradients, of_others
from derive.notation.surroundings.counted import Counted, Result
from derive.notation.surroundings.fates import ADVICE, Fate, Formula, aside
from derive.notation.surroundings.forms import passed_over
from derive.notation.surroundings.formulas import Found, formulas, time_letter
from derive.notation.surroundings.lines import program
from derive.notation.surroundings.macros import Macros
from derive.notation.surroundings.regions import title
from derive.notation.tree import NOWHERE, Call, Declaration, Definition, Equation, Name, Statement, Tree, names
from derive.notation.written import Written, Wrong, raise_all, raised


@dataclass(frozen=True)
class Reading:
    """What a page says.

    Attributes:
        notes: its title, year, reference.
        pieces: its equations, functions and declarations, in their order.
        formulas: all that looks like mathematics on it, with what became of it.
        words: its prose, with formulas inside sentences as they stand.
        unread: the formulas of a derivation that cannot be understood, each with what is wrong.
        chains: the equations of a derivation that are about derivatives of one value by another, or over steps with ends.
        time: the letter of the time.
    """

    notes: dict[str, str]
    pieces: list[Piece]
    formulas: tuple[Formula, ...]
    words: str = ""
    unread: tuple[tuple[str, NotationError], ...] = ()
    chains: tuple[Piece, ...] = ()
    time: str = "t"

    @property
    def unused(self) -> tuple[Unused, ...]:
        """The formulas of which nothing is used."""
        return tuple(Unused(each.line, each.text, ADVICE[each.fate]) for each in self.formulas if each.fate in ADVICE)


def reading(text: str, gradients_of: Collection[str] | None = None) -> Reading:
    """What a page says, and what becomes of each formula on it.

    Args:
        text: the page.
        gradients_of: the values of a cell, if the page is a derivation of their gradients, by their names, but for its loss; gradients have
            names then, and what cannot be understood is told, each formula by itself.

    Raises:
        NotationError: a formula on it cannot be understood, and it is no derivation; or it is beyond a limit.
    """
    PAGE.check(len(text))
    with reading_derivation(gradients_of is not None):
        return _reading(text, None if gradients_of is None else frozenset(gradients_of))


def _reading(text: str, values: frozenset[str] | None) -> Reading:
    source = Source(text)
    try:
        notes, found = formulas(text, source)
        if beyond := [each for each in found if each.counts][FORMULAS.most :]:
            raise Wrong(FORMULAS.fact, FORMULAS.advice, beyond[0].written.columns[0])
        with spoken("t"):
            reader = _Reader(found, source, values)
            pieces = reader.pieces()
            fates = reader.counted.fates(reader.kept, reader.slopes, reader.of_steps, reader.by_name)
    except Wrong as wrong:
        raise source.error(wrong) from None
    if own_title := title(text):
        notes = {"title": own_title, **notes}
    shown = (Formula(e.written.plain, source.line(e.written.columns[0]), fate) for e, fate in zip(found, fates, strict=True))
    unread = ((found[place].written.plain, source.error(wrong)) for place, wrong in reader.unread.items())
    return Reading(notes, pieces, tuple(shown), reader.prose, tuple(unread), tuple(reader.chains), reader.time)


class _Reader:
    """Reads the formulas of a page.

    Attributes:
        own: the functions that the page defines.
        results: what each formula says.
        said: the definitions of functions of which only prose says what they are.
        slopes: the derivatives that the page takes for those of such functions.
        by_name: the equations of layers by their names that others write out.
        of_steps: the equations of single steps in the place of which one of all steps is read.
        layers: the names whose powers are labels.
        open: the functions of which prose names several that they may be.
        passed: the fates of the equations of derivatives, by place.
        kept: the places of the formulas that count.
        has_lags: whether the page writes h_{t-1} with braces.
        values: those whose gradients a derivation is of; None if the page is that of a cell.
        unread: what is wrong with those of a derivation that cannot be understood, by place.
        chains: the equations of a derivation about derivatives of one value by another.
    """

    def __init__(self, found: list[Found], source: Source, values: frozenset[str] | None) -> None:
        self.found, self.source, self.values = found, source, values
        self.unread: dict[int, Wrong] = {}
        self.chains: list[Piece] = []
        self.passed = dict(of_derivatives(found, source.text, values is not None))
        texts = [each for place, each in enumerate(found) if each.counts and place not in self.passed]
        displayed = [each for each in texts if not each.is_inline]
        self.time = next(filter(None, (time_letter(each.written.plain for each in every) for every in (displayed, texts))), "t")
        LETTER.set(self.time)
        self.own: frozenset[str] = frozenset()
        self.has_lags = re.search(rf"[_^]\s*\{{\(?\s*{self.time}\s*-", source.text) is not None
        self.words = joined_letters(each.written.plain for each in found if each.is_latex)
        self.results = self.read_all()
        self.said, self.slopes = list[Piece](), set[Definition]()
        self.of_steps, self.by_name = set[Statement](), set[Statement]()
        self.layers = Layers()
        self.open: dict[str, tuple[str, ...]] = {}
        while more := self.functions() - self.own:
            self.own |= more
            self.results = self.read_all()
        self.results = self.in_layers(self.of_values())
        if values is not None:
            self.results = self.with_gradients(values)
        self.pass_others()
        known = {name.whole for piece in self.every() for name in names(piece.statement)}
        self.counted = Counted(self.found, self.results, source.text, self.time, self.own, given(self.prose, known))
        self.kept = self.counted.kept() | set(self.named_gradients())

    def named_gradients(self) -> Iterator[int]:
        r"""The places of the formulas of a derivation that give a gradient a name, in a sentence too: "with $\delta_t = \partial L/\partial z_t$"."""
        for place, result in enumerate(self.results) if self.values is not None else ():
            is_new = isinstance(result, tuple) and not all(says_nothing(piece.statement) for piece in result)
            if is_new and self.found[place].counts and is_named(self.found[place].written.plain):
                yield place

    def with_gradients(self, values: frozenset[str]) -> list[Result]:
        """What is said, where gradients have names."""
        named = naming((piece for piece in self.every() if piece.is_latex), values)
        return [tuple(map(named, result)) if isinstance(result, tuple) else result for result in self.results]

    def pass_others(self) -> None:
        """Pass over what reads the gradients of the page and, where it is that of a cell, over equations of other models."""
        fates = dict.fromkeys(of_gradients(self.found, self.results, self.parsed), Fate.GRADIENT)
        self.passed |= fates
        for place, fate in fates.items():
            self.results[place] = fate
        for place, fate in (of_others(self.found, self.results, self.source.text, self.parsed) if self.values is None else {}).items():
            self.results[place] = fate

    def read_all(self) -> list[Result]:
        """What each formula says."""
        results = [self.passed[place] if place in self.passed else self.read(each) for place, each in enumerate(self.found)]
        used = {part for result in results if isinstance(result, tuple) for each in result for part in letters_of(each.statement)}
        return [
            tuple(replace(each, statement=unprimed(each.statement, used)) for each in result) if isinstance(result, tuple) else result
            for result in results
        ]

    def functions(self) -> set[str]:
        """The functions that the page defines, in formulas or in words."""
        defined = {each.statement.name.whole for each in self.every() if isinstance(each.statement, Definition)}
        if not self.said:
            words = said(self.prose, [as_written(name, piece) for piece in self.every() for name in applied(piece.statement)])
            for name, functions in words:
                if name.whole not in defined and len(functions) == 1:
                    self.said.append(self.in_words(name, functions[0]))
                elif name.whole not in defined or OTHERWISE in functions:
                    self.open[name.whole] = functions
        return defined | {each.statement.name.whole for each in self.said if isinstance(each.statement, Definition)}

    @cached_property
    def prose(self) -> str:
        """The words of the page, with formulas inside sentences as they stand."""
        kept = list(self.source.text)
        for each in self.found:
            if each.counts and not each.is_inline:
                start, stop = each.written.columns[0], each.written.columns[-1] + 1
                kept[start:stop] = blank(self.source.text[start:stop])
                kept[start] = NO_INDENT
        return Macros(self.source.text).expanded_in_words(prose("".join(kept)))

    def in_words(self, name: Name, function: str) -> Piece:
        """The definition of a function that prose names."""
        a = Name("a")
        body: Tree = a if function == "identity" else Call(Name(function), (a,))
        made = Definition(replace(name, place=NOWHERE), (a,), body)
        made = with_slope(made, slope) if (slope := self.slope_of(name)) else made
        nothing = Written(f"{name.whole}(a) = {function}(a)", (0,))
        return Piece(nothing, nothing, made, self.source, is_latex=False)

    def slope_of(self, name: Name) -> Definition | None:
        """The derivative that the page takes for that of a function, as it says: f'(x) = ..."""
        found = slope_of(name, (each.statement for each in self.every()))
        self.slopes |= {found} if found else set()
        return found

    def with_slope(self, piece: Piece) -> Piece:
        """The definition of a function that is flat with the derivative that the page takes for that of it."""
        made = piece.statement
        if isinstance(made, Equation):
            every = [each.statement for each in self.every()]
            sloped = by_cases(made, every)
            self.slopes |= {each for each in every if isinstance(each, Definition) and sloped != made and is_slope_of(made, each)}
            return replace(piece, statement=sloped)
        slope = self.slope_of(made.name) if isinstance(made, Definition) and is_flat(made) else None
        return replace(piece, statement=with_slope(made, slope)) if isinstance(made, Definition) and slope else piece

    def every(self) -> list[Piece]:
        """All that formulas say."""
        return [piece for result in self.results if isinstance(result, tuple) for piece in result]

    def read(self, each: Found) -> Result:
        """What a formula says, or what is wrong with it; the fate of what is not read."""
        if not each.counts:
            return aside(each.written.plain, each.is_inline) if each.is_latex else Fate.UNUSED
        return self.parsed(each)

    def parsed(self, each: Found) -> Result:
        """What a formula says that counts, or what is wrong with it."""
        text, columns = each.written.plain, each.written.columns
        try:
            if not each.is_latex:
                statements = plain.parse(text, self.time)
                statements = tuple(summed(one, self.source.text) for one in statements) if SIGN in text else statements
            elif latex_cases.are_cases(text):
                statements = latex_cases.parse(text, self.own, self.time)
            else:
                statements = latex.parse(text, self.own, self.time, self.words, self.has_lags)
            statements = tuple(map(at_ends, statements))
        except Wrong as wrong:
            return wrong.moved(lambda column: columns[column] if column < len(columns) else columns[-1] + 1)
        if each.is_latex and not (statements := tuple(one for one in statements if not restates(one, self.own))):
            return Fate.BUILT_IN
        if each.is_inline and statements and all(map(is_one_value, statements)):
            return Fate.MENTION
        if statements and all(map(is_length, statements)):
            return Fate.RANGE
        if self.values is None and statements and all(is_derivative(one, self.own) for one in statements):
            return Fate.GRADIENT
        return tuple(Piece(each.written, each.written, statement, self.source, each.is_latex) for statement in statements)

    def of_values(self) -> list[Result]:
        r"""What is said, where E(y, \hat{y}) is E."""
        table = valued(piece.statement for piece in self.every()) - NAMES
        if not table:
            return self.results
        self.own -= table
        return [
            tuple(replace(piece, statement=unvalued(piece.statement, table)) for piece in result) if isinstance(result, tuple) else result
            for result in self.read_all()
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

    def pieces(self) -> list[Piece]:
        """What counts of what is said.

        Raises:
            Wrong: an equation that counts cannot be understood; at an offset.
        """
        self.refuse_no_equation()
        found = [*self.said]
        for place in sorted(self.kept):
            result = self.results[place]
            found += result if isinstance(result, tuple) else ()
        found = self.in_cases(found)
        every = transposed([self.with_slope(each) for each in picked(found)], self.prose)
        found = meant.spelled_out(every, self.own)
        self.by_name = {each.statement for each in every} - {each.statement for each in found}
        wrong = {place: result for place in sorted(self.kept) if isinstance(result := self.results[place], Wrong)}
        wrong = {place: each for place, each in wrong.items() if not self.is_written_out(place, found)}
        for place in passed_over({place: self.found[place].written for place in self.kept}, wrong, found, self.counted.lefts, self.time):
            self.results[place] = Fate.OTHER_FORM
            wrong.pop(place, None)
            found = [each for each in found if each.written is not self.found[place].written]
        if self.values is not None:
            self.unread, wrong = wrong, {}
            self.chains = [each for each in found if is_chain(each.statement, self.values)]
            found = [each for each in found if each not in self.chains]
        in_latex = [each for each in found if each.is_latex]
        drawn = [(each.written.plain, each.written.columns[0]) for each in self.found if meant.SIM.search(each.written.plain)]
        drawn = [(written, at) for written, at in drawn if not is_assumed(self.source.text, at)]
        raise_all(raised(lambda: refuse_complex(found, self.source.text)) or list(wrong.values()) or raised(
            lambda: meant.refuse_drawn(drawn, found), lambda: refuse_open(found, self.open, len(self.source.text)),
            lambda: meant.refuse_layers_by_name(found, self.own), lambda: refuse_units(found), lambda: self.layers.refuse_unclear(found),
            lambda: meant.refuse_unknown_functions(found, self.own, self.prose),
            lambda: meant.refuse_components(in_latex, found), lambda: refuse_clashes(found), lambda: refuse_primes(found, self.values or ())
        ))  # fmt: skip
        found = for_each_layer(found, self.source.text)
        general = in_general(found)
        self.of_steps = {each.statement for each in found} - {
            each.statement for each in found for one in general if one.written is each.written
        }
        found = at_steps(general, self.source.text)
        found = settled([replace(each, statement=one) for each in retyped(found) for one in unstacked(each.statement)], self.prose)
        return [replace(each, statement=one) for each, one in zip(found, stepped(each.statement for each in found), strict=True)]

    def in_cases(self, found: list[Piece]) -> list[Piece]:
        """What counts, with the cases by steps that words around equations say."""
        others = {place: each for place, each in enumerate(self.results) if place not in self.kept and isinstance(each, tuple)}
        made, used = cased(found, others, self.time)
        conditions = [place for place, each in enumerate(self.found) if made != found and is_condition(each.written.plain)]
        for place in (*used, *conditions):
            self.results[place] = Fate.CASE
        return made

    def is_written_out(self, place: int, found: list[Piece]) -> bool:
        """Whether a formula has dots and gives a value of which another one is understood; it is passed over then."""
        lefts = {each.statement.left for each in found if isinstance(each.statement, Equation)}
        is_long = DOTS.search(self.found[place].written.plain) is not None
        if is_long and any(name in lefts for left in self.counted.lefts(place) for name in left.names):
            self.results[place] = Fate.STEP
        return self.results[place] is Fate.STEP

    def refuse_no_equation(self) -> None:
        """Refuse a page that has a differential equation or a program, and no equation.

        Raises:
            Wrong: it is one; at an offset.
        """
        results = [self.results[place] for place in self.kept]
        says = [isinstance(each, Wrong) or (isinstance(each, tuple) and not isinstance(each[0].statement, Declaration)) for each in results]
        if any(says):
            return
        for place in (place for place, fate in self.passed.items() if fate is Fate.CONTINUOUS):
            written = self.found[place].written
            raise Wrong(
                "a differential equation says nothing of steps", discretised(written.plain, by_time(written.plain)), written.columns[0]
            )
        if (at := program(self.source.text)) >= 0:
            raise Wrong("this is a program, and no equation is on the page", "write what one step computes as equations, a line each, such as "
                        "h_t = tanh(W x_t + U h_{t-1} + b)", at)  # fmt: skip
