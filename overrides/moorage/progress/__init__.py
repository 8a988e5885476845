"""Progress of pulls, pushes, loads and builds, with displays; and of services.

engine.pull("busybox", on_progress=moorage.progress.rich())
"""

from __future__ import annotations

import sys
from typing import Any, TextIO

from moorage.printable import one_line
from moorage.progress.plain import PlainLines
from moorage.progress.service import OnServiceProgress, ServiceProgress, TaskProgress
from moorage.progress.state import Layer, OnProgress, Progress, Report, reported
from moorage.progress.vertices import Event, Vertex, VertexLog, VertexStatus, VertexWarning

__all__ = [
    "Event",
    "Layer",
    "OnProgress",
    "OnServiceProgress",
    "Progress",
    "Report",
    "ServiceProgress",
    "TaskProgress",
    "Vertex",
    "VertexLog",
    "VertexStatus",
    "VertexWarning",
    "plain",
    "reported",
    "rich",
]


def rich(file: TextIO | None = None) -> OnProgress:
    """Make a display for `on_progress=`: bars or steps on a terminal, and plain lines elsewhere.

    It is for one operation, and stops at its end. It takes `pip install 'moorage[rich]'`.

    Args:
        file: The output file; defaults to stderr.

    Raises:
        ImportError: The package rich is not installed.
    """
    try:
        from rich.console import Console
    except ImportError as error:
        raise ImportError("the display takes rich: pip install 'moorage[rich]'") from error
    output = file or sys.stderr
    console = Console(file=output)
    moves = console.is_terminal and not console.is_dumb_terminal
    return _OnTerminal(console) if moves else _Lines(output)


def plain(file: TextIO | None = None) -> OnProgress:
    """Make a display for `on_progress=` that writes lines, for logs; it is for one operation.

    Args:
        file: The output file; defaults to stderr.
    """
    return _Lines(file or sys.stderr)


class _Lines:
    """A line for each new phase of a layer, and each step; BuildKit's lines as they are."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._reported: set[tuple[str, str]] = set()
        self._steps: PlainLines | None = None

    def __call__(self, progress: Progress) -> None:
        if progress.event is not None and not progress.outcome:
            self._steps = self._steps or PlainLines(progress.vertices)
            for line in self._steps.take(progress.event):
                print(one_line(line), file=self._file, flush=True)
            return
        for name, layer in progress.layers.items():
            self._tell(progress, name, layer.phase)
        if progress.step and progress.event is None:
            self._tell(progress, f"step {progress.step}/{progress.steps}", "building")
        if progress.outcome:
            self._tell(progress, "", progress.outcome)

    def _tell(self, progress: Progress, part: str, phase: str) -> None:
        if (part, phase) not in self._reported:
            self._reported.add((part, phase))
            words = [f"{progress.action} {progress.name}", part, phase]
            print(": ".join(filter(None, words)), file=self._file, flush=True)


class _OnTerminal:
    """Steps for builds by BuildKit, else bars."""

    def __init__(self, console: Any) -> None:
        self._console = console
        self._display: OnProgress | None = None

    def __call__(self, progress: Progress) -> None:
        if self._display is None:
            if progress.event is not None:
                # Imported here: rich is an extra.
                from moorage.progress.steps import StepsDisplay

                self._display = StepsDisplay(self._console)
            else:
                self._display = _Bars(self._console)
        self._display(progress)


class _Bars:
    """A bar for each layer, while the operation runs."""

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
        # An existing layer has no size; a bar without a total would never end.
        known = total if total or phase == "complete" else None
        self._display.update(self._tasks[name], completed=done, total=known, phase=phase)

    def _phase(self, progress: Progress) -> str:
        steps = f" {progress.step}/{progress.steps}" if progress.step else ""
        return progress.phase + steps
