"""moorage, awaited, pinned by class."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import moorage
from moorage_api import v1_51


class Client:
    """The calls."""

    def __init__(self, engine: v1_51.AsyncEngine) -> None:
        self.engine = engine

    async def ping(self) -> str:
        return await self.engine.system.ping()

    async def inspect(self, container: str) -> object:
        return await self.engine.containers.inspect(container)

    async def list(self) -> list[v1_51.ContainerSummary]:
        return await self.engine.containers.list(all=True)

    async def lifecycle(self) -> int:
        containers = self.engine.containers
        created = await containers.create(
            image="moorage-bench:latest",
            cmd=["/bin/true"],
            host_config=v1_51.HostConfig(network_mode="none"),
        )
        await containers.start(created.id)
        status = await containers.wait(created.id)
        await containers.delete(created.id)
        return status.status_code


@asynccontextmanager
async def connected(host: str) -> AsyncIterator[Client]:
    """Connect to the engine."""
    async with moorage.connect_async(v1_51.AsyncEngine, host=host) as engine:
        yield Client(engine)
