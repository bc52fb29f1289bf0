"""The helpers of an emitted module for sequences of different lengths: where their steps stand in arrays, and how these come and go."""

from __future__ import annotations

from derive.program.arrays import ALL_FORMS, CHECKED

READ = (
    CHECKED.replace("(kind, arrays, shapes):", "(kind, arrays, shapes, read=None):")
    .replace("or not finite.", "or not finite.\n\n    Of an array, only the entries in `read`, by its name, need be numbers.\n    ")
    .replace("np.isfinite(array)", "np.isfinite(array[(read or {}).get(name, ...)])")
)
"""`checked` for arrays of which some entries are not read."""

COLUMNS = {
    "Columns": '''
class Columns:
    """Where the steps of sequences of different lengths stand in arrays (rows, columns).

    Each step of each sequence is a column: those of the first steps, the longest sequence first, then those of the second steps, and so on.
    Values outside of the sequences stand behind: those after the last step, then those before the first one, `batch` columns for each time.

    Attributes:
        lengths, order: of the sequences, the longest first, and their places in the batch.
        valid: (T, batch), whether a sequence has a step.
        count, longest: how many columns and steps there are.
        width, start: how many columns a step has, and where they begin.
        t, sequence, T: of each column, the step, counted from 0, the place of its sequence in the order and how many steps that has.
        place: of each column, that of its sequence in the batch.
    """

    def __init__(self, lengths, T, batch):
        lengths = np.full(batch, T) if lengths is None else np.asarray(lengths)
        if lengths.shape != (batch,) or not np.issubdtype(lengths.dtype, np.integer):
            raise ValueError(f"lengths: {lengths.dtype} of shape {lengths.shape}, expected whole numbers of shape ({batch},)")
        if not ((lengths >= 1) & (lengths <= T)).all():
            raise ValueError(f"lengths: they are from {lengths.min()} to {lengths.max()}, expected 1 to {T}, the steps of the inputs")
        lengths = lengths.astype(np.int64)
        self.order = np.argsort(-lengths, kind="stable")
        self.lengths = lengths[self.order]
        self.valid = np.arange(T)[:, None] < lengths
        self.t, self.sequence = np.nonzero(np.arange(T)[:, None] < self.lengths)
        self.T, self.place = self.lengths[self.sequence], self.order[self.sequence]
        self.count, self.longest, self.batch = len(self.t), int(lengths.max(initial=0)), batch
        width = np.count_nonzero(self.valid, axis=1)
        self.width, self.start = width.tolist(), (np.cumsum(width) - width).tolist()

    def at(self, t, lag=0):
        """The columns of so many steps before t, as a slice: of the sequences that have a step t."""
        first = self.start[t - lag] if t >= lag else (t - lag) * self.batch
        return slice(first, first + self.width[t] or None)

    def of(self, t, sequence):
        """The columns of steps t of sequences: of one before the first step and after the last one, those behind."""
        steps, lengths = np.asarray(self.start), self.lengths[sequence]
        inside = steps[np.minimum(np.maximum(t, 0), len(steps) - 1)] + sequence
        after = self.count + (t - lengths) * self.batch + sequence
        return np.where(t < 0, t * self.batch + sequence, np.where(t < lengths, inside, after))

    def moved(self, by):
        """The columns of so many steps after each step, or before it."""
        return self.of(self.t + by, self.sequence)

    def single(self, t):
        """The columns of one step of each sequence; t may be another in each."""
        return self.of(t, np.arange(self.batch))
''',
    "packed": '''
def packed(v, columns):
    """(T, batch, rows) to an array (rows, columns)."""
    return np.moveaxis(v[columns.t, columns.place], 0, -1)
''',
    "ordered": '''
def ordered(v, columns):
    """(batch, rows) to an array (rows, batch), the longest sequence first."""
    return np.moveaxis(v[columns.order], 0, -1)
''',
    "time_major": '''
def time_major(v, columns):
    """(rows, columns) to a new array (T, batch, rows), 0 behind the last steps."""
    made = np.zeros((*columns.valid.shape, *v.shape[:-1]), v.dtype)
    made[columns.t, columns.place] = np.moveaxis(v, -1, 0)
    return made
''',
    "batch_major": '''
def batch_major(v, columns):
    """(rows, batch), the longest sequence first, to a new array (batch, rows) in the order of the batch."""
    made = np.empty((v.shape[-1], *v.shape[:-1]), v.dtype)
    made[columns.order] = np.moveaxis(v, -1, 0)
    return made
''',
    "upstream": '''
def upstream(arrays, name, shape, dtype, columns):
    """The gradients of the loss by an output at the steps of all sequences, as (rows, columns); zeros if there are none."""
    if name not in arrays:
        return np.zeros((*shape[2:], columns.count), dtype)
    array = checked("output_gradients", {name: arrays[name]}, {name: shape}, {name: columns.valid})[name]
    return np.ascontiguousarray(packed(array, columns))
''',
    "upstream_of_one": '''
def upstream_of_one(arrays, name, shape, dtype, columns):
    """The gradients of the loss by an output that is one value for a sequence, as (rows, batch); zeros if there are none."""
    return ordered(checked("output_gradients", {name: arrays[name]}, {name: shape})[name] if name in arrays else np.zeros(shape, dtype), columns)
''',
    "product": '''
def product(A, v, dtype):
    """A @ v, at all steps."""
    return np.matmul(A, v, out=empty((len(A), v.shape[-1]), dtype))
''',
    "by_sequence": '''
def by_sequence(v, sequence, batch):
    """The sums over the steps of each sequence: (rows, columns) to (rows, batch), given the place of each column's sequence."""
    made, order = np.zeros((*v.shape[:-1], batch), v.dtype), np.argsort(sequence, kind="stable")
    places, first = np.unique(sequence[order], return_index=True)
    made[..., places] = np.add.reduceat(v[..., order], first, axis=-1)
    return made
''',
    "unpacked": '''
def unpacked(v, parts):
    """Views of so many equal parts of the rows: (parts * rows, columns) to as many (rows, columns)."""
    return v.reshape(parts, -1, v.shape[-1])
''',
    "completed": ALL_FORMS["completed"],
    "empty": ALL_FORMS["empty"],
}
"""By name; they are for values of all forms: a matrix has an axis of columns between rows and the axis of steps."""
