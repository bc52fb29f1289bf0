"""Which formulas in the midst of prose count: those that define what the equations that count read, and new values computed from theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from derive.notation.habits.meant import Key, key
from derive.notation.meaning.calls import NAMES, SHORT, canonical
from derive.notation.meaning.losses import NAMES as LOSSES
from derive.notation.tree import (
    ENDS,
    Bracketed,
    Call,
    Definition,
    Equation,
    Listed,
    Name,
    Number,
    OverIndex,
    Row,
    Statement,
    Tree,
    names,
    parts,
    rewritten,
)


@dataclass(frozen=True)
class Left:
    """What a formula defines: a function, or names with their indices; nothing if its left side cannot be read."""

    function: str = ""
    names: tuple[Name, ...] = ()

    @staticmethod
    def of(statement: Statement) -> Left:
        """The left side of a statement."""
        if isinstance(statement, Definition):
            return Left(statement.name.whole)
        return Left("", (statement.left,)) if isinstance(statement, Equation) and isinstance(statement.left, Name) else Left()


def needed(statements: Iterable[Statement], lefts: Mapping[int, tuple[Left, ...]], pieces: Mapping[int, tuple[Statement, ...]]) -> set[int]:
    """The places of the formulas in prose that count; of two that define a value it is the one that says its number.

    Args:
        statements: the equations that count.
        lefts: what each formula in prose defines, by place.
        pieces: the formulas in prose that can be read, by place.
    """
    candidates = dict(sorted(lefts.items(), key=lambda each: (not is_number(pieces.get(each[0], ())), each[0])))
    state = _State()
    for statement in statements:
        state.take(statement)
    found: set[int] = set()
    while (place := next((place for place, each in candidates.items() if any(map(state.needs, each))), None)) is not None:
        found.add(place)
        del candidates[place]
        for statement in pieces.get(place, ()):
            state.take(statement)
    return found


def is_number(statements: Collection[Statement]) -> bool:
    """Whether a formula says of one value without an index which number it is."""
    (one, *others) = statements or (None,)
    is_equation = isinstance(one, Equation) and isinstance(one.left, Name) and isinstance(one.right, Number)
    return is_equation and not others and one.left.time is None  # type: ignore[union-attr]


def unread_numbers(counting: Mapping[int, tuple[Statement, ...]]) -> list[int]:
    """The places of formulas that say which number a value is that nothing reads, as the number of steps or of units, N = 7200."""
    numbers = {place: one.left for place, (one, *_) in counting.items() if is_number(counting[place]) and isinstance(one, Equation)}
    others = [each for place, each in counting.items() if place not in numbers]
    read = {key(name) for each in others for one in each for name in names(one)}
    return [place for place, left in numbers.items() if others and isinstance(left, Name) and key(left) not in read and len(key(left)) == 1]


def in_numbers(counting: Mapping[int, tuple[Statement, ...]], numbers: Mapping[int, tuple[Statement, ...]]) -> dict[int, int]:
    """The places of formulas of which the page says which number they give, a = dt/tau with a = 0.2, and of those for them alone; with where it does.

    Args:
        counting: the equations that count, by place; a formula with a name that another one of them has is none of these.
        numbers: the formulas that say which number a value is, by place.
    """
    found: dict[int, int] = {}
    told = {key(each.left): place for place, (each, *_) in numbers.items() if isinstance(each, Equation) and isinstance(each.left, Name)}
    for place, statements in counting.items():
        (one, *others) = statements or (None,)
        left = one.left if isinstance(one, Equation) and isinstance(one.left, Name) and not others else None
        if left is None or left.time is not None or key(left) not in told or isinstance(one.right, Number):  # type: ignore[union-attr]
            continue
        made_of = set(map(key, names(one.right)))  # type: ignore[union-attr]
        beside = [other for other in counting if other != place]
        alone = [other for other in beside if is_number(counting[other]) and {key(name) for name in names(counting[other][0])} <= made_of]
        elsewhere = {key(name) for other in beside if other not in alone for each in counting[other] for name in names(each)}
        if made_of and not made_of & elsewhere and all(name.time is None for name in names(one.right)):  # type: ignore[union-attr]
            found |= dict.fromkeys((place, *alone), told[key(left)])
    return found


def following(statements: Iterable[Statement], pieces: Mapping[int, tuple[Statement, ...]], functions: Collection[str]) -> set[int]:
    """The places of the formulas in prose that define what is new from what the equations that count define: the output is y_t = V h_t.

    Args:
        statements: the equations that count.
        pieces: the formulas in prose that can be read and say what is so, by place.
        functions: what the page defines; a formula with a function that is not known says nothing.
    """
    state, counting = _State(), list(statements)
    ends = _ends(counting)
    pieces = {place: each for place, each in pieces.items() if not any(_is_applied_unknown(one, functions) for one in each)}
    for statement in counting:
        state.take(statement)
    found: set[int] = set()
    while (
        place := next(
            (place for place in sorted(pieces.keys() - found) if all(state.follows(each, counting, ends) for each in pieces[place])), None
        )
    ) is not None:
        found.add(place)
        for statement in pieces[place]:
            state.take(statement)
            counting.append(statement)
            ends |= {key(statement.left)} if isinstance(statement, Equation) and isinstance(statement.left, Name) else set()
    return found


def _ends(statements: Iterable[Statement]) -> set[Key]:
    """The names with equations that no other equation reads at the same step, states, and those that are the same at each step."""
    equations = [each for each in statements if isinstance(each, Equation) and isinstance(each.left, Name)]
    read = {
        key(name) for each in equations for name in names(each.right) if name.time == 0 and key(name) not in set(map(key, names(each.left)))
    }
    states = {key(name) for each in equations for name in names(each.right) if name.time}
    return {key(name) for each in equations for name in names(each.left) if key(name) not in read - states or name.time is None}


class _State:
    """What the equations that count define and read."""

    def __init__(self) -> None:
        self.defined: set[Key] = set()
        self.lefts: set[Name] = set()
        self.reads: set[Key] = set()
        self.names: set[Name] = set()
        self.called: set[str] = set()

    def take(self, statement: Statement) -> None:
        """Count a statement."""
        left = Left.of(statement)
        self.lefts |= set(left.names)
        if isinstance(statement, Equation):
            self.defined |= {key(name) for name in names(statement.left)}
            right: Tree = statement.right
        elif isinstance(statement, Definition):
            self.defined.add(key(statement.name))
            right = rewritten(statement.body, lambda node: Number("0") if node in statement.operands else None)
        else:
            return
        self.names |= set(names(right))
        self.reads |= {key(name) for name in names(right)}
        letters = {name.second for name in names(right)} | {each.letter for each in parts(right) if isinstance(each, OverIndex)}
        self.reads |= {key(name)[:-1] for name in names(right) if name.time is None and name.labels[-1:] and name.labels[-1] in letters}
        self.reads |= {(name.base, "0") for name in names(right) if any(each.endswith("_minus_1") for each in name.labels)}
        self.reads |= {key(name)[:-1] for name in names(right) if _is_last(name)}
        self.called |= called(right)

    def needs(self, each: Left) -> bool:
        """Whether a formula defines what is read and not defined, or the first value of what is defined."""
        if each.function:
            return canonical(each.function) in self.called
        if not each.names:
            return False
        (name,) = each.names
        own = key(name)
        if own in self.defined:
            return name in self.names and name.time is None and name not in self.lefts
        return own in self.reads or (own[-1:] == ("0",) and own[:-1] in self.defined)

    def is_total(self, name: Name) -> bool:
        """Whether a name without an index is that of a value with an equation, a sum over all steps for instance."""
        return name.time is None and name in self.lefts

    def follows(self, statement: Statement, counting: Iterable[Statement], ends: Collection[Key]) -> bool:
        """Whether a statement defines a new value from those that are defined.

        Not a part of an equation once more, a name for several values, or a measure that is computed from the loss, as the perplexity is.
        """
        if not isinstance(statement, Equation) or not isinstance(statement.left, Name) or isinstance(statement.right, Name | Number):
            return False
        left, right = statement.left, statement.right
        if (isinstance(right, Listed) and right.is_tuple) or _is_of_each(left, right):
            return False
        if any(self.is_total(name) and name.whole in LOSSES for name in names(right)) and left.base not in LOSSES:
            return False
        is_total = left.time is None and any(isinstance(each, OverIndex) and each.letter == "t" for each in parts(right))
        values = list(_whole(right))
        last = {key(name)[:-1] for name in values if _is_last(name)}
        read = {key(name) for name in values if name.time == 0 or self.is_total(name)} | last
        is_total = is_total or (left.time is None and (bool(last & self.defined) or any(map(self.is_total, values))))
        is_known = left in self.lefts if is_total else key(left) in self.defined
        telling = self.defined if is_total and left.base in LOSSES else self.defined & set(ends)
        if not (left.time == 0 or is_total) or is_known or not read & telling:
            return False
        return not any(part == right for each in counting if isinstance(each, Equation) for part in parts(each.right))


def _is_of_each(left: Name, right: Tree) -> bool:
    """Whether a formula is one for each value of a letter that both sides have, K_j = c^T (a^j ⊙ b)."""
    letter = left.labels[-1] if left.time is None and left.labels else ""
    return len(letter) == 1 and letter.islower() and any(letter in name.labels for name in names(right))


def _is_last(name: Name) -> bool:
    """Whether it is the value at the last step, h_T."""
    return name.time is None and name.labels[-1:] != () and name.labels[-1] in ENDS


def _whole(tree: Tree) -> Iterator[Name]:
    """The names in a tree; y for the component y_j of which a sum over j is."""
    letters = {each.letter for each in parts(tree) if isinstance(each, OverIndex)}
    for name in names(tree):
        is_component = name.labels[-1:] != () and name.labels[-1] in letters
        yield replace(name, labels=name.labels[:-1]) if is_component else name


def _is_applied_unknown(tree: Tree, functions: Collection[str]) -> bool:
    """Whether something is applied in a tree of which nothing is said, or a letter stands before parentheses that may be a function."""
    for part in parts(tree):
        if isinstance(part, Call) and canonical(part.function.whole) not in {*NAMES, *SHORT, "σ", *map(canonical, functions)}:
            return True
        factors = [part.first, *(each for _, each in part.rest)] if isinstance(part, Row) else []
        for before, behind in zip(factors, factors[1:], strict=False):
            is_matrix = isinstance(before, Name) and before.base[0].isupper() and before.labels
            if isinstance(before, Name) and before.time is None and isinstance(behind, Bracketed) and not is_matrix:
                return True
    return False


def called(tree: Tree) -> set[str]:
    """The functions that are applied in a tree, by their one name; σ is the built-in function unless a page defines it."""
    found = {canonical(each.function.whole) for each in parts(tree) if isinstance(each, Call)}
    listed = {canonical(each.whole) for each in names(tree) if each.time is None}
    return found | listed | ({"σ"} if "sigmoid" in found | listed else set())
