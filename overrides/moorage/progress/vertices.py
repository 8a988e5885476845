"""BuildKit's reports about a build: its vertices and their progress."""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

from attrs import define, field, frozen

__all__ = ["Event", "Vertex", "VertexLog", "VertexStatus", "VertexWarning"]

_LAST_LINES = 50


@frozen
class VertexStatus:
    """The progress of a part of a vertex, such as the download of a layer."""

    vertex: str
    """The vertex' digest."""
    id: str
    """Its name: "transferring context:", "exporting layers", "sha256:…"."""
    current: int = 0
    """The number of bytes done."""
    total: int = 0
    """The total number of bytes; 0 if unknown."""
    started: float | None = None
    """Start time in seconds since 1970, like all times here."""
    completed: float | None = None


@frozen
class VertexLog:
    """Output of a step, in the pieces received."""

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
    """The first line of the Dockerfile that it is about; 0 if unknown."""


@define
class Vertex:
    """A step of a build; the same object is reported each time."""

    digest: str
    name: str = ""
    """E.g. "[2/3] RUN make"."""
    number: int = 0
    """The number in the order of starts; 0 before the start."""
    inputs: tuple[str, ...] = ()
    """The digests of the vertices it depends on."""
    started: float | None = None
    completed: float | None = None
    cached: bool = False
    error: str = ""
    statuses: dict[str, VertexStatus] = field(factory=dict)
    """The parts by ID."""
    lines: deque[str] = field(factory=lambda: deque(maxlen=_LAST_LINES))
    """The last lines of its output; the final one may be incomplete."""

    @property
    def cancelled(self) -> bool:
        """Whether it ended because another step failed, or the build was cancelled."""
        return "context canceled" in self.error

    def take_text(self, text: str) -> None:
        """Add its output."""
        *whole, rest = text.replace("\r\n", "\n").split("\n")
        begun = self.lines.pop() if self.lines else ""
        for line in whole:
            self.lines.append(begun + line)
            begun = ""
        self.lines.append(begun + rest)

    @property
    def tail(self) -> str:
        """The end of its output."""
        return "\n".join(self.lines).rstrip("\n")


Event: TypeAlias = Vertex | VertexStatus | VertexLog | VertexWarning
"""BuildKit's events."""
