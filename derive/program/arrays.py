"""The helpers of an emitted module that check arrays, take memory for them and move their axes.

Modules all of whose values are columns at each t have the short ones of `COLUMNS`; others have those of `ALL_FORMS` in their place.
"""

from __future__ import annotations

from derive.system import System, Variable

CHECKED = '''
def checked(kind, arrays, shapes):
    """The arrays by name; a ValueError names one that is missing, unknown, of another shape, not floating, or not finite."""
    for name in arrays:
        if name not in shapes:
            raise ValueError(f"{kind}: {name} is not known; the names are {', '.join(shapes) or 'none'}")
    for name, shape in shapes.items():
        if name not in arrays:
            raise ValueError(f"{kind}: {name} is missing; the names are {', '.join(shapes)}")
        array = np.asarray(arrays[name])
        if array.shape != shape:
            raise ValueError(f"{kind}: {name} has shape {array.shape}, expected {shape}")
        if not np.issubdtype(array.dtype, np.inexact):
            raise ValueError(f"{kind}: {name} holds {array.dtype}, expected float32 or float64")
        if not np.isfinite(array).all():
            raise ValueError(f"{kind}: {name} holds NaN or infinity")
    return {name: np.asarray(array) for name, array in arrays.items()}
'''

COLUMNS = {
    "completed": '''
def completed(kind, arrays, shapes, dtype):
    """The arrays by name, checked, and zeros in the place of those that are not given."""
    return checked(kind, {**{name: np.zeros(shape, dtype) for name, shape in shapes.items()}, **(arrays or {})}, shapes)
''',
    "empty": '''
MEMORY, LOCK = [], threading.Lock()


def holders(arrays, at):
    """How many refer to one of some arrays, views of it among them."""
    return sys.getrefcount(arrays[at])


ALONE = holders([np.empty(0)], 0)


def empty(shape, dtype):
    """An array to be filled, in memory that an earlier one has left: to touch new memory takes longer than to compute what stands there.

    MEMORY has the arrays in use, and those that nobody refers to any more; these go as soon as none of them fits.
    """
    size = math.prod(shape)
    if size < 4096:
        return np.empty(shape, dtype)
    with LOCK:
        free = [at for at in range(len(MEMORY)) if holders(MEMORY, at) == ALONE]
        fit = [at for at in free if size <= MEMORY[at].size <= 2 * size and MEMORY[at].dtype == dtype]
        if fit:
            return MEMORY[min(fit, key=lambda at: MEMORY[at].size)][:size].reshape(shape)
        for at in reversed(free):
            del MEMORY[at]
        MEMORY.append(np.empty(size, dtype))
        return MEMORY[-1].reshape(shape)
''',
    "time_major": '''
def time_major(v):
    """(T, rows, batch) to a new array (T, batch, rows)."""
    made = empty((len(v), v.shape[2], v.shape[1]), v.dtype)
    made[:] = v.transpose(0, 2, 1)
    return made
''',
    "feature_major": '''
def feature_major(kind, arrays, name, shape, dtype):
    """(T, batch, rows) to (T, rows, batch); zeros where there is no array of that name."""
    if name not in arrays:
        return np.zeros((shape[0], shape[2], shape[1]), dtype)
    return checked(kind, {name: arrays[name]}, {name: shape})[name].transpose(0, 2, 1)
''',
    "previous": '''
def previous(v, T, steps=1, new=empty):
    """The values so many steps before, at all T steps; the last rows of v are those before the first step."""
    made, before = new((T, *v.shape[1:]), v.dtype), min(steps, T)
    made[:before] = v[-steps:][:before]
    made[before:] = v[:T - before]
    return made
''',
    "chunks": '''
COLUMNS = 1024


def chunks(T, batch):
    """The steps as slices of about as many each: two or more, and of so few steps that a product at all of these has about COLUMNS columns."""
    count = min(max(-(-T * batch // COLUMNS), 2), T)
    return [slice(T * at // count, T * (at + 1) // count) for at in range(count)]


def counted(at):
    """The steps of a chunk as pairs: the place in the chunk, and t."""
    return [*enumerate(range(at.start, at.stop))]
''',
    "shifted": '''
def shifted(v, at, by):
    """The values (steps, rows, batch) so many steps after those of a chunk; the last ones of v are those before the first step."""
    first, last = at.start + by, at.stop + by
    return v[first:last] if first >= 0 else v[np.arange(first, last)]
''',
    "at_step": '''
def at_step(inputs, name, shape, dtype):
    """A copy of the input of that name at one step, (batch, rows) to (rows, batch)."""
    array = np.array(inputs[name], dtype)
    if array.shape != shape:
        raise ValueError(f"inputs: {name} has shape {array.shape} at a step, expected {shape}")
    return array.T
''',
    "unpacked": '''
def unpacked(v, parts):
    """Views of so many equal parts of the rows: (T, parts * rows, batch) to as many (T, rows, batch)."""
    return v.reshape(len(v), parts, -1, v.shape[2]).swapaxes(0, 1)
''',
    "rows_first": '''
def rows_first(shape, dtype):
    """An empty array (T, rows, batch) that lies as (rows, T, batch) in memory, so that `flat` need not copy it."""
    return empty((shape[1], shape[0], shape[2]), dtype).transpose(1, 0, 2)
''',
    "flat": '''
def flat(v):
    """(T, rows, batch) to (rows, T * batch), so that a product at all steps, or summed over them, is one."""
    return v.transpose(1, 0, 2).reshape(v.shape[1], -1)
''',
    "flat_previous": '''
def flat_previous(v, T, steps=1):
    """flat(previous(v, T, steps)), copied once."""
    return flat(previous(v, T, steps, rows_first))
''',
    "product": '''
def product(A, v, dtype):
    """A @ v at all steps, as one product: (m, n) and (T, n, batch) to (T, m, batch), which lies as `rows_first` has it."""
    made = rows_first((len(v), len(A), v.shape[2]), dtype)
    np.matmul(A, flat(v), out=flat(made))
    return made
''',
    "total": '''
def total(v):
    """The sum over steps and batch: (T, rows, batch) to (rows, 1)."""
    return v.sum(axis=(0, 2))[:, None]
''',
}

