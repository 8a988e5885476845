"""One test for synchronous and asynchronous engines: what is to be awaited is, if it can be."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import moorage
from moorage.versions.numbers import package_name

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost

__all__ = ["AGES", "MODES", "api_of", "each", "entered", "following", "got", "with_engine"]

MODES = ("sync", "async")
AGES = ("1.30", "newest")
"""An API version that all engines have, and each engine's own."""


def api_of(engine: EngineHost, age: str) -> ModuleType:
    """Return the package of an API version; the newest is that of the engine."""
    return import_module(f"moorage_api.{package_name(engine.max_api if age == 'newest' else age)}")


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


def following(stream: Any) -> Any:
    """Return the next item of a stream, or what is to be awaited for it."""
    return anext(stream) if hasattr(stream, "__anext__") else next(stream)


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
