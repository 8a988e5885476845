"""An engine that takes the contexts of builds, to see what the docker CLI sends."""

from __future__ import annotations

import contextlib
import io
import socketserver
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

__all__ = ["BuildServer", "build_server"]


class BuildServer(socketserver.UnixStreamServer):
    """Answers what a build by the classic builder asks for."""

    host: str
    sent: bytes = b""
    """The last context."""

    def names(self) -> list[str]:
        """The names in the last context, in their order."""
        with tarfile.open(fileobj=io.BytesIO(self.sent)) as tar:
            return tar.getnames()


class _Handler(BaseHTTPRequestHandler):
    server: BuildServer
    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        return ""  # a Unix socket has none

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(b"{}")

    def do_POST(self) -> None:
        pieces = []
        while length := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(length))
            self.rfile.readline()
        self.server.sent = b"".join(pieces)
        self._answer(b'{"stream":"Successfully built 1"}')

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Api-Version", "1.41")
        self.send_header("Ostype", "linux")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.close_connection = True


@contextlib.contextmanager
def build_server(folder: Path) -> Iterator[BuildServer]:
    """Listen on a socket in a folder."""
    path = folder / "build.sock"
    with BuildServer(str(path), _Handler) as server:
        server.host = f"unix://{path}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
