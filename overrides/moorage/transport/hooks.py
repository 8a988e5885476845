"""Event hooks of httpx, called with httpx objects for each request and response; in steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import httpx

from moorage.host.address import Host
from moorage.transport.steps import Await, Steps
from moorage.wire.http1 import Head
from moorage.wire.message import Headers, Message

__all__ = ["EventHooks", "Hooks"]

EventHooks: TypeAlias = Mapping[str, list[Callable[..., Any]]]
"""Event hooks in the form of httpx's clients: {"request": [...], "response": [...]}."""

_FRAMING = {"content-length", "transfer-encoding"}


class Hooks:
    """Calls hooks with each request and each response.

    Hooks see neither the content of uploads nor the body of streams. The operation's ID is in
    `request.extensions["operation"]`.

    Args:
        hooks: The functions, by "request" and "response"; awaited where tasks run.
        host: The engine's address.

    Raises:
        TypeError: They are of another type.
    """

    def __init__(self, hooks: EventHooks, host: Host) -> None:
        _check(hooks)
        self._hooks = hooks
        self._host = host

    def before(self, sent: Message) -> Steps[None]:
        """Call the request hooks, which may change headers."""
        shown = self._shown(sent)
        for hook in self._hooks.get("request", ()):
            yield Await(partial(hook, shown))
        # Hooks can't change the headers that frame the content.
        sent.headers = Headers(
            {name: each for name, each in shown.headers.items() if name not in _FRAMING}
        )

    def after(self, sent: Message, head: Head, body: bytes | None = None) -> Steps[None]:
        """Call the response hooks."""
        hooks = self._hooks.get("response", ())
        if hooks:
            response = httpx.Response(
                head.status, headers=dict(head.headers), content=body, request=self._shown(sent)
            )
            for hook in hooks:
                yield Await(partial(hook, response))

    def _shown(self, sent: Message) -> httpx.Request:
        return httpx.Request(
            sent.method,
            self._host.base_url + sent.target,
            headers=sent.headers,
            content=sent.body or None,
            extensions={"operation": sent.operation},
        )


def _check(hooks: Any) -> None:
    expected = 'event_hooks takes {"request": [function, …], "response": [function, …]}'
    if not isinstance(hooks, Mapping):
        raise TypeError(f"{expected}, not {type(hooks).__name__}")
    for name, functions in hooks.items():
        if name not in ("request", "response"):
            raise TypeError(f"{expected}, and no {name!r}")
        if not isinstance(functions, list | tuple) or not all(map(callable, functions)):
            raise TypeError(f"{expected}: {name!r} takes a list of functions")
