"""Runs steps in the thread that calls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

from moorage.transport.clearing import clear_locals
from moorage.transport.polling import polled
from moorage.transport.steps import (
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

__all__ = ["ThreadLock", "finish", "run"]

T = TypeVar("T")


def run(steps: Steps[T]) -> T:
    """Run the steps, and wait in this thread where they wait."""
    try:
        step = next(steps)
        while True:
            try:
                came = _waited(step)
            except Exception as error:
                step = steps.throw(error)
            else:
                step = steps.send(came)
    except StopIteration as end:
        return cast("T", end.value)
    finally:
        steps.close()


def finish(steps: Steps[T]) -> T:
    """Run steps that clean up after themselves, and wait in this thread where they wait.

    Unlike with `run`, an interruption of a wait, e.g. KeyboardInterrupt, is raised in the steps,
    which may wait again in a `finally`. The steps may hold secrets: the traceback of what they
    raise shows no locals.
    """
    resume: Callable[[], Step] = partial(next, steps)
    while True:
        try:
            while True:
                resume = partial(steps.send, _waited(resume()))
        except BaseException as error:
            if ended(steps):
                del resume  # it holds the last value sent to the steps
                if isinstance(error, StopIteration):
                    return cast("T", error.value)
                clear_locals(error)
                raise
            resume = partial(steps.throw, error)


def _waited(step: Step) -> Any:
    if type(step) is Wait:
        return next(iter(polled((step.socket,), step.events, step.seconds).values()), 0)
    if isinstance(step, Pause):
        if step.seconds:
            time.sleep(step.seconds)
        return None
    if isinstance(step, Call | Await):
        return step.function()
    if isinstance(step, WaitAny):
        return _any(step)
    if isinstance(step, Next):
        raise TypeError("a synchronous engine can't send an asynchronous iterator")
    assert isinstance(step, ThreadLock)  # noqa: S101
    return step.acquire()


def _any(step: WaitAny) -> list[Any]:
    ready = polled(step.sockets, WRITABLE, step.seconds)
    return [each for each in step.sockets if each.fileno() in ready]


class ThreadLock:
    """A lock that threads wait for."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def try_acquire(self) -> bool:
        """Take the lock if it is free."""
        return self._lock.acquire(blocking=False)

    def acquire(self) -> bool:
        """Wait for the lock, and take it."""
        return self._lock.acquire()

    def release(self) -> None:
        """Free the lock."""
        self._lock.release()
