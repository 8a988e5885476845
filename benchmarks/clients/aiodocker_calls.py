"""aiodocker, which returns dicts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiodocker

from benchmarks.clients.http import CONTAINER, VERSION


class Client:
    """The calls."""

    def __init__(self, docker: aiodocker.Docker) -> None:
        self.docker = docker

    async def ping(self) -> str:
        # It has no public method for this call.
        async with self.docker._query("_ping") as response:
            return str(await response.text())

    async def inspect(self, container: str) -> Any:
        return await self.docker.containers.container(container).show()

    async def list(self) -> Any:
        return await self.docker.containers.list(all="true")

    async def lifecycle(self) -> Any:
        created = await self.docker.containers.create(CONTAINER)
        await created.start()
        status = await created.wait()
        await created.delete()
        return status["StatusCode"]


@asynccontextmanager
async def connected(host: str) -> AsyncIterator[Client]:
    """Connect to the engine."""
    async with aiodocker.Docker(url=host, api_version=f"v{VERSION}") as docker:
        yield Client(docker)
