"""A page of equations to a System: what each name is, and what its sizes are, is inferred from the equations and then stated.

How equations are found on a page is said in `page.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

import sympy as sp

from derive.algebra import clocks, nodes, shapes
from derive.algebra.clocks import Clock
from derive.algebra.nodes import Expr
from derive.calculus.names import fresh
from derive.errors import Gathered, InputError, NotationError, RecurrenceError
from derive.evidence import Evidence, Ground
from derive.notation import page
from derive.notation.habits.spelled import bold, has_matrix_sign
from derive.notation.meaning.asked import asked, ends, evidence
from derive.notation.meaning.declarations import declared, refuse_misplaced
from derive.notation.meaning.entries import names_elsewhere, settled
from derive.notation.meaning.kind_inference import kinds
from derive.notation.meaning.kinds import COLUMN, NUMBER, Kind, Kinds
from derive.notation.meaning.lines import lowered
from derive.notation.meaning.losses import SUMMED, losses, targets
from derive.notation.meaning.lower import Line
from derive.notation.meaning.numbers_alone import are_alone
from derive.notation.meaning.observed import without_models_of_data
from derive.notation.meaning.repeated import Raw, without_other_forms, without_repetition
from derive.notation.meaning.second_index import Whole, ranges, summed_entries
from derive.notation.meaning.sizing import Declared, sized, sized_symbols
from derive.notation.meaning.spots import located
from derive.notation.meaning.surface import OverIndex, letters
from derive.notation.pieces import Piece
from derive.notation.prose.contradicted import refuse_contradicted
from derive.notation.prose.fixed_values import fixed
from derive.notation.prose.kinds import declarations, on_diagonals, sizes_as_values
from derive.notation.prose.loss_formulas import loss_in_formula
from derive.notation.prose.losses import loss_in_words
from derive.notation.prose.roles import as_lines, given, noises, unclear
from derive.notation.prose.said import Said, said, spoken
from derive.notation.prose.unheard import unheard
from derive.notation.prose.words import prose
from derive.notation.surroundings.docstrings import documented
from derive.notation.surroundings.fates import Fate, squeezed
from derive.soundness import check_definitions
from derive.system import Boundary, Equation, Role, System, Variable


def system(text: str, name: str = "cell") -> System:
    """The system that a page of equations defines.

    Args:
        text: the page.
        name: what to call the system.

    Raises:
        NotationError: a line is not in the notation, or there is no equation.
        RecurrenceError: a variable has two equations, or depends on itself at the same t.
        ShapeError: sizes do not fit together.

    Example:
        >>> import derive
        >>> derive.read("h_t = tanh(W x_t + U h_{t-1} + b)")
        <System cell: 1 equations, of x by W, U, b to h>
    """
    try:
        shown = documented(text)
        on_page = page.reading(shown)
        with spoken(on_page.time):
            return _system(_with_loss(on_page, shown), shown, name)
    except InputError as error:
        raise located(error, text) from None


def _with_loss(on_page: page.Reading, text: str) -> page.Reading:
    """What a page says, with the loss that only its sentences give, as a formula or in words."""
    if (found := loss_in_formula(on_page.words, on_page.pieces, text)) is None:
        return replace(on_page, pieces=[*on_page.pieces, *loss_in_words(on_page.words, on_page.pieces, text)])
    pieces, written = found
    is_it = [squeezed(each.text) == squeezed(written) for each in on_page.formulas]
    formulas = (replace(each, fate=Fate.EQUATION) if is_used else each for each, is_used in zip(on_page.formulas, is_it, strict=True))
    return replace(on_page, pieces=[*on_page.pieces, *pieces], formulas=tuple(formulas))


def of_pieces(pieces: Sequence[Piece], name: str) -> System:
    """The system that equations and declarations define, which have been read already.

    Raises:
        NotationError: one has no meaning.
        RecurrenceError: a variable has two equations, or depends on itself at the same t.
        ShapeError: sizes do not fit together.
    """
    return _system(page.Reading({}, list(pieces), ()), "", name)


FIRST_OF_LAYER = re.compile(r"_0_(\w+)$")
"""How the first value of a layer ends that is named by its letter, h_0^{(l)}."""


def _system(found_on_page: page.Reading, text: str, name: str) -> System:
    notes, pieces = found_on_page.notes, found_on_page.pieces
    lines = lowered(pieces)
    equations = [(at, line.left, line.right) for at, line in lines if line.left is not None and line.right is not None]
    lines = [(at, line) for at, line in lines if line.key not in ("equation", "function")]
    if not equations:
        raise NotationError("there is no equation", place=name, advice="write one such as h_t = tanh(W x_t + U h_{t-1} + b)")
    named = [(line.key, name) for _, line in lines for name in line.names]
    equations, other_forms = without_other_forms(_promoted(equations), text)
    equations = without_repetition(summed_entries(equations))
    equations, starts = _indexed(equations, [name for _, name in named], [name for key, name in named if key == "input"])
    known = {nodes.name_of(leaf) for _, left, right in equations for leaf in (left, *nodes.leaves(right))}
    drawn = noises(found_on_page.words, (each.text for each in found_on_page.formulas), known)
    equations, of_data = without_models_of_data(
        equations, text, given(found_on_page.words, known), drawn, [name for key, name in named if key in ("output", "loss")]
    )
    initial = [(at, nodes.sequence(name)[nodes.t], right) for name, (at, right) in starts.items() if right != 0]
    variables = _variables([*equations, *initial], lines)
    in_words = said(found_on_page.words, (each.text for each in found_on_page.formulas), variables)
    in_words += [each for each in fixed(found_on_page.words, variables) if each.name not in {other.name for other in in_words}]
    sizes = sizes_as_values(in_words, variables, [right for _, _, right in equations])
    if sizes:
        equations = [(at, left, nodes.replace(right, sizes)) for at, left, right in equations]
        variables = _variables([*equations, *initial], lines)
    refuse_misplaced(variables, lines)
    own = declared(variables, lines)
    by_words = declarations(in_words, variables, own)
    equations = [(at, left, on_diagonals(right, in_words, by_words)) for at, left, right in equations]
    stated = {**by_words, **own}
    signs = _signs(found_on_page, variables, [right for _, _, right in equations], own, by_words)
    equations, found = _with_kinds(equations, initial, variables, stated, signs)
    decided, starts = _decided(equations, starts, found)
    wide = {nodes.name_of(left): True for _, left, _ in decided if letters(left)}
    made, extra = _whole(decided, starts, variables, stated)
    table = {**found.table}
    for each in extra:
        table.setdefault(each.name, found.table[each.of] if each.of else kinds_of_clock(each))
        wide |= {each.name: True} if each.name.endswith(("_all", "_past")) else {}
    equation_list = [Equation(left, right, number, line=at) for number, (at, left, right) in enumerate(made, start=1)]
    every = {**variables, **{each.name: replace(each, of="") for each in extra}}
    system = System(name, tuple(equation_list), every, notes=notes, prose=prose(text), unused=found_on_page.unused)
    words = found_on_page.words
    spoken = as_lines(words, text, system, lines)
    system = asked(system, [*lines, *spoken], ends(equations))
    check_definitions(system)
    system = sized(system, table, wide, stated)
    refuse_contradicted(in_words, system)
    compared = {
        name: replace(system[name], role=Role.INPUT) for name in targets(decided, system.loss) if system[name].role is Role.PARAMETER
    }
    system = replace(
        system,
        variables={**system.variables, **compared},
        evidence=_evidence(found, variables, lines, in_words),
        roles=dict(evidence(system, lines, spoken, starts)),
    )
    told = (*other_forms, *of_data, *unclear(words, text, system, lines), *unheard(words, text, system))
    return replace(system, unused=tuple(dict.fromkeys((*system.unused, *told))))


def _signs(
    on_page: page.Reading, variables: dict[str, Variable], rights: list[Expr], declared: Declared, said: Declared
) -> tuple[Collection[str], bool, bool]:
    """The names in bold, whether matrix products are written with @, and whether all values are numbers."""
    bolds, has_sign = bold(on_page.pieces), has_matrix_sign(on_page.pieces)
    has_kinds = has_sign or any(key in ("kind", "shape") for key, _ in declared)
    return bolds, has_sign, not has_kinds and are_alone(variables, rights, said, bolds, on_page.words)


def _with_kinds(
    equations: list[Raw], initial: list[Raw], variables: dict[str, Variable], stated: Declared, signs: tuple[Collection[str], bool, bool]
) -> tuple[list[Raw], Kinds]:
    """The equations, those of losses as sums, and the kinds of all names."""
    found = kinds(variables, [*equations, *initial], stated, *signs)
    if summed := losses(equations, variables, found):
        equations = [(at, left, summed.get(nodes.name_of(left), right)) for at, left, right in equations]
        found = kinds(variables, [*equations, *initial], stated, *signs)
        found.evidence.update(dict.fromkeys(summed, SUMMED))
    return equations, found


def _decided(equations: list[Raw], starts: dict[str, tuple[int, Expr]], found: Kinds) -> tuple[list[Raw], dict[str, tuple[int, Expr]]]:
    """The equations, and what values are before the first step, with their products decided by kinds.

    Raises:
        ShapeError: a product has two readings, or none.
    """
    first = {}
    for name, (at, right) in starts.items():
        found.place = f"line {at}, equation for {name}_0"
        first[name] = at, found.read(right)[0]
    found.exponentials = {nodes.name_of(left) for _, left, right in equations if found.is_exponential(right)}
    decided: list[Raw] = []
    wrong = Gathered()
    for number, (at, left, right) in enumerate(equations, start=1):
        found.place = f"line {at}, equation ({number}) for {nodes.name_of(left)}"
        with wrong.going_on():
            decided.append((at, left, found.read(right)[0]))
    wrong.raise_all()
    return decided, first


def _evidence(found: Kinds, variables: dict[str, Variable], lines: list[tuple[int, Line]], in_words: list[Said]) -> dict[str, Evidence]:
    """By name, what decided its kind."""
    told = {name: at for at, line in lines if line.key in ("kind", "shape") for name in line.names}
    words = {each.name: each.words for each in reversed(in_words)}
    made: dict[str, Evidence] = {}
    for name in variables:
        if name in told:
            made[name] = Evidence(Ground.DECLARED, f"line {told[name]}")
        elif name in words:
            made[name] = Evidence(Ground.SAID, words[name])
        elif name in found.evidence:
            made[name] = found.evidence[name]
    return made


def _promoted(equations: list[Raw]) -> list[Raw]:
    """The equations with i_t for an i without index that is computed at each t, and with another name for the E_t in E = sum_t E_t."""
    table = {left: nodes.sequence(str(left))[nodes.t] for left in _changing(equations)}
    names = [nodes.name_of(leaf) for _, left, right in equations for leaf in (left, *nodes.leaves(right))]
    sequences = {
        nodes.name_of(leaf) for _, left, right in equations for leaf in (left, *nodes.leaves(right)) if isinstance(leaf, sp.Indexed)
    }
    table = {left: new for left, new in table.items() if str(left) not in sequences}
    both = [
        (left, right)
        for _, left, right in equations
        if str(left) in sequences and not isinstance(left, sp.Indexed) and not _is_at_each_t(left, right, table)
    ]
    totals = {str(left): fresh(f"{left}_step", names) for left, right in both if right.has(nodes.OverTime)}
    table |= {left: nodes.parameter(fresh(f"{left}_fixed", names)) for left, _ in both if str(left) not in totals}
    every = {leaf for _, left, right in equations for leaf in (left, *nodes.leaves(right)) if isinstance(leaf, sp.Indexed)}
    table |= {leaf: nodes.sequence(totals[own])[leaf.indices] for leaf in every if (own := nodes.name_of(leaf)) in totals}
    return [(at, table.get(left, left), nodes.replace(right, table)) for at, left, right in equations]


def _changing(equations: list[Raw]) -> dict[Expr, None]:
    """The names without an index whose values are others at each t: they read what is, directly or by way of one another."""
    readers: dict[Expr, list[Expr]] = {}
    pending: list[Expr] = []
    for _, left, right in equations:
        if isinstance(left, sp.Indexed):
            continue
        for part in _outside_sums(right):
            if isinstance(part, sp.Indexed) and nodes.t in part.free_symbols:
                pending.append(left)
            elif isinstance(part, sp.Symbol):
                readers.setdefault(part, []).append(left)
    found: dict[Expr, None] = {}
    while pending:
        left = pending.pop()
        if left not in found:
            found[left] = None
            pending += readers.get(left, ())
    return found


def _is_at_each_t(left: Expr, right: Expr, known: Collection[Expr]) -> bool:
    """Whether a name has no index and what defines it is another value at each t."""
    if isinstance(left, sp.Indexed):
        return False
    return any(part in known or (isinstance(part, sp.Indexed) and nodes.t in part.free_symbols) for part in _outside_sums(right))


def _outside_sums(right: Expr) -> Iterator[Expr]:
    """The parts of a right side outside sums over time."""
    pending = [right]
    while pending:
        part = pending.pop()
        yield part
        if not isinstance(part, (nodes.OverTime, sp.Indexed)):
            pending += part.args


def _indexed(equations: list[Raw], declared: Iterable[str], inputs: Iterable[str]) -> tuple[list[Raw], dict[str, tuple[int, Expr]]]:
    """The equations with h_k and h_T as reads of the sequence h, and n_h as a size; and what h_0 is, where an equation says it."""
    leaves = dict.fromkeys(leaf for _, left, right in equations for leaf in (left, *nodes.leaves(right)))
    sequences = {nodes.sequence_name(leaf) for leaf in leaves if isinstance(leaf, sp.Indexed)} | set(inputs)
    defined = {nodes.name_of(left) for _, left, _ in equations}
    bound = {str(part.args[1]) for _, _, right in equations for part in nodes.parts(right) if isinstance(part, OverIndex)}
    bound |= {str(each) for _, left, _ in equations for each in letters(left)}
    names = {nodes.name_of(leaf) for leaf in leaves}
    table: dict[Expr, Expr] = {}
    is_unit = "I" not in {*defined, *declared, *sequences}
    for leaf in leaves:
        base, _, index = str(leaf).rpartition("_")
        if isinstance(leaf, sp.Indexed) or str(leaf) in defined or not base or (base == "n" and index in names):
            continue
        if index in bound and nodes.parameter(base) not in leaves:
            table[leaf] = nodes.sequence(base)[sp.Symbol(index, integer=True)]
        elif index == "T" and base in sequences:
            table[leaf] = nodes.sequence(base)[nodes.T]

    def meant(part: Expr) -> Expr | None:
        if is_unit and part == nodes.parameter("I"):
            return nodes.Identity(sp.Dummy("rows of I", integer=True, positive=True))
        return table.get(part)

    kept, starts = [], {}
    elsewhere = {*defined, *declared}.union(*(names_elsewhere(right) for _, _, right in equations))
    for at, left, right in equations:
        read = settled(sized_symbols(nodes.rewrite(right, meant), names), elsewhere, f"line {at}")
        base, _, index = FIRST_OF_LAYER.sub(r"_\1_0", str(left)).rpartition("_")
        if not isinstance(left, sp.Indexed) and index == "0" and base in sequences:
            starts[base] = at, read
        else:
            kept.append((at, left, read))
    return kept, starts


def _variables(equations: list[Raw], lines: list[tuple[int, Line]]) -> dict[str, Variable]:
    """The variables, declared inputs first, then as they appear; what has no equation is an input, a constant or a parameter."""
    constants = {name for _, line in lines if line.key == "constant" for name in line.names}
    given = [name for _, line in lines if line.key == "input" for name in line.names]
    found: dict[str, bool] = {}
    for at, left, right in equations:
        for leaf in (*nodes.leaves(right), left):
            is_sequence = isinstance(leaf, sp.Indexed)
            name = nodes.name_of(leaf)
            if found.setdefault(name, is_sequence) != is_sequence:
                raise RecurrenceError(f"{name} is used with and without an index t", place=f"line {at}",
                                      advice=f"write {name}_t for its value at t, or give the other one another name")  # fmt: skip
    for name in found:
        if name.startswith("n_") and name[2:] in found:
            raise NotationError(f"{name} is the number of rows of {name[2:]} and cannot name a variable", place=_first_line(name, equations),
                                advice=f"call it {name}_v, or something that tells more")  # fmt: skip
        if name.endswith("_0") and found.get(name[:-2]):
            raise NotationError(f"{name} is {name[:-2]} at one time, which an equation cannot read",
                                place=_first_line(name, equations), advice=f"values before the first step: boundary {name[:-2]} = zero, given "
                                f"or parameter, or an equation {name} = ...; for another variable, take another name")  # fmt: skip
    defined = {nodes.name_of(left) for _, left, _ in equations}
    made = {}
    for name in dict.fromkeys([*(name for name in given if name in found), *found]):
        is_sequence = found[name]
        clock = Clock.named(name) if is_sequence and name not in defined else None
        role = Role.DEFINED if name in defined else Role.CONSTANT if name in constants else None
        role = role or (Role.CLOCK if clock else Role.INPUT if is_sequence or name in given else Role.PARAMETER)
        boundary = Boundary.ZERO if clock else Boundary.GIVEN
        made[name] = Variable(name, role, shapes.SCALAR, is_sequence, boundary, clock=clock)
    return made


def _first_line(name: str, equations: list[Raw]) -> str:
    return next(f"line {at}" for at, left, right in equations for leaf in (left, *nodes.leaves(right)) if nodes.name_of(leaf) == name)


def _whole(
    equations: list[Raw], starts: dict[str, tuple[int, Expr]], variables: dict[str, Variable], declared: Declared
) -> tuple[list[Raw], list[Variable]]:
    """The equations without second indices and without equations for initial values, and the variables that this added."""
    whole = Whole([*variables], ranges([right for _, _, right in equations]))
    initial = {name: (at, right) for name, (at, right) in starts.items() if right != 0}
    made: list[Raw] = []
    for at, left, right in [*((at, nodes.parameter(f"{name}_init"), right) for name, (at, right) in initial.items()), *equations]:
        known = len(whole.made)
        own, lifted = whole.lifted(left, right, f"line {at}")
        made += [(at, *each) for each in list(whole.made.values())[known:]]
        made.append((at, own, _started(lifted, initial, at)))
    for name in starts:
        variables[name] = replace(variables[name], boundary=Boundary.ZERO)
    extra = [Variable(str(f"{name}_init"), Role.DEFINED, shapes.SCALAR, is_sequence=False, of=name) for name in initial]
    for (_, name), (left, _) in whole.made.items():
        boundary = Boundary.ZERO if isinstance(left, sp.Indexed) else Boundary.GIVEN
        extra.append(Variable(nodes.name_of(left), Role.DEFINED, shapes.SCALAR, isinstance(left, sp.Indexed), boundary, of=name))
    reads = {nodes.name_of(leaf) for _, _, right in made for leaf in nodes.leaves(right)}
    ticking = [(name, clock) for name in sorted(reads - set(variables)) if (clock := Clock.named(name))]
    extra += [Variable(name, Role.CLOCK, shapes.SCALAR, True, Boundary.ZERO, clock=clock) for name, clock in ticking]
    return made, extra


def _started(right: Expr, initial: dict[str, tuple[int, Expr]], at: int) -> Expr:
    """The right side with h_{t-1} + first(t) * h_init in the place of h_{t-1}, where an equation says what h_0 is."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, sp.Indexed) or nodes.sequence_name(part) not in initial or nodes.offset(part) >= 0:
            return None
        name = nodes.sequence_name(part)
        if nodes.offset(part) != -1:
            raise NotationError(f"{name} is read more than one step before, and {name}_0 alone has an equation", place=f"line {at}",
                                advice=f"give its values from outside, boundary {name} = given")  # fmt: skip
        return clocks.started(name, nodes.parameter(f"{name}_init"))

    return nodes.rewrite(right, change)


def kinds_of_clock(variable: Variable) -> Kind:
    """The kind of a clock."""
    return NUMBER if variable.clock is None or variable.clock.form.rows == 1 else COLUMN
