"""Steps: the things that a generator waits for.

Code that needs to wait is written once, as a generator. It yields a step, and is sent what came of
it. `moorage.transport.threads` and `moorage.transport.tasks` run such generators, each in its way.
"""

from __future__ import annotations

import select
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

__all__ = [
    "READABLE",
    "WRITABLE",
    "Await",
    "Call",
    "Lock",
    "Next",
    "Pause",
    "Step",
    "Steps",
    "Wait",
    "WaitAny",
    "ended",
]

T = TypeVar("T")

READABLE, WRITABLE = select.POLLIN, select.POLLOUT


class Wait:
    """Waits until a socket is ready for one of the events, or the seconds are over.

    It is sent the events that the socket is ready for, or 0.
    """

    __slots__ = ("events", "seconds", "socket")

    def __init__(self, unready: socket.socket, events: int, seconds: float | None) -> None:
        self.socket: socket.socket = unready
        self.events: int = events
        self.seconds: float | None = seconds


class WaitAny:
    """Waits until one of the sockets can be written to, or the seconds are over.

    It is sent the list of those that can.
    """

    __slots__ = ("seconds", "sockets")

    def __init__(self, sockets: Sequence[socket.socket], seconds: float | None) -> None:
        self.sockets: Sequence[socket.socket] = sockets
        self.seconds: float | None = seconds


class Pause:
    """Waits for the seconds; 0 lets other tasks run."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds: float = seconds


class Call:
    """Calls a function that blocks, in a thread where tasks run; is sent what it returns."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function: Callable[[], Any] = function


class Await:
    """Calls a function and, where tasks run, awaits what it returns; is sent the result."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[[], Awaitable[Any] | Any]) -> None:
        self.function: Callable[[], Awaitable[Any] | Any] = function


class Next:
    """Waits for the next item of an asynchronous iterator; is sent None at its end.

    Where threads run the steps, this is a TypeError.
    """

    __slots__ = ("iterator",)

    def __init__(self, iterator: AsyncIterator[Any]) -> None:
        self.iterator: AsyncIterator[Any] = iterator


class Lock(Protocol):
    """A lock, of threads or of tasks; yielding it waits until it is taken."""

    def try_acquire(self) -> bool:
        """Take the lock if it is free."""
        raise NotImplementedError

    def release(self) -> None:
        """Free the lock."""


Step: TypeAlias = Wait | WaitAny | Pause | Call | Await | Next | Lock

Steps: TypeAlias = Generator[Step, Any, T]


def ended(steps: Steps[Any]) -> bool:
    """Return whether steps have returned or raised."""
    return steps.gi_frame is None  # type: ignore[attr-defined]
