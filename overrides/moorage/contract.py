"""What generated code and the façade agree on; generated code imports nothing else of moorage,
but for the engines' classes, which inherit from `moorage.engine_base`, and the models, which need
`moorage.model`, `moorage.encoding` and `moorage.environment` alone.

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

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from importlib import import_module
from math import inf
from os import PathLike
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    NoReturn,
    Protocol,
    TypeAlias,
    TypeVar,
)

from attrs import Attribute, field, frozen

from moorage.auth.registry_auth import RegistryAuth
from moorage.body import body_json, items_json
from moorage.parameters.filters import Filters, filters_json
from moorage.parameters.paths import container_segment, segment
from moorage.parameters.platforms import platform_json, platform_text, platforms_json
from moorage.parameters.scalars import (
    query_bool,
    query_float,
    query_int,
    query_json,
    query_text,
    query_texts,
    text_or_number,
    wrong_type,
)
from moorage.parameters.times import PointInTime, seconds_text
from moorage.parameters.variables import variables_json

if TYPE_CHECKING:
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
    "AsyncEvents",
    "AsyncFrames",
    "AsyncJsonStream",
    "AsyncNamespace",
    "AsyncSession",
    "AsyncWebSocket",
    "Content",
    "Download",
    "Events",
    "Filters",
    "Frames",
    "JsonStream",
    "Namespace",
    "Options",
    "PathStat",
    "PointInTime",
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
    "container_segment",
    "filters_json",
    "items_json",
    "no_attribute",
    "operation",
    "optional",
    "platform_json",
    "platform_text",
    "platforms_json",
    "query_bool",
    "query_float",
    "query_int",
    "query_json",
    "query_text",
    "query_texts",
    "seconds_text",
    "segment",
    "text_or_number",
    "variables_json",
]

T = TypeVar("T")


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


def as_is(data: Any) -> Any:
    """Decode what needs no decoding."""
    return data


def optional(item: Callable[[Any], T]) -> Callable[[Any], T | None]:
    """Decode a body that one of the statuses of success does not have."""
    return lambda data: None if data is None else item(data)


def auth_header(name: str, auth: RegistryAuth | None) -> str | None:
    """Encode the header X-Registry-Auth."""
    return None if auth is None else _credentials(name, auth).header()


def auths_header(name: str, auths: Mapping[str, RegistryAuth] | None) -> str | None:
    """Encode the header X-Registry-Config."""
    if auths is None:
        return None
    if not isinstance(auths, Mapping):
        raise wrong_type(name, "a mapping of registries to RegistryAuth", auths)
    for auth in auths.values():
        _credentials(name, auth)
    return RegistryAuth.config_header(auths)


def _credentials(name: str, auth: Any) -> RegistryAuth:
    if not isinstance(auth, RegistryAuth):
        raise wrong_type(
            name, "a RegistryAuth", auth, ": write RegistryAuth(username=…, password=…)"
        )
    return auth


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


def no_attribute(owner: object, name: str) -> NoReturn:
    """Raise what tells why an engine or a namespace has no such operation."""
    if name.startswith("_"):
        raise AttributeError(name)
    from moorage.availability import unavailable

    raise unavailable(owner, name)


class Namespace:
    """The operations of one tag of the specification, e.g. `engine.containers`."""

    name: ClassVar[str]
    """The engine's attribute, e.g. "containers"."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    if not TYPE_CHECKING:
        __getattr__ = no_attribute


class AsyncNamespace:
    """As `Namespace`; its operations are awaited."""

    name: ClassVar[str]

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    if not TYPE_CHECKING:
        __getattr__ = no_attribute


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
