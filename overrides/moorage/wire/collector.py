"""The garbage collector, paused while much is decoded at once."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

__all__ = ["paused"]

_LONG = 10_000
"""Size of a response, in bytes, from which the collector is paused.

It would scan every new object, a tenth of the time of decoding a list, and find no garbage."""


def _nothing() -> None:
    pass


# Without the interpreter's lock there are no generations: a young one can't be scanned alone.
_scan: Callable[[], object] = _nothing if "t" in sys.abiflags else partial(gc.collect, 0)


@contextmanager
def paused(size: int) -> Iterator[Callable[[], object]]:
    """Pause the collector while a long response is decoded: decoding makes no garbage cycles.

    With several threads, the one that found the collector enabled enables it again.

    Args:
        size: The size of the response in bytes.

    Yields:
        A function that scans the new objects. Called now and then, it finds them in the processor's
        caches; the scan that follows the pause would have to load all of them.
    """
    if size < _LONG or not gc.isenabled():
        yield _nothing
        return
    gc.disable()
    try:
        yield _scan
    finally:
        gc.enable()
