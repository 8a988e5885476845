"""What BuildKit reports of a build: its vertices, and how far each is."""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

from attrs import define, field, frozen

__all__ = ["Event", "Vertex", "VertexLog", "VertexStatus", "VertexWarning"]

_LAST_LINES = 50


@frozen
class VertexStatus:
    """How far a part of a vertex is, such as a layer that is downloaded."""

    vertex: str
    """The vertex' digest."""
    id: str
    """Its name: "transferring context:", "exporting layers", "sha256:…"."""
    current: int = 0
    """The bytes that are done."""
    total: int = 0
    """All bytes; 0 where that is not known."""
    started: float | None = None
    """In seconds since 1970, as all times here."""
    completed: float | None = None


@frozen
class VertexLog:
    """What a step wrote, cut as it came."""

    vertex: str
    stream: str
    """"stdout" or "stderr"."""
    text: str
    time: float | None = None


@frozen
class VertexWarning:
    """A warning of the build, such as a check of the Dockerfile's."""

    vertex: str
    message: str
    detail: str = ""
    url: str = ""
    file: str = ""
    line: int = 0
    """The first line of the Dockerfile that it is about; 0 where that is not told."""


@define
class Vertex:
    """A step of a build; the same object is told again as it goes on."""

    digest: str
    name: str = ""
    """E.g. "[2/3] RUN make"."""
    number: int = 0
    """The place in the order in which the steps began; 0 before that."""
    inputs: tuple[str, ...] = ()
    """The digests of the vertices that it needs."""
    started: float | None = None
    completed: float | None = None
    cached: bool = False
    error: str = ""
    statuses: dict[str, VertexStatus] = field(factory=dict)
    """By their IDs."""
    lines: deque[str] = field(factory=lambda: deque(maxlen=_LAST_LINES))
    """The last lines that it wrote; the very last may be incomplete."""

    @property
    def cancelled(self) -> bool:
        """Whether it was ended because another step failed, or the build was cancelled."""
        return "context canceled" in self.error

    def take_text(self, text: str) -> None:
        """Take note of what it wrote."""
        *whole, rest = text.replace("\r\n", "\n").split("\n")
        begun = self.lines.pop() if self.lines else ""
        for line in whole:
            self.lines.append(begun + line)
            begun = ""
        self.lines.append(begun + rest)

    @property
    def tail(self) -> str:
        """The end of what it wrote."""
        return "\n".join(self.lines).rstrip("\n")


Event: TypeAlias = Vertex | VertexStatus | VertexLog | VertexWarning
"""What BuildKit reports, one after the other."""
