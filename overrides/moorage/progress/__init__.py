"""The progress of a pull, a push, a load or a build; and displays of it.

engine.pull("busybox", on_progress=moorage.progress.rich())
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, TypeAlias

from attrs import define, field

from moorage.printable import one_line, printable
from moorage.progress.vertices import Event, Vertex, VertexLog, VertexStatus, VertexWarning

__all__ = [
    "Event",
    "Layer",
    "OnProgress",
    "Progress",
    "Report",
    "Vertex",
    "VertexLog",
    "VertexStatus",
    "VertexWarning",
    "reported",
    "rich",
]

_STEP = re.compile(r"step (\d+)/(\d+) ?: ", re.IGNORECASE)
# What engines say of a layer, by how it begins.
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
# The first of these that a layer is in is the phase of the whole.
_ORDER = ("sending", "downloading", "pushing", "loading", "copying", "extracting", "waiting")


@define
class Layer:
    """A layer of an image, or the context of a build, on its way."""

    phase: str = "waiting"
    """"waiting", "sending", "downloading", "downloaded", "extracting", "pushing", "loading",
    "copying" or "complete"."""
    done: int = 0
    """The bytes transferred."""
    total: int = 0
    """All bytes, as far as that is known."""


@define
class Progress:
    """How far an operation is; the same object is told again and again."""

    action: str
    """"pull", "push", "load" or "build"."""
    name: str
    """The image's."""
    layers: dict[str, Layer] = field(factory=dict)
    """By the layer's short ID; "context" is a build's context."""
    message: str = ""
    """The last line that the engine wrote."""
    step: int = 0
    """The step of a build."""
    steps: int = 0
    """The number of a build's steps."""
    outcome: str | None = None
    """"complete" or "failed", when it is over."""
    vertices: dict[str, Vertex] = field(factory=dict)
    """The steps of a build by BuildKit, by their digests, in the order in which they came."""
    event: Event | None = None
    """What BuildKit reported last; None where it was not BuildKit."""

    @property
    def done(self) -> int:
        """The bytes transferred, of all layers."""
        return sum(each.done for each in self.layers.values())

    @property
    def total(self) -> int:
        """The bytes of all layers whose size is known by now."""
        return sum(each.total for each in self.layers.values())

    @property
    def phase(self) -> str:
        """What goes on: the outcome, "building", or the phase of the layer that is least far."""
        if self.outcome:
            return self.outcome
        if self.step:
            return "building"
        phases = {each.phase for each in self.layers.values()}
        return next((each for each in _ORDER if each in phases), "waiting")

    def take(self, item: Any) -> None:
        """Take note of an item of the engine's stream, or of what BuildKit reports."""
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
        """Take note of how much of the content was sent."""
        layer = self.layers.setdefault("context", Layer("sending"))
        layer.done = layer.total = count


Report: TypeAlias = Callable[[Any], None]
"""Called with the items of a stream, with BuildKit's events, or with the bytes sent so far."""

OnProgress: TypeAlias = Callable[[Progress], object]
"""Called with the progress each time that there is some, and once when all is over."""


@contextmanager
def reported(on_progress: OnProgress | None, action: str, name: str) -> Iterator[Report]:
    """Report what goes on; gives a function that takes the stream's items, or a count of bytes."""
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
            # The error that ended the operation is the one to be raised.
            with suppress(Exception):
                on_progress(progress)
        raise
    progress.outcome = "complete"
    if on_progress is not None:
        on_progress(progress)


def rich(file: TextIO | None = None) -> OnProgress:
    """Make a display for `on_progress=`: bars on a terminal, and plain lines elsewhere.

    It is for one operation, at whose end it stops. It takes `pip install 'moorage[rich]'`.

    Args:
        file: Where it is written to; defaults to stderr.

    Raises:
        ImportError: rich is not installed.
    """
    try:
        from rich.console import Console
    except ImportError as error:
        raise ImportError("the display takes rich: pip install 'moorage[rich]'") from error
    output = file or sys.stderr
    console = Console(file=output)
    return _Bars(console) if console.is_terminal else _Lines(output)


class _Lines:
    """A line when a layer is in another phase, or a step begins."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._told: set[tuple[str, str]] = set()

    def __call__(self, progress: Progress) -> None:
        for name, layer in progress.layers.items():
            self._tell(progress, name, layer.phase)
        if progress.step:
            self._tell(progress, f"step {progress.step}/{progress.steps}", "building")
        if progress.outcome:
            self._tell(progress, "", progress.outcome)

    def _tell(self, progress: Progress, part: str, phase: str) -> None:
        if (part, phase) not in self._told:
            self._told.add((part, phase))
            words = [f"{progress.action} {progress.name}", part, phase]
            print(": ".join(filter(None, words)), file=self._file, flush=True)


class _Bars:
    """A bar for each layer, as long as the operation goes on."""

    def __init__(self, console: Any) -> None:
        from rich.progress import BarColumn, DownloadColumn, TextColumn
        from rich.progress import Progress as Display

        self._display = Display(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[phase]}", markup=False),
            console=console,
        )
        self._tasks: dict[str, Any] = {}

    def __call__(self, progress: Progress) -> None:
        self._display.start()
        name = f"{progress.action} {progress.name}"
        self._show(name, progress.done, progress.total, self._phase(progress))
        for part, layer in progress.layers.items():
            self._show(part, layer.done, layer.total, layer.phase)
        if progress.outcome:
            self._display.stop()

    def _show(self, name: str, done: int, total: int, phase: str) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._display.add_task(name, total=None, phase=phase)
        self._display.update(self._tasks[name], completed=done, total=total or None, phase=phase)

    def _phase(self, progress: Progress) -> str:
        steps = f" {progress.step}/{progress.steps}" if progress.step else ""
        return progress.phase + steps
