"""A fleet of engines, asked by tasks of asyncio or trio."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Unpack, overload

from anyio import (
    BrokenResourceError,
    CancelScope,
    ClosedResourceError,
    EndOfStream,
    Lock,
    Semaphore,
    create_memory_object_stream,
    create_task_group,
    sleep,
)
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from moorage.connect import connect_async
from moorage.engine_base import AsyncEngineBase
from moorage.errors import EngineError
from moorage.fleet.hosts import FleetOptions, Hosts
from moorage.fleet.members import MOST_EVENTS, Members
from moorage.fleet.resumption import Resumption
from moorage.parameters.filters import Filters
from moorage.parameters.times import PointInTime

if TYPE_CHECKING:
    from moorage_api.newest import AsyncEngine, EventMessage

__all__ = ["AsyncFleet"]

AE = TypeVar("AE", bound=AsyncEngineBase)
T = TypeVar("T")


class _Failure(Exception):
    """An exception that is not an engine's error, on its way to the caller."""


class Items(Generic[T]):
    """Pairs of an engine's name and its result, an asynchronous iterator.

    The tasks behind it are cancelled when it is closed, or dropped.
    """

    def __init__(
        self, receive: MemoryObjectReceiveStream[tuple[str, Any]], scope: CancelScope
    ) -> None:
        self._receive = receive
        self._scope = scope
        self._ended = False

    def __del__(self) -> None:
        self._end()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[str, T | EngineError]:
        try:
            name, item = await self._receive.receive()
        except (EndOfStream, ClosedResourceError):
            self._end()
            raise StopAsyncIteration from None
        if isinstance(item, _Failure) and item.__cause__ is not None:
            self._end()
            raise item.__cause__
        return name, item

    async def aclose(self) -> None:
        """Stop the iteration, and cancel the tasks behind it."""
        self._end()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            goes_on = self._receive.statistics().open_send_streams
            self._receive.close()
            if goes_on:  # else the event loop may be over too
                self._scope.cancel()


