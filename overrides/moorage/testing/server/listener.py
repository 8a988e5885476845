"""Listen on a socket, with a thread for each connection."""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from moorage.testing.server.connection import Connection, Cut

__all__ = ["Server"]

_BACKLOG = 256
_PATIENCE = 1.0
_TYPE = {True: socket.AF_INET, False: socket.AF_UNIX}


class Server:
    """A listener, and the connections that it accepted.

    Args:
        serve: Called with each connection, in a thread of its own.
        tcp: Listen on a loopback port instead of a Unix socket.
    """

    def __init__(self, serve: Callable[[Connection], None], *, tcp: bool = False) -> None:
        self._serve = serve
        self._tcp = tcp
        self._folder = None if tcp else tempfile.mkdtemp(prefix="moorage-fake-")
        self._address: tuple[str, int] | str
        self._address = ("127.0.0.1", 0) if tcp else f"{self._folder}/docker.sock"
        self._listener: socket.socket | None = None
        self._connections: set[Connection] = set()
        self._lock = threading.Condition()

    @property
    def host(self) -> str:
        """The listening address, in the form of DOCKER_HOST."""
        if self._tcp:
            return f"tcp://{self._address[0]}:{self._address[1]}"
        return f"unix://{self._address}"

    def open(self) -> None:
        """Listen; after `shut`, at the same address as before."""
        listener = socket.socket(_TYPE[self._tcp])
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if not self._tcp:
            Path(str(self._address)).unlink(missing_ok=True)
        listener.bind(self._address)
        listener.listen(_BACKLOG)
        if self._tcp:
            self._address = listener.getsockname()
        self._listener = listener
        threading.Thread(target=self._accept, args=[listener], daemon=True).start()

    def shut(self) -> None:
        """Stop listening, and cut all connections."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        if not self._tcp:
            Path(str(self._address)).unlink(missing_ok=True)
        with self._lock:
            connections = list(self._connections)
        for each in connections:
            each.close()

    def close(self) -> None:
        """Stop for good; waits a moment for requests in progress."""
        self.shut()
        with self._lock:
            self._lock.wait_for(lambda: not self._connections, _PATIENCE)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock = listener.accept()[0]
            except OSError:
                return
            if self._tcp:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(sock)
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._run, args=[connection], daemon=True).start()

    def _run(self, connection: Connection) -> None:
        try:
            self._serve(connection)
        except Cut:
            pass
        finally:
            connection.close()
            with self._lock:
                self._connections.discard(connection)
                self._lock.notify_all()
