"""Decode the progress of BuildKit, and keep the reports of a build so far."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from google.protobuf.message import DecodeError

from moorage.errors import InvalidAnswer
from moorage.progress.vertices import Event, Vertex, VertexLog, VertexStatus, VertexWarning
from moorage_api import buildkit_messages as messages

__all__ = ["IMAGE", "TRACE", "Trace"]

TRACE = "moby.buildkit.trace"
"""The ID of the items of a build's stream that have the progress in `aux`."""

IMAGE = "moby.image.id"
"""The ID of the item that has the image's ID in `aux`."""

_STDERR = 2


class Trace:
    """The reports of a build so far.

    Attributes:
        vertices: The vertices by digest, in the order of their first report.
        warnings: The warnings.
    """

    def __init__(self) -> None:
        self.vertices: dict[str, Vertex] = {}
        self.warnings: list[VertexWarning] = []
        self._begun = 0

    def take(self, aux: str | bytes) -> Iterator[Event]:
        """Process an item's `aux`, and return its events; a str is base64.

        Raises:
            InvalidAnswer: It can't be decoded.
        """
        try:
            data = aux if isinstance(aux, bytes) else base64.b64decode(aux, validate=True)
            status = messages.StatusResponse.FromString(data)
        except (binascii.Error, ValueError, DecodeError) as error:
            raise InvalidAnswer(f"ImageBuild: the progress can't be decoded ({error})") from None
        vertices = [self._vertex(each) for each in status.vertexes]
        # Events that arrived together with a step's end come before it.
        yield from (each for each in vertices if each.completed is None)
        for message in status.statuses:
            yield self._status(message)
        for log in status.logs:
            yield self._log(log)
        yield from (each for each in vertices if each.completed is not None)
        for warning in status.warnings:
            yield self._warning(warning)

    def _known(self, digest: bytes) -> Vertex:
        name = _text(digest)
        return self.vertices.setdefault(name, Vertex(name))

    def _vertex(self, message: messages.Vertex) -> Vertex:
        vertex = self._known(message.digest)
        vertex.name = _text(message.name) or vertex.name
        vertex.inputs = tuple(_text(each) for each in message.inputs) or vertex.inputs
        vertex.cached = message.cached
        vertex.error = _text(message.error)
        vertex.started = _time(message, "started")
        vertex.completed = _time(message, "completed")
        if vertex.started is not None and not vertex.number:
            self._begun += 1
            vertex.number = self._begun
        return vertex

    def _status(self, message: messages.VertexStatus) -> VertexStatus:
        vertex = self._known(message.vertex)
        status = VertexStatus(
            vertex.digest,
            _text(message.id),
            message.current,
            message.total,
            _time(message, "started"),
            _time(message, "completed"),
        )
        vertex.statuses[status.id] = status
        return status

    def _log(self, message: messages.VertexLog) -> VertexLog:
        vertex = self._known(message.vertex)
        text = _text(message.msg)
        vertex.take_text(text)
        stream = "stderr" if message.stream == _STDERR else "stdout"
        return VertexLog(vertex.digest, stream, text, _time(message, "timestamp"))

    def _warning(self, message: messages.VertexWarning) -> VertexWarning:
        warning = VertexWarning(
            _text(message.vertex),
            _text(message.short),
            "\n".join(_text(each) for each in message.detail),
            _text(message.url),
            _text(message.info.filename),
            message.ranges[0].start.line if message.ranges else 0,
        )
        self.warnings.append(warning)
        return warning

    @property
    def failed(self) -> Vertex | None:
        """The vertex that made the build fail, if one did."""
        errors = [each for each in self.vertices.values() if each.error]
        return next((each for each in errors if not each.cancelled), None)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _time(
    message: messages.Vertex | messages.VertexStatus | messages.VertexLog, name: str
) -> float | None:
    if not message.HasField(name):
        return None
    stamp: messages.Timestamp = getattr(message, name)
    seconds: float = stamp.seconds + stamp.nanos / 1e9
    return seconds
