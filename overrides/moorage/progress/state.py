"""The progress of a pull, a push, a load or a build."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

from attrs import define, field

from moorage.printable import one_line, printable
from moorage.progress.vertices import Event, Vertex, VertexLog, VertexStatus, VertexWarning

__all__ = ["Layer", "OnProgress", "Progress", "Report", "reported"]

_STEP = re.compile(r"step (\d+)/(\d+) ?: ", re.IGNORECASE)
# Engines' statuses of a layer, by their first words.
_PHASES = {
    "pulling fs layer": "waiting",
    "waiting": "waiting",
    "preparing": "waiting",
    "retrying": "waiting",
    "downloading": "downloading",
    "verifying": "downloaded",
    "download complete": "downloaded",
    "extracting": "extracting",
    "pushing": "pushing",
    "loading": "loading",
    "copying": "copying",
    "pull complete": "complete",
    "already exists": "complete",
    "layer already exists": "complete",
    "mounted from": "complete",
    "pushed": "complete",
    "skipped": "complete",
}
# The phase of the whole is the first of these that any layer is in.
_ORDER = ("sending", "downloading", "pushing", "loading", "copying", "extracting", "waiting")


@define
class Layer:
    """A layer of an image, or the context of a build, in transfer."""

    phase: str = "waiting"
    """"waiting", "sending", "downloading", "downloaded", "extracting", "pushing", "loading",
    "copying" or "complete"."""
    done: int = 0
    """The number of bytes transferred."""
    total: int = 0
    """The total number of bytes, as far as known."""


@define
class Progress:
    """The progress of an operation; the same object is reported each time."""

    action: str
    """"pull", "push", "load" or "build"."""
    name: str
    """The image's."""
    layers: dict[str, Layer] = field(factory=dict)
    """The layers by short ID; "context" is a build's context."""
    message: str = ""
    """The engine's last status line."""
    step: int = 0
    """The current step of a build."""
    steps: int = 0
    """The number of a build's steps."""
    outcome: str | None = None
    """"complete" or "failed" at the end."""
    vertices: dict[str, Vertex] = field(factory=dict)
    """The steps of a build by BuildKit, by digest, in order of arrival."""
    event: Event | None = None
    """BuildKit's last event; None without BuildKit."""

    @property
    def done(self) -> int:
        """The number of bytes transferred, of all layers."""
        return sum(each.done for each in self.layers.values())

    @property
    def total(self) -> int:
        """The number of bytes of all layers whose size is known."""
        return sum(each.total for each in self.layers.values())

    @property
    def phase(self) -> str:
        """The phase: the outcome, "building", or the phase of the slowest layer."""
        if self.outcome:
            return self.outcome
        if self.step:
            return "building"
        phases = {each.phase for each in self.layers.values()}
        return next((each for each in _ORDER if each in phases), "waiting")

    def take(self, item: Any) -> None:
        """Process an item of the engine's stream, or an event of BuildKit."""
        if isinstance(item, Vertex | VertexStatus | VertexLog | VertexWarning):
            self._take_event(item)
            return
        status = getattr(item, "status", None)
        text = getattr(item, "stream", None) or status
        if isinstance(text, str) and text.strip():
            self.message = printable(text.strip())
            if step := _STEP.match(self.message):
                self.step, self.steps = int(step[1]), int(step[2])
        if isinstance(item.id, str) and isinstance(status, str):
            self._take_layer(one_line(item.id), status.lower(), item.progress_detail)

    def _take_event(self, event: Event) -> None:
        self.event = event
        if isinstance(event, Vertex):
            self.vertices[event.digest] = event
            self.message = printable(event.name)
            begun = [each for each in self.vertices.values() if each.number]
            self.step = sum(each.completed is not None for each in begun)
            self.steps = len(self.vertices)
        elif isinstance(event, VertexLog) and event.text.strip():
            self.message = printable(event.text.strip().rpartition("\n")[2])

    def _take_layer(self, name: str, status: str, detail: Any) -> None:
        phase = next((each for start, each in _PHASES.items() if status.startswith(start)), None)
        if phase is None:
            return
        layer = self.layers.setdefault(name, Layer())
        layer.phase = phase
        current = getattr(detail, "current", None) or 0
        total = getattr(detail, "total", None) or 0
        if phase == "extracting":
            return  # counted as it was downloaded
        if status.startswith("retrying"):
            layer.done = 0
        elif phase in ("downloaded", "complete"):
            layer.done = layer.total = max(layer.done, layer.total)
        elif current:
            layer.done = current
            layer.total = max(total, current, layer.total if total <= 0 else 0)

    def take_sent(self, count: int) -> None:
        """Record the number of bytes sent."""
        layer = self.layers.setdefault("context", Layer("sending"))
        layer.done = layer.total = count


Report: TypeAlias = Callable[[Any], None]
"""Called with items of a stream, BuildKit's events, or the number of bytes sent so far."""

OnProgress: TypeAlias = Callable[[Progress], object]
"""Called with the progress after each change, and once at the end."""


@contextmanager
def reported(on_progress: OnProgress | None, action: str, name: str) -> Iterator[Report]:
    """Report progress; yields a function for the stream's items, or a count of bytes."""
    progress = Progress(action, name)

    def take(item: Any) -> None:
        if on_progress is not None:
            progress.take_sent(item) if isinstance(item, int) else progress.take(item)
            on_progress(progress)

    try:
        yield take
    except BaseException:
        progress.outcome = "failed"
        if on_progress is not None:
            # Raise the error that ended the operation.
            with suppress(Exception):
                on_progress(progress)
        raise
    progress.outcome = "complete"
    if on_progress is not None:
        on_progress(progress)
