"""Errors made from responses and from operating-system errors, with advice."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterator

from moorage.errors import (
    APIError,
    BadRequest,
    Conflict,
    ConnectionFailed,
    EngineError,
    Forbidden,
    InvalidAnswer,
    NotFound,
    ServerError,
    StreamInterrupted,
    Unauthorized,
    Unavailable,
    UnsupportedVersion,
)
from moorage.host.address import Host
from moorage.response import Response
from moorage.wire.dial_errors import DialFailed

__all__ = [
    "ERROR_BODY",
    "StaleConnection",
    "failure",
    "late_refusal",
    "lost",
    "no_answer",
    "no_http",
    "refusal",
    "unreachable",
]

ERROR_BODY = 1 << 16
"""Limit of bytes read from an error's body; its message is shorter."""

_LONGEST = 2000
_BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    503: Unavailable,
}
# Proxies and gateways before an engine answer with these, mostly with a web page.
_BETWEEN = {401, 403, 407, 408, 429}
_VERSION_REFUSED = re.compile(r"client version \S+ is too (?:new|old)", re.IGNORECASE)
# Podman answers many conflicts with 500; its messages contain these, or end with them.
_PODMANS_CONFLICT = re.compile(
    r"(?:container state improper|container is stopped|is in use by a container|is being used"
    r"|(?:container|network|pod|volume) already exists|can only be used on running containers"
    r"|UNIQUE constraint failed: ContainerConfig\.Name)$"
    r"|the container name \S+ is already in use by "
)
_NO_ENGINE = "the host is not a Docker engine; check the host (DOCKER_HOST)"
_TLS = "the port expects TLS; give tls=, or use the engine's plain port"
_TLS_ALERT = b"\x15\x03"
# Engines answer with 500 when it is the registry that wants other credentials.
_REGISTRY_REFUSED = re.compile(
    r"(?:401 Unauthorized|no basic auth credentials|authentication required)$"
    r"|(?:^|: )unauthorized: "
)
# The words of Podman and of Docker's engines for paths that they do not know.
_NO_ENDPOINT = re.compile(r"Not Found|page not found|Path \S+ is not supported")
# A tag or an element that is not closed ends with the page, so that a page of many is scanned once.
_INVISIBLE = re.compile(
    r"(?is)<(script|style)\b.*?(?:</\1\s*+>|\Z)|<head\b.*?(?:</head\s*+>|(?=<body\b)|\Z)"
    r"|<!--.*?(?:-->|\Z)|<[^>]*+(?:>|\Z)"
)
_TITLE = re.compile(r"(?i)<title\b[^>]*+>?([^<]*+)")


def failure(
    operation: str, response: Response, version_variable: str | None = None
) -> EngineError | None:
    """Make the error of a response; None for a success.

    Args:
        operation: The operation.
        response: The response.
        version_variable: The variable of the environment that chose the API version, if one did.
    """
    status = response.status
    if status < 300:
        return _unreadable(operation, response)
    message = _message(response)
    if status < 400:
        return InvalidAnswer(f"{operation}: the response is a redirect ({status}): {_NO_ENGINE}")
    if status == 400 and _VERSION_REFUSED.search(message):
        way_out = "choose none"
        if version_variable is not None:
            way_out = f"unset {version_variable}, which chooses it"
        return UnsupportedVersion(
            f"{operation}: {message.rstrip('.')}. Choose a version that the engine has, or "
            f"{way_out}: then it is negotiated"
        )
    if status == 400 and "HTTP request to an HTTPS server" in message:
        return InvalidAnswer(f"{operation}: {_TLS}")
    if _is_page(response) and status < 500 and status not in _BETWEEN:
        return InvalidAnswer(
            f"{operation}: the response is a web page ({status}, {message[:100]!r}): {_NO_ENGINE}"
        )
    return refusal(operation, status, message)


def refusal(operation: str, status: int, message: str) -> APIError:
    """Make the error of an error status."""
    general = ServerError if status >= 500 else APIError
    if status == 500 and _PODMANS_CONFLICT.search(message):
        return Conflict(status, message, operation)
    if status == 500 and _REGISTRY_REFUSED.search(message):
        return Unauthorized(status, message, operation)
    return _BY_STATUS.get(status, general)(status, message, operation)


def late_refusal(operation: str, document: object) -> APIError | None:
    """Make the error of a document in a successful response: Podman may notice errors late."""
    if isinstance(document, dict) and {"cause", "message", "response"} <= document.keys():
        status, message = document["response"], document["message"] or document["cause"]
        if isinstance(status, int) and status >= 400:
            return refusal(operation, status, str(message))
    return None


