"""The garbage collector, paused while much is decoded at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["paused"]

_LONG = 10_000
"""Size of a response, in bytes, from which the collector is paused.

It would scan every new object, a tenth of the time of decoding a list, and find no garbage."""


@contextmanager
def paused(size: int) -> Iterator[None]:
    """Pause the collector while a long response is decoded: decoding makes no garbage cycles.

    With several threads, the one that found the collector enabled enables it again.

    Args:
        size: The size of the response in bytes.
    """
    if size < _LONG or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
