"""Mistakes that the tests must notice: by file of the program, what each is, the text that is right, once in that file, and the wrong one.

`python -m tests.mutants` plants one after the other; docs/testing.md has what came of it.
"""

from __future__ import annotations

from typing import NamedTuple


class Mistake(NamedTuple):
    """One mistake: the file, what is wrong in it, the text that is right and the text that is planted."""

    file: str
    what: str
    right: str
    wrong: str


IN_FILES: dict[str, list[tuple[str, str, str]]] = {
    "derive/algebra/rules.py": [
        ("product: B not transposed", "(MatMul(g, flip(B)),", "(MatMul(g, B),"),
        ("product: A not transposed", "MatMul(flip(A), g)))", "MatMul(A, g)))"),
        ("product: factors in the wrong order", "MatMul(flip(A), g)))", "MatMul(g, flip(A))))"),
        ("transposition: left as it is", "A: (flip(g),)", "A: (g,)"),
        ("sum over rows: negated",
         'transposed(SumRows, "a sum over rows", lambda g, shape, A: (Broadcast(g,',
         'transposed(SumRows, "a sum over rows", lambda g, shape, A: (Broadcast(neg(g),'),
        ("sum over columns: counted twice",
         'transposed(SumColumns, "a sum over columns", lambda g, shape, A: (Broadcast(g,',
         'transposed(SumColumns, "a sum over columns", lambda g, shape, A: (Broadcast(mul(2, g),'),
        ("mean over rows: not divided", "mul(g, _inverse(shape(A)[0]))", "g"),
        ("broadcast: rows not summed", "        g = SumRows(g)\n", "        g = Slice(g, sp.Integer(0), sp.Integer(1))\n"),
        ("stack: blocks in the other order", "zip(ends, ends[1:], strict=False))", "zip(ends, ends[1:], strict=False))[::-1]"),
        ("slice: padded at the wrong end", "blocks = [*above, g, *below]", "blocks = [*below, g, *above]"),
        ("sum over time: negated", '"a sum over time", lambda g, shape, A: (g,)', '"a sum over time", lambda g, shape, A: (neg(g),)'),
        ("slope of tanh: not squared", "add(1, neg(y**2)), r", "add(1, neg(y)), r"),
        ("slope of sigmoid: sign", "mul(y, add(1, neg(y)))", "mul(y, add(1, y))"),
        ("slope of relu: of the other side", "nodes.relu, lambda x, y: nodes.step(x)", "nodes.relu, lambda x, y: nodes.step(neg(x))"),
        ("slope of softplus: that of the value", "lambda x, y: nodes.sigmoid(x)", "lambda x, y: nodes.sigmoid(y)"),
        ("slope of exp: argument for value", "nodes.exp, lambda x, y: y", "nodes.exp, lambda x, y: x"),
        ("slope of log: not inverted", "lambda x, y: _inverse(x)", "lambda x, y: x"),
        ("slope of sqrt: factor", "mul(sp.Rational(1, 2), _inverse(y))", "mul(2, _inverse(y))"),
        ("slope of sin: sign", "lambda x, y: nodes.cos(x)", "lambda x, y: neg(nodes.cos(x))"),
        ("slope of cos: sign", "lambda x, y: neg(nodes.sin(x))", "lambda x, y: nodes.sin(x)"),
        ("slope of abs: always 1", "lambda x, y: nodes.sign(x)", "lambda x, y: sp.Integer(1)"),
        ("slope of step: not 0", "nodes.step, lambda x, y: sp.Integer(0)", "nodes.step, lambda x, y: sp.Integer(1)"),
        ("slope of hard_tanh: bound", "_between(x, sp.Integer(1))", "_between(x, sp.Integer(2))"),
        ("slope of leaky_relu: factor", "sp.Rational(99, 100)", "sp.Rational(98, 100)"),
        ("slope of elu: argument for value", "mul(y, nodes.step(neg(x)))", "mul(x, nodes.step(neg(x)))"),
        ("slope of silu: term dropped",
         "add(nodes.sigmoid(x), mul(y, add(1, neg(nodes.sigmoid(x)))))",
         "mul(y, add(1, neg(nodes.sigmoid(x))))"),
        ("solve: matrix not transposed", "(None, Solve(flip(A), g))", "(None, Solve(A, g))"),
        ("tangent of a solve: sign", "else neg(MatMul(dA, X))", "else MatMul(dA, X)"),
        ("tangent of a solve: what is solved for left out", "return Solve(A, add(dB, moved))", "return Solve(A, moved)"),
        ("slope of arctan: not squared", "add(1, sp.Pow(x, 2, evaluate=False))), r", "add(1, x)), r"),
        ("slope of cosh: sign", "lambda x, y: nodes.sinh(x)", "lambda x, y: neg(nodes.sinh(x))"),
        ("slope of expm1: value for argument", "nodes.expm1, lambda x, y: nodes.exp(x)", "nodes.expm1, lambda x, y: y"),
        ("slope of log1p: of log", "lambda x, y: _inverse(add(1, x)), r", "lambda x, y: _inverse(x), r"),
        ("slope of logsigmoid: of the other side", "nodes.sigmoid(neg(x)), r", "nodes.sigmoid(x), r"),
        ("slope of mish: factor", "mul(4, x, sp.Pow(q", "mul(2, x, sp.Pow(q"),
        ("slope of hard_swish: of the middle left out", "add(mul(sp.Rational(1, 3), x), sp.Rational(1, 2))", "sp.Rational(1, 2)"),
        ("tangent of logaddexp: the other one", "nodes.sigmoid(add(b, neg(a)))", "nodes.sigmoid(add(a, neg(b)))"),
        ("tangent of logsumexp: every entry", "nodes.logsumexp_rows, lambda x, y, dx: SumRows(mul(nodes.softmax(x), dx))",
         "nodes.logsumexp_rows, lambda x, y, dx: SumRows(dx)"),
        ("slope of softsign: power", "nodes.absolute(x)), -2", "nodes.absolute(x)), -1"),
        ("slope of gelu: factor", "mul(3 * scale * cube", "mul(2 * scale * cube"),
        ("tangent of softmax: not centred", "mul(y, add(dx, neg(SumRows(mul(y, dx)))))", "mul(y, dx)"),
        ("tangent of log_softmax: sign", "add(dx, neg(SumRows(mul(nodes.softmax(x), dx))))", "add(dx, SumRows(mul(nodes.softmax(x), dx)))"),
        ("tangent of max: the other one", "_chosen(da, db, nodes.step(add(b, neg(a))))", "_chosen(db, da, nodes.step(add(b, neg(a))))"),
        ("tangent of min: that of max", "_chosen(da, db, nodes.step(add(a, neg(b))))", "_chosen(da, db, nodes.step(add(b, neg(a))))"),
        ("tangent of max_rows: every entry", "SumRows(mul(nodes.hardmax(x), dx))", "SumRows(dx)"),
        ("tangent of rms: not divided", "MeanRows(mul(x, dx, _inverse(y)))", "MeanRows(mul(x, dx))"),
        ("tangent of layer_norm: mean not taken off", "mul(add(dx, neg(MeanRows(dx)), neg(", "mul(add(dx, neg("),
    ],
    "derive/calculus/linearize.py": [
        ("product rule: only the first factor changes",
         "        if change != 0:\n            terms.append",
         "        if change != 0 and not terms:\n            terms.append"),
        ("chain rule: inner slope left out", "mul(factor, own, further)", "mul(factor, own)"),
        ("declared slope: that of the function", "mul(tangent(expr.argument, dot, shape), expr.slope)", "tangent(expr.value, dot, shape)"),
        ("declared slope: argument taken as it is", "mul(tangent(expr.argument, dot, shape), expr.slope)", "tangent(expr.argument, dot, shape)"),
        ("tangents read at t whatever the lag", "leaf.indices[0] if isinstance(leaf, sp.Indexed) else nodes.t)", "nodes.t)"),
        ("powers wrongly cancelled", "sum(exponent for own, exponent in powers", "max(exponent for own, exponent in powers"),
    ],
    "derive/calculus/transpose.py": [
        ("a lag does not become a lead", "    moved = shift(term, -by)\n", "    moved = shift(term, by)\n"),
        ("not summed over time", "summed = OverTime(term) if user.is_sequence else term", "summed = term"),
        ("the other factors left out", "scaled = mul(g, *factors)", "scaled = g"),
        ("broadcasting not summed", "reduced = reduce_to(scaled, shape(scaled), shape(operand))", "reduced = scaled"),
        ("the output's own gradient left out", "    if name in upstream:\n", "    if name in upstream and not forward.states:\n"),
        ("initial values: one step off", "if each.lead > -time]", "if each.lead >= -time]"),
        ("initial values of far lags left out", "for time in range(0, low, -1):", "for time in range(0, max(low, -1), -1):"),
        ("final values of leads left out", "for beyond in range(1, high + 1):", "for beyond in range(1, high):"),
    ],
    "derive/calculus/simplify.py": [
        ("(A B)^T as A^T B^T",
         "change(nodes.MatMul(change(flip(inner.args[1])), change(flip(inner.args[0]))))",
         "change(nodes.MatMul(change(flip(inner.args[0])), change(flip(inner.args[1]))))"),
        ("a value put in at another time", "return value if nodes.offset(part) == 0 or _vanishes(value) else None", "return value"),
        ("any sum of a sequence is 1", "known = isinstance(inner, sp.Indexed) and", "known = isinstance(inner, sp.Indexed) or"),
        ("a broadcast dropped where the shape needs it",
         "return bare if system.shape(bare) == system.shape(part) else part",
         "return bare"),
        ("a stack vanishes with its first block", "return all(_vanishes(each) for each in part.args)", "return _vanishes(part.args[0])"),
    ],
    "derive/calculus/compose.py": [
        ("a decoder starts one step late", "{state.at(nodes.t - 1): clocks.started", "{state.at(nodes.t): clocks.started"),
    ],
    "derive/calculus/unroll.py": [
        ("the last term of a sum left out",
         "nodes.add(*map(self.at(over.args[0]), range(1, self.steps + 1)))",
         "nodes.add(*map(self.at(over.args[0]), range(1, self.steps)))"),
    ],
    "derive/program/arrays.py": [
        ("previous: off by one", "    made[:before] = v[-steps:][:before]\n", "    made[:before] = v[-steps - 1:][:before]\n"),
        ("shifted: off by one", "first, last = at.start + by, at.stop + by", "first, last = at.start + by + 1, at.stop + by + 1"),
        ("total: not over the batch", "v.sum(axis=(0, 2))[:, None]", "v[..., :1].sum(axis=(0, 2))[:, None]"),
        ("chunks: the last step left out", "T * (at + 1) // count) for at", "(T - 1) * (at + 1) // count) for at"),
    ],
    "derive/program/numpy.py": [
        ("a final state one step early", '[T - 1]", state)', '[T - 2]", state)'),
        ("a learned initial value not over the batch", 'f"({value}).sum(axis=-1)"', 'f"({value})[..., 0]"'),
        ("one array for two gradients", "self._copy(value) if array in held else value", "value"),
    ],
    "derive/program/array_api.py": [
        ("a final state one step early", '[T - 1, ...])"', '[T - 2, ...])"'),
        ("a learned initial value not over the batch", "xp.sum({value}, axis=-1)", "{value}[..., 0]"),
    ],
    "derive/program/segments.py": [
        ("gradients of later segments forgotten",
         "        later = grads.initial\n",
         "        later = {**later, **grads.initial} if at else later\n"),
        ("parameters: the last segment alone", "params_bar[name] + array if name in params_bar else array", "array"),
        ("outputs one step off",
         "outputs[name][at * length:(at + 1) * length] = found[name]",
         "outputs[name][at * length:(at + 1) * length] = found[name][::-1]"),
    ],
    "derive/program/columns.py": [
        ("a lag before the first step off by one", "else (t - lag) * self.batch", "else (t - lag - 1) * self.batch"),
        ("the end of a sequence off by one", "np.where(t < lengths, inside, after))", "np.where(t <= lengths, inside, after))"),
        ("sums of a sequence: order lost", "np.add.reduceat(v[..., order], first, axis=-1)", "np.add.reduceat(v, first, axis=-1)"),
    ],
    "derive/program/stream.py": [
        ("what reads ahead is streamed", "nodes.offset(leaf) > 0:", "nodes.offset(leaf) > 1:"),
    ],
    "derive/program/fuse.py": [
        ("what a loop changes is taken out of it", "if not _reads(term, ", "if _reads(term, "),
        ("what the first step carries to the initial value left out", "since, until = time - 1,", "since, until = time - 2,"),
    ],
    "derive/program/clocked.py": [
        ("a clock that is off leaves its factors",
         "return mul(*operands)\n        case Only",
         "return mul(*(each for each in operands if each != 0))\n        case Only"),
    ],
    "derive/notation/write.py": [
        ("a power of a sum without parentheses", "self.power(self.write(base, ATOM)", "self.power(self.write(base, SUM)"),
        ("a square of the entries of a matrix is written as its product", "1 not in (self.shape(base) or SCALAR)", "False"),
        ("a product in a product without parentheses",
         "self.matmul(self.write(expr.args[0], POWER)",
         "self.matmul(self.write(expr.args[0], SUM)"),
        ("transposition of a product without parentheses",
         "self.transpose(self.write(expr.args[0], ATOM))",
         "self.transpose(self.write(expr.args[0], PRODUCT))"),
    ],
    "derive/notation/plain/plain.lark": [
        ("minus binds as plus", '    | sum "-" product            -> less', '    | product "-" sum            -> less'),
        ("A B v is (A B) v", "    | power matmul               -> matmul", "    | matmul power               -> matmul"),
    ],
    "derive/notation/habits/deep.py": [
        ("the layer below is the layer itself", 'f"{letter}{BELOW}": number - 1', 'f"{letter}{BELOW}": number'),
        ("there is a layer less than is said", "for number in range(1, top + 1)", "for number in range(1, top)"),
    ],
    "derive/notation/habits/steps.py": [
        ("a value at t + 1 alone is moved without its right side",
         "each.left.time and _reads_later(each.right, each.left.time)",
         "each.left.time"),
    ],
    "derive/notation/meaning/observed.py": [
        ("both equations of a model are passed over", "noise is None or noise in models or", "noise is None or"),
        ("a state that all of the cell reads is a model of the data", "if not (seen and hidden and is_closed) or seen & hidden:", "if not seen:"),
    ],
    "derive/notation/meaning/repeated.py": [
        ("a value that has one form alone loses it", "if not form or left not in explicit:", "if not form:"),
    ],
    "derive/notation/meaning/kinds_by_use.py": [
        ("what stands below columns is a number too",
         "if others and all(kind_of(each, found) == NUMBER for each in others):\n            below",
         "if others:\n            below"),
        ("what only losses compare is a number beside columns too",
         "any(found.table[name] != NUMBER for name in others if name in found.table)",
         "False"),
    ],
    "derive/notation/meaning/kinds.py": [
        ("the square in a norm of a matrix is its product",
         "        ((base, kind),) = inside\n        return sp.Pow(base, 2, evaluate=False), kind",
         "        return self.powered(sp.Pow(expr.args[0], 2, evaluate=False), [inside[0], (sp.Integer(2), None)])"),
    ],
    "derive/notation/habits/named_functions.py": [
        ("a function that words change is the one that it was", "if CHANGED.match(clause, word.end()):", "if False:"),
        ("two functions in turn are given without counting", "if len(functions) == len(group) > 1:", "if len(functions) > 1:"),
    ],
    "derive/notation/prose/sentences.py": [
        ("a number that training found is given", "return FOUND.search(around) is not None or OF", "return OF"),
    ],
    "derive/notation/moments.py": [
        ("a threshold that is reached is not passed", "step if self.has_equal is is_off else", "step if not is_off else"),
    ],
    "derive/notation/habits/signs.py": [
        ("what others mean by a ring is meant here", "if said and OF_OTHERS.search(sentence):", "if False:"),
        ("a ring is a stack whatever is said", 'if joining == "sum":', "if False:"),
    ],
    "derive/notation/surroundings/needed.py": [
        ("a formula whose names others read gives way to a number", "if made_of and not made_of & elsewhere and", "if made_of and"),
    ],
    "derive/notation/prose/losses.py": [
        ("half of a sum of squares is the whole", "{'1/2 * ' * is_half}", ""),
        ("a mean is a sum", "for each in (MEAN, DENIED, SUPPOSED)", "for each in (DENIED, SUPPOSED)"),
    ],
    "derive/notation/prose/contradicted.py": [
        ("two numbers for one size are let pass", "if count != int(number):", "if False:"),
    ],
    "derive/notation/prose/unheard.py": [
        ("no word is asked for", "if (names or not word.needs_name) and not word.holds(system, names):", "if False:"),
    ],
    "derive/notation/surroundings/branches.py": [
        ("what holds otherwise is what holds in the case",
         'Written.of(" else ", own.columns[-1]), value',
         'Written.of(" else ", own.columns[-1]), own'),
    ],
    "derive/notation/statements.py": [
        ("what is behind the last step is read as a name", "if name.labels[-1:] == (BEYOND,):", "if False:"),
    ],
    "verify/claims/jacobians.py": [
        ("the loss of a step is that of all",
         "values = [found[self.forward.loss, None]] if is_whole else",
         "values = [found[self.forward.loss, None]] if True else"),
    ],
    "verify/claims/judge.py": [
        ("a gradient that has no value somewhere is right whatever is claimed",
         "if expr == 0 and not space.has_values(name, self.claim):",
         "if not space.has_values(name, self.claim):"),
    ],
    "verify/wellformed/claim.py": [
        ("an equation beside the derived ones is let pass", "if equation.left not in wanted:", "if False:"),
        ("a gradient that is missing is not missed", "if (count := counts[left]) != 1:", "if (count := counts[left]) > 1:"),
        ("an adjoint is read at one time in an equation for each t", "need(not is_general, ", "need(True, "),
        ("a value is read before the first one", "need(offset >= first if origin", "need(offset >= first - 1 if origin"),
        ("a value is read after the last one", "else offset <= last,", "else offset <= last + 1,"),
        ("the upstream gradient may have any shape and role", "if each != wanted:", "if each.kind is Kind.ADJOINT and each != wanted:"),
        ("two upstream gradients of one output", "if len(upstream) != is_seen:", "if len(upstream) < is_seen:"),
        ("a gradient may read itself", "need(equation.left not in equation.reads, ", "need(True, "),
    ],
    "verify/wellformed/expressions.py": [
        ("operands beyond those that an operation has",
         "need(len(expr.args) == arity, f\"{type(expr).__name__} with {len(expr.args)} operands is no op",
         "need(len(expr.args) >= arity, f\"{type(expr).__name__} with {len(expr.args)} operands is no op"),
        ("a product of sides that do not meet", 'need(is_same(columns, inner), f"a product of', 'need(True, f"a product of'),
        ("repeated to a size that nothing has", "return size.free_symbols <= symbols | {nodes.T} and is_never", "return is_never"),
        ("a slice beyond the end", "gaps = (start, sp.expand(stop - start), sp.expand(rows - stop))", "gaps = (start, sp.expand(stop - start))"),
    ],
    "verify/wellformed/system.py": [
        ("a left side at any time", "need(equation.left == variable.symbol, ", "need(True, "),
        ("a value that depends on itself", "need(not (circle := circle_in(system.equations)), circle)", "circle_in(system.equations)"),
        ("a size called t", "and name not in TIME_NAMES", ""),
    ],
    "verify/proof/equality.py": [
        ("the proof always says yes", "        return not form\n", "        return True\n"),
        ("sums under the same bounds count as equal",
         "return all(ranges and is_zero(_summand(terms))",
         "return all(ranges or is_zero(_summand(terms))"),
    ],
    "verify/proof/inverses.py": [
        ("every inverse is symmetric", 'name = SYMMETRIC if flipped == entries else ""', "name = SYMMETRIC"),
        ("the indices of a transposed inverse stay", "entries, row, column = flipped, column, row", "entries = flipped"),
        ("the change of an inverse: sign", "(left, 1), (right, 1)), -coefficient)", "(left, 1), (right, 1)), coefficient)"),
        ("the change of an inverse: sides changed", "atom._replace(column=placed.row).ordered(), atom._replace(row=placed.column).ordered()",
         "atom._replace(column=placed.column).ordered(), atom._replace(row=placed.row).ordered()"),
    ],
    "verify/proof/functions.py": [
        ("a declared slope is that of the function",
         'times(part(atom.inside, "slope"), differential(part(atom.inside, "argument")))',
         'differential(part(atom.inside, "value"))'),
    ],
    "verify/methods/__init__.py": [
        ("differences are asked about a declared slope", "    if not functions:\n", "    if not functions or True:\n"),
    ],
    "verify/evidence.py": [
        ("proved without the word", "Evidence.DECLARED if any(each.premise for each in proofs) else Evidence.PROVED", "Evidence.PROVED"),
    ],
    "verify/proof/induction.py": [
        ("a verdict without comparison", "        if _is_zero(difference, lambda form: form):\n", "        if True:\n"),
        ("the best finding counts", "worst = max(findings, key", "worst = min(findings, key"),
        ("what is beyond the checker agrees", "return Verdict(name, METHOD, Outcome.CANNOT_SEE", "return Verdict(name, METHOD, Outcome.AGREES"),
    ],
    "verify/methods/unrolled.py": [
        ("the unrolled graph always agrees", "    if found is None:\n", "    if found is None or found:\n"),
    ],
    "verify/methods/prime_field.py": [
        ("the prime field always agrees",
         "    return bool(Residue.own(_along(run, directions)) != Residue(derivative))\n",
         "    return False\n"),
        ("outputs are not compared", "bool((own != meant).any())", "False"),
    ],
    "verify/methods/complex_step.py": [
        ("the complex step always agrees", "    if wrong.any():\n        small", "    if False:\n        small"),
    ],
    "verify/methods/dot_product.py": [
        ("the dot product always agrees", "    if error <= TOLERANCE:\n", "    if error <= TOLERANCE or np.isfinite(error):\n"),
    ],
    "verify/methods/fifty_digits.py": [
        ("forty digits are four",
         "return bool(max(abs(own - other).ravel(), default=0) > tolerance()",
         "return bool(max(abs(own - other).ravel(), default=0) > 1e-4"),
    ],
    "verify/methods/finite_difference.py": [
        ("central differences always agree", "    if wrong.any():\n", "    if False:\n"),
    ],
    "verify/methods/directions.py": [
        ("directions always agree", "    if not off <= bound:\n", "    if False:\n"),
    ],
    "verify/verdict.py": [
        ("one that agrees is enough", "if outcomes and Outcome.CANNOT_SEE not in outcomes else", "if outcomes else"),
        ("the best verdict counts", "    return max(verdicts, key", "    return min(verdicts, key"),
    ],
    "verify/evaluation.py": [
        ("what is outside 1..T is computed",
         "inside = time is None or 1 <= time <= self.steps",
         "inside = time is None or 0 <= time <= self.steps"),
    ],
    "verify/equivalence/simulation.py": [
        ("all updates are equal", '    if is_zero(difference):\n        return "equal by f', '    if True:\n        return "equal by f'),
        ("a weight without a value", "    if left:\n        raise Undecided(f\"{', '", "    if not left:\n        raise Undecided(f\"{', '"),
    ],
    "verify/training/optimizers.py": [
        ("Adam: mean not corrected", "/ (1 - beta1**count)", "/ (1 - beta1)"),
        ("clipping: by the square", "each *= most / before", "each *= most / before**2"),
    ],
    "derive/layers/blocks.py": [
        ("an array not transposed", "matrix = array.T if self.is_flipped else", "matrix = array if self.is_flipped else"),
    ],
}  # fmt: skip

MISTAKES = [Mistake(file, *each) for file, own in IN_FILES.items() for each in own]
