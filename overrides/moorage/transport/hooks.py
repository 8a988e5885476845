"""Streams and uploads as httpx's event hooks see requests: these don't go through httpx."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import httpx

from moorage.transport.http1 import Head
from moorage.transport.wire import Headers

__all__ = ["EventHooks", "headers_after", "shown_answer", "shown_request"]

EventHooks: TypeAlias = Mapping[str, list[Callable[..., Any]]]
"""What httpx's clients take: {"request": [...], "response": [...]}."""

_FRAMING = {"content-length", "transfer-encoding"}


def shown_request(method: str, url: str, headers: Mapping[str, str]) -> httpx.Request:
    """Make what the request hooks are called with; the content is not shown."""
    return httpx.Request(method, url, headers=headers)


def headers_after(shown: httpx.Request) -> Headers:
    """Return the headers that the hooks left; those that frame the content are not theirs."""
    return Headers({name: each for name, each in shown.headers.items() if name not in _FRAMING})


def shown_answer(shown: httpx.Request, head: Head) -> httpx.Response:
    """Make what the response hooks are called with; the body is not shown."""
    return httpx.Response(head.status, headers=head.headers, request=shown)
