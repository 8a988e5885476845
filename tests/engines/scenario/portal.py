"""An asynchronous engine that the steps can use as a synchronous one: its loop runs in a thread."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Self

from anyio.from_thread import BlockingPortal

from moorage.namespace import AsyncNamespace
from moorage.streams.base import AsyncStream

__all__ = ["Portal"]


class Portal:
    """Stands for an engine, a namespace or a stream; calls it in the loop, and waits."""

    def __init__(self, portal: BlockingPortal, target: Any) -> None:
        self._portal = portal
        self._target = target

    def __getattr__(self, name: str) -> Any:
        return self._shown(getattr(self._target, name))

    def __enter__(self) -> Self:
        self._called(self._target.__aenter__)
        return self

    def __exit__(self, *exc: object) -> None:
        self._called(self._target.aclose)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return self._called(anext, self._target)
        except StopAsyncIteration:
            raise StopIteration from None

    def _shown(self, value: Any) -> Any:
        if isinstance(value, AsyncNamespace | AsyncStream):
            return Portal(self._portal, value)
        if inspect.ismethod(value):
            return lambda *args, **more: self._called(value, *args, **more)
        return value

    def _called(self, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
        async def call() -> Any:
            result = function(*args, **more)
            return await result if inspect.isawaitable(result) else result

        return self._shown(self._portal.call(call))
