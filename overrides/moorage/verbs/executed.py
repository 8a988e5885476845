"""The output of a command, while it comes and when it is complete."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Generic, NamedTuple, TypeVar

from moorage.errors import ExecuteTimedOut, RunFailed
from moorage.wire.frames import Frame

__all__ = ["Collector", "Executed", "refuse_input", "refuse_text", "tail"]

S = TypeVar("S", bytes, str)

_TAIL_LINES = 20
_TAIL_BYTES = 4000
# Bytes of each output that an error keeps.
_KEPT = 1 << 16


class Executed(NamedTuple, Generic[S]):
    """The result of a command."""

    exit_code: int
    stdout: S
    """All of the output, if the command had a terminal."""
    stderr: S
    output: S
    """Both, in the order in which they came."""


class _Part:
    """One of the outputs; a writable binary file."""

    def __init__(self, runs: list[list[Any]]) -> None:
        self._file = BytesIO()
        self._runs = runs

    def write(self, data: bytes) -> int:
        """Take bytes."""
        if self._runs and self._runs[-1][0] is self:
            self._runs[-1][1] += len(data)
        else:
            self._runs.append([self, len(data)])
        return self._file.write(data)

    def getvalue(self) -> bytes:
        """Return everything received."""
        return self._file.getvalue()


class Collector:
    """Collects both outputs of a command, and the order in which they came.

    Args:
        text: True, or an encoding, to decode what `executed` returns.

    Raises:
        LookupError: There is no such encoding.
    """

    def __init__(self, text: bool | str | None = None) -> None:
        self._encoding = "utf-8" if text is True else text or None
        if self._encoding:
            b" ".decode(self._encoding, "replace")
        self._runs: list[list[Any]] = []
        self.stdout: _Part = _Part(self._runs)
        self.stderr: _Part = _Part(self._runs)

    def take(self, frame: Frame) -> None:
        """Take a frame."""
        (self.stderr if frame.stream == "stderr" else self.stdout).write(frame.data)

    def executed(self, exit_code: int) -> Executed[Any]:
        """Return the result."""
        outputs = [self.stdout.getvalue(), self.stderr.getvalue(), self.interleaved()]
        if self._encoding is None:
            return Executed(exit_code, *outputs)
        return Executed(exit_code, *(each.decode(self._encoding, "replace") for each in outputs))

    def failure(self, what: str, exit_code: int) -> RunFailed:
        """Make the error of a command that failed: its message ends with the last lines."""
        stdout, stderr = self.stdout.getvalue(), self.stderr.getvalue()
        message = f"{what} exited with {exit_code}{tail(self.interleaved())}"
        return RunFailed(message, exit_code, stdout[-_KEPT:], stderr[-_KEPT:])

    def expired(self, message: str, *, killed: bool) -> ExecuteTimedOut:
        """Make the error of an expired timeout: its message ends with the last lines."""
        stdout, stderr = self.stdout.getvalue(), self.stderr.getvalue()
        return ExecuteTimedOut(message + tail(self.interleaved()), stdout, stderr, killed=killed)

    def interleaved(self) -> bytes:
        """Return both outputs, in the order in which they came."""
        stdout, stderr = self.stdout.getvalue(), self.stderr.getvalue()
        if not stdout or not stderr:
            return stdout or stderr
        views = {self.stdout: memoryview(stdout), self.stderr: memoryview(stderr)}
        output = BytesIO()
        for part, length in self._runs:
            output.write(views[part][:length])
            views[part] = views[part][length:]
        return output.getvalue()


def tail(output: bytes) -> str:
    """Write the last lines of an output, as the end of a message; "" if there are none."""
    lines = output[-_TAIL_BYTES:].decode("utf-8", "replace").splitlines()[-_TAIL_LINES:]
    return "".join(["; its last output:", *(f"\n    {line}" for line in lines)]) if lines else ""


def refuse_input(tty: object, input: object) -> None:
    """Refuse input for a terminal, which has no end: an engine drops the output with it.

    Raises:
        TypeError: Both are given.
    """
    if tty and input is not None:
        raise TypeError("input= is for commands without tty=: a terminal's input has no end")


def refuse_text(cmd: Sequence[str] | None) -> None:
    """Refuse a command given as text.

    Raises:
        TypeError: It is a str.
    """
    if isinstance(cmd, str):
        raise TypeError("cmd is a list: ['sh', '-c', 'a shell\\'s command']")
