"""What makes many expressions and keeps them all."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def keeping_all() -> Iterator[None]:
    """Look for no garbage meanwhile: all that is made is kept, and looking through it as it grows takes longer than making it.

    At the end all counts as old, which is what freezing and unfreezing does: else it would be looked through at once.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_freeze_count() == 0:
            gc.freeze()
            gc.unfreeze()
        if was_on:
            gc.enable()
