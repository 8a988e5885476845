"""The process in a container of a fake engine: a Python function instead of a program."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from attrs import define, field

from moorage.testing.objects.clock import now_ns
from moorage.testing.objects.files import Files
from moorage.testing.objects.state import State

__all__ = ["SIGNALS", "Input", "Output", "Piece", "Process", "Program", "Stopped"]

_KILLED = 137
_NAMES = {
    1: "HUP",
    2: "INT",
    3: "QUIT",
    6: "ABRT",
    9: "KILL",
    10: "USR1",
    12: "USR2",
    14: "ALRM",
    15: "TERM",
    18: "CONT",
    19: "STOP",
    28: "WINCH",
}
SIGNALS: dict[str, str] = {
    each: str(number)
    for number, name in _NAMES.items()
    for each in (name, f"SIG{name}", str(number))
}
"""Numbers of signals, by all their names."""
_HARMLESS = ("SIGCONT", "SIGWINCH")


class Stopped(BaseException):
    """Raised in a program that has to end: the container is stopped or killed.

    A program may catch it and return an exit code; otherwise it ends with 137, like a program that
    an engine has to kill.

    Attributes:
        signal: The name of the signal, such as "SIGTERM".
    """

    def __init__(self, signal: str) -> None:
        super().__init__(signal)
        self.signal = signal


class Piece(NamedTuple):
    """A piece of output: time, stream and data, and which task of a service wrote it."""

    moment: int
    stream: str
    data: bytes
    details: str = ""


class Output:
    """The output of processes, for reading from the start and for following.

    Attributes:
        also: Another output that each piece is added to: that of a service.
        details: Details of each piece, for logs with `details`.
    """

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.also: Output | None = None
        self.details = ""

    def add(self, stream: str, data: bytes) -> None:
        """Add a piece."""
        piece = Piece(now_ns(), stream, data, self.details)
        self.pieces.append(piece)
        if self.also is not None:
            self.also.pieces.append(piece)


class Input:
    """Bytes that a process has not read yet."""

    def __init__(self, *, opened: bool) -> None:
        self.data: bytes = b""
        self.ended: bool = not opened

    def feed(self, data: bytes) -> None:
        """Add bytes."""
        self.data += data


@define(eq=False)
class Process:
    """A program's view of its container.

    Attributes:
        args: The command with its arguments.
        env: The variables.
        files: The container's files: `read`, `write`, `names`, `remove`.
        working_dir: The folder that it runs in.
        user: Its user, as requested.
        tty: Whether it has a terminal.
        healthy: The result of the container's health check, if it has one; None runs the check's
            own command.
        catches: The signals that the program catches; None if unknown. The main process of a
            container ignores all others but SIGKILL.
        peers: Function that returns the processes of the container, the main process first.
    """

    args: Sequence[str]
    env: dict[str, str]
    files: Files
    working_dir: str
    user: str
    tty: bool
    pid: int
    _state: State
    _input: Input
    _emit: Callable[[str, bytes], None]
    peers: Callable[[], Sequence[Process]] = field(default=tuple, repr=False)
    healthy: bool | None = None
    catches: set[str] | None = None
    paused: bool = field(default=False, init=False)
    _signal: str | None = field(default=None, init=False)

    def write(self, data: str | bytes) -> None:
        """Write to the standard output."""
        self._write("stdout", data)

    def error(self, data: str | bytes) -> None:
        """Write to the standard error output."""
        self._write("stderr", data)

    def read(self, size: int = -1) -> bytes:
        """Read from the standard input: at most `size` bytes, all up to its end by default."""
        return self._take(lambda data: len(data) if size < 0 else min(size, len(data)), size < 0)

    def read_some(self) -> bytes:
        """Read available bytes of the standard input, waiting for at least one; b"" at the end."""
        return self._take(len, whole=False)

    def readline(self) -> bytes:
        """Read a line from the standard input; b"" at the end."""
        return self._take(lambda data: data.find(b"\n") + 1, whole=False)

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of the standard input."""
        while line := self.readline():
            yield line

    def sleep(self, seconds: float) -> None:
        """Wait; raises `Stopped` when the program has to end."""
        end = time.monotonic() + seconds
        with self._state.lock:
            while (left := end - time.monotonic()) > 0:
                self._check()
                self._state.lock.wait(min(left, 3600))
            self._check()

    def takes(self, signal: str) -> bool:
        """Return whether a signal has an effect; for the engine."""
        if signal == "SIGKILL":
            return True
        if self.catches is None:
            return signal not in _HARMLESS
        return signal in self.catches or self not in self.peers()[:1]

    def stop(self, signal: str) -> None:
        """Make the program end; for the engine."""
        with self._state.changing():
            self._signal = signal

    def signal(self, signal: str) -> None:
        """Send a signal, as `kill` does; for the engine."""
        if self.takes(signal):
            self.stop(signal)

    def _write(self, stream: str, data: str | bytes) -> None:
        content = data.encode() if isinstance(data, str) else data
        if self.tty:
            stream, content = "stdout", content.replace(b"\n", b"\r\n")
        with self._state.changing():
            self._check()
            if content:
                self._emit(stream, content)

    def _take(self, length: Callable[[bytes], int], whole: bool) -> bytes:
        source = self._input
        with self._state.lock:
            while not source.ended and (whole or not length(source.data)):
                self._check()
                self._state.lock.wait()
            self._check()
            size = length(source.data) or len(source.data)
            taken, source.data = source.data[:size], source.data[size:]
            return taken

    def _check(self) -> None:
        """Wait while paused, and raise `Stopped` if it is due; the lock is held."""
        while self.paused and self._signal != "SIGKILL" and not self._state.closed:
            self._state.lock.wait()
        if self._state.closed:
            raise Stopped("SIGKILL")
        if self._signal is not None:
            signal, self._signal = self._signal, None
            raise Stopped(signal)


Program: TypeAlias = Callable[[Process], Any]
"""A function of a process; it returns the exit code, None being 0."""


def run(program: Program, process: Process) -> int:
    """Run a program to its end; returns its exit code."""
    try:
        return int(program(process) or 0)
    except Stopped:
        return _KILLED
    except Exception as error:  # a program's errors go to its container's log
        with process._state.changing():
            process._emit("stderr", f"{type(error).__name__}: {error}\n".encode())
        return 1
