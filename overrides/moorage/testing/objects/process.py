"""The process in a container of a fake engine: a Python function instead of a program."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from attrs import define, field

from moorage.testing.objects.clock import now_ns
from moorage.testing.objects.files import Files
from moorage.testing.objects.state import State
from moorage.testing.objects.terminal import Terminal

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
    """Bytes that a process has not read yet.

    Attributes:
        ended: Whether no more come.
    """

    def __init__(self, *, opened: bool) -> None:
        self.ended: bool = not opened
        self._data = b""
        self._ends: list[int] = []
        """Places at which a terminal's key ended the input; reading goes on afterwards."""

    def feed(self, data: bytes) -> None:
        """Add bytes; none is the key that ends a terminal's input."""
        if data:
            self._data += data
        else:
            self._ends.append(len(self._data))

    @property
    def ready(self) -> bytes:
        """The bytes up to the next end."""
        return self._data[: self._ends[0]] if self._ends else self._data

    @property
    def ends(self) -> bool:
        """Whether nothing follows them."""
        return self.ended or bool(self._ends)

    def clear(self) -> None:
        """Forget all bytes."""
        self._data = b""
        self._ends.clear()

    def take(self, size: int, *, whole: bool) -> bytes:
        """Remove bytes from the beginning, with the end behind them if `whole`."""
        taken, self._data = self._data[:size], self._data[size:]
        self._ends = [each - size for each in self._ends]
        if self._ends and (whole or not taken):
            del self._ends[0]
        return taken


@define(eq=False)
class Process:
    """A program's view of its container.

    Attributes:
        args: The command with its arguments.
        env: The variables.
        files: The container's files: `read`, `write`, `names`, `remove`.
        working_dir: The folder that it runs in.
        user: Its user, as requested.
        terminal: Its terminal, None if it has none: `rows`, `columns`, and `echo`, which is False
            where typed keys are not to be seen.
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
    terminal: Terminal | None
    pid: int
    _state: State
    _input: Input
    _emit: Callable[[str, bytes], None]
    peers: Callable[[], Sequence[Process]] = field(default=tuple, repr=False)
    healthy: bool | None = None
    catches: set[str] | None = None
    paused: bool = field(default=False, init=False)
    _signal: str | None = field(default=None, init=False)

    @property
    def tty(self) -> bool:
        """Whether it has a terminal."""
        return self.terminal is not None

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
        if self.catches is not None and signal in self.catches:
            return True
        is_main = self in self.peers()[:1]
        return signal not in _HARMLESS and not (is_main and self.catches is not None)

    def stop(self, signal: str) -> None:
        """Make the program end; for the engine."""
        with self._state.changing():
            self._signal = signal

    def signal(self, signal: str) -> None:
        """Send a signal, as `kill` does; for the engine."""
        if self.takes(signal):
            self.stop(signal)

    def feed(self, data: bytes) -> None:
        """Take input of a client; for the engine."""
        with self._state.changing():
            if self.terminal is None:
                self._input.feed(data)
                return
            typed = self.terminal.typed(data)
            if typed.shown:
                self._emit("stdout", typed.shown)
            if typed.signals:
                self._input.clear()
            for piece in typed.pieces:
                self._input.feed(piece)
            for signal in typed.signals:
                self.signal(signal)

    def end_input(self) -> None:
        """Take the end of a client's input; for the engine."""
        with self._state.changing():
            self._input.ended = True

    def resize(self, rows: int, columns: int) -> None:
        """Resize the terminal, if it has one; for the engine."""
        terminal = self.terminal
        if terminal is not None and (terminal.rows, terminal.columns) != (rows, columns):
            with self._state.changing():
                terminal.rows, terminal.columns = rows, columns
                self.signal("SIGWINCH")

    def _write(self, stream: str, data: str | bytes) -> None:
        content = data.encode() if isinstance(data, str) else data
        if self.terminal is not None:
            stream, content = "stdout", self.terminal.output(content)
        with self._state.changing():
            self._check()
            if content:
                self._emit(stream, content)

    def _take(self, length: Callable[[bytes], int], whole: bool) -> bytes:
        source = self._input
        with self._state.lock:
            while not source.ends and (whole or not length(source.ready)):
                self._check()
                self._state.lock.wait()
            self._check()
            ready = source.ready
            return source.take(length(ready) or len(ready), whole=whole)

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
    except Stopped as stopped:
        # How a function would end is unknown; that of an engine's kill is what tests expect.
        return _KILLED if process.catches is None else 128 + int(SIGNALS[stopped.signal])
    except Exception as error:  # a program's errors go to its container's log
        with process._state.changing():
            process._emit("stderr", f"{type(error).__name__}: {error}\n".encode())
        return 1
