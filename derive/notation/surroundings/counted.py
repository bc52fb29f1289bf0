"""Which formulas of a page count: those that are displayed, and those in sentences that say what the displayed ones leave open.

What a sentence only supposes of a number does not count, and what it gives as an example defines nothing new.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from derive.notation.latex import parser as latex
from derive.notation.meaning.calls import NAMES, canonical
from derive.notation.pieces import Piece
from derive.notation.prose.fixed_values import is_weight
from derive.notation.prose.sentences import is_before_training, is_case, is_no_choice, is_no_part, is_of_training, is_supposed
from derive.notation.surroundings.fates import Fate, squeezed
from derive.notation.surroundings.formulas import Found
from derive.notation.surroundings.needed import Left, called, following, in_numbers, is_number, needed, unread_numbers
from derive.notation.tree import Declaration, Definition, Equation, Name, Number, Statement, names
from derive.notation.written import Wrong

Result = tuple[Piece, ...] | Wrong | Fate
"""What becomes of a formula when it is read: what it says, what is wrong with it, or the fate of what is not read."""


FATES: dict[type[Statement], Fate] = {Definition: Fate.DEFINITION, Equation: Fate.EQUATION, Declaration: Fate.DECLARATION}


@dataclass(frozen=True)
class Counted:
    """The formulas of a page, and what became of each when it was read.

    Attributes:
        found: the formulas, in their order.
        results: what each of them says.
        page: the text of the page.
        time: the letter of the time.
        own: the functions that the page defines.
        given: the names that its words call inputs, which no formula in a sentence defines.
    """

    found: Sequence[Found]
    results: Sequence[Result]
    page: str
    time: str
    own: Collection[str]
    given: Collection[str] = ()

    def kept(self) -> set[int]:
        """The places of the formulas that count."""
        has_display = any(each.counts and not each.is_inline for each in self.found)
        kept = {place for place, each in enumerate(self.found) if each.counts and not (each.is_inline and has_display)}
        kept -= {place for place in kept if (self.found[place].is_inline or self.is_case(place)) and self.is_supposed_number(place)}
        kept -= {place for place in kept if self.is_no_part(place)}
        kept -= {place for place, result in enumerate(self.results) if result in (Fate.CONTINUOUS, Fate.GRADIENT)}
        read = {place: tuple(p.statement for p in result) for place, result in enumerate(self.results) if isinstance(result, tuple)}
        others = {
            place: tuple(map(Left.of, read[place])) if place in read else self.lefts(place)
            for place, result in enumerate(self.results)
            if place not in kept and not isinstance(result, Fate) and not self.is_supposed_number(place)
            if not (self.is_no_part(place) or self.is_renaming(place))
        }
        others = {place: lefts for place, lefts in others.items() if not {n.whole for each in lefts for n in each.names} & {*self.given}}
        found: set[int] = set()
        while True:
            kept |= found | needed([each for place in sorted(kept | found) for each in read.get(place, ())], others, read)
            said = {place: read[place] for place in others if place in read and place not in kept and not self.is_supposed(place)}
            if not (found := following([each for place in sorted(kept) for each in read.get(place, ())], said, self.own)):
                break
        kept -= {place for place in kept if self.is_idle(place, kept)}
        kept -= set(unread_numbers({place: read[place] for place in kept if place in read}))
        numbers = {
            place: each for place, each in read.items() if place not in kept and is_number(each) and not self.is_supposed_number(place)
        }
        in_place = in_numbers({place: read[place] for place in kept if place in read}, numbers)
        return kept - in_place.keys() | {*in_place.values()}

    def is_supposed(self, place: int) -> bool:
        """Whether the sentence of a formula supposes it."""
        return self.found[place].is_inline and is_supposed(self.page, self.found[place].written.columns[0])

    def is_no_part(self, place: int) -> bool:
        """Whether a formula in a sentence is one of an exercise, or what training finds."""
        return self.found[place].is_inline and is_no_part(self.page, self.found[place].written.columns[0])

    def is_renaming(self, place: int) -> bool:
        """Whether a formula in a sentence gives a name without index another one, u <- v, or says how data are shifted, y_t = x_{t+1}."""
        result = self.results[place]
        (one, *others) = [piece.statement for piece in result] if isinstance(result, tuple) else [None]
        if others or not isinstance(one, Equation) or not (isinstance(one.left, Name) and isinstance(one.right, Name)):
            return False
        if one.left.time is not None and one.right.time is not None:
            every = [p.statement for each in self.results if isinstance(each, tuple) for p in each if p.statement != one]
            defined = {name.whole for each in every if isinstance(each, Equation) for name in names(each.left)}
            return self.found[place].is_inline and one.right.time > one.left.time and not {one.left.whole, one.right.whole} & defined
        timed = {
            name.whole
            for each in self.results
            if isinstance(each, tuple)
            for p in each
            for name in names(p.statement)
            if name.time is not None
        }
        return one.left.time is None and one.right.time is None and {one.left.whole, one.right.whole} <= timed

    def is_of_training(self, place: int) -> bool:
        """Whether a formula in a sentence is that of a number of the training, "the learning rate a = 0.01"."""
        return self.found[place].is_inline and is_of_training(self.page, self.found[place].written.columns[0])

    def is_no_choice(self, place: int) -> bool:
        """Whether a formula in a sentence is a number that nobody chose for the cell: one that training found, or a level of significance."""
        columns = self.found[place].written.columns
        return self.found[place].is_inline and is_no_choice(self.page, columns[0], columns[-1] + 1)

    def is_case(self, place: int) -> bool:
        """Whether words around a formula tell what is so in its case."""
        columns = self.found[place].written.columns
        return is_case(self.page, columns[0], columns[-1] + 1)

    def is_supposed_number(self, place: int) -> bool:
        """Whether the sentence of a formula supposes that something is a number, or speaks of a value at t that is one, "where m_t = 1"."""
        result = self.results[place]
        statements = _resolved([piece.statement for piece in result]) if isinstance(result, tuple) else []
        if statements and self.found[place].is_inline and all(_is_a_case(each) or _is_of_weights(each) for each in statements):
            return True
        is_beginning = bool(statements) and self.found[place].is_inline and all(map(_is_a_beginning, statements))
        if is_beginning and is_before_training(self.page, self.found[place].written.columns[0]):
            return True
        is_number = bool(statements) and all(isinstance(each, Equation) and isinstance(each.right, Number) for each in statements)
        return is_number and (self.is_supposed(place) or self.is_case(place) or self.is_of_training(place) or self.is_no_choice(place))

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

    def fates(
        self, kept: Collection[int], slopes: Collection[Statement], of_steps: Collection[Statement], by_name: Collection[Statement]
    ) -> list[Fate]:
        """What became of each formula.

        Args:
            kept: the places of those that count.
            slopes: the definitions that are declared slopes of others.
            of_steps: the equations of single steps in the place of which one of all steps is read.
            by_name: the equations of layers by their names that others write out.
        """
        used = [squeezed(self.found[place].written.plain) for place in kept]
        counting = {piece.statement for place in kept if isinstance(result := self.results[place], tuple) for piece in result}
        numbers = {each.left for each in counting if isinstance(each, Equation) and isinstance(each.right, Number)}
        fates = []
        for place, (formula, result) in enumerate(zip(self.found, self.results, strict=True)):
            if isinstance(result, Fate):
                again = result is Fate.UNUSED and formula.is_latex and formula.is_inline
                fates.append(Fate.RESTATED if again and any(squeezed(formula.written.plain) in text for text in used) else result)
            elif place not in kept or isinstance(result, Wrong):
                is_slope = isinstance(result, tuple) and all(piece.statement in slopes for piece in result)
                is_again = isinstance(result, tuple) and all(piece.statement in counting for piece in result)
                is_in_numbers = isinstance(result, tuple) and any(getattr(piece.statement, "left", None) in numbers for piece in result)
                fates.append(
                    Fate.DEFINITION
                    if is_slope
                    else Fate.RESTATED
                    if is_again
                    else Fate.IN_NUMBERS
                    if is_in_numbers
                    else Fate.SUPPOSED
                    if self.is_supposed(place)
                    else Fate.UNUSED
                )
            elif all(piece.statement in of_steps for piece in result):
                fates.append(Fate.STEP)
            elif all(piece.statement in by_name for piece in result):
                fates.append(Fate.BY_NAME)
            else:
                fates.append(FATES[type(result[0].statement)])
        return fates


def _resolved(statements: Sequence[Statement]) -> list[Statement]:
    """Statements, those of a chain each with what stands last in it: x = y = 0 as x = 0 and y = 0."""
    values = {each.left: each.right for each in statements if isinstance(each, Equation)}
    return [
        replace(each, right=values[each.right]) if isinstance(each, Equation) and values.get(each.right) not in (None, each.right) else each
        for each in statements
    ]


def _is_a_beginning(statement: Statement) -> bool:
    """Whether something says of a value without an index that it is a number or the unit matrix, as parameters are before they are trained."""
    if not isinstance(statement, Equation) or not isinstance(statement.left, Name) or statement.left.time is not None:
        return False
    is_unit = isinstance(statement.right, Name) and statement.right.whole in ("I", "identity")
    return (is_unit or isinstance(statement.right, Number)) and statement.left.labels[-1:] != ("0",)


def _is_of_weights(statement: Statement) -> bool:
    """Whether a sentence says of a bias or a matrix that it is 0 or 1, as they are before training, or in a case that it speaks of."""
    left = statement.left if isinstance(statement, Equation) else None
    is_number = isinstance(statement, Equation) and isinstance(statement.right, Number) and statement.right.text in ("0", "1", "0.0", "1.0")
    if not is_number or not isinstance(left, Name) or left.time is not None or left.labels[-1:] == ("0",):
        return False
    return is_weight(left.whole) or left.base[0] == "R"


def _is_a_case(statement: Statement) -> bool:
    """Whether something says of a value at t that it is a number, or a name that has no index."""
    if not isinstance(statement, Equation) or not isinstance(statement.left, Name) or statement.left.time is None:
        return False
    return isinstance(statement.right, Number) or (isinstance(statement.right, Name) and statement.right.time is None)
