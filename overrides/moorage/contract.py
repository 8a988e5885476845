"""What generated code and the façade agree on; generated code imports nothing else of moorage,
but for the models, which need `moorage.encoding` alone.

A generated operation is a pure function that builds a `Request`, and two methods, one sync and
one async, which hand that request to the transport's method for the operation's kind:

    json         the body is one JSON document                   → the decoded model
    nothing      the body says nothing, or there is none         → None
    text         the body is plain text                          → str
    headers      the answer stands in the headers (HEAD)         → dict[str, str]
    path_stat    what a header tells of a file                   → PathStat
    frames       stdout and stderr, multiplexed or raw           → Frames
    json_stream  one JSON document after the other               → JsonStream
    events       as json_stream, with the time of each           → Events
    download     bytes, as they come (a tar archive)             → Download
    hijack       the connection itself, both ways                → Session
    websocket    the same in a websocket                         → WebSocket
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from importlib import import_module
from math import inf
from os import PathLike
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Literal,
    NoReturn,
    Protocol,
    Self,
    TypeAlias,
    TypeVar,
)
from urllib.parse import quote

from attrs import Attribute, field, frozen

from moorage.auth.registry_auth import RegistryAuth
from moorage.encoding import encode

if TYPE_CHECKING:
    from moorage.answer import Answer
    from moorage.execute import Executed
    from moorage.path_stat import PathStat
    from moorage.streams.download import AsyncDownload, Download
    from moorage.streams.events import AsyncEvents, Events
    from moorage.streams.frames import AsyncFrames, Frames
    from moorage.streams.json_stream import AsyncJsonStream, JsonStream
    from moorage.streams.session import AsyncSession, Session
    from moorage.streams.websocket import AsyncWebSocket, WebSocket
    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.sync import Transport

__all__ = [
    "NO_OPTIONS",
    "AsyncContent",
    "AsyncDownload",
    "AsyncEngineBase",
    "AsyncEvents",
    "AsyncFrames",
    "AsyncJsonStream",
    "AsyncNamespace",
    "AsyncSession",
    "AsyncWebSocket",
    "Content",
    "Download",
    "EngineBase",
    "Events",
    "Filters",
    "Frames",
    "JsonStream",
    "Namespace",
    "Options",
    "PathStat",
    "Process",
    "Progress",
    "Readable",
    "RegistryAuth",
    "Request",
    "Session",
    "WebSocket",
    "as_is",
    "auth_header",
    "auths_header",
    "body_json",
    "encode",
    "filters_json",
    "operation",
    "optional",
    "raw_request",
    "segment",
    "to_json",
]

T = TypeVar("T")

# What stands in a path as it is, and what is quoted (RFC 3986, section 3.3).
_PATH = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")


class Readable(Protocol):
    """What gives bytes: a binary file, `sys.stdin.buffer`, an `io.BytesIO`."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most so many; none at the end."""
        raise NotImplementedError


Content: TypeAlias = bytes | str | PathLike[str] | Readable | Iterable[bytes]
"""A body that is sent as it is: bytes, a path, an open binary file, or chunks of bytes."""

AsyncContent: TypeAlias = Content | AsyncIterable[bytes]
"""As `Content`; the chunks may come from an asynchronous iterator too."""

Progress: TypeAlias = Callable[[int], object]
"""Is called with the bytes that have been sent, each time that some have."""

Filters: TypeAlias = Mapping[str, str | bool | int | Iterable[str] | Mapping[str, bool]]
"""Filters of a list: `{"label": "a=b", "status": ["exited", "dead"], "dangling": True}`."""


@frozen
class Process:
    """Where an engine tells of the process whose output a stream is.

    The keys lead through the JSON that the endpoint answers; what has none is not told.
    """

    path: str
    """The endpoint to GET, without the version's prefix."""
    tty: tuple[str, ...]
    """To whether the process has a terminal, so that its output is raw: the answer's Content-Type
    does not tell before API 1.42, nor on every engine since."""
    running: tuple[str, ...] = ()
    """To whether the process runs, or its container's status."""
    exit_code: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    """To when the container was started, and `restarts` to how often it was anew."""
    restarts: tuple[str, ...] = ()
    detach_keys: tuple[str, ...] = ()
    """To what the session's detach keys are, base64."""
    pid: tuple[str, ...] = ()
    """To the process' number, which the `container` lists as long as it runs."""
    container: tuple[str, ...] = ()
    resize: str | None = None
    """The endpoint to POST a terminal's size to."""


def _above_zero(_: Any, attribute: Attribute[float | None], value: float | None) -> None:
    if value is not None and not value > 0:
        raise ValueError(f"{attribute.name} must be above zero, not {value!r}")


@frozen
class Options:
    """How a call is to go; nothing of it is sent.

    Raises:
        ValueError: a timeout is not above zero.
    """

    timeout: float | None = field(default=None, validator=_above_zero)
    """The seconds an ordinary answer may keep silent; None is the engine's default."""
    idle_timeout: float | None = field(default=None, validator=_above_zero)
    """The seconds in which no byte comes, and none goes; None is without end."""
    total_timeout: float | None = field(default=None, validator=_above_zero)
    """The seconds from the call to the stream's end; None is without end."""
    progress: Progress | None = None
    raise_errors: bool = True
    """Whether an error that the engine reports among the items is raised."""

    def silence(self, default: float | None) -> float | None:
        """Return the seconds an ordinary answer may keep silent; None waits."""
        seconds = default if self.timeout is None else self.timeout
        return None if seconds == inf else seconds


NO_OPTIONS = Options()


