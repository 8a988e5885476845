"""The garbage collector, paused while much is decoded at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["paused"]

_LONG = 10_000
"""Bytes of a response from which on the collector costs more than pausing it: a tenth of a list's
decoding, since it looks at all that is being made, and finds nothing."""


@contextmanager
def paused(size: int) -> Iterator[None]:
    """Pause the collector while a long response is decoded: all that is made there stays.

    Threads may decode at once: the one that found the collector enabled enables it again.

    Args:
        size: The bytes of the response.
    """
    if size < _LONG or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
