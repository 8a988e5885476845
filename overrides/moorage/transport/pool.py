"""Connections that ordinary calls share, one after the other: httpx's pool, on our own channels.

So an ordinary call reaches the engine in every way that a stream does, by the same code.
"""

from __future__ import annotations

from typing import Any

import httpcore
import httpx

from moorage.errors import TimedOut
from moorage.host import Host
from moorage.transport.channel import Channel, Clock, Steps
from moorage.transport.dialer import Dialer
from moorage.transport.failures import StaleConnection

__all__ = ["PooledConnection", "limits", "plain"]

_KEEPALIVE_SECONDS = 30.0


class PooledConnection:
    """A channel, as a pool takes it.

    The steps raise httpcore's errors, and StaleConnection.
    """

    def __init__(self, channel: Channel, clock: Clock) -> None:
        self._channel = channel
        self._clock = clock
        # Whether an answer has come here ever, and whether a request waits for one.
        self._used = False
        self._asked = False

    @classmethod
    def dial(cls, dialer: Dialer, seconds: float | None) -> Steps[PooledConnection]:
        """Connect to the engine."""
        clock = Clock("", seconds)
        try:
            channel = yield from dialer.dial(clock)
        except TimedOut as error:
            raise httpcore.ConnectTimeout(str(error)) from None
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return cls(channel, clock)

    def read(self, seconds: float | None) -> Steps[bytes]:
        """Wait for bytes of the answer; b"" is the connection's end."""
        self._clock.idle = seconds
        cut = None
        try:
            data = yield from self._channel.receive()
        except TimedOut:
            raise httpcore.ReadTimeout from None
        except OSError as error:
            data, cut = b"", error
        if data:
            self._used, self._asked = True, False
        elif self._asked and self._used:
            raise StaleConnection(sent=True) from cut
        elif cut is not None:
            raise httpcore.ReadError(str(cut)) from cut
        return data

    def write(self, data: bytes, seconds: float | None) -> Steps[None]:
        """Send bytes of a request."""
        self._clock.idle = seconds
        first, self._asked = not self._asked, True
        try:
            yield from self._channel.send(data)
        except TimedOut:
            raise httpcore.WriteTimeout from None
        except OSError as error:
            if first and self._used:
                raise StaleConnection(sent=False) from error
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def about(self, info: str) -> bool | None:
        """Tell what a pool asks: whether a connection that nobody uses has ended."""
        return self._channel.readable if info == "is_readable" else None


def limits(host: Host) -> dict[str, Any]:
    """Return how many connections a pool keeps, and how long."""
    return {
        "max_connections": None,
        "max_keepalive_connections": 20,
        # There is no other for a connection that was made already.
        "keepalive_expiry": _KEEPALIVE_SECONDS if host.fd is None else None,
    }


def plain(request: httpx.Request) -> httpcore.Request:
    """Make the request that a pool takes; what encrypts it is the channel's affair."""
    url = httpcore.URL(
        scheme=b"http",
        host=request.url.raw_host,
        port=request.url.port,
        target=request.url.raw_path,
    )
    return httpcore.Request(
        request.method,
        url,
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )
