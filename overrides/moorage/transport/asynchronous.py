"""The asynchronous transport: runs the pool's steps in tasks, of asyncio or trio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from moorage.host.address import Host
from moorage.request import NO_OPTIONS, Options, Request
from moorage.response import Response
from moorage.timeouts import CONNECT_TIMEOUT
from moorage.transport import forks, threads
from moorage.transport.pool import Pool
from moorage.transport.tasks import TaskLock, run
from moorage.wire import message

if TYPE_CHECKING:
    from moorage.transport.hooks import EventHooks

__all__ = ["AsyncTransport"]

T = TypeVar("T")


class AsyncTransport:
    """Asynchronous form of `moorage.transport.sync.Transport`.

    Args:
        host: The engine's address.
        version: The API version that every path begins with; None leaves it to the engine.
        timeout: Seconds that an ordinary call may take; None waits.
        connect_timeout: Seconds that connecting may take; None waits.
        event_hooks: Functions to call with each request and response, in the form of httpx.
        headers: Headers to send with every request.

    Attributes:
        pool: The connections.
    """

    pool_type: type[Pool] = Pool

    def __init__(
        self,
        host: Host,
        version: str | None = None,
        timeout: float | None = None,
        connect_timeout: float | None = CONNECT_TIMEOUT,
        event_hooks: EventHooks | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.pool: Pool = self.pool_type(
            host, TaskLock, version, timeout, connect_timeout, event_hooks, headers
        )
        forks.follow(self.pool)

    @property
    def version(self) -> str | None:
        """The API version that every path begins with."""
        return self.pool.version

    def disconnect(self) -> None:
        """Close every connection at once, where awaiting is impossible."""
        threads.run(self.pool.close())

    async def aclose(self) -> None:
        """Close every connection, including those of open streams."""
        await run(self.pool.close())

    async def json(self, request: Request[T], options: Options = NO_OPTIONS) -> T:
        """Send the request; returns the JSON document."""
        return message.read_json(request, await self.response(request, options))

    async def nothing(self, request: Request[Any], options: Options = NO_OPTIONS) -> None:
        """Send the request; the response has no content."""
        message.read_nothing(request, await self.response(request, options))

    async def text(self, request: Request[Any], options: Options = NO_OPTIONS) -> str:
        """Send the request; returns the plain text."""
        return message.read_text(request, await self.response(request, options))

    async def headers(self, request: Request[T], options: Options = NO_OPTIONS) -> T:
        """Send the request; returns the decoded headers."""
        return message.read_headers(request, await self.response(request, options))

    async def response(self, request: Request[Any], options: Options = NO_OPTIONS) -> Response:
        """Send the request; returns a response of any status."""
        return await run(self.pool.call(request, options))

    async def good(self, request: Request[Any], options: Options = NO_OPTIONS) -> Response:
        """Send the request; an error response is raised.

        Raises:
            APIError: The engine answered with an error.
        """
        response = await self.response(request, options)
        message.check(request.operation, response)
        return response
