"""Connections that several threads use at once."""

from __future__ import annotations

import socket
from collections.abc import Callable

from moorage.transport.channel import Channel
from moorage.transport.clock import Clock
from moorage.transport.steps import Wait
from moorage.transport.threads import ThreadLock


class LockThatTells(ThreadLock):
    """Calls a function after it was found taken, once."""

    __slots__ = ("found_taken",)

    def __init__(self) -> None:
        super().__init__()
        self.found_taken: Callable[[], object] | None = None

    def try_acquire(self) -> bool:
        taken = super().try_acquire()
        if not taken and self.found_taken is not None:
            function, self.found_taken = self.found_taken, None
            function()
        return taken


def test_a_reader_and_a_writer_that_leave_a_closed_connection_at_once() -> None:
    locks: list[LockThatTells] = []

    def lock() -> LockThatTells:
        locks.append(LockThatTells())
        return locks[-1]

    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        channel = Channel(ours, None, Clock("test", None, None), lock)
        reading, writing = channel.receive(), channel.send(bytes(1 << 24))
        assert any(isinstance(step, Wait) for step in reading)
        assert any(isinstance(step, Wait) for step in writing)
        channel.close()
        assert ours.fileno() != -1, "both still use it"
        # The writer leaves just when the reader, which leaves too, found it there.
        locks[1].found_taken = writing.close
        reading.close()
        assert locks[1].found_taken is None
        assert ours.fileno() == -1
