"""What went wrong, in words that say what to do: from HTTP answers and from httpx's errors."""

from __future__ import annotations

import errno
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpcore
import httpx

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
    TimedOut,
    Unauthorized,
    Unavailable,
    UnsupportedVersion,
)
from moorage.host import Host
from moorage.transport.dial_errors import DialFailed

if TYPE_CHECKING:
    from moorage.answer import Answer

__all__ = [
    "StaleConnection",
    "failure",
    "lost",
    "no_answer",
    "no_http",
    "translated",
    "unreachable",
]

_LONGEST = 2000
_BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    503: Unavailable,
}
_VERSION_REFUSED = re.compile(r"client version \S+ is too (new|old)", re.IGNORECASE)
_NO_ENGINE = "what answers there is not an engine: check the host (DOCKER_HOST)"
_NO_HTTP = f"What came is not HTTP: probably {_NO_ENGINE}"
_TLS = "what listens there wants TLS: give tls=, or use the engine's plain port"


def failure(operation: str, answer: Answer) -> EngineError | None:
    """Make the error that an answer is; None for a good one."""
    if answer.headers.get("content-type", "").startswith("text/html"):
        return InvalidAnswer(f"{operation}: a web page came ({answer.status}): {_NO_ENGINE}")
    if answer.status < 300:
        return None
    message = _message(answer.body) or answer.reason or "no reason given"
    if answer.status < 400:
        return InvalidAnswer(f"{operation}: a redirect came ({answer.status}): {_NO_ENGINE}")
    if answer.status == 400 and _VERSION_REFUSED.search(message):
        return UnsupportedVersion(
            f"{operation}: {message}. Choose a version that the engine has, or none: "
            "then it is negotiated"
        )
    if answer.status == 400 and "HTTP request to an HTTPS server" in message:
        return InvalidAnswer(f"{operation}: {_TLS}")
    general = ServerError if answer.status >= 500 else APIError
    return _BY_STATUS.get(answer.status, general)(answer.status, message, operation)


def _message(body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict):
        for key in ("message", "cause"):
            if isinstance(data.get(key), str) and data[key].strip():
                text = data[key].strip()
                break
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


class StaleConnection(Exception):
    """A connection that has carried answers was gone before it carried another."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("the engine had closed the connection")
        self.sent = sent
        """Whether the engine may have got the request."""


@contextmanager
def translated(operation: str, host: Host, answer: httpx.Response | None = None) -> Iterator[None]:
    """Turn httpx's errors into moorage's.

    Args:
        operation: the operation's id.
        host: the engine's address.
        answer: the answer, where it has begun, so that an error now cuts it.
    """
    before = sys.exception()
    try:
        yield
    except httpcore.LocalProtocolError as error:
        _strip(error, before)
        for each in _chain(error, before):
            each.args = ()  # its message quotes the header that it refuses
        raise EngineError(
            f"{operation}: a header or the path has characters HTTP can't carry"
        ) from None
    except StaleConnection as error:
        _strip(error, before)
        raise StaleConnection(sent=error.sent) from None
    except (
        *(httpx.HTTPError, httpx.StreamError),
        *(httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError),
    ) as error:
        _strip(error, before)
        raise _translate(error, operation, host, answer) from error
    except RuntimeError as error:
        # httpx has no type of its own for this.
        if "client has been closed" not in str(error):
            raise
        raise EngineError(f"{operation}: this engine was closed") from error


def _strip(error: BaseException, before: BaseException | None) -> None:
    """Take the tracebacks off a library's errors: its frames hold the request, as plain text."""
    for each in _chain(error, before):
        each.__traceback__ = None


def _translate(
    error: Exception, operation: str, host: Host, answer: httpx.Response | None
) -> EngineError:
    where = f"{operation}: {host}"
    if isinstance(error, httpcore.ReadTimeout | httpcore.WriteTimeout):
        return TimedOut(f"{where} did not answer in time: raise timeout=")
    if isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout):
        return unreachable(operation, host, error)
    if answer is not None:
        return StreamInterrupted(
            f"{where}: the connection was cut in the middle of the answer ({error})",
            answer.num_bytes_downloaded,
        )
    if isinstance(error, httpcore.RemoteProtocolError):
        text = str(error)
        if "disconnected without" in text:
            return no_answer(operation, host, begun=False)
        # That is h11's word for bytes that are no text: a TLS server's alert begins so.
        return no_http(operation, host, error, tls="illegal request line" in text)
    return lost(operation, host, error)


def unreachable(operation: str, host: Host, error: Exception) -> ConnectionFailed:
    """Make the error of a connection that was not made."""
    kind = TimedOut if isinstance(error, httpcore.ConnectTimeout) else ConnectionFailed
    return kind(f"{operation}: {host} can't be reached: {_hint(error, host)}")


def lost(operation: str, host: Host, error: Exception) -> ConnectionFailed:
    """Make the error of a connection that was cut before the answer began."""
    return ConnectionFailed(
        f"{operation}: {host}: the connection was lost before an answer came ({error})"
    )


def no_answer(operation: str, host: Host, *, begun: bool) -> ConnectionFailed:
    """Make the error of a connection that ended before the answer's head had."""
    where = f"{operation}: {host}"
    if begun:
        return StreamInterrupted(f"{where}: the connection ended in the middle of the answer")
    return ConnectionFailed(
        f"{where}: the connection was closed without an answer: the engine is being stopped, "
        f"or it wants TLS, or {_NO_ENGINE}"
    )


def no_http(operation: str, host: Host, error: Exception, *, tls: bool) -> InvalidAnswer:
    """Make the error of an answer that is not HTTP; what comes may be TLS."""
    probably = f"what came is not text. Probably {_TLS}" if tls else f"{error}. {_NO_HTTP}"
    return InvalidAnswer(f"{operation}: {host}: {probably}")


def _hint(error: Exception, host: Host) -> str:
    if isinstance(error, httpcore.ConnectTimeout | TimedOut):
        expired = str(error).removeprefix(": ")
        return f"{expired}: nothing answers at that address: check it, and the firewall between"
    for each in _chain(error):
        if isinstance(each, DialFailed):
            return str(each)
    codes = set(_codes(error))
    if host.socket is not None and codes & {errno.EACCES, errno.EPERM}:
        return (
            "permission denied: add your user to the group that owns the socket "
            "(and log in anew), or run as root"
        )
    if host.socket is not None and errno.ENOENT in codes:
        return "there is no socket: start the engine, or set DOCKER_HOST to where it listens"
    if errno.ECONNREFUSED in codes:
        tried = "" if host.socket else f" ({error})"
        return (
            f"nothing listens there{tried}: start the engine, or set DOCKER_HOST to where it "
            "listens"
        )
    return f"{error}: check the host (DOCKER_HOST), and that the engine runs"


def _codes(error: BaseException) -> Iterator[int]:
    for each in _chain(error):
        if isinstance(each, OSError) and each.errno is not None:
            yield each.errno


def _chain(error: BaseException, before: BaseException | None = None) -> Iterator[BaseException]:
    """Yield the error and what has led to it, up to what was there before."""
    seen = {id(None), id(before)}
    queue: list[BaseException | None] = [error]
    while queue:
        each = queue.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            queue += [each.__cause__, each.__context__]