ALL_FORMS = {
    **COLUMNS,
    "at_step": '''
def at_step(inputs, name, shape, dtype):
    """A copy of the input of that name at one step, its first axis moved to the end: (batch, rows) to (rows, batch)."""
    array = np.array(inputs[name], dtype)
    if array.shape != shape:
        raise ValueError(f"inputs: {name} has shape {array.shape} at a step, expected {shape}")
    return array.T if array.ndim == 2 else array.transpose(1, 2, 0)
''',
    "time_major": '''
def time_major(v):
    """(T, rows, batch) to a new array (T, batch, rows), (T, rows, columns, batch) to (T, batch, rows, columns)."""
    return np.moveaxis(v, -1, 1).copy()
''',
    "batch_major": '''
def batch_major(v):
    """(rows, columns, batch) to a new array (batch, rows, columns)."""
    return np.moveaxis(v, -1, 0).copy()
''',
    "feature_major": '''
def feature_major(kind, arrays, name, shape, dtype, axis=1):
    """The array of that name with its batch axis moved to the end: (T, batch, rows) to (T, rows, batch); zeros if there is none."""
    array = checked(kind, {name: arrays[name]}, {name: shape})[name] if name in arrays else np.zeros(shape, dtype)
    return np.moveaxis(array, axis, -1)
''',
}


def is_column(variable: Variable) -> bool:
    """Whether a value has one column, so that its array has no axis of columns."""
    return bool(variable.shape[1] == 1)


def has_all_forms(system: System) -> bool:
    """Whether a system has matrices at each t, or values for each sequence of a batch that are the same at each t."""
    given = [each for each in system.inputs if not each.is_sequence]
    shown = [name for name in system.outputs if not system[name].is_sequence]
    return bool(given or shown or any(each.is_sequence and not is_column(each) for each in system.variables.values()))


def sides(variable: Variable) -> str:
    """The sizes of a value as they stand in a shape: "n_h", or "n_v, n_k"."""
    return ", ".join(map(str, variable.shape[:1] if is_column(variable) else variable.shape))


def batch_major(written: str, variable: Variable) -> str:
    """The code of one value, without an axis T, as a new array that goes out."""
    return f"{written}.T.copy()" if is_column(variable) else f"batch_major({written})"


def outside(variable: Variable) -> str:
    """The shape of the array of a value as it comes and goes: "(T, batch, n_x)"."""
    return f"({'T, ' if variable.is_sequence else ''}batch, {sides(variable)})"
