r"""Rows of parts of a formula in LaTeX to trees: what stands beside what decides.

A function and its operand, a name and a parenthesis, two factors; then products before sums, as in the plain notation. A quotient and what
stands beside it is the product of both, `1/\tau (x)`, where that can only be meant so; else it has two readings.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from contextvars import ContextVar
from dataclasses import replace

from derive.notation.derivation import IN_DERIVATION
from derive.notation.latex.applied import UNSAID, applied, called, merged, no_index
from derive.notation.latex.conditions import indicator, is_indicator
from derive.notation.latex.parts import (
    TRANSPOSED,
    After,
    Function,
    Gradient,
    Group,
    Mark,
    Name,
    Over,
    Part,
    Sign,
    Value,
    derivative,
    function_name,
    has,
    is_differential,
    letter_of,
    only,
    raised,
    refuse_power,
    split,
)
from derive.notation.latex.words import joined
from derive.notation.statements import two_readings
from derive.notation.tree import (
    Bracketed,
    Joined,
    Listed,
    Negative,
    Operator,
    OverIndex,
    OverSteps,
    Place,
    Product,
    Row,
    Rows,
    Sloped,
    Sum,
    Tree,
)
from derive.notation.tree import Name as Named
from derive.notation.written import Wrong

FUNCTION_LETTERS = frozenset({"sigma", "phi", "psi", "rho", "Phi", "Psi", "f", "g"})
"""Letters that are functions before a parenthesis; another letter there is a factor."""
OPERATORS = {"ELEMENTWISE": Operator.ENTRIES, "OUTER": Operator.OUTER, "TIMES": Operator.STAR, "OVER": Operator.OVER}
MEANT = "write one equation, such as h_t = \\tanh(W x_t + U h_{t-1} + b)"


OWN: ContextVar[Collection[str]] = ContextVar("the functions that the page defines", default=())


def row(parts: Sequence[Part], *, is_left: bool = False) -> Tree:
    """The tree of a row of parts; the functions of the page are in `OWN`.

    Args:
        parts: from left to right.
        is_left: whether an equation begins with it, so that f(x) is what is defined.

    Raises:
        Wrong: the parts do not make an expression.
    """
    reader = _Row([each for each in joined(parts) if not (isinstance(each, Sign) and each.kind in ("CELL", "NEWLINE"))], is_left)
    made = reader.sum()
    if reader.word("slope"):
        slope = reader.sum()
        by = reader.sum() if reader.word("by") else None
        made = Sloped(made, slope, by, place=made.place.to((by or slope).place))
    if (rest := reader.peek()) is not None:
        raise _misplaced(rest)
    return made


def listed(group: Group) -> tuple[Tree, ...]:
    """The values in a group, between its commas and semicolons."""
    return tuple(row(each) for each in split(group.parts, ("COMMA", "SEMICOLON")))


def _summed(terms: Sequence[tuple[int, Tree]]) -> Tree:
    """The sum of terms; one by itself."""
    first, last = terms[0][1], terms[-1][1]
    return Sum(tuple(terms), place=first.place.to(last.place)) if len(terms) > 1 else first


class _Row:
    """Reads parts from left to right, sums of products of rows of factors."""

    def __init__(self, parts: Sequence[Part], is_left: bool) -> None:
        self.parts, self.is_left, self.at = parts, is_left, 0
        self.own = OWN.get()

    def peek(self, ahead: int = 0) -> Part | None:
        """The part that comes next, or one behind it; without braces around it."""
        place = self.at + ahead
        return only(self.parts[place]) if place < len(self.parts) else None

    def sign(self, *kinds: str) -> Sign | None:
        """The sign that comes next, if it is of one of these kinds; it is read then."""
        part = self.peek()
        if not isinstance(part, Sign) or part.kind not in kinds:
            return None
        self.at += 1
        return part

    def sum(self) -> Tree:
        sign = self.sign("PLUS", "MINUS")
        first = self.product()
        if sign and sign.kind == "MINUS":
            first = Negative(first, place=sign.place.to(first.place))
        terms = [(1, first)]
        while sign := self.sign("PLUS", "MINUS", "JOINED"):
            if sign.kind == "JOINED":
                terms = [(1, self.with_ring(_summed(terms)))]
                continue
            following = self.sign("PLUS", "MINUS")
            term = self.product()
            if following and following.kind == "MINUS":
                term = Negative(term, place=following.place.to(term.place))
            terms.append((-1 if sign.kind == "MINUS" else 1, term))
        return _summed(terms)

    def with_ring(self, left: Tree) -> Tree:
        """What stands before a sign ⊕, with what stands behind it."""
        right = self.product()
        return Joined(left, right, place=left.place.to(right.place))

    def product(self) -> Tree:
        first = self.factors()
        rest: list[tuple[Operator, Tree]] = []
        while sign := self.sign(*OPERATORS):
            minus = self.sign("PLUS", "MINUS")
            operator = OPERATORS[sign.kind]
            factor = (
                self.below(sign, first.place.to((rest[-1][1] if rest else first).place))
                if operator is Operator.OVER and not minus
                else self.factors()
            )
            if minus and minus.kind == "MINUS":
                factor = Negative(factor, place=minus.place.to(factor.place))
            rest.append((operator, factor))
            if operator is Operator.OVER and self.begins_factor():
                first = Product(first, tuple(rest), place=first.place.to(factor.place))
                following = self.factors()
                others = (
                    ((Operator.BESIDE, following.first), *following.rest) if isinstance(following, Row) else ((Operator.BESIDE, following),)
                )
                first, rest = Row(first, others, place=first.place.to(following.place)), []
        return Product(first, tuple(rest), place=first.place.to(rest[-1][1].place)) if rest else first

    def below(self, sign: Sign, above: Place) -> Tree:
        """What stands below a slash: one factor; a product there has two readings, unless the slash is tight and a space is set behind the factor.

        Args:
            sign: the slash.
            above: where that stands which is above it.
        """
        factor = self.factor()
        following = self.peek()
        if isinstance(following, Name | Value) and not isinstance(self.function(), Function):
            ends_in_command = isinstance(factor, Named) and factor.spelling.is_command and not factor.labels and factor.time is None
            is_tight = above.stop == sign.place.start and sign.place.stop == factor.place.start
            if ends_in_command or not is_tight or following.place.start == factor.place.stop:
                behind = itertools.takewhile(lambda part: isinstance(part, Name | Value | Group), self.parts[self.at :])
                raise two_readings(sign.place, above.start, factor.place, [*behind][-1].place.stop)
        return factor

    def begins_factor(self) -> bool:
        """Whether a factor comes next; an empty group, which keeps a letter from being a function, is none and is passed over."""
        while isinstance(part := self.peek(), Group) and part.opening == "{" and not part.parts and not part.after:
            self.at += 1
        return isinstance(part, Name | Value | Group | Function | Over | Gradient) and not _is_word(part, "slope", "by")

    def word(self, word: str) -> bool:
        """Whether this word of the notation comes next; it is read then."""
        is_next = _is_word(self.peek(), word)
        self.at += is_next
        return is_next

    def factors(self) -> Tree:
        """Factors side by side."""
        made = [self.factor()]
        while self.begins_factor():
            part = self.peek()
            if isinstance(part, Group) and part.opening == "[" and has(part.parts, "COLON"):
                self.at += 1
                made[-1] = self.rows(made[-1], part)
            elif isinstance(part, Value) and part.kind == "ones" and self.condition() is None:
                self.at += 1
                made[-1] = called("sum_columns", made[-1], place=made[-1].place.to(part.place))
            else:
                made.append(self.factor())
        if len(made) == 1:
            return made[0]
        return Row(made[0], tuple((Operator.BESIDE, each) for each in made[1:]), place=made[0].place.to(made[-1].place))

    def rows(self, base: Tree, group: Group) -> Tree:
        """v[a:b]."""
        cells = split(group.parts, ("COLON",))
        if len(cells) != 2:
            raise Wrong("these rows are not understood", "write v_t[0:n_h]", group.place.start)
        start, stop = (row(each) if each else None for each in cells)
        place = base.place.to(group.place)
        return raised(Rows(base, start, stop, place=place), group.after, place.stop)

    def factor(self) -> Tree:
        """One factor.

        Raises:
            Wrong: none comes next.
        """
        self.begins_factor()
        if IN_DERIVATION.get() and (derived := self.derivative()) is not None:
            return derived
        if (made := self.condition()) is not None:
            self.at += 2
            return made
        function, part = self.function(), self.peek()
        if part is None:
            last = self.parts[-1] if self.parts else None
            if isinstance(last, Sign):
                raise Wrong(f"nothing stands behind '{last.text}'", "write the value that is missing", last.place.stop)
            raise Wrong("a value is missing here", MEANT, last.place.stop if last else 0)
        self.at += 1
        if function is not None:
            return self.call(function)
        if isinstance(part, Over):
            if not self.begins_factor() and not isinstance(self.peek(), Sign):
                raise Wrong("the sum is of nothing", "write what is summed behind it", part.place.start)
            body = self.product()
            if part.ends is not None:
                return OverSteps(part.kind, part.letter, *part.ends, body, place=part.place.to(body.place))
            return OverIndex("sum", part.letter, part.reach, body, place=part.place.to(body.place))
        if isinstance(part, Value) and part.kind == "ones^T" and self.begins_factor():
            return self.call(Function("sum", part.place, r"\mathbf{1}^\top"))
        return self.value(part)

    def condition(self) -> Tree | None:
        """What is 1 where the condition holds that comes next, behind the sign of one; None if none does."""
        group = self.peek(1) if is_indicator(self.peek()) else None
        made = indicator(group.parts, row) if isinstance(group, Group) and group.opening != "<" else None
        return made and raised(made, group.after, group.place.stop)  # type: ignore[union-attr]

    def derivative(self) -> Tree | None:
        r"""The derivative that comes next: \partial L / \partial h_t, dL/dh_t or \nabla_{h_t} L, with what follows it; None if none does."""
        first, of, slash, second, by = (self.peek(ahead) for ahead in range(5))
        other, last = of, by  # the last of the two names may have a power, which is that of the derivative
        if isinstance(first, Gradient):
            self.at += 2
            other, last = first.by, of
        elif is_differential(first) and isinstance(slash, Sign) and slash.kind == "OVER" and is_differential(second):
            self.at += 5
        elif isinstance(first, Value) and first.kind in ("partial", "nabla"):
            last = None
        else:
            return None
        assert first is not None
        if not isinstance(last, Name):
            return derivative(None, None, first.place)
        place = first.place.to(last.place)
        bare = replace(last, after=())
        made = derivative(bare, other, place) if isinstance(first, Gradient) else derivative(other, bare, place)
        return raised(made, last.after, place.stop)

    def value(self, part: Part) -> Tree:
        """One part as a factor."""
        if isinstance(part, Name):
            return raised(part.tree, part.after, part.place.stop)
        if isinstance(part, Value):
            return part.tree
        if isinstance(part, Group):
            return raised(self.group(part), part.after, part.place.stop)
        if isinstance(part, Function):
            raise Wrong(f"{part.text} is applied to nothing", f"write {part.text}(...)", part.place.start)
        raise _misplaced(part)

    def group(self, group: Group) -> Tree:
        if group.opening == "{":
            return row(group.parts)
        if group.opening == "<":
            return called("dot", *listed(group), place=group.place)
        if group.opening in "([" and (made := indicator(group.parts, row)) is not None:
            return made
        if group.opening == "[" or has(group.parts, "COMMA", "SEMICOLON"):
            return Listed(listed(group), has(group.parts, "SEMICOLON"), group.opening == "(", place=group.place)
        if not group.parts:
            raise Wrong("there is nothing in these brackets", MEANT, group.place.start)
        return Bracketed(row(group.parts), place=group.place)

    def function(self) -> Function | None:
        """The function that comes next: one by its own right, or a name before a bracket."""
        part, bracket = self.peek(), self.peek(1)
        if isinstance(part, Function):
            return part
        if not isinstance(part, Name) or part.time is not None or part.second:
            return None
        is_sigma = part.whole in ("sigma", "σ")
        if is_sigma and isinstance(bracket, Name) and not part.after and self.at + 1 < len(self.parts):
            advice = r"put what it is applied to in parentheses, \sigma(...), or write \sigma \cdot for a number of that name"
            raise Wrong(r"how far \sigma reaches is not clear", advice, part.place.start)
        if not isinstance(bracket, Group) or bracket.opening == "{" or not bracket.parts or has(bracket.parts, "COLON"):
            return None
        letter, rest = letter_of(part), part.base.split("_")[1:]
        is_defined = self.at == 0 and self.is_left and bracket.opening == "("
        is_word = part.is_word and len(part.base) > 1 and not part.labels and bracket.opening == "("
        known = "" if part.labels or len(part.base) == 1 else function_name(part.base)
        is_own = part.whole in self.own or (is_sigma and bool({"sigma", "σ"} & set(self.own)))
        is_function = is_own or is_defined or is_word or bool(known) or letter in FUNCTION_LETTERS
        if is_function and letter == "sigma" and rest == ["prime"] and IN_DERIVATION.get():
            return Function("sigmoid", part.place, part.base, after=part.after, is_slope=True)
        if is_function and not (is_own or is_defined) and rest and set(rest) == {"prime"}:
            raise Wrong(
                f"a derivative of {letter} cannot be written", "write it as an expression of the function's value", part.place.start
            )
        if not is_function:
            return None
        if -1 in part.after or TRANSPOSED in part.after:
            refuse_power(rf"\{part.base}" if is_sigma else part.base, part.place)
        name = "" if is_own or is_defined else "sigmoid" if is_sigma else known
        return Function(name, part.place, part.base, after=part.after, name_part=None if name else part)

    def call(self, function: Function) -> Tree:
        """The function, or several after one another, of what comes next."""
        chain = [function]
        while (another := self.function()) is not None:
            self.at += 1
            chain.append(another)
        chain = merged(chain)
        if lonely := next((each for each in chain if each.over == UNSAID), None):
            raise no_index(lonely)
        last, part = chain[-1], self.peek()
        if part is None or isinstance(part, Sign | Mark | Over):
            raise Wrong(f"{last.text} is applied to nothing", f"write {last.text}(...)", last.place.start)
        self.at += 1
        after: tuple[After, ...] = ()
        if isinstance(part, Group):
            after = part.after
            is_block = part.opening == "[" and has(part.parts, "COMMA", "SEMICOLON")
            operands = (self.group(replace(part, after=())),) if is_block else listed(part)
        else:
            operands = (self.value(part),)
            if isinstance(part, Name) and isinstance(index := self.peek(), Group) and is_one_name(index):
                self.at += 1
                operands = (Row(operands[0], ((Operator.BESIDE, self.group(index)),), place=part.place.to(index.place)),)
            if isinstance(self.peek(), Name | Value | Group | Function):
                raise Wrong(f"how far {last.text} reaches is not clear", f"put what it is applied to in parentheses, {last.text}(...)",
                            last.place.start)  # fmt: skip
        stop = part.place.stop
        for each in reversed(chain):
            made = applied(each, operands, Place(each.place.start, stop))
            operands, after = (raised(raised(made, each.after, stop), after, stop),), ()
        return operands[0]


def is_one_name(group: Group) -> bool:
    """Whether brackets hold a name alone, as they do that pick an entry: p_t[y_t]."""
    return len(group.parts) == 1 and isinstance(group.parts[0], Name) and not group.after and group.opening in "[("


def _is_word(part: Part | None, *words: str) -> bool:
    """Whether a part is one of these words, set upright."""
    return isinstance(part, Name) and part.is_word and not (part.has_index or part.after) and part.base in words


def _misplaced(part: Part) -> Wrong:
    text = f"'{part.text}'" if isinstance(part, Sign | Mark) else "this"
    if "dots" in text:
        return Wrong(f"{text} does not say what stands there", "write all terms, or a sum over an index", part.place.start)
    if isinstance(part, Sign) and part.kind in ("BAR", "NORM", "MID"):
        return Wrong(
            "the bar has no partner",
            r"an absolute value is written |x|, a norm \|x\|, one value below another [a; b]; p(y | x) is no value",
            part.place.start,
        )
    return Wrong(f"{text} is not expected here", MEANT, part.place.start)
