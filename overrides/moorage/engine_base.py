"""What the engines' classes of every version inherit: all that is no operation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from moorage.contract import AsyncContent, Content, Options, Request, as_is, no_attribute
from moorage.encoding import encode

if TYPE_CHECKING:
    from moorage.answer import Answer
    from moorage.execute import Executed
    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.sync import Transport

__all__ = ["AsyncEngineBase", "EngineBase"]

# What stands in a path as it is, and what is quoted (RFC 3986, section 3.3).
_PATH = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")


class EngineBase:
    """A connection to an engine that speaks one version of the API; a context manager."""

    api_version: ClassVar[str]

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    if not TYPE_CHECKING:
        __getattr__ = no_attribute

    def __enter__(self) -> Self:
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
            container: its name or id.
            cmd: the command and its arguments; no shell is between.
            input: what it reads from stdin: bytes, a path, an open binary file, or chunks.
            timeout: the seconds that it may take; without it, there is no limit.
            on_timeout: whether it is killed then, with all that it began, or left to go on. To
                kill it, the container needs a shell and grep; it gets a variable to know it by.
            fields: what else `exec.create` takes, e.g. `user=`, `env=`, `working_dir=`, `tty=`.

        Returns:
            The exit code, and the output; input and output may be of any size, at once.

        Raises:
            NotFound: there is no such container.
            Conflict: it does not run.
            ExecuteTimedOut: the time is over; it has what was written until then.
            StreamInterrupted: the connection was cut.

        POST /containers/{id}/exec and POST /exec/{id}/start.
        """
        from moorage.execute import execute

        return execute(self, container, cmd, input, timeout, on_timeout, fields)

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
    ) -> Answer:
        """Ask the engine for what is in no specification.

        Args:
            method: HTTP's, e.g. "GET".
            path: the endpoint, quoted, without the version: "/containers/json".
            query: the parameters; a list is repeated, and None left out.
            headers: what is to be sent besides what every request has.
            json: a body, models being encoded.
            content: a body that is sent as it is, in its place.
            timeout: the seconds that the engine may keep silent.

        Returns:
            The whole answer; all that comes is kept in memory.

        Raises:
            APIError: the engine refused.
            ValueError: the path is malformed.
        """
        sent = _raw_request(method, path, query, headers, json, content)
        del headers, json  # a traceback may show them
        options = Options(timeout=timeout, idle_timeout=timeout)
        return self._transport.whole(sent, options)

    def close(self) -> None:
        """Close every connection to the engine; streams that are still open end."""
        self._transport.close()


class AsyncEngineBase:
    """As `EngineBase`, for asyncio and trio; an asynchronous context manager."""

    api_version: ClassVar[str]

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    if not TYPE_CHECKING:
        __getattr__ = no_attribute

    async def __aenter__(self) -> Self:
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
        from moorage.execute import execute_async

        return await execute_async(self, container, cmd, input, timeout, on_timeout, fields)

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
    ) -> Answer:
        """Ask the engine for what is in no specification, as `EngineBase.request` does."""
        sent = _raw_request(method, path, query, headers, json, content)
        del headers, json  # a traceback may show them
        options = Options(timeout=timeout, idle_timeout=timeout)
        return await self._transport.whole(sent, options)

    async def aclose(self) -> None:
        """Close every connection to the engine; streams that are still open end."""
        await self._transport.aclose()


def _raw_request(
    method: str,
    path: str,
    query: Mapping[str, Any] | None,
    headers: Mapping[str, str] | None,
    json: Any,
    content: AsyncContent | None,
) -> Request[Any]:
    """Build a request that is not an operation's.

    Raises:
        ValueError: the method or the path is malformed, or there are two bodies.
    """
    if not (method.isascii() and method.isalpha()):
        raise ValueError(f"{method!r:.20} is no method of HTTP")
    if json is not None and content is not None:
        raise ValueError("give json= or content=, not both")
    return Request(
        operation=f"{method} {path}",
        method=method.upper(),
        path=_raw_path(path),
        decode=as_is,
        query=query or {},
        headers=headers or {},
        json=encode(json),
        content=content,
    )


def _raw_path(path: str) -> str:
    """Check a path that is not an operation's.

    Raises:
        ValueError: it is not quoted, or names another one than it seems to.
    """
    parts = path.split("/")
    if not _PATH.fullmatch(path) or not {"", ".", ".."}.isdisjoint(parts[1:]):
        raise ValueError(
            f"{path!r:.200} is no path: it begins with /, its parts are quoted "
            "(urllib.parse.quote), and a query goes into query="
        )
    return path
