"""Sockets whose other ends are the inputs and outputs of processes."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import weakref

__all__ = ["ProcessSocket", "Processes"]

_END_SECONDS = 3.0


class ProcessSocket(socket.socket):
    """Never blocks; when it is closed, from any thread or as garbage, the process is ended.

    Attributes:
        process: The process, to which its input and its output are this one socket.
        errors: Another such socket, which is its standard error.
    """

    def __init__(self, command: list[str]) -> None:
        """Start the process.

        Raises:
            OSError: It can't be started.
        """
        ours, theirs = socket.socketpair()
        self.errors, errors = socket.socketpair()
        super().__init__(fileno=ours.detach())
        self.setblocking(False)
        self.errors.setblocking(False)
        # Nothing may read this for long: what does not fit into the socket then is dropped.
        errors.setblocking(False)
        try:
            with theirs, errors:
                self.process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - a list, no shell
                    command,
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=errors.fileno(),
                    # Ctrl-C is for this process alone; and there is no terminal to ask anything at.
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

    Who closes a process' socket may be an event loop or the collection of garbage, and does not
    wait for its end. So the ended ones are reaped when the next one is started, and in the end.
    """

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        self._end = weakref.finalize(self, _end_all, self._running)

    def start(self, command: list[str]) -> ProcessSocket:
        """Start a process.

        Raises:
            OSError: It can't be started, or this was closed.
        """
        for each in tuple(self._running):
            if each.poll() is not None:
                with contextlib.suppress(ValueError):  # another thread does the same
                    self._running.remove(each)
        started = ProcessSocket(command)
        self._running.append(started.process)
        if not self._end.alive:
            # After it was started, not before: another thread may close this at any time.
            started.close()
            _await(started.process)
            raise OSError("it was closed")
        return started

    def close(self) -> None:
        """End all processes, and wait for their ends; it is done at the interpreter's exit too."""
        self._end()


# A fork has all of this too. To it, these are not children of its own: Popen finds that out before
# it signals one, and leaves it alone.


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
