"""The notation: a page of equations, as people write them, to a System, and back.

- `surroundings/`: where formulas stand on a page, and which of them count.
- `latex/`, `plain/`: a formula to its tree, by a grammar each; `tree.py` has the nodes.
- `habits/`: ways of writing that need the page around them, such as primes, layers, single steps, functions that only words explain.
- `prose/`: what the sentences of a page say of its names.
- `meaning/`: trees to expressions: what each name is, which product is meant, which sizes there are.
- `claims/`: somebody's own derivation, beside the cell that it is of.
- `page.py`: a page to its formulas, each with its fate; `read.py` makes the System of them.
- `write.py`: expressions and equations to text and LaTeX; `restate.py` writes a whole System.
"""