class AsyncFleet(Members, Generic[AE]):
    """Asynchronous form of `Fleet`, on asyncio or trio: engines that are asked at once, by tasks.

    Enter it, `async with AsyncFleet(…) as fleet`; it closes its engines at the end. Arguments and
    errors are those of `Fleet`; a class is e.g. `moorage_api.v1_44.AsyncEngine`.
    """

    @overload
    def __init__(
        self: AsyncFleet[AsyncEngine],
        hosts: Hosts = (),
        *,
        contexts: Iterable[str] = (),
        version: str | None = None,
        concurrency: int = 64,
        timeout: float | None = 60,
        **options: Unpack[FleetOptions],
    ) -> None: ...
    @overload
    def __init__(
        self,
        hosts: Hosts = (),
        *,
        contexts: Iterable[str] = (),
        api: type[AE],
        concurrency: int = 64,
        timeout: float | None = 60,
        **options: Unpack[FleetOptions],
    ) -> None: ...
    def __init__(
        self,
        hosts: Hosts = (),
        *,
        contexts: Iterable[str] = (),
        api: Any = None,
        version: str | None = None,
        concurrency: int = 64,
        timeout: float | None = 60,
        **options: Unpack[FleetOptions],
    ) -> None:
        super().__init__(
            connect_async, api, version, hosts, contexts, concurrency, timeout, options
        )
        self._locks: dict[str, Lock] = {}
        self._engines: dict[str, AE] = {}
        self._tasks: TaskGroup | None = None

    def __repr__(self) -> str:
        return f"<AsyncFleet of {len(self._places)} engines>"

    async def __aenter__(self) -> Self:
        if self._tasks is not None:
            raise RuntimeError("the fleet is entered already")
        tasks = create_task_group()
        await tasks.__aenter__()
        self._tasks = tasks
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        tasks, self._tasks = self._open_tasks(), None
        tasks.cancel_scope.cancel()
        try:
            # Without the exception, which would be raised in a group; it goes on by itself.
            await tasks.__aexit__(None, None, None)
        finally:
            with CancelScope(shield=True):
                while self._engines:
                    await self._engines.popitem()[1].aclose()

    async def engine(self, name: str) -> AE:
        """Return an engine, which is opened unless it is open.

        Raises:
            KeyError: The fleet has no engine of this name.
            EngineError: It can't be reached.
            RuntimeError: The fleet is not entered.
        """
        self._open_tasks()
        place = self._places[name]
        async with self._locks.setdefault(name, Lock()):
            if name not in self._engines:
                self._engines[name] = await self._connect(**place)
            return self._engines[name]

    def each(self, call: Callable[[AE], Awaitable[T]]) -> Items[T]:
        """Make a call on every engine, and return the answers as they come.

        The calls begin at once; closing the iterator cancels those in progress.

        Args:
            call: Called with each engine, and awaited, in several tasks at once.

        Returns:
            Pairs of an engine's name and what the call returned, or the EngineError it raised.
            Any other exception is raised from here.
        """
        tasks, scope = self._open_tasks(), CancelScope()
        send, receive = create_memory_object_stream[tuple[str, Any]](math.inf)
        tasks.start_soon(self._ask_all, call, scope, send)
        return Items(receive, scope)

    async def call(self, call: Callable[[AE], Awaitable[T]]) -> dict[str, T | EngineError]:
        """Make a call on every engine, and return all answers by the engines' names; see `each`."""
        async with aclosing(self.each(call)) as items:
            found = {name: answer async for name, answer in items}
        return {name: found[name] for name in self._places}

    def events(
        self,
        *,
        since: PointInTime | None = None,
        until: PointInTime | None = None,
        filters: Filters | None = None,
    ) -> Items[EventMessage]:
        """Follow the events of all engines, in one stream; a lost connection is resumed.

        Arguments and items are those of `Fleet.events`.
        """
        tasks, scope = self._open_tasks(), CancelScope()
        send, receive = create_memory_object_stream[tuple[str, Any]](MOST_EVENTS)
        arguments = {"until": until, "filters": filters}
        tasks.start_soon(self._follow_all, since, arguments, scope, send)
        return Items(receive, scope)

    def _open_tasks(self) -> TaskGroup:
        if self._tasks is None:
            raise RuntimeError(
                "the fleet is not entered: write `async with AsyncFleet(…) as fleet`"
            )
        return self._tasks

    async def _ask_all(
        self,
        call: Callable[[AE], Awaitable[T]],
        scope: CancelScope,
        send: MemoryObjectSendStream[tuple[str, Any]],
    ) -> None:
        free = Semaphore(self._concurrency)
        with scope, send:
            async with create_task_group() as tasks:
                for name in self._places:
                    await free.acquire()
                    tasks.start_soon(self._ask, name, call, free, send)

    async def _ask(
        self,
        name: str,
        call: Callable[[AE], Awaitable[T]],
        free: Semaphore,
        send: MemoryObjectSendStream[tuple[str, Any]],
    ) -> None:
        answer: Any
        try:
            answer = await call(await self.engine(name))
        except EngineError as error:
            answer = error
        except Exception as error:
            answer = _failure(error)
        finally:
            free.release()
        send.send_nowait((name, answer))

    async def _follow_all(
        self,
        since: PointInTime | None,
        arguments: dict[str, Any],
        scope: CancelScope,
        send: MemoryObjectSendStream[tuple[str, Any]],
    ) -> None:
        with scope, send:
            async with create_task_group() as tasks:
                for name in self._places:
                    tasks.start_soon(self._follow, name, Resumption(since), arguments, send)

    async def _follow(
        self,
        name: str,
        resumption: Resumption,
        arguments: dict[str, Any],
        send: MemoryObjectSendStream[tuple[str, Any]],
    ) -> None:
        with suppress(BrokenResourceError):  # the reader has closed the channel
            while True:
                try:
                    engine: Any = await self.engine(name)
                    async with engine.system.events(since=resumption.since, **arguments) as events:
                        resumption.opened()
                        async for event in events:
                            if resumption.is_new(event):
                                await send.send((name, event))
                    if arguments["until"] is not None:
                        return
                except EngineError as error:
                    if resumption.is_news(error):
                        await send.send((name, error))
                    if resumption.over:
                        return
                except Exception as error:
                    await send.send((name, _failure(error)))
                    return
                await sleep(resumption.lost())


def _failure(error: Exception) -> _Failure:
    failure = _Failure()
    failure.__cause__ = error
    return failure
