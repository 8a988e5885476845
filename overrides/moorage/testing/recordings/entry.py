"""One line of a recording: a request and its response."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from attrs import define, field, fields

from moorage.errors import EngineError
from moorage.testing.server.connection import RequestHead
from moorage.testing.server.routing import find_route, split_version
from moorage.versions.bundled import bundled_versions
from moorage.wire.frames import FrameParser

__all__ = ["Entry", "asked", "content_bytes", "content_of"]

KEPT_HEADERS = (
    *("api-version", "builder-version", "content-type", "docker-experimental", "ostype", "server"),
    *("swarm", "x-docker-container-path-stat"),
)
"""Headers of responses that clients read. Those of requests are not kept: credentials are there."""

_STREAMS = {1: "stdout", 2: "stderr"}
_NUMBERS = {name: number for number, name in _STREAMS.items()}
_MULTIPLEXED = "multiplexed-stream"


@define
class Entry:
    """A request and its response.

    Attributes:
        operation: The operation, like "containers.list"; empty if no version has it.
        version: The API version of the path; empty if it has none.
        method: The HTTP method.
        path: The path without the version.
        query: The parameters; one that came several times is a list.
        request: The JSON of the request's body; None if it has none.
        uploaded: The size of a body that is not JSON, and of input: they are not kept.
        status: The status of the response; 0 if none came.
        headers: Headers of the response.
        answer: Its content: a member that names the encoding, and the content.
        cut: Whether the client or the engine hung up before its end.
    """

    operation: str
    version: str
    method: str
    path: str
    query: dict[str, Any]
    request: Any = None
    uploaded: int = 0
    status: int = 0
    headers: dict[str, str] = field(factory=dict)
    answer: dict[str, Any] = field(factory=dict)
    cut: bool = False

    def line(self) -> str:
        """Write it as a line of JSON, without empty members."""
        values = {name: getattr(self, name) for name in _NAMES}
        kept = {name: value for name, value in values.items() if value not in (None, "", {}, 0)}
        kept = {name: value for name, value in kept.items() if value is not False}
        return json.dumps(kept, ensure_ascii=False)

    @classmethod
    def parse(cls, line: str) -> Entry:
        """Read a line.

        Raises:
            ValueError: It is not a line of a recording.
        """
        try:
            values = json.loads(line)
            empty = {"operation": "", "version": "", "query": {}}
            return cls(**{**empty, **values})
        except (TypeError, ValueError):
            raise ValueError(f"no line of a recording: {line[:60]!r}") from None


_NAMES = tuple(each.name for each in fields(Entry))


def asked(head: RequestHead, body: bytes) -> Entry:
    """Make the entry of a request, without its response."""
    version, path = split_version(head.path)
    known = version if version in bundled_versions() else bundled_versions()[-1]
    route = find_route(known, head.method, path)
    query: dict[str, Any] = {}
    for name, value in head.query:
        query.setdefault(name, []).append(value)
    entry = Entry(
        route[0].operation if route else "",
        version or "",
        head.method,
        path,
        {name: values[0] if len(values) == 1 else values for name, values in query.items()},
    )
    if "json" in head.headers.get("content-type", ""):
        try:
            entry.request = json.loads(body)
        except ValueError:
            entry.uploaded = len(body)
    else:
        entry.uploaded = len(body)
    return entry


def content_of(data: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """Write a response's content as readably as its kind allows."""
    kind = headers.get("content-type", "")
    if not data:
        return {}
    if "json" in kind and (lines := _json(data)) is not None:
        return lines
    if "raw-stream" in kind or _MULTIPLEXED in kind or not kind:
        frames = _frames(data)
        if frames is not None:
            return {"frames": frames}
    return _plain(data)


def _json(data: bytes) -> dict[str, Any] | None:
    try:
        return {"json": json.loads(data)}
    except ValueError:
        pass
    try:
        return {"lines": [json.loads(each) for each in data.splitlines() if each.strip()]}
    except ValueError:
        return None


def _frames(data: bytes) -> list[list[str]] | None:
    parser = FrameParser()
    try:
        frames = parser.feed(data)
        parser.close()
    except EngineError:
        return None
    made = []
    for stream, content in frames:
        plain = _plain(content)
        made.append([stream, *(plain.values() if "text" in plain else ("base64", plain["base64"]))])
    return made or None


def _plain(data: bytes) -> dict[str, Any]:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def content_bytes(answer: Mapping[str, Any]) -> list[bytes]:
    """Return the pieces of a response's content.

    Raises:
        ValueError: It is not in the form of `content_of`.
    """
    match dict(answer):
        case {"json": document}:
            return [json.dumps(document).encode() + b"\n"]
        case {"lines": lines}:
            return [json.dumps(each).encode() + b"\r\n" for each in lines]
        case {"frames": frames}:
            return [_frame(*each) for each in frames]
        case {"text": str(text)}:
            return [text.encode()]
        case {"base64": str(text)}:
            return [_decoded(text)]
        case {}:
            return []
    raise ValueError(f"no content of a recording: {str(answer)[:60]}")


def _frame(stream: str, *content: str) -> bytes:
    data = _decoded(content[1]) if len(content) == 2 else content[0].encode()
    return bytes([_NUMBERS.get(stream, 0), 0, 0, 0]) + len(data).to_bytes(4, "big") + data


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("malformed base64 in a recording") from None
