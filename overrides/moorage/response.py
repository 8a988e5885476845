"""A whole response of the engine, undecoded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moorage.errors import InvalidAnswer

__all__ = ["Response", "ResponseHeaders"]


class ResponseHeaders(dict[str, str]):
    """Headers whose names are in lower case; looking one up ignores the case."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header, or the default if there is none."""
        return super().get(name.lower(), default)


class Response:
    """The response to `engine.request()`.

    Attributes:
        status: The HTTP status.
        headers: The headers; looking one up ignores the case.
        body: The body, not decoded.
        reason: The reason phrase that came with the status.
    """

    __slots__ = ("body", "headers", "reason", "status")

    def __init__(
        self, status: int, headers: Mapping[str, str], body: bytes, reason: str = ""
    ) -> None:
        self.status: int = status
        self.headers: ResponseHeaders = ResponseHeaders(headers)
        self.body: bytes = body
        self.reason: str = reason

    def __repr__(self) -> str:
        # Without headers and body: both may hold secrets.
        return f"Response(status={self.status!r}, reason={self.reason!r})"

    def json(self) -> Any:
        """Decode the body.

        Raises:
            InvalidAnswer: It is not JSON.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise InvalidAnswer("the response is not JSON") from None
