"""Runs a request against a peer, through either transport."""

from __future__ import annotations

import asyncio
from typing import Any

from moorage.archives.path_stat import PathStat
from moorage.arguments import as_is
from moorage.host import parse_host
from moorage.request import NO_OPTIONS, Options, Request
from moorage.streams.download import AsyncDownload, Download
from moorage.streams.events import AsyncEvents, Events
from moorage.streams.frames import AsyncFrames, Frames
from moorage.streams.json_stream import AsyncJsonStream, JsonStream
from moorage.streams.session import AsyncSession, Session
from moorage.streams.websocket import AsyncWebSocket, WebSocket
from moorage.transport.asynchronous import AsyncTransport
from moorage.transport.sync import Transport

MODES = ("sync", "async")
STREAMS: dict[str, tuple[Any, Any]] = {
    "frames": (Frames, AsyncFrames),
    "json_stream": (JsonStream, AsyncJsonStream),
    "events": (Events, AsyncEvents),
    "download": (Download, AsyncDownload),
    "hijack": (Session, AsyncSession),
    "websocket": (WebSocket, AsyncWebSocket),
}


def begun(transport: Any, kind: str, sent: Request[Any], options: Options = NO_OPTIONS) -> Any:
    """Make what a generated operation returns: a stream, or a response, perhaps to be awaited."""
    if kind in STREAMS:
        cls = STREAMS[kind][isinstance(transport, AsyncTransport)]
        return cls(transport, sent, options)
    if kind == "path_stat":
        return transport.headers(sent.changed(decode=PathStat.from_headers), options)
    return getattr(transport, kind)(sent, options)


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
    more = options or NO_OPTIONS
    if mode == "async":
        return asyncio.run(_call_async(host, kind, sent, items, limit, more))
    transport = Transport(parse_host(host), "1.41", limit)
    try:
        result = begun(transport, kind, sent, more)
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
    more: Options,
) -> Any:
    transport = AsyncTransport(parse_host(host), "1.41", limit)
    try:
        result = begun(transport, kind, sent, more)
        if kind not in STREAMS:
            return await result
        async with result:
            async for item in result:
                items.append(item)  # noqa: PERF401 - what came before an error counts
        return items
    finally:
        await transport.aclose()
