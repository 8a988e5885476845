"""A fake engine: answers each request with the next piece of a script, raw."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Step = bytes | Callable[[socket.socket], None]


def answer(
    status: int = 200, body: Any = b"", *, kind: str = "application/json", **headers: str
) -> bytes:
    """Make a whole answer; a body that is not bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"Content-Type": kind, "Content-Length": str(len(data)), "Connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    return head(status, fields) + data


def head(status: int, fields: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Reason", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def chunked(*chunks: bytes, kind: str = "application/json", end: bool = True) -> bytes:
    """Make a chunked answer; without its end it is cut."""
    fields = {"Transfer-Encoding": "chunked", "Connection": "close"}
    if kind:
        fields["Content-Type"] = kind
    body = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in chunks)
    return head(200, fields) + body + (b"0\r\n\r\n" if end else b"")


def ping(version: str | None) -> bytes:
    headers = {"Api_Version": version} if version else {}
    return answer(200, b"", kind="text/plain", **headers)


class Peer:
    """Listens on a Unix socket, or on TCP; a context manager that ends with its thread."""

    def __init__(self, *script: Step, tcp: bool = False) -> None:
        self.script = list(script)
        self.requests: list[str] = []
        self.bodies: list[bytes] = []
        self._folder = Path(tempfile.mkdtemp(prefix="peer"))
        self._listener = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX)
        self._listener.bind(("127.0.0.1", 0) if tcp else str(self._folder / "s"))
        self._listener.listen()
        if tcp:
            self.host = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        else:
            self.host = f"unix://{self._folder / 's'}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def lines(self) -> list[str]:
        """The requests' first lines, without the protocol."""
        return [each.partition(" HTTP/1.1")[0] for each in self.requests]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        shutil.rmtree(self._folder)
        if kind is None:
            assert not self.script, "not all of the script was asked for"

    def _serve(self) -> None:
        # A stream may go on while another connection is answered.
        answering: list[threading.Thread] = []
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                break
            connection.settimeout(10)
            answering.append(threading.Thread(target=self._answer, args=[connection]))
            answering[-1].start()
        for each in answering:
            each.join(10)

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            if self._read(connection) and self.script:
                step = self.script.pop(0)
                connection.sendall(step) if isinstance(step, bytes) else step(connection)

    def _read(self, connection: socket.socket) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return False
            data += chunk
        text, _, body = data.partition(b"\r\n\r\n")
        lower = text.lower()
        if b"transfer-encoding: chunked" in lower:
            while not body.endswith(b"0\r\n\r\n"):
                body += _more(connection)
        elif b"content-length: " in lower:
            length = int(lower.partition(b"content-length: ")[2].split(b"\r\n")[0])
            while len(body) < length:
                body += _more(connection)
        self.requests.append(text.decode())
        self.bodies.append(body)
        return True


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError("the request was cut")
    return data
