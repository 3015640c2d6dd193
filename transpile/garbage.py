"""Python's garbage collector, and when to pause it."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Pause the garbage collector: for work that allocates many lasting objects and almost no cycles.

    It would look for cycles among them again and again: reading Sigma takes half as long without.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
