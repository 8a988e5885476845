"""A line for each request, at DEBUG, in the standard logging: "ContainerList 200 in 3.1 ms"."""

from __future__ import annotations

import sys
from functools import cache
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from logging import Logger

__all__ = ["Logged"]

_NAME = __name__.removesuffix(".transport.log")
_DEBUG = 10


@cache
def _logger() -> Logger:
    # Looked up once: each look-up takes a lock of logging, which an interrupt may leave locked.
    from logging import getLogger

    return getLogger(_NAME)


class Logged:
    """Context manager that logs a request at its end; of a stream, at its first byte.

    Attributes:
        status: The status of the response, once it is known.
    """

    __slots__ = ("_operation", "_start", "status")

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._start = perf_counter()
        self.status: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A program that has not imported logging wants no log.
        logger = _logger() if "logging" in sys.modules else None
        if logger is not None and logger.isEnabledFor(_DEBUG):
            outcome = self.status or (kind.__name__ if kind else "-")
            milliseconds = (perf_counter() - self._start) * 1000
            logger.debug("%s %s in %.1f ms", self._operation, outcome, milliseconds)
