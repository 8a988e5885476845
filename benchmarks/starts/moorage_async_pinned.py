"""Print a list of containers: moorage, awaited, pinned by class."""

import asyncio
import sys

import moorage
from moorage_api import v1_51


async def main() -> None:
    """List and print."""
    async with moorage.connect_async(v1_51.AsyncEngine, host=sys.argv[1]) as engine:
        for container in await engine.containers.list(all=True):
            print(container.id, container.state)


asyncio.run(main())