@frozen
class Request(Generic[T]):
    """One call of an operation, ready to be sent: everything but the connection and the version."""

    operation: str
    """The operation's id in the specification, for error messages."""
    method: str
    path: str
    """Already quoted, without the version's prefix."""
    decode: Callable[[Any], T]
    """Makes the result of the JSON that the engine sent."""
    query: Mapping[str, Any] = field(factory=dict)
    """None is left out; a list is sent as a repeated parameter."""
    headers: Mapping[str, str | None] = field(factory=dict, repr=False)
    """None is left out. Not in the repr: credentials travel here."""
    json: Any = field(default=None, repr=False)
    content: AsyncContent | None = field(default=None, repr=False)
    content_type: str | None = None
    upgrade: str | None = None
    """The protocol that the connection is to be upgraded to, for the kind hijack."""
    process: Process | None = None
    """For the kinds frames, hijack and websocket."""


def segment(value: str) -> str:
    """Quote a path parameter; slashes stay, because names of images have them.

    Raises:
        ValueError: the value is empty or has an empty, "." or ".." part: the path would then
            name another endpoint.
    """
    if not {"", ".", ".."}.isdisjoint(value.split("/")):
        raise ValueError(f"{value!r} can't be part of a path: give a name or an id")
    return quote(value, safe="/:@")


def raw_path(path: str) -> str:
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


def to_json(value: Any) -> str | None:
    """Encode a query parameter or a header that holds JSON."""
    if value is None:
        return None
    return json.dumps(encode(value), separators=(",", ":"))


def body_json(model: Callable[..., Any], body: Any, fields: Mapping[str, Any]) -> Any:
    """Encode a body that is given as a model, or as the fields of one.

    Raises:
        TypeError: it is given as both, or the model has no such field.
    """
    if body is None:
        body = model(**fields)
    elif fields:
        raise TypeError(
            f"give the body, or its fields as keywords, not both: here are {', '.join(fields)} too"
        )
    return encode(body)


def filters_json(filters: Filters | None) -> str | None:
    """Encode filters as every engine takes them: a map of names to lists of strings."""
    if filters is None:
        return None
    return to_json({name: _filter_values(value) for name, value in filters.items()})


def _filter_values(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        # Engines send filters so; they refuse to take maps and lists side by side.
        return [name for name, wanted in value.items() if wanted]
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, str | int):
        return [str(value)]
    return [str(each) for each in value]


def as_is(data: Any) -> Any:
    """Decode what needs no decoding."""
    return data


def optional(item: Callable[[Any], T]) -> Callable[[Any], T | None]:
    """Decode a body that one of the statuses of success does not have."""
    return lambda data: None if data is None else item(data)


def auth_header(auth: RegistryAuth | None) -> str | None:
    """Encode the header X-Registry-Auth."""
    return None if auth is None else auth.header()


def auths_header(auths: Mapping[str, RegistryAuth] | None) -> str | None:
    """Encode the header X-Registry-Config."""
    return None if auths is None else RegistryAuth.config_header(auths)


def raw_request(
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
        path=raw_path(path),
        decode=as_is,
        query=query or {},
        headers=headers or {},
        json=encode(json),
        content=content,
    )


class operation:  # noqa: N801 - reads as a declaration
    """A namespace's method whose module is imported when the method is first asked for."""

    def __init__(self, module: str, owner: str) -> None:
        self.module = module
        self.owner = owner

    def __set_name__(self, namespace: type, name: str) -> None:
        self.namespace = namespace
        self.name = name

    def __get__(self, instance: object, namespace: type | None = None) -> Any:
        function = vars(getattr(import_module(self.module), self.owner))[self.name]
        setattr(self.namespace, self.name, function)
        return function.__get__(instance, namespace)


def _unavailable(namespace: object, name: str) -> NoReturn:
    if name.startswith("_"):
        raise AttributeError(name)
    from moorage.availability import unavailable

    raise unavailable(namespace, name)


class Namespace:
    """The operations of one tag of the specification, e.g. `engine.containers`."""

    name: ClassVar[str]
    """The engine's attribute, e.g. "containers"."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    if not TYPE_CHECKING:
        __getattr__ = _unavailable


class AsyncNamespace:
    """As `Namespace`; its operations are awaited."""

    name: ClassVar[str]

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    if not TYPE_CHECKING:
        __getattr__ = _unavailable


class EngineBase:
    """A connection to an engine that speaks one version of the API; a context manager."""

    api_version: ClassVar[str]

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    if not TYPE_CHECKING:
        __getattr__ = _unavailable

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
        sent = raw_request(method, path, query, headers, json, content)
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
        __getattr__ = _unavailable

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
        sent = raw_request(method, path, query, headers, json, content)
        del headers, json  # a traceback may show them
        options = Options(timeout=timeout, idle_timeout=timeout)
        return await self._transport.whole(sent, options)

    async def aclose(self) -> None:
        """Close every connection to the engine; streams that are still open end."""
        await self._transport.aclose()


_HOMES = {
    "AsyncDownload": "streams.download",
    "AsyncEvents": "streams.events",
    "AsyncFrames": "streams.frames",
    "AsyncJsonStream": "streams.json_stream",
    "AsyncSession": "streams.session",
    "AsyncWebSocket": "streams.websocket",
    "Download": "streams.download",
    "Events": "streams.events",
    "Frames": "streams.frames",
    "JsonStream": "streams.json_stream",
    "PathStat": "path_stat",
    "Session": "streams.session",
    "WebSocket": "streams.websocket",
}


if not TYPE_CHECKING:  # to a type checker, there is no more than it sees

    def __getattr__(name: str) -> Any:
        # Annotations alone name these classes: they are imported where they are used.
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f".{_HOMES[name]}", __package__), name)
