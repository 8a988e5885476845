"""The progress of BuildKit as lines, like `docker build --progress=plain`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from moorage.progress.vertices import Event, Vertex, VertexLog, VertexStatus, VertexWarning

__all__ = ["PlainLines", "size_text"]

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def size_text(size: float) -> str:
    """Write a number of bytes as the docker CLI does: 31B, 2.048kB."""
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size /= 1000
        unit += 1
    return f"{size:.4g}{_UNITS[unit]}"


class PlainLines:
    """Formats events as lines.

    Args:
        vertices: The vertices by digest, updated before each event.
    """

    def __init__(self, vertices: Mapping[str, Vertex]) -> None:
        self._vertices = vertices
        self._last = ""
        self._headed: set[str] = set()
        self._ended: dict[str, float] = {}
        self._shown: set[tuple[str, str]] = set()
        self._begun: dict[str, str] = {}

    def take(self, event: Event) -> Iterator[str]:
        """Return the lines of an event."""
        if isinstance(event, VertexWarning):
            yield from self._warning(event)
            return
        vertex = event if isinstance(event, Vertex) else self._vertices[event.vertex]
        if not vertex.number:
            return
        if isinstance(event, VertexLog):
            yield from self._log(vertex, event)
        elif isinstance(event, VertexStatus):
            yield from self._status(vertex, event)
        else:
            yield from self._vertex(vertex)

    def _heading(self, vertex: Vertex) -> Iterator[str]:
        if self._last != vertex.digest:
            if self._last:
                yield ""
            self._last = vertex.digest
            self._headed.add(vertex.digest)
            yield f"#{vertex.number} {vertex.name}"

    def _vertex(self, vertex: Vertex) -> Iterator[str]:
        if vertex.completed is None:
            if vertex.digest not in self._headed:
                yield from self._heading(vertex)
            return
        if self._ended.get(vertex.digest) == vertex.completed:
            return
        self._ended[vertex.digest] = vertex.completed
        yield from self._heading(vertex)
        if rest := self._begun.pop(vertex.digest, ""):
            yield f"#{vertex.number} {rest}"
        if vertex.cancelled:
            yield f"#{vertex.number} CANCELED"
        elif vertex.error:
            yield f"#{vertex.number} ERROR: {vertex.error}"
        elif vertex.cached:
            yield f"#{vertex.number} CACHED"
        else:
            yield f"#{vertex.number} DONE {vertex.completed - (vertex.started or 0):.1f}s"

    def _status(self, vertex: Vertex, status: VertexStatus) -> Iterator[str]:
        done = status.completed is not None
        key = (vertex.digest, f"{status.id} {'done' if done else 'begun'}")
        # Only the end of a transfer is shown.
        if key in self._shown or (status.id.endswith(":") and not done):
            return
        self._shown.add(key)
        text = f"#{vertex.number} {status.id}"
        if status.total:
            text += f" {size_text(status.current)} / {size_text(status.total)}"
        elif status.current:
            text += f" {size_text(status.current)}"
        if status.completed is not None:
            seconds = status.completed - (status.started or status.completed)
            text += f" {seconds:.1f}s done" if seconds >= 0.05 else " done"
        yield from self._heading(vertex)
        yield text

    def _log(self, vertex: Vertex, log: VertexLog) -> Iterator[str]:
        since = 0.0
        if log.time is not None and vertex.started is not None:
            since = max(log.time - vertex.started, 0)
        *whole, rest = log.text.replace("\r\n", "\n").split("\n")
        begun = self._begun.pop(vertex.digest, "")
        for line in whole:
            yield from self._heading(vertex)
            yield f"#{vertex.number} {begun or f'{since:.3f} '}{line}"
            begun = ""
        if begun or rest:
            self._begun[vertex.digest] = (begun or f"{since:.3f} ") + rest

    def _warning(self, warning: VertexWarning) -> Iterator[str]:
        place = f" (line {warning.line})" if warning.line else ""
        self._last = self._last and " "
        yield ""
        yield f"WARNING: {warning.message}{place}"
