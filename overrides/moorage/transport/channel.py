"""A connection to the engine that one stream has for itself, on a socket that never blocks.

What needs to wait is a generator of steps: it yields what it waits for, a socket, a lock or a
call, and is sent what came of it. `moorage.transport.threads` and `tasks` run the steps, each in
its way; so what a connection does is written once.
"""

from __future__ import annotations

import contextlib
import select
import socket
from collections import deque
from collections.abc import Callable, Generator
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from attrs import define, frozen

from moorage.errors import TimedOut

if TYPE_CHECKING:
    from moorage.transport.tls import Tls

__all__ = [
    "CHUNK",
    "READABLE",
    "WRITABLE",
    "Call",
    "Channel",
    "Clock",
    "Lock",
    "Pace",
    "Pause",
    "Steps",
    "Wait",
    "WaitAny",
]

T = TypeVar("T")

CHUNK = 1 << 16
READABLE, WRITABLE = select.POLLIN, select.POLLOUT

# Of a stream in haste: so many times in a row, not much came within a moment.
_STREAK, _MUCH, _SOON = 8, CHUNK // 2, 0.001
# What an engine sends in this time, in seconds, fits into what a socket holds.
_PAUSE = 0.0004
# Who need not wait, because the engine is quick, lets other tasks run as often.
_TURN = 0.001


@frozen
class Wait:
    """Waits until a socket is ready for one of the events, or the seconds are over."""

    socket: socket.socket
    events: int
    seconds: float | None


@frozen
class WaitAny:
    """Waits until a socket is writable, or the seconds are over; is sent those that are."""

    sockets: tuple[socket.socket, ...]
    seconds: float | None


@frozen
class Pause:
    """Waits for the seconds, or, if none, for the others' turn."""

    seconds: float


@frozen
class Call:
    """Calls what blocks, and is sent what it returns."""

    function: Callable[[], Any]


class Lock(Protocol):
    """A lock, of threads or of tasks; to wait for it, steps yield it."""

    def try_acquire(self) -> bool:
        """Take the lock if it is free."""
        raise NotImplementedError

    def release(self) -> None:
        """Free the lock."""


Steps: TypeAlias = Generator[Wait | WaitAny | Pause | Call | Lock, Any, T]


@define(eq=False)
class Clock:
    """Tells how long a wait may be."""

    operation: str
    connect: float | None
    """The seconds that a connection may take."""
    idle: float | None = None
    """The seconds in which nothing comes, and nothing goes."""
    total: float | None = None
    """The seconds from now to the end."""
    received: int = 0
    """The bytes of the answer's body that have come."""
    _deadline: float | None = None

    def __attrs_post_init__(self) -> None:
        if self.total is not None:
            self._deadline = monotonic() + self.total

    def seconds(self, limit: float | None) -> float | None:
        """Return how long a wait may be that has a limit of its own.

        Raises:
            TimedOut: the total is over.
        """
        if self._deadline is None:
            return limit
        left = self._deadline - monotonic()
        if left <= 0:
            raise self.expired("total", self.total)
        return left if limit is None else min(left, limit)

    def expired(self, which: str, seconds: float | None) -> TimedOut:
        """Make the error of a limit that is over."""
        return TimedOut(
            f"{self.operation}: the {which} timeout of {seconds:g} s is over", self.received
        )


class Pace:
    """Lets the lines of a long log add up, when they come as fast as they are read; without I/O.

    An engine sends each line by itself. Who waits for each makes it wake the waiting thread each
    time, which costs both sides more than the line does.
    """

    def __init__(self) -> None:
        self._last = 0.0
        self._streak = 0

    def count(self, length: int) -> None:
        """Take note that so many bytes came."""
        now = monotonic()
        follows = now - self._last < _SOON and length < _MUCH
        self._streak = self._streak + 1 if follows else 0
        self._last = now

    def pause(self) -> float:
        """Return how long not to look for more, in seconds; it is less than a thousandth."""
        return _PAUSE - (monotonic() - self._last) if self._streak >= _STREAK else 0


