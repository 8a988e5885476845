"""Steps: the waits of a generator.

Code that needs to wait is written once, as a generator. It yields a step, and receives the result.
`moorage.transport.threads` and `moorage.transport.tasks` run such generators, each in its way.
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

    Sends back the ready events, or 0.
    """

    __slots__ = ("events", "seconds", "socket")

    def __init__(self, unready: socket.socket, events: int, seconds: float | None) -> None:
        self.socket: socket.socket = unready
        self.events: int = events
        self.seconds: float | None = seconds


class WaitAny:
    """Waits until one of the sockets can be written to, or the seconds are over.

    Sends back the list of writable ones.
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
    """Calls a blocking function, in a thread if tasks run; sends back its result."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function: Callable[[], Any] = function


class Await:
    """Calls a function and, if tasks run, awaits its result; sends it back."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[[], Awaitable[Any] | Any]) -> None:
        self.function: Callable[[], Awaitable[Any] | Any] = function


class Next:
    """Waits for the next item of an asynchronous iterator; sends back None at its end.

    In threads, this is a TypeError.
    """

    __slots__ = ("iterator",)

    def __init__(self, iterator: AsyncIterator[Any]) -> None:
        self.iterator: AsyncIterator[Any] = iterator


class Lock(Protocol):
    """A lock of threads or of tasks; yielding it waits and takes it."""

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
