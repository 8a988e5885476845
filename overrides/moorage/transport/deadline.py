"""The connect timeout, in steps."""

from __future__ import annotations

import socket
from time import monotonic

from moorage.transport.clock import Clock
from moorage.transport.steps import Steps, Wait, WaitAny

__all__ = ["Deadline"]


class Deadline:
    """Limits the waits of one connection together; the connect timeout starts here.

    Args:
        clock: The connect timeout, and that of the whole operation.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._limit = clock.connect
        self._until = None if self._limit is None else monotonic() + self._limit

    def wait(self, unready: socket.socket, events: int) -> Steps[None]:
        """Wait until the socket is ready for one of the events.

        Raises:
            TimedOut: A timeout expired.
        """
        if not (yield Wait(unready, events, self._left())):
            raise self._expired()

    def wait_any(
        self, unready: tuple[socket.socket, ...], seconds: float | None
    ) -> Steps[list[socket.socket]]:
        """Wait until a socket is writable, and return the writable ones; none after the seconds.

        Raises:
            TimedOut: A timeout expired.
        """
        left = self._left()
        limited = seconds is not None and (left is None or seconds < left)
        writable: list[socket.socket]
        writable = yield WaitAny(unready, seconds if limited else left)
        if not writable and not limited:
            raise self._expired()
        return writable

    def _left(self) -> float | None:
        left = None if self._until is None else max(self._until - monotonic(), 0)
        return self._clock.seconds(left)

    def _expired(self) -> Exception:
        self._clock.seconds(None)
        return self._clock.expired("connect", self._limit)
