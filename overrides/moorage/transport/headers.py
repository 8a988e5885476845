"""Headers of every request to an engine: given, or configured as for the docker CLI."""

from __future__ import annotations

import os
import re
from typing import Any

from moorage.host.address import Host
from moorage.host.config import config_path, member, read_config
from moorage.parameters.headers import header_problem, headers_error
from moorage.wire.message import Headers

__all__ = ["configured_headers", "given_error"]

VARIABLE = "DOCKER_CUSTOM_HEADERS"
# CSV: a field that begins with a quote ends with one, and others have none.
_FIELD = re.compile(r'(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))')
_LINE = re.compile(r'(?:(?:^|,)(?:"(?:[^"]|"")*"|[^",]*))+')
_OURS = {
    *("host", "connection", "upgrade", "content-length", "transfer-encoding", "content-type"),
    *("accept", "accept-encoding", "te", "trailer", "expect", "keep-alive"),
    *("x-registry-auth", "x-registry-config"),
}


def given_error(headers: Any) -> Exception | None:
    """Return the error of the argument headers= of `connect`; it shows no value."""
    return headers_error(headers, _refused)


def configured_headers(host: Host) -> Headers:
    """Return the headers of DOCKER_CUSTOM_HEADERS, else HttpHeaders of config.json.

    They are not sent to another machine without TLS: anyone in between could read them.

    Raises:
        ValueError: They are malformed; the message shows no value.
    """
    if os.environ.get(VARIABLE):
        source, found = VARIABLE, _of_variable()
    else:
        source = config_path()
        found = _of_config(source)
    # The CLI also sends its own instead of this one, which it used to write itself.
    kept = Headers(
        {name: found[name].strip(" \t") for name in found if name.lower() != "user-agent"}
    )
    del found
    left_out = [name for name in kept if name.lower() in _OURS]
    if kept and not _is_private(host):
        _warn("did not send the headers of %s to %s: it has no TLS", source, host)
        return Headers()
    if left_out:
        _warn("did not send %s of %s: moorage sets it itself", ", ".join(left_out), source)
    problem = None
    for name in left_out:
        del kept[name]
    for name in kept:
        problem = problem or header_problem(name, kept[name], _refused)
    if problem:
        raise ValueError(f"{source}: {problem}")
    return kept


def _of_variable() -> Headers:
    """Read name=value pairs, as a line of CSV; white space around names is stripped."""
    found = Headers()
    # No local holds a value: a traceback may show it.
    if _LINE.fullmatch(os.environ[VARIABLE].partition("\n")[0]):
        found = Headers(map(_pair, _FIELD.finditer(os.environ[VARIABLE].partition("\n")[0])))
    if not found or "" in found:
        raise ValueError(f"{VARIABLE}: give name=value pairs, with commas between them")
    return found


def _pair(match: re.Match[str]) -> tuple[str, str]:
    text = match[2] if match[1] is None else match[1].replace('""', '"')
    name, equals, value = text.partition("=")
    return (name.strip() if equals else ""), value


def _of_config(path: str) -> Headers:
    try:
        headers = member(read_config(path) or {}, "HttpHeaders") or {}
    except ValueError as error:
        # A malformed file must not fail a request that needs no header of it.
        _warn("did not look for headers: %s", error)
        return Headers()
    if not isinstance(headers, dict) or not all(isinstance(each, str) for each in headers.values()):
        _warn("did not send the headers of %s: HttpHeaders is not a map of str", path)
        return Headers()
    return Headers(headers)


def _refused(name: str) -> str | None:
    if name.lower() in _OURS or name.lower().startswith("sec-websocket-"):
        return f"moorage sets {name} itself"
    return None


def _is_private(host: Host) -> bool:
    if host.port is None or host.tls is not None:
        return True
    from moorage.transport.no_proxy import is_this_machine

    return is_this_machine(host.address)


def _warn(message: str, *values: object) -> None:
    import logging

    logging.getLogger(__name__.removesuffix("transport.headers") + "host").warning(message, *values)
