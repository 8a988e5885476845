"""Runs the steps of a channel in the thread that calls."""

from __future__ import annotations

import select
import socket
import threading
import time
from contextlib import closing
from typing import Any, TypeVar, cast

from moorage.transport.channel import WRITABLE, Call, Lock, Pause, Steps, Wait, WaitAny

__all__ = ["ThreadLock", "run"]

T = TypeVar("T")


def run(steps: Steps[T]) -> T:
    """Take the steps, and wait in this thread where they wait."""
    with closing(steps):
        try:
            wait = next(steps)
            while True:
                try:
                    came = _waited(wait)
                except Exception as error:
                    wait = steps.throw(error)
                else:
                    wait = steps.send(came)
        except StopIteration as end:
            return cast("T", end.value)


def _waited(wait: Wait | WaitAny | Pause | Call | Lock) -> Any:
    if isinstance(wait, ThreadLock):
        wait.acquire()
        return 0
    if isinstance(wait, Pause):
        if wait.seconds:
            time.sleep(wait.seconds)
        return 0
    if isinstance(wait, Call):
        return wait.function()
    if isinstance(wait, WaitAny):
        return _writable(wait)
    assert isinstance(wait, Wait)  # noqa: S101
    poll = select.poll()
    poll.register(wait.socket, wait.events)
    ready = poll.poll(None if wait.seconds is None else wait.seconds * 1000)
    return ready[0][1] if ready else 0


def _writable(wait: WaitAny) -> list[socket.socket]:
    poll = select.poll()
    for each in wait.sockets:
        poll.register(each, WRITABLE)
    ready = dict(poll.poll(None if wait.seconds is None else wait.seconds * 1000))
    return [each for each in wait.sockets if each.fileno() in ready]


class ThreadLock:
    """A lock that threads wait for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.acquire = self._lock.acquire
        self.release = self._lock.release

    def try_acquire(self) -> bool:
        """Take the lock if it is free."""
        return self._lock.acquire(blocking=False)
