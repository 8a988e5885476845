"""Many engines by aiodocker: prints processor time, peak memory and descriptors."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from typing import Any

import aiodocker

from benchmarks.clients.fleet_report import report


async def main(hosts: list[str]) -> None:
    free = asyncio.Semaphore(100)

    async def ask(host: str) -> list[Any]:
        async with free:
            docker = await stack.enter_async_context(aiodocker.Docker(url=host, api_version="auto"))
            found: list[Any] = await docker.containers.list(all="true")
            return found

    async with AsyncExitStack() as stack:
        found = await asyncio.gather(*map(ask, hosts))
        report(sum(map(len, found)))


if __name__ == "__main__":
    asyncio.run(main(sys.stdin.read().split()))
