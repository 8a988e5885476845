"""Print a list of containers: aiodocker, pinned."""

import asyncio
import sys

import aiodocker


async def main() -> None:
    """List and print."""
    async with aiodocker.Docker(url=sys.argv[1], api_version="v1.51") as docker:
        for container in await docker.containers.list(all="true"):
            print(container.id, container["State"])


asyncio.run(main())