def _unreadable(operation: str, response: Response) -> InvalidAnswer | None:
    if _is_page(response):
        return InvalidAnswer(
            f"{operation}: the response is a web page ({response.status}): {_NO_ENGINE}"
        )
    if not _is_plain(response):
        coding = response.headers["content-encoding"]
        return InvalidAnswer(
            f"{operation}: the response is encoded ({coding[:40]!r}), which was not asked for; "
            "a proxy may have done that"
        )
    return None


def _is_page(response: Response) -> bool:
    kind: str = response.headers.get("content-type", "")
    return kind.lower().startswith("text/html")


def _is_plain(response: Response) -> bool:
    return response.headers.get("content-encoding", "").lower() in ("", "identity")


def _message(response: Response) -> str:
    text = ""
    if _is_plain(response):
        body = response.body[:ERROR_BODY].decode("utf-8", "replace").strip()
        text = _page_text(body) if _is_page(response) else _words(body)
    if response.status == 404 and _NO_ENDPOINT.fullmatch(text):
        text = "the engine does not have this operation"
    text = text or response.reason or "no reason given"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _words(text: str) -> str:
    """Return the body's message: engines send it as JSON, Podman with other keys."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(data, dict):
        detail = data.get("errorDetail")
        for each in (data, detail if isinstance(detail, dict) else {}):
            for key in ("message", "cause", "error"):
                if isinstance(each.get(key), str) and each[key].strip():
                    return str(each[key]).strip()
    return text


def _page_text(page: str) -> str:
    """Return the text of a web page: its title, and the readable rest."""
    from html import unescape

    title = _TITLE.search(page)
    words = unescape(_INVISIBLE.sub(" ", page)).split()
    head = unescape(title[1]).split() if title else []
    return ": ".join(" ".join(each) for each in (head, words) if each)


class StaleConnection(Exception):
    """A reused connection was closed before another response."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("the engine had closed the connection")
        self.sent = sent
        """Whether the engine may have received the request."""


def unreachable(operation: str, host: Host, error: Exception) -> ConnectionFailed:
    """Make the error of a failed connection."""
    return ConnectionFailed(f"{operation}: {host} can't be reached: {_hint(error, host)}")


def lost(operation: str, host: Host, error: Exception) -> ConnectionFailed:
    """Make the error of a connection that was cut before the response began."""
    return ConnectionFailed(
        f"{operation}: {host}: the connection was lost before a response came ({error})"
    )


def no_answer(operation: str, host: Host, *, begun: bool) -> ConnectionFailed:
    """Make the error of a connection that ended before the end of the response's head."""
    where = f"{operation}: {host}"
    if begun:
        return StreamInterrupted(f"{where}: the connection ended in the middle of the response")
    return ConnectionFailed(
        f"{where}: the connection was closed without a response: the engine is being stopped, "
        f"or it expects TLS, or {_NO_ENGINE}"
    )


def no_http(operation: str, host: Host, error: Exception, data: bytes) -> InvalidAnswer:
    """Make the error of a response that is not HTTP.

    Args:
        operation: The operation's ID.
        host: The engine's address.
        error: The parser's error.
        data: The received bytes.
    """
    if data.startswith(_TLS_ALERT):
        what = f"{_TLS}: its answer is not text"
    elif data.startswith(b"SSH-"):
        what = f"an SSH server answers there ({error}); use ssh://, or the engine's own port"
    else:
        what = f"{error}. Probably {_NO_ENGINE}"
    return InvalidAnswer(f"{operation}: {host}: {what}")


def _hint(error: Exception, host: Host) -> str:
    for each in _chain(error):
        if isinstance(each, DialFailed):
            return str(each)
    codes = set(_codes(error))
    if host.socket is not None and codes & {errno.EACCES, errno.EPERM}:
        return (
            "permission denied; add your user to the group that owns the socket "
            "(and log in again), or run as root"
        )
    if host.socket is not None and errno.ENOENT in codes:
        return "there is no socket; start the engine, or set DOCKER_HOST to where it listens"
    if errno.ECONNREFUSED in codes:
        tried = "" if host.socket else f" ({error})"
        return (
            f"nothing listens there{tried}; start the engine, or set DOCKER_HOST to where it "
            "listens"
        )
    return f"{error}; check the host (DOCKER_HOST), and that the engine runs"


def _codes(error: BaseException) -> Iterator[int]:
    for each in _chain(error):
        if isinstance(each, OSError) and each.errno is not None:
            yield each.errno


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and its causes."""
    seen = {id(None)}
    queue: list[BaseException | None] = [error]
    while queue:
        each = queue.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            queue += [each.__cause__, each.__context__]
