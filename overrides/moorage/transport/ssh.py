"""Connections to an engine over ssh: the machine's own ssh client, and docker on the remote host.

Each is an ssh process that runs `docker system dial-stdio` there, which connects its input and
output to the engine. So the user's configuration, keys, agent, known hosts and jump hosts apply as
usual. ssh never prompts (BatchMode): nobody may be there to answer, and many threads may connect at
once.

One connection of ssh carries all of them, by ssh's own multiplexing: the first process leaves a
master behind, which the others reach by a socket in the file system. Where the user's configuration
names such a socket, it is left to that. Else it is in a folder of the tunnel's own, and the master
ends with the tunnel; or, should this process be killed, a minute after its last connection. A
server lets one connection carry only so many (10, unless its MaxSessions says otherwise): for more,
ssh makes connections without a master.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import weakref
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import TypeAlias

from moorage.host.ssh import Ssh
from moorage.transport.channel import CHUNK
from moorage.transport.processes import Processes, ProcessSocket
from moorage.transport.steps import READABLE, Lock, Steps, Wait

__all__ = ["SshTunnel"]

Waiting: TypeAlias = Callable[[socket.socket, int], Steps[None]]
"""Waits until a socket is ready for the events; raises TimedOut after the connect timeout."""

# Settings for terminals and forwarding don't suit these connections, and a LogLevel may hide ssh's
# errors.
_OPTIONS = (
    *("-T", "-a", "-x", "-e", "none"),
    *("-o", "BatchMode=yes", "-o", "ClearAllForwardings=yes", "-o", "LogLevel=ERROR"),
)
# Later connections depend on the master, so it must notice a lost peer.
_SHARED = (
    *("-o", "ControlMaster=auto", "-o", "ControlPersist=60"),
    *("-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3"),
)
# A server refuses some connections while more than 10 have not logged in yet.
_AT_ONCE = 8
# The smallest limit of a socket's path is 103 bytes; ssh first appends 17, and some characters are
# special to it.
_FIT_FOR_SOCKETS = re.compile(r"[A-Za-z0-9_./+-]{1,64}")
# Any response proves an engine, and one to HEAD has no body.
_PROBE = b"HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n"
_HTTP = b"HTTP/1."
_NO_BANNER = "during banner exchange"
_LAST_WORDS_SECONDS, _LONGEST = 1.0, 2000
_LONGEST_LIMIT = 86400.0  # ssh refuses numbers that are too large


class SshTunnel:
    """Makes connections to one engine behind ssh.

    Args:
        ssh: The ssh destination.
        lock: Makes the lock of the steps.
    """

    def __init__(self, ssh: Ssh, lock: Callable[[], Lock]) -> None:
        self._ssh = ssh
        self._first = lock()
        self._lanes = cycle([lock() for _ in range(_AT_ONCE)])
        self._processes = Processes()
        self._sharing: tuple[str, ...] = ()
        self._sets_timeout = False
        self._master: Path | None = None
        self._end_master: Callable[[], object] = lambda: None

    def close(self) -> None:
        """End all connections and the master, and wait some milliseconds for them.

        Garbage collection and the interpreter's exit close it too.
        """
        self._processes.close()
        self._end_master()

    def connect(
        self, begin: Callable[[], Waiting], limit: float | None = None
    ) -> Steps[ProcessSocket]:
        """Connect to the engine; the socket never blocks, and closing it ends the connection.

        Args:
            begin: Starts the connect timeout; called when no other connection needs to be waited
                for.
            limit: Seconds of the connect timeout, if there is one.

        Raises:
            OSError: The connection by ssh, or docker on the remote host, failed; it has their
                messages.
        """
        if not self._first.try_acquire():
            yield self._first
        try:
            wait = begin()
            if self._master is None:
                self._master = yield from self._find_master(wait)
            # If several connect at once, one starts the master, and the others find it.
            if not self._master.exists():
                return (yield from self._connect(wait, limit))
        finally:
            self._first.release()
        lane = next(self._lanes)
        if not lane.try_acquire():
            yield lane
        try:
            return (yield from self._connect(begin(), limit))
        finally:
            lane.release()

    def _find_master(self, wait: Waiting) -> Steps[Path]:
        """Return the path of the master's socket."""
        configuration = b""
        with self._start(self._command("-G", "-T")) as asked:
            while data := (yield from _received(asked, wait)):
                configuration += data
        self._sets_timeout = not re.search(rb"^connecttimeout \d", configuration, re.MULTILINE)
        if found := re.search(rb"^controlpath (.+)$", configuration, re.MULTILINE):
            return Path(os.fsdecode(found[1]))
        place = tempfile.gettempdir()
        if not _FIT_FOR_SOCKETS.fullmatch(place):
            place = "/tmp"  # noqa: S108 - the folder is made by mkdtemp
        folder = tempfile.mkdtemp(prefix="moorage-", dir=place)
        path = ("-S", f"{folder}/ssh")
        self._sharing = (*path, *_SHARED)
        ending = self._command(*path, "-O", "exit")
        self._end_master = weakref.finalize(self, _end_master, folder, ending, os.getpid())
        return Path(folder, "ssh")

    def _connect(self, wait: Waiting, limit: float | None) -> Steps[ProcessSocket]:
        # ssh is to give up a little earlier: it says whether a host or its ssh server keeps silent.
        seconds = 0 if limit is None or limit > _LONGEST_LIMIT else int(limit) - 1
        own = ("-o", f"ConnectTimeout={seconds}") if self._sets_timeout and seconds > 0 else ()
        engine = ["--host", f"unix://{self._ssh.path}"] if self._ssh.path else []
        # ssh joins the command's words with spaces, and the remote shell splits them.
        there = shlex.join(["docker", *engine, "system", "dial-stdio"])
        started = self._start([*self._command(*_OPTIONS, *own, *self._sharing), there])
        try:
            yield from _probe(started, wait)
        except BaseException:
            started.close()
            raise
        return started

    def _command(self, *options: str) -> list[str]:
        user = ["-l", self._ssh.user] if self._ssh.user else []
        port = ["-p", str(self._ssh.port)] if self._ssh.port else []
        return ["ssh", *options, *user, *port, "--", self._ssh.address]

    def _start(self, command: list[str]) -> ProcessSocket:
        try:
            return self._processes.start(command)
        except FileNotFoundError:
            raise ConnectionError("there is no ssh in PATH: install OpenSSH's client") from None


