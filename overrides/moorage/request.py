"""One call of an operation: the request, and the timeouts of its response."""

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
    """Endpoints that report on the process whose output a stream carries.

    Attributes:
        path: The endpoint to GET, without the version's prefix. The other attributes but `resize`
            are the keys that lead through the JSON of its response; empty if it lacks them.
        tty: Whether the process has a terminal, so that its output is raw. The Content-Type does
            not show this before API 1.42, nor on every engine since.
        running: Whether the process runs, or the status of its container.
        exit_code: The exit code.
        started: The start time of the container.
        restarts: The number of restarts of the container.
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
        self.path: str = path
        self.tty: tuple[str, ...] = tty
        self.running: tuple[str, ...] = running
        self.exit_code: tuple[str, ...] = exit_code
        self.started: tuple[str, ...] = started
        self.restarts: tuple[str, ...] = restarts
        self.detach_keys: tuple[str, ...] = detach_keys
        self.pid: tuple[str, ...] = pid
        self.container: tuple[str, ...] = container
        self.resize: str | None = resize


class Options:
    """Options of one call that are not sent, such as timeouts.

    Attributes:
        timeout: Seconds that a whole ordinary call may take; None takes the engine's default.
        idle_timeout: Seconds without data in either direction; None waits.
        total_timeout: Seconds from the call to the end of the stream; None waits.
        progress: Called with the number of bytes sent so far.
        raise_errors: Whether an error that the engine reports among the items is raised.

    Raises:
        TypeError: A value has the wrong type.
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
        self.timeout: float | None = above_zero("timeout", timeout)
        self.idle_timeout: float | None = above_zero("idle_timeout", idle_timeout)
        self.total_timeout: float | None = above_zero("total_timeout", total_timeout)
        if progress is not None and not callable(progress):
            raise TypeError(
                f"progress takes a function of the bytes sent, not {type(progress).__name__}"
            )
        self.progress: Progress | None = progress
        if not isinstance(raise_errors, bool):
            raise TypeError(f"raise_errors takes a bool, not {type(raise_errors).__name__}")
        self.raise_errors: bool = raise_errors


NO_OPTIONS = Options()
_NOTHING: Mapping[str, Any] = {}


class Request(Generic[T]):
    """One call of an operation, ready to send except for connection and version.

    Attributes:
        operation: The operation's ID in the specification, for error messages.
        method: The HTTP method.
        path: The path, already quoted, without the version's prefix.
        decode: Makes the result from the engine's JSON.
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
        self.operation: str = operation
        self.method: str = method
        self.path: str = path
        self.decode: Callable[[Any], T] = decode
        self.query: Mapping[str, Any] = query
        self.headers: Mapping[str, str | None] = headers
        self.repeated: Sequence[tuple[str, str]] = repeated
        self.json: Any = json
        self.content: AsyncContent | None = content
        self.content_type: str | None = content_type
        self.upgrade: str | None = upgrade
        self.process: Process | None = process

    def changed(self, **changes: Any) -> Request[T]:
        """Return a copy that differs in some attributes."""
        copy: Request[T] = Request.__new__(Request)
        for name in self.__slots__:
            setattr(copy, name, changes[name] if name in changes else getattr(self, name))
        return copy

    def __repr__(self) -> str:
        # Without query, headers and body: these may hold credentials.
        return f"<Request {self.operation}: {self.method} {self.path}>"
