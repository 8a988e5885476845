"""Requests for endpoints outside the specifications: `engine.request`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from moorage.arguments import as_is
from moorage.model.check import check_of, checked
from moorage.model.encoding import encode
from moorage.parameters.headers import headers_error
from moorage.parameters.scalars import wrong_type
from moorage.request import AsyncContent, Request

__all__ = ["raw_request"]

# Plain and quoted characters of a path (RFC 3986, section 3.3).
_PATH = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
# They frame the request; a second one would end it elsewhere.
_FRAMING = {"content-length", "transfer-encoding"}


def raw_request(
    method: str,
    path: str,
    query: Mapping[str, Any] | None,
    headers: Mapping[str, str] | None,
    json: Any,
    content: AsyncContent | None,
) -> Request[Any]:
    """Build a request that is not an operation's.

    Raises:
        TypeError: A value's type can't be sent.
        ValueError: The method, the path or a header is malformed, a number is not finite, or there
            are two bodies.
    """
    error = (
        _line_error(method, path)
        or _query_error(query)
        or headers_error(headers, _refused, optional=True)
        or _body_error(json, content)
    )
    if error is not None:
        del query, headers, json, content  # a traceback may show them
        raise error
    return Request(
        operation=f"{method} {path}",
        method=method.upper(),
        path=path,
        decode=as_is,
        query=query or {},
        headers=headers or {},
        json=encode(json),
        content=content,
    )


def _line_error(method: Any, path: Any) -> Exception | None:
    for name, value in (("method", method), ("path", path)):
        if not isinstance(value, str):
            return wrong_type(name, "a str", value)
    if not (method.isascii() and method.isalpha()):
        return ValueError(f"{method!r:.20} is not a method of HTTP")
    # An unquoted path may name another endpoint than it seems to.
    if not _PATH.fullmatch(path) or not {"", ".", ".."}.isdisjoint(path.split("/")[1:]):
        return ValueError(
            f"{path!r:.200} is not a path: it begins with /, its parts are quoted "
            "(urllib.parse.quote), and a query goes into query="
        )
    return None


def _query_error(query: Any) -> Exception | None:
    if query is None:
        return None
    if not isinstance(query, Mapping):
        return wrong_type("query", "a mapping", query, ': write {"name": "value"}')
    for name, value in query.items():
        if not isinstance(name, str):
            return wrong_type("query", "str as keys", name)
        for each in value if isinstance(value, list | tuple) else (value,):
            if each is None and each is value:
                continue  # it is left out
            if not isinstance(each, str | bool | int | float):
                hint = ": write json.dumps(…)" if isinstance(each, Mapping) else ""
                expected = "str, bool, int or float, or a list of them"
                return wrong_type(f"query[{name!r}]", expected, each, hint)
            if isinstance(each, float) and not math.isfinite(each):
                return ValueError(f"query[{name!r}] takes a finite number, not {each!r}")
    return None


def _refused(name: str) -> str | None:
    if name.lower() in _FRAMING:
        return f"{name} follows from the body, and can't be given"
    return None


def _body_error(json: Any, content: Any) -> Exception | None:
    if json is None:
        return None
    if content is not None:
        return ValueError("give json= or content=, not both")
    try:
        checked(check_of("Any"), json, "", None, "json")
    except (TypeError, ValueError) as error:
        return error.with_traceback(None)
    return None
