"""The log of a build by BuildKit, and its error if it failed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from moorage.buildkit.trace import TRACE, Trace
from moorage.errors import BuildFailed, OperationFailed
from moorage.progress.plain import PlainLines
from moorage.progress.vertices import Event

__all__ = ["BuildLog"]

_EXIT_CODE = re.compile(r"exit code: (\d+)")


class BuildLog:
    """The reports of a build.

    Attributes:
        trace: The vertices and warnings.
        image_id: The ID of the image, once reported.
    """

    def __init__(self) -> None:
        self.trace: Trace = Trace()
        self.image_id: str = ""
        self._plain = PlainLines(self.trace.vertices)
        self._lines: list[str] = []

    def take(self, item: Any) -> Iterator[Event]:
        """Process an item of the build's stream, and return its events."""
        aux = item.aux
        if item.id == TRACE and isinstance(aux, str | bytes):
            for event in self.trace.take(aux):
                self._lines += self._plain.take(event)
                yield event
            return
        found = aux.get("ID") if isinstance(aux, dict) else getattr(aux, "id", None)
        if isinstance(found, str):
            self.image_id = found

    def text(self) -> str:
        """Return the whole log, as `docker build --progress=plain` shows it."""
        return "\n".join([*self._lines, ""]) if self._lines else ""

    def failed(self, error: OperationFailed) -> BuildFailed:
        """Make the error of a build that failed."""
        vertex = self.trace.failed
        message, code = error.message, error.code
        found = _EXIT_CODE.search(vertex.error if vertex is not None else message)
        if found:
            code = int(found[1])
        if vertex is None:
            return BuildFailed(message, error.operation, code, step="", log="")
        return BuildFailed(message, error.operation, code, step=vertex.name, log=vertex.tail)
