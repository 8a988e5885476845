"""Sockets without a client: a connection for each thread, which stays open."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.clients.http import CONTAINER, body_of, request


class Client:
    """The calls."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.sockets: list[socket.socket] = []
        self.own = threading.local()

    def send(self, method: str, target: str, body: object = None) -> bytes:
        """Send a request and return the whole body of the response."""
        connection = getattr(self.own, "connection", None)
        if connection is None:
            connection = self.own.connection = socket.socket(socket.AF_UNIX)
            connection.connect(self.path)
            self.sockets.append(connection)
        connection.sendall(request(method, target, body))
        received = b""
        while (found := body_of(received)) is None:
            more = connection.recv(65536)
            if not more:
                raise ConnectionError("the engine closed the connection")
            received += more
        return found

    def ping(self) -> str:
        return self.send("GET", "/_ping").decode()

    def inspect(self, container: str) -> Any:
        return json.loads(self.send("GET", f"/containers/{container}/json"))

    def list(self) -> Any:
        return json.loads(self.send("GET", "/containers/json?all=1"))

    def lifecycle(self) -> int:
        created = json.loads(self.send("POST", "/containers/create", CONTAINER))["Id"]
        self.send("POST", f"/containers/{created}/start")
        status = json.loads(self.send("POST", f"/containers/{created}/wait"))["StatusCode"]
        self.send("DELETE", f"/containers/{created}")
        return int(status)


@contextmanager
def connected(host: str) -> Iterator[Client]:
    """Connect to the engine."""
    client = Client(host.removeprefix("unix://"))
    try:
        yield client
    finally:
        for each in client.sockets:
            each.close()
