"""Runs the steps of a channel in a task, of asyncio or trio, by the anyio that httpx needs too."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import Any, TypeVar, cast

import anyio
import anyio.to_thread

from moorage.transport.channel import READABLE, WRITABLE, Call, Lock, Pause, Steps, Wait

__all__ = ["TaskLock", "run"]

T = TypeVar("T")

# Before 4.7, anyio calls these otherwise.
_readable = getattr(anyio, "wait_readable", None) or anyio.wait_socket_readable
_writable = getattr(anyio, "wait_writable", None) or anyio.wait_socket_writable


async def run(steps: Steps[T]) -> T:
    """Take the steps, and let other tasks run where they wait."""
    with closing(steps):
        try:
            wait = next(steps)
            while True:
                try:
                    came = await _waited(wait)
                except Exception as error:
                    wait = steps.throw(error)
                else:
                    wait = steps.send(came)
        except StopIteration as end:
            return cast("T", end.value)


async def _waited(wait: Wait | Pause | Call | Lock) -> Any:
    if isinstance(wait, TaskLock):
        await wait.acquire()
        return 0
    if isinstance(wait, Pause):
        await anyio.sleep(wait.seconds)
        return 0
    if isinstance(wait, Call):
        return await anyio.to_thread.run_sync(wait.function)
    assert isinstance(wait, Wait)  # noqa: S101
    if wait.seconds is None:
        return await _ready(wait)
    with anyio.move_on_after(wait.seconds):
        return await _ready(wait)
    return 0


async def _ready(wait: Wait) -> int:
    if wait.events == READABLE:
        await _readable(wait.socket)
    elif wait.events == WRITABLE:
        await _writable(wait.socket)
    else:
        return await _either(wait.socket)
    return wait.events


async def _either(waiting: socket.socket) -> int:
    ready = 0
    async with anyio.create_task_group() as tasks:

        async def readable() -> None:
            nonlocal ready
            await _readable(waiting)
            ready |= READABLE
            tasks.cancel_scope.cancel()

        tasks.start_soon(readable)
        await _writable(waiting)
        ready |= WRITABLE
        tasks.cancel_scope.cancel()
    return ready


class TaskLock:
    """A lock that tasks wait for."""

    def __init__(self) -> None:
        # Unlike anyio's lock, this can be taken where no task runs: in the collection of garbage.
        self._lock = anyio.Semaphore(1)
        self.acquire = self._lock.acquire
        self.release = self._lock.release

    def try_acquire(self) -> bool:
        """Take the lock if it is free."""
        try:
            self._lock.acquire_nowait()
        except anyio.WouldBlock:
            return False
        return True
