"""Answers of a fake engine, before they are written to a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import field, frozen

from moorage.testing.server.connection import Connection

__all__ = ["Answer", "document", "nothing", "not_modified", "stream", "switch"]

JSON = "application/json"


@frozen
class Answer:
    """A response: a JSON document, bytes that come piece by piece, or nothing.

    Attributes:
        status: The HTTP status.
        body: A document, sent as JSON; None if there is none.
        pieces: Pieces of the body, in the place of a document.
        kind: The Content-Type.
        headers: More headers.
        hijack: The function that takes over the connection.
    """

    status: int = 200
    body: Any = None
    pieces: Iterable[bytes] | None = None
    kind: str = JSON
    headers: Mapping[str, str] = field(factory=dict)
    hijack: Callable[[Connection], None] | None = None


def document(body: Any, status: int = 200) -> Answer:
    """Answer with JSON."""
    if body is None:
        return Answer(status, pieces=[b"null\n"])
    return Answer(status, body)


def nothing(status: int = 204) -> Answer:
    """Answer without a body."""
    return Answer(status)


def not_modified() -> Answer:
    """Answer that nothing was left to do."""
    return Answer(304)


def stream(pieces: Iterable[bytes], kind: str = JSON, **headers: str) -> Answer:
    """Answer piece by piece."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(pieces=pieces, kind=kind, headers=named)


def switch(hijack: Callable[[Connection], None], kind: str) -> Answer:
    """Hand over the connection."""
    return Answer(101, kind=kind, hijack=hijack)
