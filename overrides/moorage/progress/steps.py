"""The steps of a build by BuildKit on a terminal, like `docker build`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from moorage.printable import one_line
from moorage.progress.plain import size_text
from moorage.progress.state import Progress
from moorage.progress.vertices import Vertex, VertexStatus

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["StepsDisplay"]

_LOG_LINES = 6
_SECONDS_WIDTH = 8


class StepsDisplay:
    """A line for each step, its time, and its activity, while the build runs."""

    def __init__(self, console: Console) -> None:
        from rich.live import Live

        self._console = console
        self._begun = time.time()
        self._vertices: Mapping[str, Vertex] = {}
        self._outcome: str | None = None
        self._live = Live(console=console, get_renderable=self.shown, refresh_per_second=8)

    def __call__(self, progress: Progress) -> None:
        """Show the progress of a build."""
        self._vertices = progress.vertices
        self._live.start()
        if progress.outcome:
            self._outcome = progress.outcome
            self._live.stop()

    def shown(self) -> Text:
        """Return what is to be seen now."""
        from rich.text import Text

        begun = sorted(
            (each for each in [*self._vertices.values()] if each.number),
            key=lambda each: each.number,
        )
        done = sum(each.completed is not None for each in begun)
        seconds = time.time() - self._begun
        state = {"complete": " FINISHED", "failed": " FAILED"}.get(self._outcome or "", "")
        heading = f"[+] Building {seconds:.1f}s ({done}/{len(self._vertices)}){state}"
        lines = [line for each in begun for line in self._step(each)]
        if self._outcome is None:
            # The oldest lines that don't fit on the screen are shown at the end.
            lines = lines[-max(self._console.height - 2, 1) :]
        return Text("\n").join([Text(heading), *lines])

    def _step(self, vertex: Vertex) -> Iterator[Text]:
        running = vertex.completed is None
        mark, style = "", "" if running else "blue"
        if vertex.cancelled:
            mark, style = "CANCELED ", "yellow"
        elif vertex.error:
            mark, style = "ERROR ", "red"
        elif vertex.cached:
            mark = "CACHED "
        yield self._line(f" => {mark}{vertex.name}", vertex.started, vertex.completed, style)
        for status in [*vertex.statuses.values()]:
            yield self._status(status, style)
        if (running or vertex.error) and not vertex.cancelled:
            for line in [*vertex.lines][-_LOG_LINES:]:
                if line:
                    yield self._line(f" => => # {line}", None, None, style or "dim")

    def _status(self, status: VertexStatus, style: str) -> Text:
        text = f" => => {status.id}"
        if status.total:
            text += f" {size_text(status.current)} / {size_text(status.total)}"
        elif status.current:
            text += f" {size_text(status.current)}"
        return self._line(text, status.started, status.completed, style)

    def _line(self, text: str, started: float | None, completed: float | None, style: str) -> Text:
        from rich.text import Text

        line = Text(one_line(text.expandtabs()), style=style, no_wrap=True)
        room = self._console.width - _SECONDS_WIDTH
        line.truncate(room, overflow="ellipsis", pad=True)
        if started is not None:
            seconds = (time.time() if completed is None else completed) - started
            line.append(f"{max(seconds, 0):.1f}s".rjust(_SECONDS_WIDTH - 1))
        return line
