"""Sockets connected to the input and output of processes."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import weakref

__all__ = ["ProcessSocket", "Processes"]

_END_SECONDS = 3.0


class ProcessSocket(socket.socket):
    """A non-blocking socket; closing it, from any thread or as garbage, ends the process.

    Attributes:
        process: The process, whose input and output are this socket.
        errors: Another socket, for its standard error.
    """

    def __init__(self, command: list[str]) -> None:
        """Start the process.

        Raises:
            OSError: The process can't be started.
        """
        ours, theirs = socket.socketpair()
        self.errors: socket.socket
        self.errors, errors = socket.socketpair()
        super().__init__(fileno=ours.detach())
        self.setblocking(False)
        self.errors.setblocking(False)
        # Possibly unread for long: output that does not fit into the socket is dropped.
        errors.setblocking(False)
        try:
            with theirs, errors:
                self.process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - a list, no shell
                    command,
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=errors.fileno(),
                    # Ctrl-C must not reach it, and it has no terminal to ask at.
                    start_new_session=True,
                )
        except BaseException:
            self.errors.close()
            super().close()
            raise
        self._end = weakref.finalize(self, _end, self.process, self.errors)

    def close(self) -> None:
        """Close the socket, and end the process."""
        super().close()
        self._end()


class Processes:
    """Starts processes, and reaps them.

    An event loop or the garbage collector may close a process' socket, and can't wait for its end.
    So ended ones are reaped when the next one is started, and at the end.
    """

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        self._end = weakref.finalize(self, _end_all, self._running)

    def start(self, command: list[str]) -> ProcessSocket:
        """Start a process.

        Raises:
            OSError: The process can't be started, or this was closed.
        """
        for each in tuple(self._running):
            if each.poll() is not None:
                with contextlib.suppress(ValueError):  # another thread does the same
                    self._running.remove(each)
        started = ProcessSocket(command)
        self._running.append(started.process)
        if not self._end.alive:
            # Checked after the start: another thread may close this at any time.
            started.close()
            _await(started.process)
            raise OSError("it was closed")
        return started

    def close(self) -> None:
        """End all processes, and wait for them; also at the interpreter's exit."""
        self._end()


# A fork inherits these, but they are not its children: Popen notices that and signals none.


def _end(process: subprocess.Popen[bytes], errors: socket.socket) -> None:
    errors.close()
    process.terminate()


def _end_all(processes: list[subprocess.Popen[bytes]]) -> None:
    for each in processes:
        each.terminate()
    for each in processes:
        _await(each)


def _await(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
