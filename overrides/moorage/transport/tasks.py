"""Runs steps in a task, of asyncio or trio.

On asyncio, the running loop itself waits for sockets, which is much faster than anyio.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from moorage.transport.clearing import clear_locals
from moorage.transport.steps import (
    READABLE,
    WRITABLE,
    Await,
    Call,
    Next,
    Pause,
    Step,
    Steps,
    Wait,
    WaitAny,
    ended,
)

if TYPE_CHECKING:
    import anyio

__all__ = ["TaskLock", "finish", "run", "shielded"]

T = TypeVar("T")


async def run(steps: Steps[T]) -> T:
    """Run the steps, and let other tasks run where they wait."""
    try:
        step = next(steps)
        loop = _running_loop()
        while True:
            try:
                came = await _waited(step, loop)
            except Exception as error:
                step = steps.throw(error)
            else:
                step = steps.send(came)
    except StopIteration as end:
        return cast("T", end.value)
    finally:
        steps.close()


async def finish(steps: Steps[T]) -> T:
    """Run steps that clean up after themselves, and let other tasks run where they wait.

    Unlike with `run`, an interruption of a wait, e.g. a cancellation, is raised in the steps, which
    may wait again in a `finally`. Later waits are shielded: the cancellation continues after the
    steps have ended.
    """
    try:
        return await _driven(steps, partial(next, steps), _running_loop())
    except _Interrupted as interrupted:
        error = interrupted.error
    return await shielded(steps, partial(steps.throw, error))


async def shielded(steps: Steps[T], resume: Callable[[], Step] | None = None) -> T:
    """Run steps without interruption by a cancellation.

    Args:
        steps: The steps.
        resume: Continues steps that have begun.
    """
    import anyio

    loop = _running_loop()
    rest = _driven(steps, resume or partial(next, steps), loop, shielded=True)
    results: list[T] = []
    cancelled: BaseException | None = None
    with anyio.CancelScope(shield=True):
        if loop is None:
            results.append(await rest)
        else:
            # A separate task: asyncio's own cancellation, which anyio can't shield, misses it.
            task = loop.create_task(rest)
            while not task.done():
                try:
                    await asyncio.wait([task])
                except asyncio.CancelledError as error:
                    cancelled = error
            results.append(task.result())
    if cancelled is not None:
        raise cancelled
    return results[0]


class _Interrupted(Exception):
    """A wait of unfinished steps was cancelled."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


async def _driven(
    steps: Steps[T],
    resume: Callable[[], Step],
    loop: asyncio.AbstractEventLoop | None,
    *,
    shielded: bool = False,
) -> T:
    while True:
        try:
            while True:
                resume = partial(steps.send, await _waited(resume(), loop))
        except BaseException as error:
            if ended(steps):
                del resume  # it holds the last value sent to the steps
                if isinstance(error, StopIteration):
                    return cast("T", error.value)
                clear_locals(error)
                raise
            if isinstance(error, GeneratorExit):  # awaiting is impossible from here on
                steps.close()
                raise
            if not (shielded or isinstance(error, Exception)):
                raise _Interrupted(error) from None
            resume = partial(steps.throw, error)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """Return asyncio's loop if an asyncio task is running."""
    # Trio may run as a guest in asyncio's loop, without a running asyncio task.
    try:
        return asyncio.get_running_loop() if asyncio.current_task() is not None else None
    except RuntimeError:
        return None


async def _waited(step: Step, loop: asyncio.AbstractEventLoop | None) -> Any:
    if type(step) is Wait:
        sockets = [(step.socket, step.events)]
        ready = await _first(sockets, step.seconds, loop)
        return ready[0][1] if ready else 0
    if isinstance(step, Pause):
        if loop is not None:
            return await asyncio.sleep(step.seconds)
        import anyio

        return await anyio.sleep(step.seconds)
    if isinstance(step, Await):
        return await step.function()
    if isinstance(step, Call):
        # Unlike the loop's own executor, this waits for the thread when the task is cancelled: a
        # file must not be closed while a thread reads from it.
        import anyio.to_thread

        return await anyio.to_thread.run_sync(step.function)
    if isinstance(step, Next):
        return await anext(step.iterator, None)
    if isinstance(step, WaitAny):
        waited = [(each, WRITABLE) for each in step.sockets]
        return [each for each, _ in await _first(waited, step.seconds, loop)]
    assert isinstance(step, TaskLock)  # noqa: S101
    return await step.acquire()


_Sockets = Iterable[tuple[socket.socket, int]]


async def _first(
    sockets: _Sockets, seconds: float | None, loop: asyncio.AbstractEventLoop | None
) -> list[tuple[socket.socket, int]]:
    """Wait for the first of the sockets; returns it with the event that it is ready for."""
    if loop is not None:
        return await _first_of_loop(sockets, seconds, loop)
    import anyio

    ready: list[tuple[socket.socket, int]] = []
    with anyio.move_on_after(seconds):
        async with anyio.create_task_group() as tasks:

            async def wait(unready: socket.socket, event: int) -> None:
                await (anyio.wait_readable if event == READABLE else anyio.wait_writable)(unready)
                ready.append((unready, event))
                tasks.cancel_scope.cancel()

            for each, events in sockets:
                for event in (READABLE, WRITABLE):
                    if events & event:
                        tasks.start_soon(wait, each, event)
    return ready


async def _first_of_loop(
    sockets: _Sockets, seconds: float | None, loop: asyncio.AbstractEventLoop
) -> list[tuple[socket.socket, int]]:
    future: asyncio.Future[list[tuple[socket.socket, int]]] = loop.create_future()
    timer = None if seconds is None else loop.call_later(seconds, _finish, future, [])
    watched: list[tuple[int, int]] = []
    try:
        for each, events in sockets:
            number = each.fileno()
            if events & READABLE:
                loop.add_reader(number, _finish, future, [(each, READABLE)])
                watched.append((number, READABLE))
            if events & WRITABLE:
                loop.add_writer(number, _finish, future, [(each, WRITABLE)])
                watched.append((number, WRITABLE))
        return await future
    finally:
        if timer is not None:
            timer.cancel()
        for number, event in watched:
            (loop.remove_reader if event == READABLE else loop.remove_writer)(number)


def _finish(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


class TaskLock:
    """A lock for tasks; the garbage collector can take it without a running task."""

    __slots__ = ("_taken", "_waiting")

    def __init__(self) -> None:
        self._taken = False
        self._waiting: deque[anyio.Event] = deque()

    def try_acquire(self) -> bool:
        """Take the lock if it is free."""
        if self._taken:
            return False
        self._taken = True
        return True

    def release(self) -> None:
        """Free the lock."""
        self._taken = False
        if self._waiting:
            self._waiting.popleft().set()

    async def acquire(self) -> None:
        """Wait for the lock, and take it."""
        import anyio

        while not self.try_acquire():
            event = anyio.Event()
            self._waiting.append(event)
            try:
                await event.wait()
            except BaseException:
                # Pass on the wake-up to another task.
                if event.is_set() and not self._taken and self._waiting:
                    self._waiting.popleft().set()
                elif not event.is_set():
                    self._waiting.remove(event)
                raise
