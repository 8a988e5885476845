"""Runs the steps of a channel in a task, of asyncio or trio, by the anyio that httpx needs too."""

from __future__ import annotations

import asyncio
import math
import socket
from contextlib import closing
from typing import Any, TypeVar, cast

import anyio
import anyio.to_thread

from moorage.transport.channel import READABLE, WRITABLE, Call, Lock, Pause, Steps, Wait, WaitAny

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


async def _waited(wait: Wait | WaitAny | Pause | Call | Lock) -> Any:
    if isinstance(wait, TaskLock):
        await wait.acquire()
        return 0
    if isinstance(wait, Pause):
        await anyio.sleep(wait.seconds)
        return 0
    if isinstance(wait, Call):
        return await anyio.to_thread.run_sync(wait.function)
    if isinstance(wait, WaitAny):
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return await _any_by_anyio(wait)
        return await _any_by_asyncio(wait, loop)
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


async def _any_by_asyncio(wait: WaitAny, loop: asyncio.AbstractEventLoop) -> list[socket.socket]:
    ready: list[socket.socket] = []
    done = loop.create_future()

    def finish(*writable: socket.socket) -> None:
        # A socket stays writable, and is reported again until this task runs.
        ready.extend(each for each in writable if each not in ready)
        if not done.done():
            done.set_result(None)

    timer = None if wait.seconds is None else loop.call_later(wait.seconds, finish)
    try:
        for each in wait.sockets:
            loop.add_writer(each, finish, each)
        await done
    finally:
        for each in wait.sockets:
            loop.remove_writer(each)
        if timer is not None:
            timer.cancel()
    return ready


async def _any_by_anyio(wait: WaitAny) -> list[socket.socket]:
    ready: list[socket.socket] = []
    seconds = math.inf if wait.seconds is None else wait.seconds
    with anyio.move_on_after(seconds) as scope:
        async with anyio.create_task_group() as tasks:

            async def watch(unready: socket.socket) -> None:
                await _writable(unready)
                ready.append(unready)
                scope.cancel()

            for each in wait.sockets:
                tasks.start_soon(watch, each)
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
