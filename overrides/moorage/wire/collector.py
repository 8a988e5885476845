"""The garbage collector, paused while much is decoded at once."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["paused"]

_LONG = 10_000
"""Size of a response, in bytes, from which the collector is paused.

It would scan every new object, a tenth of the time of decoding a list, and find no garbage."""


# Without the interpreter's lock there are no generations: a young one can't be scanned alone.
_HAS_GENERATIONS = "t" not in sys.abiflags


@contextmanager
def paused(size: int) -> Iterator[Callable[[], object]]:
    """Pause the collector while a long response is decoded: decoding makes no garbage cycles.

    With several threads, the one that found the collector enabled enables it again.

    Args:
        size: The size of the response in bytes.

    Yields:
        A function that has the objects scanned which are new. Called now and then, it finds them in
        the processor's caches; the scan that follows the pause would have to load all of them.
    """
    if size < _LONG or not gc.isenabled():
        yield _scan_nothing
        return
    gc.disable()
    try:
        yield _scan_new if _HAS_GENERATIONS else _scan_nothing
    finally:
        gc.enable()


def _scan_new() -> None:
    gc.collect(0)


def _scan_nothing() -> None:
    pass
