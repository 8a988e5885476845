"""Base classes of every version's engines: everything but operations and verbs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from moorage.namespace import no_attribute
from moorage.raw_request import raw_request
from moorage.request import AsyncContent, Content, Options
from moorage.response import Response

if TYPE_CHECKING:
    import httpx

    from moorage.host.address import Host
    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.sync import Transport

__all__ = ["AsyncEngineBase", "EngineBase"]

# `Self` would say the same as these, but jedi can't complete what it binds in a with statement.
E = TypeVar("E", bound="EngineBase")
AE = TypeVar("AE", bound="AsyncEngineBase")


class EngineBase:
    """A connection to an engine that speaks one version of the API; a context manager."""

    api_version: ClassVar[str]

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @cached_property
    def http(self) -> httpx.Client:
        """An `httpx.Client` for endpoints outside the specifications, on the engine's connections.

        Paths are whole, with the version: `engine.http.get("/v1.44/containers/json")`. Errors
        are httpx's, and closing the engine closes it.
        """
        from moorage.transport.client import client

        return client(self._transport)

    @property
    def host(self) -> Host:
        """The engine's address; `engine.host.published_address` is the one of published ports."""
        return self._transport.pool.host

    if not TYPE_CHECKING:
        __getattr__ = no_attribute

    def __repr__(self) -> str:
        return _shown(self)

    def __enter__(self: E) -> E:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: Content | None = None,
        timeout: float | None = None,
    ) -> Response:
        """Send a request for an endpoint outside the specifications.

        Args:
            method: The HTTP method, e.g. "GET".
            path: The endpoint, quoted, without the version: "/containers/json".
            query: The parameters; a list is repeated, and None left out.
            headers: Headers to send besides those of every request.
            json: A body to send as JSON; models are encoded.
            content: A body to send as it is, instead of `json`.
            timeout: Seconds that the whole call may take.

        Returns:
            The whole response, held in memory.

        Raises:
            APIError: The engine answered with an error.
            TypeError: A value's type can't be sent.
            ValueError: The path or a header is malformed.
        """
        try:
            sent = raw_request(method, path, query, headers, json, content)
        finally:
            del query, headers, json  # a traceback may show them
        return self._transport.good(sent, Options(timeout=timeout, total_timeout=timeout))

    def close(self) -> None:
        """Close every connection to the engine; streams that are still open end."""
        self._transport.close()


class AsyncEngineBase:
    """Asynchronous form of `EngineBase`, for asyncio and trio."""

    api_version: ClassVar[str]

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    @cached_property
    def http(self) -> httpx.AsyncClient:
        """Asynchronous form of `EngineBase.http`, an `httpx.AsyncClient`."""
        from moorage.transport.client import async_client

        return async_client(self._transport)

    @property
    def host(self) -> Host:
        """The engine's address; `engine.host.published_address` is the one of published ports."""
        return self._transport.pool.host

    if not TYPE_CHECKING:
        __getattr__ = no_attribute

    def __repr__(self) -> str:
        return _shown(self)

    async def __aenter__(self: AE) -> AE:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: AsyncContent | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the connection keeps it
    ) -> Response:
        """Send a request for an endpoint outside the specifications, like `EngineBase.request`."""
        try:
            sent = raw_request(method, path, query, headers, json, content)
        finally:
            del query, headers, json  # a traceback may show them
        return await self._transport.good(sent, Options(timeout=timeout, total_timeout=timeout))

    async def aclose(self) -> None:
        """Close every connection to the engine; streams that are still open end."""
        await self._transport.aclose()


def _shown(engine: EngineBase | AsyncEngineBase) -> str:
    kind = "Async engine" if isinstance(engine, AsyncEngineBase) else "Engine"
    return f"<{kind} at {engine.host}, API {engine.api_version}>"