def _probe(started: ProcessSocket, wait: Waiting) -> Steps[None]:
    """Wait until an engine answers: nothing else shows that ssh has connected."""
    with contextlib.suppress(OSError):  # its end is read below
        started.send(_PROBE)
    head = b""
    while b"\r\n\r\n" not in head:
        data = yield from _received(started, wait)
        if not data:
            words = yield from _last_words(started)
            hint = "; does an ssh server listen at that port?" if _NO_BANNER in words else ""
            raise ConnectionError(
                f"ssh says: {words}{hint}" if words else "ssh ended without a word"
            )
        head += data
        if not head.startswith(_HTTP[: len(head)]) or len(head) > CHUNK:
            raise ConnectionError(
                f"the response through ssh is not an engine's: {head[:100]!r}. "
                "Does something print when a shell starts at the far end?"
            )


def _last_words(connected: ProcessSocket) -> Steps[str]:
    """Return the messages of ssh, or of docker on the remote host, about an ended connection."""
    said = b""
    while len(said) < CHUNK:
        try:
            data = connected.errors.recv(CHUNK)
        except BlockingIOError:
            # The master of older ssh keeps this open, so don't wait long for its end.
            if not (yield Wait(connected.errors, READABLE, _LAST_WORDS_SECONDS)):
                break
            continue
        if not data:
            break
        said += data
    lines = said[-_LONGEST:].decode("utf-8", "replace").splitlines()
    # The remote side must not control the user's terminal.
    printable = ["".join(filter(str.isprintable, line)).strip() for line in lines]
    return "\n".join(filter(None, printable))


def _received(connected: socket.socket, wait: Waiting) -> Steps[bytes]:
    while True:
        try:
            return connected.recv(CHUNK)
        except BlockingIOError:
            yield from wait(connected, READABLE)
        except ConnectionResetError:
            return b""  # it ended before reading everything


def _end_master(folder: str, ending: list[str], parent: int) -> None:
    if os.getpid() != parent:
        return  # in a fork: the master belongs to the parent
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(  # noqa: S603 - a list, no shell
            ending, stdin=subprocess.DEVNULL, capture_output=True, timeout=3, check=False
        )
    shutil.rmtree(folder, ignore_errors=True)
