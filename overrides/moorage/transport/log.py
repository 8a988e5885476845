"""One line about each request, at DEBUG, by the standard logging: "ContainerList 200 in 3.1 ms"."""

from __future__ import annotations

import sys
from time import perf_counter
from types import TracebackType
from typing import Self

__all__ = ["Logged"]

_NAME = __name__.removesuffix(".transport.log")


class Logged:
    """A request that is logged when it is left; of a stream, up to its first byte.

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
        # A program that has not imported logging has not asked for any.
        if (logging := sys.modules.get("logging")) is None:
            return
        logger = logging.getLogger(_NAME)
        if logger.isEnabledFor(logging.DEBUG):
            outcome = self.status or (kind.__name__ if kind else "-")
            milliseconds = (perf_counter() - self._start) * 1000
            logger.debug("%s %s in %.1f ms", self._operation, outcome, milliseconds)
