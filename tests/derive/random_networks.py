"""Random pages of what `random_cells` has not: attention, matrix states, slices, masks, clocks, lags to 4, leads, functions of numbers and of
parameters, states that copy others, scalar gates, shared parameters, inputs without t, distributions, losses; the same page for the same seed.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

NUMBERS = (
    "sigmoid(0.25)",
    "tanh(1/3)",
    "exp(-1)",
    "sqrt(2)",
    "log(2.5)",
    "softplus(0.5)",
    "1 / sqrt(n_h)",
    "relu(-2)",
    "softmax(3)",
    "abs(-0.5)",
)
CLOCKS = ("every(t, 2)", "every(t, 3)", "every_back(t, 2)", "first(t)", "last(t)")
FUNCTIONS = ("tanh", "sigmoid", "relu", "softplus", "sin", "silu", "abs", "softmax", "layer_norm", "log_softmax", "elu", "gelu")


class _Page:
    """A page in the making.

    Attributes:
        now: columns of n_h rows that may be read at t, without the index.
        states: those that may be read at earlier steps.
        lines, declarations: of the page.
    """

    def __init__(self, seed: int) -> None:
        self.random, self.count = Random(f"network {seed}"), 0
        self.states = ["h", "c", "d"][: self.random.choice([1, 2, 2, 3])]
        self.now: list[str] = []
        self.lines: list[str] = []
        self.declarations: list[str] = []
        self.keys: list[str] = []
        self.has_context = False

    def chance(self, of: float) -> bool:
        return self.random.random() < of

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def new(self, letter: str) -> str:
        self.count += 1
        return f"{letter}_{self.count}"

    def define(self, name: str, right: str) -> str:
        """Write an equation, whose variable can be read from then on."""
        self.lines.append(f"{name}_t = {right}")
        self.now.append(name)
        return name

    # Operands

    def lagged(self) -> str:
        return f"{self.random.choice(self.states)}_{{t-{self.random.choice([1, 1, 1, 2, 3, 4])}}}"

    def column(self) -> str:
        """A column of n_h rows."""
        if not self.now or self.chance(0.35):
            return self.lagged()
        if self.chance(0.15):
            return f"{self.pick('tanh', 'exp', 'softplus', 'softmax')}({self.new('w')})"
        return f"{self.random.choice(self.now)}_t" if self.chance(0.85) else self.new("b")

    def square(self) -> str:
        """A matrix of n_h rows and columns."""
        name = "W_s" if self.chance(0.3) else self.new("U")
        return self.pick(name, name, name, f"{name}^T", f"tanh({name})", f"({self.pick(*NUMBERS[:7])} * {name})", f"({name} + W_s)")

    def term(self) -> str:
        """A column of n_h rows that was computed from something."""
        forms = [
            f"{self.square()} {self.column()}",
            f"{self.square()} ({self.column()} * {self.column()})",
            f"{self.new('V')} {self.pick('x_t', 'x_t', 'x_{t-1}', 'x_{t+1}', 'x_{t-3}')}",
            f"{self.column()} * {self.column()}",
            f"{self.pick(*NUMBERS)} * {self.column()}",
            f"{self.pick(*CLOCKS)} * {self.column()}",
            f"{self.pick(*FUNCTIONS)}({self.column()} + {self.column()})",
            f"({self.column()} - {self.column()}) / (1 + {self.pick('exp', 'softplus')}({self.new('w')}))",
            f"dot({self.column()}, {self.column()}) * {self.column()}",
            f"sigmoid({self.new('w')}^T {self.column()}) * {self.column()}",
            f"{self.column()}",
        ]
        if self.has_context:
            forms += [f"{self.new('C')} s", f"(s^T {self.new('w')}) * {self.column()}"]
        return self.random.choice(forms)

    def terms(self, most: int = 3) -> str:
        return " + ".join(self.term() for _ in range(self.random.randint(1, most)))

    # Statements

    def gate(self) -> None:
        name = self.new("g")
        self.define(name, f"sigmoid({self.new('V')} x_t + {self.square()} {self.lagged()} + {self.new('b')})")

    def scalar_gate(self) -> None:
        name = self.new("r")
        self.lines.append(f"{name}_t = {self.pick('sigmoid', 'tanh')}({self.new('w')}^T x_t + {self.new('w')}^T {self.lagged()})")
        self.define(self.new("q"), f"{name}_t * {self.column()} + (1 - {name}_t) * {self.column()}")

    def copy(self) -> None:
        """A variable that is another one, now or before; read at lags of its own."""
        name = self.new("m")
        self.define(name, self.pick(self.lagged(), f"{self.random.choice(self.now)}_t" if self.now else self.lagged()))
        self.states.append(name)

    def slices(self) -> None:
        wide, packed, h = self.new("a"), self.new("P"), "n_h"
        self.declarations.append(f"shape {packed} = (3 h, h)")
        self.lines.append(f"{wide}_t = {packed} ({self.column()} + {self.column()}) + {self.new('V')} x_t")
        parts = [f"{wide}_t[0:{h}]", f"{wide}_t[{h}:2 {h}]", f"{wide}_t[2 {h}:3 {h}]"]
        self.define(self.new("p"), f"{self.pick(*parts)} * {self.pick('tanh', 'sigmoid')}({self.pick(*parts)})")

    def stack(self) -> None:
        wide = self.new("a")
        self.lines.append(f"{wide}_t = [{self.column()}; x_t; {self.column()}]")
        self.define(self.new("p"), f"tanh({self.new('P')} {wide}_t) + {self.pick(f'{wide}_t[0:n_h]', self.column())}")

    def matrix_state(self) -> None:
        name = self.new("S")
        key = self.column()
        outer = self.pick(f"{self.column()} {key}^T", f"outer({self.column()}, {key})", f"({self.column()} - {name}_{{t-1}} {key}) {key}^T")
        beta = self.pick("0.3 *", f"sigmoid({self.new('w')}^T x_t) *", "(-0.2) *", "")
        decay = self.pick(
            f"{name}_{{t-1}}", f"0.5 * {name}_{{t-1}}", f"sigmoid({self.new('w')}^T x_t) * {name}_{{t-1}}", f"W_s {name}_{{t-1}}"
        )
        self.lines.append(f"{name}_t = {self.pick(f'{decay} +', f'{decay} -', f'{decay} +', '')} {beta} ({outer})")
        self.define(self.new("o"), f"{name}_{self.pick('t', 't', '{t-1}')} {self.column()}")

    def attention(self) -> None:
        """A read of the steps before, by a dot product or as papers write it; or of a whole sequence that reads no state."""
        e, a = self.new("e"), self.new("l")
        keys = self.pick(*(self.keys or ["x"]))
        is_whole = keys == "x" or keys.startswith("z")
        which = self.pick("", "", "j<=t") if is_whole else self.pick("j<=t", "j<t")
        bound = f"{{{which}}}" if which else "j"
        query, v = self.column(), self.new("v")
        size = "x" if keys == "x" else "h"
        score = self.pick(
            f"{v}^T tanh({self.new('Q')} {query} + {self.new('K')} {keys}_j)",
            f"dot({self.new('Q')} {query}, {keys}_j)" if size == "x" else f"dot({query}, {keys}_j)",
            f"{v}^T tanh({self.new('Q')} x_t + {self.new('K')} {keys}_j + {self.new('U')} {self.lagged()})",
        )
        if which == "j<t":
            self.lines.append(f"{e}_{{t,j}} = {score}")
            self.lines.append(f"{a}_{{t,j}} = exp(tanh({e}_{{t,j}})) / (first(t) + sum_{{j<t}} exp(tanh({e}_{{t,j}})))")
        elif self.chance(0.5):
            self.lines.append(f"{e}_{{t,j}} = {score}")
            self.lines.append(f"{a}_{{t,j}} = softmax_{bound}({e}_{{t,j}})")
        else:
            self.lines.append(f"{a}_{{t,j}} = softmax_{bound}({score})")
        read = f"sum_{bound} {a}_{{t,j}} {keys}_j"
        self.define(self.new("n"), f"{self.new('O')} ({read})" if size == "x" else f"({read})")

    def mask(self) -> None:
        if "scalar mask" not in self.declarations:
            self.declarations += ["scalar mask"]
        self.define(self.new("k"), f"mask_t * {self.column()} + (1 - mask_t) * {self.lagged()}")

    def ahead(self) -> None:
        name, lead = self.new("y"), self.random.choice([1, 1, 2, 3])
        self.lines.append(f"{name}_t = tanh({self.new('V')} x_t + {self.square()} {name}_{{t+{lead}}})")
        self.now.append(name)

    # The page

    def write(self) -> str:
        if self.chance(0.25):
            self.has_context = True
        if self.chance(0.4):
            self.define("z", f"tanh({self.new('V')} x_t + {self.new('b')})")
            self.keys.append("z")
        optional: list[Callable[[], None]] = [
            self.gate, self.scalar_gate, self.copy, self.copy, self.slices, self.stack, self.matrix_state, self.attention, self.mask, self.ahead,
        ]  # fmt: skip
        for each in self.random.sample(optional, self.random.randint(1, 4)):
            each()
        for state in list(self.states[: self.states.index("h") + 3]):
            if not any(line.startswith(f"{state}_t =") for line in self.lines):
                self.define(state, f"{self.pick('tanh', 'tanh', 'sigmoid')}({self.new('V')} x_t + {self.terms()})")
        self.keys.append("h")
        if self.chance(0.3):
            self.attention()
        self.ends()
        text = "\n".join(self.lines)
        self.declarations += ["input s"] if "s" in text.replace("^T", " ").replace("(", " ").split() else []
        zero = [f"boundary {name} = zero" for name in ("x",) if f"{name}_{{t-" in text or f"{name}_{{t+" in text]
        own = [name for name in ("h", "c", "d") if f"\n{name}_t = " in f"\n{text}" and f"{name}_{{t-" in text]
        zero += [f"boundary {name} = {self.pick('zero', 'parameter')}" for name in own if self.chance(0.25)]
        return "\n".join([*self.lines, *self.declarations, *zero])

    def ends(self) -> None:
        """What is asked for: an output that is no state, one of the last step, a state, a loss."""
        which = self.random.randrange(6)
        self.lines.append(f"o_t = {self.terms(2)} + 0 * h_t")
        if which == 0:
            self.lines.append(f"u = {self.new('R')} o_T + {self.new('b')}")
            self.declarations.append("output u")
        elif which == 1:
            self.lines.append("u = 1 / T * sum_t o_t")
            self.declarations.append("output u, h")
        elif which == 2:
            self.lines += [f"y_t = {self.new('R')} o_t", "loss_t = -sum(target_t * log_softmax(y_t))"]
            self.declarations += ["distribution target", "output y", "loss loss"]
        elif which == 3:
            self.lines.append("loss_t = 1/2 * sum((o_t - target_t)^2)")
            self.declarations += ["output o", "loss loss"]
        else:
            self.declarations.append(f"output o{', h' if which == 4 else ''}")


def page(seed: int) -> str:
    """The page of a seed."""
    return _Page(seed).write()
