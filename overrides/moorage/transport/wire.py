"""HTTP without I/O: what a request looks like on the wire, and what an answer to it means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
from attrs import field, frozen

from moorage.contract import Request
from moorage.errors import EngineError, InvalidAnswer
from moorage.host import Host
from moorage.transport.failures import failure

__all__ = [
    "CHUNK",
    "CONNECT_TIMEOUT",
    "NOT_MODIFIED",
    "PING_TIMEOUT",
    "SWITCHED",
    "Answer",
    "check",
    "client_arguments",
    "decoded",
    "framing",
    "is_raw",
    "no_websocket",
    "read_headers",
    "read_json",
    "read_nothing",
    "read_text",
    "request_arguments",
    "timeout",
]

CONNECT_TIMEOUT = 10.0
PING_TIMEOUT = 60.0
"""Seconds that negotiation waits at most: a ping takes no time, but starting an engine by its
socket does."""

CHUNK = 65536
SWITCHED = 101
NOT_MODIFIED = 304
_MULTIPLEXED = "application/vnd.docker.multiplexed-stream"
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)

T = TypeVar("T")


@frozen
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Case does not matter in the names."""
    body: bytes = field(repr=False)
    reason: str = ""


def client_arguments(host: Host) -> dict[str, Any]:
    """Make the arguments of httpx's clients, without the transport."""
    return {
        "base_url": host.base_url,
        "auth": host.credentials,
        "headers": {"Accept-Encoding": "identity", "User-Agent": "moorage"},
        "follow_redirects": False,
        "trust_env": False,
    }


def timeout(read: float | None) -> httpx.Timeout:
    """Make httpx's timeout: connecting is always bounded, reading only if asked for."""
    return httpx.Timeout(read, connect=CONNECT_TIMEOUT)


def request_arguments(request: Request[Any], version: str | None) -> dict[str, Any]:
    """Make the arguments of httpx's build_request(), without the timeout."""
    headers = {name: value for name, value in request.headers.items() if value is not None}
    if request.upgrade is not None:
        headers |= {"Connection": "Upgrade", "Upgrade": request.upgrade}
    content: Any = request.content
    if request.json is not None:
        content = json.dumps(request.json, separators=(",", ":")).encode()
        headers["Content-Type"] = "application/json"
    elif content is not None:
        headers["Content-Type"] = request.content_type or "application/x-tar"
    return {
        "method": request.method,
        "url": f"/v{version}{request.path}" if version else request.path,
        "params": _query(request.query) or None,
        "headers": headers,
        "content": content,
    }


def _query(query: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs = []
    for name, value in query.items():
        if value is None:
            continue
        values = value if isinstance(value, list | tuple) else (value,)
        pairs += [
            (name, str(each).lower() if isinstance(each, bool) else str(each)) for each in values
        ]
    return pairs


def decoded(request: Request[T], data: Any) -> T:
    """Decode JSON as the request says.

    Raises:
        InvalidAnswer: the JSON has a shape that no engine sends.
    """
    try:
        return request.decode(data)
    except _UNREADABLE as error:
        raise InvalidAnswer(
            f"{request.operation}: the answer's JSON has an unexpected shape ({error!r:.200})"
        ) from error


def read_json(request: Request[T], answer: Answer) -> T:
    """Read an answer of the kind json; an empty one is null."""
    check(request, answer)
    if not answer.body.strip():
        return decoded(request, None)
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise InvalidAnswer(f"{request.operation}: the answer is not JSON") from None
    return decoded(request, data)


def read_nothing(request: Request[Any], answer: Answer) -> None:
    """Read an answer of the kind nothing; 304 says that nothing was left to do."""
    if answer.status != NOT_MODIFIED:
        check(request, answer)


def read_text(request: Request[Any], answer: Answer) -> str:
    """Read an answer of the kind text."""
    check(request, answer)
    return answer.body.decode("utf-8", "replace")


def read_headers(request: Request[Any], answer: Answer) -> dict[str, str]:
    """Read an answer of the kind headers; the names are in small letters."""
    check(request, answer)
    return dict(answer.headers)


def check(request: Request[Any], answer: Answer) -> None:
    """Raise the error that the answer is, if it is one."""
    error = failure(request.operation, answer)
    if error is not None:
        raise error


def framing(request: Request[Any], headers: Mapping[str, str]) -> Request[bool] | None:
    """Tell how a stream's kind is known: None if it is multiplexed, else the request to ask it.

    The Content-Type counts only where it says multiplexed: engines call frames raw too.
    """
    if request.tty is None or headers.get("content-type", "").startswith(_MULTIPLEXED):
        return None
    keys = request.tty.keys
    return Request(request.operation, "GET", request.tty.path, lambda data: is_raw(data, keys))


def is_raw(data: Any, keys: tuple[str, ...]) -> bool:
    """Follow the keys to the boolean that says whether there is a terminal; absent is false."""
    for key in keys:
        data = (data or {}).get(key)
    return bool(data)


def no_websocket(request: Request[Any]) -> EngineError:
    """Make the error for operations that want a websocket."""
    return EngineError(
        f"{request.operation}: moorage does not speak websockets; containers.attach does the same"
    )
