"""Requests on the wire, and responses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar, cast

from moorage.arguments import list_of, optional
from moorage.errors import EngineError, InvalidAnswer
from moorage.host.address import Host
from moorage.quoting import quoted_query
from moorage.request import Request
from moorage.response import Response
from moorage.versions.own import VERSION
from moorage.wire.collector import paused
from moorage.wire.failures import failure, late_refusal
from moorage.wire.http1 import Hidden, header_lines, request_head
from moorage.wire.json_list import list_pieces

__all__ = [
    "NOT_MODIFIED",
    "SAFE",
    "Headers",
    "Message",
    "check",
    "decoded",
    "read_headers",
    "read_json",
    "read_nothing",
    "read_text",
    "shared_headers",
    "target",
]

SAFE = {"GET", "HEAD"}
"""The methods that are safe to repeat."""

NOT_MODIFIED = 304
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)

_LARGE = 1 << 21
"""Size in bytes of a list that is read in pieces; a shorter one is quicker as a whole."""

T = TypeVar("T")


class Headers(dict[str, str]):
    """Headers whose repr, which a traceback may show, hides the values."""

    def __repr__(self) -> str:
        return f"<headers: {', '.join(self)}>"


def shared_headers(host: Host, given: Mapping[str, str] | None = None) -> Headers:
    """Make the headers that every request to an engine has.

    Args:
        host: The engine's host.
        given: More headers; a User-Agent is sent before moorage's own name.
    """
    made = Headers(
        {
            "Host": host.authority,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "User-Agent": f"moorage/{VERSION}",
        }
    )
    if host.credentials is not None:
        import base64

        pair = ":".join(host.credentials).encode()
        made["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    more = Headers(given or {})
    for name in more:
        if name.lower() == "user-agent":
            more[name] = f"{more[name].strip()} {made['User-Agent']}".strip()
    return merged(made, more)


def merged(headers: Headers, more: Headers) -> Headers:
    """Replace headers of the same name, ignoring case."""
    names = {name.lower() for name in more}
    kept = {name: headers[name] for name in headers if name.lower() not in names}
    return Headers({**kept, **more})


class Message:
    """A request on the wire.

    Args:
        operation: The operation's ID, for error messages.
        method: The HTTP method.
        target: The path and query, without the host's prefix.
        headers: The headers, except those that frame the content and those in `lines`.
        lines: Headers already written as bytes.
        body: The body to send with the head.
        content: The content to send after the head, instead of `body`; None if there is none.
        upgrade: The protocol to upgrade the connection to.
    """

    __slots__ = (
        "body",
        "content",
        "headers",
        "lines",
        "method",
        "needs_content",
        "operation",
        "target",
        "upgrade",
    )

    def __init__(
        self,
        operation: str,
        method: str,
        target: str,
        headers: Headers,
        lines: bytes = b"",
        body: bytes = b"",
        content: Any = None,
        upgrade: str | None = None,
        needs_content: bool = False,
    ) -> None:
        self.operation: str = operation
        self.method: str = method
        self.target: str = target
        self.headers: Headers = headers
        self.lines: bytes = lines
        self.body: bytes = body
        self.content: Any = content
        self.upgrade: str | None = upgrade
        self.needs_content: bool = needs_content

    @classmethod
    def of(
        cls, request: Request[Any], shared: Headers, lines: bytes, version: str | None
    ) -> Message:
        """Make the message of an operation's request.

        Args:
            request: The request.
            shared: The headers that every request has.
            lines: The same as bytes; b"" if hooks may still change them.
            version: The API version; None leaves it to the engine.
        """
        headers = Headers()
        if request.headers or not lines:
            # The request's own headers override the shared ones.
            own = Headers({name: v for name, v in request.headers.items() if v is not None})
            headers, lines = merged(shared, own), b""
        for name, value in request.repeated:
            lines += header_lines({name: value})
        body = b""
        if request.json is not None:
            headers["Content-Type"] = "application/json"
            body = Hidden(json.dumps(request.json, separators=(",", ":"), allow_nan=False).encode())
        elif request.content is not None:
            headers["Content-Type"] = request.content_type or "application/x-tar"
        if request.upgrade is not None:
            headers["Connection"], headers["Upgrade"] = "Upgrade", request.upgrade
        path = target(request, version)
        return cls(
            request.operation,
            request.method,
            path,
            headers,
            lines,
            body,
            request.content,
            request.upgrade,
            # An archive is never empty; engine.request may have anything.
            needs_content=request.content_type is not None,
        )

    def head(self, prefix: str, length: int | None) -> Hidden:
        """Write the request's head.

        Args:
            prefix: The host's prefix, which every path begins with.
            length: The length of the content in bytes; None if it is not known.

        Raises:
            EngineError: The head has characters that HTTP can't carry; the message does not
                repeat them.
        """
        headers = self.headers
        if length is None:
            headers = Headers(headers)
            headers["Transfer-Encoding"] = "chunked"
        elif length or self.method in ("POST", "PUT"):
            headers = Headers(headers)
            headers["Content-Length"] = str(length)
        try:
            lines = self.lines + header_lines(headers) if headers else self.lines
            return request_head(self.method, prefix + self.target, lines)
        except EngineError as error:
            raise EngineError(f"{self.operation}: {error}") from None


def target(request: Request[Any], version: str | None) -> str:
    """Make the request's target: the path, with the version, and the query."""
    path = f"/v{version}{request.path}" if version else request.path
    query = _query(request.query) if request.query else ""
    return f"{path}?{query}" if query else path


