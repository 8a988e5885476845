"""One call of an operation: what is sent, and how long to wait for the response."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from moorage.timeouts import above_zero

__all__ = [
    "NO_OPTIONS",
    "AsyncContent",
    "Content",
    "Options",
    "Process",
    "Progress",
    "Readable",
    "Request",
]

T = TypeVar("T")


class Readable(Protocol):
    """An object to read bytes from: a binary file, `sys.stdin.buffer`, an `io.BytesIO`."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`; b"" at the end."""
        raise NotImplementedError


Content: TypeAlias = bytes | str | PathLike[str] | Readable | Iterable[bytes]
"""A body that is sent as it is: bytes, a path, an open binary file, or chunks of bytes."""

AsyncContent: TypeAlias = Content | AsyncIterable[bytes]
"""Asynchronous form of `Content`: chunks may come from an asynchronous iterator."""

Progress: TypeAlias = Callable[[int], object]
"""Called with the number of bytes sent so far."""


class Process:
    """Endpoints that tell about the process whose output a stream carries.

    Attributes:
        path: The endpoint to GET, without the version's prefix. The other attributes but `resize`
            are the keys that lead through the JSON of its response; empty where it has no such
            fact.
        tty: Whether the process has a terminal, so that its output is raw. The Content-Type does
            not tell before API 1.42, nor on every engine since.
        running: Whether the process runs, or the status of its container.
        exit_code: The exit code.
        started: When the container was started.
        restarts: How often the container was restarted.
        detach_keys: The session's detach keys, in base64.
        pid: The process ID, which the `container` lists while the process runs.
        container: The container's ID.
        resize: The endpoint to POST the size of a terminal to.
    """

    __slots__ = (
        "container",
        "detach_keys",
        "exit_code",
        "path",
        "pid",
        "resize",
        "restarts",
        "running",
        "started",
        "tty",
    )

    def __init__(
        self,
        path: str,
        tty: tuple[str, ...],
        *,
        running: tuple[str, ...] = (),
        exit_code: tuple[str, ...] = (),
        started: tuple[str, ...] = (),
        restarts: tuple[str, ...] = (),
        detach_keys: tuple[str, ...] = (),
        pid: tuple[str, ...] = (),
        container: tuple[str, ...] = (),
        resize: str | None = None,
    ) -> None:
        self.path = path
        self.tty = tty
        self.running = running
        self.exit_code = exit_code
        self.started = started
        self.restarts = restarts
        self.detach_keys = detach_keys
        self.pid = pid
        self.container = container
        self.resize = resize


class Options:
    """Timeouts and the like of one call; nothing of it is sent.

    Attributes:
        timeout: Seconds that a whole ordinary call may take; None takes the engine's default.
        idle_timeout: Seconds without data in either direction; None waits.
        total_timeout: Seconds from the call to the end of the stream; None waits.
        progress: Called with the number of bytes sent so far.
        raise_errors: Whether an error that the engine reports among the items is raised.

    Raises:
        TypeError: A value is of another type.
        ValueError: A timeout is not above zero.
    """

    __slots__ = ("idle_timeout", "progress", "raise_errors", "timeout", "total_timeout")

    def __init__(
        self,
        timeout: float | None = None,
        idle_timeout: float | None = None,
        total_timeout: float | None = None,
        progress: Progress | None = None,
        raise_errors: bool = True,
    ) -> None:
        self.timeout = above_zero("timeout", timeout)
        self.idle_timeout = above_zero("idle_timeout", idle_timeout)
        self.total_timeout = above_zero("total_timeout", total_timeout)
        if progress is not None and not callable(progress):
            raise TypeError(
                f"progress takes a function of the bytes sent, not {type(progress).__name__}"
            )
        self.progress = progress
        if not isinstance(raise_errors, bool):
            raise TypeError(f"raise_errors takes a bool, not {type(raise_errors).__name__}")
        self.raise_errors = raise_errors


NO_OPTIONS = Options()
_NOTHING: Mapping[str, Any] = {}


class Request(Generic[T]):
    """One call of an operation, ready to be sent but for the connection and the version.

    Attributes:
        operation: The operation's ID in the specification, for error messages.
        method: The HTTP method.
        path: The path, already quoted, without the version's prefix.
        decode: Makes the result from the JSON that the engine sent.
        query: The query parameters; None is left out, a list is sent as a repeated parameter.
        headers: The headers; None is left out.
        repeated: Headers that are there several times, by name and value.
        json: A body that is sent as JSON.
        content: A body that is sent as it is.
        content_type: The type of `content`.
        upgrade: The protocol to upgrade the connection to.
        process: The process whose output the response carries.
    """

    __slots__ = (
        "content",
        "content_type",
        "decode",
        "headers",
        "json",
        "method",
        "operation",
        "path",
        "process",
        "query",
        "repeated",
        "upgrade",
    )

    def __init__(
        self,
        operation: str,
        method: str,
        path: str,
        decode: Callable[[Any], T],
        *,
        query: Mapping[str, Any] = _NOTHING,
        headers: Mapping[str, str | None] = _NOTHING,
        repeated: Sequence[tuple[str, str]] = (),
        json: Any = None,
        content: AsyncContent | None = None,
        content_type: str | None = None,
        upgrade: str | None = None,
        process: Process | None = None,
    ) -> None:
        self.operation = operation
        self.method = method
        self.path = path
        self.decode = decode
        self.query = query
        self.headers = headers
        self.repeated = repeated
        self.json = json
        self.content = content
        self.content_type = content_type
        self.upgrade = upgrade
        self.process = process

    def changed(self, **changes: Any) -> Request[T]:
        """Return a copy that differs in some attributes."""
        copy: Request[T] = Request.__new__(Request)
        for name in self.__slots__:
            setattr(copy, name, changes[name] if name in changes else getattr(self, name))
        return copy

    def __repr__(self) -> str:
        # Without query, headers and body: credentials travel there.
        return f"<Request {self.operation}: {self.method} {self.path}>"
