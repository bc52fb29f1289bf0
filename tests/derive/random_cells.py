"""Random cells: pages of equations of everything that the notation has, over a few states; the same page for the same seed."""

from __future__ import annotations

from random import Random

FUNCTIONS = ("tanh", "sigmoid", "relu", "softplus", "sin", "cos", "abs", "softmax")
MORE = (
    "silu", "gelu", "elu", "leaky_relu", "hard_sigmoid", "softsign", "layer_norm", "rms_norm", "log_softmax", "norm", "mean", "spread", "max", "min",
    "arctan", "logsigmoid", "mish", "hard_swish", "logsumexp",
)  # fmt: skip
"""Functions of wide pages, beside those of the others."""


class _Page:
    """A page in the making."""

    def __init__(self, seed: int, is_wide: bool) -> None:
        self.random, self.count, self.is_wide = Random(seed), 0, is_wide
        self.functions = (*FUNCTIONS, *MORE) if is_wide else FUNCTIONS
        self.states = ["h", "c", "k"][: self.random.choice([1, 2, 2, 3])]
        self.now: list[str] = []

    def new(self) -> int:
        self.count += 1
        return self.count

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def matrix(self) -> str:
        """A weight, or an expression of weights."""
        n = self.new()
        product = self.pick(f"A_{n} B_{n}", f"(A_{n} ⊙ B_{n})", f"(A_{n} B_{n})^T", f"(W_{n} + V_{n})")
        return self.pick(f"W_{n}", f"U_{n}", f"W_{n}^T", f"tanh(W_{n})", f"(2 * W_{n})", product)

    def leaf(self) -> str:
        if not self.now or self.random.random() < 0.35:
            return f"{self.random.choice(self.states)}_{{t-{self.random.choice([1, 1, 1, 2])}}}"
        return f"{self.random.choice(self.now)}_t" if self.random.random() < 0.8 else f"b_{self.new()}"

    def vector(self, depth: int) -> str:
        """A column of the size of the states, as one operand."""
        if depth <= 0:
            return self.leaf()
        a, b = (self.vector(depth - self.random.choice([1, 2])) for _ in range(2))
        wide = [
            f"max({a}, {b})",
            f"min({a}, {b})",
            f"((outer({a}, {b})) {a})",
            f"(dot({a}, {b}) * {b})",
            f"sqrt(1 + {a}^2)",
            f"(norm({a}) * {b})",
            f"logaddexp({a}, {b})",
        ]
        return self.pick(
            *(wide if self.is_wide else ()),
            f"({self.matrix()} {self.pick(a, 'x_t', 'x_{t-1}', 'u_{t+1}')})",
            f"({self.matrix()} [{a}; x_t])",
            f"({a} {self.pick('+', '-')} {b})",
            f"({a} * {b})",
            f"{self.pick(*self.functions)}({a})",
            f"((1 - {a}) * {b})",
            f"({self.pick('2', '0.5', '1/3')} * {a})",
            f"({a} / (2 + {b}^2))",
            f"(sum({a}) * {b})",
            f"(({a}^T {b}) * {a})",
            f"(S {a})",
        )

    def lines(self) -> list[str]:
        lines = [f"z_t = W_z x_t + {' + '.join(f'{state}_{{t-1}}' for state in self.states)}"]
        for gate in "fig"[: self.random.randrange(4)]:
            recurrence = self.pick(f"U_{gate} h_{{t-1}}", f"u_{gate} * h_{{t-1}}")
            lines.append(f"{gate}_t = {self.pick('sigmoid', 'tanh')}(W_{gate} x_t + {recurrence} + b_{gate})")
            self.now.append(gate)
        for state in self.states:
            lines.append(f"{state}_t = {self.pick('tanh', 'sigmoid', '')}({self.vector(3)})")
            self.now.append(state)
        for back in "pq"[: self.random.randrange(3)]:
            lead = self.random.choice([1, 1, 2])
            lines.append(f"{back}_t = tanh({self.vector(2)} + {self.pick(f'U_{back}', f'u_{back} *')} {back}_{{t+{lead}}})")
        return [*lines, f"y_t = {self.vector(2)} + 0 * h_t"]

    def declarations(self) -> list[str]:
        with_loss = self.random.random() < 0.3
        loss = ["loss_t = 1/2 * sum((y_t - target_t)^2)", "loss loss", "output y"] if with_loss else [f"output y, {self.states[0]}"]
        boundaries = [f"boundary {state} = {self.pick('zero', 'parameter')}" for state in self.states if self.random.random() < 0.25]
        return [*loss, *boundaries]


def page(seed: int, is_wide: bool = False) -> str:
    """The page of a seed, with further functions and products if it is wide.

    Sequences x and u are read from both sides of t, so their boundary is zero.
    """
    making = _Page(seed, is_wide)
    lines = [*making.lines(), *making.declarations()]
    text = "\n".join(lines)
    return "\n".join([*lines, *(f"boundary {name} = zero" for name in "xu" if f"{name}_{{t-" in text or f"{name}_{{t+" in text)])
