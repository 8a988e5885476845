"""One line about each request, at DEBUG, by the standard logging: "ContainerList 200 in 3.1 ms"."""

from __future__ import annotations

import logging
from time import perf_counter
from types import TracebackType
from typing import Self

__all__ = ["Logged"]

_logger = logging.getLogger(__name__.removesuffix(".transport.log"))


class Logged:
    """A request that is logged when it is left; of a stream, up to its first byte."""

    status: int | None = None
    """The answer's."""

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._start = perf_counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not _logger.isEnabledFor(logging.DEBUG):
            return
        outcome = self.status or (kind.__name__ if kind else "-")
        milliseconds = (perf_counter() - self._start) * 1000
        _logger.debug("%s %s in %.1f ms", self._operation, outcome, milliseconds)
