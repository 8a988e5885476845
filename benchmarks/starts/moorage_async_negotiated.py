"""Print a list of containers: moorage, awaited, which asks for the version."""

import asyncio
import sys

import moorage


async def main() -> None:
    """List and print."""
    async with moorage.connect_async(host=sys.argv[1]) as engine:
        for container in await engine.containers.list(all=True):
            print(container.id, container.state)


asyncio.run(main())
