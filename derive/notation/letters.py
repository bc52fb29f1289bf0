"""What names are made of: Greek letters and accents, and a name in LaTeX."""

from __future__ import annotations

GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega "
        "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split(),
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ",
        strict=True,
    )
)
"""Greek letters by name."""
GREEK_NAMES = {letter: name for name, letter in GREEK.items()}
ACCENTS = {
    "hat": "hat", "tilde": "tilde", "bar": "bar", "dot": "dot", "ddot": "ddot", "check": "check", "breve": "breve", "vec": "vec",
    "fwd": "overrightarrow", "bwd": "overleftarrow",
}  # fmt: skip
"""Parts of a name that are accents, and their commands."""
DOTLESS = {"i": r"\imath", "j": r"\jmath"}


def latex_letter(letters: str) -> str:
    r"""A name without its subscript, in LaTeX: h, \sigma, \mathit{loss}; {\sigma} if it is written as a Greek letter and not spelled."""
    if letters in GREEK_NAMES:
        return r"\lambda" if letters == "λ" else f"{{\\{GREEK_NAMES[letters]}}}"
    if letters in GREEK or letters == "ell":
        return f"\\{letters}"
    return letters if len(letters) == 1 else rf"\mathit{{{letters}}}"


def latex_name(name: str, index: str = "", mark: str = "") -> str:
    r"""A name, its accents and its time index in LaTeX: latex_name("W_f", mark="bar") is \bar{W}_{f}.

    An accent belongs to all that stands before it: c_f_hat is \hat{c_{f}}, and c_hat_f is \hat{c}_{f}.
    """
    letters, *rest = name.split("_")
    base, below = latex_letter(letters), list[str]()
    for place, part in enumerate(rest):
        if mark and part not in ACCENTS:
            base, mark = _marked(letters if place == 0 else "", base, mark), ""
        if part not in (*ACCENTS, "prime"):
            below.append(latex_letter(part))
            continue
        if below:
            base, below = f"{base}_{{{','.join(below)}}}", []
            base = f"{{{base}{'{}' * base.startswith(chr(92))}}}" if part == "prime" else base
        if part == "prime":
            base = base[:-1] + "'}" if base.endswith("'}") else f"{{{base}'}}"
            continue
        base = rf"\{ACCENTS[part]}{{{DOTLESS.get(base, base)}}}"
    if mark:
        base = _marked(letters if not rest else "", base, mark)
    below += [index] if index else []
    return f"{base}_{{{','.join(below)}}}" if below else base


def _marked(letters: str, base: str, mark: str) -> str:
    """A letter under its mark; i and j lose their dots, and a longer name is overlined whole."""
    is_word = len(letters) > 1 and letters not in GREEK
    return rf"\{'overline' if is_word and mark == 'bar' else mark}{{{DOTLESS.get(base, base)}}}"
