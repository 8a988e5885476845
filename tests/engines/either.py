"""One test for synchronous and asynchronous engines: what is to be awaited is, if it can be."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import moorage

__all__ = ["MODES", "each", "entered", "got", "with_engine"]

MODES = ("sync", "async")


def with_engine(
    mode: str,
    api: ModuleType,
    host: str | None,
    test: Callable[[Any], Awaitable[None]],
    **more: Any,
) -> None:
    """Run a test with an engine that is pinned to a version; its operations are not typed here."""

    async def run() -> None:
        if mode == "sync":
            with moorage.connect(api.Engine, host=host, **more) as engine:
                await test(engine)
        else:
            async with moorage.connect_async(api.AsyncEngine, host=host, **more) as engine:
                await test(engine)

    asyncio.run(run())


async def got(value: Any) -> Any:
    """Return what a call gives, awaited if it is to be."""
    return await value if inspect.isawaitable(value) else value


@asynccontextmanager
async def entered(stream: Any) -> AsyncIterator[Any]:
    """Enter a stream."""
    if hasattr(stream, "__aenter__"):
        async with stream:
            yield stream
    else:
        with stream:
            yield stream


async def each(stream: Any) -> AsyncIterator[Any]:
    """Iterate over a stream."""
    if hasattr(stream, "__aiter__"):
        async for item in stream:
            yield item
    else:
        for item in stream:
            yield item
