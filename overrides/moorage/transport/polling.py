"""Wait for sockets in a thread, also where green threads have no `select.poll`."""

from __future__ import annotations

import select
from collections.abc import Iterable
from typing import Any

__all__ = ["polled"]


def polled(sockets: Iterable[Any], events: int, seconds: float | None) -> dict[int, int]:
    """Wait until a socket is ready.

    Args:
        sockets: The sockets, or one.
        events: Events to wait for, in the bits of `select.poll`.
        seconds: Seconds to wait; None waits for ever.

    Returns:
        The events of ready sockets, by descriptor; empty after the seconds.
    """
    # Looked up here: gevent replaces it, and eventlet removes it.
    if hasattr(select, "poll"):
        poll = select.poll()
        for each in sockets:
            poll.register(each, events)
        return dict(poll.poll(None if seconds is None else seconds * 1000))
    numbers = [each.fileno() for each in sockets]
    reading = numbers if events & select.POLLIN else []
    writing = numbers if events & select.POLLOUT else []
    readable, writable, _ = select.select(reading, writing, [], seconds)
    found = dict.fromkeys(readable, select.POLLIN)
    for number in writable:
        found[number] = found.get(number, 0) | select.POLLOUT
    return found
