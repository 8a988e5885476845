"""A connection to the engine, on a socket that never blocks; in steps."""

from __future__ import annotations

import contextlib
import socket
from collections import deque
from collections.abc import Callable, Iterator
from time import monotonic
from typing import TYPE_CHECKING

from moorage.transport.clock import Clock
from moorage.transport.polling import polled
from moorage.transport.steps import READABLE, WRITABLE, Lock, Pause, Steps, Wait

if TYPE_CHECKING:
    from moorage.wire.tls import Tls

__all__ = ["CHUNK", "Channel", "Pace"]

CHUNK = 1 << 16

# A stream is fast when this many quick reads in a row brought less than _MUCH each.
_STREAK, _MUCH, _SOON = 8, CHUNK // 2, 0.001
# In seconds; the output of an engine in this time fits into a socket's buffer.
_PAUSE = 0.0004
# Interval at which a task that never waits, because the engine is fast, yields to others.
_TURN = 0.001


class Pace:
    """Batches the lines of a long log when they arrive as fast as they are read; without I/O.

    An engine sends each line by itself. Waiting for each one wakes the thread each time, which
    costs both sides more than the line.
    """

    def __init__(self) -> None:
        self._last = 0.0
        self._streak = 0

    def count(self, length: int) -> None:
        """Record the number of received bytes."""
        now = monotonic()
        follows = now - self._last < _SOON and length < _MUCH
        self._streak = self._streak + 1 if follows else 0
        self._last = now

    def pause(self) -> float:
        """Return the seconds to pause before the next read: less than a thousandth."""
        return _PAUSE - (monotonic() - self._last) if self._streak >= _STREAK else 0


