"""As much HTTP/1.1 as the bare sockets need: a request's bytes, and a response's body."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["CONTAINER", "SOCKETS", "VERSION", "body_of", "request"]

VERSION = "1.51"
CONTAINER: dict[str, Any] = {
    "Image": "moorage-bench:latest",
    "Cmd": ["/bin/true"],
    "HostConfig": {"NetworkMode": "none"},
}
"""The container that every client creates, as it goes over the wire."""
SOCKETS = 100
"""The most connections of a bare client, as many as aiohttp's."""


def request(method: str, target: str, body: object = None) -> bytes:
    """Return a request with a JSON body, or without one."""
    head = f"{method} /v{VERSION}{target} HTTP/1.1\r\nHost: engine\r\n"
    if body is None:
        length = "Content-Length: 0\r\n" if method == "POST" else ""
        return f"{head}{length}\r\n".encode()
    sent = json.dumps(body).encode()
    head += f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
    return head.encode() + sent


def body_of(received: bytes) -> bytes | None:
    """Return the body of a response, None while it is incomplete."""
    head, separator, rest = received.partition(b"\r\n\r\n")
    if not separator:
        return None
    if head[9:10] != b"2":
        raise ConnectionError(received.decode(errors="replace"))
    fields = head.lower()
    if b"\r\ntransfer-encoding: chunked" in fields:
        return joined(rest) if rest.endswith(b"0\r\n\r\n") else None
    _, found, length = fields.partition(b"\r\ncontent-length: ")
    if not found:
        return b""
    return rest if len(rest) == int(length.partition(b"\r\n")[0]) else None


def joined(chunked: bytes) -> bytes | None:
    """Return what stands in the chunks, None if the last of them is missing."""
    chunks: list[bytes] = []
    at = 0
    while at < len(chunked):
        end = chunked.index(b"\r\n", at)
        size = int(chunked[at:end], 16)
        if not size:
            return b"".join(chunks)
        chunks.append(chunked[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
    return None
