"""What generated code and the façade agree on; generated code imports nothing else of moorage.

A generated operation is a pure function that builds a `Request`, and two methods, one sync and
one async, which hand that request to the transport's method for the operation's kind:

    json         the body is one JSON document                   → the decoded model
    nothing      the body says nothing, or there is none         → None
    text         the body is plain text                          → str
    headers      the answer stands in the headers (HEAD)         → dict[str, str]
    frames       stdout and stderr, multiplexed or raw           → Frames
    json_stream  one JSON document after the other               → JsonStream
    download     bytes, as they come (a tar archive)             → Download
    hijack       the connection itself, both ways                → Connection
    websocket    a websocket                                     → WebSocket is not spoken: an error
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, Self, TypeAlias, TypeVar
from urllib.parse import quote

from attrs import field, frozen

from moorage.registry_auth import RegistryAuth

if TYPE_CHECKING:
    from moorage.streams.download import AsyncDownload, Download
    from moorage.streams.frames import AsyncFrames, Frames
    from moorage.streams.hijack import AsyncConnection, Connection
    from moorage.streams.json_stream import AsyncJsonStream, JsonStream
    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.sync import Transport

__all__ = [
    "AsyncConnection",
    "AsyncContent",
    "AsyncDownload",
    "AsyncEngineBase",
    "AsyncFrames",
    "AsyncJsonStream",
    "AsyncNamespace",
    "Connection",
    "Content",
    "Download",
    "EngineBase",
    "Filters",
    "Frames",
    "JsonStream",
    "Namespace",
    "RegistryAuth",
    "Request",
    "Tty",
    "as_is",
    "auth_header",
    "auths_header",
    "body_json",
    "encode",
    "filters_json",
    "operation",
    "optional",
    "segment",
    "to_json",
]

T = TypeVar("T")

Content: TypeAlias = bytes | Iterable[bytes]
"""A body that is sent as it is: bytes, an open binary file, or chunks of bytes."""

AsyncContent: TypeAlias = bytes | Iterable[bytes] | AsyncIterable[bytes]
"""As `Content`; the chunks may come from an asynchronous iterator too."""

Filters: TypeAlias = Mapping[str, str | bool | int | Iterable[str] | Mapping[str, bool]]
"""Filters of a list: `{"label": "a=b", "status": ["exited", "dead"], "dangling": True}`."""


@frozen
class Tty:
    """Where an engine says whether a stream's process has a terminal, so that its output is raw.

    The answer's Content-Type does not tell before API 1.42, nor on every engine since.
    """

    path: str
    """The endpoint to GET, without the version's prefix."""
    keys: tuple[str, ...]
    """The way through the JSON it answers to the boolean."""


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
    tty: Tty | None = None
    """For the kinds frames and hijack."""


def segment(value: str) -> str:
    """Quote a path parameter; slashes stay, because names of images have them.

    Raises:
        ValueError: the value is empty or has an empty, "." or ".." part: the path would then
            name another endpoint.
    """
    if not {"", ".", ".."}.isdisjoint(value.split("/")):
        raise ValueError(f"{value!r} can't be part of a path: give a name or an id")
    return quote(value, safe="/:@")


def to_json(value: Any) -> str | None:
    """Encode a query parameter or a header that holds JSON."""
    if value is None:
        return None
    return json.dumps(encode(value), separators=(",", ":"))


def encode(value: Any) -> Any:
    """Encode models, and lists and maps of them, as plain JSON data."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, list | tuple):
        return [encode(each) for each in value]
    if isinstance(value, Mapping):
        return {key: encode(each) for key, each in value.items()}
    return value


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

    async def aclose(self) -> None:
        """Close every connection to the engine; streams that are still open end."""
        await self._transport.aclose()


_STREAMS = {
    "AsyncConnection": "hijack",
    "AsyncDownload": "download",
    "AsyncFrames": "frames",
    "AsyncJsonStream": "json_stream",
    "Connection": "hijack",
    "Download": "download",
    "Frames": "frames",
    "JsonStream": "json_stream",
}


if not TYPE_CHECKING:  # to a type checker, there is no more than it sees

    def __getattr__(name: str) -> Any:
        # Annotations alone name the streams' classes: they are imported where they are used.
        if name not in _STREAMS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"moorage.streams.{_STREAMS[name]}"), name)
