"""Sockets without a client, in tasks: connections stay open, and the next call takes one."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.clients.http import SOCKETS, body_of, request


class Client:
    """The one call that bare sockets make in tasks."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.idle: list[socket.socket] = []
        self.free = asyncio.Semaphore(SOCKETS)

    async def inspect(self, container: str) -> Any:
        loop = asyncio.get_running_loop()
        async with self.free:
            if self.idle:
                connection = self.idle.pop()
            else:
                connection = socket.socket(socket.AF_UNIX)
                connection.setblocking(False)
                await loop.sock_connect(connection, self.path)
            await loop.sock_sendall(connection, request("GET", f"/containers/{container}/json"))
            received = b""
            while (found := body_of(received)) is None:
                more = await loop.sock_recv(connection, 65536)
                if not more:
                    raise ConnectionError("the engine closed the connection")
                received += more
            self.idle.append(connection)
        return json.loads(found)


@asynccontextmanager
async def connected(host: str) -> AsyncIterator[Client]:
    """Connect to the engine."""
    client = Client(host.removeprefix("unix://"))
    try:
        yield client
    finally:
        for each in client.idle:
            each.close()
