"""Timeouts of the steps of one request."""

from __future__ import annotations

from time import monotonic

from moorage.errors import TimedOut

__all__ = ["Clock"]

# The longest single wait: polls of threads and tasks accept no more than some days.
_LONGEST_WAIT = 86_400.0


class Clock:
    """Limits the waits of one request.

    Args:
        where: The operation and the host, for error messages.
        connect: Seconds that connecting may take; None waits.
        idle: Seconds without data in either direction; None waits.
        total: Seconds from now to the end; None waits.
        refusal: The message of `TimedOut` for the total timeout; None for the usual one.

    Attributes:
        received: The number of bytes of the body received so far.
    """

    __slots__ = ("_deadline", "_refusal", "connect", "idle", "received", "total", "where")

    def __init__(
        self,
        where: str,
        connect: float | None = None,
        idle: float | None = None,
        total: float | None = None,
        refusal: str | None = None,
    ) -> None:
        self.where: str = where
        self.connect: float | None = connect
        self.idle: float | None = idle
        self.total: float | None = total
        self.received: int = 0
        self._refusal = refusal
        self._deadline = None if total is None else monotonic() + total

    def seconds(self, limit: float | None) -> float | None:
        """Return the seconds that a wait with a limit of its own may take; None waits without end.

        Raises:
            TimedOut: The total timeout expired.
        """
        if self._deadline is None:
            return limit if limit is None or limit < _LONGEST_WAIT else _LONGEST_WAIT
        left = self._deadline - monotonic()
        if left <= 0:
            raise self.expired("total", self.total)
        return min(left, _LONGEST_WAIT if limit is None else limit, _LONGEST_WAIT)

    def expired(self, which: str, seconds: float | None) -> TimedOut:
        """Make the error of an expired timeout."""
        if which == "total" and self._refusal is not None:
            return TimedOut(f"{self.where} {self._refusal}", self.received)
        return TimedOut(f"{self.where}: the {which} timeout ({seconds:g} s) expired", self.received)
