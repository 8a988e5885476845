"""Base classes of every version's engines: everything except the operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from moorage.namespace import no_attribute
from moorage.raw_request import raw_request
from moorage.request import AsyncContent, Content, Options
from moorage.response import Response

if TYPE_CHECKING:
    import httpx

    from moorage.execute import Executed
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
        """An `httpx.Client` for what is in no specification; it uses the engine's connections.

        Paths are whole, with the version: `engine.http.get("/v1.44/containers/json")`. Errors
        are httpx's, and closing the engine closes it.
        """
        from moorage.transport.client import client

        return client(self._transport)

    if not TYPE_CHECKING:
        __getattr__ = no_attribute

    def __repr__(self) -> str:
        return _shown(self)

    def __enter__(self: E) -> E:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def execute(
        self,
        container: str,
        cmd: Sequence[str],
        *,
        input: Content | None = None,
        timeout: float | None = None,
        on_timeout: Literal["kill", "leave"] = "kill",
        **fields: Any,
    ) -> Executed:
        """Run a command in a container that runs, and collect what it writes.

        Args:
            container: Name or ID of the container.
            cmd: Command and its arguments; no shell reads them.
            input: Data for its stdin: bytes, a path, an open binary file, or chunks.
            timeout: Seconds that the command may take; defaults to no limit.
            on_timeout: whether it is killed then, with all that it began, or left to go on. To
                kill it, the container needs a shell and grep; it gets a variable to know it by.
            fields: Other fields of `exec.create`, e.g. `user=`, `env=`, `working_dir=`, `tty=`.

        Returns:
            The exit code, and the output; input and output may be of any size, at once.

        Raises:
            NotFound: there is no such container.
            Conflict: it does not run.
            ExecuteTimedOut: The timeout expired; the error has the output so far.
            StreamInterrupted: the connection was cut.

        POST /containers/{id}/exec and POST /exec/{id}/start.
        """
        from moorage.execute import execute
        from moorage.transport.threads import run

        return run(execute(self, container, cmd, input, timeout, on_timeout, fields))

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
        """Ask the engine for what is in no specification.

        Args:
            method: HTTP's, e.g. "GET".
            path: the endpoint, quoted, without the version: "/containers/json".
            query: the parameters; a list is repeated, and None left out.
            headers: what is to be sent besides what every request has.
            json: a body, models being encoded.
            content: a body that is sent as it is, in its place.
            timeout: Seconds that the whole call may take.

        Returns:
            The whole response; all that comes is kept in memory.

        Raises:
            APIError: the engine refused.
            TypeError: a value is of another type than what can be sent.
            ValueError: the path or a header is malformed.
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
        """An `httpx.AsyncClient` for what is in no specification, as `EngineBase.http`."""
        from moorage.transport.client import async_client

        return async_client(self._transport)

    if not TYPE_CHECKING:
        __getattr__ = no_attribute

    def __repr__(self) -> str:
        return _shown(self)

    async def __aenter__(self: AE) -> AE:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def execute(
        self,
        container: str,
        cmd: Sequence[str],
        *,
        input: AsyncContent | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - it also tells what is killed
        on_timeout: Literal["kill", "leave"] = "kill",
        **fields: Any,
    ) -> Executed:
        """Run a command in a container, as `EngineBase.execute` does."""
        from moorage.execute import execute
        from moorage.transport.tasks import run

        return await run(execute(self, container, cmd, input, timeout, on_timeout, fields))

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
        """Ask the engine for what is in no specification, as `EngineBase.request` does."""
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
    return f"<{kind} at {engine._transport.pool.host}, API {engine.api_version}>"