class Channel:
    """Bytes in both directions; one may read while another writes.

    Who writes more than the engine takes reads meanwhile, and keeps what comes: neither side waits
    for the other.
    """

    def __init__(
        self, connected: socket.socket, tls: Tls | None, clock: Clock, lock: Callable[[], Lock]
    ) -> None:
        self._socket = connected
        self._tls = tls
        self._clock = clock
        self._reading, self._writing = lock(), lock()
        self._kept: deque[bytes] = deque()
        self._ended = False
        self._pace = Pace()
        self._waited = monotonic()
        self.paced = False
        self.closed = False

    def __del__(self) -> None:
        self.close()

    @property
    def kept(self) -> bool:
        """Whether something has come that was not received yet, or the end has."""
        return bool(self._kept) or self._ended

    def receive(self) -> Steps[bytes]:
        """Wait for bytes; b"" is the end.

        Raises:
            OSError: the connection was cut.
            TimedOut: a timeout is over.
        """
        yield from _taken(self._reading)
        try:
            pause = self._pace.pause() if self.paced else 0
            if pause > 0:
                yield Pause(pause)
                self._waited = monotonic()
            yield from self._turn()
            while True:
                if self._kept:
                    data = self._kept.popleft()
                    self._pace.count(len(data))
                    return data
                if self._ended:
                    return b""
                if not self._take():
                    yield from self._wait(READABLE)
        finally:
            self._release(self._reading)

    def drain(self) -> bytes:
        """Return what has come and was not received."""
        data = b"".join(self._kept)
        self._kept.clear()
        return data

    def send(self, data: bytes | memoryview) -> Steps[None]:
        """Send all of the bytes.

        Raises:
            OSError: the connection was cut.
            TimedOut: a timeout is over.
        """
        view = memoryview(data)
        yield from _taken(self._writing)
        try:
            yield from self._turn()
            if self._tls is None:
                yield from self._send(view)
            else:
                for start in range(0, len(view), CHUNK):
                    yield from self._send(self._tls.encrypt(view[start : start + CHUNK]))
        finally:
            self._release(self._writing)

    def send_eof(self) -> Steps[None]:
        """Say that no more will be sent; more may be received.

        Raises:
            OSError: the connection was cut.
            TimedOut: a timeout is over.
        """
        yield from _taken(self._writing)
        try:
            if self._tls:
                yield from self._send(self._tls.ending())
            else:
                self._socket.shutdown(socket.SHUT_WR)
        finally:
            self._release(self._writing)

    def close(self) -> None:
        """Close the connection at once, from any thread; who waits for it gets an OSError."""
        if not self.closed:
            self.closed = True
            # This wakes them; the last of them closes the socket, which must not go before.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._close_unused()

    def abandon(self) -> None:
        """Give up the connection in a process that was forked: it stays its parent's."""
        self.closed = True
        # Not shut down: that would be the parent's connection too.
        self._socket.close()

    @property
    def readable(self) -> bool:
        """Whether something has come, or the end has; nothing should have where nothing is due."""
        if self.closed or self.kept:
            return True
        poll = select.poll()
        poll.register(self._socket, READABLE)
        return bool(poll.poll(0))

    def _close_unused(self) -> None:
        if self._reading.try_acquire():
            if self._writing.try_acquire():
                self._socket.close()
                self._writing.release()
            self._reading.release()

    def _release(self, lock: Lock) -> None:
        lock.release()
        if self.closed:
            self._close_unused()

    def _take(self) -> bool:
        """Keep what is there; tells whether there was anything, the end being something too."""
        try:
            data = self._socket.recv(CHUNK)
        except BlockingIOError:
            return False
        # Now, not before: who closes the connection meanwhile makes it look as if it had ended.
        if self.closed:
            raise OSError("it was closed")
        if self._tls:
            data, self._ended = self._tls.decrypt(data)
        else:
            self._ended = not data
        if data:
            self._kept.append(data)
        return True

    def _send(self, data: bytes | memoryview) -> Steps[None]:
        view = memoryview(data)
        while view:
            if self.closed:
                raise OSError("it was closed")
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                if self._ended:
                    # An engine that is done with a session says so, and reads no more.
                    raise BrokenPipeError("the other side has ended the connection") from None
                if not self._reading.try_acquire():
                    yield from self._wait(WRITABLE)
                    continue
                try:
                    if (yield from self._wait(READABLE | WRITABLE)) & ~WRITABLE:
                        self._take()
                finally:
                    self._release(self._reading)

    def _turn(self) -> Steps[None]:
        if monotonic() - self._waited > _TURN:
            yield Pause(0)
            self._waited = monotonic()

    def _wait(self, events: int) -> Steps[int]:
        idle = self._clock.idle
        ready: int = yield Wait(self._socket, events, self._clock.seconds(idle))
        self._waited = monotonic()
        if not ready:
            self._clock.seconds(None)
            raise self._clock.expired("idle", idle)
        return ready


def _taken(lock: Lock) -> Steps[None]:
    if not lock.try_acquire():
        yield lock
