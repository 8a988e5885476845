"""HTTP without I/O: what a request looks like on the wire, and what an answer to it means."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from moorage.answer import Answer
from moorage.contract import Request
from moorage.errors import EngineError, InvalidAnswer
from moorage.host import Host
from moorage.transport.failures import failure
from moorage.transport.http1 import Hidden, sendable

__all__ = [
    "NOT_MODIFIED",
    "SAFE",
    "Headers",
    "check",
    "client_arguments",
    "content_json",
    "decoded",
    "headers",
    "read_headers",
    "read_json",
    "read_nothing",
    "read_text",
    "target",
]

SAFE = {"GET", "HEAD"}
"""The methods that can be repeated without asking what the first try did."""

NOT_MODIFIED = 304
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)

T = TypeVar("T")


def client_arguments(host: Host) -> dict[str, Any]:
    """Make the arguments of httpx's clients, without the transport."""
    return {"base_url": host.base_url, "follow_redirects": False, "trust_env": False}


class Headers(dict[str, str]):
    """Headers whose values the locals in a traceback don't show: credentials are among them."""

    def __repr__(self) -> str:
        return f"<headers: {', '.join(self)}>"


def headers(request: Request[Any], host: Host) -> Headers:
    """Make a request's headers, but for those that frame its content.

    Raises:
        EngineError: one has characters that HTTP can't carry; the message does not repeat it.
    """
    made = Headers(
        {
            "Host": host.authority,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "User-Agent": "moorage",
        }
    )
    if host.credentials is not None:
        pair = ":".join(host.credentials).encode()
        made["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    made.update({name: value for name, value in request.headers.items() if value is not None})
    if request.upgrade is not None:
        made |= {"Connection": "Upgrade", "Upgrade": request.upgrade}
    if request.json is not None:
        made["Content-Type"] = "application/json"
    elif request.content is not None:
        made["Content-Type"] = request.content_type or "application/x-tar"
    if not sendable(made):
        raise EngineError(f"{request.operation}: a header has characters HTTP can't carry")
    return made


def target(request: Request[Any], version: str | None) -> str:
    """Make what stands in a request's first line: the path, with the version, and the query."""
    path = f"/v{version}{request.path}" if version else request.path
    query = urlencode(_query(request.query))
    return f"{path}?{query}" if query else path


def content_json(request: Request[Any]) -> Hidden | None:
    """Write the body of a request that is JSON."""
    if request.json is None:
        return None
    return Hidden(json.dumps(request.json, separators=(",", ":")).encode())


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