def _query(query: Mapping[str, Any]) -> str:
    pairs = []
    for name, value in query.items():
        if value is None:
            continue
        for each in value if isinstance(value, list | tuple) else (value,):
            text = str(each).lower() if isinstance(each, bool) else str(each)
            pairs.append(f"{quoted_query(name)}={quoted_query(text)}")
    return "&".join(pairs)


def decoded(request: Request[T], data: Any) -> T:
    """Decode JSON with the request's decoder.

    Raises:
        InvalidAnswer: The JSON has an unexpected shape.
    """
    try:
        return request.decode(data)
    except _UNREADABLE as error:
        raise InvalidAnswer(
            f"{request.operation}: the response's JSON has an unexpected shape ({error!r:.200})"
        ) from error


def read_json(request: Request[T], response: Response) -> T:
    """Read a response that is one JSON document, or empty where it may be."""
    check(request.operation, response)
    body = response.body
    if not body and isinstance(request.decode, optional):
        return decoded(request, None)
    with paused(len(body)) as scan:
        if len(body) > _LARGE and isinstance(request.decode, list_of):
            # If that fails, it is read as a whole, which tells what is wrong with it.
            with suppress(*_UNREADABLE):
                return _read_pieces(request, body, scan)
        return _read_whole(request, body)


def _read_pieces(request: Request[T], body: bytes, scan: Callable[[], object]) -> T:
    items: Any = []
    for piece in list_pieces(body.decode()):
        items += request.decode(json.loads(piece))
        scan()
    return cast("T", items)


def _read_whole(request: Request[T], body: bytes) -> T:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        if not body:
            raise InvalidAnswer(f"{request.operation}: the response is empty") from None
        raise InvalidAnswer(f"{request.operation}: the response is not JSON") from None
    if error := late_refusal(request.operation, data):
        raise error
    return decoded(request, data)


def read_nothing(request: Request[Any], response: Response) -> None:
    """Read a response without a body; 304 means that there was nothing to do."""
    if response.status != NOT_MODIFIED:
        check(request.operation, response)


def read_text(request: Request[Any], response: Response) -> str:
    """Read a response that is plain text."""
    check(request.operation, response)
    return response.body.decode("utf-8", "replace")


def read_headers(request: Request[T], response: Response) -> T:
    """Read a response in the headers, with lower-case names; the request decodes them."""
    check(request.operation, response)
    return request.decode(dict(response.headers))


def check(operation: str, response: Response, version_variable: str | None = None) -> None:
    """Raise the response's error, if it is one; see `failure` for the arguments."""
    error = failure(operation, response, version_variable)
    if error is not None:
        raise error
