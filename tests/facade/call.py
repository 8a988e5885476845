"""Runs a request against a peer, through either transport."""

from __future__ import annotations

import asyncio
from typing import Any

from moorage.contract import Options, Request, as_is
from moorage.host import parse_host
from moorage.transport.asynchronous import AsyncTransport
from moorage.transport.sync import Transport

MODES = ("sync", "async")
STREAMS = ("frames", "json_stream", "events", "download", "hijack", "websocket")


def request(method: str = "GET", path: str = "/x", **more: Any) -> Request[Any]:
    return Request("Operation", method, path, more.pop("decode", as_is), **more)


def call(
    mode: str,
    host: str,
    kind: str,
    sent: Request[Any],
    *,
    got: list[Any] | None = None,
    limit: float | None = None,
    options: Options | None = None,
) -> Any:
    """Return the result; a stream's items, which also go to `got`, for those before an error."""
    items = [] if got is None else got
    more = () if options is None else (options,)
    if mode == "async":
        return asyncio.run(_call_async(host, kind, sent, items, limit, more))
    transport = Transport(parse_host(host), "1.41", limit)
    try:
        result = getattr(transport, kind)(sent, *more)
        if kind not in STREAMS:
            return result
        with result:
            for item in result:
                items.append(item)
        return items
    finally:
        transport.close()


async def _call_async(
    host: str,
    kind: str,
    sent: Request[Any],
    items: list[Any],
    limit: float | None,
    more: tuple[Options, ...],
) -> Any:
    transport = AsyncTransport(parse_host(host), "1.41", limit)
    try:
        result = getattr(transport, kind)(sent, *more)
        if kind not in STREAMS:
            return await result
        async with result:
            async for item in result:
                items.append(item)  # noqa: PERF401 - what came before an error counts
        return items
    finally:
        await transport.aclose()