class Channel:
    """Bytes in both directions; one may read while another writes.

    Output that arrives while you write is buffered, so neither side deadlocks.

    Attributes:
        clock: The timeouts of the current request.
        paced: Whether to batch short pieces, as `Pace` does.
        used: Whether the connection has carried a response.
        closed: Whether the connection is closed.
        returned: The time when the connection was returned to the pool.
    """

    # Before `__init__` is done, which an interrupt may prevent.
    closed: bool = True

    def __init__(
        self, connected: socket.socket, tls: Tls | None, clock: Clock, lock: Callable[[], Lock]
    ) -> None:
        self._socket = connected
        self._tls = tls
        self._reading, self._writing = lock(), lock()
        self._kept: deque[bytes] = deque()
        self._ended = False
        self._pace = Pace()
        self._waited = monotonic()
        self.clock: Clock = clock
        self.paced = False
        self.used = False
        self.closed = False
        self.returned: float = 0.0

    def __del__(self) -> None:
        # No step is running, since it would hold the channel; but an interrupt may have kept one
        # from releasing its lock.
        if not self.closed:
            self.close()
        with contextlib.suppress(AttributeError):  # `__init__` was interrupted
            self._socket.close()

    @property
    def kept(self) -> bool:
        """Whether bytes, or the end, are buffered."""
        return bool(self._kept) or self._ended

    def lend(self, clock: Clock) -> None:
        """Assign the connection to another request, with its timeouts."""
        self.clock = clock
        self._waited = monotonic()

    def hand_over(self, lock: Callable[[], Lock]) -> None:
        """Hand over reading and writing from tasks to a thread.

        Args:
            lock: Makes their locks.
        """
        self._reading, self._writing = lock(), lock()

    @contextlib.contextmanager
    def watched(self) -> Iterator[int]:
        """Keep the socket open while a thread waits for several; yields its descriptor.

        Raises:
            OSError: The connection was closed.
        """
        if self.closed or not self._reading.try_acquire():
            raise OSError("it was closed")
        try:
            yield self._socket.fileno()
        finally:
            self._release(self._reading)

    def receive(self, *, due: bool = False) -> Steps[bytes]:
        """Wait for bytes; b"" is the end.

        Args:
            due: Whether to wait before reading, since no data can have arrived yet.

        Raises:
            OSError: The connection was cut.
            TimedOut: A timeout expired.
        """
        if not self._reading.try_acquire():
            yield self._reading
        try:
            if due and not self.kept:
                yield from self._wait(READABLE)
            else:
                pause = self._pace.pause() if self.paced else 0
                if pause > 0:
                    yield Pause(pause)
                    self._waited = monotonic()
                elif monotonic() - self._waited > _TURN:
                    yield from self._turn()
            while True:
                if self._kept:
                    data = self._kept.popleft()
                    if self.paced:
                        self._pace.count(len(data))
                    return data
                if self._ended:
                    return b""
                if not self._take():
                    yield from self._wait(READABLE)
        finally:
            self._release(self._reading)

    def look(self) -> bool:
        """Buffer available bytes, without waiting; returns whether any are buffered."""
        if not self.kept and self._reading.try_acquire():
            try:
                self._take()
            except OSError:
                pass  # the next step on the connection raises it
            finally:
                self._release(self._reading)
        return self.kept

    def drain(self) -> bytes:
        """Return the buffered bytes."""
        data = b"".join(self._kept)
        self._kept.clear()
        return data

    def send(self, data: bytes | bytearray | memoryview) -> Steps[None]:
        """Send all of the bytes.

        Raises:
            OSError: The connection was cut.
            TimedOut: A timeout expired.
        """
        if not self._writing.try_acquire():
            yield self._writing
        try:
            if monotonic() - self._waited > _TURN:
                yield from self._turn()
            if self._tls is None:
                yield from self._send(data)
            else:
                view = memoryview(data)
                for start in range(0, len(view), CHUNK):
                    yield from self._send(self._tls.encrypt(view[start : start + CHUNK]))
        finally:
            self._release(self._writing)

    def send_eof(self) -> Steps[None]:
        """Close the sending side; the connection still receives.

        Raises:
            OSError: The connection was cut.
            TimedOut: A timeout expired.
        """
        if not self._writing.try_acquire():
            yield self._writing
        try:
            if self._tls:
                yield from self._send(self._tls.ending())
            else:
                self._socket.shutdown(socket.SHUT_WR)
        finally:
            self._release(self._writing)

    def close(self) -> None:
        """Close the connection at once, from any thread; waiting steps raise OSError."""
        if not self.closed:
            self.closed = True
            # This wakes waiting steps; the last one closes the socket, which must stay open until
            # then.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._close_unused()

    def abandon(self) -> None:
        """Drop the connection in a forked process: it belongs to the parent."""
        self.closed = True
        # No shutdown: it would end the parent's connection too.
        self._socket.close()

    @property
    def readable(self) -> bool:
        """Whether data or the end has arrived; neither should while no response is due."""
        if self.closed or self.kept:
            return True
        return bool(polled((self._socket,), READABLE, 0))

    def _close_unused(self) -> None:
        while self._reading.try_acquire():
            unused = self._writing.try_acquire()
            if unused:
                self._socket.close()
                self._writing.release()
            self._reading.release()
            # A thread that left meanwhile found its way to the socket barred by this one.
            if unused or not self._writing.try_acquire():
                break
            self._writing.release()

    def _release(self, lock: Lock) -> None:
        lock.release()
        if self.closed:
            self._close_unused()

    def _take(self) -> bool:
        """Buffer available bytes; returns whether there were any, or the end."""
        try:
            data = self._socket.recv(CHUNK)
        except BlockingIOError:
            return False
        # Checked only now: closing the connection meanwhile looks like its end.
        if self.closed:
            raise OSError("it was closed")
        if self._tls:
            data, self._ended = self._tls.decrypt(data)
        else:
            self._ended = not data
        if data:
            self._kept.append(data)
        return True

    def _send(self, data: bytes | bytearray | memoryview) -> Steps[None]:
        left = data
        while True:
            if self.closed:
                raise OSError("it was closed")
            try:
                sent = self._socket.send(left)
            except BlockingIOError:
                if self._ended:
                    # An engine that has ended a session closes it, and reads no more.
                    raise BrokenPipeError("the other side has ended the connection") from None
                yield from self._unblock()
                continue
            if sent == len(left):
                return
            left = memoryview(left)[sent:]

    def _unblock(self) -> Steps[None]:
        """Wait until more can be sent, and buffer incoming bytes meanwhile."""
        if not self._reading.try_acquire():
            yield from self._wait(WRITABLE)
            return
        try:
            if (yield from self._wait(READABLE | WRITABLE)) & ~WRITABLE:
                self._take()
        finally:
            self._release(self._reading)

    def _turn(self) -> Steps[None]:
        yield Pause(0)
        self._waited = monotonic()

    def _wait(self, events: int) -> Steps[int]:
        clock = self.clock
        idle = clock.idle
        until = None if idle is None else monotonic() + idle
        while True:
            if self.closed:
                raise OSError("it was closed")
            left = None if until is None else max(until - monotonic(), 0)
            ready: int = yield Wait(self._socket, events, clock.seconds(left))
            self._waited = monotonic()
            if ready:
                return ready
            clock.seconds(None)  # raises if the total timeout expired
            if until is not None and self._waited >= until:
                raise clock.expired("idle", idle)
